//! What the tables of Neutron's bridges are for: one row each.
//!
//! Names and numbers are those of `neutron_lib/plugins/ml2/ovs_constants.py`; for the firewall on VM ports, of
//! `openvswitch_firewall/constants.py` in neutron-fwaas. What flows a table holds was read in the agents' sources and
//! checked against captures of Neutron 21.0. Some agents hand a second meaning to a number; `Row::when` says which
//! one counts.

use std::sync::Arc;

use crate::model::flow::TableId;
use crate::model::naming::{Kind, TableWord};

/// A table of one kind of bridge.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The kind of bridge.
    pub kind: Kind,
    /// The table's number.
    pub id: TableId,
    /// The constant in Neutron's source.
    pub constant: &'static str,
    /// When Neutron began to use the table.
    pub since: &'static str,
    /// What it is for, in one or two sentences.
    pub doc: &'static str,
    /// Whose packets it sees.
    pub side: Side,
    /// What is so of the packets of a port that flows below a priority take, said after "a packet that ..", such as
    /// `no security group rule accepts`; empty where there is nothing to say.
    pub unmatched: (u32, &'static str),
    /// What is so of packets that only the flow takes which matches everything; empty where there is nothing to say.
    pub missed: &'static str,
    /// Which numbering of the tables it belongs to.
    pub when: When,
}

/// Whose packets a table of the integration bridge sees; register 5 then holds that port. Directions are those of the
/// instance, as Neutron has it: egress is what the instance sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Side {
    /// Packets that a local port sends: register 5 is the port they come from.
    Egress,
    /// Packets on their way to a local port: register 5 is the port they go to.
    Ingress,
    /// Either.
    #[default]
    Either,
}

/// Which numbering a row belongs to. Rate limits came in 2022 as table 59 and moved to 58 the same year, when
/// bandwidth limits took 59; DVR gives the provider bridges more tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// All of them.
    Always,
    /// Table 58 is used.
    Has58,
    /// Table 58 is not used.
    No58,
}

const fn row(kind: Kind, id: TableId, constant: &'static str, since: &'static str, doc: &'static str) -> Row {
    Row { kind, id, constant, since, doc, side: Side::Either, unmatched: (0, ""), missed: "", when: When::Always }
}

const fn int(id: TableId, constant: &'static str, since: &'static str, doc: &'static str) -> Row {
    row(Kind::Integration, id, constant, since, doc)
}

const fn tun(id: TableId, constant: &'static str, since: &'static str, doc: &'static str) -> Row {
    row(Kind::Tunnel, id, constant, since, doc)
}

const fn phy(id: TableId, constant: &'static str, since: &'static str, doc: &'static str) -> Row {
    row(Kind::Provider, id, constant, since, doc)
}

impl Row {
    const fn egress(self) -> Row {
        Row { side: Side::Egress, ..self }
    }

    const fn ingress(self) -> Row {
        Row { side: Side::Ingress, ..self }
    }

    const fn unmatched(self, below: u32, words: &'static str) -> Row {
        Row { unmatched: (below, words), ..self }
    }

    const fn missed(self, missed: &'static str) -> Row {
        Row { missed, ..self }
    }

    const fn when(self, when: When) -> Row {
        Row { when, ..self }
    }

    /// The name without the word that says it is a table.
    pub fn name(&self) -> &'static str {
        self.constant.strip_suffix("_TABLE").unwrap_or(self.constant)
    }

    /// The row as a naming has it.
    pub fn word(&self) -> TableWord {
        TableWord {
            id: self.id,
            name: self.name().into(),
            doc: self.doc.into(),
            origin: Arc::from(format!("{} of Neutron, since {}", self.constant, self.since)),
        }
    }
}

/// Every table.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    int(0, "LOCAL_SWITCHING", "2013",
        "Where every packet starts. Tells packets of local ports from those that come in by patch ports, and gives \
         packets of physical networks their local VLAN. Distributed routing, spoof protection and QoS look here first.")
        .unmatched(3, "belongs to no network of this host"),
    int(1, "DVR_TO_SRC_MAC", "2014",
        "Distributed routing: the packet was routed on another host and came through a tunnel. Puts the gateway's MAC \
         address back as its source.")
        .missed("no local instance of a routed network waits for"),
    int(2, "DVR_TO_SRC_MAC_PHYSICAL", "2014, under this name since 2020",
        "Distributed routing: the packet was routed on another host and came over a VLAN or flat network. Puts the \
         gateway's MAC address back as its source.")
        .missed("no local instance of a routed network waits for"),
    int(3, "ARP_DVR_MAC_TO_DST_MAC", "2019",
        "Distributed routing: answers to this host's own DVR MAC address that came through a tunnel. Gives them the \
         router's MAC address and hands them to its port."),
    int(4, "ARP_DVR_MAC_TO_DST_MAC_PHYSICAL", "2019",
        "Distributed routing: answers to this host's own DVR MAC address that came over a VLAN or flat network. Gives \
         them the router's MAC address and hands them to its port."),
    int(23, "CANARY_TABLE", "2014",
        "Holds one flow and sees no packets. While the flow is there the agent knows that Open vSwitch was not \
         restarted behind its back."),
    int(24, "ARP_SPOOF_TABLE", "2015",
        "Spoof protection without the Open vSwitch firewall: lets ARP and neighbour advertisements pass that name the \
         port's own addresses, and drops the rest.").egress()
        .missed("names none of the port's own addresses"),
    int(25, "MAC_SPOOF_TABLE", "2016",
        "Spoof protection without the Open vSwitch firewall: lets packets pass that have the port's own MAC address \
         as their source.").egress(),
    int(30, "LOCAL_EGRESS_TABLE", "2021",
        "Local IP: notes the network of packets that local ports send.").egress(),
    int(31, "LOCAL_IP_TABLE", "2021",
        "Local IP: sends packets for a shared address to this host's own copy of the service, and answers ARP for \
         it.").egress(),
    int(58, "PACKET_RATE_LIMIT", "2022, first as table 59",
        "QoS: meters that limit the packets a second of a port.").when(When::Has58),
    int(59, "BANDWIDTH_RATE_LIMIT", "2022",
        "QoS: meters that limit the bits a second of a port.").when(When::Has58),
    int(59, "PACKET_RATE_LIMIT", "2022, as table 58 since the end of that year",
        "QoS: meters that limit the packets a second of a port.").when(When::No58),
    int(60, "TRANSIENT_TABLE", "2017",
        "The hub. Decides whether a packet leaves a local port (egress) or arrives for one (ingress), notes the port \
         and its network in registers 5 and 6, and enters the firewall. Everything else is switched by MAC address, as \
         an ordinary switch does."),
    int(61, "LOCAL_MAC_DIRECT", "2020",
        "Delivers to local ports by network and MAC address, without learning; used when \
         `explicitly_egress_direct` is on and the Open vSwitch firewall is not."),
    int(62, "TRANSIENT_EGRESS_TABLE", "2020",
        "Sends packets with a single receiver straight to the right patch port, without learning; used when \
         `explicitly_egress_direct` is on. Everything else is switched by MAC address."),
    int(64, "FW_BASE_EGRESS_TABLE", "2017",
        "FWaaS on VM ports: what a port may always send, and what it may never send. The rest goes to connection \
         tracking and then to the firewall's rules.").egress(),
    int(65, "FW_RULES_EGRESS_TABLE", "2017",
        "FWaaS on VM ports: the egress rules of the firewall group, the first rule on top.").egress()
        .unmatched(70, "no firewall rule decides about"),
    int(66, "FW_ACCEPT_OR_INGRESS_TABLE", "2017",
        "FWaaS on VM ports: accepted egress packets. Those for a local port go on to its ingress rules, the others \
         leave.").egress(),
    int(68, "FW_BASE_INGRESS_TABLE", "2017",
        "FWaaS on VM ports: what always reaches a port. The rest goes to connection tracking and then to the \
         firewall's rules.").ingress(),
    int(69, "FW_RULES_INGRESS_TABLE", "2017",
        "FWaaS on VM ports: the ingress rules of the firewall group, the first rule on top.").ingress()
        .unmatched(70, "no firewall rule decides about"),
    int(71, "BASE_EGRESS_TABLE", "2016",
        "Security groups, egress: what a port may always send (ARP, neighbour discovery and DHCP requests of its own) \
         and what it may never send (foreign addresses, answers of a DHCP server, router advertisements). The rest \
         goes to connection tracking and then to the egress rules.").egress()
        .unmatched(65, "does not have the port's own addresses"),
    int(72, "RULES_EGRESS_TABLE", "2016",
        "Security groups, egress: the rules of the port's groups. Replies to accepted connections pass without a \
         rule.").egress()
        .unmatched(70, "no security group rule accepts"),
    int(73, "ACCEPT_OR_INGRESS_TABLE", "2016",
        "Accepted egress packets. Those for a local port go through its ingress rules; for the others the connection \
         is committed and they leave.").egress()
        .unmatched(100, "is for no port of this host"),
    int(77, "DHCP_IPV4_TABLE", "2021",
        "Distributed DHCP: hands requests to the agent, which answers them itself.").egress(),
    int(78, "DHCP_IPV6_TABLE", "2021",
        "Distributed DHCP: hands DHCPv6 requests to the agent, which answers them itself.").egress(),
    int(81, "BASE_INGRESS_TABLE", "2016",
        "Security groups, ingress: what always reaches a port (ARP, neighbour discovery, DHCP answers). The rest goes \
         to connection tracking and then to the ingress rules.").ingress(),
    int(82, "RULES_INGRESS_TABLE", "2016",
        "Security groups, ingress: the rules of the port's groups. Replies to accepted connections pass without a \
         rule.").ingress()
        .unmatched(70, "no security group rule accepts"),
    int(91, "ACCEPTED_EGRESS_TRAFFIC_TABLE", "2017",
        "The first packet of each accepted egress connection comes by here, so that it can be logged.").egress(),
    int(92, "ACCEPTED_INGRESS_TRAFFIC_TABLE", "2017",
        "A copy of the first packet of each accepted ingress connection comes here, so that it can be logged. The \
         packet itself was delivered before, so a drop here loses nothing.").ingress(),
    int(93, "DROPPED_TRAFFIC_TABLE", "2017",
        "What the firewall refused. Logged if somebody asked for it, then dropped."),
    int(94, "ACCEPTED_EGRESS_TRAFFIC_NORMAL_TABLE", "2018",
        "Accepted egress packets leave here: switched by MAC address, or straight to the right port when \
         `explicitly_egress_direct` is on.").egress(),

    tun(0, "LOCAL_SWITCHING", "2013",
        "Tells packets of this host, which come by the patch port, from those that came through a tunnel."),
    tun(1, "DVR_PROCESS", "2014",
        "Distributed routing: packets that were routed on this host get the host's own DVR MAC address as their \
         source. Packets for a router's own address stay on this host."),
    tun(2, "PATCH_LV_TO_TUN", "2013",
        "Packets on their way out: a single receiver, ARP requests, or many receivers."),
    tun(3, "GRE_TUN_TO_LV", "2013",
        "Packets that came through GRE tunnels: the tunnel key becomes the local VLAN of its network.")
        .missed("belongs to no network of this host"),
    tun(4, "VXLAN_TUN_TO_LV", "2013",
        "Packets that came through VXLAN tunnels: the VNI becomes the local VLAN of its network.")
        .missed("belongs to no network of this host"),
    tun(6, "GENEVE_TUN_TO_LV", "2014",
        "Packets that came through Geneve tunnels: the VNI becomes the local VLAN of its network.")
        .missed("belongs to no network of this host"),
    tun(9, "DVR_NOT_LEARN", "2014",
        "Distributed routing: packets with another host's DVR MAC address are delivered, but nothing is learned from \
         them."),
    tun(10, "LEARN_FROM_TUN", "2013",
        "Delivers packets from tunnels to this host, and learns into table 20 behind which tunnel their sender is."),
    tun(20, "UCAST_TO_TUN", "2013",
        "Packets with a single receiver: which tunnel leads to it, as L2 population tells or table 10 learned."),
    tun(21, "ARP_RESPONDER", "2014",
        "Answers ARP requests for addresses that L2 population knows, so that they need not be flooded."),
    tun(22, "FLOOD_TO_TUN", "2013",
        "Packets with many receivers, or with one that nobody knows: a copy to each tunnel of the network.")
        .missed("belongs to no network with tunnels"),
    tun(222, "BAGPIPE_FLOOD_TO_TUN_BROADCAST", "2018",
        "networking-bagpipe: floods to ordinary tunnels beside the BGP VPN."),

    phy(0, "LOCAL_SWITCHING", "2013",
        "Where every packet starts. Packets of this host come by the phy- patch port with a local VLAN and get the \
         VLAN of the physical network; what has no such network is dropped. The rest is switched by MAC address.")
        .unmatched(4, "belongs to no network of this bridge"),
    phy(1, "DVR_PROCESS_PHYSICAL", "2014, under this name since 2020",
        "Distributed routing: packets that were routed on this host get the host's own DVR MAC address as their \
         source. Packets for a router's own address stay on this host."),
    phy(2, "LOCAL_VLAN_TRANSLATION", "2014",
        "Distributed routing: packets of this host get the VLAN of their physical network, or lose the tag for a flat \
         one.")
        .unmatched(4, "belongs to no network of this bridge"),
    phy(3, "DVR_NOT_LEARN_PHYSICAL", "2014, under this name since 2020",
        "Distributed routing: packets with another host's DVR MAC address go to the integration bridge, and nothing \
         is learned from them. The rest is switched by MAC address."),
    phy(22, "FLOOD_TO_TUN", "2014",
        "Not used: the agent blocks ARP for router addresses here as it does on the tunnel bridge, but no flow leads \
         here."),
    phy(80, "METADATA_EGRESS_NAT", "2023",
        "Metadata path: requests of instances get an address of their own towards the host's proxy."),
    phy(87, "METADATA_EGRESS_OUTPUT", "2023",
        "Metadata path: sends requests of instances to the host's proxy."),
    phy(90, "METADATA_IP_ARP_RESPONDER", "2023",
        "Metadata path: answers ARP requests for the addresses that stand for instances."),
    phy(91, "METADATA_INGRESS_DIRECT", "2023",
        "Metadata path: sends answers of the host's proxy to the instance that asked."),

    row(Kind::Trunk, 0, "LOCAL_SWITCHING", "2016",
        "The bridge of a trunk has one flow: it switches by MAC address and VLAN between the instance and the patch \
         ports of the trunk's networks."),
];

/// The rows of a kind of bridge, in one numbering.
pub fn rows(kind: Kind, has_58: bool) -> impl Iterator<Item = &'static Row> {
    let fits = move |r: &&Row| match r.when {
        When::Always => true,
        When::Has58 => has_58,
        When::No58 => !has_58,
    };
    ROWS.iter().filter(move |r| r.kind == kind).filter(fits)
}

/// Whose packets a table sees.
pub fn side(kind: Kind, table: TableId) -> Side {
    row_of(kind, table).map_or(Side::Either, |r| r.side)
}

/// The row of a table.
pub fn row_of(kind: Kind, table: TableId) -> Option<&'static Row> {
    ROWS.iter().find(|r| r.kind == kind && r.id == table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_there_once_and_explained() {
        for has_58 in [false, true] {
            for kind in [Kind::Integration, Kind::Tunnel, Kind::Provider, Kind::Trunk] {
                let rows: Vec<&Row> = rows(kind, has_58).collect();
                assert!(rows.windows(2).all(|w| w[0].id < w[1].id), "{kind:?} is not in order");
                assert!(rows.iter().all(|r| r.doc.ends_with('.') && !r.since.is_empty()), "{kind:?}");
            }
        }
        let names =
            |has_58| rows(Kind::Integration, has_58).filter(|r| r.id / 2 == 29).map(Row::name).collect::<Vec<_>>();
        assert_eq!(names(true), ["PACKET_RATE_LIMIT", "BANDWIDTH_RATE_LIMIT"]);
        assert_eq!(names(false), ["PACKET_RATE_LIMIT"]);
        assert_eq!(side(Kind::Integration, 72), Side::Egress);
        assert_eq!(row_of(Kind::Integration, 82).map(|r| r.unmatched.1), Some("no security group rule accepts"));
    }
}

//! Why a packet was lost, in one sentence: a row for each kind of place where Neutron's and OVN's packets end.
//!
//! Places that nobody knows get the plain sentence of the trace ([`DropReason::sentence`](crate::trace::DropReason)).

use super::blame::Look;
use super::misses::{Miss, wants};
use super::{Cx, words};
use crate::base::words::capital;
use crate::field::format::mac_text;
use crate::field::proto::{self, ethertype, ipproto};
use crate::field::slot::{Slot, word};
use crate::field::{FieldId, Key, table};
use crate::model::flow::TableId;
use crate::model::naming::{Kind, Naming};
use crate::model::owner::OwnerKind;
use crate::model::store::FlowRef;
use crate::neutron::tables::row_of;
use crate::trace::{DropReason, Lost, Remark};

/// A lost packet: what a sentence is made of.
pub(super) struct Lookup<'a> {
    pub cx: &'a Cx<'a>,
    pub naming: &'a Naming,
    pub look: &'a Look<'a>,
    /// Where the packet ended; `None` for one that was handed to a controller only to be told of.
    pub drop: Option<&'a DropReason>,
    pub misses: &'a [Miss],
    /// Fields in which flows of the packet's place differ, most flows first.
    pub by_field: &'a [(FieldId, usize)],
}

/// What is said of packets that end in some tables.
struct Story {
    kind: Kind,
    tables: &'static [TableId],
    tell: Tell,
}

/// Says something of a lost packet, if there is something to say.
type Tell = fn(&Lookup<'_>) -> Option<String>;

const fn story(kind: Kind, tables: &'static [TableId], tell: Tell) -> Story {
    Story { kind, tables, tell }
}

/// The tables of ML2/OVS; for OVN, whose numbers change with the release, see [`STAGES`].
const STORIES: &[Story] = &[
    story(Kind::Integration, &[0], no_network),
    story(Kind::Integration, &[71, 24, 25], not_its_own),
    story(Kind::Integration, &[72, 82], no_rule),
    story(Kind::Integration, &[65, 69], no_firewall_rule),
    story(Kind::Tunnel, &[3, 4, 6], unknown_segment),
    story(Kind::Tunnel, &[20, 22], no_tunnel),
    story(Kind::Provider, &[0, 2], no_segment),
];

/// What is said of packets that end in a stage of OVN, by the beginning of its name.
const STAGES: &[(&str, Tell)] = &[
    ("ls_in_acl", no_acl),
    ("ls_out_acl", no_acl),
    ("CHK_IN_PORT_SEC", port_security),
    ("ls_in_check_port_sec", port_security),
    ("ls_in_apply_port_sec", port_security),
    ("ls_in_port_sec", port_security),
    ("REMOTE_OUTPUT", not_bound),
    ("LOCAL_OUTPUT", not_bound),
];

/// The sentence.
pub(super) fn sentence(lost: &Lookup<'_>) -> String {
    if let Some(text) = refused(lost) {
        return text;
    }
    let kind = lost.naming.kind;
    let table = lost.look.table;
    let stage = lost.naming.table(table).map_or("", |t| &t.name);
    let told = if kind.is_ovn() {
        let row = STAGES.iter().find(|(start, _)| stage.split(" / ").any(|part| part.starts_with(start)));
        row.and_then(|(_, tell)| tell(lost))
    } else {
        STORIES.iter().find(|s| s.kind == kind && s.tables.contains(&table)).and_then(|s| (s.tell)(lost))
    };
    told.or_else(|| missed(lost)).unwrap_or_else(|| match lost.drop {
        Some(drop) => capital(&drop.sentence(lost.cx.world)) + ".",
        None => format!("{} of {} only tells a controller of it.", "The flow", lost.here()),
    })
}

impl Lookup<'_> {
    fn key(&self) -> &Key {
        &self.look.packet.key
    }

    fn flow(&self) -> Option<FlowRef<'_>> {
        self.look.flow.map(|flow| self.cx.world.at(self.look.bridge).flow(flow))
    }

    fn packet(&self) -> String {
        words::packet(self.key())
    }

    /// A port of the bridge, as people call it.
    fn port(&self, number: u32) -> String {
        let bridge = self.cx.world.at(self.look.bridge);
        match self.cx.names.port(&bridge.name, number) {
            Some(port) if !port.label().is_empty() => port.label().to_owned(),
            _ => bridge.port(number).map_or_else(|| format!("port {number}"), |p| p.name.to_string()),
        }
    }

    /// The port whose packets Neutron's firewall filters.
    fn filtered(&self) -> String {
        self.port(self.key().word(word::REG + 5))
    }

    /// The logical port of OVN that a register names.
    fn logical(&self, register: u16) -> Option<String> {
        let key = self.key();
        let datapath = key.value(table::METADATA.slot);
        let port = self.cx.names.logical_port(datapath, key.word(word::REG + register))?;
        Some(if port.label.is_empty() { port.name.to_string() } else { port.label.to_string() })
    }

    /// Whether the flow matches a bit of a field as 1.
    fn wants_set(&self, slot: Slot, bit: u64) -> bool {
        let matched = self.flow().map(|f| f.matches().slot(slot));
        matched.is_some_and(|(value, mask)| value.to_u64() & mask.to_u64() & bit != 0)
    }

    fn here(&self) -> String {
        format!("table {} of {}", self.look.table, self.cx.world.at(self.look.bridge).name)
    }
}

/// The flow wanted to send the packet on, and could not.
fn refused(lost: &Lookup<'_>) -> Option<String> {
    let Lost::Refused(remark) = &lost.drop?.why else { return None };
    let to = mac_text(lost.key().value(table::ETH_DST.slot));
    let here = lost.here();
    Some(match remark {
        Remark::NoPort => {
            let flow = lost.flow()?;
            let outputs = flow.actions().0.iter().filter_map(|action| match action {
                crate::action::Action::Output(o) => Some(o.port.to_string()),
                _ => None,
            });
            let ports: Vec<String> = outputs.collect();
            let port = if ports.is_empty() { "a port".to_owned() } else { format!("port {}", ports.join(" or ")) };
            format!(
                "The flow of {here} for {to} sends to {port}, which does not exist: what was plugged in there has \
                 moved or is gone, and the flow stayed behind."
            )
        }
        Remark::LearnedInput => format!(
            "The switch has learned {to} behind the port that the packet came in by, so it does not send it back there."
        ),
        _ => return None,
    })
}

/// Neutron's own words for what a table does not take.
fn missed(lost: &Lookup<'_>) -> Option<String> {
    let row = row_of(lost.naming.kind, lost.look.table)?;
    let priority = lost.flow().map_or(0, FlowRef::priority);
    let is_open = lost.flow().is_none_or(|f| f.shape().masks.is_empty());
    let phrase = match row.unmatched {
        (below, phrase) if !phrase.is_empty() && priority < below => phrase,
        _ if is_open && !row.missed.is_empty() => row.missed,
        _ => return None,
    };
    let what = capital(&lost.packet());
    Some(format!("{what} ended in {}, which drops what {phrase}.", lost.here()))
}

/// br-int, table 0: the VLAN of a physical network that has no local VLAN.
fn no_network(lost: &Lookup<'_>) -> Option<String> {
    let key = lost.key();
    let port = lost.port(key.word(word::IN_PORT));
    let vlan = key.word(word::VLAN) & 0xfff;
    let flow = lost.flow()?;
    if !flow.actions().is_drop() {
        return None;
    }
    if vlan == 0xfff {
        return Some("The sender's port has the dead VLAN 4095: the agent has not wired it yet.".to_owned());
    }
    if key.value(proto::VLAN_PRESENT) == 0 {
        return Some(format!(
            "No flow of table 0 gives untagged packets from {port} a local VLAN: no flat network of this host lies behind it."
        ));
    }
    let network = lost.cx.names.network_of_physical_vlan(vlan);
    let lacks = format!("No flow of table 0 turns VLAN {vlan}, which comes in by {port}, into a local VLAN");
    let local = network.and_then(|n| lost.cx.local_vlan(&n.id).map(|local| (n, local)));
    Some(match (network, local) {
        (_, Some((network, local))) => format!(
            "{lacks}, although network {} ({vlan}) is in use here as local VLAN {local}: the flow that translates it is \
             gone.",
            network.label()
        ),
        (Some(network), None) => {
            format!("{lacks}: network {} has no port on this host, or its flow is gone.", network.label())
        }
        (None, None) => format!("{lacks}: the VLAN belongs to no network of this host."),
    })
}

/// br-int, tables 71, 24, 25: the sender used what is not its own.
fn not_its_own(lost: &Lookup<'_>) -> Option<String> {
    let key = lost.key();
    let port = if lost.look.table == 71 { lost.filtered() } else { lost.port(key.word(word::IN_PORT)) };
    let (dl_type, nw_proto) = (key.value(proto::DL_TYPE) as u16, key.value(proto::NW_PROTO) as u8);
    let (tp_src, tp_dst) = (key.value(proto::TP_SRC), key.value(proto::TP_DST));
    let flow = lost.flow();
    // Priority 70 is what a port may never send, however it is allowed otherwise.
    if flow.is_some_and(|f| f.priority() == 70) {
        return Some(match (nw_proto, tp_src, tp_dst) {
            (ipproto::ICMPV6, 134, _) => format!(
                "{port} sends router advertisements, which Neutron lets only routers do; port security would have to be off."
            ),
            (ipproto::UDP, 67 | 547, _) => format!(
                "{port} answers as a DHCP server, which Neutron lets only its own do; port security would have to be off."
            ),
            _ => return None,
        });
    }
    match dl_type {
        ethertype::IP | ethertype::IPV6 | ethertype::ARP | ethertype::RARP => {}
        _ => {
            return Some(format!(
                "{port} sends {}, which the Open vSwitch firewall lets pass only if `permitted_ethertypes` of the agent names it.",
                lost.packet()
            ));
        }
    }
    let mac_differs = || lost.by_field.iter().any(|(f, _)| *f == table::ETH_SRC);
    let own_mac = lost.cx.port_mac(lost.look);
    let sent_mac = key.value(table::ETH_SRC.slot);
    if own_mac.map_or_else(mac_differs, |own| own != sent_mac && !lost.cx.is_allowed_mac(lost.look, sent_mac)) {
        let own = own_mac.map_or_else(String::new, |own| format!(", its own is {}", mac_text(own)));
        return Some(format!(
            "{port} may not send from MAC address {}{own}: no allowed address pair has it.",
            mac_text(sent_mac)
        ));
    }
    let from = words::source(key)?;
    let what = if dl_type == ethertype::ARP { "say in ARP that it has" } else { "send from" };
    Some(format!(
        "{port} may not {what} {from}: it is neither a fixed address of the port nor an allowed address pair."
    ))
}

/// br-int, tables 72 and 82: the security groups.
fn no_rule(lost: &Lookup<'_>) -> Option<String> {
    const INV: u64 = 0x10;
    let port = lost.filtered();
    let packet = lost.packet();
    let is_egress = lost.look.table == 72;
    if lost.wants_set(table::CT_MARK.slot, 1) {
        return Some(format!(
            "The connection is marked invalid (ct_mark=1): when it was seen last, no security group rule of {port} \
             allowed it, and the mark stays until the connection is forgotten."
        ));
    }
    if lost.wants_set(proto::CT_STATE, INV) {
        return Some(format!(
            "Connection tracking calls the packet invalid, as it does when it has not seen both directions of a \
             connection; {port} gets no invalid packets."
        ));
    }
    Some(match (is_egress, lost.cx.fault(lost.look)) {
        (_, Some(fault)) => fault,
        (true, None) => format!("No security group rule of {port} lets it send {packet}."),
        (false, None) => format!("No security group rule of {port} accepts {packet}."),
    })
}

/// br-int, tables 65 and 69: FWaaS on ports.
fn no_firewall_rule(lost: &Lookup<'_>) -> Option<String> {
    let port = lost.filtered();
    let packet = lost.packet();
    let owners = lost.look.flow.map(|flow| lost.cx.rules(lost.look.bridge, flow)).unwrap_or_default();
    Some(match owners.iter().find(|o| o.kind == OwnerKind::FirewallRule) {
        Some(rule) => format!("{} denies {port} {packet}.", capital(&rule.label())),
        None => format!("No firewall rule of {port} allows {packet}."),
    })
}

/// br-tun, tables 3, 4 and 6: a tunnel key without a network here.
fn unknown_segment(lost: &Lookup<'_>) -> Option<String> {
    let segment = lost.key().value(table::TUN_ID.slot);
    let network = u32::try_from(segment).ok().and_then(|n| lost.cx.names.network_of_tunnel_key(n));
    let name = network.map_or_else(String::new, |n| format!(" (network {})", n.label()));
    Some(format!(
        "Tunnel key {segment:#x}{name} has no local VLAN on this host: no flow of {} takes it, so no port of the network \
         is wired here.",
        lost.here()
    ))
}

/// br-tun, tables 20 and 22: nowhere to send it.
fn no_tunnel(lost: &Lookup<'_>) -> Option<String> {
    let vlan = lost.key().word(word::VLAN) & 0xfff;
    let network = u16::try_from(vlan).ok().and_then(|v| lost.cx.names.network_of_vlan(v));
    let name = network.map_or_else(|| format!("local VLAN {vlan}"), |n| format!("network {}", n.label()));
    Some(format!(
        "No tunnel carries {name}: {} has no flow for local VLAN {vlan}, so packets for other hosts are dropped.",
        lost.here()
    ))
}

/// A provider bridge: a local VLAN without a network behind the bridge.
fn no_segment(lost: &Lookup<'_>) -> Option<String> {
    let flow = lost.flow()?;
    if !flow.actions().is_drop() {
        return None;
    }
    let vlan = lost.key().word(word::VLAN) & 0xfff;
    let bridge = &lost.cx.world.at(lost.look.bridge).name;
    Some(format!("Local VLAN {vlan} is no network behind {bridge}: no flow of {} gives it a VLAN there.", lost.here()))
}

/// OVN: the ACLs.
fn no_acl(lost: &Lookup<'_>) -> Option<String> {
    let stage = lost.naming.table(lost.look.table).map_or("", |t| &t.name);
    let is_egress = stage.split(" / ").any(|part| part.starts_with("ls_in_acl"));
    let packet = lost.packet();
    // Ingress of the logical switch is what an instance sends.
    let port = lost.logical(if is_egress { 14 } else { 15 }).unwrap_or_else(|| "the port".to_owned());
    if let Some((denied, _)) = lost.cx.denying_acl(lost.look) {
        return Some(denied);
    }
    Some(match is_egress {
        true => format!("No security group rule of {port} lets it send {packet}."),
        false => format!("No security group rule of {port} accepts {packet}."),
    })
}

/// OVN: addresses that are not the port's own.
fn port_security(lost: &Lookup<'_>) -> Option<String> {
    let port = lost.logical(14).unwrap_or_else(|| "the port".to_owned());
    let key = lost.key();
    let bridge = lost.cx.world.at(lost.look.bridge);
    let wanted: Vec<String> =
        lost.misses.iter().flat_map(|m| wants(bridge, &m.rival)).map(|(f, _)| f.name.to_owned()).collect();
    let mac = mac_text(key.value(table::ETH_SRC.slot));
    let wants_mac = wanted.first().is_some_and(|f| matches!(&**f, "eth_src" | "dl_src"));
    let from = match words::source(key) {
        Some(address) if !wants_mac => address,
        _ => format!("MAC address {mac}"),
    };
    Some(format!(
        "Port security of {port} does not let it send from {from}: it is neither an address of the port nor an allowed \
         address pair."
    ))
}

/// OVN: no chassis has the port that the packet goes to.
fn not_bound(lost: &Lookup<'_>) -> Option<String> {
    super::binding::unbound(lost.cx, lost.key()).map(|u| u.sentence)
}

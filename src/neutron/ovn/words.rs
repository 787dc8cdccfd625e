//! What the stages of OVN's logical pipelines and the tables of ovn-controller do, in plain words.
//!
//! One row a stage, whatever table it has in a release. Sources: ovn-northd(8) and `northd/northd.c` for the stages,
//! `controller/lflow.h` and `controller/physical.c` for the tables of ovn-controller.

use super::release::Pipeline;
use crate::model::naming::Scope;

/// A stage of logical switches or of logical routers.
struct Stage {
    scope: Scope,
    name: &'static str,
    doc: &'static str,
}

const fn switch(name: &'static str, doc: &'static str) -> Stage {
    Stage { scope: Scope::Switch, name, doc }
}

const fn router(name: &'static str, doc: &'static str) -> Stage {
    Stage { scope: Scope::Router, name, doc }
}

#[rustfmt::skip]
const STAGES: &[Stage] = &[
    switch("port_sec_l2", "port security: lets packets pass that have the port's own MAC address"),
    switch("port_sec_ip", "port security: lets packets pass that have the port's own IP addresses"),
    switch("port_sec_nd", "port security: lets ARP and neighbour discovery pass that tell the port's own addresses"),
    switch("check_port_sec", "port security: asks whether the packet has the port's own addresses"),
    switch("apply_port_sec", "port security: drops what the stage before found wrong"),
    switch("mirror", "copies packets of ports that are mirrored"),
    switch("lookup_fdb", "looks up whether the sender's MAC address is known to be behind this port"),
    switch("put_fdb", "lets ovn-controller note behind which port the sender's MAC address is"),
    switch("pre_acl", "decides whether the packet needs connection tracking for the ACLs"),
    switch("pre_lb", "decides whether the packet needs connection tracking for load balancing"),
    switch("pre_stateful", "sends packets to connection tracking if a stage before asked for that"),
    switch("acl_hint", "notes what connection tracking says, so that the ACLs need fewer flows"),
    switch("acl", "the ACLs, which are Neutron's security group rules: allows, drops or rejects"),
    switch("acl_eval", "the ACLs, which are Neutron's security group rules: notes the verdict"),
    switch("acl_sample", "samples packets that an ACL decided about"),
    switch("acl_action", "does what the ACLs decided: lets the packet pass, drops or rejects it"),
    switch("acl_after_lb", "ACLs that count after load balancing"),
    switch("acl_after_lb_eval", "ACLs that count after load balancing: notes the verdict"),
    switch("acl_after_lb_sample", "samples packets that an ACL after load balancing decided about"),
    switch("acl_after_lb_action", "does what the ACLs after load balancing decided"),
    switch("qos_mark", "QoS: writes the DSCP or a mark"),
    switch("qos_meter", "QoS: limits the rate with a meter"),
    switch("qos", "QoS: writes the DSCP or a mark, and limits the rate with a meter"),
    switch("ct_extract", "saves what connection tracking knows of the connection's first packet"),
    switch("lb_aff_check", "load balancing: looks up whether the client already has a backend"),
    switch("lb", "load balancing: chooses a backend for new connections to a virtual address"),
    switch("lb_aff_learn", "load balancing: remembers which backend the client got"),
    switch("pre_hairpin", "finds packets that load balancing sends back to their own sender"),
    switch("nat_hairpin", "gives such packets the virtual address as their source"),
    switch("hairpin", "sends such packets back through the port they came in"),
    switch("pre_network_function", "decides whether the packet goes through a network function"),
    switch("network_function", "sends packets to the port of a network function"),
    switch("stateful", "commits new connections that were allowed, and translates addresses for load balancing"),
    switch("arp_nd_pre_lookup", "looks up whether somebody is known to have the address that ARP or neighbour \
        discovery asks for"),
    switch("arp_rsp", "answers ARP and neighbour solicitations for addresses that OVN knows"),
    switch("dhcp_options", "lets ovn-controller make the answer to a DHCP request"),
    switch("dhcp_response", "sends that answer back to the asking port"),
    switch("dns_lookup", "lets ovn-controller look a name up in its DNS records"),
    switch("dns_response", "sends the DNS answer back to the asking port"),
    switch("external_port", "drops requests of external ports that another chassis answers"),
    switch("l2_lkup", "chooses the output port, or the group of ports, by the destination MAC address"),
    switch("l2_unknown", "what to do with destination MAC addresses that nobody knows"),

    router("admission", "lets in only packets that are addressed to the router's port"),
    router("lookup_neighbor", "looks up whether the sender's MAC and IP addresses are known"),
    router("learn_neighbor", "lets ovn-controller note which MAC address the sender has"),
    router("ip_input", "answers what is meant for the router itself (ARP, ping), and drops what must not be routed"),
    router("dhcp_relay_req", "relays DHCP requests"),
    router("unsnat", "gives replies the address back that SNAT took from them"),
    router("post_unsnat", "sorts out replies for which SNAT had nothing to undo"),
    router("defrag", "sends packets to connection tracking that load balancing or DNAT may change"),
    router("ct_extract", "saves what connection tracking knows of the connection's first packet"),
    router("lb_aff_check", "load balancing: looks up whether the client already has a backend"),
    router("dnat", "changes the destination address: floating IPs and load balancing"),
    router("lb_aff_learn", "load balancing: remembers which backend the client got"),
    router("ecmp_stateful", "remembers by which of several routes a connection came in"),
    router("ecmp_stateful_egr", "remembers by which of several routes a connection goes out"),
    router("nd_ra_options", "lets ovn-controller make router advertisements"),
    router("nd_ra_response", "sends router advertisements"),
    router("ip_routing_pre", "chooses the routing table"),
    router("ip_routing", "routing: chooses the output port and the next hop"),
    router("ip_routing_ecmp", "chooses one of several equal routes"),
    router("policy", "routing policies: overrule the routes"),
    router("policy_ecmp", "chooses one of several next hops of a policy"),
    router("dhcp_relay_resp_chk", "checks DHCP answers that are relayed"),
    router("dhcp_relay_resp", "relays DHCP answers"),
    router("arp_resolve", "finds the MAC address of the next hop"),
    router("chk_pkt_len", "checks whether the packet is too large for the next network"),
    router("larger_pkts", "answers packets that are too large with an ICMP error"),
    router("gw_redirect", "sends packets that need the gateway chassis there"),
    router("network_id", "notes which of the port's networks the packet goes to"),
    router("arp_request", "asks for the MAC address of the next hop if it is not known"),
    router("chk_dnat_local", "notes whether the destination is a floating IP of this router"),
    router("undnat", "gives replies the address back that DNAT took from them"),
    router("post_undnat", "commits new connections that SNAT will change"),
    router("snat", "changes the source address: floating IPs, or one address for a whole network"),
    router("post_snat", "a place for what comes after SNAT"),
    router("egr_loop", "sends packets for the router's own external addresses back in"),
    router("delivery", "hands the packet to the output port"),
];

/// The tables of ovn-controller, by the constant's name without `OFTABLE_`.
#[rustfmt::skip]
const TABLES: &[(&str, &str)] = &[
    ("PHY_TO_LOG", "Where every packet starts. A packet of a local port gets the number of its logical datapath and \
        port; one from a tunnel has them in the tunnel's header."),
    ("OUTPUT_LARGE_PKT_DETECT", "Where packets go once their logical output port is chosen. Checks whether they are \
        too large for the tunnel."),
    ("OUTPUT_LARGE_PKT_PROCESS", "Answers packets that are too large for the tunnel with an ICMP error."),
    ("REMOTE_OUTPUT", "Sends packets for ports of other chassis through a tunnel."),
    ("REMOTE_VTEP_OUTPUT", "Sends packets through VXLAN tunnels to EVPN neighbours."),
    ("LOCAL_OUTPUT", "Sends packets for ports of this chassis on to the egress pipeline, one copy for each port of a \
        group."),
    ("CHECK_LOOPBACK", "Drops packets that would go back to the port they came from, and clears the registers for the \
        egress pipeline."),
    ("SAVE_INPORT", "Packets that may leave through the port they came in by forget it, since Open vSwitch would not \
        send them there."),
    ("LOG_TO_PHY", "The end of the egress pipeline: sends packets out of the port of the logical output port, or into \
        the next logical datapath."),
    ("MAC_BINDING", "Looked up, not passed through: the MAC address of a next hop, as it was learned."),
    ("MAC_LOOKUP", "Looked up, not passed through: whether a sender's MAC and IP addresses are known."),
    ("CHK_LB_HAIRPIN", "Looked up, not passed through: whether load balancing sends the packet back to its sender."),
    ("CHK_LB_HAIRPIN_REPLY", "Looked up, not passed through: whether the packet is the reply to one that load \
        balancing sent back to its sender. Its flows are learned."),
    ("CT_SNAT_FOR_VIP", "Looked up, not passed through: gives a packet that goes back to its sender the virtual address \
        as its source."),
    ("CT_SNAT_HAIRPIN", "Looked up, not passed through: gives a packet that goes back to its sender the virtual address \
        as its source."),
    ("GET_FDB", "Looked up, not passed through: behind which port a MAC address is, as it was learned."),
    ("LOOKUP_FDB", "Looked up, not passed through: whether a sender's MAC address is known to be behind its port."),
    ("CHK_IN_PORT_SEC", "Looked up, not passed through: whether a packet has the addresses of the port that sends it."),
    ("CHK_IN_PORT_SEC_ND", "Looked up, not passed through: whether ARP or neighbour discovery tells the addresses of \
        the port that sends it."),
    ("CHK_OUT_PORT_SEC", "Looked up, not passed through: whether a packet has the addresses of the port it goes to."),
    ("ECMP_NH_MAC", "Looked up, not passed through: whether the next hop of one of several routes still has its MAC \
        address."),
    ("ECMP_NH", "Looked up, not passed through: by which of several routes a connection came in."),
    ("CHK_LB_AFFINITY", "Looked up, not passed through: which backend a client got before."),
    ("MAC_CACHE_USE", "Counts packets of learned MAC addresses, so that unused ones can be forgotten."),
    ("CT_ZONE_LOOKUP", "ICMP errors from tunnels: finds the connection tracking zones of the port they are about."),
    ("CT_ORIG_NW_DST_LOAD", "Looked up, not passed through: the IPv4 address that the connection's first packet went to."),
    ("CT_ORIG_IP6_DST_LOAD", "Looked up, not passed through: the IPv6 address that the connection's first packet went to."),
    ("CT_ORIG_TP_DST_LOAD", "Looked up, not passed through: the port that the connection's first packet went to."),
    ("CT_ORIG_PROTO_LOAD", "Looked up, not passed through: the protocol of the connection's first packet."),
    ("FLOOD_REMOTE_CHASSIS", "Sends a copy to every other chassis."),
    ("CT_STATE_SAVE", "Looked up, not passed through: keeps what connection tracking said, for later stages."),
    ("GET_REMOTE_FDB", "Looked up, not passed through: behind which EVPN neighbour a MAC address is."),
    ("LEARN_REMOTE_FDB", "Learns behind which EVPN neighbour a MAC address is."),
    ("EVPN_ARP_LOOKUP", "Looked up, not passed through: the MAC address of an EVPN neighbour."),
];

/// What a stage does, as a sentence without its full stop; empty for a stage that nobody has described.
pub fn stage_doc(pipeline: Pipeline, name: &str) -> &'static str {
    let scope = pipeline.scope();
    STAGES.iter().find(|s| s.scope == scope && s.name == name).map_or("", |s| s.doc)
}

/// What a table of ovn-controller does; empty for one that nobody has described.
pub fn table_doc(constant: &str) -> &'static str {
    TABLES.iter().find(|(name, _)| *name == constant).map_or("", |(_, doc)| doc)
}

/// What the stages of a table do, each on its own behalf.
pub fn stages_doc(stages: &[(Pipeline, &str)]) -> String {
    let sentence = |(pipeline, stage): &(Pipeline, &str)| {
        let who = match pipeline {
            Pipeline::SwitchIn => "Logical switch, from its ports",
            Pipeline::SwitchOut => "Logical switch, to its ports",
            Pipeline::RouterIn => "Logical router, coming in",
            Pipeline::RouterOut => "Logical router, going out",
        };
        match stage_doc(*pipeline, stage) {
            "" => format!("{who}: stage {stage}."),
            doc => format!("{who}: {doc}."),
        }
    };
    stages.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::release::RELEASES;
    use super::*;

    #[test]
    fn every_stage_and_table_of_every_release_is_explained() {
        for release in RELEASES.iter() {
            for (pipeline, prefix) in Pipeline::ALL {
                for stage in release.stages(pipeline) {
                    assert!(!stage_doc(pipeline, stage).is_empty(), "{} {prefix}_{stage}", release.name);
                }
            }
            for name in release.tables.keys().filter(|n| !n.starts_with("LOG_INGRESS") && !n.starts_with("LOG_EGRESS"))
            {
                assert!(table_doc(name).ends_with('.'), "{name}");
            }
        }
    }

    #[test]
    fn a_table_that_two_stages_share_says_both() {
        assert_eq!(
            stages_doc(&[(Pipeline::SwitchIn, "acl_hint"), (Pipeline::RouterIn, "nothing_known")]),
            "Logical switch, from its ports: notes what connection tracking says, so that the ACLs need fewer flows. \
             Logical router, coming in: stage nothing_known."
        );
    }
}

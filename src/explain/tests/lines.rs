//! The lines below a sentence: fields, actions, and what is worth knowing beyond them.

use super::*;
use crate::action::Mode;
use crate::dump::group_line::parse;

fn lines(pieces: &[Pieces]) -> Vec<String> {
    pieces.iter().map(Pieces::text).collect()
}

fn fields(told: &Explanation) -> Vec<String> {
    told.fields.iter().map(|f| format!("{} {}: {}", f.name, f.value, f.means.text())).collect()
}

fn actions(told: &Explanation) -> Vec<String> {
    told.actions.iter().map(|a| format!("{}{}: {}", "  ".repeat(a.depth), a.text, a.means.text())).collect()
}

#[test]
fn every_field_has_its_line() {
    let stage = Stage::of("ml2-compute", "br-int");
    let told = stage.told(72, "ct_state=+est-rel+rpl,ct_zone=1,ct_mark=0,reg5=0x4");
    assert_eq!(
        fields(&told),
        [
            "ct_state +est-rel+rpl: part of an accepted connection, not related to another connection, a reply",
            "ct_zone 1: network blue",
            "ct_mark 0: mark that was put on the connection",
            "reg5 0x4: port vm2, which sent the packet",
        ]
    );
    assert_eq!(told.rest.text(), "any kind of packet, any input port, all else any");
    let told = stage.told(71, "priority=80,udp,reg5=0x4");
    assert_eq!(
        fields(&told),
        [
            "udp : UDP over IPv4",
            "reg5 0x4: port vm2, which sent the packet",
            "in_port \"tapf250797f-1d\": came in by vm2 (tapf250797f-1d, port 4)",
            "dl_src fa:16:3e:bc:72:60: source MAC address: vm2",
            "nw_src 10.10.1.51: source IPv4 address: vm2",
            "tp_src 68: UDP source port: DHCP client",
            "tp_dst 67: UDP destination port: DHCP server",
        ]
    );
    assert_eq!(told.rest.text(), "all else any");
    assert_eq!(lines(&told.needs), ["nw_proto needs ip or ipv6", "nw_src needs ip"]);
}

#[test]
fn every_action_has_its_line_and_its_link() {
    let stage = Stage::of("ml2-compute", "br-int");
    let told = stage.told(82, "conj_id=17,");
    assert_eq!(
        actions(&told),
        [
            "set_field:0x11->reg7: gets reg7=0x11 (conjunction 17)",
            "ct(commit,zone=NXM_NX_REG6[0..15]): has its connection committed in the zone of its network",
            "output:\"tapf250797f-1d\": is delivered to vm2 (tapf250797f-1d, port 4)",
            "resubmit(,92): goes on in table 92 (ACCEPTED_INGRESS_TRAFFIC), where nothing more happens",
        ]
    );
    let targets: Vec<Option<Target>> = told.actions.iter().map(|a| a.target).collect();
    assert_eq!(targets, [None, None, Some(Target::Port(4)), Some(Target::Table(92))]);
    let tunnel = Stage::of("ml2-compute", "br-tun");
    assert_eq!(
        actions(&tunnel.told(10, "learn(")),
        [
            "learn(table=20,hard_timeout=300,priority=1,cookie=0x447d370753f299a6,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:0->NXM_OF_VLAN_TCI[],load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[],output:OXM_OF_IN_PORT[]): makes table 20 (UCAST_TO_TUN) learn a flow (for 300 s)",
            "  NXM_OF_VLAN_TCI[0..11]: the new flow matches VLAN tag[0..11] as this packet has it",
            "  NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]: the new flow matches as destination MAC address what this packet has as source MAC address",
            "  load:0->NXM_OF_VLAN_TCI[]: the new flow takes the VLAN tag off",
            "  load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[]: the new flow sets tun_id (segmentation id) to what this packet has there",
            "  output:OXM_OF_IN_PORT[]: the new flow sends packets out of the port that this packet has as input port",
            "output:\"patch-int\": leaves by patch-int (the patch port to bridge br-int, port 1)",
        ]
    );
}

#[test]
fn groups_and_meters_of_the_bridge_are_told() {
    let flows = " table=0, priority=1,ip actions=meter:7,group:1\n table=0, priority=0 actions=group:9";
    let mut stage = Stage::plain(flows, " 1(a): addr:00:00:00:00:00:01\n 2(b): addr:00:00:00:00:00:02");
    let mut bridge = Bridge::clone(&stage.bridge);
    bridge.groups = ["group_id=1,type=select,bucket=weight:1,actions=output:1,bucket=weight:2,actions=output:2"]
        .map(|line| parse(line, Names::none(), Mode::Typed).unwrap().line.group().unwrap().clone())
        .to_vec();
    stage.index = Index::of(&bridge);
    stage.bridge = Arc::new(bridge);
    let told = stage.told(0, "ip");
    assert_eq!(
        told.summary.text(),
        "Every IPv4 packet is counted by meter 7 and goes through group 1 (which picks one of 2 buckets by hashing)."
    );
    assert_eq!(
        actions(&told),
        [
            "meter:7: is counted by meter 7",
            "group:1: goes through group 1 (which picks one of 2 buckets by hashing)",
            "  bucket 0: weight 1",
            "    output:a: leaves by a (port 1)",
            "  bucket 1: weight 2",
            "    output:b: leaves by b (port 2)",
        ]
    );
    assert_eq!(
        stage.told(0, "priority=0").summary.text(),
        "Every packet that no other flow of this table takes goes through group 9 (which is not known)."
    );
}

#[test]
fn notes_say_what_an_operator_would_look_up() {
    let flows = "\
 cookie=0x1, table=0, priority=9,ip actions=resubmit(,1)
 cookie=0x1, table=0, idle_timeout=10, hard_timeout=20, send_flow_rem priority=8,ip,nw_src=10.0.0.1 actions=output:1
 cookie=0x1, table=1, priority=5,tcp actions=conjunction(3,1/2)
 cookie=0x1, table=1, priority=4,ip,conj_id=4 actions=output:1
 cookie=0x1, table=7, priority=1 actions=output:1";
    let stage = Stage::plain(flows, " 1(a): addr:00:00:00:00:00:01");
    assert_eq!(
        lines(&stage.told(0, "nw_src").notes),
        [
            "A flow of priority 9 takes all of these packets before.",
            "The flow expires after 10 s without a packet, and at the latest 20 s after it was added.",
            "The controller is told when the flow is removed.",
        ]
    );
    assert_eq!(
        lines(&stage.told(1, "tcp").notes),
        [
            "Conjunction 3 has one flow that meets clause 1. No flow meets clause 2, so it is never met as a whole.",
            "Clauses do not count packets; the flow that matches the conj_id counts for all of them.",
        ]
    );
    assert_eq!(
        lines(&stage.told(1, "conj_id").notes),
        ["Conjunction 4 has no clauses in this table, so this flow never counts."]
    );
    assert_eq!(lines(&stage.told(7, "priority=1").notes), ["No flow leads to this table, so no packet comes here."]);
}

#[test]
fn a_sentence_is_made_of_links() {
    let stage = Stage::of("ml2-compute", "br-int");
    let told = stage.told(73, "priority=90,ct_state=+new-est,ip,reg5=0x4");
    let links: Vec<Target> = told.summary.0.iter().filter_map(|p| p.target).collect();
    assert_eq!(links, [Target::Port(4), Target::Table(91), Target::Table(94)]);
    let mut painted = String::new();
    paint(&told.summary, &mut painted);
    assert_eq!(painted, told.summary.text());
}

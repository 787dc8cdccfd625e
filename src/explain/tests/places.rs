//! Tables as a whole, and the flows before and after a flow.

use super::*;

/// The flows on a side of a flow, as `table: match`.
fn texts(stage: &Stage, side: &[Reference]) -> Vec<String> {
    let text = |r: &Reference| {
        let flow = stage.bridge.flow(r.flow).to_flow();
        format!("{} {}: {} {}", flow.table, flow.priority, flow.match_text(Names::none()), r.way.name())
    };
    let mut all: Vec<String> = side.iter().map(text).collect();
    all.sort();
    all
}

fn around(stage: &Stage, table: TableId, words: &str) -> (Vec<String>, Vec<String>) {
    let found = references(&stage.bridge, &stage.index, stage.find(table, words), 100);
    assert_eq!((found.more_from, found.more_to), (0, 0));
    (texts(stage, &found.from), texts(stage, &found.to))
}

#[test]
fn a_table_says_what_it_is_for_and_what_it_holds() {
    let stage = Stage::of("ml2-compute", "br-int");
    let told = table(&stage.cx(), 82);
    assert_eq!(
        told.summary.text(),
        "Security groups, ingress: the rules of the port's groups. Replies to accepted connections pass without a rule. Table 82 (RULES_INGRESS) has 38 flows of 4 priorities."
    );
    let shapes: Vec<String> =
        told.shapes.iter().map(|s| format!("{} x{} {}", s.priority, s.flows, s.fields.join(","))).collect();
    assert_eq!(
        shapes,
        [
            "70 x8 dl_type,ct_state,reg5",
            "70 x8 dl_type,conj_id,ct_state,reg5",
            "70 x8 dl_type,ct_state,reg6,nw_src",
            "50 x1 ct_state",
            "50 x2 ct_mark,reg5",
            "50 x4 ct_state,ct_zone,ct_mark,reg5",
            "40 x2 ct_state,reg5",
            "40 x4 dl_type,ct_state,reg5",
            "0 x1 ",
        ]
    );
    assert_eq!(told.flows, told.shapes.iter().map(|s| s.flows).sum::<u64>());
    let writes = |id| {
        let told = table(&stage.cx(), id);
        let written = told.writes.iter().map(|w| {
            let readers: Vec<u8> = w.read_by.iter().map(|r| r.table).collect();
            format!("{}/{:#x} {} {readers:?}", w.field.name, w.mask, w.carries)
        });
        written.collect::<Vec<_>>()
    };
    assert_eq!(
        writes(60),
        [
            "reg5/0xffffffff the local port whose packets are filtered: the sender in the egress tables, the receiver in the ingress tables [71, 72, 73, 81, 82]",
            "reg6/0xffffffff the network, as its local VLAN; connection tracking uses it as the zone [71, 72, 73, 81, 82]",
        ]
    );
    assert_eq!(writes(93), [""; 0]);
}

#[test]
fn tables_without_flows_or_ways_in_say_so() {
    let flows = " table=0, priority=0 actions=resubmit(,3),output:1\n table=3, priority=0 actions=drop\n table=8, priority=0 actions=drop";
    let stage = Stage::plain(flows, "");
    let said = |id| table(&stage.cx(), id).summary.text();
    assert_eq!(said(0), "Table 0 has one flow.");
    assert_eq!(
        said(3),
        "Table 3 has one flow, which drops. It is only looked up: the flow that asks goes on with the packet."
    );
    assert_eq!(said(5), "Table 5 has no flows: a packet that comes here is dropped.");
    assert_eq!(said(8), "Table 8 has one flow, which drops. No flow leads here.");
}

#[test]
fn flows_before_and_after_follow_registers_and_connection_tracking() {
    let stage = Stage::of("ml2-compute", "br-int");
    let (from, to) = around(&stage, 81, "ct_state=-trk,ip,reg5=0x4");
    assert_eq!(
        from,
        ["60 90: dl_vlan=1,dl_dst=fa:16:3e:bc:72:60 resubmit", "73 100: reg6=0x1,dl_dst=fa:16:3e:bc:72:60 resubmit",]
    );
    assert_eq!(
        to,
        [
            "82 0:  ct",
            "82 40: ct_state=+est,ip,reg5=0x4 ct",
            "82 40: ct_state=-est,reg5=0x4 ct",
            "82 50: ct_mark=0x1,reg5=0x4 ct",
            "82 50: ct_state=+est-rel+rpl,ct_zone=1,ct_mark=0,reg5=0x4 ct",
            "82 50: ct_state=+inv+trk ct",
            "82 50: ct_state=-new-est+rel-inv,ct_zone=1,ct_mark=0,reg5=0x4 ct",
            "82 70: conj_id=16,ct_state=+est-rel-rpl,ip,reg5=0x4 ct",
            "82 70: conj_id=17,ct_state=+new-est,ip,reg5=0x4 ct",
        ]
    );
    let (from, to) = around(&stage, 60, "priority=100,in_port=4");
    assert_eq!(from, ["59 0:  goto_table",]);
    assert_eq!(
        to,
        [
            "71 10: reg5=0x4,in_port=4 resubmit",
            "71 110: ct_state=+trk resubmit",
            "71 65: ip,reg5=0x4,in_port=4,dl_src=fa:16:3e:bc:72:60,nw_src=10.10.1.51 resubmit",
            "71 65: ipv6,reg5=0x4,in_port=4,dl_src=fa:16:3e:bc:72:60,ipv6_src=fe80::f816:3eff:febc:7260 resubmit",
            "71 70: icmp6,reg5=0x4,in_port=4,icmp_type=134 resubmit",
            "71 70: udp,reg5=0x4,in_port=4,tp_src=67,tp_dst=68 resubmit",
            "71 70: udp6,reg5=0x4,in_port=4,tp_src=547,tp_dst=546 resubmit",
            "71 80: udp,reg5=0x4,in_port=4,dl_src=fa:16:3e:bc:72:60,nw_src=0.0.0.0,tp_src=68,tp_dst=67 resubmit",
            "71 80: udp,reg5=0x4,in_port=4,dl_src=fa:16:3e:bc:72:60,nw_src=10.10.1.51,tp_src=68,tp_dst=67 resubmit",
            "71 80: udp6,reg5=0x4,in_port=4,dl_src=fa:16:3e:bc:72:60,ipv6_src=fe80::f816:3eff:febc:7260,tp_src=546,tp_dst=547 resubmit",
            "71 95: arp,reg5=0x4,in_port=4,dl_src=fa:16:3e:bc:72:60,arp_spa=10.10.1.51 resubmit",
            "71 95: icmp6,reg5=0x4,in_port=4,dl_src=fa:16:3e:bc:72:60,ipv6_src=fe80::f816:3eff:febc:7260,icmp_type=130 resubmit",
            "71 95: icmp6,reg5=0x4,in_port=4,dl_src=fa:16:3e:bc:72:60,ipv6_src=fe80::f816:3eff:febc:7260,icmp_type=133 resubmit",
            "71 95: icmp6,reg5=0x4,in_port=4,dl_src=fa:16:3e:bc:72:60,ipv6_src=fe80::f816:3eff:febc:7260,icmp_type=135 resubmit",
            "71 95: icmp6,reg5=0x4,in_port=4,icmp_type=136,nd_target=fe80::f816:3eff:febc:7260 resubmit",
        ]
    );
    let (from, to) = around(&stage, 23, "priority=0");
    assert!(from.is_empty() && to.is_empty());
}

#[test]
fn references_are_cut_at_the_limit_and_the_busiest_come_first() {
    let mut flows = String::new();
    for i in 1..=50 {
        flows += &format!(" n_packets={i}, table=0, priority=5,in_port={i} actions=resubmit(,1)\n");
    }
    flows += " table=1, priority=0 actions=output:1";
    let stage = Stage::plain(&flows, "");
    let found = references(&stage.bridge, &stage.index, stage.find(1, "priority=0"), 3);
    let packets: Vec<_> = found.from.iter().map(|r| r.packets).collect();
    assert_eq!((packets, found.more_from), (vec![Some(50), Some(49), Some(48)], 47));
    assert_eq!(references(&stage.bridge, &stage.index, FlowId::MAX, 3), References::default());
}

#[test]
fn a_flow_leads_to_no_flow_that_its_packets_cannot_match() {
    for (folder, bridge) in [("ml2-compute", "br-int"), ("ml2-dvr", "br-int"), ("ovn-23.03", "br-int")] {
        let stage = Stage::of(folder, bridge);
        let ids: Vec<FlowId> = stage.bridge.flows.iter().map(|(id, _)| id).collect();
        let all = |id| references(&stage.bridge, &stage.index, id, usize::MAX);
        // Both directions agree, but that the way forward also knows what flows of higher priority take.
        let mut pairs = 0;
        for id in &ids {
            for next in all(*id).to {
                let back = all(next.flow).from;
                assert!(back.iter().any(|r| r.flow == *id), "{folder}: {id} leads to {}", next.flow);
                pairs += 1;
            }
        }
        assert!(pairs > ids.len() / 2, "{folder}: {pairs} of {}", ids.len());
    }
}

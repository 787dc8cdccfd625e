//! Flows that people type: nothing is known but the words themselves.

use std::path::Path;

use super::*;
use crate::action::Mode;
use crate::dump::flow_line::parse;
use crate::dump::input::Input;

fn told(line: &str) -> Explanation {
    let names = Names::default();
    super::super::typed(&parse(line, &names, Mode::Typed, false).unwrap().flow_mod.flow, &names)
}

#[test]
fn a_typed_flow_is_told_from_its_words_alone() {
    let sentences = [
        ("actions=drop", "Every packet is dropped."),
        ("priority=0 actions=NORMAL", "Every packet is switched by MAC address (NORMAL)."),
        (
            "arp,arp_op=1,arp_tpa=192.168.0.1 actions=FLOOD",
            "Every ARP request that asks about 192.168.0.1 leaves by every port that floods, but not by the one \
             it came in by.",
        ),
        (
            "in_port=1,dl_vlan=0x0a,actions=strip_vlan,output:2",
            "Every packet with VLAN 10 that came in by port 1 loses its VLAN tag and leaves by port 2.",
        ),
        (
            "tcp,nw_src=10.0.0.0/8,tp_dst=443 actions=mod_nw_dst:10.1.2.3,mod_tp_dst:8443,output:7",
            "Every IPv4 TCP packet from 10.0.0.0/8 to port 443 (HTTPS) gets destination address 10.1.2.3 and \
             destination port 8443 and leaves by port 7.",
        ),
        (
            "ip,nw_frag=later actions=output:1,output:2,output:3,output:4,output:5,output:6,output:7,output:8",
            "Every IPv4 packet that is a later fragment leaves by port 1, port 2, port 3, port 4, port 5 and 3 \
             more.",
        ),
        (
            "tcp,tcp_flags=+syn-ack actions=ct(commit,zone=5,nat(src=10.0.0.1-10.0.0.9:1024-2048,random)),\
             output:3",
            "Every IPv4 TCP packet that opens a connection (SYN without ACK) has its connection committed in zone \
             5, gets source address 10.0.0.1 to 10.0.0.9, ports 1024 to 2048, the port at random, and leaves by \
             port 3.",
        ),
        (
            "ct_state=+trk+est+rpl,ip actions=ct(table=3,zone=NXM_NX_REG2[0..15],nat)",
            "Every IPv4 packet that replies in an accepted connection goes through connection tracking in the \
             zone that reg2[0..15] names, gets the addresses that its connection was given before and goes on in \
             table 3.",
        ),
        (
            "table=3,icmp,icmp_type=8,icmp_code=0 actions=controller:128",
            "Every ICMP echo request with icmp_code=0 goes to the controller.",
        ),
        (
            "in_port=LOCAL actions=learn(table=20,idle_timeout=60,NXM_OF_VLAN_TCI[0..11],\
             NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:0->NXM_OF_VLAN_TCI[],output:NXM_OF_IN_PORT[]),resubmit(,2)",
            "Every packet that came in by the bridge's own port makes table 20 learn a flow (until 60 s pass \
             without a packet) and goes on in table 2.",
        ),
        (
            "actions=clone(set_field:1.2.3.4->ip_dst,output:2),output:3",
            "Every packet is copied (the copy gets destination address 1.2.3.4 and leaves by port 2) and leaves \
             by port 3.",
        ),
        (
            "ip actions=write_actions(dec_ttl,output:4),goto_table:9",
            "Every IPv4 packet gets an action set, which is done when no table is left (it has its time to live \
             lowered by one and leaves by port 4), and goes on in table 9.",
        ),
        (
            "conj_id=7,ip actions=output:1",
            "Every IPv4 packet for which every clause of conjunction 7 is met leaves by port 1.",
        ),
        (
            "ip,nw_dst=10.0.0.1 actions=conjunction(7,1/3),conjunction(9,1/3)",
            "Every IPv4 packet to 10.0.0.1 meets clause 1 of 3 of conjunctions 7 and 9. When the other clauses of \
             one of them are met as well, the flow with its conj_id counts.",
        ),
        (
            "reg0=0x5/0xff,metadata=0x1 actions=move:NXM_NX_REG0[0..7]->NXM_NX_REG1[8..15],resubmit(7,)",
            "Every packet with reg0=0x5/0xff and metadata=0x1 has reg0[0..7] copied into reg1[8..15] and goes \
             once more through table 0 as if it had come in by port 7.",
        ),
        (
            "tun_id=0x1/0xff,tun_src=1.2.3.4 actions=bundle(eth_src,0,hrw,ofport,members:1,2,3)",
            "Every packet with tunnel key 0x1/0xff and tun_src=1.2.3.4 leaves by one of port 1, port 2 and port 3 \
             (chosen by hashing the source MAC address).",
        ),
        (
            "mpls,mpls_label=16 actions=pop_mpls:0x0800,group:5",
            "Every MPLS packet with mpls_label=16 loses its MPLS header, behind which IPv4 begins, and goes \
             through group 5.",
        ),
        (
            "ipv6,ipv6_src=2001:db8::/32,ipv6_label=7 actions=set_queue:3,output:1,pop_queue",
            "Every IPv6 packet from 2001:db8::/32 with ipv6_label=0x00007 uses queue 3 of the port it leaves by, \
             leaves by port 1 and uses the usual queue again.",
        ),
        ("dl_type=0x88cc actions=CONTROLLER:65535", "Every LLDP frame goes to the controller."),
        (
            "vlan_tci=0x1000/0x1000 actions=meter:3,push_vlan:0x88a8,mod_vlan_vid:7,output:IN_PORT",
            "Every packet with any VLAN tag is counted by meter 3, gets VLAN 7 and goes back out of the port it \
             came in by.",
        ),
        (
            "sctp6,tp_src=0x1234/0xff00 actions=exit",
            "Every IPv6 SCTP packet from ports 4608 to 4863 goes no further: whatever follows is left out, in the \
             tables that led here, too. Nothing sends it on, so it is dropped.",
        ),
        (
            "ip actions=push:NXM_NX_REG0[],push:NXM_OF_IP_SRC[],pop:NXM_NX_REG0[],resubmit(,5),pop:NXM_NX_REG0[],\
             output:1",
            "Every IPv4 packet has source address copied into reg0, is looked up in table 5, gets back reg0 and \
             leaves by port 1.",
        ),
        (
            "ip actions=push:NXM_OF_ETH_SRC[],push:NXM_OF_ETH_DST[],pop:NXM_OF_ETH_SRC[],pop:NXM_OF_ETH_DST[],\
             output:1",
            "Every IPv4 packet has destination MAC address and source MAC address swapped and leaves by port 1.",
        ),
        (
            "icmp6,icmp_type=135,nd_target=fe80::1 actions=set_field:136->icmpv6_type,set_field:1->nd_reserved,\
             output:1",
            "Every ICMPv6 neighbour solicitation that is about fe80::1 (link-local) gets ICMPv6 type 136 \
             (neighbour advertisement) and neighbour message's flags 1 and leaves by port 1.",
        ),
        (
            "actions=output:reg0[0..15],output(port=3,max_len=100),enqueue:2:1",
            "Every packet leaves by the port that reg0[0..15] names, leaves (cut to 100 bytes) by port 3 and \
             leaves through queue 1 of port 2.",
        ),
        (
            "actions=load:1->NXM_NX_REG0[],load:1->NXM_NX_REG1[],resubmit(,4),load:2->NXM_NX_REG0[],resubmit(,4),\
             load:3->NXM_NX_REG0[],resubmit(,4)",
            "Every packet goes 3 times through table 4, each time with other registers.",
        ),
        (
            "dl_src=01:02:03:04:05:06/ff:ff:ff:00:00:00,dl_dst=33:33:00:00:00:01 actions=note:01.02,output:1",
            "Every packet from 01:02:03:00:00:00/ff:ff:ff:00:00:00 to 33:33:00:00:00:01 (IPv6 multicast) leaves \
             by port 1.",
        ),
        (
            "pkt_mark=5,ip,nw_tos=184,nw_ttl=1 actions=dec_ttl,mod_nw_tos:0",
            "Every IPv4 packet with pkt_mark=0x5, DSCP 46 (EF, expedited forwarding) and time to live 1 has its \
             time to live lowered by one and gets DSCP 0 (best effort). Nothing sends it on, so it is dropped.",
        ),
        (
            "actions=sample(probability=655,collector_set_id=1),multipath(eth_src,50,modulo_n,4,0,NXM_NX_REG0[]),\
             check_pkt_larger(1500)->NXM_NX_REG0[3],resubmit(,3)",
            "Every packet is sampled for collectors (1.00 of 100 packets), gets into reg0 a number from 0 to 3, \
             by hashing the source MAC address, has reg0[3] set if it is longer than 1500 bytes, and goes on in \
             table 3.",
        ),
        (
            "ip,ct_mark=0x10/0xf0,ct_label=5 actions=ct_clear,delete_field:tun_metadata0,\
             fin_timeout(idle_timeout=3),output:1",
            "Every IPv4 packet whose connection has ct_mark=0x10/0xf0 and whose connection has ct_label=0x5 loses \
             what connection tracking said of it, loses the tunnel option tun_metadata0, makes the flow expire \
             sooner once its TCP connection ends (idle after 3 s) and leaves by port 1.",
        ),
        (
            "packet_type=(1,0x800) actions=encap(ethernet),decap(),output:1",
            "Every packet that starts with IPv4, without an Ethernet header gets an Ethernet header in front, \
             loses its first header and leaves by port 1.",
        ),
    ];
    for (line, sentence) in sentences {
        assert_eq!(told(line).summary.text(), sentence, "{line}");
    }
}

#[test]
fn very_long_flows_make_short_sentences() {
    let outputs: Vec<String> = (1..=2000).map(|port| format!("output:{port}")).collect();
    let flooding = told(&format!("actions={}", outputs.join(",")));
    assert_eq!(flooding.summary.text(), "Every packet leaves by port 1, port 2, port 3, port 4, port 5 and 1995 more.");
    assert_eq!(flooding.actions.len(), 2000);
    let mixed: Vec<String> = (0..500).map(|i| format!("resubmit(,{}),mod_vlan_vid:{i}", i % 200 + 1)).collect();
    let mixed = told(&format!("actions={},output:1", mixed.join(","))).summary.text();
    assert!(mixed.len() < 600, "{mixed}");
    assert!(mixed.ends_with("and leaves by port 1."), "{mixed}");
    let clauses: Vec<String> = (1..=300).map(|id| format!("conjunction({id},1/2)")).collect();
    let clauses = told(&format!("ip actions={}", clauses.join(","))).summary.text();
    assert!(clauses.contains("conjunctions 1, 2, 3, 4, 5, 6, 7, 8 and 292 more"), "{clauses}");
}

#[test]
fn deeply_nested_actions_come_to_an_end() {
    let nested = |depth: usize| format!("actions={}output:1{}", "clone(".repeat(depth), ")".repeat(depth));
    let told = told(&nested(30));
    assert!(told.summary.text().len() < 400, "{}", told.summary.text());
    assert_eq!(told.actions.len(), 31);
}

#[test]
fn every_line_that_a_switch_takes_is_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/words");
    let names = Names::default();
    let (mut explained, mut failed) = (0, Vec::new());
    for file in std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()) {
        if file.extension().is_none_or(|e| e != "zst") {
            continue;
        }
        let (text, is_cut) = Input::open(&file).unwrap().read_text(1 << 30).unwrap();
        assert!(!is_cut);
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let typed = ["line", "printed"].into_iter().filter_map(|key| line[key].as_str());
            let printed = line["dump"].as_object().into_iter().flatten().filter_map(|(_, text)| text.as_str());
            for text in typed.chain(printed) {
                let Ok(reading) = parse(text, &names, Mode::Typed, false) else { continue };
                let flow = &reading.flow_mod.flow;
                let told = super::super::typed(flow, &names);
                let sentence = told.summary.text();
                let is_one = sentence.starts_with("Every ") && sentence.ends_with('.') && sentence.len() < 2000;
                let is_clean = !["  ", " ,", " .", "()", ",,"].iter().any(|slip| sentence.contains(slip));
                let lines: Vec<&str> = told.actions.iter().filter(|a| a.means.0.is_empty()).map(|a| &*a.text).collect();
                let fields: Vec<&str> = told.fields.iter().filter(|f| f.means.0.is_empty()).map(|f| &*f.name).collect();
                if !is_one || !is_clean || !lines.is_empty() || !fields.is_empty() {
                    failed.push(format!("{text}\n  {sentence}\n  without words: {lines:?} {fields:?}"));
                }
                explained += 1;
            }
        }
    }
    assert!(failed.is_empty(), "{} of {explained}:\n{}", failed.len(), failed[..failed.len().min(20)].join("\n"));
    assert!(explained > 5000, "{explained}");
}

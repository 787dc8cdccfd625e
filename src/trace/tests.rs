//! What a trace must get right, on tables of a few flows.

use std::sync::Arc;

use super::*;
use crate::base::progress::Progress;
use crate::dump::flows::load;
use crate::field::Names;
use crate::field::names::port;
use crate::field::slot::word;
use crate::model::bridge::Bridge;
use crate::model::node::Node;
use crate::model::port::Port;

/// A node with one bridge that has these flows, and the ports 1, 2 and 3.
fn node(flows: &str) -> Node {
    let mut names = Names::default();
    for number in 1..4 {
        names.add_port(number, &format!("p{number}"));
    }
    let names = Arc::new(names);
    let loaded = load(flows.as_bytes(), &"test".into(), &names, &Progress::default(), |_| {});
    assert!(loaded.report.kept.is_empty(), "{:?}", loaded.report.kept[0]);
    let port = |number| Port { number, name: format!("p{number}").into(), ..Port::default() };
    let ports = (1..4).map(port).collect();
    let bridge = Bridge { name: "br-int".into(), names, flows: loaded.flows, ports, ..Bridge::default() };
    Node { bridges: vec![Arc::new(bridge)], ..Node::default() }
}

/// What is asked of the trace of a packet.
fn with<T>(flows: &str, packet: &str, ct_next: &[u8], ask: impl Fn(&Trace<'_>, &World<'_>) -> T) -> T {
    let node = node(flows);
    let world = World::of(&node);
    let packet = spec::parse(packet, &world.at(0).names).unwrap();
    ask(&trace(&world, 0, &packet, &Options { ct_next: ct_next.to_vec(), ..Options::default() }), &world)
}

fn actions(flows: &str, packet: &str) -> String {
    with(flows, packet, &[], |t, _| t.passes.iter().map(|p| datapath::text(&p.actions)).collect::<Vec<_>>().join(" | "))
}

fn sentence(flows: &str, packet: &str) -> String {
    with(flows, packet, &[], |t, world| t.drop.as_ref().map(|d| d.sentence(world)).unwrap_or_default())
}

#[test]
fn a_packet_goes_where_the_flows_send_it() {
    let flows =
        " table=0, priority=1,in_port=1 actions=resubmit(,5),output:3\n table=5, tcp actions=mod_vlan_vid:7,output:2\n";
    assert_eq!(actions(flows, "in_port=p1,tcp"), "push_vlan(vid=7,pcp=0),2,3");
    assert_eq!(actions(flows, "in_port=1,udp"), "3");
    assert_eq!(actions(flows, "in_port=2,udp"), "drop");
}

#[test]
fn a_lost_packet_is_blamed_on_what_lost_it() {
    let flows = " table=0, in_port=1 actions=resubmit(,5)\n table=5, priority=7,tcp actions=drop\n";
    assert_eq!(sentence(flows, "in_port=1,tcp"), "flow `priority=7,tcp` of table 5 of br-int drops it");
    assert_eq!(sentence(flows, "in_port=1,udp"), "no flow of table 5 of br-int matches");
    assert_eq!(sentence(flows, "in_port=2"), "no flow of table 0 of br-int matches");
    let flows = " actions=output:9\n";
    let told = "it came to table 0 of br-int, and was not sent on: Nonexistent output port";
    assert_eq!(sentence(flows, "in_port=1"), told);
}

#[test]
fn what_begins_again_takes_the_answers_of_connection_tracking_in_turn() {
    let flows = " table=0, ip,ct_state=-trk actions=ct(table=1)\n table=1, ct_state=+est,ip actions=output:2\n \
                 table=1, ct_state=+new,ip actions=drop\n";
    assert_eq!(actions(flows, "in_port=1,tcp"), "ct,recirc(0x1) | drop");
    const ESTABLISHED: u8 = 0x22;
    let (verdict, assumed) =
        with(flows, "in_port=1,tcp", &[ESTABLISHED], |t, _| (t.verdict, t.assumed.contains(&Assumption::CtState(1))));
    assert_eq!((verdict, assumed), (Verdict::Delivered, false));
    assert!(with(flows, "in_port=1,tcp", &[], |t, _| t.assumed.contains(&Assumption::CtState(1))));
}

#[test]
fn a_table_that_loops_ends_at_the_limits_of_a_switch() {
    let deep = " actions=output:2,resubmit(,0)\n";
    assert_eq!(actions(deep, "in_port=1"), "drop");
    assert_eq!(sentence(deep, "in_port=1"), "the switch gives up: Recursion too deep");
    let mut wide = String::new();
    for table in 0..12 {
        wide += &format!(" table={table}, actions=resubmit(,{0}),resubmit(,{0})\n", table + 1);
    }
    wide += " table=12, actions=output:2\n";
    assert_eq!(sentence(&wide, "in_port=1"), "the switch gives up: Too many resubmits");
}

#[test]
fn a_flow_that_asks_for_the_length_again_and_again_comes_to_an_end() {
    let asks = "check_pkt_larger(100)->NXM_NX_REG0[0],".repeat(40);
    assert_eq!(actions(&format!(" actions={asks}output:2\n"), "in_port=1"), "drop");
}

#[test]
fn only_bits_that_keep_other_flows_out_decide() {
    let flows = " priority=2,in_port=1,tcp,tp_dst=22 actions=drop\n priority=1,in_port=1 actions=load:5->NXM_NX_REG0[],resubmit(,1)\n \
                 table=1, reg0=5 actions=output:2\n";
    let relevant = |flows: &str, packet: &str| with(flows, packet, &[], |t, world| t.relevant(world).text);
    // What is copied matters where it is looked at, and only there.
    let copies = " ip actions=move:NXM_OF_IP_SRC[0..7]->NXM_NX_REG0[0..7],move:NXM_OF_IP_DST[]->NXM_NX_REG1[],resubmit(,1)\n \
                  table=1, priority=2,reg0=0x5/0xf actions=output:2\n table=1, priority=1 actions=output:3\n";
    // A copy of the packet may be changed without the packet being so.
    let copy = " actions=clone(set_field:1->reg0,resubmit(,1)),resubmit(,1)\n \
                table=1, priority=2,reg0=1 actions=output:2\n table=1, priority=1 actions=output:3\n";
    // Of a time to live it matters that it is not over.
    let ttl = " ip actions=dec_ttl,output:2\n";
    let rows = [
        // One bit of the protocol keeps the flow of priority 2 out; what is loaded is no bit of the packet.
        (flows, "in_port=1,udp,udp_src=7", "in_port=1,nw_proto=0x1/0x1"),
        (flows, "in_port=1,tcp,tcp_dst=23", "in_port=1,tp_dst=0x1/0x1"),
        (flows, "in_port=1,tcp,tcp_dst=22", "tcp,in_port=1,nw_frag=no,tp_dst=22"),
        (copies, "in_port=1,ip,nw_src=10.0.0.5", "ip,in_port=1,nw_src=0.0.0.5/0.0.0.15"),
        (copies, "in_port=1,ip,nw_src=10.0.0.9", "ip,in_port=1,nw_src=0.0.0.0/0.0.0.4"),
        (copy, "in_port=1", "reg0=0/0x1,in_port=1"),
        (ttl, "in_port=1,ip,nw_ttl=64", "ip,in_port=1,nw_ttl=0x40/0x40"),
    ];
    let found = rows.map(|(flows, packet, _)| relevant(flows, packet));
    assert_eq!(found.each_ref().map(String::as_str), rows.map(|(.., wanted)| wanted));
}

#[test]
fn a_packet_that_contradicts_itself_is_refused_where_it_does() {
    let refused = |text: &str| spec::parse(text, Names::none()).map(|p| p.text()).unwrap_err();
    let d = refused("in_port=1,udp,tp_dst=53");
    assert_eq!((d.message.as_str(), d.span.start), ("a packet with `tcp_dst` must be tcp or tcp6", 14));
    assert_eq!(refused("in_port=1,tcp,actions=drop").message, "a packet has no actions");
    assert!(refused("in_port=eth7").message.contains("eth7"));
}

#[test]
fn what_lies_below_a_header_that_was_taken_off_makes_the_verdict_unknown() {
    let flows = " mpls actions=pop_mpls:0x0800,dec_ttl,output:2\n";
    let missing = |flows: &str, packet: &str| {
        with(flows, packet, &[], |t, _| {
            let doubts = t.assumed.iter().filter(|a| a.is_doubt()).map(Assumption::text).collect::<Vec<_>>();
            (t.verdict, doubts.join("; "))
        })
    };
    let (verdict, text) = missing(flows, "in_port=1,mpls,mpls_bos=1");
    assert_eq!(verdict, Verdict::Unknown);
    assert!(text.starts_with("below the MPLS header that was taken off lies an IPv4 packet"), "{text}");
    assert!(text.contains("goes on in br-int (`dec_ttl,output:2`)"), "{text}");
    let flows = " dl_type=0x894f actions=decap(),decap(),resubmit(,1)\n";
    let (verdict, text) = missing(flows, "in_port=1,dl_type=0x894f,nsh_mdtype=1,nsh_np=3");
    assert_eq!(verdict, Verdict::Unknown);
    assert!(text.starts_with("below the NSH header that was taken off lies an Ethernet frame"), "{text}");
    assert!(text.contains("(`resubmit(,1)`)"), "{text}");
}

#[test]
fn flooding_serves_ports_in_the_order_of_their_hashes() {
    // As a switch with these ports was seen to do it; it is none of those that came in.
    let node = {
        let mut node = node(" actions=ALL\n");
        let mut bridge = (*node.bridges[0]).clone();
        let port = |number: u32| Port { number, name: format!("p{number}").into(), ..Port::default() };
        bridge.ports = [65534, 1, 2, 3, 4, 5, 6, 7, 8, 100, 101].map(port).into();
        node.bridges = vec![Arc::new(bridge)];
        node
    };
    let world = World::of(&node);
    let packet = spec::parse("in_port=77", Names::none()).unwrap();
    let found = trace(&world, 0, &packet, &Options::default());
    let order: Vec<u32> = found.outputs.iter().map(|o| o.port).collect();
    assert_eq!(order, [101, 8, 65534, 5, 100, 1, 4, 6, 7, 2, 3]);
}

#[test]
fn an_empty_list_of_controllers_tells_nobody() {
    // `dec_ttl()` is how a switch prints a list that OVN left empty.
    assert_eq!(actions(" ip actions=dec_ttl(),output:2\n", "in_port=1,tcp,nw_ttl=1"), "drop");
    assert!(actions(" ip actions=dec_ttl,output:2\n", "in_port=1,tcp,nw_ttl=1").contains("controller(reason=2"));
    assert_eq!(actions(" ip actions=dec_ttl(),output:2\n", "in_port=1,tcp,nw_ttl=9"), "set(ipv4(ttl=8)),2");
}

#[test]
fn type_and_code_of_icmp_are_set_together() {
    let flows = " icmp actions=set_field:0->icmp_type,output:2\n";
    assert_eq!(actions(flows, "in_port=1,icmp,icmp_type=8,icmp_code=1"), "set(icmp(type=0,code=1)),2");
}

#[test]
fn any_port_is_no_port_so_a_packet_may_leave_where_it_came_from() {
    let flows = " actions=set_field:ANY->in_port,output:1\n";
    assert_eq!(actions(flows, "in_port=1"), "1");
}

#[test]
fn a_symmetric_hash_picks_the_same_link_both_ways() {
    let flows = " actions=multipath(symmetric_l4,0,modulo_n,3,0,NXM_NX_REG0[0..15]),output:NXM_NX_REG0[0..15]\n";
    let there = actions(flows, "in_port=3,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tcp_src=80,tcp_dst=1234");
    let back = actions(flows, "in_port=3,tcp,nw_src=10.0.0.2,nw_dst=10.0.0.1,tcp_src=1234,tcp_dst=80");
    assert_eq!(there, back);
}

#[test]
fn headers_go_in_front_and_off_again() {
    let nsh = " actions=encap(nsh(md_type=1)),set_field:0x1234->nsh_spi,encap(ethernet),\
               set_field:fa:16:3e:00:00:01->eth_dst,output:2\n";
    assert_eq!(
        actions(nsh, "in_port=1,tcp"),
        "push_nsh(flags=0,ttl=63,mdtype=1,np=3,spi=0x1234,si=255,c1=0x0,c2=0x0,c3=0x0,c4=0x0),\
         push_eth(src=00:00:00:00:00:00,dst=fa:16:3e:00:00:01),2"
    );
    let off = " actions=decap(),encap(ethernet),output:2\n";
    let push = "push_eth(src=00:00:00:00:00:00,dst=00:00:00:00:00:00),2";
    assert_eq!(actions(off, "in_port=1,tcp"), format!("pop_eth,{push}"));
    assert_eq!(actions(off, "in_port=1,tcp,dl_vlan=7"), "drop");
    assert_eq!(sentence(off, "in_port=1,tcp,dl_vlan=7"), "the switch gives up: Unsupported packet type");
    let behind = " actions=decap(),decap(),output:2\n";
    assert_eq!(actions(behind, "in_port=1,dl_type=0x894f,nsh_mdtype=1,nsh_np=3"), "pop_eth,pop_nsh(),recirc(0x1)");
    assert_eq!(with(behind, "in_port=1,dl_type=0x894f,nsh_mdtype=1,nsh_np=3", &[], |t, _| t.verdict), Verdict::Unknown);
}

#[test]
fn each_bucket_that_the_datapath_may_pick_is_an_outcome() {
    use crate::action::Actions;
    use crate::action::output::Output;
    use crate::model::group::{Bucket, Group, GroupType};
    let outcomes = |ports: [u32; 2]| {
        let mut node = node(" actions=group:7\n");
        let bucket = |(at, port): (u32, u32)| {
            let output = Output { port, max_len: 0 };
            Bucket { id: Some(at), actions: Actions(vec![output.into()]), ..Bucket::default() }
        };
        let group = Group {
            id: 7,
            kind: GroupType::Select,
            selection_method: "".into(),
            selection_method_param: 0,
            fields: Vec::new(),
            buckets: (0..).zip(ports).map(bucket).collect(),
        };
        Arc::make_mut(&mut node.bridges[0]).groups.push(group);
        let world = World::of(&node);
        let packet = spec::parse("in_port=1,tcp", &world.at(0).names).unwrap();
        let found = trace(&world, 0, &packet, &Options::default());
        let picked: Vec<_> = found.passes.iter().filter_map(|p| p.resume.as_ref()?.picked.clone()).collect();
        let out: Vec<_> = found.outputs.iter().map(|o| o.port).collect();
        let mut text = String::new();
        paint::as_ovs(&found, &world, &mut text);
        assert_eq!(text.matches("Flow: ").count(), 1, "the switch's own trace ends at the hash");
        (picked, out, found.verdict)
    };
    assert_eq!(outcomes([2, 3]), (vec![Picked::Bucket(7, 0), Picked::Bucket(7, 1)], vec![2, 3], Verdict::Delivered));
    assert_eq!(
        outcomes([2, 9]),
        (vec![Picked::Bucket(7, 0), Picked::Bucket(7, 1)], vec![2], Verdict::Unknown),
        "it depends on the hash"
    );
}

#[test]
fn a_packet_without_an_ethernet_header_is_written_and_shown_as_a_switch_does() {
    // The header's field is written by `pop`, whatever the packet has; `move` asks first.
    let flows = " actions=mod_dl_src:02:00:00:00:00:05,push:NXM_OF_ETH_SRC[],pop:NXM_OF_ETH_DST[],\
                 move:NXM_OF_ETH_SRC[0..31]->NXM_NX_REG0[]\n";
    let text = |found: &Trace<'_>, world: &World<'_>| {
        let mut text = String::new();
        paint::as_ovs(found, world, &mut text);
        text
    };
    let shown = with(flows, "in_port=1,packet_type=(1,0x800)", &[], text);
    assert!(shown.contains("NXM_OF_ETH_DST[] is now 02:00:00:00:00:05"), "{shown}");
    assert!(shown.contains("NXM_NX_REG0[] is now 0\n"), "{shown}");
    // A header without time to live goes to the controller, with or without an Ethernet header around it.
    let expired = with(" actions=dec_nsh_ttl\n", "in_port=1,packet_type=(1,0x894f),nsh_ttl=1", &[], |t, _| t.verdict);
    assert_eq!(expired, Verdict::Controller);
}

#[test]
fn without_a_list_of_ports_those_that_flows_name_are_taken_to_be_there_and_that_is_said() {
    let flows = " priority=3,tcp actions=output:7\n priority=2,udp actions=FLOOD\n priority=1,arp actions=drop\n \
                 priority=0,in_port=1 actions=NORMAL\n";
    let mut node = node(flows);
    Arc::get_mut(&mut node.bridges[0]).unwrap().ports.clear();
    let world = World::of(&node);
    let ask = |packet: &str| {
        let packet = spec::parse(packet, &world.at(0).names).unwrap();
        let found = trace(&world, 0, &packet, &Options::default());
        let says = found.assumed.iter().any(|a| matches!(a, Assumption::Ports(_)));
        (found.verdict, found.outputs.iter().map(|o| o.port).collect::<Vec<_>>(), says)
    };
    assert_eq!(ask("in_port=1,tcp"), (Verdict::Delivered, vec![7], true));
    assert_eq!(ask("in_port=1,udp").0, Verdict::Delivered);
    assert_eq!(ask("in_port=9"), (Verdict::Dropped, vec![], false));
    assert_eq!(ask("in_port=1,arp"), (Verdict::Dropped, vec![], false));
    // Nobody knows whether there is another port that it could go to.
    let mut alone = self::node(" in_port=1 actions=FLOOD\n");
    Arc::get_mut(&mut alone.bridges[0]).unwrap().ports.clear();
    Arc::get_mut(&mut alone.bridges[0]).unwrap().names = Arc::default();
    let world = World::of(&alone);
    let packet = spec::parse("in_port=1", &world.at(0).names).unwrap();
    assert_eq!(trace(&world, 0, &packet, &Options::default()).verdict, Verdict::Unknown);
}

#[test]
fn fragments_are_looked_up_as_the_bridge_deals_with_them() {
    use crate::model::bridge::Fragments;
    let flows = " priority=3,tcp,tp_dst=22 actions=output:2\n priority=2,ip,nw_frag=yes actions=output:3\n priority=1 actions=output:1\n";
    let rows = [
        (None, "first", "3", true),
        (Some(Fragments::Normal), "first", "3", false),
        (Some(Fragments::Normal), "later", "3", false),
        (Some(Fragments::Normal), "no", "2", false),
        (Some(Fragments::NxMatch), "first", "2", false),
        (Some(Fragments::NxMatch), "later", "3", false),
        (Some(Fragments::Drop), "first", "drop", false),
        (Some(Fragments::Drop), "later", "drop", false),
        (Some(Fragments::Drop), "no", "2", false),
    ];
    for (mode, frag, wanted, is_assumed) in rows {
        let mut node = node(flows);
        Arc::make_mut(&mut node.bridges[0]).fragments = mode;
        let world = World::of(&node);
        let ports = if frag == "later" { "" } else { ",tcp_dst=22" };
        let packet = spec::parse(&format!("in_port=1,tcp,nw_frag={frag}{ports}"), Names::none()).unwrap();
        let found = trace(&world, 0, &packet, &Options::default());
        assert_eq!(datapath::text(&found.passes[0].actions), wanted, "{mode:?} {frag}");
        let assumed = found.assumed.iter().any(|a| matches!(a, Assumption::Fragments(_)));
        assert_eq!(assumed, is_assumed, "{mode:?} {frag}");
        if wanted == "drop" {
            let sentence = found.drop.unwrap().sentence(&world);
            assert!(sentence.starts_with("it is a fragment, and br-int drops fragments"), "{sentence}");
        }
    }
}

#[test]
fn a_group_in_the_action_set_of_one_bridge_is_remembered_in_the_next() {
    // As in Open vSwitch, the field is then not set any more, neither after a copy of the packet nor after a patch port.
    let flows = " actions=clone(write_actions(group:1)),write_actions(output:2)\n";
    let set = |flows| with(flows, "in_port=1", &[], |t, _| t.passes[0].output.key.word(word::ACTSET_OUTPUT));
    assert_eq!(set(flows), port::UNSET);
    assert_eq!(set(" actions=write_actions(output:2)\n"), 2);
}

#[test]
fn groups_that_watch_each_other_in_a_circle_end() {
    use crate::model::group::{Bucket, Group, GroupType};
    let bucket = |watched| Bucket {
        id: None,
        weight: None,
        watch_port: None,
        watch_group: Some(watched),
        actions: crate::action::Actions::default(),
    };
    let group = |id, watched| Group {
        id,
        kind: GroupType::FastFailover,
        selection_method: "".into(),
        selection_method_param: 0,
        fields: Vec::new(),
        buckets: vec![bucket(watched), bucket(watched)],
    };
    let mut node = node(" actions=group:1\n");
    Arc::get_mut(&mut node.bridges[0]).unwrap().groups = vec![group(1, 2), group(2, 1)];
    let world = World::of(&node);
    let packet = spec::parse("in_port=1", Names::none()).unwrap();
    let found = trace(&world, 0, &packet, &Options::default());
    assert_eq!(found.verdict, Verdict::Unknown);
    assert!(found.assumed.iter().any(|a| matches!(a, Assumption::Liveness(_))));
}

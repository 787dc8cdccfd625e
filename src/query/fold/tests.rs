//! What is folded together, and how it is printed.

use super::*;
use crate::query::tests::{world, world_of};

fn all(scope: &Scope<'_>) -> Vec<FlowId> {
    (0..scope.bridge.flows.len() as FlowId).collect()
}

/// The groups as `COUNT TABLE TEXT`.
fn shown(dump: &str, by: By) -> Vec<String> {
    let world = world_of(dump);
    let scope = world.scope();
    let fold = fold(&scope, &all(&scope), by, &Progress::default()).unwrap();
    let table = |group: &FoldGroup| group.table.map_or("-".to_owned(), |t| t.to_string());
    fold.groups.iter().map(|g| format!("{} {} {}", g.count(), table(g), fold.text(g, &scope))).collect()
}

#[test]
fn flows_that_differ_in_ports_addresses_and_registers_are_one_template() {
    let dump = "\
 cookie=0x1, table=60, priority=100,in_port=5 actions=load:0x5->NXM_NX_REG5[],load:0x1->NXM_NX_REG6[],resubmit(,71)
 cookie=0x2, table=60, priority=100,in_port=6 actions=load:0x6->NXM_NX_REG5[],load:0x1->NXM_NX_REG6[],resubmit(,71)
 cookie=0x1, table=60, priority=100,in_port=8 actions=load:0x8->NXM_NX_REG5[],load:0x1->NXM_NX_REG6[],resubmit(,71)
 cookie=0x1, table=60, priority=100,in_port=9 actions=load:0x9->NXM_NX_REG5[],load:0x1->NXM_NX_REG6[],resubmit(,72)
 cookie=0x1, table=60, priority=99,in_port=9 actions=load:0x9->NXM_NX_REG5[],load:0x1->NXM_NX_REG6[],resubmit(,72)
 cookie=0x1, table=82, priority=77,ct_state=+est-rel-rpl,tcp,reg5=0x5,nw_src=10.0.0.0/24,tp_dst=22 actions=output:5
 cookie=0x1, table=82, priority=77,ct_state=+est-rel-rpl,tcp,reg5=0x6,nw_src=10.0.1.0/24,tp_dst=22 actions=output:6
 cookie=0x1, table=82, priority=77,ct_state=+est-rel-rpl,tcp,reg5=0x6,nw_src=10.0.1.0/24,tp_dst=80 actions=output:6
 cookie=0x1, table=82, priority=77,ct_state=+new-est,tcp,reg5=0x6,nw_src=10.0.1.0/24,tp_dst=22 actions=output:6
 cookie=0x1, table=82, priority=77,ct_state=+est-rel-rpl,tcp,reg5=0x6,nw_src=10.0.0.0/16,tp_dst=22 actions=output:6
 cookie=0x1, table=82, priority=77,ct_state=+est-rel-rpl,udp,reg5=0x6,nw_src=10.0.1.0/24,tp_dst=22 actions=output:6
";
    assert_eq!(
        shown(dump, By::Template),
        [
            "3 60 priority=100,in_port=<3 ports> actions=load:<3 ports>->NXM_NX_REG5[],load:0x1->NXM_NX_REG6[],resubmit(,71)",
            "3 82 priority=77,ct_state=+est-rel-rpl,tcp,reg5=<2 ports>,nw_src=<2 IPs>/24,tp_dst=<2 ports> actions=output:<2 ports>",
            "1 60 priority=100,in_port=9 actions=load:0x9->NXM_NX_REG5[],load:0x1->NXM_NX_REG6[],resubmit(,72)",
            "1 60 priority=99,in_port=9 actions=load:0x9->NXM_NX_REG5[],load:0x1->NXM_NX_REG6[],resubmit(,72)",
            "1 82 priority=77,ct_state=+new-est,tcp,reg5=0x6,nw_src=10.0.1.0/24,tp_dst=22 actions=output:\"tap-db-2\"",
            "1 82 priority=77,ct_state=+est-rel-rpl,tcp,reg5=0x6,nw_src=10.0.0.0/16,tp_dst=22 actions=output:\"tap-db-2\"",
            "1 82 priority=77,ct_state=+est-rel-rpl,udp,reg5=0x6,nw_src=10.0.1.0/24,tp_dst=22 actions=output:\"tap-db-2\"",
        ]
    );
}

#[test]
fn what_a_flow_is_about_never_varies() {
    let pairs = [
        ("icmp,icmp_type=8", "icmp,icmp_type=0"),
        ("icmp6,icmp_type=135", "icmp6,icmp_type=136"),
        ("ct_mark=0x1", "ct_mark=0"),
        ("reg10=0x1/0x1", "reg10=0/0x1"),
        ("arp,arp_op=1", "arp,arp_op=2"),
        ("ip,nw_frag=later", "ip,nw_frag=first"),
        ("tcp,tcp_flags=+syn", "tcp,tcp_flags=-syn"),
        ("dl_vlan=5", "dl_vlan=5,dl_vlan_pcp=1"),
        ("priority=5", "priority=6"),
        ("tcp,tp_dst=80", "tcp,tp_src=80"),
        ("ip,nw_src=10.0.0.0/8", "ip,nw_src=10.0.0.0/9"),
        ("actions=NORMAL", "actions=FLOOD"),
        ("actions=output:1", "actions=output:1,output:2"),
        ("actions=ct(zone=1)", "actions=ct(zone=NXM_NX_REG6[0..15])"),
        ("actions=ct(commit)", "actions=ct(commit,zone=5)"),
        ("actions=ct(commit,nat(src=10.0.0.1))", "actions=ct(commit,nat(src=10.0.0.1-10.0.0.9))"),
        ("actions=ct(commit,nat(src=10.0.0.1))", "actions=ct(commit,nat(dst=10.0.0.1))"),
        ("actions=conjunction(1,1/2)", "actions=conjunction(1,2/2)"),
        ("actions=set_field:0x1->ct_mark", "actions=set_field:0x2->ct_mark"),
        ("actions=load:0x1->NXM_NX_REG10[3]", "actions=load:0->NXM_NX_REG10[3]"),
        ("actions=goto_table:5", "actions=goto_table:6"),
        ("actions=ct(table=5)", "actions=ct(table=6)"),
        ("actions=clone(output:5)", "actions=output:5"),
    ];
    for (one, other) in pairs {
        let groups = shown(&lines(one, other), By::Template);
        assert_eq!(groups.len(), 2, "{one} and {other}: {groups:?}");
    }
}

#[test]
fn values_of_ports_addresses_and_numbers_vary() {
    let pairs = [
        ("in_port=1", "in_port=2", "in_port=<2 ports> actions=drop"),
        ("arp,arp_spa=10.0.0.1", "arp,arp_spa=10.0.0.2", "arp,arp_spa=<2 IPs> actions=drop"),
        ("tcp6,ipv6_src=fe80::1", "tcp6,ipv6_src=fe80::2", "tcp6,ipv6_src=<2 IPs> actions=drop"),
        ("ipv6,ipv6_src=fd00::/64", "ipv6,ipv6_src=fd01::/64", "ipv6,ipv6_src=<2 IPs>/64 actions=drop"),
        ("udp,tp_src=1,tp_dst=2", "udp,tp_src=1,tp_dst=3", "udp,tp_src=1,tp_dst=<2 ports> actions=drop"),
        ("tcp,tp_dst=0x10/0xfff0", "tcp,tp_dst=0x20/0xfff0", "tcp,tp_dst=<2 ports>/0xfff0 actions=drop"),
        ("tcp,tp_dst=0x10/0xfff0", "tcp,tp_dst=0x10/0xfff8", "tcp,tp_dst=<2 port ranges> actions=drop"),
        ("tcp,tp_dst=80", "tcp,tp_dst=0x50/0xfff8", "tcp,tp_dst=<2 port ranges> actions=drop"),
        ("dl_vlan=5", "dl_vlan=6", "dl_vlan=<2 VLANs> actions=drop"),
        ("dl_src=02:00:00:00:00:01", "dl_src=02:00:00:00:00:02", "dl_src=<2 MACs> actions=drop"),
        ("reg6=0x1,reg7=0x1", "reg6=0x2,reg7=0x2", "reg6=<2 networks>,reg7=<2 values> actions=drop"),
        ("metadata=0x1", "metadata=0x100000000", "metadata=<2 values> actions=drop"),
        ("tun_id=0x1", "tun_id=0x2", "tun_id=<2 tunnels> actions=drop"),
        ("conj_id=1,ip", "conj_id=2,ip", "conj_id=<2 conjunctions>,ip actions=drop"),
        ("ct_zone=1", "ct_zone=2", "ct_zone=<2 zones> actions=drop"),
        ("actions=output:1", "actions=output:2", "actions=output:<2 ports>"),
        ("actions=group:1", "actions=group:2", "actions=group:<2 groups>"),
        ("actions=meter:1", "actions=meter:2", "actions=meter:<2 meters>"),
        ("actions=conjunction(1,1/2)", "actions=conjunction(2,1/2)", "actions=conjunction(<2 conjunctions>,1/2)"),
        ("actions=ct(commit,zone=1)", "actions=ct(commit,zone=2)", "actions=ct(commit,zone=<2 zones>)"),
        ("actions=ct(nat(src=10.0.0.1))", "actions=ct(nat(src=10.0.0.2))", "actions=ct(nat(src=<2 IPs>))"),
        (
            "actions=set_field:02:00:00:00:00:01->eth_src,output:3",
            "actions=set_field:02:00:00:00:00:02->eth_src,output:3",
            "actions=set_field:<2 MACs>->eth_src,output:3",
        ),
        (
            "actions=ct(commit,exec(set_field:0x1->ct_mark)),set_field:0x1->reg5",
            "actions=ct(commit,exec(set_field:0x1->ct_mark)),set_field:0x2->reg5",
            "actions=ct(commit,exec(set_field:0x1->ct_mark)),set_field:<2 ports>->reg5",
        ),
        (
            "actions=clone(output:8,pop_vlan)",
            "actions=clone(output:9,pop_vlan)",
            "actions=clone(output:<2 ports>,pop_vlan)",
        ),
        ("actions=resubmit(1,5)", "actions=resubmit(3,5)", "actions=resubmit(<2 ports>,5)"),
    ];
    for (one, other, text) in pairs {
        assert_eq!(shown(&lines(one, other), By::Template), [format!("2 0 {text}")], "{one} and {other}");
    }
}

/// Two lines of a dump, of a match or of actions.
fn lines(one: &str, other: &str) -> String {
    let line =
        |text: &str| if text.contains("actions=") { format!(" {text}\n") } else { format!(" {text} actions=drop\n") };
    line(one) + &line(other)
}

#[test]
fn other_ways_to_fold() {
    let dump = "\
 cookie=0x1, table=60, n_packets=5, n_bytes=50, priority=100,in_port=5 actions=load:0x5->NXM_NX_REG5[],resubmit(,71)
 cookie=0x2, table=71, n_packets=1, n_bytes=10, priority=90,reg5=0x5 actions=NORMAL
 cookie=0x1, table=60, n_packets=2, n_bytes=20, priority=90,dl_vlan=5 actions=load:0x6->NXM_NX_REG5[],output:7
 cookie=0x1, table=82, n_packets=?, n_bytes=?, priority=70,tcp actions=output:6
 cookie=0x1, table=82, priority=70,conj_id=9,ip actions=NORMAL
 cookie=0x1, table=82, priority=70,udp actions=conjunction(9,1/2)
";
    assert_eq!(shown(dump, By::Cookie), ["5 - cookie = 0x1", "1 71 cookie = 0x2"]);
    assert_eq!(
        shown(dump, By::Port),
        ["2 - port = \"tap-db-1\"", "2 - port = \"tap-db-2\"", "2 82 not port"],
        "matched, else written, else output to"
    );
    assert_eq!(shown(dump, By::Conjunction), ["4 - no conjunction", "2 82 conjunction 9"]);
    let world = world_of(dump);
    let scope = world.scope();
    let fold = fold(&scope, &all(&scope), By::Cookie, &Progress::default()).unwrap();
    assert_eq!((fold.groups[0].packets, fold.groups[0].bytes), (Some(7), Some(70)));
    assert_eq!(fold.flows(&fold.groups[0]), [0, 2, 3, 4, 5]);
    assert_eq!((fold.groups[0].priority, fold.groups[1].priority), (None, Some(90)));
}

#[test]
fn folding_by_what_is_not_known_says_what_is_missing() {
    let world = world();
    let d = fold(&world.scope(), &[0], By::SecurityGroup, &Progress::default()).unwrap_err();
    assert_eq!(d.code, "missing-data");
    assert_eq!(d.message, "folding by `sg` needs the objects of Neutron or OVN that the flows were made for");
    assert_eq!(d.hint.as_deref(), Some("the flows alone can be folded by template, cookie, port, conjunction"));
}

#[test]
fn every_flow_is_in_one_group_and_sums_are_those_of_its_flows() {
    let world = world();
    let scope = world.scope();
    let rows: Vec<FlowId> = all(&scope).into_iter().filter(|id| id % 5 != 3).collect();
    for word in By::ALL.iter().filter(|word| word.needs == Data::Flows) {
        let fold = fold(&scope, &rows, word.by, &Progress::default()).unwrap();
        let mut met: Vec<FlowId> = fold.groups.iter().flat_map(|g| fold.flows(g)).copied().collect();
        met.sort_unstable();
        assert_eq!(met, rows, "{}", word.name);
        assert!(fold.groups.is_sorted_by_key(|g| Reverse(g.count())), "{}", word.name);
        for group in &fold.groups {
            let flows = || fold.flows(group).iter().map(|id| scope.bridge.flow(*id));
            assert!(group.count() > 0 && fold.flows(group).is_sorted());
            let packets: u64 = flows().filter_map(FlowRef::n_packets).sum();
            assert_eq!(group.packets.unwrap_or(0), packets);
            assert!(group.table.is_none_or(|t| flows().all(|f| f.table() == t)));
            assert!(word.by != By::Template || group.table.is_some() && group.priority.is_some());
        }
    }
}

#[test]
fn a_template_of_one_flow_prints_as_the_flow() {
    let world = world();
    let scope = world.scope();
    for id in all(&scope) {
        let fold = fold(&scope, &[id], By::Template, &Progress::default()).unwrap();
        let flow = scope.bridge.flow(id).to_flow();
        let line = flow.text(crate::model::flow::Style::NoStats, &scope.bridge.names);
        assert!(line.ends_with(&fold.text(&fold.groups[0], &scope)), "{line}");
    }
}

#[test]
fn numbers_that_no_flow_has_and_a_cancelled_fold_are_harmless() {
    let world = world();
    let scope = world.scope();
    let none = fold(&scope, &[u32::MAX, 5000], By::Template, &Progress::default()).unwrap();
    assert!(none.groups.is_empty() && !none.is_partial);
    let progress = Progress::default();
    progress.cancel();
    let cut = fold(&scope, &all(&scope), By::Template, &progress).unwrap();
    assert!(cut.groups.is_empty() && cut.is_partial);
}

#[test]
fn every_way_to_fold_is_found_by_its_name() {
    for word in By::ALL {
        assert_eq!(By::by_name(word.name), Some(word.by));
        assert_eq!(word.by.word().name, word.name);
        assert!(!word.doc.is_empty());
    }
    assert_eq!(By::by_name("SG"), Some(By::SecurityGroup));
    assert_eq!(By::by_name("colour"), None);
}

use super::*;
use crate::base::progress::Progress;
use crate::dump::flows;
use crate::field::Names;

/// A bridge of the lines of a dump.
fn bridge(text: &str) -> Bridge {
    bridge_with(text, Names::default().learning())
}

fn bridge_with(text: &str, names: Names) -> Bridge {
    let loaded = flows::load(text.as_bytes(), &"test".into(), &names, &Progress::default(), |_| {});
    assert_eq!(loaded.report.errors(), 0, "{:?}", loaded.report.kept);
    Bridge { flows: loaded.flows, names: names.into(), ..Bridge::default() }
}

fn found(a: &str, b: &str) -> Diff {
    diff(&bridge(a), &bridge(b), &Options::default())
}

#[test]
fn aspects_stand_in_the_order_of_their_numbers() {
    for (at, (aspect, name, _)) in Aspect::ALL.iter().enumerate() {
        assert_eq!((*aspect as usize, aspect.name()), (at, *name));
    }
}

#[test]
fn what_only_spelling_tells_apart_is_the_same() {
    let pairs = [
        ("ip actions=mod_dl_dst:fa:16:3e:00:00:01", "ip actions=set_field:fa:16:3e:00:00:01->eth_dst"),
        ("ip actions=mod_dl_src:fa:16:3e:00:00:01", "ip actions=load:0xfa163e000001->NXM_OF_ETH_SRC[]"),
        ("ip actions=mod_nw_src:10.0.0.1", "ip actions=set_field:10.0.0.1->ip_src"),
        ("ip actions=mod_nw_ttl:9", "ip actions=load:9->NXM_NX_IP_TTL[]"),
        ("ip actions=mod_nw_tos:184", "ip actions=set_field:46->ip_dscp"),
        ("udp actions=mod_tp_dst:53", "udp actions=set_field:53->udp_dst"),
        ("tcp actions=mod_tp_src:53", "tcp actions=load:53->NXM_OF_TCP_SRC[]"),
        ("dl_vlan=5 actions=strip_vlan,output:1", "dl_vlan=5 actions=pop_vlan,output:1"),
        ("dl_vlan=5 actions=mod_vlan_vid:7", "dl_vlan=5 actions=set_field:4103->vlan_vid"),
        (
            "vlan_tci=0/0x1000 actions=mod_vlan_vid:7",
            "vlan_tci=0/0x1000 actions=push_vlan:0x8100,set_field:4103->vlan_vid",
        ),
        ("arp actions=drop", "arp actions="),
        ("arp actions=load:1->reg0[],goto_table:5", "arp actions=set_field:1->reg0,resubmit(,5)"),
        ("arp actions=write_metadata:1/0xff,goto_table:5", "arp actions=set_field:1/0xff->metadata,goto_table:5"),
        ("arp actions=load:0xf->reg0[4..7]", "arp actions=set_field:0xf0/0xf0->reg0"),
        ("arp actions=load:1->reg0[0],load:0->reg0[3]", "arp actions=set_field:1/9->reg0"),
        ("arp actions=load:1->reg0[],load:2->reg1[]", "arp actions=load:2->reg1[],load:1->reg0[]"),
        ("arp actions=set_field:0x100000002->xreg0", "arp actions=load:1->reg0[],load:2->reg1[]"),
        ("arp actions=set_tunnel:5", "arp actions=load:5->NXM_NX_TUN_ID[]"),
        ("arp actions=dec_ttl", "arp actions=dec_ttl(0)"),
        ("arp actions=note:01.02", "arp actions=note:01.02.00.00.00.00"),
        ("arp actions=enqueue:1:2", "arp actions=set_queue:2,output:1,pop_queue"),
        ("arp actions=in_port", "arp actions=output:IN_PORT"),
        ("arp actions=all,local", "arp actions=output:ALL,output:LOCAL"),
        ("tcp,tp_dst=80 actions=drop", "eth_type=0x800,nw_proto=6,tcp_dst=80/0xffff actions=drop"),
        ("reg1=1,reg0=0x5/0xf actions=drop", "reg0=5/0xf,reg1=1 actions=drop"),
        ("dl_vlan=5 actions=drop", "vlan_tci=0x1005/0x1fff actions=drop"),
        ("nw_src=10.1.2.3/24,ip actions=drop", "ip,nw_src=10.1.2.0/255.255.255.0 actions=drop"),
        ("arp actions=clone(mod_dl_dst:fa:16:3e:00:00:01)", "arp actions=clone(load:0xfa163e000001->NXM_OF_ETH_DST[])"),
        ("ip actions=ct(commit,exec(load:1->ct_mark[]))", "ip actions=ct(commit,exec(set_field:1->ct_mark))"),
        ("arp actions=output:tap1", "arp actions=output:\"tap1\""),
    ];
    for (a, b) in pairs {
        let (there, back) = (found(a, b), found(b, a));
        assert!(there.is_same() && back.is_same() && there.same == 1, "{a} | {b}: {there:?}");
    }
}

#[test]
fn what_is_done_otherwise_differs_however_alike_it_looks() {
    let pairs = [
        ("arp actions=load:1->reg0[],load:2->reg0[]", "arp actions=load:2->reg0[],load:1->reg0[]"),
        ("arp actions=load:1->reg0[],output:1", "arp actions=output:1,load:1->reg0[]"),
        ("arp actions=load:1->reg0[0..3]", "arp actions=load:1->reg0[]"),
        ("arp actions=output:1,output:2", "arp actions=output:2,output:1"),
        ("arp actions=output:1,output:1", "arp actions=output:1"),
        ("arp actions=mod_vlan_vid:7", "arp actions=push_vlan:0x8100,set_field:4103->vlan_vid"),
        ("arp actions=resubmit(,5)", "arp actions=resubmit(1,5)"),
        ("arp actions=CONTROLLER:65535", "arp actions=CONTROLLER:128"),
        ("arp actions=note:01.02", "arp actions=note:01.03"),
        ("arp actions=clone(load:1->reg0[])", "arp actions=load:1->reg0[]"),
        ("arp actions=output:tap1", "arp actions=output:tap2"),
    ];
    for (a, b) in pairs {
        let found = found(a, b);
        assert_eq!((found.modified.len(), found.flows()), (1, 1), "{a} | {b}: {found:?}");
        assert!(found.modified[0].fields.contains(Aspect::Actions));
    }
}

#[test]
fn identity_is_table_priority_and_match() {
    let a = "table=1,priority=5,tcp actions=drop";
    for b in [
        "table=2,priority=5,tcp actions=drop",
        "table=1,priority=6,tcp actions=drop",
        "table=1,priority=5,udp actions=drop",
    ] {
        let found = found(a, b);
        assert_eq!((found.added.len(), found.removed.len(), found.modified.len()), (1, 1, 0), "{b}");
    }
}

#[test]
fn new_cookies_and_counters_are_counted_and_no_difference() {
    let line = |cookie: u32, n: u32| {
        format!(
            " cookie={cookie:#x}, duration={n}.5s, table=0, n_packets={n}, n_bytes=0, priority=1,in_port=1 actions=drop\n"
        )
    };
    let (a, b) = (line(1, 5), line(2, 6));
    let found = found(&a, &b);
    assert!(found.is_same());
    let counted = |aspect: Aspect| found.ignored[aspect as usize];
    assert_eq!([Aspect::Cookie, Aspect::Packets, Aspect::Bytes, Aspect::Duration].map(counted), [1, 1, 0, 1]);
    let strict = Options { ignore: Aspects::default(), ..Options::default() };
    let found = diff(&bridge(&a), &bridge(&b), &strict);
    let fields: Vec<_> = found.modified[0].fields.iter().map(Aspect::name).collect();
    assert_eq!(fields, ["cookie", "n_packets", "duration"]);
}

#[test]
fn the_cookies_of_learned_flows_are_cookies() {
    let line =
        |cookie: u32| format!("arp actions=learn(table=20,cookie={cookie:#x},NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[])\n");
    let found = found(&line(1), &line(2));
    assert!(found.is_same() && found.ignored[Aspect::Cookie as usize] == 1, "{found:?}");
    let strict = Options { ignore: Aspects::default(), ..Options::default() };
    let found = diff(&bridge(&line(1)), &bridge(&line(2)), &strict);
    assert_eq!(found.modified[0].fields.iter().map(Aspect::name).collect::<Vec<_>>(), ["cookie"]);
}

#[test]
fn timeouts_importance_and_flags_differ() {
    let a = "idle_timeout=5,arp actions=drop";
    let b = "hard_timeout=5,importance=3,send_flow_rem,arp actions=drop";
    let found = found(a, b);
    let fields: Vec<_> = found.modified[0].fields.iter().map(Aspect::name).collect();
    assert_eq!(fields, ["idle_timeout", "hard_timeout", "importance", "flags"]);
}

#[test]
fn a_port_is_the_same_by_name_and_by_number() {
    let mut names = Names::default();
    names.add_port(7, "tap7");
    let named = "in_port=tap7 actions=output:tap9\nin_port=tap9 actions=drop";
    let numbered = "in_port=7 actions=output:tap9\nin_port=tap9 actions=drop";
    let known = bridge_with(numbered, names.learning());
    assert!(diff(&bridge(named), &known, &Options::default()).is_same());
    // Names that neither side has a number for are met in another order.
    let other = bridge("in_port=tap9 actions=drop\nin_port=tap7 actions=output:tap9");
    assert!(diff(&bridge(named), &other, &Options::default()).is_same());
    let swapped = bridge("in_port=tap9 actions=output:tap7\nin_port=tap7 actions=drop");
    assert_eq!(diff(&bridge(named), &swapped, &Options::default()).modified.len(), 2);
}

#[test]
fn a_flow_that_stands_twice_is_the_last_one() {
    let found = found("arp actions=drop\narp actions=output:1", "arp actions=output:1");
    assert!(found.is_same(), "{found:?}");
}

#[test]
fn groups_are_the_same_by_what_they_do() {
    use crate::action::Actions;
    use crate::model::group::{Bucket, Group, GroupType};
    let actions = |text: &str| bridge(&format!("arp actions={text}")).flows.get(0).actions().clone();
    let group = |id: Option<u32>, actions: Actions| Group {
        id: 1,
        kind: GroupType::All,
        selection_method: "".into(),
        selection_method_param: 0,
        fields: Vec::new(),
        buckets: vec![Bucket { id, actions, ..Bucket::default() }],
    };
    let with = |group: Group| Bridge { groups: vec![group], ..Bridge::default() };
    let a = with(group(Some(3), actions("mod_dl_dst:fa:16:3e:00:00:01,output:1")));
    let b = with(group(None, actions("set_field:fa:16:3e:00:00:01->eth_dst,output:1")));
    let c = with(group(None, actions("output:1")));
    assert!(diff(&a, &b, &Options::default()).is_same());
    let found = diff(&a, &c, &Options::default());
    assert!(matches!(&found.groups[..], [Change { id: 1, old: Some(_), new: Some(_) }]), "{found:?}");
    assert!(diff(&a, &c, &Options { groups: false, ..Options::default() }).is_same());
    let gone = diff(&a, &Bridge::default(), &Options::default());
    assert!(matches!(&gone.groups[..], [Change { id: 1, old: Some(_), new: None }]));
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn dump(&mut self) -> String {
        const MATCHES: [&str; 8] =
            ["arp", "tcp,tp_dst=80", "ip,nw_src=10.0.0.0/8", "in_port=1", "in_port=tap2", "dl_vlan=5", "reg0=1/3", ""];
        const ACTIONS: [&str; 6] = [
            "drop",
            "output:1",
            "mod_dl_dst:fa:16:3e:00:00:01",
            "load:0xfa163e000001->NXM_OF_ETH_DST[]",
            "resubmit(,7)",
            "goto_table:9",
        ];
        let mut text = String::new();
        for _ in 0..self.roll(30) {
            let (matching, actions) = (MATCHES[self.roll(8) as usize], ACTIONS[self.roll(6) as usize]);
            let (table, priority, cookie) = (self.roll(3), self.roll(3), self.roll(2));
            text += &format!(
                "table={table},priority={priority},cookie={cookie},idle_timeout={},{matching} actions={actions}\n",
                self.roll(2)
            );
        }
        text
    }
}

#[test]
fn what_a_difference_says_makes_one_bridge_of_the_other() {
    let mut dice = Dice(7);
    let strict = Options { ignore: Aspects::default(), ..Options::default() };
    let mut changed = 0;
    for round in 0..400 {
        let names = || Names::default().learning();
        let (text_a, text_b) = (dice.dump(), dice.dump());
        let (a, b) = (bridge_with(&text_a, names()), bridge_with(&text_b, names()));
        let options = if round % 2 == 0 { strict } else { Options::default() };
        let found = diff(&a, &b, &options);
        changed += found.flows();
        // There is one name only, so whoever has met it knows it by the same number.
        let names = if a.names.learned().is_empty() { &b.names } else { &a.names };
        let made = Bridge { names: names.clone(), ..Bridge::default() }.with(&apply(&a, &found, &b));
        assert!(diff(&made, &b, &options).is_same(), "{text_a}\n{text_b}");
        // And without any of the machinery above: the identities are those of the other side.
        let identities = |bridge: &Bridge| -> std::collections::BTreeSet<_> {
            bridge.flows.iter().map(|(_, f)| (f.table(), f.priority(), f.matches())).collect()
        };
        assert_eq!(identities(&made), identities(&b));
        // What is found the other way around is the same, turned around.
        let back = diff(&b, &a, &options);
        assert_eq!((found.added, found.removed), (back.removed, back.added));
        assert_eq!(found.modified.len(), back.modified.len());
        assert!(diff(&a, &a, &strict).is_same());
    }
    assert!(changed > 1000, "the dice show too little");
}

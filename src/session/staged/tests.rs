use super::*;
use crate::base::progress::Progress;
use crate::dump::flows;
use crate::model::flow::{Flow, Style};
use crate::session::{NodeScene, Source, open};

const FLOWS: &str = "\
 cookie=0x1, table=0, n_packets=5, n_bytes=0, priority=100,in_port=1 actions=resubmit(,5)\n\
 cookie=0x1, table=5, n_packets=5, n_bytes=0, priority=7,tcp actions=output:2\n\
 cookie=0x1, table=5, n_packets=0, n_bytes=0, priority=0 actions=drop\n";

fn bridge(text: &str) -> Bridge {
    let names = Names::default();
    let loaded = flows::load(text.as_bytes(), &"f".into(), &names, &Progress::default(), |_| {});
    Bridge { name: "br-int".into(), flows: loaded.flows, is_dumped: true, ..Bridge::default() }
}

fn lines(bridge: &Bridge) -> Vec<String> {
    let text = |flow: &Flow| flow.text(Style::NoStats, Names::none()).trim().to_owned();
    let mut lines: Vec<String> =
        bridge.flows.iter().map(|(_, f)| text(&Flow { cookie: 0, stats: None, ..f.to_flow() })).collect();
    lines.sort();
    lines
}

fn staged(base: &Bridge, text: &str) -> Set {
    let mut set = Set::default();
    set.read(base, text).expect("the lines are right");
    set
}

fn after(set: &Set, base: &Bridge) -> Vec<String> {
    set.result().map_or_else(|| lines(base), |bridge| lines(bridge))
}

#[test]
fn a_set_shows_the_bridge_as_it_would_be_and_leaves_it_as_it_is() {
    let base = bridge(FLOWS);
    let set = staged(&base, "table=5,priority=9,udp,actions=output:3\ndelete_strict table=5,priority=0\n");
    assert_eq!(
        after(&set, &base),
        [
            "priority=100,in_port=1 actions=resubmit(,5)",
            "table=5, priority=7,tcp actions=output:2",
            "table=5, priority=9,udp actions=output:3"
        ]
    );
    assert_eq!(lines(&base).len(), 3);
    let touched: Vec<bool> = base.flows.iter().map(|(_, flow)| set.touches(FlowHash::of(flow))).collect();
    assert_eq!(touched, [false, false, true]);
    assert_eq!(set.counts(), Counts { added: 1, deleted: 1, ..Counts::default() });
    assert_eq!(set.change().apply(&base).map(|b| lines(&b)), Ok(after(&set, &base)));
}

#[test]
fn every_step_can_be_taken_back_and_made_again() {
    let base = bridge(FLOWS);
    let mut set = Set::default();
    let mut seen = vec![after(&set, &base)];
    for line in ["delete table=5,tcp", "table=5,priority=1,arp,actions=NORMAL", "modify table=5,actions=output:9"] {
        set.read(&base, line).unwrap();
        seen.push(after(&set, &base));
    }
    assert!(set.swap(&base, 0) && !set.swap(&base, 2));
    seen.push(after(&set, &base));
    set.take_off(&base, 1);
    seen.push(after(&set, &base));
    set.clear(&base);
    seen.push(after(&set, &base));
    for wanted in seen.iter().rev().skip(1) {
        assert!(set.undo(&base));
        assert_eq!(after(&set, &base), *wanted);
    }
    assert!(!set.undo(&base) && set.is_empty());
    for wanted in &seen[1..] {
        assert!(set.redo(&base));
        assert_eq!(after(&set, &base), *wanted);
    }
    assert!(!set.redo(&base));
}

#[test]
fn what_is_saved_is_read_back_as_the_same_change() {
    let base = bridge(FLOWS);
    let set = staged(
        &base,
        "table=5,priority=9,udp,actions=output:3\nmodify_strict table=5,priority=7,tcp,actions=drop\n\
         delete table=0,in_port=1\n",
    );
    let again = staged(&base, &set.text(Names::none()));
    assert_eq!(after(&again, &base), after(&set, &base));
    assert_eq!(again.len(), 3);
}

#[test]
fn a_file_with_a_wrong_line_stages_nothing() {
    let base = bridge(FLOWS);
    let mut set = Set::default();
    let wrong = set.read(&base, "table=5,actions=drop\ntabel=5,actions=drop\nactions=outptu:1\n").unwrap_err();
    assert_eq!((wrong.len(), set.len(), set.undo(&base)), (2, 0, false));
}

#[test]
fn a_flow_that_is_gone_is_a_conflict_and_its_neighbour_is_left_alone() {
    let base = bridge(FLOWS);
    let mut set = staged(&base, "table=5,priority=9,udp,actions=output:3\ndelete table=5,tcp\n");
    // The switch has lost the flow, and got another one that the same request would delete.
    let newer = bridge(&FLOWS.replace("priority=7,tcp actions=output:2", "priority=8,tcp,tp_dst=22 actions=output:4"));
    set.rebase(&newer);
    assert!(matches!(set.entries()[1].fate, Fate::Conflict(Conflict::Flow { now: None, .. }, _)), "{set:?}");
    assert_eq!(set.counts(), Counts { added: 1, conflicts: 1, ..Counts::default() });
    let text = after(&set, &newer);
    assert!(text.iter().any(|l| l.contains("tp_dst=22")) && text.iter().any(|l| l.contains("udp")), "{text:?}");
    // What is staged besides does not wake it up, and when the flow is back it fits again.
    set.read(&newer, "table=5,priority=3,icmp,actions=drop").unwrap();
    assert_eq!(set.counts().conflicts, 1);
    set.rebase(&base);
    assert_eq!(set.counts(), Counts { added: 2, deleted: 1, ..Counts::default() });
}

#[test]
fn counters_make_no_conflict() {
    let base = bridge(FLOWS);
    let mut set = staged(&base, "delete_strict table=5,priority=7,tcp\n");
    set.rebase(&bridge(&FLOWS.replace("n_packets=5", "n_packets=500")));
    assert_eq!(set.counts(), Counts { deleted: 1, ..Counts::default() });
}

#[test]
fn what_a_switch_would_refuse_stays_in_the_list_and_says_why() {
    let base = bridge(FLOWS);
    let set = staged(&base, "table=5,priority=9,udp,actions=group:7\ntable=5,priority=1,actions=output:3\n");
    let Fate::Refused(refusal) = &set.entries()[0].fate else { panic!("{set:?}") };
    assert_eq!(refusal.error.name(), "OFPBAC_BAD_OUT_GROUP");
    assert_eq!(set.counts(), Counts { added: 1, refused: 1, ..Counts::default() });
}

#[test]
fn a_scene_shows_only_the_changed_bridge_otherwise() {
    let source = Source::named("demo:vxlan-two-hosts");
    let scene = Scene::new(open(&source, true, &Progress::default(), &mut |_| {}).unwrap());
    scene.warm();
    let node = scene.nodes()[0].node().clone();
    let mut staged = Staged::default();
    let base = node.bridge("br-int").unwrap();
    let count = base.flows.len();
    let set = staged.of_mut(&node.name, &base.name);
    set.read(base, "table=60,priority=1,udp,actions=drop").unwrap();
    let then = staged.as_it_would_be(&scene);
    let bridges = |scene: &Scene| -> Vec<usize> {
        scene.nodes().iter().flat_map(NodeScene::bridges).map(|b| b.bridge().flows.len()).collect()
    };
    let (before, after) = (bridges(&scene), bridges(&then));
    let differ: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).collect();
    assert_eq!(differ, [(&count, &(count + 1))]);
    let at = scene.nodes()[0].bridges().iter().position(|b| b.bridge().name == base.name).unwrap();
    assert_eq!(then.nodes()[0].naming(at), scene.nodes()[0].naming(at));
    assert_eq!(then.snapshot().revision, scene.snapshot().revision);
}

#[test]
fn lines_are_read_in_the_version_of_their_bridge_if_it_can_carry_them() {
    let base = bridge(FLOWS);
    // OpenFlow 1.5 would write the first action otherwise.
    let set = staged(&base, "table=5,priority=1,actions=load:0x5->NXM_NX_REG5[],output:2\n");
    assert!(set.text(Names::none()).contains("load:0x5->NXM_NX_REG5[]"), "{}", set.text(Names::none()));
    let newer = Bridge { version: Some(Version::V15), ..base.clone() };
    assert_eq!((version(&base), version(&newer)), (Version::V13, Version::V15));
}

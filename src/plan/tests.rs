use super::*;
use crate::base::progress::Progress;
use crate::dump::{change_file, flow_file, input::Input};
use crate::field::{Names, Version};
use crate::model::bridge::Bridge;
use crate::model::change::ChangeSet;
use crate::model::naming::Naming;

fn bridge(flows: &str) -> Bridge {
    let input = Input::new(std::io::Cursor::new(flows.as_bytes().to_vec())).unwrap();
    let loaded = flow_file::load(input, &"f".into(), Names::none(), &Progress::default(), |_| {});
    Bridge { name: "br0".into(), flows: loaded.flows, ..Bridge::default() }
}

fn told(flows: &str, file: &str, system: &str) -> Vec<(usize, &'static str, String)> {
    let before = bridge(flows);
    let requests = change_file::read(file, Names::none(), Version::V13).unwrap();
    let change = ChangeSet::plan(&before, requests.into_iter().map(|(_, request)| request)).unwrap();
    let after = change.apply(&before).unwrap();
    let naming = Naming { system: system.into(), ..Naming::default() };
    let found = warnings(View { before: &before, after: &after, naming: &naming }, &change);
    found.into_iter().map(|w| (w.edit, w.kind.name(), w.sentence)).collect()
}

fn kinds(flows: &str, file: &str) -> Vec<(usize, &'static str)> {
    told(flows, file, "").into_iter().map(|(edit, kind, _)| (edit, kind)).collect()
}

#[test]
fn a_flow_is_looked_at_with_its_neighbours() {
    let flows = "priority=9,in_port=1,actions=output:2\npriority=5,ip,actions=output:3\npriority=0,actions=drop\n";
    assert_eq!(kinds(flows, "add priority=9,ip,actions=drop"), [(0, "overlap"), (0, "shadows")]);
    assert_eq!(kinds(flows, "add priority=7,in_port=1,ip,actions=drop"), [(0, "shadowed")]);
    assert_eq!(kinds(flows, "add priority=9,in_port=2,actions=output:2"), []);
    assert_eq!(kinds(flows, "add priority=9,in_port=1,tcp,actions=output:2"), [], "it does the same");
    assert_eq!(kinds(flows, "add priority=9,in_port=1,actions=drop\nadd priority=9,in_port=1,actions=output:2"), []);
}

#[test]
fn packets_that_were_dropped_and_packets_that_match_nothing_are_told() {
    let flows = "priority=9,tcp,actions=drop\npriority=5,ip,actions=output:3\ntable=1,actions=output:1\n";
    assert_eq!(kinds(flows, "delete_strict priority=9,tcp"), [(0, "opens")]);
    assert_eq!(kinds(flows, "modify_strict priority=9,tcp,actions=output:1"), [(0, "opens")]);
    assert_eq!(kinds(flows, "delete table=1"), [(0, "miss")]);
    assert_eq!(kinds(flows, "delete_strict table=1,priority=8"), [(0, "nothing")]);
    assert_eq!(kinds("priority=9,tcp,actions=output:1\nactions=drop", "delete_strict priority=9,tcp"), []);
}

#[test]
fn what_goes_along_with_a_group_is_told() {
    let flows = "priority=9,tcp,actions=output:1\n";
    let file = "group add group_id=1,type=all,bucket=actions=output:1\nflow add actions=group:1\ngroup delete";
    assert_eq!(kinds(flows, file), [(2, "goes-along")]);
}

#[test]
fn a_bundle_that_looks_for_its_own_flows_is_told() {
    let file = "add priority=3,tcp,actions=output:1\ndelete ip\nadd priority=3,ip,actions=drop";
    assert_eq!(kinds("priority=0,actions=output:1\n", file), [(1, "bundle")]);
}

#[test]
fn who_writes_the_flows_will_put_them_back() {
    let flows = "cookie=0x7,priority=9,tcp,actions=output:1\npriority=0,actions=drop";
    let told = told(flows, "delete_strict priority=9,tcp\nadd priority=3,udp,actions=output:1", "neutron agent");
    let sentences: Vec<&str> = told.iter().map(|(_, _, sentence)| &**sentence).collect();
    assert_eq!(
        sentences,
        [
            "the neutron agent owns this flow (cookie 0x7) and will put it back when it writes it anew",
            "the neutron agent writes the flows here, and may take away a flow with a cookie that is not its own",
            "this takes all packets of 1 flow below that does something else",
        ][..2],
        "{told:?}"
    );
}

#[test]
fn what_was_not_looked_at_is_told() {
    let file = |n: u32| (0..n).map(|n| format!("add priority=5,reg0={n},actions=drop\n")).collect::<String>();
    assert_eq!(kinds("", &file(500)), []);
    let found = told("", &file(502), "");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0, found[0].1), (500, "partial"));
    assert!(found[0].2.ends_with("at the first 500 of 502 flows"), "{}", found[0].2);
}

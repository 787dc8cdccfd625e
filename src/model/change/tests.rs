use super::*;
use crate::field::Match;
use crate::field::table::{IN_PORT, METADATA};
use crate::model::flow_mod::{Command, CookieFilter};
use crate::model::refusal::Error;

fn flow(table: u8, priority: u32, port: Option<u64>, cookie: u64) -> Flow {
    let mut matches = Match::any();
    if let Some(port) = port {
        matches.set_exact(IN_PORT.slot, port);
    }
    Flow { table, priority, matches, cookie, ..Flow::default() }
}

fn bridge(flows: Vec<Flow>) -> Bridge {
    let requests = flows.into_iter().map(|flow| FlowMod::add(flow, Version::V13).into());
    let empty = Bridge::default();
    ChangeSet::plan(&empty, requests).unwrap().apply(&empty).unwrap()
}

fn flows(bridge: &Bridge) -> Vec<Flow> {
    let mut flows: Vec<Flow> = bridge.flows.iter().map(|(_, flow)| flow.to_flow()).collect();
    flows.sort_by_key(Flow::key);
    flows
}

fn asked(command: Command, flow: Flow) -> FlowMod {
    FlowMod { command, table: Some(flow.table), flow, ..FlowMod::default() }
}

#[test]
fn a_change_and_its_way_back_leave_what_was_there() {
    let before = bridge(vec![flow(0, 5, Some(1), 7), flow(0, 5, Some(2), 7), flow(1, 9, None, 8)]);
    let change = ChangeSet::plan(
        &before,
        [
            asked(Command::Delete, flow(0, 0, Some(1), 0)).into(),
            FlowMod::add(flow(0, 5, Some(2), 9), Version::V13).into(),
            FlowMod::add(flow(2, 5, Some(2), 9), Version::V13).into(),
        ],
    )
    .unwrap();
    let after = change.apply(&before).unwrap();
    assert_eq!(flows(&after), [flow(0, 5, Some(2), 9), flow(1, 9, None, 8), flow(2, 5, Some(2), 9)]);
    assert_eq!(after.revision(), Revision::of(&after));
    let back = change.invert().apply(&after).unwrap();
    assert_eq!(flows(&back), flows(&before));
    assert_eq!(Revision::of(&back), before.revision());
    assert_eq!(change.apply(&after).unwrap_err(), [Conflict::OtherBase]);
}

#[test]
fn strict_means_this_flow_and_loose_every_flow_it_covers() {
    let before =
        bridge(vec![flow(0, 5, Some(1), 7), flow(0, 6, Some(1), 8), flow(0, 5, None, 7), flow(3, 5, Some(1), 7)]);
    let left = |asked: FlowMod| {
        let change = ChangeSet::plan(&before, [asked.into()]).unwrap();
        flows(&change.apply(&before).unwrap()).len()
    };
    assert_eq!(left(asked(Command::Delete, flow(0, 0, Some(1), 0))), 2);
    assert_eq!(left(asked(Command::DeleteStrict, flow(0, 5, Some(1), 0))), 3);
    assert_eq!(left(asked(Command::Delete, flow(0, 0, None, 0))), 1);
    assert_eq!(left(FlowMod { table: None, ..asked(Command::Delete, flow(0, 0, None, 0)) }), 0);
    let cookie = CookieFilter { value: 8, mask: u64::MAX };
    assert_eq!(left(FlowMod { cookie, table: None, ..asked(Command::Delete, flow(0, 0, None, 0)) }), 3);
}

#[test]
fn modifying_nothing_adds_the_flow_in_the_first_versions_only() {
    let empty = Bridge::default();
    for version in Version::ALL {
        let asked = FlowMod { version, ..asked(Command::Modify, flow(0, 5, Some(1), 7)) };
        let change = ChangeSet::plan(&empty, [asked.into()]).unwrap();
        assert_eq!(change.flows().len(), usize::from(version <= Version::V11), "{version}");
    }
}

#[test]
fn what_a_switch_refuses_is_told_and_nothing_is_done() {
    let before = bridge(vec![flow(0, 5, Some(1), 7)]);
    let mut overlapping = flow(0, 5, None, 0);
    overlapping.matches.set_exact(METADATA.slot, 3);
    overlapping.flags = crate::model::Flags::CHECK_OVERLAP;
    let refused = ChangeSet::plan(
        &before,
        [
            FlowMod::add(flow(0, 1, None, 0), Version::V13).into(),
            FlowMod::add(overlapping, Version::V13).into(),
            FlowMod::add(flow(254, 1, None, 0), Version::V13).into(),
            Request::Group(GroupMod::RemoveBuckets { group: 7, place: 0 }),
        ],
    );
    let errors: Vec<_> = refused.unwrap_err().iter().map(|r| (r.index, r.error)).collect();
    assert_eq!(errors, [(1, Error::Overlap), (2, Error::NotPermitted), (3, Error::UnknownGroup)]);
}

#[test]
fn an_edit_on_a_flow_that_is_gone_is_a_conflict_and_the_others_move() {
    let before = bridge(vec![flow(0, 5, Some(1), 7), flow(0, 5, Some(2), 7)]);
    let change = ChangeSet::plan(
        &before,
        [
            asked(Command::DeleteStrict, flow(0, 5, Some(1), 0)).into(),
            asked(Command::DeleteStrict, flow(0, 5, Some(2), 0)).into(),
        ],
    )
    .unwrap();
    let newer = bridge(vec![flow(0, 6, Some(1), 7), flow(0, 5, Some(2), 7), flow(0, 5, Some(3), 7)]);
    let (moved, conflicts) = change.rebase(&newer);
    assert!(matches!(&conflicts[..], [Conflict::Flow { edit: 0, now: None, .. }]), "{conflicts:?}");
    assert_eq!(flows(&moved.apply(&newer).unwrap()), [flow(0, 5, Some(3), 7), flow(0, 6, Some(1), 7)]);
}

#[test]
fn undo_and_redo_go_all_the_way() {
    let mut history = History::default();
    let mut states = vec![bridge(vec![flow(0, 5, Some(1), 7)])];
    for n in 0..20 {
        let last = states.last().unwrap();
        let change = ChangeSet::plan(last, [FlowMod::add(flow(1, n, None, 0), Version::V13).into()]).unwrap();
        states.push(history.make(last, change).unwrap());
    }
    let mut now = states.last().unwrap().clone();
    for state in states.iter().rev().skip(1) {
        now = history.undo(&now).unwrap().unwrap();
        assert_eq!(flows(&now), flows(state));
    }
    assert!(history.undo(&now).is_none());
    for state in &states[1..] {
        now = history.redo(&now).unwrap().unwrap();
        assert_eq!(flows(&now), flows(state));
    }
    assert!(history.redo(&now).is_none());
}

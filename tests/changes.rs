//! Laws of changes, on random sequences of requests: the way back leads back, the text form means the same, changes can
//! be put together and moved, and one that was made for other flows is refused.

use std::collections::BTreeMap;

use ofscope::action::{Walk, carry};
use ofscope::dump::change_file;
use ofscope::field::{Match, Names, Version};
use ofscope::model::Flow;
use ofscope::model::bridge::Bridge;
use ofscope::model::change::{ChangeSet, Conflict, History, Replaced, Request};
use ofscope::model::flow::FlowKey;
use ofscope::model::group::Group;
use ofscope::model::meter::Meter;

use crate::live::random::Random;
use crate::live::requests;

/// How many sequences each law is tried on.
const SEQUENCES: u64 = 100;

/// A bridge and requests to it.
struct Case {
    seed: u64,
    base: Bridge,
    requests: Vec<Request>,
}

/// Random bridges, each with requests that meet what is there.
fn cases() -> impl Iterator<Item = Case> {
    (1..=SEQUENCES).map(|seed| {
        let mut r = Random::new(seed.wrapping_mul(7919));
        let mut asked = requests::sequence(&mut r);
        asked.extend(requests::sequence(&mut r));
        let mut all: Vec<Request> = asked.into_iter().map(|one| one.request).collect();
        let requests = all.split_off(all.len() / 2);
        let empty = Bridge::default();
        let base = ChangeSet::plan_each(&empty, all).0.apply(&empty).unwrap();
        Case { seed, base, requests }
    })
}

/// What a bridge has, whatever its order.
#[derive(Debug, PartialEq)]
struct State {
    flows: BTreeMap<FlowKey, Flow>,
    groups: BTreeMap<u32, Group>,
    meters: BTreeMap<u32, Meter>,
}

fn state(bridge: &Bridge) -> State {
    let flows: BTreeMap<FlowKey, Flow> = bridge.flows.iter().map(|(_, row)| (row.key(), row.to_flow())).collect();
    assert_eq!(flows.len(), bridge.flows.len(), "a flow stands twice");
    State {
        flows,
        groups: bridge.groups.iter().map(|group| (group.id, group.clone())).collect(),
        meters: bridge.meters.iter().map(|meter| (meter.id, meter.clone())).collect(),
    }
}

#[test]
fn a_change_and_its_way_back_leave_what_was_there() {
    let mut changed = 0;
    for Case { seed, base, requests } in cases() {
        let (change, _) = ChangeSet::plan_each(&base, requests);
        let after = change.apply(&base).unwrap();
        assert_eq!(after.revision(), change.result(), "seed {seed}");
        assert_eq!(after.clone().revision(), after.revision(), "seed {seed}: counted one by one and as a whole");
        let back = change.invert().apply(&after).unwrap();
        assert_eq!(state(&back), state(&base), "seed {seed}");
        assert_eq!(back.revision(), base.revision(), "seed {seed}");
        assert_eq!(change.invert().invert().apply(&base).map(|b| state(&b)), Ok(state(&after)), "seed {seed}");
        changed += usize::from(!change.is_empty());
    }
    assert!(changed as u64 > SEQUENCES / 2);
}

#[test]
fn a_change_is_refused_by_a_bridge_that_it_was_not_made_for() {
    for Case { seed, base, requests } in cases() {
        let (change, _) = ChangeSet::plan_each(&base, requests);
        let after = change.apply(&base).unwrap();
        if after.revision() != base.revision() {
            assert_eq!(change.apply(&after).map(|b| state(&b)), Err(vec![Conflict::OtherBase]), "seed {seed}");
            assert_eq!(change.compose(&change), Err(Conflict::OtherBase), "seed {seed}");
        }
    }
}

#[test]
fn two_changes_put_together_do_what_one_does_after_the_other() {
    for Case { seed, base, mut requests } in cases() {
        let rest = requests.split_off(requests.len() / 2);
        let (first, _) = ChangeSet::plan_each(&base, requests);
        let between = first.apply(&base).unwrap();
        let (second, _) = ChangeSet::plan_each(&between, rest);
        let after = second.apply(&between).unwrap();
        let both = first.compose(&second).unwrap();
        assert_eq!(state(&both.apply(&base).unwrap()), state(&after), "seed {seed}");
    }
}

#[test]
fn requests_that_are_written_and_read_again_do_the_same() {
    for Case { seed, base, requests } in cases() {
        // A file is sent in one version.
        let requests: Vec<Request> = requests.into_iter().map(in_one_version).collect();
        let text = change_file::write(&requests, Names::none());
        let read = change_file::read(&text, Names::none(), Version::V15).unwrap_or_else(|e| panic!("{e:?} of\n{text}"));
        assert_eq!(read.len(), requests.len(), "seed {seed}");
        let read: Vec<Request> = read.into_iter().map(|(_, request)| request).collect();
        let (ours, refused) = ChangeSet::plan_each(&base, requests);
        let (theirs, refused_again) = ChangeSet::plan_each(&base, read);
        assert_eq!(refused, refused_again, "seed {seed}:\n{text}");
        let ours = state(&ours.apply(&base).unwrap());
        assert_eq!(state(&theirs.apply(&base).unwrap()), ours, "seed {seed}:\n{text}");
    }
}

/// The same request in the words of OpenFlow 1.5.
fn in_one_version(request: Request) -> Request {
    match request {
        Request::Flow(mut asked) => {
            let walk = Walk::new(&asked.flow.matches, asked.flow.table);
            asked.flow.actions = carry(&asked.flow.actions, Version::V15, &walk).unwrap();
            asked.version = Version::V15;
            Request::Flow(asked)
        }
        Request::Group(asked) => {
            let text = change_file::write([&Request::Group(asked)], Names::none());
            let read = change_file::read(&text, Names::none(), Version::V15).unwrap();
            read.into_iter().next().unwrap().1
        }
        meter => meter,
    }
}

#[test]
fn the_difference_of_two_bridges_as_requests_makes_one_of_the_other() {
    for Case { seed, base, requests } in cases() {
        let (change, _) = ChangeSet::plan_each(&base, requests);
        let wanted = normal(state(&change.apply(&base).unwrap()));
        let have = normal(state(&base));
        let mut asked: Vec<Request> = Vec::new();
        for id in have.groups.keys().chain(wanted.groups.keys()).collect::<std::collections::BTreeSet<_>>() {
            let one = Replaced { before: have.groups.get(id).cloned(), after: wanted.groups.get(id).cloned() };
            asked.extend(one.request().map(Request::from).filter(|_| one.after.is_some()));
        }
        for id in have.meters.keys().chain(wanted.meters.keys()).collect::<std::collections::BTreeSet<_>>() {
            let one = Replaced { before: have.meters.get(id).cloned(), after: wanted.meters.get(id).cloned() };
            asked.extend(one.request().map(Request::from).filter(|_| one.after.is_some()));
        }
        for key in have.flows.keys().chain(wanted.flows.keys()).collect::<std::collections::BTreeSet<_>>() {
            let one = Replaced { before: have.flows.get(key).cloned(), after: wanted.flows.get(key).cloned() };
            asked.extend(one.steps().iter().filter_map(|step| step.request(Version::V15)).map(Request::from));
        }
        // What flows use goes after them.
        for (id, group) in have.groups.iter().filter(|(id, _)| !wanted.groups.contains_key(id)) {
            asked.extend(Replaced::deleted(group.clone()).request().map(Request::from));
            assert_eq!(*id, group.id);
        }
        for meter in have.meters.iter().filter(|(id, _)| !wanted.meters.contains_key(id)).map(|(_, meter)| meter) {
            asked.extend(Replaced::deleted(meter.clone()).request().map(Request::from));
        }
        let text = change_file::write(&asked, Names::none());
        let read = change_file::read(&text, Names::none(), Version::V15).unwrap_or_else(|e| panic!("{e:?} of\n{text}"));
        let change = ChangeSet::plan(&base, read.into_iter().map(|(_, request)| request)).unwrap();
        assert_eq!(normal(state(&change.apply(&base).unwrap())), wanted, "seed {seed}:\n{text}");
    }
}

/// In the words of OpenFlow 1.5, without the flag that says how a flow was added.
fn normal(mut state: State) -> State {
    for flow in state.flows.values_mut() {
        flow.flags = flow.flags.without(ofscope::model::Flags::CHECK_OVERLAP);
        flow.actions = carry(&flow.actions, Version::V15, &Walk::new(&flow.matches, flow.table)).unwrap();
    }
    for bucket in state.groups.values_mut().flat_map(|group| &mut group.buckets) {
        bucket.actions = carry(&bucket.actions, Version::V15, &Walk::new(&Match::any(), 255)).unwrap();
    }
    state
}

#[test]
fn a_change_moves_to_a_newer_bridge_as_far_as_its_flows_are_there() {
    let (mut moved, mut stayed) = (0, 0);
    for Case { seed, base, mut requests } in cases() {
        let others = requests.split_off(requests.len() / 3);
        let (change, _) = ChangeSet::plan_each(&base, requests);
        let (meanwhile, _) = ChangeSet::plan_each(&base, others);
        let newer = meanwhile.apply(&base).unwrap();
        let (rebased, conflicts) = change.rebase(&newer);
        let after = rebased.apply(&newer).unwrap();
        moved += rebased.edits.len();
        stayed += conflicts.len();
        // Nothing but the flows of the change is another one.
        let touched: Vec<FlowKey> =
            change.edits.iter().flat_map(|edit| &edit.flows).filter_map(|r| Some(r.either()?.key())).collect();
        let untouched = |bridge: &Bridge| -> BTreeMap<FlowKey, Flow> {
            state(bridge).flows.into_iter().filter(|(key, _)| !touched.contains(key)).collect()
        };
        assert_eq!(untouched(&after), untouched(&newer), "seed {seed}");
        // On the bridge that it was made for everything moves.
        let (same, none) = change.rebase(&base);
        assert!(none.is_empty() && same == change, "seed {seed}: {none:?}");
        for conflict in &conflicts {
            if let Conflict::Flow { flow, now, .. } = conflict {
                assert_ne!(now.as_deref(), Some(&**flow), "seed {seed}");
            }
        }
    }
    assert!(moved > 50 && stayed > 20, "{moved} moved, {stayed} did not");
}

#[test]
fn undo_and_redo_lead_through_every_state() {
    for Case { seed, base, requests } in cases().take(50) {
        let mut history = History::default();
        let mut states = vec![base];
        for request in requests {
            let last = states.last().unwrap();
            let (change, _) = ChangeSet::plan_each(last, [request]);
            states.push(history.make(last, change).unwrap());
        }
        let mut now = states.last().unwrap().clone();
        for before in states.iter().rev().skip(1) {
            now = history.undo(&now).unwrap().unwrap();
            assert_eq!(state(&now), state(before), "seed {seed}");
        }
        for after in &states[1..] {
            now = history.redo(&now).unwrap().unwrap();
            assert_eq!(state(&now), state(after), "seed {seed}");
        }
        assert!(history.redo(&now).is_none());
    }
}

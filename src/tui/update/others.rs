//! Groups and meters: chosen from a list, changed and deleted like flows.

use rustc_hash::FxHashMap;

use super::super::layer::{Choice, Entry, Layer, Menu};
use super::super::msg::Effect;
use super::super::staged::Purpose;
use super::super::state::State;
use super::super::views::Spot;
use super::nav::{self, Place};
use super::{edit, staged};
use crate::action::Action;
use crate::base::paint::{Role, Target};
use crate::base::words::counted;
use crate::dump::change_file;
use crate::model::bridge::Bridge;
use crate::model::change::Request;
use crate::model::group::Group;
use crate::model::group_mod::GroupMod;
use crate::model::meter_mod::MeterMod;

/// So many groups and meters are listed.
const LISTED: usize = 2000;

/// The bridge with what is staged for it.
fn bridge<'a>(state: &'a State, spot: &Spot) -> Option<&'a Bridge> {
    let then = state.staged.of(&spot.node, &spot.bridge).and_then(|set| set.result());
    then.map(|bridge| &**bridge).or_else(|| spot.bridge(state.base()).map(|bridge| &**bridge))
}

/// `E` and `D`: a list of the groups and meters of the bridge; the cursor is on the one that the flow here uses.
pub fn choose(state: &mut State, is_deletion: bool) {
    let Some(spot) = staged::spot(state) else { return state.say(Role::Warn, "there is no bridge here") };
    let Some(bridge) = bridge(state, &spot) else {
        return state.say(Role::Warn, "this bridge is not in what was read");
    };
    if bridge.groups.is_empty() && bridge.meters.is_empty() {
        let text = format!("{} has no groups and no meters; a and then group add or meter add stages one", spot.bridge);
        return state.say(Role::Warn, text);
    }
    let users = users(bridge);
    let groups = bridge.groups.iter().map(|group| {
        let text = format!("group {:<5} {:<8} {}", group.id, group.kind.name(), counted(group.buckets.len(), "bucket"));
        (Target::Group(group.id), text)
    });
    let meters = bridge.meters.iter().map(|meter| {
        let line = crate::dump::meters::line(meter);
        let what = line.split_once(',').map_or("", |(_, rest)| rest);
        (Target::Meter(meter.id), format!("meter {:<5} {what}", meter.id))
    });
    let entry = |(target, text): (Target, String)| {
        let choice = if is_deletion { Choice::Delete(target) } else { Choice::Change(target) };
        let note = match users.get(&target) {
            Some(n) => format!("{} {} it", counted(*n, "flow"), if *n == 1 { "uses" } else { "use" }),
            None => "no flow uses it".to_owned(),
        };
        Entry::new(None, text, choice).note(note)
    };
    let entries: Vec<Entry> = groups.chain(meters).take(LISTED).map(entry).collect();
    let verb = if is_deletion { "Delete a group or meter of" } else { "Change a group or meter of" };
    let mut menu = Menu::new(format!("{verb} {}", spot.bridge), entries);
    let here = used_here(state);
    let is_here = |entry: &Entry| match entry.choice {
        Choice::Change(target) | Choice::Delete(target) => here.contains(&target),
        _ => false,
    };
    menu.cursor.at = menu.entries.iter().position(is_here).unwrap_or(0);
    state.layers.push(Layer::Menu(menu));
}

/// How many flows use each group and meter.
fn users(bridge: &Bridge) -> FxHashMap<Target, usize> {
    let mut users = FxHashMap::default();
    for (_, flow) in bridge.flows.iter() {
        let mut seen = Vec::new();
        flow.actions().each(&mut |action| {
            let target = match action {
                Action::Group(a) => Target::Group(a.0),
                Action::Meter(a) => Target::Meter(a.0),
                _ => return,
            };
            if !seen.contains(&target) {
                seen.push(target);
            }
        });
        seen.into_iter().for_each(|target| *users.entry(target).or_default() += 1);
    }
    users
}

/// The groups and meters that the flow under the cursor uses.
fn used_here(state: &State) -> Vec<Target> {
    let mut used = Vec::new();
    let Some((spot, flows)) = staged::flows_here(state) else { return used };
    let Some(bridge) = spot.bridge(&state.scene) else { return used };
    for id in flows.into_iter().filter(|id| (*id as usize) < bridge.flows.len()) {
        bridge.flow(id).actions().each(&mut |action| match action {
            Action::Group(a) => used.push(Target::Group(a.0)),
            Action::Meter(a) => used.push(Target::Meter(a.0)),
            _ => {}
        });
    }
    used
}

/// Opens the editor for a group or a meter.
pub fn change(state: &mut State, target: Target, effects: &mut Vec<Effect>) {
    let Some(spot) = staged::spot(state) else { return };
    let Some(bridge) = bridge(state, &spot) else { return };
    let (purpose, request) = match target {
        Target::Group(id) => {
            let Some(group) = bridge.groups.iter().find(|group| group.id == id) else { return };
            (Purpose::Group(id), Request::Group(GroupMod::Modify(plain(group))))
        }
        Target::Meter(id) => {
            let Some(meter) = bridge.meter(id) else { return };
            (Purpose::Meter(id), Request::Meter(MeterMod::Modify(meter.clone())))
        }
        _ => return,
    };
    let text = change_file::line(&request, &bridge.names);
    nav::go(state, Place::Staged(spot), effects);
    edit::begin(state, purpose, &text);
}

/// A group without the numbers of its buckets where the switch would give them the same ones: so buckets can be put in
/// and taken out of the text without counting, and versions before OpenFlow 1.5 can carry it.
fn plain(group: &Group) -> Group {
    let mut group = group.clone();
    if (0..).zip(&group.buckets).all(|(at, bucket)| bucket.id.is_none_or(|id| id == at)) {
        group.buckets.iter_mut().for_each(|bucket| bucket.id = None);
    }
    group
}

/// Stages that a group or a meter is deleted.
pub fn delete(state: &mut State, target: Target, effects: &mut Vec<Effect>) {
    let Some(spot) = staged::spot(state) else { return };
    let (request, what) = match target {
        Target::Group(id) => (Request::Group(GroupMod::Delete(Some(id))), format!("group {id}")),
        Target::Meter(id) => (Request::Meter(MeterMod::Delete(Some(id))), format!("meter {id}")),
        _ => return,
    };
    staged::stage(state, &spot, vec![request], effects);
    let set = state.staged.of(&spot.node, &spot.bridge);
    let edit = set.and_then(|set| set.entries().last()?.fate.edit());
    let along = match edit.map_or(0, |edit| edit.flows.len()) {
        0 => String::new(),
        n => format!(" with {}", counted(n, "flow")),
    };
    let last = state.staged.of(&spot.node, &spot.bridge).map_or(0, |set| set.len().saturating_sub(1));
    let there = match staged::view(state) {
        Some(view) => {
            view.cursor.at = last;
            ""
        }
        None => "6 shows what is staged, ",
    };
    state.say(Role::Staged, format!("staged: {what} is deleted{along}; {there}u takes it back"));
}

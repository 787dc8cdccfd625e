//! What is staged: changes that were put together and not sent.
//!
//! A [`Set`] is for one bridge: requests in order, each with what it does there. Nothing is touched by it; it shows the
//! bridge as it would be. When the source is read again, the set is moved to the newer bridge, and what does not fit any
//! more is a conflict that stays in the list and does nothing.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::scene::Scene;
use crate::base::diag::Diagnostic;
use crate::dump::change_file::{self, ChangeFile};
use crate::field::{Names, Version};
use crate::model::bridge::Bridge;
use crate::model::change::{ChangeSet, Conflict, Edit, Request};
use crate::model::flow::{Flow, FlowKey, Stats};
use crate::model::group::GroupStats;
use crate::model::id::FlowHash;
use crate::model::refusal::Refusal;
use crate::model::store::RowEdits;

/// What is staged for every bridge.
#[derive(Debug, Clone, Default)]
pub struct Staged {
    sets: Vec<Set>,
}

/// What is staged for one bridge.
#[derive(Debug, Clone, Default)]
pub struct Set {
    /// The node's name.
    pub node: Arc<str>,
    /// The bridge's name.
    pub bridge: Arc<str>,
    entries: Vec<Entry>,
    /// The lists before, the latest last, and those that were taken back.
    past: Vec<Vec<Entry>>,
    future: Vec<Vec<Entry>>,
    change: ChangeSet,
    /// The bridge as it would be, if anything is changed.
    result: Option<Arc<Bridge>>,
    /// What packets counted that were sent at a practice switch.
    counted: Counted,
    /// The flows that come, change or go.
    touched: FxHashSet<FlowHash>,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What is asked.
    pub request: Arc<Request>,
    /// What becomes of it.
    pub fate: Fate,
}

/// What was counted for flows and groups that are staged. Those of the bridge itself are counted there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// For flows that come or change.
    pub flows: Vec<(FlowKey, Stats)>,
    /// For groups that come.
    pub groups: Vec<GroupStats>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Default)]
pub enum Fate {
    /// It was not looked at yet.
    #[default]
    Open,
    /// It does this.
    Does(Arc<Edit>),
    /// A switch would refuse it, and with it everything that is sent along.
    Refused(Refusal),
    /// It was made for flows that are not there any more.
    Conflict(Conflict, Arc<Edit>),
}

impl Fate {
    /// What it does.
    pub fn edit(&self) -> Option<&Edit> {
        match self {
            Fate::Does(edit) => Some(edit),
            _ => None,
        }
    }
}

/// How many requests of a kind there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Flows, groups and meters that come.
    pub added: usize,
    /// Those that change.
    pub modified: usize,
    /// Those that go.
    pub deleted: usize,
    /// Requests that a switch would refuse.
    pub refused: usize,
    /// Requests that do not fit any more.
    pub conflicts: usize,
}

impl Staged {
    /// The sets, in the order in which they were begun; some may be empty.
    pub fn sets(&self) -> &[Set] {
        &self.sets
    }

    /// The set of a bridge.
    pub fn of(&self, node: &str, bridge: &str) -> Option<&Set> {
        self.sets.iter().find(|set| &*set.node == node && &*set.bridge == bridge)
    }

    /// The set of a bridge, begun if there is none.
    pub fn of_mut(&mut self, node: &Arc<str>, bridge: &Arc<str>) -> &mut Set {
        let at = self.sets.iter().position(|set| set.node == *node && set.bridge == *bridge);
        let at = at.unwrap_or_else(|| {
            self.sets.push(Set::of(node, bridge));
            self.sets.len() - 1
        });
        &mut self.sets[at]
    }

    /// How many requests are staged.
    pub fn len(&self) -> usize {
        self.sets.iter().map(Set::len).sum()
    }

    /// Whether nothing is staged.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was counted for each bridge, by node and bridge.
    pub fn counted(&self) -> Vec<(Arc<str>, Arc<str>, Counted)> {
        self.sets.iter().map(|set| (set.node.clone(), set.bridge.clone(), set.counted.clone())).collect()
    }

    /// Forgets what was counted: the switch is read anew.
    pub fn forget_counted(&mut self) {
        for set in &mut self.sets {
            set.counted = Counted::default();
        }
    }

    /// Moves every set to what was read anew. Bridges that are gone keep their sets as they were.
    pub fn rebase(&mut self, scene: &Scene) {
        for set in &mut self.sets {
            if let Some(bridge) = bridge_of(scene, &set.node, &set.bridge) {
                set.rebase(&bridge);
            }
        }
    }

    /// What was read, as it would be with everything that is staged.
    pub fn as_it_would_be(&self, scene: &Scene) -> Scene {
        let changed = self.sets.iter().filter_map(|set| {
            let node = scene.nodes().iter().position(|n| n.node().name == set.node)?;
            let bridge = scene.nodes()[node].bridges().iter().position(|b| b.bridge().name == set.bridge)?;
            Some((node, bridge, set.result.clone()?))
        });
        scene.with(&changed.collect::<Vec<_>>())
    }
}

/// The version in which changes of a bridge are sent: that of its dump, and 1.3, which Neutron's agents speak, where the
/// dump is in 1.0, which says nothing of what the switch takes.
pub fn version(bridge: &Bridge) -> Version {
    bridge.version.filter(|v| *v > Version::V10).unwrap_or(Version::V13)
}

/// Reads what a text asks of a bridge: in the bridge's version, or in the newest that can carry every line.
pub fn changes(bridge: &Bridge, text: &str) -> Result<ChangeFile, Vec<Diagnostic>> {
    let own = change_file::read_in(text, &bridge.names, Some(version(bridge)));
    own.or_else(|_| change_file::read_in(text, &bridge.names, None))
}

/// A bridge by its names.
fn bridge_of(scene: &Scene, node: &str, bridge: &str) -> Option<Arc<Bridge>> {
    scene.snapshot().node(node)?.bridge(bridge).cloned()
}

impl Set {
    /// Nothing for a bridge.
    pub fn of(node: &Arc<str>, bridge: &Arc<str>) -> Set {
        Set { node: node.clone(), bridge: bridge.clone(), ..Set::default() }
    }

    /// The requests, in the order in which they would be sent.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What they do together.
    pub fn change(&self) -> &ChangeSet {
        &self.change
    }

    /// The bridge as it would be; nothing if it would be as it is.
    pub fn result(&self) -> Option<&Arc<Bridge>> {
        self.result.as_ref()
    }

    /// What was counted for what is staged.
    pub fn counted(&self) -> &Counted {
        &self.counted
    }

    /// Takes over what was counted for what is staged.
    pub fn count(&mut self, base: &Bridge, counted: Counted) {
        self.counted = counted;
        self.settle(base);
    }

    /// The bridge as it would be with the requests in front of one.
    pub fn before(&self, base: &Bridge, at: usize) -> Option<Bridge> {
        let requests = self.entries.iter().take(at).map(|entry| (*entry.request).clone());
        ChangeSet::plan_each(base, requests).0.apply(base).ok()
    }

    /// Adds requests at the end.
    pub fn stage(&mut self, base: &Bridge, requests: impl IntoIterator<Item = Request>) {
        self.remember();
        self.entries.extend(requests.into_iter().map(Entry::new));
        self.settle(base);
    }

    /// Puts requests in the place of one.
    pub fn replace(&mut self, base: &Bridge, at: usize, requests: impl IntoIterator<Item = Request>) {
        if at < self.len() {
            self.remember();
            self.entries.splice(at..=at, requests.into_iter().map(Entry::new));
            self.plan_anew(base);
        }
    }

    /// Takes one off.
    pub fn take_off(&mut self, base: &Bridge, at: usize) {
        self.replace(base, at, []);
    }

    /// Takes all of them off.
    pub fn clear(&mut self, base: &Bridge) {
        if !self.is_empty() {
            self.remember();
            self.entries.clear();
            self.settle(base);
        }
    }

    /// Lets two neighbours change places: that at `at` and the one behind it. Tells whether they did.
    pub fn swap(&mut self, base: &Bridge, at: usize) -> bool {
        let can = at + 1 < self.len();
        if can {
            self.remember();
            self.entries.swap(at, at + 1);
            self.plan_anew(base);
        }
        can
    }

    /// Takes the last change of the list back; false if there is none.
    pub fn undo(&mut self, base: &Bridge) -> bool {
        let Some(before) = self.past.pop() else { return false };
        self.future.push(std::mem::replace(&mut self.entries, before));
        self.settle(base);
        true
    }

    /// Makes it again; false if nothing was taken back.
    pub fn redo(&mut self, base: &Bridge) -> bool {
        let Some(after) = self.future.pop() else { return false };
        self.past.push(std::mem::replace(&mut self.entries, after));
        self.settle(base);
        true
    }

    /// Moves it to a newer bridge.
    pub fn rebase(&mut self, newer: &Bridge) {
        self.settle(newer);
    }

    /// How many there are of each kind.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for entry in &self.entries {
            match &entry.fate {
                Fate::Refused(_) => counts.refused += 1,
                Fate::Conflict(..) => counts.conflicts += 1,
                Fate::Open => {}
                Fate::Does(edit) => {
                    let flows = edit.flows.iter().map(|r| (r.before.is_some(), r.after.is_some()));
                    let groups = edit.groups.iter().map(|r| (r.before.is_some(), r.after.is_some()));
                    let meters = edit.meters.iter().map(|r| (r.before.is_some(), r.after.is_some()));
                    for kind in flows.chain(groups).chain(meters) {
                        match kind {
                            (false, _) => counts.added += 1,
                            (true, true) => counts.modified += 1,
                            (true, false) => counts.deleted += 1,
                        }
                    }
                }
            }
        }
        counts
    }

    /// Whether a flow comes, changes or goes.
    pub fn touches(&self, flow: FlowHash) -> bool {
        self.touched.contains(&flow)
    }

    /// The requests as a file that `ovs-ofctl` takes.
    pub fn text(&self, names: &Names) -> String {
        let requests: Vec<&Request> = self.entries.iter().map(|entry| &*entry.request).collect();
        change_file::write(requests, names)
    }

    /// Adds what such a file asks for; with a wrong line nothing is added, and every wrong line is told.
    pub fn read(&mut self, base: &Bridge, text: &str) -> Result<usize, Vec<Diagnostic>> {
        let file = changes(base, text)?;
        let count = file.requests.len();
        self.stage(base, file.requests.into_iter().map(|(_, request)| request));
        Ok(count)
    }

    /// Adds what makes the flows of the bridge, as it would be, those of a file: `ovs-ofctl replace-flows`.
    pub fn replace_flows(&mut self, base: &Bridge, text: &str) -> Result<usize, Vec<Diagnostic>> {
        let bridge = self.result.as_deref().unwrap_or(base);
        let own = change_file::replace(bridge, text, Some(version(bridge)));
        let file = own.or_else(|_| change_file::replace(bridge, text, None))?;
        let count = file.requests.len();
        if count > 0 {
            self.stage(base, file.requests.into_iter().map(|(_, request)| request));
        }
        Ok(count)
    }

    fn remember(&mut self) {
        self.past.push(self.entries.clone());
        self.future.clear();
    }

    /// Asks for everything again: what a request does depends on those before it.
    fn plan_anew(&mut self, base: &Bridge) {
        for entry in &mut self.entries {
            if !matches!(entry.fate, Fate::Conflict(..)) {
                entry.fate = Fate::Open;
            }
        }
        self.settle(base);
    }

    /// Finds out what becomes of each request on a bridge. Those that did something do the same again, or are in
    /// conflict; they never do something else. Those that are open come after them; those that were refused stay so until
    /// everything is asked for again.
    fn settle(&mut self, base: &Bridge) {
        let known = |entry: &Entry| match &entry.fate {
            Fate::Does(edit) | Fate::Conflict(_, edit) => Some((**edit).clone()),
            Fate::Open | Fate::Refused(_) => None,
        };
        let settled: Vec<usize> = (0..self.len()).filter(|at| known(&self.entries[*at]).is_some()).collect();
        let edits = settled.iter().filter_map(|at| known(&self.entries[*at])).collect();
        let (mut change, conflicts) = ChangeSet { base: base.revision(), edits }.rebase(base);
        let mut rebased = change.edits.iter();
        for (number, at) in settled.iter().enumerate() {
            let conflict = conflicts.iter().find(|c| c.edit() == Some(number));
            let entry = &mut self.entries[*at];
            entry.fate = match (conflict, std::mem::take(&mut entry.fate)) {
                (Some(conflict), Fate::Does(edit) | Fate::Conflict(_, edit)) => Fate::Conflict(conflict.clone(), edit),
                (_, fate) => rebased.next().map_or(fate, |edit| Fate::Does(Arc::new(edit.clone()))),
            };
        }
        let is_open = |at: &usize| matches!(self.entries[*at].fate, Fate::Open);
        let open: Vec<usize> = (0..self.len()).filter(is_open).collect();
        // A set that was made for this bridge can be applied to it.
        let mut result = change.apply(base).ok();
        if let (Some(bridge), false) = (&result, open.is_empty()) {
            let requests = open.iter().map(|at| (*self.entries[*at].request).clone());
            let (more, refused) = ChangeSet::plan_each(bridge, requests);
            let mut planned = more.edits.iter();
            for (number, at) in open.iter().enumerate() {
                self.entries[*at].fate = match refused.iter().find(|r| r.index == number) {
                    Some(refusal) => Fate::Refused(refusal.clone()),
                    None => planned.next().map_or(Fate::Open, |edit| Fate::Does(Arc::new(edit.clone()))),
                };
            }
            result = more.apply(bridge).ok().or(result);
            change = change.compose(&more).unwrap_or(change);
        }
        let flows = change.edits.iter().flat_map(|edit| &edit.flows).filter_map(|replaced| replaced.either());
        self.touched = flows.map(|flow| FlowHash::new(flow.table, flow.priority, &flow.matches)).collect();
        let result = result.filter(|_| !change.is_empty());
        if result.is_none() {
            self.counted = Counted::default();
        }
        self.result = result.map(|bridge| Arc::new(self.with_counted(bridge)));
        self.change = change;
    }
}

impl Set {
    /// The bridge with what was counted for what is staged. What is not there any more begins anew when it comes back.
    fn with_counted(&mut self, mut bridge: Bridge) -> Bridge {
        if self.counted == Counted::default() {
            return bridge;
        }
        let mut edits = RowEdits::default();
        self.counted.flows.retain(|(key, stats)| {
            let rows = bridge.table(key.table).map_or(&[][..], |table| &table.flows);
            let row = rows.iter().find(|id| bridge.flow(**id).key() == *key);
            if let Some(id) = row {
                edits.changed.insert(*id, Flow { stats: Some(*stats), ..bridge.flow(*id).to_flow() });
            }
            row.is_some()
        });
        self.counted.groups.retain(|stats| bridge.group(stats.id).is_some());
        bridge.flows = bridge.flows.edited(&edits, &bridge.names);
        for stats in &self.counted.groups {
            bridge.group_stats.retain(|known| known.id != stats.id);
            bridge.group_stats.push(stats.clone());
        }
        Bridge { derived: Default::default(), ..bridge }
    }
}

impl Entry {
    fn new(request: Request) -> Entry {
        Entry { request: Arc::new(request), fate: Fate::Open }
    }
}

#[cfg(test)]
mod tests;

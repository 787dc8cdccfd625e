//! Changes as values: what is asked of a switch, what it does, and the way back.
//!
//! A [`Request`] is what a person or a file asks for. Planned on a bridge it becomes an [`Edit`]: what it does to each
//! flow, group and meter, both sides kept. Edits one after the other are a [`ChangeSet`], which belongs to the bridge it
//! was planned on, and can be applied to it, turned round, and moved to a newer one.
//!
//! Laws: `apply(apply(a, c), c.invert()) == a`; `c.compose(d)` does what `c` and then `d` do; `apply` refuses a bridge
//! that the set was not made for.

mod asked;
mod eviction;
mod history;
mod index;
mod revision;
mod working;

use std::fmt;

pub use history::History;
pub use revision::Revision;
pub(crate) use working::INTERNAL;
pub use working::Working;

use super::bridge::{Bridge, FlowId};
use super::flow::{Flow, FlowKey};
use super::flow_mod::FlowMod;
use super::group::Group;
use super::group_mod::GroupMod;
use super::meter::Meter;
use super::meter_mod::MeterMod;
use super::refusal::Refusal;
use crate::field::Version;
use revision::Numbered;
use working::{uses_group, uses_meter};

/// What is asked of a switch.
// Nearly all requests are about flows, so a box would be one more place to go to and save nothing.
#[expect(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Of its flows.
    Flow(FlowMod),
    /// Of its groups.
    Group(GroupMod),
    /// Of its meters.
    Meter(MeterMod),
}

impl From<FlowMod> for Request {
    fn from(flow: FlowMod) -> Request {
        Request::Flow(flow)
    }
}

impl From<GroupMod> for Request {
    fn from(group: GroupMod) -> Request {
        Request::Group(group)
    }
}

impl From<MeterMod> for Request {
    fn from(meter: MeterMod) -> Request {
        Request::Meter(meter)
    }
}

/// What happens to one flow, group or meter. Flows keep their table, priority and match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced<T> {
    /// What was there; `None` if it comes.
    pub before: Option<T>,
    /// What is there then; `None` if it goes.
    pub after: Option<T>,
}

impl<T: Clone> Replaced<T> {
    /// Something comes.
    pub fn added(after: T) -> Replaced<T> {
        Replaced { before: None, after: Some(after) }
    }

    /// Something goes.
    pub fn deleted(before: T) -> Replaced<T> {
        Replaced { before: Some(before), after: None }
    }

    /// Something takes the place of another.
    pub fn modified(before: T, after: T) -> Replaced<T> {
        Replaced { before: Some(before), after: Some(after) }
    }

    /// What it is about: what is there then, or else what was there.
    pub fn either(&self) -> Option<&T> {
        self.after.as_ref().or(self.before.as_ref())
    }

    fn turned(&self) -> Replaced<T> {
        Replaced { before: self.after.clone(), after: self.before.clone() }
    }
}

/// One request and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is asked.
    pub request: Request,
    /// The flows that come, change or go.
    pub flows: Vec<Replaced<Flow>>,
    /// The groups that come, change or go.
    pub groups: Vec<Replaced<Group>>,
    /// The meters that come, change or go.
    pub meters: Vec<Replaced<Meter>>,
}

impl Edit {
    /// An edit that does nothing yet.
    pub fn new(request: Request) -> Edit {
        Edit { request, flows: Vec::new(), groups: Vec::new(), meters: Vec::new() }
    }

    /// Whether it does nothing.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty() && self.groups.is_empty() && self.meters.is_empty()
    }

    /// The flows of a bridge that use the groups and meters which come or change.
    pub fn users<'b>(&self, bridge: &'b Bridge) -> impl Iterator<Item = FlowId> + use<'b> {
        let groups: Vec<u32> = self.groups.iter().filter_map(|r| Some(r.after.as_ref()?.id)).collect();
        let meters: Vec<u32> = self.meters.iter().filter_map(|r| Some(r.after.as_ref()?.id)).collect();
        let is_any = !groups.is_empty() || !meters.is_empty();
        let uses = move |actions: &_| uses_group(actions, &groups) || uses_meter(actions, &meters);
        bridge.flows.iter().filter(move |(_, flow)| is_any && uses(flow.actions())).map(|(id, _)| id)
    }
}

/// Edits one after the other, for the bridge they were planned on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSet {
    /// The bridge that they are for.
    pub base: Revision,
    /// What is done.
    pub edits: Vec<Edit>,
}

/// Why a change does not fit a bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// The change was made for a bridge with other flows, groups or meters.
    OtherBase,
    /// A flow that an edit changes or deletes is gone, or does something else now.
    Flow {
        /// Which edit, counted from 0.
        edit: usize,
        /// The flow, as the edit knows it.
        flow: Box<Flow>,
        /// The flow as it is; `None` if it is gone. For a flow that an edit adds: the one that is there already.
        now: Option<Box<Flow>>,
    },
    /// A group is gone, or another than the edit knows, or there already.
    Group {
        /// Which edit, counted from 0.
        edit: usize,
        /// The group's number.
        group: u32,
    },
    /// A meter is gone, or another than the edit knows, or there already.
    Meter {
        /// Which edit, counted from 0.
        edit: usize,
        /// The meter's number.
        meter: u32,
    },
}

impl Conflict {
    /// The edit that does not fit; `None` if nothing fits.
    pub fn edit(&self) -> Option<usize> {
        match self {
            Conflict::OtherBase => None,
            Conflict::Flow { edit, .. } | Conflict::Group { edit, .. } | Conflict::Meter { edit, .. } => Some(*edit),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Conflict::OtherBase => f.write_str("the change was made for other flows, groups or meters"),
            Conflict::Flow { now: None, .. } => f.write_str("the flow is gone"),
            Conflict::Flow { now: Some(_), .. } => f.write_str("the flow is another one now"),
            Conflict::Group { group, .. } => write!(f, "group {group} is gone, or another one now"),
            Conflict::Meter { meter, .. } => write!(f, "meter {meter} is gone, or another one now"),
        }
    }
}

impl ChangeSet {
    /// Plans requests on a bridge, as a bundle does: if a switch would refuse one, nothing is done, and every refusal
    /// is told.
    pub fn plan(bridge: &Bridge, requests: impl IntoIterator<Item = Request>) -> Result<ChangeSet, Vec<Refusal>> {
        let (set, refused) = ChangeSet::plan_each(bridge, requests);
        if refused.is_empty() { Ok(set) } else { Err(refused) }
    }

    /// Plans requests on a bridge one after the other, as a switch takes them that are sent one by one: what is refused
    /// does nothing, and the others are done.
    pub fn plan_each(bridge: &Bridge, requests: impl IntoIterator<Item = Request>) -> (ChangeSet, Vec<Refusal>) {
        let mut working = Working::new(bridge);
        let mut set = ChangeSet { base: bridge.revision(), edits: Vec::new() };
        let mut refused = Vec::new();
        for (index, request) in requests.into_iter().enumerate() {
            match working.request(request) {
                Ok(edit) => set.edits.push(edit),
                Err((error, sentence)) => refused.push(Refusal { index, error, sentence }),
            }
        }
        (set, refused)
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.edits.iter().all(Edit::is_empty)
    }

    /// The bridge as it is after the change. Refuses a bridge that the change was not made for.
    pub fn apply(&self, bridge: &Bridge) -> Result<Bridge, Vec<Conflict>> {
        if bridge.revision() != self.base {
            return Err(vec![Conflict::OtherBase]);
        }
        let mut working = Working::new(bridge);
        let mut conflicts = Vec::new();
        for (number, edit) in self.edits.iter().enumerate() {
            working.redo(edit, number, &mut conflicts);
        }
        if conflicts.is_empty() { Ok(working.bridge(self.result())) } else { Err(conflicts) }
    }

    /// What the bridge is after the change.
    pub fn result(&self) -> Revision {
        fn sum<T: Numbered>(revision: Revision, replaced: &[Replaced<T>]) -> Revision {
            replaced.iter().fold(revision, |sum, r| sum.with(r.before.as_ref(), r.after.as_ref()))
        }
        self.edits.iter().fold(self.base, |revision, edit| {
            let revision = sum(revision, &edit.flows);
            let revision = sum(revision, &edit.groups);
            sum(revision, &edit.meters)
        })
    }

    /// The way back: from the bridge after the change to the one before it.
    pub fn invert(&self) -> ChangeSet {
        ChangeSet { base: self.result(), edits: self.edits.iter().rev().flat_map(Edit::invert).collect() }
    }

    /// This and then the other, as one change. The other must be for what this one leaves.
    pub fn compose(&self, then: &ChangeSet) -> Result<ChangeSet, Conflict> {
        if self.result() != then.base {
            return Err(Conflict::OtherBase);
        }
        let edits = self.edits.iter().chain(&then.edits).cloned().collect();
        Ok(ChangeSet { base: self.base, edits })
    }

    /// The change for a newer bridge: what still fits, and what does not. An edit fits if every flow, group and meter
    /// that it changes is what it was; counters do not matter. One that does not fit is left out whole.
    pub fn rebase(&self, newer: &Bridge) -> (ChangeSet, Vec<Conflict>) {
        let mut working = Working::new(newer);
        let mut set = ChangeSet { base: newer.revision(), edits: Vec::new() };
        let mut conflicts = Vec::new();
        for (number, edit) in self.edits.iter().enumerate() {
            set.edits.extend(working.redo(edit, number, &mut conflicts));
        }
        (set, conflicts)
    }

    /// What is asked, in order.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.edits.iter().map(|edit| &edit.request)
    }

    /// What happens to each flow in the end, however often it is changed on the way; flows that are as they were are
    /// left out.
    pub fn flows(&self) -> Vec<Replaced<Flow>> {
        let mut order: Vec<FlowKey> = Vec::new();
        let mut ends: rustc_hash::FxHashMap<FlowKey, Replaced<Flow>> = rustc_hash::FxHashMap::default();
        for replaced in self.edits.iter().flat_map(|edit| &edit.flows) {
            let Some(key) = replaced.either().map(Flow::key) else { continue };
            match ends.get_mut(&key) {
                Some(end) => end.after.clone_from(&replaced.after),
                None => {
                    order.push(key.clone());
                    ends.insert(key, replaced.clone());
                }
            }
        }
        let ends = order.into_iter().filter_map(|key| ends.remove(&key));
        ends.filter(|end| end.before != end.after).collect()
    }

    /// The version in which its requests are sent, as far as they tell.
    fn version(request: &Request) -> Version {
        match request {
            Request::Flow(flow) => flow.version,
            Request::Group(_) => Version::V15,
            Request::Meter(_) => Version::V13,
        }
    }
}

#[cfg(test)]
mod tests;

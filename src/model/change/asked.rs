//! What has to be asked of a switch so that one thing takes the place of another.

use super::{ChangeSet, Edit, Replaced};
use crate::field::Version;
use crate::model::flow::{Flags, Flow};
use crate::model::flow_mod::{FlowMod, NO_COOKIE};
use crate::model::group::Group;
use crate::model::group_mod::GroupMod;
use crate::model::meter::Meter;
use crate::model::meter_mod::MeterMod;

impl Replaced<Flow> {
    /// What to ask a switch for: adding a flow also takes the place of the one that is there.
    pub fn request(&self, version: Version) -> Option<FlowMod> {
        match (&self.before, &self.after) {
            (Some(before), None) => Some(FlowMod::delete_strict(before.clone(), version)),
            (None, Some(after)) => Some(FlowMod::add(plain(after), version)),
            (Some(before), Some(after)) if before != after => Some(FlowMod::add(plain(after), version)),
            _ => None,
        }
    }

    /// What has to be done one after the other, each with one request. It is one step, unless the flow gets the one
    /// cookie that no flow gets that is there already.
    pub fn steps(&self) -> Vec<Replaced<Flow>> {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) if after.cookie == NO_COOKIE && before.cookie != NO_COOKIE => {
                vec![Replaced::deleted(before.clone()), Replaced::added(after.clone())]
            }
            _ => vec![self.clone()],
        }
    }
}

/// A flow as it is added: what was counted is not said, and overlaps were looked at when it came.
fn plain(flow: &Flow) -> Flow {
    Flow { stats: None, flags: flow.flags.without(Flags::CHECK_OVERLAP), ..flow.clone() }
}

impl Replaced<Group> {
    /// What to ask a switch for.
    pub fn request(&self) -> Option<GroupMod> {
        match (&self.before, &self.after) {
            (Some(before), None) => Some(GroupMod::Delete(Some(before.id))),
            (None, Some(after)) => Some(GroupMod::Add(after.clone())),
            (Some(before), Some(after)) if before != after => Some(GroupMod::Modify(after.clone())),
            _ => None,
        }
    }
}

impl Replaced<Meter> {
    /// What to ask a switch for.
    pub fn request(&self) -> Option<MeterMod> {
        match (&self.before, &self.after) {
            (Some(before), None) => Some(MeterMod::Delete(Some(before.id))),
            (None, Some(after)) => Some(MeterMod::Add(after.clone())),
            (Some(before), Some(after)) if before != after => Some(MeterMod::Modify(after.clone())),
            _ => None,
        }
    }
}

impl Edit {
    /// The way back: an edit for each thing. Groups and meters come before the flows that use them, and go after them.
    pub(super) fn invert(&self) -> Vec<Edit> {
        let version = ChangeSet::version(&self.request);
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for replaced in self.groups.iter().rev().map(Replaced::turned) {
            let Some(request) = replaced.request() else { continue };
            let out = if replaced.after.is_some() { &mut first } else { &mut last };
            out.push(Edit { groups: vec![replaced], ..Edit::new(request.into()) });
        }
        for replaced in self.meters.iter().rev().map(Replaced::turned) {
            let Some(request) = replaced.request() else { continue };
            let out = if replaced.after.is_some() { &mut first } else { &mut last };
            out.push(Edit { meters: vec![replaced], ..Edit::new(request.into()) });
        }
        let turned = self.flows.iter().rev().flat_map(|replaced| replaced.turned().steps());
        let flows = turned.filter_map(|replaced| {
            let request = replaced.request(version)?;
            Some(Edit { flows: vec![replaced], ..Edit::new(request.into()) })
        });
        first.into_iter().chain(flows).chain(last).collect()
    }
}

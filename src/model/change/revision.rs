//! What a bridge is, in one number.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use crate::action::Actions;
use crate::model::bridge::Bridge;
use crate::model::flow::Flow;
use crate::model::group::Group;
use crate::model::meter::Meter;

/// A number made of a bridge's flows, groups and meters, whatever their order and counters: bridges that differ nearly
/// never have the same. It is a sum, so a change of one flow changes it without looking at the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Revision(u64);

impl Revision {
    /// That of a bridge.
    pub(in crate::model) fn of(bridge: &Bridge) -> Revision {
        let mut sum = Revision::default();
        for (_, segment) in bridge.flows.segments() {
            // The flows of a segment share their actions, so each list is looked at once.
            let lists: Vec<u64> = segment.action_lists().iter().map(|list| hash(&list.actions)).collect();
            for (row, list) in segment.rows().zip(segment.action_ids()) {
                let head = row.head();
                let rest = (head.cookie, head.idle_timeout, head.hard_timeout, head.importance, head.flags);
                let own = hash(&(row.table(), row.priority(), row.matches(), row.residue(), rest));
                sum.add(mixed(own, lists[usize::from(*list)]));
            }
        }
        bridge.groups.iter().for_each(|group| sum.add(group.number()));
        bridge.meters.iter().for_each(|meter| sum.add(meter.number()));
        sum
    }

    fn add(&mut self, number: u64) {
        self.0 = self.0.wrapping_add(number);
    }

    /// That of a bridge where one thing took the place of another.
    pub(super) fn with<T: Numbered>(mut self, before: Option<&T>, after: Option<&T>) -> Revision {
        self.add(before.map_or(0, T::number).wrapping_neg());
        self.add(after.map_or(0, T::number));
        self
    }
}

/// Something that a revision counts.
pub(super) trait Numbered {
    /// Its number: what differs has another, nearly always.
    fn number(&self) -> u64;
}

impl Numbered for Flow {
    fn number(&self) -> u64 {
        let rest = (self.cookie, self.idle_timeout, self.hard_timeout, self.importance, self.flags);
        let own = (self.table, self.priority, &self.matches, self.residue.as_slice(), rest);
        mixed(hash(&own), hash::<Actions>(&self.actions))
    }
}

impl Numbered for Group {
    fn number(&self) -> u64 {
        mixed(hash(self), 1)
    }
}

impl Numbered for Meter {
    fn number(&self) -> u64 {
        mixed(hash(self), 2)
    }
}

fn hash<T: Hash>(what: &T) -> u64 {
    let mut hasher = FxHasher::default();
    what.hash(&mut hasher);
    hasher.finish()
}

/// Spreads two numbers over all bits of one (the end of MurmurHash3), so that their sum says something.
fn mixed(a: u64, b: u64) -> u64 {
    let mut n = a ^ b.rotate_left(32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    n = (n ^ (n >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    n = (n ^ (n >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    n ^ (n >> 33)
}

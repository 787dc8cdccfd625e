//! Groups: copies for all, one of several, or the first that is live.

use super::machine::Machine;
use super::step::{Assumption, Remark, What};
use crate::action::Action;
use crate::field::names::port;
use crate::model::group::{Bucket, Group, GroupType};

/// How deep groups may watch groups.
const WATCHED: u32 = 128;

impl<'a> Machine<'_, 'a> {
    /// `group:N`; tells whether the table's actions end here.
    pub(super) fn group(&mut self, id: u32, last: bool) -> bool {
        if !self.has_room() {
            return false;
        }
        let bridge = self.here().bridge;
        let Some(group) = bridge.group(id) else {
            self.remark(Remark::NoGroup(id));
            return true;
        };
        match group.kind {
            GroupType::All | GroupType::Indirect => {
                for (at, bucket) in group.buckets.iter().enumerate() {
                    self.bucket(number(bucket, at), bucket, last && at + 1 == group.buckets.len());
                }
            }
            GroupType::FastFailover => match self.first_live(group, 0) {
                Some(at) => self.pick(group, at, last),
                None => self.remark(Remark::NoBucket),
            },
            GroupType::Select => self.select(group, last),
        }
        false
    }

    /// Picks a bucket of a select group. By default the datapath hashes the packet first.
    fn select(&mut self, group: &'a Group, last: bool) {
        if self.was_mpls {
            return self.freeze();
        }
        if &*group.selection_method != "hash" {
            self.freeze();
            let by_l4 = &*group.selection_method == "dp_hash" && group.selection_method_param >> 32 == 0;
            self.hash = Some(if by_l4 { "l4" } else { "sym_l4" });
            return self.remark(Remark::NoBucket);
        }
        let live = (0..group.buckets.len()).find(|at| {
            let bucket = &group.buckets[*at];
            bucket.weight != Some(0) && self.is_live(bucket, 0)
        });
        match live {
            Some(at) => {
                if group.buckets.len() > 1 {
                    self.assume(Assumption::Bucket(group.id, number(&group.buckets[at], at)));
                }
                self.pick(group, at, last);
            }
            None => self.remark(Remark::NoBucket),
        }
    }

    fn pick(&mut self, group: &'a Group, at: usize, last: bool) {
        let bucket = &group.buckets[at];
        let id = number(bucket, at);
        self.remark(Remark::Bucket(id));
        self.bucket(id, bucket, last);
    }

    /// Sends a copy through a bucket, whose actions are an action set.
    fn bucket(&mut self, id: u32, bucket: &'a Bucket, last: bool) {
        self.step(What::Bucket(id));
        self.level += 1;
        let packet = self.packet.clone();
        let (was_mpls, in_bucket) = (self.was_mpls, self.in_bucket);
        self.in_bucket = true;
        let list: Vec<&'a Action> = super::exec::in_order(bucket.actions.0.iter());
        self.depth += 1;
        self.run_list(list.into_iter().map(std::borrow::Cow::Borrowed).collect(), last);
        self.depth -= 1;
        if self.freezing {
            self.finish_freezing();
        }
        self.packet = packet;
        self.was_mpls = was_mpls;
        self.in_bucket = in_bucket;
        self.exit = false;
        if self.failure == Some(super::step::Failure::TooManyLabels) {
            self.failure = None;
        }
        self.level -= 1;
    }

    /// The first live bucket, with a remark for each that is not.
    fn first_live(&mut self, group: &'a Group, depth: u32) -> Option<usize> {
        for (at, bucket) in group.buckets.iter().enumerate() {
            if self.is_live(bucket, depth) {
                return Some(at);
            }
            let watched = [
                bucket.watch_port.map(|p| format!("port {}", port_text(p))),
                bucket.watch_group.map(|g| format!("port {g}")),
            ];
            let why: Vec<String> = watched.into_iter().flatten().collect();
            self.remark(Remark::BucketDown(number(bucket, at), why.join(" and ")));
        }
        None
    }

    fn is_live(&mut self, bucket: &'a Bucket, depth: u32) -> bool {
        if depth >= WATCHED {
            return false;
        }
        let port = bucket.watch_port.filter(|p| *p != port::NONE);
        let group = bucket.watch_group.filter(|g| *g != u32::MAX);
        if port.is_none() && group.is_none() {
            return true;
        }
        if port.is_some_and(|p| self.port(p).is_some_and(|p| p.is_up)) {
            return true;
        }
        let bridge = self.here().bridge;
        group.and_then(|g| bridge.group(g)).is_some_and(|g| self.first_live(g, depth + 1).is_some())
    }
}

/// The number of a bucket; OpenFlow up to 1.4 numbers them by their place.
fn number(bucket: &Bucket, at: usize) -> u32 {
    bucket.id.unwrap_or(at as u32)
}

fn port_text(number: u32) -> String {
    port::reserved_name(number).map_or_else(|| number.to_string(), str::to_owned)
}

//! Groups: copies for all, one of several, or the first that is live.

use super::frozen::DpHash;
use super::hash;
use super::machine::Machine;
use super::packet::Packet;
use super::step::{Assumption, Failure, Remark, What};
use crate::action::Action;
use crate::action::output::HashFields;
use crate::field::names::port;
use crate::field::proto;
use crate::field::slot::{Slot, word};
use crate::field::table::Quirk;
use crate::model::group::{Bucket, Group, GroupType};

/// How deep groups may watch groups.
const WATCHED: u32 = 128;
/// How often it is asked in one pass whether a bucket is live. Groups that watch each other in a circle, with two dead
/// buckets each, are asked 2^128 times by the switch, which never ends.
pub(super) const LIVENESS: u32 = 1 << 16;

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

    /// Picks a bucket of a select group (`pick_select_group`).
    fn select(&mut self, group: &'a Group, last: bool) {
        if self.was_mpls {
            self.freeze();
            return self.remark(Remark::NoBucket);
        }
        let picked = match method(group) {
            Method::Datapath(places) => match self.packet.key.word(word::DP_HASH) {
                0 => {
                    let param = group.selection_method_param;
                    let by_l4 = !group.selection_method.is_empty() && param >> 32 != 1;
                    let basis = if group.selection_method.is_empty() { 0 } else { param as u32 };
                    let name = if by_l4 { "l4" } else { "sym_l4" };
                    let outcomes = self.outcomes(group, &places);
                    self.freeze();
                    self.hash = Some(DpHash { name, basis, group: group.id, outcomes });
                    None
                }
                hash => {
                    self.reads(word::DP_HASH, places.len() as u32 - 1);
                    self.placed(group, &places, hash)
                }
            },
            Method::Fields => {
                let slots = hashed(&self.packet, group);
                slots.iter().for_each(|slot| self.reads_slot(*slot));
                self.best_live(group, &slots, |packet| fields_hash(packet, group))
            }
            Method::Default => {
                let slots = hash::slots(&self.packet, HashFields::SYMMETRIC_L4);
                slots.iter().for_each(|slot| self.reads_slot(*slot));
                self.best_live(group, &slots, |packet| hash::symmetric_l4(packet, 0))
            }
        };
        match picked {
            Some(at) => self.pick(group, at, last),
            None => self.remark(Remark::NoBucket),
        }
    }

    /// The bucket that a value of the datapath's hash has, or the next that is live.
    fn placed(&mut self, group: &'a Group, places: &[usize], hash: u32) -> Option<usize> {
        let n = places.len();
        (0..n).map(|i| places[(hash as usize + i) % n]).find(|at| self.is_live(group, &group.buckets[*at], 0))
    }

    /// The buckets that the datapath's hash may pick, each with a value that does; a value of zero is none.
    fn outcomes(&mut self, group: &'a Group, places: &[usize]) -> Vec<(u32, u32)> {
        let mut out: Vec<(u32, u32)> = Vec::new();
        // What is looked at here is no step of the packet's way.
        let steps = self.steps.len();
        for value in 1..=places.len() as u32 {
            if let Some(at) = self.placed(group, places, value) {
                let id = number(&group.buckets[at], at);
                if !out.iter().any(|(known, _)| *known == id) {
                    out.push((id, value));
                }
            }
        }
        self.steps.truncate(steps);
        out.sort_unstable();
        out
    }

    /// The live bucket with the highest score, the last of several (`group_best_live_bucket`).
    fn best_live(&mut self, group: &'a Group, slots: &[Slot], hash: impl Fn(&Packet) -> u32 + 'a) -> Option<usize> {
        let hashed = hash(&self.packet);
        let mut best = None;
        let mut live: Vec<(u32, u32)> = Vec::new();
        for (at, bucket) in group.buckets.iter().enumerate() {
            let id = number(bucket, at);
            if !self.is_live(group, bucket, 0) {
                self.report_down(bucket, at);
                continue;
            }
            let score = score(id, weight(bucket), hashed);
            live.push((id, weight(bucket)));
            if best.is_none_or(|(most, _)| score >= most) {
                best = Some((score, at));
            }
            self.remark(Remark::Score(id, score));
        }
        if live.len() > 1 {
            let (mut slots, mut given) = (slots.to_vec(), Vec::new());
            if group.fields.is_empty() {
                given.push(super::packet::DL_TYPE);
                if !hash::takes_ports(&self.packet, HashFields::SYMMETRIC_L4) {
                    slots.retain(|slot| slot.word != word::TP);
                    given.push(proto::NW_PROTO);
                }
            }
            for (field, _) in &group.fields {
                self.hangs_on_needs(field.needs);
            }
            let picked = self.picks(&given, &slots, move |packet| {
                let hash = hash(packet);
                live.iter()
                    .max_by_key(|(id, weight)| score(*id, *weight, hash))
                    .map_or(u64::MAX, |(id, _)| (*id).into())
            });
            self.hangs_on_pick(picked);
        }
        best.map(|(_, at)| at)
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
        self.run_bucket(list.into_iter().map(std::borrow::Cow::Borrowed).collect(), last);
        self.depth -= 1;
        if self.freezing {
            self.finish_freezing();
        }
        self.packet = packet;
        self.was_mpls = was_mpls;
        self.in_bucket = in_bucket;
        self.exit = false;
        if matches!(self.failure, Some(Failure::TooManyLabels | Failure::PacketType)) {
            self.failure = None;
        }
        self.level -= 1;
    }

    /// The first live bucket, with a remark for each that is not.
    fn first_live(&mut self, group: &'a Group, depth: u32) -> Option<usize> {
        for (at, bucket) in group.buckets.iter().enumerate() {
            if self.is_live(group, bucket, depth) {
                return Some(at);
            }
            self.report_down(bucket, at);
        }
        None
    }

    fn report_down(&mut self, bucket: &Bucket, at: usize) {
        let watched = [
            bucket.watch_port.map(|p| format!("port {}", port_text(p))),
            bucket.watch_group.map(|g| format!("port {g}")),
        ];
        let why: Vec<String> = watched.into_iter().flatten().collect();
        self.remark(Remark::BucketDown(number(bucket, at), why.join(" and ")));
    }

    fn is_live(&mut self, group: &Group, bucket: &'a Bucket, depth: u32) -> bool {
        if depth >= WATCHED {
            self.remark(Remark::ChainedBuckets);
            return false;
        }
        if self.liveness == 0 {
            self.assume(Assumption::Liveness(group.id));
            return false;
        }
        self.liveness -= 1;
        if group.kind == GroupType::Select && weight(bucket) == 0 {
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

/// The slots of the fields that a group names, as far as the packet has them.
fn hashed(packet: &Packet, group: &Group) -> Vec<Slot> {
    group.fields.iter().filter(|(field, _)| packet.meets(field.needs)).map(|(field, _)| field.slot).collect()
}

/// The hash of the fields that a group names.
fn fields_hash(packet: &Packet, group: &Group) -> u32 {
    let mut basis = hash::long(group.selection_method_param);
    for (field, mask) in group.fields.iter().filter(|(field, _)| packet.meets(field.needs)) {
        let value = packet.field(field);
        let value = mask.as_ref().map_or(value.clone(), |mask| value.and(mask));
        basis = hash::bytes(&hash::in_packet(&value, field.bytes.into()), basis);
        if field.quirk == Quirk::TunMetadata {
            basis = hash::boolean(packet.key.word(field.slot.word - 1) & 1 == 1, basis);
        }
    }
    basis
}

/// The score of a bucket.
fn score(id: u32, weight: u32, hash: u32) -> u32 {
    (hash::two_words(id, hash) & 0xffff).wrapping_mul(weight)
}

/// How a bucket of a select group is picked.
enum Method {
    /// By the datapath's hash, which has so many values, each with its bucket.
    Datapath(Vec<usize>),
    /// By a hash of the fields that the group names.
    Fields,
    /// By addresses and ports, either way round.
    Default,
}

/// How a bucket is picked (`group_set_selection_method`).
fn method(group: &Group) -> Method {
    match &*group.selection_method {
        "hash" if !group.fields.is_empty() => Method::Fields,
        "hash" => Method::Default,
        _ => places(group).map_or(Method::Default, Method::Datapath),
    }
}

/// Which bucket each value of the datapath's hash has, by Webster's method (`group_setup_dp_hash_table`); nothing if
/// that would take too many values.
fn places(group: &Group) -> Option<Vec<usize>> {
    /// The fewest and the most values.
    const VALUES: (u64, u64) = (16, 256);
    let weights: Vec<u32> = group.buckets.iter().map(weight).collect();
    let total: u64 = weights.iter().map(|w| u64::from(*w)).sum();
    let least = weights.iter().copied().filter(|w| *w > 0).min()?;
    let n = total.div_ceil(least.into()).next_power_of_two().max(VALUES.0);
    if n > VALUES.1 {
        return None;
    }
    let mut values: Vec<(f64, f64)> = weights.iter().map(|w| (f64::from(*w), 1.0)).collect();
    let place = |_| {
        let mut winner = 0;
        for at in 1..values.len() {
            if values[at].0 > values[winner].0 {
                winner = at;
            }
        }
        let divisor = values[winner].1 + 2.0;
        values[winner] = (f64::from(weights[winner]) / divisor, divisor);
        winner
    };
    Some((0..n).map(place).collect())
}

/// The weight of a bucket; dumps leave 1 out.
fn weight(bucket: &Bucket) -> u32 {
    bucket.weight.unwrap_or(1).into()
}

/// The number of a bucket; OpenFlow up to 1.4 numbers them by their place.
fn number(bucket: &Bucket, at: usize) -> u32 {
    bucket.id.unwrap_or(at as u32)
}

fn port_text(number: u32) -> String {
    port::reserved_name(number).map_or_else(|| number.to_string(), str::to_owned)
}

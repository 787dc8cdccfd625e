//! What changed between two bridges.
//!
//! Flows are paired by OpenFlow's identity: table, priority and match ([`key`]). Two that are paired are compared by what
//! they do ([`canon`]), not by how it is spelled, and by what else the options ask for ([`aspect`]). Groups, meters and
//! ports are paired by number ([`others`]). [`apply()`] makes one bridge's flows of the other's. [`meaning`] looks for
//! packets that show a difference. [`rename`] compares two nodes that call the same things by other numbers.
//!
//! Two dumps of a million flows are compared without printing one of them: shapes are numbered once, identities become
//! numbers that are sorted, and actions are looked at only where their texts differ.

pub mod apply;
pub mod aspect;
pub mod canon;
pub mod key;
pub mod meaning;
pub mod others;
pub mod rename;

pub use apply::apply;
pub use aspect::{Aspect, Aspects};

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use self::key::{Hashed, Shapes, Side};
use self::others::{Change, Others};
use crate::field::slot::word;
use crate::field::{Version, proto};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::{Flags, Stats};
use crate::model::store::{ActionList, FlowRef};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What two flows may differ in and be the same. It is counted nevertheless.
    pub ignore: Aspects,
    /// Whether groups are compared.
    pub groups: bool,
    /// Whether meters are compared.
    pub meters: bool,
    /// Whether ports are compared.
    pub ports: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { ignore: Aspects::ignored_by_default(), groups: true, meters: true, ports: true }
    }
}

/// A flow that both bridges have, and that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modified {
    /// The flow of the first bridge.
    pub old: FlowId,
    /// That of the second.
    pub new: FlowId,
    /// What differs.
    pub fields: Aspects,
}

/// What changed from one bridge to another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// Flows of the second bridge that the first does not have, by table and priority.
    pub added: Vec<FlowId>,
    /// Flows of the first bridge that the second does not have.
    pub removed: Vec<FlowId>,
    /// Flows that both have, and that differ.
    pub modified: Vec<Modified>,
    /// How many flows that are the same differ in what is ignored: by aspect, in the order of [`Aspect::ALL`].
    pub ignored: [usize; Aspect::ALL.len()],
    /// How many flows both have that are the same.
    pub same: usize,
    /// Groups that differ.
    pub groups: Vec<Change>,
    /// Meters that differ.
    pub meters: Vec<Change>,
    /// Ports that differ.
    pub ports: Vec<Change>,
}

impl Diff {
    /// Whether nothing changed.
    pub fn is_same(&self) -> bool {
        self.flows() == 0 && self.groups.is_empty() && self.meters.is_empty() && self.ports.is_empty()
    }

    /// How many flows changed.
    pub fn flows(&self) -> usize {
        self.added.len() + self.removed.len() + self.modified.len()
    }
}

/// What changed from bridge `a` to bridge `b`.
pub fn diff(a: &Bridge, b: &Bridge, options: &Options) -> Diff {
    let (ports_a, ports_b) = key::Ports::of(a, b);
    let mut shapes = Shapes::default();
    let (a, b) = (Side::new(a, ports_a, &mut shapes), Side::new(b, ports_b, &mut shapes));
    let (left, right) = std::thread::scope(|scope| {
        let right = scope.spawn(|| b.hashed());
        let left = a.hashed();
        (left, right.join().expect("hashing cannot panic: it only reads columns"))
    });
    let mut pairs = Pairs { judge: Judge::new(&a, &b), options, found: Diff::default(), a: &a, b: &b };
    pairs.join(&left, &right);
    let mut found = pairs.found;
    let place = |bridge: &Bridge, id: FlowId| {
        let flow = bridge.flow(id);
        (flow.table(), Reverse(flow.priority()), id)
    };
    found.removed.sort_unstable_by_key(|id| place(a.bridge, *id));
    found.added.sort_unstable_by_key(|id| place(b.bridge, *id));
    found.modified.sort_unstable_by_key(|m| place(a.bridge, m.old));
    let others = Others { a: &a, b: &b };
    found.groups = if options.groups { others.groups() } else { Vec::new() };
    found.meters = if options.meters { others.meters() } else { Vec::new() };
    found.ports = if options.ports { others.ports() } else { Vec::new() };
    found
}

/// Two sides whose flows are being paired.
struct Pairs<'a> {
    a: &'a Side<'a>,
    b: &'a Side<'a>,
    judge: Judge<'a>,
    options: &'a Options,
    found: Diff,
}

impl Pairs<'_> {
    fn join(&mut self, mut left: &[Hashed], mut right: &[Hashed]) {
        while let Some(hash) = [left.first(), right.first()].into_iter().flatten().map(|h| h.hash).min() {
            let run = |side: &[Hashed]| side.iter().take_while(|h| h.hash == hash).count();
            let (mine, theirs);
            (mine, left) = left.split_at(run(left));
            (theirs, right) = right.split_at(run(right));
            self.group(mine, theirs);
        }
    }

    /// Pairs flows whose numbers are equal. A flow that stands twice in a file is the last one.
    fn group(&mut self, mine: &[Hashed], theirs: &[Hashed]) {
        let mine = last_ones(self.a, mine);
        let theirs = last_ones(self.b, theirs);
        let mut is_paired = vec![false; theirs.len()];
        for old in mine {
            let flow = self.a.bridge.flow(old);
            let found = theirs.iter().position(|new| self.a.is_same(flow, self.b, self.b.bridge.flow(*new)));
            match found {
                Some(at) => {
                    is_paired[at] = true;
                    self.pair(old, theirs[at]);
                }
                None => self.found.removed.push(old),
            }
        }
        let rest = theirs.iter().zip(is_paired).filter(|(_, is_paired)| !is_paired).map(|(new, _)| *new);
        self.found.added.extend(rest);
    }

    fn pair(&mut self, old: FlowId, new: FlowId) {
        let fields = self.judge.fields(self.a.bridge.flow(old), self.b.bridge.flow(new));
        let counted = fields.without(self.options.ignore);
        if !counted.is_empty() {
            return self.found.modified.push(Modified { old, new, fields: counted });
        }
        self.found.same += 1;
        for aspect in fields.iter() {
            self.found.ignored[aspect as usize] += 1;
        }
    }
}

/// The flows of a group, each only where it stands last.
fn last_ones(side: &Side<'_>, group: &[Hashed]) -> smallvec::SmallVec<[FlowId; 1]> {
    let mut ones: smallvec::SmallVec<[FlowId; 1]> = smallvec::SmallVec::new();
    for hashed in group {
        let flow = side.bridge.flow(hashed.flow);
        ones.retain(|one| !side.is_same(side.bridge.flow(*one), side, flow));
        ones.push(hashed.flow);
    }
    ones
}

/// The parts of a match that decide what older words for actions mean.
type Facts = [(u32, u32); 3];

/// Says what two flows with the same identity differ in.
struct Judge<'a> {
    a: &'a Side<'a>,
    b: &'a Side<'a>,
    /// Whether both versions can tell of the importance.
    has_importance: bool,
    /// Whether both can tell of flags.
    has_flags: bool,
    /// Actions that were compared.
    known: FxHashMap<(*const ActionList, *const ActionList, Facts), (bool, bool)>,
}

impl<'a> Judge<'a> {
    fn new(a: &'a Side<'a>, b: &'a Side<'a>) -> Judge<'a> {
        let tell = |since: Version| {
            let tells = |side: &Side<'_>| side.bridge.version.is_none_or(|version| version >= since);
            tells(a) && tells(b)
        };
        let (has_importance, has_flags) = (tell(Version::V14), tell(Version::V13));
        Judge { a, b, has_importance, has_flags, known: FxHashMap::default() }
    }

    fn fields(&mut self, old: FlowRef<'a>, new: FlowRef<'a>) -> Aspects {
        let mut fields = Aspects::default();
        let mut note = |differs: bool, aspect: Aspect| {
            if differs {
                fields.add(aspect);
            }
        };
        let (a, b) = (old.head(), new.head());
        if a != b {
            // How a flow is added is no part of it.
            let flags = |flags: Flags| flags.without(Flags::CHECK_OVERLAP).without(Flags::RESET_COUNTS);
            note(a.idle_timeout != b.idle_timeout, Aspect::IdleTimeout);
            note(a.hard_timeout != b.hard_timeout, Aspect::HardTimeout);
            note(a.importance != b.importance && self.has_importance, Aspect::Importance);
            note(flags(a.flags) != flags(b.flags) && self.has_flags, Aspect::Flags);
            note(a.cookie != b.cookie, Aspect::Cookie);
        }
        let (counted, recounted) = (old.stats(), new.stats());
        if let (Some(Stats { duration_ns, .. }), Some(now)) = (counted, recounted) {
            note(old.n_packets() != new.n_packets(), Aspect::Packets);
            note(old.n_bytes() != new.n_bytes(), Aspect::Bytes);
            note(duration_ns != now.duration_ns, Aspect::Duration);
        }
        let (is_same, learns_alike) = self.do_the_same(old, new);
        note(!is_same, Aspect::Actions);
        note(!learns_alike, Aspect::Cookie);
        fields
    }

    /// Whether they do the same, and whether the flows that they learn get the same cookies.
    fn do_the_same(&mut self, old: FlowRef<'a>, new: FlowRef<'a>) -> (bool, bool) {
        let (a, b) = (old.action_list(), new.action_list());
        if a.text == b.text {
            return (true, true);
        }
        let ids = [proto::DL_TYPE.word, proto::NW_PROTO.word, word::VLAN];
        let key = (std::sync::Arc::as_ptr(a), std::sync::Arc::as_ptr(b), ids.map(|id| old.word(id)));
        let (here, there) = (self.a, self.b);
        *self.known.entry(key).or_insert_with(|| {
            let (table, matching) = (old.table(), old.matches());
            let steps = |list: &ActionList, side: &Side<'_>| canon::steps(&list.actions, table, &matching, &side.ports);
            (steps(a, here) == steps(b, there), canon::cookies(&a.actions) == canon::cookies(&b.actions))
        })
    }
}

#[cfg(test)]
mod tests;

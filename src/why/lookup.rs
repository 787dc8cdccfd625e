//! Why a flow of a table did not get a packet: in what it differs, or which clause of its conjunction nothing met.

use smallvec::SmallVec;

use crate::action::Action;
use crate::field::slot::{WordId, word};
use crate::field::{FieldId, Key};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::store::FlowRef;

/// A flow of a table that did not get the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// The flow.
    pub flow: FlowId,
    /// Its priority.
    pub priority: u32,
    /// The fields in which the packet differs from what it matches, in the order in which a dump prints them.
    pub differs: Vec<Difference>,
    /// For a flow that a conjunction leads to: the clauses that nothing met.
    pub clauses: Vec<Clause>,
    /// How far the packet is from it.
    pub distance: Distance,
}

/// A field in which a packet differs from what a flow matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// The field.
    pub field: FieldId,
    /// How many bits are not as the flow wants them.
    pub bits: u32,
    /// What kind of thing the field is.
    pub sort: Sort,
}

/// A clause of a conjunction that no flow met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The number of the conjunction.
    pub conjunction: u32,
    /// The clause, from 1, and how many there are.
    pub number: (u8, u8),
    /// The flow of the clause that comes nearest, and in what the packet differs from it; `None` if the clause has no
    /// flow at all.
    pub nearest: Option<(FlowId, Vec<Difference>)>,
}

/// What kind of thing a field is, to somebody who asks what should have been different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// The packet itself: what its sender wrote.
    Packet,
    /// What connection tracking said.
    State,
    /// Where the packet is: its port, its network, what tables noted on the way.
    Place,
}

/// How far a packet is from a flow: ordered by how little would have to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Distance {
    /// In how many words of its place.
    pub place: u32,
    /// In how many words of its connection's state.
    pub state: u32,
    /// In how many words of the packet.
    pub words: u32,
    /// In how many bits of all of these.
    pub bits: u32,
}

impl std::ops::Add for Distance {
    type Output = Distance;

    fn add(self, other: Distance) -> Distance {
        Distance {
            place: self.place + other.place,
            state: self.state + other.state,
            words: self.words + other.words,
            bits: self.bits + other.bits,
        }
    }
}

/// What kind of thing a word of the packet belongs to.
fn sort(id: WordId) -> Sort {
    match id {
        word::CT..=word::CT_TP => Sort::State,
        word::ETH_SRC..word::BASE_END => Sort::Packet,
        _ => Sort::Place,
    }
}

/// What it counts that a flow wants another protocol.
const KIND: u32 = 4;

/// How far the packet is from a flow; `CONJ_ID` does not count.
fn distance(flow: FlowRef<'_>, key: &Key) -> Distance {
    let mut sum = Distance::default();
    for ((id, mask), value) in flow.shape().masks.iter().zip(flow.values()) {
        let off = (key.word(*id) ^ value) & mask;
        if off == 0 || *id == word::CONJ_ID {
            continue;
        }
        match sort(*id) {
            // Another protocol is another packet: the rest of it would differ as well.
            Sort::Packet if *id == word::TYPE => sum.words += KIND,
            Sort::Packet => sum.words += 1,
            Sort::State => sum.state += 1,
            Sort::Place => sum.place += 1,
        }
        sum.bits += off.count_ones();
    }
    sum
}

/// The fields in which a packet differs from what a flow matches; `conj_id` does not count.
pub fn differences(flow: FlowRef<'_>, key: &Key) -> Vec<Difference> {
    let matches = flow.matches();
    let mut fields = Vec::new();
    let mut left: SmallVec<[(WordId, u32); 8]> = matches
        .words()
        .iter()
        .map(|w| (w.word, (key.word(w.word) ^ w.value) & w.mask))
        .filter(|(id, off)| *off != 0 && *id != word::CONJ_ID)
        .collect();
    if left.is_empty() {
        return fields;
    }
    // Several fields share a word, such as the two ports of TCP; what a dump prints comes first, and then whatever
    // else owns bits that are left, such as the presence of a VLAN tag.
    for field in matches.fields().into_iter().chain(FieldId::all()) {
        let mut bits = 0;
        let slot = field.slot;
        for (id, part) in slot.words() {
            if let Some((_, off)) = left.iter_mut().find(|(word, _)| *word == id) {
                bits += (*off & part).count_ones();
                *off &= !part;
            }
        }
        if bits > 0 {
            fields.push(Difference { field, bits, sort: sort(slot.word) });
        }
        left.retain(|(_, off)| *off != 0);
        if left.is_empty() {
            break;
        }
    }
    fields
}

/// The clauses of conjunctions that a flow is one of.
fn clauses(flow: FlowRef<'_>) -> impl Iterator<Item = (u32, u8, u8)> + '_ {
    flow.actions().0.iter().filter_map(|action| match action {
        Action::Conjunction(c) => Some((c.id, c.clause, c.n_clauses)),
        _ => None,
    })
}

/// The clause of a conjunction: how many there are, and for each the nearest flow.
struct Joint {
    id: u32,
    priority: u32,
    nearest: Vec<Option<(Distance, FlowId)>>,
}

/// The flows of a table that would have taken the packet away from the one that got it, nearest first. `least` is the
/// priority they must have; a flow of that priority counts as well, since which one of two wins is not defined.
/// `limit` bounds the answer, not the search.
pub fn rivals(
    bridge: &Bridge,
    table: TableId,
    key: &Key,
    winner: Option<FlowId>,
    least: u32,
    limit: usize,
    is_wanted: impl Fn(FlowRef<'_>) -> bool,
) -> Vec<Rival> {
    let Some(table) = bridge.table(table) else { return Vec::new() };
    let mut near: Vec<(Distance, FlowId)> = Vec::new();
    let mut heirs: Vec<(u32, Distance, FlowId)> = Vec::new();
    let mut joints: Vec<Joint> = Vec::new();
    let mut by_id: rustc_hash::FxHashMap<(u32, u32), usize> = rustc_hash::FxHashMap::default();
    for &id in &table.flows {
        let flow = bridge.flow(id);
        if flow.priority() < least {
            break;
        }
        if Some(id) == winner {
            continue;
        }
        let mut is_clause = false;
        for (conjunction, clause, of) in clauses(flow) {
            is_clause = true;
            let at = *by_id.entry((conjunction, flow.priority())).or_insert_with(|| {
                let nearest = vec![None; usize::from(of)];
                joints.push(Joint { id: conjunction, priority: flow.priority(), nearest });
                joints.len() - 1
            });
            let this = distance(flow, key);
            if let Some(best) = joints[at].nearest.get_mut(usize::from(clause.saturating_sub(1)))
                && best.is_none_or(|(far, _)| this < far)
            {
                *best = Some((this, id));
            }
        }
        if is_clause || !is_wanted(flow) {
            continue;
        }
        let this = distance(flow, key);
        match flow.word(word::CONJ_ID) {
            (conjunction, mask) if mask != 0 && conjunction != 0 => heirs.push((conjunction, this, id)),
            _ => near.push((this, id)),
        }
    }
    let mut joined: Vec<(Distance, FlowId, usize)> = Vec::new();
    for (conjunction, own, heir) in heirs {
        let whole = |at: usize| {
            let far = Distance { place: 1, words: 99, bits: 999, ..Distance::default() };
            joints[at].nearest.iter().fold(own, |sum, n| sum + n.map_or(far, |(d, _)| d))
        };
        let best = (0..joints.len()).filter(|at| joints[*at].id == conjunction).min_by_key(|at| whole(*at));
        if let Some(at) = best {
            joined.push((whole(at), heir, at));
        }
    }
    let plain = near.into_iter().map(|(distance, flow)| (distance, flow, None));
    let mut all: Vec<(Distance, FlowId, Option<usize>)> =
        plain.chain(joined.into_iter().map(|(distance, flow, at)| (distance, flow, Some(at)))).collect();
    // Of equals the one that stands higher; of all only the nearest are made out in full.
    let order = |(distance, flow, _): &(Distance, FlowId, Option<usize>)| {
        (*distance, std::cmp::Reverse(bridge.flow(*flow).priority()), *flow)
    };
    if all.len() > limit {
        all.select_nth_unstable_by_key(limit, order);
        all.truncate(limit);
    }
    all.sort_by_key(order);
    all.into_iter()
        .map(|(distance, flow, joint)| {
            let row = bridge.flow(flow);
            let clauses = joint.map(|at| unmet(bridge, key, &joints[at])).unwrap_or_default();
            let priority = joint.map_or(row.priority(), |at| joints[at].priority);
            Rival { flow, priority, differs: differences(row, key), clauses, distance }
        })
        .collect()
}

/// The clauses that nothing met.
fn unmet(bridge: &Bridge, key: &Key, joint: &Joint) -> Vec<Clause> {
    let of = joint.nearest.len() as u8;
    let numbered = (1..).zip(&joint.nearest);
    numbered
        .filter(|(_, nearest)| nearest.is_none_or(|(distance, _)| distance != Distance::default()))
        .map(|(number, nearest)| Clause {
            conjunction: joint.id,
            number: (number, of),
            nearest: nearest.map(|(_, flow)| (flow, differences(bridge.flow(flow), key))),
        })
        .collect()
}

/// How the flows that stand above the winner lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Above {
    /// How many flows of the packet's place stand above: of its port, its network.
    pub flows: usize,
    /// The fields that decided, most flows first: for each flow one field in which it differs from the packet.
    pub by_field: Vec<(FieldId, usize)>,
    /// How many are clauses of conjunctions that were met, but not all clauses of any conjunction.
    pub clauses: usize,
    /// How many flows of other places stand above.
    pub elsewhere: usize,
}

/// How the flows above the winner lost. A table miss has all flows above it.
pub fn above(bridge: &Bridge, table: TableId, key: &Key, winner: Option<FlowId>) -> Above {
    let mut above = Above::default();
    let Some(table) = bridge.table(table) else { return above };
    let least = winner.map(|w| bridge.flow(w).priority());
    // Fields are made out once for each combination of a shape and a word, since a table has few shapes.
    let mut fields: rustc_hash::FxHashMap<(usize, WordId), (FlowId, usize)> = rustc_hash::FxHashMap::default();
    for &id in &table.flows {
        let flow = bridge.flow(id);
        if least.is_some_and(|least| flow.priority() <= least) {
            break;
        }
        let shape = flow.shape();
        let masks = shape.masks.iter().zip(flow.values());
        let off = masks.filter(|((id, mask), value)| (key.word(*id) ^ **value) & mask != 0 && *id != word::CONJ_ID);
        let (mut first, mut is_here) = (None, true);
        for ((id, _), _) in off {
            is_here &= sort(*id) != Sort::Place;
            if first.is_none_or(|first| sort(*id) < sort(first)) {
                first = Some(*id);
            }
        }
        if !is_here {
            above.elsewhere += 1;
            continue;
        }
        above.flows += 1;
        match first {
            None => above.clauses += 1,
            Some(word) => {
                let shape = std::sync::Arc::as_ptr(shape).addr();
                fields.entry((shape, word)).or_insert((id, 0)).1 += 1;
            }
        }
    }
    for ((_, word), (flow, n)) in fields {
        let differs = differences(bridge.flow(flow), key);
        let Some(field) = differs.iter().find(|d| d.field.slot.words().any(|(id, _)| id == word)) else { continue };
        match above.by_field.iter_mut().find(|(f, _)| *f == field.field) {
            Some((_, sum)) => *sum += n,
            None => above.by_field.push((field.field, n)),
        }
    }
    above.by_field.sort_by_key(|(field, n)| (std::cmp::Reverse(*n), *field));
    above
}

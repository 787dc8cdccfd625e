//! Which flow of a table a packet gets.
//!
//! Tuple space search, as Open vSwitch does it (lib/classifier.c): flows that match the same bits form a subtable, and a
//! subtable is a hash table over the values of these bits. A packet is looked up in one subtable after the other, those
//! with the highest priorities first, until no better flow can come. So a lookup costs as much as there are subtables,
//! however many flows they hold.
//!
//! Conjunctions (ovs-fields(7), "Conjunctive Match Fields") follow Open vSwitch's order exactly: a flow with a
//! `conjunction` action is a *soft* match, which counts only if every clause of its conjunction is met at its priority.

use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::{FxHashMap, FxHasher};
use smallvec::SmallVec;
use std::hash::Hasher;

use super::bridge::FlowId;
use super::store::{FlowStore, Shape};
use crate::action::Action;
use crate::action::pipeline::Conjunction;
use crate::field::slot::WordId;
use crate::field::{Key, table};

/// The flows of one table, ready to be looked up.
#[derive(Debug, Default)]
pub struct Classifier {
    /// Highest priority first.
    subtables: Vec<Subtable>,
    /// Flows with the same match and different priorities: what follows the first, highest priority first.
    more: FxHashMap<FlowId, Vec<FlowId>>,
    /// Whether any flow is a clause of a conjunction.
    has_conjunctions: bool,
}

/// The flows that match the same bits.
#[derive(Debug)]
pub struct Subtable {
    /// The bits.
    pub shape: Arc<Shape>,
    /// The highest priority of its flows.
    pub priority: u32,
    /// For each combination of values the flow with the highest priority.
    heads: HashTable<FlowId>,
}

/// The flow that a packet gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The flow.
    pub flow: FlowId,
    /// The clauses of the conjunction that led to it, if one did.
    pub via: SmallVec<[FlowId; 4]>,
    /// The number of that conjunction.
    pub conjunction: Option<u32>,
}

type Values = SmallVec<[u32; 8]>;

fn hash(values: &[u32]) -> u64 {
    let mut hasher = FxHasher::default();
    for value in values {
        hasher.write_u32(*value);
    }
    hasher.finish()
}

impl Classifier {
    /// A classifier of some flows of a store, which stand highest priority first.
    pub fn new(store: &FlowStore, flows: &[FlowId]) -> Classifier {
        let mut classifier = Classifier::default();
        let mut by_masks: FxHashMap<&[(WordId, u32)], usize> = FxHashMap::default();
        for &id in flows {
            let flow = store.get(id);
            let at = *by_masks.entry(&flow.shape().masks).or_insert_with(|| {
                // Flows come highest priority first, so the first one of a subtable has its highest priority, and the
                // subtables come in order, too.
                let (shape, priority) = (flow.shape().clone(), flow.priority());
                classifier.subtables.push(Subtable { shape, priority, heads: HashTable::new() });
                classifier.subtables.len() - 1
            });
            let heads = &mut classifier.subtables[at].heads;
            let values = flow.values();
            let hash_of = |id: &FlowId| hash(store.get(*id).values());
            match heads.find(hash(values), |head| store.get(*head).values() == values) {
                Some(head) => classifier.more.entry(*head).or_default().push(id),
                None => {
                    heads.insert_unique(hash(values), id, hash_of);
                }
            }
            classifier.has_conjunctions |= conjunctions(store, id).next().is_some();
        }
        classifier
    }

    /// Whether any flow is a clause of a conjunction.
    pub fn has_conjunctions(&self) -> bool {
        self.has_conjunctions
    }

    /// The subtables, highest priority first.
    pub fn subtables(&self) -> &[Subtable] {
        &self.subtables
    }

    /// Every flow that the packet matches, clauses of conjunctions included, subtable by subtable.
    pub fn matching<'a>(&'a self, store: &'a FlowStore, key: &'a Key) -> impl Iterator<Item = FlowId> + 'a {
        self.subtables.iter().filter_map(|s| s.find(store, key)).flat_map(|head| self.list(head))
    }

    /// The flows with the match of a head, highest priority first.
    pub fn list(&self, head: FlowId) -> impl Iterator<Item = FlowId> + '_ {
        std::iter::once(head).chain(self.more.get(&head).into_iter().flatten().copied())
    }

    /// The flow that a packet gets.
    pub fn lookup(&self, store: &FlowStore, key: &Key) -> Option<Hit> {
        if !self.has_conjunctions {
            let flow = self.lookup_hard(store, key)?;
            return Some(Hit { flow, via: SmallVec::new(), conjunction: None });
        }
        let mut hard: Option<(u32, FlowId)> = None;
        let mut soft: SmallVec<[Soft; 16]> = SmallVec::new();
        for subtable in &self.subtables {
            if hard.is_some_and(|(priority, _)| subtable.priority <= priority) {
                break;
            }
            let Some(head) = subtable.find(store, key) else { continue };
            let priority = store.get(head).priority();
            if hard.is_some_and(|(best, _)| priority <= best) {
                continue;
            }
            if conjunctions(store, head).next().is_some() {
                soft.push(Soft { priority, flow: head, rest: self.rest(head) });
            } else {
                hard = Some((priority, head));
            }
        }
        self.resolve(store, key, hard, soft)
    }

    /// The flows below a head in its list.
    fn rest(&self, head: FlowId) -> &[FlowId] {
        self.more.get(&head).map_or(&[], Vec::as_slice)
    }

    /// The best flow that is no clause of a conjunction (`classifier_lookup__` without conjunctive matches).
    fn lookup_hard(&self, store: &FlowStore, key: &Key) -> Option<FlowId> {
        let mut hard: Option<(u32, FlowId)> = None;
        for subtable in &self.subtables {
            if hard.is_some_and(|(priority, _)| subtable.priority <= priority) {
                break;
            }
            let Some(head) = subtable.find(store, key) else { continue };
            let priority = store.get(head).priority();
            let is_better = hard.is_none_or(|(best, _)| priority > best);
            if is_better && (!self.has_conjunctions || conjunctions(store, head).next().is_none()) {
                hard = Some((priority, head));
            }
        }
        hard.map(|(_, flow)| flow)
    }

    /// Decides between the best hard match and conjunctions of higher priority (the "soft match loop").
    fn resolve<'a>(
        &'a self,
        store: &FlowStore,
        key: &Key,
        mut hard: Option<(u32, FlowId)>,
        mut soft: SmallVec<[Soft<'a>; 16]>,
    ) -> Option<Hit> {
        loop {
            let mut at = 0;
            while at < soft.len() {
                if hard.is_some_and(|(best, _)| soft[at].priority <= best) {
                    // As Open vSwitch does it: the last takes the place of the one that goes.
                    soft.swap_remove(at);
                } else {
                    at += 1;
                }
            }
            let Some(priority) = soft.iter().map(|s| s.priority).max() else {
                return hard.map(|(_, flow)| Hit { flow, via: SmallVec::new(), conjunction: None });
            };
            if let Some(hit) = self.joined(store, key, &soft, priority) {
                return Some(hit);
            }
            // The clauses of this priority lead nowhere; below each may stand a flow with the same match.
            let mut at = 0;
            while at < soft.len() {
                if soft[at].priority != priority {
                    at += 1;
                    continue;
                }
                match soft[at].rest.split_first() {
                    None => {
                        soft.swap_remove(at);
                    }
                    Some((&flow, rest)) => {
                        let priority = store.get(flow).priority();
                        if conjunctions(store, flow).next().is_some() {
                            soft[at] = Soft { priority, flow, rest };
                            at += 1;
                        } else {
                            if hard.is_none_or(|(best, _)| priority > best) {
                                hard = Some((priority, flow));
                            }
                            soft.swap_remove(at);
                        }
                    }
                }
            }
        }
    }

    /// The flow of the first conjunction whose clauses are all met at `priority`.
    fn joined(&self, store: &FlowStore, key: &Key, soft: &[Soft<'_>], priority: u32) -> Option<Hit> {
        let here = || soft.iter().filter(|s| s.priority == priority);
        let n_here = here().count();
        // Bits of clauses that are met, those beyond the last clause counted as met.
        let mut met: SmallVec<[(u32, u64); 8]> = SmallVec::new();
        for one in here() {
            for clause in conjunctions(store, one.flow).filter(|c| usize::from(c.n_clauses) <= n_here) {
                let at = met.iter().position(|(id, _)| *id == clause.id).unwrap_or_else(|| {
                    met.push((clause.id, u64::MAX.checked_shl(clause.n_clauses.into()).unwrap_or(0)));
                    met.len() - 1
                });
                met[at].1 |= 1 << (clause.clause - 1);
                if met[at].1 == u64::MAX {
                    let mut with_id = key.clone();
                    with_id.set(table::CONJ_ID.slot, clause.id.into());
                    if let Some(flow) = self.lookup_hard(store, &with_id) {
                        let clauses = here().map(|s| s.flow);
                        let via = clauses.filter(|f| conjunctions(store, *f).any(|c| c.id == clause.id)).collect();
                        return Some(Hit { flow, via, conjunction: Some(clause.id) });
                    }
                    // As Open vSwitch does: the other conjunctions of this flow are not looked at.
                    break;
                }
            }
        }
        None
    }
}

/// A flow that counts only together with others.
struct Soft<'a> {
    priority: u32,
    flow: FlowId,
    /// Flows with the same match and lower priority.
    rest: &'a [FlowId],
}

impl Subtable {
    /// The flow with the highest priority among those with the packet's values.
    #[inline]
    fn find(&self, store: &FlowStore, key: &Key) -> Option<FlowId> {
        let values: Values = self.shape.masks.iter().map(|(word, mask)| key.word(*word) & mask).collect();
        self.heads.find(hash(&values), |head| store.get(*head).values() == values.as_slice()).copied()
    }

    /// For each combination of values the flow with the highest priority, in no order.
    pub fn heads(&self) -> impl Iterator<Item = FlowId> + '_ {
        self.heads.iter().copied()
    }

    /// How many combinations of values there are.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }
}

/// The clauses that a flow is part of. Open vSwitch looks for them at the top of a flow's actions.
pub fn conjunctions(store: &FlowStore, flow: FlowId) -> impl Iterator<Item = &Conjunction> {
    store.get(flow).actions().0.iter().filter_map(|action| match action {
        Action::Conjunction(c) if (1..=64).contains(&c.clause) && c.clause <= c.n_clauses && c.n_clauses <= 64 => {
            Some(c)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Actions;
    use crate::field::{FieldId, Match};
    use crate::model::flow::{Flow, Style};
    use crate::model::store::{Interner, Line, SegmentBuilder};

    const IN_PORT: FieldId = table::IN_PORT;
    const REG: FieldId = table::REG;

    fn conjunction(id: u32, clause: u8, n_clauses: u8) -> Vec<Action> {
        vec![Conjunction { id, clause, n_clauses }.into()]
    }

    /// A flow as priority, match and actions.
    type Row<'a> = (u32, &'a [(FieldId, u64)], Vec<Action>);

    fn classifier(flows: &[Row<'_>]) -> (FlowStore, Classifier) {
        let interner = Interner::default();
        let mut builder = SegmentBuilder::new(&interner);
        for (n, (priority, fields, actions)) in flows.iter().enumerate() {
            let mut matches = Match::any();
            for (field, value) in *fields {
                matches.set_exact(field.slot, *value);
            }
            let flow = Flow { priority: *priority, matches, ..Flow::default() };
            let shape = builder.shape(&flow.matches);
            let list = interner.keep_actions(&format!("{n}"), Actions(actions.clone()), Vec::new());
            let line = Line { number: n as u32 + 1, verbatim: None, style: Style::NoStats, names: false };
            builder.push(&flow, shape, &list, line);
        }
        let store = FlowStore::new([Arc::new(builder.finish())]);
        let mut ids: Vec<FlowId> = (0..store.len() as u32).collect();
        ids.sort_by_key(|id| std::cmp::Reverse(store.get(*id).priority()));
        let classifier = Classifier::new(&store, &ids);
        (store, classifier)
    }

    fn packet(fields: &[(FieldId, u64)]) -> Key {
        let mut key = Key::default();
        for (field, value) in fields {
            key.set(field.slot, *value);
        }
        key
    }

    #[test]
    fn the_highest_priority_wins() {
        let (store, classifier) = classifier(&[
            (10, &[], vec![]),
            (20, &[(IN_PORT, 1)], vec![]),
            (30, &[(IN_PORT, 2)], vec![]),
            (5, &[(IN_PORT, 2)], vec![]),
            (25, &[(REG, 7)], vec![]),
        ]);
        let hit = |fields: &[(FieldId, u64)]| classifier.lookup(&store, &packet(fields)).map(|h| h.flow);
        assert_eq!(hit(&[]), Some(0));
        assert_eq!(hit(&[(IN_PORT, 1)]), Some(1));
        assert_eq!(hit(&[(IN_PORT, 2), (REG, 7)]), Some(2));
        assert_eq!(hit(&[(IN_PORT, 1), (REG, 7)]), Some(4));
        assert_eq!(classifier.matching(&store, &packet(&[(IN_PORT, 2)])).collect::<Vec<_>>(), [2, 3, 0]);
        assert_eq!(classifier.subtables().len(), 3);
    }

    #[test]
    fn a_conjunction_counts_when_every_clause_is_met() {
        let (store, classifier) = classifier(&[
            (50, &[(IN_PORT, 1)], conjunction(9, 1, 2)),
            (50, &[(IN_PORT, 2)], conjunction(9, 1, 2)),
            (50, &[(REG, 7)], conjunction(9, 2, 2)),
            (50, &[(table::CONJ_ID, 9)], vec![]),
            (40, &[(REG, 7)], vec![]),
            (0, &[], vec![]),
        ]);
        let hit = |fields: &[(FieldId, u64)]| classifier.lookup(&store, &packet(fields)).map(|h| (h.flow, h.via.len()));
        assert_eq!(hit(&[(IN_PORT, 1), (REG, 7)]), Some((3, 2)));
        assert_eq!(hit(&[(IN_PORT, 3), (REG, 7)]), Some((4, 0)), "below a clause stands a flow with the same match");
        assert_eq!(hit(&[(IN_PORT, 1), (REG, 8)]), Some((5, 0)));
    }
}

//! A store with other flows: rows that go, rows that change, rows that come.
//!
//! Segments that nothing happens to are shared with the old store, so a change costs as much as the segments it touches.

use super::{ActionList, FlowRef, FlowStore, Head, Interner, Line, NO_AGE, Rare, Segment, SegmentBuilder, UNKNOWN};
use crate::field::Names;
use crate::model::flow::{Flow, FlowKey, Stats, Style};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// New segments take further flows up to this many, so that flows that come one by one do not make a segment each.
const SMALL: usize = 1 << 10;

/// What happens to the rows of a store.
#[derive(Debug, Clone, Default)]
pub struct RowEdits {
    /// Rows that go.
    pub gone: FxHashSet<u32>,
    /// Rows whose flow does something else; the new flow has the same table, priority and match.
    pub changed: FxHashMap<u32, Flow>,
    /// Flows that come.
    pub added: Vec<Flow>,
}

impl FlowRef<'_> {
    /// What makes it the flow it is.
    pub fn key(self) -> FlowKey {
        let residue = self.residue().to_vec();
        FlowKey { table: self.table(), priority: self.priority(), matches: self.matches(), residue }
    }
}

impl FlowStore {
    /// How new flows are to be printed, so that they look like those that are there: with counters, with names.
    pub fn manner(&self) -> (Style, bool) {
        let first = self.segments().find_map(|(_, segment)| segment.heads().first());
        first.map_or((Style::NoStats, false), |head| (head.style, head.names))
    }

    /// The store with other flows. Rows that stay keep their order; what comes stands at the end.
    pub fn edited(&self, edits: &RowEdits, names: &Names) -> FlowStore {
        let interner = Interner::default();
        let writer = Writer { interner: &interner, names, manner: self.manner() };
        let mut segments: Vec<Arc<Segment>> = Vec::new();
        for (start, segment) in self.segments() {
            let rows = start..start + segment.len() as u32;
            if edits.gone.iter().chain(edits.changed.keys()).any(|row| rows.contains(row)) {
                segments.extend(writer.rewritten(segment, start, edits).map(Arc::new));
            } else {
                segments.push(segment.clone());
            }
        }
        let mut added = edits.added.iter();
        if let Some(last) = segments.last_mut().filter(|last| last.len() < SMALL && last.filled.is_none()) {
            let room = SMALL - last.len();
            *last = Arc::new(writer.with(last, added.by_ref().take(room)));
        }
        while added.len() > 0 {
            let empty = Segment::default();
            segments.push(Arc::new(writer.with(&empty, added.by_ref().take(Segment::ROWS))));
        }
        FlowStore::new(segments.into_iter().filter(|segment| !segment.is_empty()))
    }
}

struct Writer<'a> {
    interner: &'a Interner,
    names: &'a Names,
    manner: (Style, bool),
}

impl Writer<'_> {
    fn list(&self, flow: &Flow, names: bool) -> Arc<ActionList> {
        let text = flow.actions_text(if names { self.names } else { Names::none() });
        let known = self.interner.actions(&text);
        known.unwrap_or_else(|| self.interner.keep_actions(&text, flow.actions.clone(), Vec::new()))
    }

    /// A segment of all rows of another and of more flows. There must be room for them.
    fn with<'f>(&self, old: &Segment, flows: impl Iterator<Item = &'f Flow>) -> Segment {
        let mut rows = SegmentBuilder::new(self.interner);
        for (row, flow) in old.rows().enumerate() {
            self.copy(flow, old.line(row), &mut rows);
        }
        for flow in flows {
            let (style, names) = self.manner;
            let shape = rows.shape(&flow.matches);
            rows.push(flow, shape, &self.list(flow, names), Line { number: 0, verbatim: None, style, names });
        }
        rows.finish()
    }

    fn copy(&self, flow: FlowRef<'_>, number: u32, rows: &mut SegmentBuilder<'_>) {
        let (shape, head) = (rows.shape(&flow.matches()), flow.head());
        let line = Line { number, verbatim: flow.verbatim(), style: head.style, names: head.names };
        rows.push(&flow.without_actions(), shape, flow.action_list(), line);
    }

    /// A segment with what happens to its rows.
    fn rewritten(&self, old: &Segment, start: u32, edits: &RowEdits) -> Option<Segment> {
        let mut new = old.clone();
        let mut known = Dictionaries::of(&new);
        for (row, flow) in &edits.changed {
            if let Some(row) = row.checked_sub(start).map(|row| row as usize).filter(|row| *row < old.len()) {
                let list = self.list(flow, old.row(row).head().names);
                new.change(row, flow, &list, &mut known);
            }
        }
        let is_gone = |row: usize| edits.gone.contains(&(start + row as u32));
        if (0..old.len()).any(is_gone) {
            new.keep(|row| !is_gone(row));
        }
        (!new.is_empty()).then_some(new)
    }
}

/// Where the entries of a segment's dictionaries are.
struct Dictionaries {
    lists: FxHashMap<Box<str>, u16>,
    heads: FxHashMap<Head, u16>,
}

impl Dictionaries {
    fn of(segment: &Segment) -> Dictionaries {
        Dictionaries {
            lists: segment.action_lists.iter().map(|list| list.text.clone()).zip(0..=u16::MAX).collect(),
            heads: segment.heads.iter().copied().zip(0..=u16::MAX).collect(),
        }
    }
}

impl Segment {
    /// Puts a flow into the place of one with the same table, priority and match.
    fn change(&mut self, row: usize, flow: &Flow, list: &Arc<ActionList>, known: &mut Dictionaries) {
        let head = Head {
            cookie: flow.cookie,
            idle_timeout: flow.idle_timeout,
            hard_timeout: flow.hard_timeout,
            importance: flow.importance,
            flags: flow.flags,
            has_stats: flow.stats.is_some(),
            ..self.heads[usize::from(self.head[row])]
        };
        if self.action_lists.len() == Segment::ROWS || self.heads.len() == Segment::ROWS {
            self.forget_unused(row);
            *known = Dictionaries::of(self);
        }
        self.actions[row] = *known.lists.entry(list.text.clone()).or_insert_with(|| {
            self.action_lists.push(list.clone());
            (self.action_lists.len() - 1) as u16
        });
        self.head[row] = *known.heads.entry(head).or_insert_with(|| {
            self.heads.push(head);
            (self.heads.len() - 1) as u16
        });
        let stats = flow.stats.unwrap_or(Stats { n_packets: None, n_bytes: None, ..Stats::default() });
        self.n_packets[row] = stats.n_packets.unwrap_or(UNKNOWN);
        self.n_bytes[row] = stats.n_bytes.unwrap_or(UNKNOWN);
        self.duration_ns[row] = stats.duration_ns;
        let ages = (stats.idle_age.unwrap_or(NO_AGE), stats.hard_age.unwrap_or(NO_AGE));
        if ages != (NO_AGE, NO_AGE) || !self.ages.is_empty() {
            self.ages.resize(self.table.len(), (NO_AGE, NO_AGE));
            self.ages[row] = ages;
        }
        let key = row as u16;
        self.rare.remove(&key);
        if !flow.residue.is_empty() || stats.offloaded.is_some() {
            let rare = Rare { verbatim: None, residue: flow.residue.clone(), offloaded: stats.offloaded };
            self.rare.insert(key, rare);
        }
        if let Some(filling) = &mut self.filled {
            filling.offloaded.remove(&key);
            filling.ages[row] = (NO_AGE, NO_AGE);
        }
    }

    /// Makes room in dictionaries: no row but `about`, which is about to change, needs what is forgotten.
    fn forget_unused(&mut self, about: usize) {
        fn compact<T: Clone>(entries: &mut Vec<T>, used: &mut [u16], about: usize) {
            let mut kept: FxHashMap<u16, u16> = FxHashMap::default();
            let mut left: Vec<T> = Vec::new();
            for (_, id) in used.iter_mut().enumerate().filter(|(row, _)| *row != about) {
                *id = *kept.entry(*id).or_insert_with(|| {
                    left.push(entries[usize::from(*id)].clone());
                    (left.len() - 1) as u16
                });
            }
            *entries = left;
        }
        compact(&mut self.action_lists, &mut self.actions, about);
        compact(&mut self.heads, &mut self.head, about);
    }

    /// Keeps some rows only.
    fn keep(&mut self, stays: impl Fn(usize) -> bool) {
        fn retain<T>(column: &mut Vec<T>, stays: &impl Fn(usize) -> bool) {
            let mut row = 0..;
            column.retain(|_| row.next().is_some_and(stays));
        }
        let rows: Vec<usize> = (0..self.len()).filter(|row| stays(*row)).collect();
        let number: FxHashMap<u16, u16> = rows.iter().map(|row| *row as u16).zip(0..).collect();
        let mut lines: Vec<(u16, u32)> = Vec::new();
        let mut last = None;
        for (new, row) in rows.iter().enumerate() {
            let line = self.line(*row);
            if last.is_none_or(|last: u32| last.wrapping_add(1) != line) {
                lines.push((new as u16, line));
            }
            last = Some(line);
        }
        let mut values = Vec::with_capacity(self.values.len());
        let mut values_at = Vec::with_capacity(rows.len());
        for row in &rows {
            values_at.push(values.len() as u32);
            values.extend_from_slice(self.values(*row));
        }
        (self.lines, self.values, self.values_at) = (lines, values, values_at);
        retain(&mut self.table, &stays);
        retain(&mut self.priority, &stays);
        retain(&mut self.shape, &stays);
        retain(&mut self.actions, &stays);
        retain(&mut self.head, &stays);
        retain(&mut self.n_packets, &stays);
        retain(&mut self.n_bytes, &stays);
        retain(&mut self.duration_ns, &stays);
        retain(&mut self.ages, &stays);
        let renumbered = |row: u16| number.get(&row).copied();
        self.rare = self.rare.drain().filter_map(|(row, rare)| Some((renumbered(row)?, rare))).collect();
        if let Some(filling) = &mut self.filled {
            retain(&mut filling.ages, &stays);
            let offloaded = filling.offloaded.drain();
            filling.offloaded = offloaded.filter_map(|(row, counts)| Some((renumbered(row)?, counts))).collect();
        }
    }
}

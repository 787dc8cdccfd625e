//! A million flows in little room.
//!
//! Flows of one table look alike: they match the same bits, do the same few things, carry the same cookie. So a flow is
//! stored as numbers into dictionaries: its [`Shape`] (which bits it matches), its actions, its head (cookie, timeouts,
//! flags), and beside them only what is its own, the values of the matched words and its counters. A [`Segment`] holds
//! up to 65536 flows in columns with dictionaries of its own; a [`FlowStore`] is a list of segments, so that flows can be
//! shown while others are still being read, and so that two threads can fill it.
//!
//! The text of a flow is not stored: it is printed. Only a line that does not print back as it was read is kept
//! verbatim, with whatever words in it nobody knows.

mod edit;

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::flow::{Flags, Flow, Stats, Style};
use crate::action::Actions;
use crate::base::diag::Diagnostic;
use crate::base::paint::Painter;
use crate::field::matches::{Masked, Plan};
use crate::field::slot::WordId;
use crate::field::{Match, Names};

pub use edit::RowEdits;

/// Which bits a match is about, whatever their values: the mask of a subtable.
#[derive(Debug, PartialEq, Eq)]
pub struct Shape {
    /// The words with their masks, sorted.
    pub masks: Box<[(WordId, u32)]>,
    /// What a dump prints for it, in order.
    pub plan: Plan,
}

/// The actions of a flow, with the text they were read from.
#[derive(Debug, PartialEq, Eq)]
pub struct ActionList {
    /// The text as it stood in the dump.
    pub text: Box<str>,
    /// What it means.
    pub actions: Actions,
    /// What nobody knows of it, with positions in the text.
    pub found: Box<[Diagnostic]>,
}

/// What flows have in common beside match and actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Head {
    /// The number that the owner gave.
    pub cookie: u64,
    /// Seconds without a packet; 0 for never.
    pub idle_timeout: u16,
    /// Seconds; 0 for never.
    pub hard_timeout: u16,
    /// How late it is evicted.
    pub importance: u16,
    /// Flags.
    pub flags: Flags,
    /// How the dump printed it.
    pub style: Style,
    /// Whether the dump printed names of ports and tables.
    pub names: bool,
    /// Whether the dump printed counters.
    pub has_stats: bool,
}

/// Finds the shapes and actions that are there already, for all threads that fill one store.
#[derive(Debug, Default)]
pub struct Interner {
    shapes: Mutex<FxHashSet<ByMasks>>,
    actions: Mutex<FxHashSet<ByText>>,
}

#[derive(Debug, Clone)]
struct ByMasks(Arc<Shape>);

#[derive(Debug, Clone)]
struct ByText(Arc<ActionList>);

impl PartialEq for ByMasks {
    fn eq(&self, other: &Self) -> bool {
        self.0.masks == other.0.masks
    }
}

impl Eq for ByMasks {}

impl Hash for ByMasks {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.masks.hash(state);
    }
}

impl Borrow<[(WordId, u32)]> for ByMasks {
    fn borrow(&self) -> &[(WordId, u32)] {
        &self.0.masks
    }
}

impl PartialEq for ByText {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for ByText {}

impl Hash for ByText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text.hash(state);
    }
}

impl Borrow<str> for ByText {
    fn borrow(&self) -> &str {
        &self.0.text
    }
}

impl Interner {
    /// The shape with these masks.
    pub fn shape(&self, masks: &[(WordId, u32)]) -> Arc<Shape> {
        // A panic elsewhere cannot leave a set half changed, so a poisoned lock is still good.
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = shapes.get(masks) {
            return found.0.clone();
        }
        let shape = Arc::new(Shape { masks: masks.into(), plan: Plan::of(masks.iter().copied()) });
        shapes.insert(ByMasks(shape.clone()));
        shape
    }

    /// The actions with this text, if they were read before.
    pub fn actions(&self, text: &str) -> Option<Arc<ActionList>> {
        let actions = self.actions.lock().unwrap_or_else(PoisonError::into_inner);
        actions.get(text).map(|found| found.0.clone())
    }

    /// Keeps actions that were just read, unless another thread was faster.
    pub fn keep_actions(&self, text: &str, read: Actions, found: Vec<Diagnostic>) -> Arc<ActionList> {
        let list = Arc::new(ActionList { text: text.into(), actions: read, found: found.into() });
        let mut actions = self.actions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = actions.get(text) {
            return found.0.clone();
        }
        actions.insert(ByText(list.clone()));
        list
    }
}

/// What only few flows have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Rare {
    /// The whole line, if it does not print back as it was read.
    verbatim: Option<Box<str>>,
    /// Words of the line that nobody knows.
    residue: Vec<Box<str>>,
    /// What hardware counted.
    offloaded: Option<(u64, u64)>,
}

/// Up to 65536 flows in columns.
#[derive(Debug, Clone, Default)]
pub struct Segment {
    table: Vec<u8>,
    priority: Vec<u32>,
    shape: Vec<u16>,
    actions: Vec<u16>,
    head: Vec<u16>,
    values_at: Vec<u32>,
    values: Vec<u32>,
    n_packets: Vec<u64>,
    n_bytes: Vec<u64>,
    duration_ns: Vec<u64>,
    /// Idle age and hard age; empty where no flow has one.
    ages: Vec<(u32, u32)>,
    rare: FxHashMap<u16, Rare>,
    /// Rows from which on line numbers no longer follow on each other, with their line numbers.
    lines: Vec<(u16, u32)>,
    shapes: Vec<Arc<Shape>>,
    action_lists: Vec<Arc<ActionList>>,
    heads: Vec<Head>,
    /// What other dumps of the same flows say beyond this one.
    filled: Option<Box<Filling>>,
}

/// What other dumps of the same flows say beyond this one. It never changes how a flow prints.
#[derive(Debug, Clone, Default)]
struct Filling {
    /// Idle age and hard age, row by row.
    ages: Vec<(u32, u32)>,
    offloaded: FxHashMap<u16, (u64, u64)>,
}

/// How much of a store was filled from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filled {
    /// Flows whose ages are known now.
    pub ages: usize,
    /// Flows of which is known now what hardware counted.
    pub offloaded: usize,
}

/// A counter or an age that the dump did not have.
const UNKNOWN: u64 = u64::MAX;
const NO_AGE: u32 = u32::MAX;

impl Segment {
    /// Flows at most, so that their numbers and those of the dictionaries fit into 16 bits.
    pub const ROWS: usize = 1 << 16;

    /// How many flows there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The flow in a row.
    pub fn row(&self, row: usize) -> FlowRef<'_> {
        debug_assert!(row < self.len());
        FlowRef { segment: self, row }
    }

    /// The flows.
    pub fn rows(&self) -> impl Iterator<Item = FlowRef<'_>> {
        (0..self.len()).map(|row| FlowRef { segment: self, row })
    }

    /// The tables of the flows, row by row.
    pub fn tables(&self) -> &[u8] {
        &self.table
    }

    /// The priorities of the flows, row by row.
    pub fn priorities(&self) -> &[u32] {
        &self.priority
    }

    /// The packet counters, row by row; `u64::MAX` where the dump had none.
    pub fn n_packets(&self) -> &[u64] {
        &self.n_packets
    }

    /// The byte counters, row by row; `u64::MAX` where the dump had none.
    pub fn n_bytes(&self) -> &[u64] {
        &self.n_bytes
    }

    /// How long the flows exist, row by row, in nanoseconds.
    pub fn durations(&self) -> &[u64] {
        &self.duration_ns
    }

    /// Seconds since the last packet and since the last change, row by row, each `u32::MAX` where the dump had none;
    /// empty if it had none at all.
    pub fn ages(&self) -> &[(u32, u32)] {
        &self.ages
    }

    /// Each flow's shape as a number into [`Segment::shapes`].
    pub fn shape_ids(&self) -> &[u16] {
        &self.shape
    }

    /// Each flow's actions as a number into [`Segment::action_lists`].
    pub fn action_ids(&self) -> &[u16] {
        &self.actions
    }

    /// Each flow's head as a number into [`Segment::heads`].
    pub fn head_ids(&self) -> &[u16] {
        &self.head
    }

    /// The shapes that occur.
    pub fn shapes(&self) -> &[Arc<Shape>] {
        &self.shapes
    }

    /// The actions that occur.
    pub fn action_lists(&self) -> &[Arc<ActionList>] {
        &self.action_lists
    }

    /// The heads that occur.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// The values of a flow's matched words, in the order of its shape's masks.
    pub fn values(&self, row: usize) -> &[u32] {
        let from = self.values_at[row] as usize;
        &self.values[from..from + self.shapes[usize::from(self.shape[row])].masks.len()]
    }

    fn line(&self, row: usize) -> u32 {
        let at = self.lines.partition_point(|(from, _)| usize::from(*from) <= row);
        self.lines[..at].last().map_or(0, |(from, line)| line + row as u32 - u32::from(*from))
    }
}

/// Fills one segment.
pub struct SegmentBuilder<'i> {
    interner: &'i Interner,
    segment: Segment,
    shapes: FxHashMap<SmallVec<[(WordId, u32); 8]>, u16>,
    actions: FxHashMap<*const ActionList, u16>,
    heads: FxHashMap<Head, u16>,
}

/// A shape of the segment that is being filled.
#[derive(Debug, Clone, Copy)]
pub struct ShapeId(u16);

/// What a line gives beside the flow itself.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: u32,
    /// Its text, if the flow does not print as it.
    pub verbatim: Option<&'a str>,
    /// How it was printed.
    pub style: Style,
    /// Whether with names of ports and tables.
    pub names: bool,
}

impl<'i> SegmentBuilder<'i> {
    /// Will fill a segment with the help of `interner`.
    pub fn new(interner: &'i Interner) -> SegmentBuilder<'i> {
        SegmentBuilder {
            interner,
            segment: Segment::default(),
            shapes: FxHashMap::default(),
            actions: FxHashMap::default(),
            heads: FxHashMap::default(),
        }
    }

    /// Whether no further flow fits.
    pub fn is_full(&self) -> bool {
        self.segment.len() == Segment::ROWS
    }

    /// The shape of a match, to be given back to [`SegmentBuilder::push`].
    pub fn shape(&mut self, matches: &Match) -> ShapeId {
        let key: SmallVec<[(WordId, u32); 8]> = matches.masks().collect();
        if let Some(id) = self.shapes.get(&key) {
            return ShapeId(*id);
        }
        let id = self.segment.shapes.len() as u16;
        self.segment.shapes.push(self.interner.shape(&key));
        self.shapes.insert(key, id);
        ShapeId(id)
    }

    /// What a dump prints for matches of a shape.
    pub fn plan(&self, shape: ShapeId) -> &Plan {
        &self.segment.shapes[usize::from(shape.0)].plan
    }

    /// Adds a flow of a given shape; `flow.actions` is ignored, `actions` stands for it. The segment must not be full.
    pub fn push(&mut self, flow: &Flow, ShapeId(shape): ShapeId, actions: &Arc<ActionList>, line: Line<'_>) {
        let row = self.segment.len() as u16;
        let actions = self.action_id(actions);
        let head = self.head_id(flow, line);
        let stats = flow.stats.unwrap_or(Stats { n_packets: None, n_bytes: None, ..Stats::default() });
        let segment = &mut self.segment;
        segment.table.push(flow.table);
        segment.priority.push(flow.priority);
        segment.shape.push(shape);
        segment.actions.push(actions);
        segment.head.push(head);
        segment.values_at.push(segment.values.len() as u32);
        segment.values.extend(flow.matches.words().iter().map(|w| w.value));
        segment.n_packets.push(stats.n_packets.unwrap_or(UNKNOWN));
        segment.n_bytes.push(stats.n_bytes.unwrap_or(UNKNOWN));
        segment.duration_ns.push(stats.duration_ns);
        if stats.idle_age.is_some() || stats.hard_age.is_some() || !segment.ages.is_empty() {
            segment.ages.resize(usize::from(row), (NO_AGE, NO_AGE));
            segment.ages.push((stats.idle_age.unwrap_or(NO_AGE), stats.hard_age.unwrap_or(NO_AGE)));
        }
        if line.verbatim.is_some() || !flow.residue.is_empty() || stats.offloaded.is_some() {
            let verbatim = line.verbatim.map(Box::from);
            segment.rare.insert(row, Rare { verbatim, residue: flow.residue.clone(), offloaded: stats.offloaded });
        }
        if segment.lines.last().is_none_or(|(from, first)| first + u32::from(row - from) != line.number) {
            segment.lines.push((row, line.number));
        }
    }

    fn action_id(&mut self, actions: &Arc<ActionList>) -> u16 {
        *self.actions.entry(Arc::as_ptr(actions)).or_insert_with(|| {
            self.segment.action_lists.push(actions.clone());
            (self.segment.action_lists.len() - 1) as u16
        })
    }

    fn head_id(&mut self, flow: &Flow, line: Line<'_>) -> u16 {
        let head = Head {
            cookie: flow.cookie,
            idle_timeout: flow.idle_timeout,
            hard_timeout: flow.hard_timeout,
            importance: flow.importance,
            flags: flow.flags,
            style: line.style,
            names: line.names,
            has_stats: flow.stats.is_some(),
        };
        *self.heads.entry(head).or_insert_with(|| {
            self.segment.heads.push(head);
            (self.segment.heads.len() - 1) as u16
        })
    }

    /// The segment, with no room to spare.
    pub fn finish(self) -> Segment {
        let mut s = self.segment;
        s.table.shrink_to_fit();
        s.priority.shrink_to_fit();
        s.shape.shrink_to_fit();
        s.actions.shrink_to_fit();
        s.head.shrink_to_fit();
        s.values_at.shrink_to_fit();
        s.values.shrink_to_fit();
        s.n_packets.shrink_to_fit();
        s.n_bytes.shrink_to_fit();
        s.duration_ns.shrink_to_fit();
        s.ages.shrink_to_fit();
        s.lines.shrink_to_fit();
        s
    }
}

/// One flow of a store. It knows everything a [`Flow`] does, without being copied.
#[derive(Debug, Clone, Copy)]
pub struct FlowRef<'a> {
    segment: &'a Segment,
    row: usize,
}

impl<'a> FlowRef<'a> {
    /// The table.
    pub fn table(self) -> u8 {
        self.segment.table[self.row]
    }

    /// The priority.
    pub fn priority(self) -> u32 {
        self.segment.priority[self.row]
    }

    /// Which bits it matches.
    pub fn shape(self) -> &'a Arc<Shape> {
        &self.segment.shapes[usize::from(self.segment.shape[self.row])]
    }

    /// The values of the matched words, in the order of the shape's masks.
    pub fn values(self) -> &'a [u32] {
        self.segment.values(self.row)
    }

    /// What it matches.
    pub fn matches(self) -> Match {
        let masks = self.shape().masks.iter();
        Match::from_sorted(masks.zip(self.values()).map(|(&(word, mask), &value)| Masked { word, value, mask }))
    }

    /// A matched word's value and mask; zeros if it is not matched.
    pub fn word(self, id: WordId) -> (u32, u32) {
        let found = self.shape().masks.iter().position(|(word, _)| *word == id);
        found.map_or((0, 0), |at| (self.values()[at], self.shape().masks[at].1))
    }

    /// What it does.
    pub fn actions(self) -> &'a Actions {
        &self.action_list().actions
    }

    /// What it does, with the text it was read from.
    pub fn action_list(self) -> &'a Arc<ActionList> {
        &self.segment.action_lists[usize::from(self.segment.actions[self.row])]
    }

    /// Cookie, timeouts, flags, style.
    pub fn head(self) -> &'a Head {
        &self.segment.heads[usize::from(self.segment.head[self.row])]
    }

    /// The cookie.
    pub fn cookie(self) -> u64 {
        self.head().cookie
    }

    /// Packets, if the dump says.
    pub fn n_packets(self) -> Option<u64> {
        Some(self.segment.n_packets[self.row]).filter(|n| *n != UNKNOWN)
    }

    /// Bytes, if the dump says.
    pub fn n_bytes(self) -> Option<u64> {
        Some(self.segment.n_bytes[self.row]).filter(|n| *n != UNKNOWN)
    }

    /// What was counted, if this dump or another one of the same flows says.
    pub fn stats(self) -> Option<Stats> {
        let own = self.own_stats();
        let Some(filled) = &self.segment.filled else { return own };
        let known = |seconds: u32| Some(seconds).filter(|n| *n != NO_AGE);
        let (idle, hard) = filled.ages.get(self.row).copied().unwrap_or((NO_AGE, NO_AGE));
        own.map(|own| Stats {
            idle_age: own.idle_age.or(known(idle)),
            hard_age: own.hard_age.or(known(hard)),
            offloaded: own.offloaded.or_else(|| filled.offloaded.get(&(self.row as u16)).copied()),
            ..own
        })
    }

    /// What this dump itself says was counted.
    fn own_stats(self) -> Option<Stats> {
        if !self.head().has_stats {
            return None;
        }
        let (idle, hard) = self.segment.ages.get(self.row).copied().unwrap_or((NO_AGE, NO_AGE));
        let age = |seconds: u32| Some(seconds).filter(|n| *n != NO_AGE);
        Some(Stats {
            duration_ns: self.segment.duration_ns[self.row],
            n_packets: self.n_packets(),
            n_bytes: self.n_bytes(),
            idle_age: age(idle),
            hard_age: age(hard),
            offloaded: self.rare().and_then(|r| r.offloaded),
        })
    }

    /// The line of the dump, from 1; 0 if it came from elsewhere.
    pub fn line(self) -> u32 {
        self.segment.line(self.row)
    }

    /// Words of the line that nobody knows.
    pub fn residue(self) -> &'a [Box<str>] {
        self.rare().map_or(&[], |r| &r.residue)
    }

    /// The line as it was read, if the flow does not print as it.
    pub fn verbatim(self) -> Option<&'a str> {
        self.rare().and_then(|r| r.verbatim.as_deref())
    }

    fn rare(self) -> Option<&'a Rare> {
        self.segment.rare.get(&(self.row as u16))
    }

    /// The whole flow as a value.
    pub fn to_flow(self) -> Flow {
        Flow { actions: self.actions().clone(), stats: self.stats(), ..self.without_actions() }
    }

    /// The flow as its own dump has it, without its actions, which are long to copy.
    fn without_actions(self) -> Flow {
        let head = self.head();
        Flow {
            table: self.table(),
            priority: self.priority(),
            matches: self.matches(),
            actions: Actions::default(),
            cookie: head.cookie,
            idle_timeout: head.idle_timeout,
            hard_timeout: head.hard_timeout,
            importance: head.importance,
            flags: head.flags,
            stats: self.own_stats(),
            residue: self.residue().to_vec(),
        }
    }

    /// Prints the match alone, without the priority.
    pub fn paint_match(self, names: &Names, p: &mut impl Painter) {
        self.matches().paint_by(&self.shape().plan, crate::field::matches::DEFAULT_PRIORITY, names, p);
    }

    /// The line as the dump had it, byte for byte.
    pub fn line_text(self, names: &Names) -> String {
        if let Some(text) = self.verbatim() {
            return text.to_owned();
        }
        let head = self.head();
        let mut text = String::with_capacity(192);
        paint_before_actions(&self.without_actions(), &self.shape().plan, head, names, &mut text);
        text.push_str("actions=");
        text.push_str(&self.action_list().text);
        text
    }
}

/// Prints a flow as far as its actions, as a dump with this head does.
pub fn paint_before_actions(flow: &Flow, plan: &Plan, head: &Head, names: &Names, p: &mut impl Painter) {
    let names = if head.names { names } else { Names::none() };
    flow.paint_head(head.style, names, p);
    flow.paint_match(plan, head.style, names, p);
}

/// Flows in the order in which they were read.
#[derive(Debug, Clone, Default)]
pub struct FlowStore {
    segments: Vec<Arc<Segment>>,
    /// The number of the first flow of each segment.
    starts: Vec<u32>,
    len: usize,
}

impl FlowStore {
    /// A store of these segments, one after the other.
    pub fn new(segments: impl IntoIterator<Item = Arc<Segment>>) -> FlowStore {
        let mut store = FlowStore::default();
        for segment in segments {
            store.push(segment);
        }
        store
    }

    /// Adds a segment at the end.
    pub fn push(&mut self, segment: Arc<Segment>) {
        self.starts.push(self.len as u32);
        self.len += segment.len();
        self.segments.push(segment);
    }

    /// How many flows there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes from another dump of the same flows what this one does not have: ages, and what hardware counted. Flows are
    /// the same if table, priority and match are.
    pub fn fill_from(&mut self, other: &FlowStore) -> Filled {
        let by_key: FxHashMap<(u8, u32, Match), FlowRef<'_>> =
            other.iter().map(|(_, flow)| ((flow.table(), flow.priority(), flow.matches()), flow)).collect();
        let mut filled = Filled::default();
        for segment in &mut self.segments {
            let mut filling = segment.filled.as_deref().cloned().unwrap_or_default();
            filling.ages.resize(segment.len(), (NO_AGE, NO_AGE));
            for (row, flow) in segment.rows().enumerate() {
                let Some(stats) = flow.stats() else { continue };
                let Some(more) =
                    by_key.get(&(flow.table(), flow.priority(), flow.matches())).and_then(|f| f.own_stats())
                else {
                    continue;
                };
                if stats.idle_age.is_none() && (more.idle_age.is_some() || more.hard_age.is_some()) {
                    filling.ages[row] = (more.idle_age.unwrap_or(NO_AGE), more.hard_age.unwrap_or(NO_AGE));
                    filled.ages += 1;
                }
                if let (None, Some(offloaded)) = (stats.offloaded, more.offloaded) {
                    filling.offloaded.insert(row as u16, offloaded);
                    filled.offloaded += 1;
                }
            }
            Arc::make_mut(segment).filled = Some(Box::new(filling));
        }
        filled
    }

    /// The segments, each with the number of its first flow.
    pub fn segments(&self) -> impl Iterator<Item = (u32, &Arc<Segment>)> {
        self.starts.iter().copied().zip(&self.segments)
    }

    /// A flow by its number; the number must be less than [`FlowStore::len`].
    pub fn get(&self, row: u32) -> FlowRef<'_> {
        let at = self.starts.partition_point(|start| *start <= row) - 1;
        self.segments[at].row((row - self.starts[at]) as usize)
    }

    /// The flows with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, FlowRef<'_>)> {
        self.segments().flat_map(|(start, segment)| (start..).zip(segment.rows()))
    }
}

#[cfg(test)]
mod tests;

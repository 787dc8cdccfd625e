//! Flows that look alike, as one line with a count.
//!
//! A firewall makes the same fifty flows for each of a thousand ports. They differ in ports, addresses, registers' values
//! and cookies, and in nothing else, so they are one *template*: the same table and priority, the same matched bits, the
//! same kinds of actions that lead to the same tables. A range of TCP ports is several masked values, so which bits of a
//! port are matched does not count. What varies of a match or of actions is said in `vary`; how a
//! template is printed, with `<1000 ports>` where its flows differ, in `text`.
//!
//! Each list of actions and each shape of a segment's dictionaries is looked at once, so that for a flow a few words
//! remain to be hashed.

mod text;
mod vary;

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use self::text::Texts;
use self::vary::Thing;
use super::Scope;
use super::words::Data;
use crate::action::Actions;
use crate::base::diag::Diagnostic;
use crate::base::progress::Progress;
use crate::base::span::Span;
use crate::field::FieldId;
use crate::field::slot::{WordId, word};
use crate::model::bridge::FlowId;
use crate::model::flow::TableId;
use crate::model::owner::{Owner, OwnerKind, OwnerTable};
use crate::model::store::{ActionList, FlowRef, Shape};

/// What flows of one group have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum By {
    /// Everything but ports, addresses, registers' values and cookies.
    #[default]
    Template,
    /// The cookie.
    Cookie,
    /// The port they are about.
    Port,
    /// The conjunction they are part of.
    Conjunction,
    /// The security group they were made for.
    SecurityGroup,
}

/// A way to fold.
#[derive(Debug, Clone, Copy)]
pub struct ByWord {
    /// The way.
    pub by: By,
    /// How it is written.
    pub name: &'static str,
    /// What it needs beside the flows.
    pub needs: Data,
    /// What flows of one group have in common.
    pub doc: &'static str,
}

const fn way(by: By, name: &'static str, needs: Data, doc: &'static str) -> ByWord {
    ByWord { by, name, needs, doc }
}

impl By {
    /// The ways to fold, in the order in which the screen offers them.
    #[rustfmt::skip]
    pub const ALL: [ByWord; 5] = [
        way(By::Template, "template", Data::Flows, "table, priority, matched bits and kinds of actions; ports, addresses, registers' values and cookies may differ"),
        way(By::Cookie, "cookie", Data::Flows, "the cookie"),
        way(By::Port, "port", Data::Flows, "the port they are about: matched, else written to a register that carries ports, else output to"),
        way(By::Conjunction, "conjunction", Data::Flows, "the conjunction that they match, or that they are a clause of"),
        way(By::SecurityGroup, "sg", Data::Owners, "the security group they were made for"),
    ];

    /// The row of this way.
    pub fn word(self) -> &'static ByWord {
        // Every way has a row, which a test holds.
        Self::ALL.iter().find(|row| row.by == self).unwrap_or(&Self::ALL[0])
    }

    /// The way with that name.
    pub fn by_name(name: &str) -> Option<By> {
        Self::ALL.iter().find(|row| row.name.eq_ignore_ascii_case(name)).map(|row| row.by)
    }
}

/// Flows in groups: the largest first; among equals by table, then the higher priority, then the order of the dump.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    /// By what they were folded.
    pub by: By,
    /// The groups.
    pub groups: Vec<FoldGroup>,
    /// Whether the work was cancelled: the groups are then those of the flows that were looked at.
    pub is_partial: bool,
    flows: Vec<FlowId>,
}

/// Flows that look alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldGroup {
    /// Their table, if they stand in one.
    pub table: Option<TableId>,
    /// Their priority, if it is the same.
    pub priority: Option<u32>,
    /// Packets of those whose counter is known; `None` if none is.
    pub packets: Option<u64>,
    /// Bytes of those whose counter is known; `None` if none is.
    pub bytes: Option<u64>,
    /// What they have in common.
    pub key: Key,
    /// Where they stand in [`Fold::flows`].
    range: Range<usize>,
    /// Where they differ.
    holes: Box<[Hole]>,
}

/// What the flows of a group have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// They follow one template.
    Template,
    /// The cookie.
    Cookie(u64),
    /// The port they are about; `None` if they are about none.
    Port(Option<u32>),
    /// The number of their conjunction; `None` if they are part of none.
    Conjunction(Option<u32>),
    /// The first list of owners with the same security groups; `None` if they were made for none.
    SecurityGroup(Option<u32>),
}

/// Something in which the flows of a template differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hole {
    place: Place,
    thing: Thing,
    /// How many different ones there are.
    values: u32,
    /// Whether their masks differ, too.
    has_masks: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A field of the match.
    Field(FieldId),
    /// A piece of the printed actions.
    Piece(u32),
}

impl FoldGroup {
    /// How many flows there are.
    pub fn count(&self) -> usize {
        self.range.len()
    }
}

impl Fold {
    /// The flows of a group, in the order in which they were given.
    pub fn flows(&self, group: &FoldGroup) -> &[FlowId] {
        &self.flows[group.range.clone()]
    }
}

/// Folds flows. When `progress` is cancelled, what was looked at so far comes out. What needs data that are not there is
/// refused.
pub fn fold(scope: &Scope<'_>, rows: &[FlowId], by: By, progress: &Progress) -> Result<Fold, Diagnostic> {
    let word = by.word();
    let is_there = word.needs == Data::Flows || scope.has_owners && scope.owners.is_some();
    if !is_there {
        let message = format!("folding by `{}` needs {}", word.name, word.needs.doc());
        let others = By::ALL.iter().filter(|row| row.needs == Data::Flows).map(|row| row.name);
        let hint = format!("the flows alone can be folded by {}", others.collect::<Vec<_>>().join(", "));
        return Err(Diagnostic::error("missing-data", Span::default(), message).hint(hint));
    }
    progress.expect_more(2 * rows.len() as u64);
    let mut folding = Folding::new(scope, by);
    let mut is_partial = false;
    for block in rows.chunks(LOOK) {
        if progress.is_cancelled() {
            is_partial = true;
            break;
        }
        block.iter().filter(|id| (**id as usize) < scope.bridge.flows.len()).for_each(|id| folding.add(*id));
        progress.advance(block.len() as u64);
    }
    let mut fold = folding.in_order();
    fold.is_partial = is_partial;
    if by == By::Template {
        folding.find_holes(&mut fold, progress);
    }
    Ok(fold)
}

/// The security groups of a list of owners.
fn groups_of(owners: &[Owner]) -> impl Iterator<Item = &Owner> {
    owners.iter().filter(|o| o.kind == OwnerKind::SecurityGroup)
}

/// For each list of owners the first one with the same security groups; `None` for lists without any.
fn same_groups(table: &OwnerTable) -> Vec<Option<u32>> {
    let mut first: FxHashMap<Vec<&Arc<str>>, u32> = FxHashMap::default();
    let lists = table.lists().iter().zip(0..).map(|(owners, at)| {
        let mut ids: Vec<&Arc<str>> = groups_of(owners).map(|o| &o.id).collect();
        ids.sort_unstable();
        (!ids.is_empty()).then(|| *first.entry(ids).or_insert(at))
    });
    lists.collect()
}

/// After how many flows it is looked whether to stop.
const LOOK: usize = 4096;

/// What was worked out about a list of actions.
struct List<'a> {
    list: &'a ActionList,
    /// The number of its template.
    template: u32,
    /// The port it is about.
    port: Option<u32>,
    /// The conjunction it is a clause of.
    conjunction: Option<u32>,
}

/// What was worked out about a shape: for each of its words the bits whose values must be the same in a group.
struct Kept {
    kept: SmallVec<[u32; 8]>,
    /// The same for flows of ICMP, whose type and code lie where others have ports.
    kept_of_icmp: SmallVec<[u32; 8]>,
    /// Where the word stands that tells the protocol, if that matters.
    protocol_at: Option<usize>,
}

struct Folding<'a> {
    scope: &'a Scope<'a>,
    by: By,
    shapes: Vec<Kept>,
    shape_by_place: FxHashMap<*const Shape, u32>,
    shape_by_masks: FxHashMap<SmallVec<[(WordId, u32); 8]>, u32>,
    lists: Vec<List<'a>>,
    list_by_place: FxHashMap<*const ActionList, u32>,
    templates: FxHashMap<Actions, u32>,
    groups: FxHashMap<SmallVec<[u32; 12]>, u32>,
    found: Vec<Found>,
    /// Each flow with the number of its group.
    flows: Vec<(FlowId, u32)>,
    /// For each list of owners the first one with the same security groups.
    owners: Vec<Option<u32>>,
}

/// A group while it grows.
struct Found {
    key: Key,
    count: usize,
    table: Option<TableId>,
    priority: Option<u32>,
    packets: Option<u64>,
    bytes: Option<u64>,
}

impl<'a> Folding<'a> {
    fn new(scope: &'a Scope<'a>, by: By) -> Folding<'a> {
        Folding {
            scope,
            by,
            shapes: Vec::new(),
            shape_by_place: FxHashMap::default(),
            shape_by_masks: FxHashMap::default(),
            lists: Vec::new(),
            list_by_place: FxHashMap::default(),
            templates: FxHashMap::default(),
            groups: FxHashMap::default(),
            found: Vec::new(),
            flows: Vec::new(),
            owners: scope.owners.filter(|_| by == By::SecurityGroup).map(same_groups).unwrap_or_default(),
        }
    }

    /// The number of a flow's shape.
    fn shape(&mut self, flow: FlowRef<'a>) -> u32 {
        let shape = flow.shape();
        if let Some(number) = self.shape_by_place.get(&Arc::as_ptr(shape)) {
            return *number;
        }
        let shapes = &mut self.shapes;
        let masks = shape.masks.iter().map(|(id, mask)| (*id, vary::widened(*id, *mask))).collect();
        let number = *self.shape_by_masks.entry(masks).or_insert_with(|| {
            shapes.push(Kept::of(&shape.masks));
            shapes.len() as u32 - 1
        });
        self.shape_by_place.insert(Arc::as_ptr(shape), number);
        number
    }

    /// The number of a flow's list of actions.
    fn list(&mut self, flow: FlowRef<'a>) -> u32 {
        let list = flow.action_list();
        if let Some(number) = self.list_by_place.get(&Arc::as_ptr(list)) {
            return *number;
        }
        let template = match self.by {
            By::Template => {
                let next = self.templates.len() as u32;
                *self.templates.entry(vary::blanked(&list.actions)).or_insert(next)
            }
            _ => 0,
        };
        let number = self.lists.len() as u32;
        self.lists.push(List {
            list,
            template,
            port: vary::port_of_actions(&list.actions, self.scope.naming),
            conjunction: vary::conjunction_of_actions(&list.actions),
        });
        self.list_by_place.insert(Arc::as_ptr(list), number);
        number
    }

    /// Puts a flow into its group.
    fn add(&mut self, id: FlowId) {
        let bridge = self.scope.bridge;
        let flow = bridge.flow(id);
        let mut words: SmallVec<[u32; 12]> = SmallVec::new();
        let key = match self.by {
            By::Template => {
                let (shape, list) = (self.shape(flow), self.list(flow));
                words.extend([flow.table().into(), flow.priority(), shape, self.lists[list as usize].template]);
                self.shapes[shape as usize].add_kept(flow.values(), &mut words);
                Key::Template
            }
            By::SecurityGroup => {
                let list = self.scope.owners.and_then(|owners| owners.list(id));
                Key::SecurityGroup(list.and_then(|list| self.owners[list]))
            }
            By::Cookie => Key::Cookie(flow.cookie()),
            By::Port => {
                let list = self.list(flow);
                Key::Port(vary::port_of_match(flow, self.scope.naming).or(self.lists[list as usize].port))
            }
            By::Conjunction => {
                let list = self.list(flow);
                Key::Conjunction(vary::conjunction_of_match(flow).or(self.lists[list as usize].conjunction))
            }
        };
        match key {
            Key::Template => {}
            Key::Cookie(n) => words.extend([(n >> 32) as u32, n as u32]),
            Key::Port(n) | Key::Conjunction(n) | Key::SecurityGroup(n) => {
                words.extend([u32::from(n.is_some()), n.unwrap_or(0)]);
            }
        }
        let group = match self.groups.get(words.as_slice()) {
            Some(group) => *group,
            None => {
                let group = self.found.len() as u32;
                self.found.push(Found::new(key, flow));
                self.groups.insert(words, group);
                group
            }
        };
        self.found[group as usize].take(flow);
        self.flows.push((id, group));
    }

    /// The groups in order, each with its flows.
    fn in_order(&mut self) -> Fold {
        let found = std::mem::take(&mut self.found);
        let mut order: Vec<usize> = (0..found.len()).collect();
        // The sort is stable, so groups that are alike stay in the order of their first flows.
        order.sort_by_key(|at| {
            let f = &found[*at];
            (Reverse(f.count), f.table, Reverse(f.priority))
        });
        let mut next = vec![0; found.len()];
        let mut start = 0;
        let mut groups = Vec::with_capacity(found.len());
        for at in order {
            let f = &found[at];
            next[at] = start;
            groups.push(FoldGroup {
                table: f.table,
                priority: f.priority,
                packets: f.packets,
                bytes: f.bytes,
                key: f.key,
                range: start..start + f.count,
                holes: Box::default(),
            });
            start += f.count;
        }
        let mut flows = vec![0; self.flows.len()];
        for (id, group) in &self.flows {
            let at = &mut next[*group as usize];
            flows[*at] = *id;
            *at += 1;
        }
        Fold { by: self.by, groups, is_partial: false, flows }
    }

    /// Finds where the flows of each template differ.
    fn find_holes(&mut self, fold: &mut Fold, progress: &Progress) {
        let mut texts = Texts::new(&self.scope.bridge.names);
        let mut seen = vec![u32::MAX; self.lists.len()];
        for (number, group) in (0..).zip(&mut fold.groups) {
            if progress.is_cancelled() {
                fold.is_partial = true;
                return;
            }
            let flows = &fold.flows[group.range.clone()];
            if flows.len() > 1 {
                let mut holes = self.holes_of_match(flows);
                // Each list of actions once, however many flows have it.
                let mut lists: Vec<u32> = Vec::new();
                for id in flows {
                    let list = self.list(self.scope.bridge.flow(*id));
                    if std::mem::replace(&mut seen[list as usize], number) != number {
                        lists.push(list);
                    }
                }
                let lists: Vec<(u32, &Actions)> =
                    lists.into_iter().map(|n| (n, &self.lists[n as usize].list.actions)).collect();
                holes.extend(texts.holes(&lists, self.scope.naming));
                group.holes = holes.into();
            }
            progress.advance(flows.len() as u64);
        }
    }

    /// The fields of the match in which flows of one shape differ.
    fn holes_of_match(&self, flows: &[FlowId]) -> Vec<Hole> {
        let bridge = self.scope.bridge;
        let first = bridge.flow(flows[0]);
        let masks = &first.shape().masks;
        let varying: Vec<FieldId> = first.matches().fields().into_iter().filter(|f| vary::varies(f)).collect();
        let mut holes = Vec::new();
        let mut distinct = FxHashSet::default();
        for field in varying {
            let parts = vary::parts(&field, masks);
            let is_port = vary::is_transport_port(&field);
            let value = |flow: FlowRef<'_>| {
                let values = flow.values();
                let n = parts.iter().fold(0u128, |n, (at, bits)| n << 32 | u128::from(values[*at] & bits));
                // A range of ports is told apart from another one by its mask as well.
                if is_port { n << 32 | u128::from(mask(flow, &parts)) } else { n }
            };
            let same = value(first);
            if flows.iter().all(|id| value(bridge.flow(*id)) == same) {
                continue;
            }
            distinct.clear();
            distinct.extend(flows.iter().map(|id| value(bridge.flow(*id))));
            let has_masks = is_port && flows.iter().any(|id| mask(bridge.flow(*id), &parts) != mask(first, &parts));
            let thing = match has_masks {
                true => Thing::PortRange,
                false => Thing::of_field(&field, (0, field.bits), self.scope.naming),
            };
            holes.push(Hole { place: Place::Field(field), thing, values: distinct.len() as u32, has_masks });
        }
        holes
    }
}

/// The matched bits of a field that lies in one word.
fn mask(flow: FlowRef<'_>, parts: &[(usize, u32)]) -> u32 {
    parts.first().map_or(0, |(at, bits)| flow.shape().masks[*at].1 & bits)
}

impl Kept {
    fn of(masks: &[(WordId, u32)]) -> Kept {
        let kept =
            |is_icmp: bool| masks.iter().map(|(word, mask)| mask & !vary::varying(*word, *mask, is_icmp)).collect();
        let protocol_at = masks.iter().position(|(id, _)| *id == word::TYPE);
        let has_ports = masks.iter().any(|(id, _)| *id == word::TP);
        Kept { kept: kept(false), kept_of_icmp: kept(true), protocol_at: protocol_at.filter(|_| has_ports) }
    }

    /// Adds the values that must be the same in a group.
    fn add_kept(&self, values: &[u32], out: &mut SmallVec<[u32; 12]>) {
        let is_icmp = self.protocol_at.is_some_and(|at| vary::is_icmp(values[at]));
        let kept = if is_icmp { &self.kept_of_icmp } else { &self.kept };
        out.extend(kept.iter().zip(values).filter(|(kept, _)| **kept != 0).map(|(kept, value)| value & kept));
    }
}

impl Found {
    fn new(key: Key, flow: FlowRef<'_>) -> Found {
        let (table, priority) = (Some(flow.table()), Some(flow.priority()));
        Found { key, count: 0, table, priority, packets: None, bytes: None }
    }

    fn take(&mut self, flow: FlowRef<'_>) {
        self.count += 1;
        self.table = self.table.filter(|t| *t == flow.table());
        self.priority = self.priority.filter(|p| *p == flow.priority());
        let add = |sum: Option<u64>, n: Option<u64>| match (sum, n) {
            (Some(sum), Some(n)) => Some(sum.saturating_add(n)),
            (sum, n) => sum.or(n),
        };
        self.packets = add(self.packets, flow.n_packets());
        self.bytes = add(self.bytes, flow.n_bytes());
    }
}

#[cfg(test)]
mod tests;

//! A table in plain words: what it is for, what its flows match on, what they write for later tables.

use super::effects::Masks;
use super::values::register;
use super::{Cx, values};
use crate::base::number::grouped;
use crate::base::paint::{Painter, Pieces, Role};
use crate::field::slot::{WordId, word};
use crate::field::table::{self as fieldtable, FieldId};
use crate::model::flow::TableId;
use crate::model::pipeline::{Place, Way};
use rustc_hash::FxHashMap;

/// A table in plain words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableExplanation {
    /// What it is for and how it is filled: one to three sentences.
    pub summary: Pieces,
    /// How many flows it has.
    pub flows: u64,
    /// How many different priorities they have.
    pub priorities: usize,
    /// Their packets, of those flows whose counter is known.
    pub packets: u64,
    /// What its flows match on, highest priority first.
    pub shapes: Vec<ShapeRow>,
    /// The registers that its flows write, and who reads them.
    pub writes: Vec<Written>,
}

/// Flows of one priority that match on the same fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeRow {
    /// The priority.
    pub priority: u32,
    /// How many flows.
    pub flows: u64,
    /// Their packets, of those flows whose counter is known.
    pub packets: u64,
    /// The fields by the names that dumps print, in that order; empty for flows that match everything.
    pub fields: Vec<Box<str>>,
}

/// A register that a table writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The register, or metadata.
    pub field: FieldId,
    /// The bits of it that are written.
    pub mask: u32,
    /// What it carries, in words; empty if nobody knows.
    pub carries: Box<str>,
    /// The tables that read it.
    pub read_by: Vec<Reader>,
}

/// A table that reads what another writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// The table.
    pub table: TableId,
}

/// A priority, and the names of fields.
type RowKey = (u32, Box<[Box<str>]>);

/// Explains a table; one without flows has only its name and purpose.
pub fn table(cx: &Cx<'_>, id: TableId) -> TableExplanation {
    let mut out = TableExplanation::default();
    let flows = cx.bridge.and_then(|b| b.table(id)).map_or(&[][..], |t| &t.flows);
    let bridge = cx.bridge;
    // Flows stand highest priority first, so rows of one priority follow each other; few shapes make few rows.
    let mut rows: FxHashMap<RowKey, usize> = FxHashMap::default();
    let mut known: FxHashMap<(*const (), u32), usize> = FxHashMap::default();
    let mut last = None;
    for flow in flows.iter().filter_map(|id| Some(bridge?.flow(*id))) {
        let (priority, packets) = (flow.priority(), flow.n_packets().unwrap_or(0));
        out.flows += 1;
        out.packets = out.packets.saturating_add(packets);
        out.priorities += usize::from(last.replace(priority) != Some(priority));
        let key = (std::sync::Arc::as_ptr(flow.shape()).cast::<()>(), priority);
        // Which fields a shape stands for depends a little on the values (tcp or udp), so the first flow decides.
        let at = *known.entry(key).or_insert_with(|| {
            let fields = field_names(flow);
            let rows_len = out.shapes.len();
            let row = *rows.entry((priority, fields.clone().into())).or_insert(rows_len);
            if row == rows_len {
                out.shapes.push(ShapeRow { priority, flows: 0, packets: 0, fields });
            }
            row
        });
        out.shapes[at].flows += 1;
        out.shapes[at].packets = out.shapes[at].packets.saturating_add(packets);
    }
    out.writes = written(cx, id);
    out.summary = summary(cx, id, &out);
    out
}

/// The fields of a flow by the names that dumps print.
fn field_names(flow: crate::model::store::FlowRef<'_>) -> Vec<Box<str>> {
    let m = flow.matches();
    let (network, transport) = super::fields::protocols(&m);
    let mut names: Vec<Box<str>> = Vec::new();
    for field in m.fields() {
        match field {
            fieldtable::ETH_TYPE if network.is_some() => {}
            fieldtable::NW_PROTO if transport.is_some() => {}
            _ => names.push(super::fields::printed(&m, field, crate::field::Names::none()).0.into()),
        }
    }
    // Protocols differ within a shape, so they are named as what they are.
    if network.is_some() {
        names.insert(0, if transport.is_some() { "protocol".into() } else { "dl_type".into() });
    }
    names
}

/// The registers that flows of a table write, and the tables behind it that read them.
fn written(cx: &Cx<'_>, id: TableId) -> Vec<Written> {
    let Some(facts) = cx.index.table(id) else { return Vec::new() };
    let behind = behind(cx, id);
    let reads = |masks: &Masks, id: WordId, mask: u32| masks.iter().any(|(word, bits)| *word == id && bits & mask != 0);
    let mut out = Vec::new();
    for &(id_of_word, mask) in &facts.writes {
        let field = match id_of_word {
            id if id < word::METADATA => register(id),
            id if id == word::METADATA + 1 => Some(fieldtable::METADATA),
            _ => None,
        };
        let Some(field) = field else { continue };
        let known = cx.naming.register(field, 0, field.bits.min(32)).or_else(|| {
            let offset = mask.trailing_zeros() as u16;
            cx.naming.register(field, offset, (32 - mask.leading_zeros() as u16).saturating_sub(offset))
        });
        let read_by = behind
            .iter()
            .filter(|t| cx.index.table(**t).is_some_and(|f| reads(&f.reads, id_of_word, mask)))
            .map(|table| Reader { table: *table })
            .collect();
        out.push(Written { field, mask, carries: known.map(|r| (*r.doc).into()).unwrap_or_default(), read_by });
    }
    out
}

/// The tables that can be reached from a table, itself only if it comes round.
fn behind(cx: &Cx<'_>, id: TableId) -> Vec<TableId> {
    let Some(bridge) = cx.bridge else { return Vec::new() };
    let mut reached: Vec<TableId> = bridge.pipeline().reachable(id);
    let leads = |e: &&crate::model::pipeline::Edge| e.jump.to == Place::Table(id) && e.jump.way != Way::Learn;
    let comes_round = bridge.pipeline().edges.iter().filter(leads).any(|e| reached.contains(&e.from));
    if !comes_round {
        reached.retain(|t| *t != id);
    }
    reached
}

fn summary(cx: &Cx<'_>, id: TableId, table: &TableExplanation) -> Pieces {
    let mut p = Pieces::default();
    if let Some(word) = cx.naming.table(id) {
        p.say(&word.doc);
        p.say(" ");
    }
    let mut name = Pieces::default();
    values::table(cx, None, id, &mut name);
    let mut name = name.text();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    p.put(Role::Goto, &name);
    if table.flows == 0 {
        p.say(" has no flows: a packet that comes here is dropped.");
        return p;
    }
    let plural =
        |n: u64, one: &str, many: &str| if n == 1 { format!("one {one}") } else { format!("{} {many}", grouped(n)) };
    p.say(&format!(" has {}", plural(table.flows, "flow", "flows")));
    if table.flows > 1 {
        p.say(&format!(" of {}", plural(table.priorities as u64, "priority", "priorities")));
    }
    let facts = cx.index.table(id);
    if facts.is_some_and(super::index::TableFacts::only_drops) {
        p.say(if table.flows == 1 { ", which drops" } else { ", and every one drops" });
    }
    p.say(".");
    let is_called = facts.is_some_and(|f| f.is_called && !f.is_entered);
    if is_called && cx.naming.table(id).is_none() {
        p.say(" It is only looked up: the flow that asks goes on with the packet.");
    }
    if id != 0 && facts.is_some_and(|f| !f.is_called && !f.is_entered) {
        p.say(" No flow leads here.");
    }
    p
}

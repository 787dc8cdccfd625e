//! What a switch says of its flow tables.

use std::sync::Arc;

use crate::base::paint::{Painter, Role, Target};
use crate::field::Subfield;

/// One table's counters (`dump-tables`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableStats {
    /// The table.
    pub id: u8,
    /// Its name; empty if it has none.
    pub name: Arc<str>,
    /// Flows in it.
    pub active: u64,
    /// Packets that were looked up in it.
    pub lookups: u64,
    /// Packets that matched a flow in it.
    pub matched: u64,
    /// How many flows it can hold, where it is said (OpenFlow 1.0 to 1.2).
    pub max_entries: Option<u64>,
    /// The lines that say what it can do, as printed (OpenFlow 1.0 to 1.2). The one with `max_entries` is among them.
    pub features: Arc<[Box<str>]>,
}

/// How many flows a table may hold, as the database has it (`Flow_Table`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableLimit {
    /// The table.
    pub table: u8,
    /// How many flows it may hold.
    pub flows: u64,
    /// Whether a flow makes room for a new one when the table is full; otherwise the new one is refused.
    pub evicts: bool,
    /// The fields by which flows are put into groups: one of the largest group makes room.
    pub groups: Vec<Subfield>,
}

impl TableStats {
    /// Prints it as `ovs-ofctl dump-tables` does: on several lines, without the end of the last line.
    pub fn paint(&self, p: &mut impl Painter) {
        p.dim("  table ");
        paint_table_head(self.id, &self.name, p);
        p.dim(":");
        let counts = [("\n    active=", self.active), (", lookup=", self.lookups), (", matched=", self.matched)];
        for (key, n) in counts {
            p.dim(key);
            p.decimal(Role::Text, n);
        }
        for line in self.features.iter() {
            p.dim("\n");
            p.text(line);
        }
    }
}

/// Prints a table's number, and its name in quotes if it has one. The name is not escaped.
pub fn paint_table_head(id: u8, name: &str, p: &mut impl Painter) {
    p.link(Target::Table(id), Role::Goto, &id.to_string());
    if !name.is_empty() {
        p.dim(" (\"");
        p.put(Role::Accent, name);
        p.dim("\")");
    }
}

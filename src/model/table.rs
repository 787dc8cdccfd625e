//! What a switch says of its flow tables.

use std::sync::Arc;

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
    /// How many flows it can hold, where it is said.
    pub max_entries: Option<u64>,
}

//! Tables: `ovs-ofctl dump-tables`, and the tunnel options of `dump-tlv-map`.
//!
//! `dump-tables` says `ditto` for a table that is like the one before, and `tables 2...22: ditto` for many of them.
//! Such a line is one entry, however many tables it names; [`tables`] tells them one by one.

use std::sync::Arc;

use super::lines::{self, Block, First, Form, Line, Wrong};
use super::{Part, Source};
use crate::base::args::items;
use crate::base::paint::{Painter, Role, Target};
use crate::field::Names;
use crate::model::port::TlvMapping;
use crate::model::table::{TableStats, paint_table_head};

/// What a dump says of a table, or of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableEntry {
    /// One table.
    Table(TableStats),
    /// Tables like the one before.
    Ditto {
        /// The first of them.
        first: u8,
        /// The last of them.
        last: u8,
        /// The name of the table, if it is one and has one.
        name: Arc<str>,
    },
}

impl TableEntry {
    fn paint(&self, p: &mut impl Painter) {
        match self {
            TableEntry::Table(table) => table.paint(p),
            TableEntry::Ditto { first, last, name } if first == last => {
                p.dim("  table ");
                paint_table_head(*first, name, p);
                p.dim(": ditto");
            }
            TableEntry::Ditto { first, last, .. } => {
                p.dim("  tables ");
                p.link(Target::Table(*first), Role::Goto, &first.to_string());
                p.dim("...");
                p.link(Target::Table(*last), Role::Goto, &last.to_string());
                p.dim(": ditto");
            }
        }
    }
}

/// Every table that a dump tells of, by number, with nothing left to `ditto` and `(same features)`.
pub fn tables(parts: &[Part<TableEntry>]) -> Vec<TableStats> {
    let mut found: [Option<TableStats>; 256] = [const { None }; 256];
    let mut before: Option<TableStats> = None;
    for entry in parts.iter().filter_map(Part::entry) {
        let (first, last, table) = match (entry, &before) {
            (TableEntry::Table(table), before) => {
                let same = table.features.iter().any(|line| line.trim() == "(same features)");
                let max_entries = before.as_ref().filter(|_| same).and_then(|b| b.max_entries);
                let table = TableStats { max_entries: table.max_entries.or(max_entries), ..table.clone() };
                (table.id, table.id, table)
            }
            (TableEntry::Ditto { first, last, name }, Some(before)) => {
                (*first, *last, TableStats { name: name.clone(), ..before.clone() })
            }
            (TableEntry::Ditto { .. }, None) => continue,
        };
        for id in first..=last {
            found[usize::from(id)] = Some(TableStats { id, ..table.clone() });
        }
        before = Some(table);
    }
    found.into_iter().flatten().collect()
}

fn begins_table(line: &str) -> bool {
    let after = line.strip_prefix("  table").map(|rest| rest.strip_prefix('s').unwrap_or(rest));
    after.is_some_and(|rest| rest.starts_with(' ')) && line.contains(':')
}

const HEADINGS: &[&str] = &["OFPST_TABLE"];

const TABLES: Form<TableEntry> = Form {
    what: "tables",
    headings: HEADINGS,
    begins: begins_table,
    continues: |line| line.starts_with("    "),
    surrounds: |_| false,
    read: |block, _| read_table(block),
    paint: |entry, _, p| entry.paint(p),
};

fn read_table<'a>(block: &Block<'a>) -> Result<TableEntry, Wrong<'a>> {
    let head = block.head;
    if let Some(rest) = head.text.strip_prefix("  tables ") {
        let (first, rest) = rest.split_once("...").unwrap_or((rest, ""));
        let (first, last) = (table_id(&head, first)?, table_id(&head, rest.split(':').next().unwrap_or(""))?);
        return Ok(TableEntry::Ditto { first, last, name: "".into() });
    }
    let rest = head.after("  table ")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let id = table_id(&head, &rest[..digits])?;
    let name = match rest[digits..].strip_prefix(" (\"") {
        Some(rest) => Arc::from(rest.rsplit_once("\"):").map_or(rest, |(name, _)| name)),
        None => Arc::from(""),
    };
    if rest.ends_with(": ditto") {
        return Ok(TableEntry::Ditto { first: id, last: id, name });
    }
    let mut table = TableStats { id, name, ..TableStats::default() };
    let mut tail = block.tail();
    let Some(counts) = tail.next() else {
        return Err(head.error("missing-value", head.text.trim(), "the table's counters are missing"));
    };
    read_counts(&counts, &mut table)?;
    table.features = tail.map(|line| line.text.into()).collect();
    let max_entries = table.features.iter().find_map(|line| line.trim_start().strip_prefix("max_entries="));
    table.max_entries = max_entries.and_then(|n| n.parse().ok());
    Ok(TableEntry::Table(table))
}

fn table_id<'a>(line: &Line<'a>, text: &str) -> Result<u8, Wrong<'a>> {
    line.number(text, u8::MAX.into()).map(|n| n as u8)
}

fn read_counts<'a>(line: &Line<'a>, table: &mut TableStats) -> Result<(), Wrong<'a>> {
    for item in items(line.text) {
        let place = match item.name {
            "active" => &mut table.active,
            "lookup" => &mut table.lookups,
            "matched" => &mut table.matched,
            name => return Err(line.error("unknown-field", name, format!("no counter `{name}` of a table"))),
        };
        *place = line.number(item.value, u64::MAX)?;
    }
    Ok(())
}

/// Whether this is the beginning of a dump of tables.
pub fn is_tables(head: &str) -> bool {
    First::of(head).is(HEADINGS, begins_table)
}

/// Reads a dump of tables.
pub fn read_tables(text: &str, source: &mut Source<'_>) -> Vec<Part<TableEntry>> {
    lines::read(text, source, &TABLES)
}

/// Gives back the text that [`read_tables`] read.
pub fn paint_tables(parts: &[Part<TableEntry>], _names: &Names, p: &mut impl Painter) {
    lines::paint(parts, p, |entry, p| entry.paint(p));
}

/// Open vSwitch 2.4 and 2.5 knew options of Geneve only.
const TLV_HEADINGS: &[&str] = &["NXT_TLV_TABLE_REPLY", "NXT_GENEVE_TABLE_REPLY"];

const TLV_MAP: Form<TlvMapping> = Form {
    what: "tunnel options",
    headings: TLV_HEADINGS,
    begins: |line| line.contains("  tun_metadata"),
    continues: |_| false,
    surrounds: |line| {
        let heads = [" max option space=", " allocated option space=", " mapping table:", "  class  type", " ------"];
        heads.iter().any(|head| line.starts_with(head))
    },
    read: |block, _| read_mapping(&block.head),
    paint: |entry, _, p| entry.paint(p),
};

fn read_mapping<'a>(line: &Line<'a>) -> Result<TlvMapping, Wrong<'a>> {
    let mut words = line.text.split_whitespace();
    let mut word = || words.next().unwrap_or("");
    let hex = |word: &str, max: u64| match word.strip_prefix("0x").map(|digits| u64::from_str_radix(digits, 16)) {
        Some(Ok(n)) if n <= max => Ok(n),
        Some(_) => Err(line.error("bad-value", word, format!("`{word}` is no number up to {max:#x}"))),
        None => line.number(word, 0),
    };
    let class = hex(word(), u16::MAX.into())? as u16;
    let kind = hex(word(), u8::MAX.into())? as u8;
    let length = line.number(word(), u8::MAX.into())? as u8;
    let field = word();
    let Some(index) = field.strip_prefix("tun_metadata") else {
        return Err(line.error("bad-value", field, format!("`{field}` is no tunnel option")));
    };
    Ok(TlvMapping { class, kind, length, index: line.number(index, u8::MAX.into())? as u8 })
}

/// Whether this is the beginning of a dump of the tunnel options.
pub fn is_tlv_map(head: &str) -> bool {
    First::of(head).is(TLV_HEADINGS, |_| false)
}

/// Reads a dump of the tunnel options.
pub fn read_tlv_map(text: &str, source: &mut Source<'_>) -> Vec<Part<TlvMapping>> {
    lines::read(text, source, &TLV_MAP)
}

/// Gives back the text that [`read_tlv_map`] read.
pub fn paint_tlv_map(parts: &[Part<TlvMapping>], _names: &Names, p: &mut impl Painter) {
    lines::paint(parts, p, |entry, p| entry.paint(p));
}

#[cfg(test)]
mod tests;

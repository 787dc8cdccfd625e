//! Documents beside flows: each comes back byte for byte.

use std::path::Path;
use std::sync::Arc;

use ofscope::base::diag::Report;
use ofscope::dump::{Part, Source, groups, meters, ports, tables};
use ofscope::field::Names;

use super::{Tally, text_of};

/// A reader with its printer and the question whether a text is one of its own.
pub struct Kind {
    pub name: &'static str,
    pub is: fn(&str) -> bool,
    /// Reads and prints: with the names that reading learned, and with numbers only. Counts the entries.
    pub round: fn(&str, &mut Source<'_>) -> (String, String, usize),
}

macro_rules! kind {
    ($module:ident, $name:literal, $is:ident, $read:ident, $paint:ident) => {
        Kind {
            name: $name,
            is: $module::$is,
            round: |text, source| {
                let parts = $module::$read(text, source);
                let (mut named, mut numbered) = (String::new(), String::new());
                $module::$paint(&parts, source.names, &mut named);
                $module::$paint(&parts, Names::none(), &mut numbered);
                (named, numbered, parts.iter().filter_map(Part::entry).count())
            },
        }
    };
}

pub const KINDS: [Kind; 9] = [
    kind!(groups, "groups", is_groups, read_groups, paint_groups),
    kind!(groups, "group_stats", is_group_stats, read_group_stats, paint_group_stats),
    kind!(meters, "meters", is_meters, read_meters, paint_meters),
    kind!(meters, "meter_stats", is_meter_stats, read_meter_stats, paint_meter_stats),
    kind!(ports, "show", is_show, read_show, paint_show),
    kind!(ports, "ports_desc", is_ports_desc, read_ports_desc, paint_ports_desc),
    kind!(ports, "ports", is_ports, read_ports, paint_ports),
    kind!(tables, "tables", is_tables, read_tables, paint_tables),
    kind!(tables, "tlv_map", is_tlv_map, read_tlv_map, paint_tlv_map),
];

/// Checks a file that one of the readers recognises.
pub fn check(path: &Path, tally: &mut Tally) {
    let Some(text) = text_of(path) else { return };
    let head = &text[..boundary(&text, 4096)];
    let mut kinds = KINDS.iter().filter(|kind| (kind.is)(head));
    let Some(kind) = kinds.next() else { return };
    if let Some(other) = kinds.next() {
        tally.fail(format!("{}: both {} and {}", path.display(), kind.name, other.name));
    }
    tally.count(kind.name);
    let (file, names, mut report) = (Arc::from("f"), names(), Report::default());
    let (named, numbered, _) = (kind.round)(&text, &mut Source { file: &file, names: &names, report: &mut report });
    if named != text && numbered != text {
        tally.fail(format!("{}: {} does not come back", path.display(), kind.name));
    }
    if let Some(first) = report.kept.first() {
        let mut message = String::new();
        first.paint(&mut message);
        tally.fail(format!("{}: {} complaints, first {message}", path.display(), report.len()));
    }
}

/// The names of the switch that the fixtures come from. Ports are learned from a dump, tables are not.
pub fn names() -> Names {
    let mut names = Names::default();
    names.add_table(3, "ingress");
    names.add_table(4, "odd\"name");
    names.add_table(200, "egress");
    names.learning()
}

/// The largest character boundary of `text` not after `at`.
pub fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

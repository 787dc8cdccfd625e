//! `ofscope flows --group`: flows that look alike, as one line with a count.

use std::cmp::Reverse;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use serde_json::{Value, json};

use super::columns::{Columns, Side, count, field};
use super::context::{Chosen, Stdout};
use super::failure::Failure;
use super::flows::Sort;
use super::json as answers;
use crate::base::number::grouped;
use crate::base::paint::{Painter, Role};
use crate::base::progress::Progress;
use crate::model::bridge::FlowId;
use crate::model::id::FlowHash;
use crate::query::words::Data;
use crate::query::{By, Fold, FoldGroup, Scope, fold};

/// Reads a way to fold; the ways are rows of [`By::ALL`].
pub fn parser() -> impl TypedValueParser<Value = By> {
    let values = By::ALL.map(|row| PossibleValue::new(row.name).help(row.doc));
    PossibleValuesParser::new(values).map(|name| By::by_name(&name).unwrap_or_default())
}

/// What a way to fold needs.
fn scope(chosen: Chosen<'_>, by: By) -> Scope<'_> {
    match by.word().needs {
        Data::Owners => chosen.node.scope_with_owners(chosen.at),
        _ => chosen.node.scope(chosen.at),
    }
}

/// Folds flows; the groups in the order that is asked for.
pub fn groups(chosen: Chosen<'_>, rows: &[FlowId], by: By, sort: Option<Sort>) -> Result<Fold, Failure> {
    let scope = scope(chosen, by);
    let mut fold = fold(&scope, rows, by, &Progress::default()).map_err(|d| {
        let failure = Failure::usage(d.message);
        match d.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    match sort {
        Some(Sort::Packets) => fold.groups.sort_by_key(|g| Reverse(g.packets)),
        Some(Sort::Bytes) => fold.groups.sort_by_key(|g| Reverse(g.bytes)),
        Some(Sort::Priority) => fold.groups.sort_by_key(|g| Reverse(g.priority)),
        Some(Sort::Table) => fold.groups.sort_by_key(|g| (g.table, Reverse(g.priority))),
        _ => {}
    }
    Ok(fold)
}

/// Prints the groups, a line for each.
pub fn paint(chosen: Chosen<'_>, fold: &Fold, limit: usize, width: usize, p: &mut impl Painter) {
    let scope = scope(chosen, fold.by);
    let mut columns = Columns::new(&[
        ("FLOWS", Side::Right),
        ("PACKETS", Side::Right),
        ("TBL", Side::Right),
        ("IN COMMON", Side::Left),
    ])
    .wrapping();
    for group in fold.groups.iter().take(limit) {
        columns.push([
            field(Role::Accent, group.count().to_string()),
            count(group.packets),
            field(Role::Goto, group.table.map(|t| t.to_string()).unwrap_or_default()),
            field(Role::Text, fold.text(group, &scope)),
        ]);
    }
    columns.paint(width, p);
    let flows: usize = fold.groups.iter().map(FoldGroup::count).sum();
    let plural = |n: usize, word: &str| format!("{} {word}{}", grouped(n as u64), if n == 1 { "" } else { "s" });
    p.dim(&format!("{} in {}\n", plural(flows, "flow"), plural(fold.groups.len(), "group")));
}

/// Writes the groups as one JSON document.
pub fn json(chosen: Chosen<'_>, fold: &Fold, limit: usize, out: &mut Stdout) {
    let (scope, bridge) = (scope(chosen, fold.by), chosen.bridge());
    let id = |id: &FlowId| bridge.ids().short(FlowHash::of(bridge.flow(*id)));
    let one = |group: &FoldGroup| {
        json!({
            "count": group.count(),
            "table": group.table,
            "priority": group.priority,
            "n_packets": group.packets,
            "n_bytes": group.bytes,
            "text": fold.text(group, &scope),
            "flows": fold.flows(group).iter().map(id).collect::<Vec<_>>(),
        })
    };
    let groups: Vec<Value> = fold.groups.iter().take(limit).map(one).collect();
    let parts = json!({
        "node": &*chosen.node.node().name,
        "bridge": &*bridge.name,
        "by": fold.by.word().name,
        "count": fold.groups.len(),
        "groups": groups,
    });
    out.bytes(answers::text(&answers::document("groups", parts)).as_bytes());
}

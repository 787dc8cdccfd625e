//! `ofscope tables`: the tables of a bridge.

use clap::Args;
use serde_json::{Value, json};

use super::columns::{Columns, Side, count, field};
use super::context::{Chosen, Context};
use super::failure::{CommandResult, Outcome};
use super::json;
use crate::base::paint::{Painter, Role};

/// Print the tables of a bridge: name, flows, packets, what they are for.
#[derive(Debug, Args)]
pub struct TablesArgs {
    /// A dump, a directory of captures, `-` for standard input, or `demo:NAME`.
    pub source: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Prints the tables.
pub fn run(args: &TablesArgs, cx: &Context) -> CommandResult {
    let scene = cx.open(args.source.as_deref())?;
    let chosen = cx.bridge(&scene)?;
    let mut out = cx.out();
    match args.json {
        true => out.bytes(json::text(&document(chosen)).as_bytes()),
        false => paint(chosen, cx.width(), &mut out),
    }
    let outcome = if chosen.bridge().tables().is_empty() { Outcome::No } else { Outcome::Done };
    cx.finish(out, scene.snapshot(), outcome)
}

fn paint(chosen: Chosen<'_>, width: usize, p: &mut impl Painter) {
    let (bridge, naming) = (chosen.bridge(), chosen.node.naming(chosen.at));
    let mut columns = Columns::new(&[
        ("TBL", Side::Right),
        ("NAME", Side::Left),
        ("FLOWS", Side::Right),
        ("PACKETS", Side::Right),
        ("WHAT IT IS FOR", Side::Left),
    ]);
    for table in bridge.tables() {
        let sum = bridge.pipeline().table(table.id);
        let word = naming.table(table.id);
        let name = word.map(|word| &*word.name).or(bridge.names.table_name(table.id).map(|name| &**name));
        let packets = (sum.packets > 0 || has_counters(chosen)).then_some(sum.packets);
        columns.push([
            field(Role::Goto, table.id.to_string()),
            field(Role::Accent, name.unwrap_or_default()),
            count(Some(sum.flows)),
            count(packets),
            field(Role::Text, word.map_or("", |word| &word.doc)),
        ]);
    }
    columns.paint(width, p);
}

/// Whether the dump tells counters.
fn has_counters(chosen: Chosen<'_>) -> bool {
    chosen.bridge().flows.iter().next().is_some_and(|(_, flow)| flow.head().has_stats)
}

fn document(chosen: Chosen<'_>) -> Value {
    let (bridge, naming) = (chosen.bridge(), chosen.node.naming(chosen.at));
    let table = |table: &crate::model::bridge::Table| {
        let sum = bridge.pipeline().table(table.id);
        let word = naming.table(table.id);
        let known = has_counters(chosen);
        json!({
            "table": table.id,
            "name": word.map(|word| &*word.name).or(bridge.names.table_name(table.id).map(|name| &**name)),
            "doc": word.map(|word| &*word.doc),
            "flows": sum.flows,
            "n_packets": known.then_some(sum.packets),
            "n_bytes": known.then_some(sum.bytes),
        })
    };
    json::document(
        "tables",
        json!({
            "node": &*chosen.node.node().name,
            "bridge": &*bridge.name,
            "system": &*naming.system,
            "tables": bridge.tables().iter().map(table).collect::<Vec<_>>(),
        }),
    )
}

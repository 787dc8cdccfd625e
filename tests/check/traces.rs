//! Traces against what a real switch said, line for line.

use std::fs;
use std::path::Path;

use ofscope::base::progress::Progress;
use ofscope::model::snapshot::Snapshot;
use ofscope::session::{Source, open};
use ofscope::trace::paint::{as_ovs, parse_ct_state};
use ofscope::trace::{Options, World, spec, trace};
use serde_json::Value;

use super::Tally;
use super::trace_kinds::differences;
use super::trace_lines::difference;

/// What was asked of a switch, and what it said.
pub struct Asked {
    pub place: String,
    pub bridge: String,
    pub packet: String,
    pub ct_next: Vec<u8>,
    /// What it said, or that it refused.
    pub answer: Option<String>,
    /// What the kind is called in the count.
    pub kind: &'static str,
    /// Whether the capture was made beside the trace, rather than for it.
    pub is_beside: bool,
}

/// Traces every packet of `results.jsonl` in a directory with the node's captures, and compares.
pub fn check(dir: &Path, tally: &mut Tally) {
    let Ok(results) = fs::read_to_string(dir.join("results.jsonl")) else { return };
    let rows = results.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let asked = rows.filter_map(|row| {
        let options = match &row["options"] {
            Value::String(text) => text.clone(),
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            _ => String::new(),
        };
        let packet = row["packet"].as_str()?.to_owned();
        Some(Asked {
            place: dir.display().to_string(),
            bridge: row["bridge"].as_str()?.to_owned(),
            packet,
            ct_next: options.split_whitespace().filter_map(parse_ct_state).collect(),
            answer: row["error"].is_null().then(|| row["text"].as_str().map(str::to_owned)).flatten(),
            kind: if row["uncertain"].is_null() { "traces" } else { "traces with something uncertain" },
            is_beside: false,
        })
    });
    compare(dir, &asked.collect::<Vec<_>>(), tally);
}

/// Traces packets with the captures of a node, and compares with what the switch said.
pub fn compare(node: &Path, asked: &[Asked], tally: &mut Tally) {
    let source = Source::named(&node.to_string_lossy());
    let snapshot: Snapshot = open(&source, true, &Progress::default(), &mut |_| {}).unwrap();
    let world = World::of(&snapshot.nodes[0]);
    for one in asked {
        let place = format!("{}: {} {}", one.place, one.bridge, one.packet);
        tally.count(one.kind);
        match (ours(&world, one), &one.answer) {
            (Err(_), None) => {}
            (Err(e), Some(_)) => tally.fail(format!("{place}: {e}")),
            (Ok(_), None) => tally.fail(format!("{place}: the switch refuses it")),
            (Ok(text), Some(answer)) => match difference(answer, &text) {
                None => tally.count(&format!("{} that agree", one.kind)),
                Some(difference) if !one.is_beside => tally.fail(format!("{place}: {difference}")),
                Some(_) => match differences(answer, &text) {
                    Err(difference) => tally.fail(format!("{place}: {difference}")),
                    Ok(kinds) => kinds.iter().for_each(|kind| tally.count(&format!("{}: {kind}", one.kind))),
                },
            },
        }
    }
}

fn ours(world: &World<'_>, asked: &Asked) -> Result<String, String> {
    let at = world.bridge(&asked.bridge).ok_or_else(|| format!("no bridge {}", asked.bridge))?;
    let packet = spec::parse(&asked.packet, &world.at(at).names).map_err(|d| d.message)?;
    let mut text = String::new();
    as_ovs(
        &trace(world, at, &packet, &Options { ct_next: asked.ct_next.clone(), ..Options::default() }),
        world,
        &mut text,
    );
    Ok(text)
}

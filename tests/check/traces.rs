//! Traces against what a real switch said, line for line.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use ofscope::base::progress::Progress;
use ofscope::session::{Source, open};
use ofscope::trace::paint::{as_ovs, parse_ct_state};
use ofscope::trace::{Options, World, spec, trace};
use serde_json::Value;

use super::Tally;

/// Traces every packet of `results.jsonl` in a directory with the node's captures, and compares. What the switch itself
/// picks by hashing, or sends in no order of its own, is counted apart.
pub fn check(dir: &Path, tally: &mut Tally) {
    let Ok(results) = fs::read_to_string(dir.join("results.jsonl")) else { return };
    let source = Source::named(&dir.to_string_lossy());
    let snapshot = open(&source, true, &Progress::default(), &mut |_| {}).unwrap();
    let world = World::of(&snapshot.nodes[0]);
    for row in results.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let Some(packet) = row["packet"].as_str() else { continue };
        let place = format!("{}: {packet}", dir.display());
        let kind = if row["uncertain"].is_null() { "traces" } else { "traces with something uncertain" };
        tally.count(kind);
        match ours(&world, &row, packet) {
            Err(_) if !row["error"].is_null() => {}
            Err(e) => tally.fail(format!("{place}: {e}")),
            Ok(_) if !row["error"].is_null() => tally.fail(format!("{place}: the switch refuses it")),
            Ok(text) => {
                let (want, got) = (lines(row["text"].as_str().unwrap()), lines(&text));
                match want.iter().zip(&got).find(|(want, got)| want != got) {
                    None if want.len() == got.len() => tally.count(&format!("{kind} that agree")),
                    None => tally.fail(format!("{place}: {} lines, not {}", got.len(), want.len())),
                    Some((want, got)) => tally.fail(format!("{place}:\n  switch {want}\n  ours   {got}")),
                }
            }
        }
    }
}

fn ours(world: &World<'_>, row: &Value, packet: &str) -> Result<String, String> {
    let name = row["bridge"].as_str().unwrap();
    let at = world.bridge(name).ok_or_else(|| format!("no bridge {name}"))?;
    let packet = spec::parse(packet, &world.at(at).names).map_err(|d| d.message)?;
    let options = match &row["options"] {
        Value::String(text) => text.clone(),
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    };
    let ct_next = options.split_whitespace().filter_map(parse_ct_state).collect();
    let mut text = String::new();
    as_ovs(&trace(world, at, &packet, &Options { ct_next, ..Options::default() }), world, &mut text);
    Ok(text)
}

/// The lines that must agree. Numbers of recirculations are a switch's own, the megaflow depends on its release, and
/// the clauses of conjunctions are told by releases after 3.1 only.
fn lines(text: &str) -> Vec<String> {
    let mut ids: HashMap<String, usize> = HashMap::new();
    let kept = text.lines().filter(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("Megaflow:") && !line.starts_with("-> conj.")
    });
    kept.map(|line| {
        let line = line.replace("selection method in use: dp_hash, recirculating", "no live bucket");
        renumbered(line.trim_end(), &mut ids)
    })
    .collect()
}

/// The line with recirculations numbered as they come.
fn renumbered(line: &str, ids: &mut HashMap<String, usize>) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((at, key)) =
        ["recirc_id=", "recirc("].iter().filter_map(|key| Some((rest.find(key)?, *key))).min_by_key(|(at, _)| *at)
    {
        let (before, after) = rest.split_at(at + key.len());
        let end = after.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after.len());
        let (id, after) = after.split_at(end);
        let number = id.strip_prefix("0x").map_or(id.parse().ok(), |hex| u64::from_str_radix(hex, 16).ok());
        out.push_str(before);
        match number {
            Some(n) if n > 0 => {
                let next = ids.len() + 1;
                out.push_str(&format!("#{}", ids.entry(n.to_string()).or_insert(next)));
            }
            _ => out.push_str(id),
        }
        rest = after;
    }
    out + rest
}

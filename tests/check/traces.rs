//! Traces against what a real switch said, line for line.

use std::fs;
use std::path::{Path, PathBuf};

use ofscope::base::progress::Progress;
use ofscope::model::snapshot::Snapshot;
use ofscope::session::{Source, open};
use ofscope::trace::paint::{as_ovs, parse_ct_state};
use ofscope::trace::{Options, World, spec, trace};
use serde_json::Value;

use super::trace_kinds::differences;
use super::trace_lines::difference;
use super::{Tally, text_of};

/// What was asked of a switch, and what it said.
struct Asked {
    place: String,
    bridge: String,
    packet: String,
    ct_next: Vec<u8>,
    /// What it said, or that it refused.
    answer: Option<String>,
    /// What the kind is called in the count.
    kind: &'static str,
    /// Whether the capture was made beside the trace, rather than for it.
    is_beside: bool,
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

/// Compares with the traces that were captured beside the nodes of a scenario: each stands in a file with its command.
pub fn check_captured(scenario: &Path, tally: &mut Tally) {
    let mut files: Vec<PathBuf> =
        fs::read_dir(scenario.join("traces")).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.push(scenario.join("trace.txt"));
    files.sort();
    let mut asked: Vec<(String, Asked)> = Vec::new();
    for path in files {
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
        if name.contains("names") || !name.ends_with(".txt") {
            continue;
        }
        let Some(text) = text_of(&path) else { continue };
        if let Some(stem) = name.strip_suffix(".ofproto-trace.txt") {
            let Some(command) = text_of(&path.with_file_name(format!("{stem}.cmd.txt"))) else { continue };
            asked.extend(captured(&path, &command, &text, None));
        } else if text.contains("$ ovs-appctl ofproto/trace") {
            let test = text_of(&scenario.join("test.json")).and_then(|t| serde_json::from_str::<Value>(&t).ok());
            let host = test.as_ref().and_then(|t| t["host"].as_str());
            let answer = text.split_once("$ ovs-appctl").and_then(|(_, rest)| rest.split_once('\n'));
            asked.extend(captured(&path, &text, answer.map_or("", |(_, answer)| answer), host));
        }
    }
    let mut hosts: Vec<String> = asked.iter().map(|(host, _)| host.clone()).collect();
    hosts.sort();
    hosts.dedup();
    for host in hosts {
        let (here, rest) = asked.into_iter().partition::<Vec<_>, _>(|(h, _)| *h == host);
        asked = rest;
        compare(&scenario.join(&host), &here.into_iter().map(|(_, asked)| asked).collect::<Vec<_>>(), tally);
    }
}

/// A trace that was captured, with the host where it was made: the command's words are those of a shell.
fn captured(path: &Path, command: &str, answer: &str, host: Option<&str>) -> Option<(String, Asked)> {
    let said = command.lines().find_map(|line| line.strip_prefix("# host: "));
    let host = said.or(host)?.trim().to_owned();
    let line = command.lines().find(|line| line.contains("ovs-appctl ofproto/trace") && !line.contains("--names"))?;
    let (_, words) = line.split_once("ofproto/trace ")?;
    let words: Vec<&str> = words.split_whitespace().collect();
    let (packet, words) = words.split_last()?;
    let (bridge, words) = words.split_last()?;
    let ct_next = words.chunks(2).map(|pair| {
        assert_eq!(pair[0], "--ct-next", "{}", path.display());
        parse_ct_state(pair[1]).unwrap()
    });
    let asked = Asked {
        place: path.display().to_string(),
        bridge: (*bridge).to_owned(),
        packet: packet.trim_matches('\'').to_owned(),
        ct_next: ct_next.collect(),
        answer: Some(answer.to_owned()),
        kind: "captured traces",
        is_beside: true,
    };
    Some((host, asked))
}

fn compare(node: &Path, asked: &[Asked], tally: &mut Tally) {
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

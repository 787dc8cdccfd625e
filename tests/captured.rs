//! Traces that were captured beside the nodes of a scenario, each in a file with its command.

use std::fs;
use std::path::{Path, PathBuf};

use ofscope::trace::paint::parse_ct_state;
use serde_json::Value;

use crate::check::traces::{Asked, compare};
use crate::check::{Tally, text_of};

/// Compares with the captured traces of a scenario.
pub fn check(scenario: &Path, tally: &mut Tally) {
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

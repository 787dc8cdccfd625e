//! A file of flows that take the place of all flows of a bridge, as `ovs-ofctl replace-flows` gives them to a switch.
//!
//! `ofctl_replace_flows` in utilities/ovs-ofctl.c of Open vSwitch for what is done: of each table, flows that the file does
//! not have are deleted, and those that the switch does not have, or has otherwise, are added. Flows are the same if
//! cookie, timeouts, importance and the text of the actions are; flags do not count, since dumps of some versions do not
//! tell them, and only `send_flow_rem` is sent.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{ChangeFile, shifted};
use crate::action::{Actions, Mode};
use crate::base::diag::{Diagnostic, Severity};
use crate::base::span::Span;
use crate::dump::flow_line::{self, Command, FlowMod, Reading};
use crate::field::{Names, Version};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::change::{INTERNAL, Request};
use crate::model::flow::{Flags, Flow, FlowKey};

/// What makes the flows of a bridge those of a file. Requests that delete have empty spans: no line asks for them. Without
/// a version it is the newest one that can carry every line.
pub fn replace(bridge: &Bridge, text: &str, version: Option<Version>) -> Result<ChangeFile, Vec<Diagnostic>> {
    let mut lines = Vec::new();
    let (mut wrong, mut found) = (Vec::new(), Vec::new());
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        match read_line(content, &bridge.names) {
            Ok(Some(reading)) => {
                let told =
                    reading.found.iter().filter(|d| d.severity >= Severity::Warning && d.code != "ignored-field");
                found.extend(told.map(|d| shifted(d.clone(), start)));
                lines.push((Span::new(start, start + content.len()), content, reading));
            }
            Ok(None) => {}
            Err(d) => wrong.push(shifted(d, start)),
        }
        start += line.len();
    }
    let sent = |version: Version| -> (Vec<Option<FlowMod>>, Vec<Diagnostic>, Vec<Diagnostic>) {
        let (mut refused, mut told) = (Vec::new(), Vec::new());
        let of = |(span, line, reading): &(Span, &str, Reading)| {
            let by = span.start as usize;
            if version == Version::V10 && reading.flow_mod.table.is_some() {
                let message = format!("in {version} `ovs-ofctl replace-flows` takes no lines that name a table");
                let d = Diagnostic::error("version", *span, message);
                refused.push(d.hint("send it in OpenFlow13 or later"));
                return None;
            }
            match super::flow(reading, line, version, &mut |d| told.push(shifted(d, by))) {
                Ok(Request::Flow(flow)) => Some(flow),
                Ok(_) => None,
                Err(d) => {
                    refused.push(shifted(d, by));
                    None
                }
            }
        };
        (lines.iter().map(of).collect(), refused, told)
    };
    let versions = version.map_or_else(|| Version::ALL.into_iter().rev().collect(), |version| vec![version]);
    let mut best = None;
    for version in versions {
        let one = (version, sent(version));
        let fewest = best.as_ref().map(|(_, (_, refused, _)): &(Version, (Vec<_>, Vec<_>, Vec<_>))| refused.len());
        let is_whole = one.1.1.is_empty();
        if fewest.is_none_or(|fewest| one.1.1.len() < fewest) {
            best = Some(one);
        }
        if is_whole {
            break;
        }
    }
    let Some((version, (flows, refused, told))) = best else { return Err(wrong) };
    wrong.extend(refused);
    if !wrong.is_empty() {
        wrong.sort_by_key(|d| d.span.start);
        return Err(wrong);
    }
    found.extend(told);
    found.sort_by_key(|d| d.span.start);
    let typed = lines.into_iter().zip(flows).filter_map(|((span, _, reading), flow)| Some((span, reading, flow?)));
    Ok(ChangeFile { requests: requests(bridge, typed.collect(), version), found, version })
}

/// Reads a line; nothing if it is empty or a comment.
fn read_line(line: &str, names: &Names) -> Result<Option<Reading>, Diagnostic> {
    let content = line.split('#').next().unwrap_or("");
    let trimmed = content.trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    let first = trimmed.split([',', ' ', '\t']).next().unwrap_or("");
    let is_command = Command::NAMES.iter().any(|(_, name)| *name == first);
    if is_command || matches!(first, "flow" | "group" | "meter") {
        let message = format!("`{first}` is not taken here: a file that replaces flows has nothing but flows");
        let hint = if matches!(first, "add" | "flow") { "take the word off" } else { "leave the line out" };
        return Err(Diagnostic::error("refused", Span::of(line, first), message).hint(hint));
    }
    flow_line::parse(content, names, Mode::Typed, false).map(Some)
}

/// What has to be asked for, table by table.
fn requests(bridge: &Bridge, typed: Vec<(Span, Reading, FlowMod)>, version: Version) -> Vec<(Span, Request)> {
    // Of flows that stand twice the last one counts, in the file and in a dump.
    let mut wanted: FxHashMap<FlowKey, usize> = FxHashMap::default();
    wanted.extend(typed.iter().enumerate().map(|(at, (.., flow))| (flow.flow.key(), at)));
    let mut stands: FxHashMap<FlowKey, FlowId> = FxHashMap::default();
    for (id, flow) in bridge.flows.iter() {
        // Flows that only `bridge/dump-flows` shows are out of reach.
        if flow.table() != INTERNAL && flow.priority() <= u16::MAX.into() {
            stands.insert(flow.key(), id);
        }
    }
    let mut tables: BTreeMap<u8, (Vec<FlowId>, Vec<usize>)> = BTreeMap::new();
    for (key, id) in &stands {
        if !wanted.contains_key(key) {
            tables.entry(key.table).or_default().0.push(*id);
        }
    }
    for (key, at) in &wanted {
        let (_, reading, _) = &typed[*at];
        let is_there = stands.get(key).is_some_and(|id| is_same(bridge, *id, &reading.flow_mod.flow));
        if !is_there {
            tables.entry(key.table).or_default().1.push(*at);
        }
    }
    let mut requests = Vec::new();
    for (mut goes, mut comes) in tables.into_values() {
        goes.sort_unstable();
        comes.sort_unstable();
        requests.extend(goes.into_iter().map(|id| {
            let flow = Flow { stats: None, ..bridge.flow(id).to_flow() };
            (Span::default(), FlowMod::delete_strict(flow, version).into())
        }));
        requests.extend(comes.into_iter().map(|at| {
            let (span, _, asked) = &typed[at];
            let kept =
                if asked.flow.flags.contains(Flags::SEND_FLOW_REM) { Flags::SEND_FLOW_REM } else { Flags::default() };
            let flow = Flow { flags: kept, ..asked.flow.clone() };
            (*span, FlowMod::add(flow, version).into())
        }));
    }
    requests
}

/// Whether a flow of the bridge is what a line says (`fte_version_equals`).
fn is_same(bridge: &Bridge, id: FlowId, wanted: &Flow) -> bool {
    let flow = bridge.flow(id);
    let head = flow.head();
    let text = |actions: &Actions| {
        let mut text = String::new();
        actions.paint(Names::none(), &mut text);
        text
    };
    head.cookie == wanted.cookie
        && head.idle_timeout == wanted.idle_timeout
        && head.hard_timeout == wanted.hard_timeout
        && head.importance == wanted.importance
        && (*flow.actions() == wanted.actions || text(flow.actions()) == text(&wanted.actions))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Progress;
    use crate::dump::change_file::line;
    use crate::dump::flows;

    const FLOWS: &str = "\
 cookie=0x1, table=0, n_packets=5, n_bytes=0, priority=100,in_port=1 actions=resubmit(,5)\n\
 cookie=0x1, table=5, n_packets=5, n_bytes=0, idle_timeout=60, priority=7,tcp actions=output:2\n\
 cookie=0x1, table=5, n_packets=0, n_bytes=0, priority=0 actions=drop\n";

    fn bridge() -> Bridge {
        let loaded = flows::load(FLOWS.as_bytes(), &"f".into(), Names::none(), &Progress::default(), |_| {});
        Bridge { name: "br-int".into(), flows: loaded.flows, is_dumped: true, ..Bridge::default() }
    }

    fn asked(text: &str) -> Vec<String> {
        let file = replace(&bridge(), text, Some(Version::V13)).unwrap();
        file.requests.iter().map(|(_, request)| line(request, Names::none())).collect()
    }

    #[test]
    fn a_dump_of_the_bridge_asks_for_nothing() {
        assert_eq!(asked(FLOWS), [""; 0]);
        // Spelled otherwise it is the same flow.
        let typed = "in_port=1,priority=100,cookie=1,actions=resubmit(,5)\n\
                     table=5,tcp,priority=7,cookie=1,idle_timeout=60,actions=2\ntable=5,priority=0,cookie=1,actions=drop\n";
        assert_eq!(asked(typed), [""; 0]);
    }

    #[test]
    fn flows_go_come_and_are_added_again_where_anything_but_flags_differs() {
        let text = FLOWS
            .replace("cookie=0x1, table=0", "cookie=0x2, table=0")
            .replace("idle_timeout=60", "idle_timeout=60, send_flow_rem")
            .replace("priority=0 actions=drop", "priority=1 actions=drop");
        assert_eq!(
            asked(&text),
            [
                "cookie=0x2, priority=100,in_port=1 actions=resubmit(,5)",
                "delete_strict table=5, priority=0",
                "cookie=0x1, table=5, priority=1 actions=drop"
            ]
        );
        assert_eq!(asked("").len(), 3);
        // Of a flow that stands twice the last line counts.
        assert_eq!(asked("actions=drop\nactions=output:3\n")[1], "actions=output:3");
    }

    #[test]
    fn only_flows_are_taken_and_every_wrong_line_is_told() {
        let text = "add actions=drop\ngroup_id=4,type=all\nmodify actions=drop\nactions=outptu:1\n# tcp\n";
        let wrong = replace(&bridge(), text, None).unwrap_err();
        let words: Vec<&str> = wrong.iter().map(|d| d.span.slice(text)).collect();
        assert_eq!(words, ["add", "group_id", "modify", "outptu"], "{wrong:?}");
        let wrong = replace(&bridge(), "table=0,actions=drop\n", Some(Version::V10)).unwrap_err();
        assert_eq!(wrong[0].code, "version");
    }
}

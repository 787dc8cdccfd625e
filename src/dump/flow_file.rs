//! A file of flows as people write it for `ovs-ofctl add-flows`, and what a switch would hold after it.
//!
//! The lines are taken one after the other, as the switch takes them: a flow is added in place of the one with the same
//! table, priority and match; `modify` and `delete` change what stands there. What they did is noted in the report. Each
//! flow is held and printed as [`echo`] tells, in the newest version of OpenFlow that can carry it.
//!
//! ovs-ofctl(8) "Flow Table Modification Commands"; OpenFlow 1.5.1, sections 6.4 and 7.3.4.3.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::echo::{Known, echo, normalise};
use super::flow_line::{self, Command, FlowMod, Reading};
use super::flows::{self, LINE_LIMIT, Loaded, heading};
use super::input::Input;
use super::kind::is_typed;
use crate::action::Mode;
use crate::base::diag::{Diagnostic, Located, Severity};
use crate::base::progress::Progress;
use crate::base::span::Span;
use crate::field::{Match, Names, Version};
use crate::model::flow::{Flow, Style};
use crate::model::store::{FlowStore, Interner, Line, SegmentBuilder};

/// How many flows all `modify` and `delete` lines of a file may look at. Each looks at every flow of its tables, so a
/// hostile file would take days without a limit.
const LOOKS: u64 = 100_000_000;

/// Reads flows, whoever wrote them: a dump as it is, a flow file as the flows that a switch would hold after it.
pub fn load(input: Input, file: &Arc<str>, names: &Names, progress: &Progress, publish: impl FnMut(&Loaded)) -> Loaded {
    match is_typed(&String::from_utf8_lossy(input.head())) {
        true => load_typed(input.into_reader(), file, names, progress, LOOKS),
        false => flows::load(input.into_reader(), file, names, progress, publish),
    }
}

fn load_typed(input: impl Read, file: &Arc<str>, names: &Names, progress: &Progress, looks: u64) -> Loaded {
    let mut tables =
        Tables { file, names, loaded: Loaded::default(), held: Vec::new(), by_key: FxHashMap::default(), looks };
    let mut reader = BufReader::with_capacity(256 << 10, input);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let read = reader.by_ref().take(LINE_LIMIT as u64).read_until(b'\n', &mut bytes);
        let is_long = bytes.len() == LINE_LIMIT && !bytes.ends_with(b"\n");
        let skipped = if is_long { skip_line(&mut reader) } else { Ok(()) };
        if let Err(e) = read.as_ref().map(|_| ()).and(skipped.as_ref().copied()) {
            let d = Diagnostic::error("broken-off", Span::default(), format!("the input broke off: {e}"));
            tables.loaded.report.push(Located::file(file, d.hint("what was read before is shown")));
            tables.loaded.is_partial = true;
            break;
        }
        if bytes.is_empty() {
            break;
        }
        if progress.is_cancelled() {
            tables.loaded.is_partial = true;
            break;
        }
        if is_long {
            let text = String::from_utf8_lossy(&bytes[..200]).into_owned();
            let message = format!("the line is longer than {} MiB", LINE_LIMIT >> 20);
            let d = Diagnostic::error("too-long", Span::new(0, text.len()), message).hint("it is left out");
            tables.complain(number, &text, d);
            continue;
        }
        match std::str::from_utf8(&bytes) {
            Ok(line) => tables.line(number, line.trim_end_matches(['\r', '\n'])),
            Err(e) => {
                let text = String::from_utf8_lossy(&bytes[..bytes.len().min(400)]).into_owned();
                let at = e.valid_up_to().min(text.len());
                let d = Diagnostic::error("no-text", Span::new(at, at + 1), "the line is no UTF-8 text");
                tables.complain(number, &text, d.hint("it is left out"));
            }
        }
    }
    tables.finish()
}

/// Reads on to the end of a line.
fn skip_line(reader: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let (n, is_end) = match memchr::memchr(b'\n', buffer) {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(n);
        if is_end {
            return Ok(());
        }
    }
}

/// What makes a flow the flow it is.
type Key = (u8, u32, Match);

/// A flow that the switch holds.
struct Held {
    flow: Flow,
    line: u32,
    /// Whether it is printed with names of ports and tables, because its line had them.
    names: bool,
}

/// What the switch holds so far.
struct Tables<'a> {
    file: &'a Arc<str>,
    names: &'a Names,
    loaded: Loaded,
    /// In the order in which they were added; `None` where one was deleted.
    held: Vec<Option<Held>>,
    by_key: FxHashMap<Key, usize>,
    /// How many flows lines may still look at.
    looks: u64,
}

impl Tables<'_> {
    fn complain(&mut self, line: u32, text: &str, d: Diagnostic) {
        self.loaded.report.push(Located::line(self.file, line, text, d));
    }

    fn line(&mut self, number: u32, line: &str) {
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') || heading(content).is_some() {
            return;
        }
        let mode = if flow_line::is_typed(line) { Mode::Typed } else { Mode::Dumped };
        let reading = match flow_line::parse(line, self.names, mode, mode == Mode::Typed) {
            Ok(reading) => reading,
            Err(d) => return self.complain(number, line, d),
        };
        // How a line is laid out does not matter to what it does.
        for d in reading.found.iter().filter(|d| d.severity >= Severity::Warning) {
            self.complain(number, line, d.clone());
        }
        let flow_mod = &reading.flow_mod;
        match flow_mod.command {
            Command::Add => self.add(number, line, &reading, mode),
            Command::Modify | Command::ModifyStrict => self.modify(number, line, &reading),
            Command::Delete | Command::DeleteStrict => self.delete(number, line, flow_mod),
        }
    }

    /// The flow as the switch holds it; nothing if it refuses it.
    fn sent(&mut self, number: u32, line: &str, reading: &Reading) -> Option<Flow> {
        let mut refused = None;
        for version in Version::ALL.into_iter().rev() {
            match echo(reading, line, version, &Known::default()) {
                Ok(echo) => {
                    echo.lost.into_iter().for_each(|d| self.complain(number, line, d));
                    return Some(echo.flow);
                }
                Err(d) if d.code == "version" => refused = refused.or(Some(d)),
                Err(d) => {
                    refused = Some(d);
                    break;
                }
            }
        }
        refused.into_iter().for_each(|d| self.complain(number, line, d));
        None
    }

    fn add(&mut self, number: u32, line: &str, reading: &Reading, mode: Mode) {
        let flow = match mode {
            Mode::Typed => match self.sent(number, line, reading) {
                Some(flow) => flow,
                None => return,
            },
            Mode::Dumped => reading.flow_mod.flow.clone(),
        };
        let names = self.has_names(line, &flow, mode);
        let key = (flow.table, flow.priority, flow.matches.clone());
        let held = Held { flow, line: number, names };
        match self.by_key.get(&key) {
            Some(&at) => {
                let before = self.held[at].replace(held).map_or(0, |held| held.line);
                self.note(number, line, "replaced", format!("the flow takes the place of the one of line {before}"));
            }
            None => {
                self.by_key.insert(key, self.held.len());
                self.held.push(Some(held));
            }
        }
    }

    /// Whether a line has ports or tables by name: without names it cannot be read then.
    fn has_names(&mut self, line: &str, flow: &Flow, mode: Mode) -> bool {
        let names = self.names;
        if names.ports().is_empty() && names.tables().is_empty() && names.learned().is_empty() {
            return false;
        }
        let is_same = flow.text(Style::NoStats, self.names) == flow.text(Style::NoStats, Names::none());
        let has_names = !is_same
            && match flow_line::parse(line, Names::none(), mode, mode == Mode::Typed) {
                Ok(reading) => reading.found.iter().any(Diagnostic::is_error),
                Err(_) => true,
            };
        self.loaded.has_names |= has_names;
        has_names
    }

    /// The places of the flows that a line is about; nothing, and a complaint, if there was too much to look at.
    fn selected(&mut self, number: u32, line: &str, flow_mod: &FlowMod) -> Vec<usize> {
        let matches = normalise(&flow_mod.flow.matches);
        let is_strict = matches!(flow_mod.command, Command::ModifyStrict | Command::DeleteStrict);
        let places: Vec<usize> = match (is_strict, flow_mod.table) {
            (true, Some(table)) => {
                let key = (table, flow_mod.flow.priority, matches.clone());
                self.by_key.get(&key).copied().into_iter().collect()
            }
            _ => {
                let Some(left) = self.looks.checked_sub(self.held.len() as u64) else {
                    let d = Diagnostic::error("too-much", Span::new(0, line.len()), "too many flows to look at");
                    self.complain(number, line, d.hint("the line is left out"));
                    return Vec::new();
                };
                self.looks = left;
                (0..self.held.len()).collect()
            }
        };
        let asked = FlowMod { flow: Flow { matches, ..flow_mod.flow.clone() }, ..flow_mod.clone() };
        let is_it = |at: &usize| {
            self.held[*at].as_ref().is_some_and(|Held { flow, .. }| {
                asked.table.is_none_or(|table| table == flow.table) && asked.selects_flow(flow)
            })
        };
        places.into_iter().filter(is_it).collect()
    }

    fn modify(&mut self, number: u32, line: &str, reading: &Reading) {
        let Some(sent) = self.sent(number, line, reading) else { return };
        let places = self.selected(number, line, &reading.flow_mod);
        let names = self.has_names(line, &sent, Mode::Typed);
        for at in &places {
            if let Some(held) = &mut self.held[*at] {
                held.flow.actions = sent.actions.clone();
                held.names |= names;
            }
        }
        self.note(number, line, "modified", format!("this gives its actions to {}", flows_above(places.len())));
    }

    fn delete(&mut self, number: u32, line: &str, flow_mod: &FlowMod) {
        let places = self.selected(number, line, flow_mod);
        for at in &places {
            if let Some(Held { flow, .. }) = self.held[*at].take() {
                self.by_key.remove(&(flow.table, flow.priority, flow.matches));
            }
        }
        if self.held.len() > 2 * self.by_key.len() {
            self.close_gaps();
        }
        self.note(number, line, "deleted", format!("this deletes {}", flows_above(places.len())));
    }

    /// Forgets the places of deleted flows.
    fn close_gaps(&mut self) {
        self.held.retain(Option::is_some);
        let keys =
            self.held.iter().flatten().map(|Held { flow, .. }| (flow.table, flow.priority, flow.matches.clone()));
        self.by_key = keys.zip(0..).collect();
    }

    fn note(&mut self, number: u32, line: &str, code: &'static str, message: String) {
        self.complain(number, line, Diagnostic::note(code, Span::new(0, line.trim_end().len()), message));
    }

    fn finish(mut self) -> Loaded {
        let interner = Interner::default();
        let mut segments = Vec::new();
        let mut builder = SegmentBuilder::new(&interner);
        for Held { flow, line, names } in self.held.iter().flatten() {
            if builder.is_full() {
                segments.push(Arc::new(std::mem::replace(&mut builder, SegmentBuilder::new(&interner)).finish()));
            }
            let text = flow.actions_text(if *names { self.names } else { Names::none() });
            let actions = interner.actions(&text);
            let actions = actions.unwrap_or_else(|| interner.keep_actions(&text, flow.actions.clone(), Vec::new()));
            let shape = builder.shape(&flow.matches);
            let style = if flow.stats.is_some() { Style::Stats } else { Style::NoStats };
            builder.push(flow, shape, &actions, Line { number: *line, verbatim: None, style, names: *names });
        }
        segments.push(Arc::new(builder.finish()));
        self.loaded.flows = FlowStore::new(segments);
        self.loaded
    }
}

fn flows_above(n: usize) -> String {
    match n {
        0 => "none of the flows above".to_owned(),
        n => format!("{n} of the flows above"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str) -> (Vec<String>, Vec<String>) {
        let names = Names::default().learning();
        let input = Input::new(std::io::Cursor::new(text.as_bytes().to_vec())).unwrap();
        let loaded = load(input, &"f".into(), &names, &Progress::default(), |_| {});
        let flows = loaded.flows.iter().map(|(_, f)| format!("{}:{}", f.line(), f.line_text(&names)));
        let told = loaded.report.kept.iter().map(|l| format!("{}: {}", l.line, l.diagnostic.message));
        (flows.collect(), told.collect())
    }

    #[test]
    fn flows_are_held_as_a_switch_prints_them_back() {
        let (flows, told) = load_text(
            "# mine\ntp_dst=0x16,tcp,actions=mod_tp_dst:80,output:tap1\nadd table=2,priority=7,actions=2\n\
            nw_src=10.0.0.1,actions=drop\nadd foo=1,actions=drop\n",
        );
        assert_eq!(
            flows,
            [
                "2: tcp,tp_dst=22 actions=set_field:80->tcp_dst,output:tap1",
                "3: table=2, priority=7 actions=output:2",
                "4: actions=drop"
            ]
        );
        assert_eq!(told.iter().map(|t| &t[..1]).collect::<Vec<_>>(), ["4", "5"], "{told:?}");
    }

    #[test]
    fn lines_change_what_stands_above_them() {
        let base = "priority=1,tcp,actions=1\npriority=1,tcp,tp_dst=22,actions=2\ntable=3,cookie=5,actions=group:4\n";
        let left = |lines: &str| {
            let (flows, told) = load_text(&format!("{base}{lines}\n"));
            let lines: Vec<String> = flows.iter().map(|f| f[..1].to_owned()).collect();
            (lines.join(" "), told.last().map_or("", |t| &t[3..]).to_owned())
        };
        assert_eq!(left("delete tcp"), ("3".into(), "this deletes 2 of the flows above".into()));
        assert_eq!(left("delete table=3"), ("1 2".into(), "this deletes 1 of the flows above".into()));
        assert_eq!(left("delete cookie=5/-1"), ("1 2".into(), "this deletes 1 of the flows above".into()));
        assert_eq!(left("delete out_port=2"), ("1 3".into(), "this deletes 1 of the flows above".into()));
        assert_eq!(left("delete out_group=4"), ("1 2".into(), "this deletes 1 of the flows above".into()));
        assert_eq!(left("delete"), (String::new(), "this deletes 3 of the flows above".into()));
        assert_eq!(left("delete_strict priority=1,tcp"), ("2 3".into(), "this deletes 1 of the flows above".into()));
        assert_eq!(left("delete_strict tcp"), ("1 2 3".into(), "this deletes none of the flows above".into()));
        assert_eq!(left("priority=1,tcp,actions=9").0, "4 2 3");
        assert_eq!(left("udp,actions=9").0, "1 2 3 4");
        let (flows, told) = load_text(&format!("{base}modify tcp,actions=7\n"));
        assert_eq!(flows[1], "2: priority=1,tcp,tp_dst=22 actions=output:7");
        assert_eq!(told, ["this gives its actions to 2 of the flows above"].map(|t| format!("4: {t}")));
    }

    #[test]
    fn lines_that_would_look_at_too_many_flows_are_left_out() {
        let text: String = (0..100).map(|n| format!("priority={n},actions=drop\n")).collect();
        let text = text + &"delete in_port=1\n".repeat(20) + "delete\n";
        let loaded = load_typed(text.as_bytes(), &"f".into(), Names::none(), &Progress::default(), 1050);
        assert_eq!((loaded.flows.len(), loaded.report.errors()), (100, 11));
    }
}

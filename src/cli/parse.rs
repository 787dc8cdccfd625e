//! `ofscope parse`: what was understood of a text.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::context::{Context, Stdout};
use super::failure::{CommandResult, Failure, Outcome, Stop};
use super::{fmt, json as answers};
use crate::action::Mode;
use crate::base::diag::{Diagnostic, Located, Report};
use crate::base::span::Span;
use crate::dump::flow_line::{self, Command, FlowMod};
use crate::dump::flows::{LINE_LIMIT, heading};
use crate::dump::kind::Kind;
use crate::field::Names;

/// Print what was understood of a dump or a flow file, line by line.
///
/// Every line is a flow with the command in front of it (`add` for lines of a dump); `diagnostics` tells what was not
/// understood, with line, column and hint. Other texts than flows are told by their kind.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ofscope parse flows.txt --json | jq '.diagnostics'
  ofscope parse dump.txt --jsonl | jq -r 'select(.table==60).match'")]
pub struct ParseArgs {
    /// A dump or a flow file; standard input by default.
    pub file: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long, conflicts_with = "jsonl")]
    pub json: bool,
    /// Print one JSON object a line: the flows, and the diagnostics on standard error.
    #[arg(long)]
    pub jsonl: bool,
}

/// Prints what was understood.
pub fn run(args: &ParseArgs, cx: &Context) -> CommandResult {
    let (input, file) = fmt::input(args.file.as_deref())?;
    let kind = Kind::of(input.head());
    let mut bytes = Vec::new();
    let broken = |e: std::io::Error| Failure::source(format!("`{file}` cannot be read: {e}"));
    input.into_reader().take(LIMIT).read_to_end(&mut bytes).map_err(broken)?;
    let mut report = Report::default();
    let flows = if kind == Kind::Flows || is_one_line(&bytes) { lines(&bytes, &file, &mut report) } else { Vec::new() };
    let mut out = cx.out();
    match (args.json, args.jsonl) {
        (true, _) => document(&file, kind, &flows, &report, &mut out),
        (false, true) => flows.iter().for_each(|flow| out.bytes(format!("{flow}\n").as_bytes())),
        (false, false) => text(kind, &flows, &report, &mut out),
    }
    out.finish()?;
    if !args.json {
        fmt::show(&report, cx)?;
    }
    end(kind, &flows, &report)
}

/// Texts are read up to this size, in bytes.
const LIMIT: u64 = 1 << 30;

fn end(kind: Kind, flows: &[Value], report: &Report) -> Result<Outcome, Stop> {
    Ok(match (report.errors(), flows.is_empty()) {
        (0, _) => Outcome::Done,
        (_, true) if kind != Kind::Flows => Outcome::Usage,
        (_, true) => Outcome::Usage,
        (_, false) => Outcome::Partial,
    })
}

/// Whether a text is what a person typed, which is a flow however wrong it is.
fn is_one_line(bytes: &[u8]) -> bool {
    let end = bytes.len() - usize::from(bytes.ends_with(b"\n"));
    end > 0 && memchr::memchr(b'\n', &bytes[..end]).is_none() && std::str::from_utf8(bytes).is_ok()
}

/// The flows of a text.
fn lines(bytes: &[u8], file: &Arc<str>, report: &mut Report) -> Vec<Value> {
    let names = Names::default().learning();
    let mut flows = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|b| *b == b'\n')) {
        let line = String::from_utf8_lossy(line);
        let line = line.strip_suffix('\r').unwrap_or(&line);
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') || heading(content).is_some() {
            continue;
        }
        if line.len() > LINE_LIMIT {
            let message = format!("the line is longer than {} MiB", LINE_LIMIT >> 20);
            let d = Diagnostic::error("too-long", Span::new(0, 1), message).hint("it is left out");
            report.push(Located::line(file, number, line, d));
            continue;
        }
        let mode = if flow_line::is_typed(line) { Mode::Typed } else { Mode::Dumped };
        match flow_line::parse(line, &names, mode, mode == Mode::Typed) {
            Ok(reading) => {
                let found = reading.found.iter();
                found.for_each(|d| report.push(Located::line(file, number, line, d.clone())));
                flows.push(flow(&reading.flow_mod, line, number, file, &names));
            }
            Err(d) => report.push(Located::line(file, number, line, d)),
        }
    }
    flows
}

fn flow(flow_mod: &FlowMod, line: &str, number: u32, file: &str, names: &Names) -> Value {
    let mut value = answers::of_flow(&flow_mod.flow, names);
    let command = Command::NAMES.iter().find(|(command, _)| *command == flow_mod.command);
    value["command"] = command.map(|(_, name)| *name).into();
    value["every_table"] = (flow_mod.table.is_none() && flow_mod.command != Command::Add).into();
    if flow_mod.cookie.mask != 0 && !flow_mod.sets_cookie {
        value["cookie"] = flow_mod.cookie.value.into();
    }
    value["cookie_mask"] = flow_mod.cookie.mask.into();
    value["out_port"] = flow_mod.out_port.into();
    value["out_group"] = flow_mod.out_group.into();
    value["origin"] = json!({"file": file, "line": number});
    value["line"] = line.into();
    value
}

fn document(file: &str, kind: Kind, flows: &[Value], report: &Report, out: &mut Stdout) {
    let parts = json!({
        "file": file,
        "kind": kind.name(),
        "flows": flows,
        "diagnostics": answers::diagnostics(report),
        "more_diagnostics": report.more,
    });
    out.bytes(answers::text(&answers::document("parse", parts)).as_bytes());
}

fn text(kind: Kind, flows: &[Value], report: &Report, out: &mut Stdout) {
    use crate::base::paint::Painter;
    out.text(&format!("{}: {} flows, {} remarks\n", kind.name(), flows.len(), report.len()));
}

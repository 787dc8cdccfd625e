//! `ofscope explain`: a flow that was pasted, in plain words.

use std::io::Read;

use clap::Args;
use serde_json::Value;

use super::context::Context;
use super::failure::{CommandResult, Failure, Outcome, Stop};
use super::show::{explanation_json, paint_explanation};
use super::{fmt, json};
use crate::action::Mode;
use crate::base::diag::{Located, Report};
use crate::base::paint::{Painter, Role};
use crate::dump::flow_line::{self, Reading};
use crate::dump::flows::heading;
use crate::explain::typed;
use crate::field::Names;

/// Say in plain words what a pasted flow matches and does.
///
/// The flow is a line of a dump, or one that was typed. A typed one is refused where it is wrong.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ofscope explain 'table=0,tcp,tp_dst=22,actions=drop'
  ovs-ofctl dump-flows br-int table=60 | ofscope explain -")]
pub struct ExplainArgs {
    /// The flow; `-` for lines of standard input.
    #[arg(required = true, value_name = "FLOW")]
    pub flow: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Explains the flows.
pub fn run(args: &ExplainArgs, cx: &Context) -> CommandResult {
    let typed_text = args.flow.join(" ");
    let names = Names::default().learning();
    let mut out = cx.stream();
    if typed_text != "-" {
        let reading = read(&typed_text, &names).map_err(|d| Failure::typed("flow", &typed_text, d))?;
        cx.tell("flow", &typed_text, &reading.found)?;
        print(&[(typed_text, reading)], &names, args.json, cx, &mut out);
        out.finish()?;
        return Ok(Outcome::Done);
    }
    let (flows, report) = lines(&names)?;
    print(&flows, &names, args.json, cx, &mut out);
    out.finish()?;
    fmt::show(&report, cx)?;
    Ok(match (report.errors(), flows.is_empty()) {
        (0, false) => Outcome::Done,
        (0, true) => Outcome::No,
        (_, true) => Outcome::Usage,
        (_, false) => Outcome::Partial,
    })
}

/// Lines of standard input that are read at most, in bytes.
const LIMIT: u64 = 16 << 20;

/// The flows of standard input.
fn lines(names: &Names) -> Result<(Vec<(String, Reading)>, Report), Stop> {
    let (input, file) = fmt::input(Some(std::path::Path::new("-")))?;
    let mut bytes = Vec::new();
    input.into_reader().take(LIMIT).read_to_end(&mut bytes)?;
    let (mut flows, mut report) = (Vec::new(), Report::default());
    for (number, line) in (1..).zip(String::from_utf8_lossy(&bytes).lines()) {
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') || heading(content).is_some() {
            continue;
        }
        match read(line, names) {
            Ok(reading) => {
                let found = reading.found.iter();
                found.for_each(|d| report.push(Located::line(&file, number, line, d.clone())));
                flows.push((line.to_owned(), reading));
            }
            Err(d) => report.push(Located::line(&file, number, line, d)),
        }
    }
    Ok((flows, report))
}

/// Reads a line as what it is, typed or printed.
fn read(line: &str, names: &Names) -> Result<Reading, crate::base::diag::Diagnostic> {
    let mode = if flow_line::is_typed(line) { Mode::Typed } else { Mode::Dumped };
    flow_line::parse(line, names, mode, true)
}

fn print(flows: &[(String, Reading)], names: &Names, is_json: bool, cx: &Context, out: &mut super::context::Stdout) {
    if is_json {
        let one = |(_, reading): &(String, Reading)| -> Value {
            let flow = &reading.flow_mod.flow;
            let mut value = explanation_json(&typed(flow, names));
            value["flow"] = json::of_flow(flow, names);
            value
        };
        let flows: Vec<Value> = flows.iter().map(one).collect();
        return out.bytes(json::text(&json::document("explain", serde_json::json!({ "flows": flows }))).as_bytes());
    }
    for (n, (_, reading)) in flows.iter().enumerate() {
        out.text(if n > 0 { "\n" } else { "" });
        out.put(Role::Dim, if n > 0 { "----\n" } else { "" });
        reading.flow_mod.paint(names, out);
        out.text("\n");
        paint_explanation(&typed(&reading.flow_mod.flow, names), cx.text_width(), out);
    }
}

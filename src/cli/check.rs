//! `ofscope check`: what deserves a look.

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::columns::{Columns, Side, field};
use super::context::{Chosen, Context};
use super::failure::{CommandResult, Failure, Outcome};
use super::flows::paint_line;
use super::json as answers;
use super::wrap::wrap;
use crate::base::number::grouped;
use crate::base::paint::{Painter, Pieces, Role};
use crate::base::safe::visible;
use crate::base::words::plural;
use crate::check::{FINDINGS, Finding, Row, Severity};
use crate::model::id::FlowHash;
use crate::session::NodeScene;

/// Look for what is wrong: flows that cannot work, ports that are not wired, networks that end nowhere.
///
/// Prints what was found on every node, the worst first, with the flows that show it and what to do next. Ends with 1 if something was found. A check that needs what was not captured is not run, which is told; `--list` says what each one needs.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// A dump, a directory of captures, `-` for standard input, or `demo:NAME`.
    #[arg(required_unless_present = "list")]
    pub source: Option<String>,
    /// Run these checks only, by their ids.
    #[arg(long, value_name = "ID", value_delimiter = ',', hide_possible_values = true,
          value_parser = PossibleValuesParser::new(FINDINGS.iter().map(|row| row.id)))]
    pub only: Vec<String>,
    /// Tell only what is at least so bad.
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = Least::Note)]
    pub least: Least,
    /// Print every check with its id, and what it needs.
    #[arg(long)]
    pub list: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// How bad a finding must be to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Least {
    /// Only what loses packets or sends them astray.
    Error,
    /// Also what may hurt.
    Warning,
    /// Everything.
    Note,
}

impl Least {
    fn severity(self) -> Severity {
        match self {
            Least::Error => Severity::Error,
            Least::Warning => Severity::Warning,
            Least::Note => Severity::Note,
        }
    }
}

/// So many flows of a finding are printed for people.
const SHOWN: usize = 6;

/// Prints the findings.
pub fn run(args: &CheckArgs, cx: &Context) -> CommandResult {
    if args.list {
        return list(args.json, cx);
    }
    let scene = cx.open(args.source.as_deref())?;
    let nodes: Vec<&NodeScene> = match &cx.global.node {
        Some(_) => vec![cx.node(&scene)?],
        None => scene.nodes().iter().collect(),
    };
    if let Some(name) = &cx.global.bridge
        && !nodes.iter().any(|node| node.node().bridge(name).is_some())
    {
        cx.bridge(&scene)?;
        return Err(Failure::usage(format!("there is no bridge `{name}`")).into());
    }
    let only: Vec<&str> = args.only.iter().map(String::as_str).collect();
    let mut found: Vec<(&NodeScene, Finding)> = Vec::new();
    let mut not_run: Vec<(&NodeScene, &'static Row)> = Vec::new();
    for node in &nodes {
        let (findings, skipped) = node.check(&only);
        found.extend(findings.into_iter().map(|f| (*node, f)));
        not_run.extend(
            skipped.into_iter().filter(|row| only.is_empty() || only.contains(&row.id)).map(|row| (*node, row)),
        );
    }
    let bridge_of = |node: &NodeScene, f: &Finding| f.bridge.map(|at| node.node().bridges[at].name.clone());
    found.retain(|(node, f)| {
        let is_there = cx.global.bridge.as_deref().is_none_or(|name| bridge_of(node, f).as_deref() == Some(name));
        f.severity <= args.least.severity() && is_there
    });
    // Stable: within a severity the nodes follow each other, and within a node the table's order holds.
    found.sort_by_key(|(_, f)| f.severity);
    let outcome = if found.is_empty() { Outcome::Done } else { Outcome::No };
    let mut out = cx.out();
    if args.json {
        let findings: Vec<Value> = found.iter().map(|(node, f)| value(node, f)).collect();
        let skipped: Vec<Value> =
            not_run.iter().map(|(node, row)| json!({"node": &*node.node().name, "id": row.id})).collect();
        let parts = json!({"source": &*scene.snapshot().sources.name, "findings": findings, "not_run": skipped});
        out.bytes(answers::text(&answers::document("check", parts)).as_bytes());
    } else {
        paint(&found, &not_run, cx, &mut out);
    }
    cx.finish(out, scene.snapshot(), outcome)
}

/// A finding as the contract has it.
fn value(node: &NodeScene, finding: &Finding) -> Value {
    let chosen = finding.bridge.map(|at| Chosen { node, at });
    let origin = chosen.map(|chosen| answers::Origin::of(&node.snapshot().sources, chosen));
    let flow = |id| Some(answers::flow(chosen?, id, origin.as_ref()?));
    let flows: Vec<Value> = finding.flows.iter().filter_map(|id| flow(*id)).collect();
    json!({
        "id": finding.id,
        "severity": finding.severity.word(),
        "sentence": finding.sentence,
        "node": &*node.node().name,
        "bridge": chosen.map(|chosen| chosen.bridge().name.to_string()),
        "flows": flows,
        "object": finding.object,
        "hint": finding.hint,
    })
}

fn role(severity: Severity) -> Role {
    match severity {
        Severity::Error => Role::Bad,
        Severity::Warning => Role::Warn,
        Severity::Note => Role::Dim,
    }
}

fn paint(found: &[(&NodeScene, Finding)], not_run: &[(&NodeScene, &'static Row)], cx: &Context, p: &mut impl Painter) {
    for severity in Severity::ALL {
        let of: Vec<_> = found.iter().filter(|(_, f)| f.severity == severity).collect();
        if of.is_empty() {
            continue;
        }
        p.put(role(severity), &format!("{} {}", of.len(), plural(of.len(), severity.word())));
        p.text("\n");
        for (node, finding) in of {
            paint_one(node, finding, cx.text_width(), p);
        }
        p.text("\n");
    }
    if found.is_empty() {
        p.put(Role::Ok, "nothing was found");
        p.text("\n");
    }
    paint_not_run(not_run, p);
}

fn paint_one(node: &NodeScene, finding: &Finding, width: usize, p: &mut impl Painter) {
    p.text("  ");
    p.put(role(finding.severity), finding.id);
    p.dim("  ");
    p.put(Role::Accent, &visible(&node.node().name));
    if let Some(at) = finding.bridge {
        p.text(&format!(" {}", visible(&node.node().bridges[at].name)));
    }
    p.text("\n    ");
    let mut sentence = Pieces::default();
    sentence.put(Role::Text, &visible(&finding.sentence));
    wrap(&sentence, 4, 4, width, p);
    if let Some(at) = finding.bridge {
        let bridge = node.bridges()[at].bridge();
        for id in finding.flows.iter().take(SHOWN) {
            let row = bridge.flow(*id);
            p.text("      ");
            p.put(Role::Accent, &format!("{} ", bridge.ids().short(FlowHash::of(row))));
            // A dump begins each line with a blank.
            let mut line = Trimmed { inner: p, has_begun: false };
            paint_line(row, &bridge.names, &mut line);
            p.text("\n");
        }
        if finding.flows.len() > SHOWN {
            p.dim(&format!("      .. {} more flows: --json has them\n", grouped((finding.flows.len() - SHOWN) as u64)));
        }
    }
    if !finding.hint.is_empty() {
        p.text("    ");
        let mut hint = Pieces::default();
        hint.put(Role::Accent, &format!("-> {}", visible(&finding.hint)));
        wrap(&hint, 4, 7, width, p);
    }
}

/// Leaves out the blanks at the beginning of a line.
struct Trimmed<'p, P> {
    inner: &'p mut P,
    has_begun: bool,
}

impl<P: Painter> Painter for Trimmed<'_, P> {
    fn put(&mut self, role: Role, text: &str) {
        let text = if self.has_begun { text } else { text.trim_start() };
        if !text.is_empty() {
            self.has_begun = true;
            self.inner.put(role, text);
        }
    }
}

/// Tells that some checks were not run.
fn paint_not_run(not_run: &[(&NodeScene, &'static Row)], p: &mut impl Painter) {
    let ids: std::collections::BTreeSet<&str> = not_run.iter().map(|(_, row)| row.id).collect();
    if !ids.is_empty() {
        let checks = if ids.len() == 1 { "1 check was".to_owned() } else { format!("{} checks were", ids.len()) };
        p.dim(&format!(
            "{checks} not run on every node, since not all that they need was captured: `ofscope check --list`\n"
        ));
    }
}

/// Prints the table of checks.
fn list(is_json: bool, cx: &Context) -> CommandResult {
    let mut out = cx.out();
    let needs = |row: &Row| row.needs.iter().map(|n| n.words()).collect::<Vec<_>>();
    if is_json {
        let rows: Vec<Value> = FINDINGS
            .iter()
            .map(|row| json!({"id": row.id, "severity": row.severity.word(), "sentence": row.sentence, "needs": needs(row), "catalogue": row.catalogue}))
            .collect();
        out.bytes(answers::text(&answers::document("checks", json!({"checks": rows}))).as_bytes());
    } else {
        let heads = [("ID", Side::Left), ("SEVERITY", Side::Left), ("WHAT", Side::Left)];
        let mut columns = Columns::new(&heads).wrapping();
        for row in FINDINGS {
            columns.push([
                field(Role::Accent, row.id),
                field(role(row.severity), row.severity.word()),
                field(Role::Text, row.sentence),
            ]);
        }
        columns.paint(cx.width(), &mut out);
    }
    out.finish()?;
    Ok(Outcome::Done)
}

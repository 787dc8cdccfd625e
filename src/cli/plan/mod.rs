//! `ofscope plan`: what a file of changes would do.

mod json;
mod text;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::context::{Chosen, Context};
use super::failure::{CommandResult, Failure, Outcome};
use crate::base::diag::{Diagnostic, Located};
use crate::base::words::counted;
use crate::check::Finding;
use crate::dump::change_file::{self, ChangeFile};
use crate::field::Version;
use crate::model::bridge::Bridge;
use crate::model::change::ChangeSet;
use crate::model::refusal::Refusal;
use crate::packet::{self, Asked};
use crate::plan::{self, Effect, View, Warning};
use crate::session::touched::{self, Touched};
use crate::session::{Scene, Ways, keep};
use crate::trace::{Options, World};

/// Say what a file of changes would do to a bridge, and send nothing.
///
/// The file has lines as `ovs-ofctl add-flows` and `ovs-ofctl bundle` take them: `add`, `modify`, `modify_strict`, `delete` and `delete_strict` for flows, `group ..` for groups, `meter ..` for meters. They are planned one after the other by the rules of Open vSwitch, as one bundle: with a wrong line, or a request that the switch would refuse, nothing is done. Told are the flows that come, change and go, what to think of before, the rules that wanted these flows, and what becomes of packets that come by them. Ends with 0 if all of it would be done, with 1 if the switch would refuse it, with 2 if the file has wrong lines.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ofscope plan dump.txt changes.txt
  ofscope plan dump.txt flows.txt --replace
  echo 'delete table=0,tcp' | ofscope plan captures/ - --node compute1 --bridge br-int
  ofscope plan dump.txt changes.txt --packet in_port=1,tcp,tcp_dst=80 -o after.txt")]
pub struct PlanArgs {
    /// What the bridge has: a dump, a directory of captures, or `demo:NAME`.
    pub source: String,
    /// The file with the changes; `-` for standard input.
    pub file: String,
    /// The file has flows, and the bridge's flows become these: what `ovs-ofctl replace-flows` does. Flows with the same cookie, timeouts, importance and actions stay as they are.
    #[arg(long)]
    pub replace: bool,
    /// The version of OpenFlow in which they are sent; the newest one that can carry all of them, if none is said.
    #[arg(short = 'O', long = "protocols", value_name = "VERSION", value_parser = super::fmt::version)]
    pub protocol: Option<Version>,
    /// Write the flows that the bridge would have then, as a dump.
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Send this packet before and after, too, as `ofscope trace` takes it; may be said more than once.
    #[arg(long, value_name = "PACKET")]
    pub packet: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// What is found out about a change.
struct Answer<'a> {
    chosen: Chosen<'a>,
    /// The text of the file, to show its lines.
    text: &'a str,
    file: &'a ChangeFile,
    change: ChangeSet,
    refused: Vec<Refusal>,
    warnings: Vec<Warning>,
    /// Findings that there were not before, if nothing is refused.
    news: Vec<Finding>,
    /// Packets, with what becomes of them.
    packets: Vec<Sent>,
    /// Requests for which no packet could be made, from 0, and why.
    without: Vec<(usize, String)>,
    /// The rules that wanted the flows.
    rules: Vec<Touched>,
    /// The bridge as it would be.
    after: Arc<Bridge>,
}

/// A packet that is sent before and after.
struct Sent {
    /// As it was typed, or as it may be typed.
    text: String,
    /// The request for which it was made, from 0; nothing if it was asked for.
    made_for: Option<usize>,
    effect: Effect,
}

/// The most that a file of changes may have, in bytes.
const LIMIT: u64 = 256 << 20;

/// Prints what a file would do.
pub fn run(args: &PlanArgs, cx: &Context) -> CommandResult {
    if args.source == "-" && args.file == "-" {
        return Err(Failure::usage("standard input can be read only once").hint("name a file for one of them").into());
    }
    let text = read(&args.file)?;
    let scene = cx.open(Some(&args.source))?;
    let chosen = cx.bridge(&scene)?;
    let read = match args.replace {
        true => change_file::replace(chosen.bridge(), &text, args.protocol),
        false => change_file::read_in(&text, &chosen.bridge().names, args.protocol),
    };
    let file = match read {
        Ok(file) => file,
        Err(wrong) => return refuse(args, &text, wrong, cx),
    };
    if !cx.global.quiet {
        let mut err = cx.err();
        located(args, &text, file.found.clone()).for_each(|found| found.paint(&mut err));
        err.finish()?;
    }
    let answer = answer(args, &scene, chosen, &text, &file)?;
    let outcome = if answer.refused.is_empty() { Outcome::Done } else { Outcome::No };
    if let Some(path) = args.out.as_deref().filter(|_| answer.refused.is_empty()) {
        write(path, &answer.after)?;
    }
    let mut out = cx.out();
    match args.json {
        true => json::print(&answer, &mut out),
        false => text::paint(&answer, args.out.as_deref(), &mut out),
    }
    cx.finish(out, scene.snapshot(), outcome)
}

/// The text of a file of changes.
fn read(name: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = match name {
        "-" => std::io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes),
        _ => std::fs::File::open(name).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes)),
    };
    read.map_err(|e| Failure::source(format!("`{name}`: {e}")))?;
    if bytes.len() as u64 > LIMIT {
        return Err(Failure::usage(format!("`{name}` is larger than {} MiB", LIMIT >> 20)).hint("split it"));
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = 1 + e.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
        Failure::usage(format!("`{name}`: line {line} is no UTF-8 text"))
    })
}

/// Complaints about lines of the file, each with its line.
fn located<'a>(args: &'a PlanArgs, text: &'a str, found: Vec<Diagnostic>) -> impl Iterator<Item = Located> + 'a {
    let file: Arc<str> = args.file.as_str().into();
    // Both stand in order, so the lines are counted on from the last one.
    let (mut number, mut start) = (1, 0);
    found.into_iter().map(move |mut d| {
        let at = (d.span.start as usize).min(text.len());
        let before = &text.as_bytes()[start.min(at)..at];
        number += memchr::memchr_iter(b'\n', before).count() as u32;
        start = memchr::memrchr(b'\n', before).map_or(start, |newline| start + newline + 1);
        let line = text[start..].lines().next().unwrap_or("");
        let shift = |at: u32| (at as usize).saturating_sub(start) as u32;
        (d.span.start, d.span.end) = (shift(d.span.start), shift(d.span.end));
        Located::line(&file, number, line, d)
    })
}

/// Tells every wrong line.
fn refuse(args: &PlanArgs, text: &str, wrong: Vec<Diagnostic>, cx: &Context) -> CommandResult {
    let n = wrong.len();
    let mut err = cx.err();
    located(args, text, wrong).for_each(|found| found.paint(&mut err));
    err.finish()?;
    let verb = if n == 1 { "is" } else { "are" };
    let failure = Failure::usage(format!("{} of `{}` {verb} wrong, so none is taken", counted(n, "line"), args.file));
    let hint = match args.replace {
        true => "mend them, as `ovs-ofctl replace-flows` takes the file whole or not at all",
        false => "mend them, as a bundle is taken whole or not at all",
    };
    Err(failure.hint(hint).into())
}

fn answer<'a>(
    args: &'a PlanArgs,
    scene: &'a Scene,
    chosen: Chosen<'a>,
    text: &'a str,
    file: &'a ChangeFile,
) -> Result<Answer<'a>, Failure> {
    let before = chosen.bridge();
    let requests = file.requests.iter().map(|(_, request)| request.clone());
    let (change, refused) = ChangeSet::plan_each(before, requests);
    let after = Arc::new(change.apply(before).expect("the change was planned on this bridge"));
    let view = View { before, after: &after, naming: chosen.node.naming(chosen.at) };
    let warnings = plan::warnings(view, &change);
    let mut answer = Answer {
        chosen,
        text,
        file,
        change,
        refused,
        warnings,
        news: Vec::new(),
        packets: Vec::new(),
        without: Vec::new(),
        rules: Vec::new(),
        after,
    };
    if answer.refused.is_empty() {
        let node = scene.nodes().iter().position(|n| std::ptr::eq(n, chosen.node)).expect("it is one of them");
        let then = scene.with(&[(node, chosen.at, answer.after.clone())]);
        let (old, new) = (&chosen.node.findings().0, &then.nodes()[node].findings().0);
        answer.news = plan::news(chosen.at, (old, before), (new, &answer.after)).into_iter().cloned().collect();
        answer.packets = packets(args, scene, &then, (node, chosen.at))?;
        answer.rules = touched::rules(chosen.node, &then.nodes()[node], chosen.at, &answer.change.flows());
        made(scene, &then, (node, chosen.at), &mut answer);
    }
    Ok(answer)
}

/// Sends packets that come by the flows of the change, before and after.
fn made(scene: &Scene, then: &Scene, (node, at): (usize, usize), answer: &mut Answer<'_>) {
    let (now, later) = (Ways::of(scene), Ways::of(then));
    let (now, later) = (&now.around()[node], &later.around()[node]);
    let edits = answer.change.edits.iter().enumerate();
    let (made, without) = touched::packets([now, later], at, edits, || false);
    for one in made {
        let options = Options { ct_next: one.way.ct_next.clone(), ..Options::default() };
        let packet = std::slice::from_ref(&one.way.packet);
        let text = one.text();
        let found = plan::effects(now.world, later.world, at, packet, &options);
        let sent = |effect| Sent { text: text.clone(), made_for: Some(one.request), effect };
        answer.packets.extend(found.into_iter().map(sent));
    }
    answer.without = without;
}

/// Sends the packets that were asked for, before and after.
fn packets(args: &PlanArgs, scene: &Scene, then: &Scene, chosen: (usize, usize)) -> Result<Vec<Sent>, Failure> {
    let around = scene.around(Some(chosen));
    let mut effects = Vec::new();
    for text in &args.packet {
        let wrong = |d| Failure::typed("packet", text, d);
        let sent = match packet::parse(text, &around).map_err(wrong)? {
            Asked::Packet(sent) => *sent,
            Asked::File(file) => {
                let bytes = std::fs::read(&file.path).map_err(|e| Failure::source(format!("`{}`: {e}", file.path)))?;
                file.read(&bytes, &around).map_err(wrong)?
            }
        };
        let at = sent.start;
        let (before, after) = (World::of(scene.nodes()[at.node].node()), World::of(then.nodes()[at.node].node()));
        let packet = std::slice::from_ref(&at.packet);
        let found = plan::effects(&before, &after, at.bridge, packet, &Options::default());
        effects.extend(found.into_iter().map(|effect| Sent { text: text.clone(), made_for: None, effect }));
    }
    Ok(effects)
}

/// Writes the flows of a bridge as a dump. After a full disk or a killed program the old file is there.
fn write(path: &Path, bridge: &Bridge) -> Result<(), Failure> {
    let mut text = String::new();
    for (_, flow) in bridge.flows.iter() {
        text.push_str(&flow.line_text(&bridge.names));
        text.push('\n');
    }
    keep(path, &text, true).map_err(|e| {
        let failure = Failure::source(format!("`{}` cannot be written: {e}", path.display()));
        failure.hint("what was there is there still")
    })
}

//! `ofscope trace`: where a packet goes.

mod json;
mod text;

use std::io::BufRead;

use clap::Args;

use super::context::{Chosen, Context, Stdout};
use super::failure::{CommandResult, Failure, Outcome, Stop};
use super::json as answer;

use crate::base::paint::Painter;
use crate::base::safe::visible;
use crate::model::bridge::FlowId;
use crate::session::{Scene, Ways};
use crate::trace::paint::{as_ovs, parse_ct_state};
use crate::trace::{Options, Packet, Verdict, spec};
use crate::why::Cx;
use crate::why::journey::{Journey, Start, journey};
use crate::why::reach::{Reach, reach};

/// Say where a packet goes, as the switch would send it.
///
/// The packet is a flow expression, as `ovs-appctl ofproto/trace` takes it: fields that are not named are zero, ports
/// go by number or name. Nothing is sent, and no switch is asked. What connection tracking answers is taken from
/// `--ct-next`, once for each time the packet begins again; after these it says that the connection is new.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ofscope trace capture/ in_port=3,tcp,nw_src=10.0.0.11,nw_dst=10.0.0.12,tcp_dst=5432
  ofscope trace capture/ in_port=tap1,icmp --ct-next trk,est --as-ovs
  ofscope trace capture/ in_port=3,udp,udp_dst=53 --expect drop && echo blocked")]
pub struct TraceArgs {
    /// A file, a directory of captures, a sos report, or `demo:NAME`.
    pub source: String,
    /// The packet; `-` for one a line on standard input.
    #[arg(required_unless_present = "flow")]
    pub packet: Option<String>,
    /// Find a packet that comes by this flow, and trace that: its id, its match with table, or a filter only it fits.
    #[arg(long, value_name = "FLOW", conflicts_with_all = ["packet", "ct_next"])]
    pub flow: Option<String>,
    /// What connection tracking answers, such as `trk,new`; may be given several times.
    #[arg(long = "ct-next", value_name = "FLAGS")]
    pub ct_next: Vec<String>,
    /// Print it as `ovs-appctl ofproto/trace` does.
    #[arg(long, conflicts_with = "json")]
    pub as_ovs: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Fail unless this becomes of the packet: `drop`, or `port=NAME`.
    #[arg(long, value_name = "WHAT", value_parser = expectation)]
    pub expect: Option<Expectation>,
}

/// What should become of the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// It is lost.
    Drop,
    /// It leaves through this port, by name or number.
    Port(String),
}

fn expectation(text: &str) -> Result<Expectation, String> {
    match text.split_once('=') {
        None if text == "drop" => Ok(Expectation::Drop),
        Some(("port", name)) if !name.is_empty() => Ok(Expectation::Port(name.to_owned())),
        _ => Err("write `drop` or `port=NAME`".to_owned()),
    }
}

/// Traces the packet.
pub fn run(args: &TraceArgs, cx: &Context) -> CommandResult {
    let ct_next = args.ct_next.iter().map(|text| {
        parse_ct_state(text).ok_or_else(|| {
            let failure = Failure::usage(format!("`{text}` is no state of a connection"));
            failure.hint("flags of new est rel rpl inv trk snat dnat, as `trk,new`")
        })
    });
    let options = Options { ct_next: ct_next.collect::<Result<_, _>>()?, ..Options::default() };
    let scene = cx.open(Some(&args.source))?;
    let chosen = cx.bridge(&scene)?;
    let ways = Ways::of(&scene);
    let nodes = ways.around();
    let answerer = Answerer { args, scene: &scene, chosen, nodes: &nodes, options: &options };
    let mut out = cx.out();
    let mut outcome = Outcome::Done;
    if let Some(text) = &args.flow {
        let flow = super::show::one(text, chosen, cx)?;
        if !answerer.reach(flow, &mut out)? {
            outcome = Outcome::No;
        }
    } else if args.packet.as_deref() == Some("-") {
        for line in std::io::stdin().lock().lines() {
            let line = line.map_err(Stop::Output)?;
            if line.trim().is_empty() {
                continue;
            }
            match answerer.trace(&line) {
                Ok(found) => {
                    if !args.json {
                        out.dim("packet: ");
                        out.text(&visible(&line));
                        out.text("\n");
                    }
                    if !answerer.answer(&found, &mut out) && outcome == Outcome::Done {
                        outcome = Outcome::No;
                    }
                }
                Err(failure) => {
                    let mut err = cx.err();
                    failure.paint(&mut err);
                    err.finish()?;
                    outcome = Outcome::Partial;
                }
            }
        }
    } else if !answerer.answer(&answerer.trace(args.packet.as_deref().unwrap_or_default())?, &mut out) {
        outcome = Outcome::No;
    }
    cx.finish(out, scene.snapshot(), outcome)
}

/// Traces packets and prints what becomes of them.
struct Answerer<'a> {
    args: &'a TraceArgs,
    scene: &'a Scene,
    chosen: Chosen<'a>,
    nodes: &'a [Cx<'a>],
    options: &'a Options,
}

impl<'a> Answerer<'a> {
    fn trace(&self, text: &str) -> Result<Journey<'a>, Failure> {
        let names = &self.chosen.bridge().names;
        let packet = spec::parse(text, names).map_err(|d| Failure::typed("packet", text, d))?;
        Ok(journey(self.nodes, self.start(packet), self.options))
    }

    /// A packet begins in the chosen bridge.
    fn start(&self, packet: Packet) -> Start {
        let node = self.scene.nodes().iter().position(|n| std::ptr::eq(n, self.chosen.node));
        Start { node: node.unwrap_or_default(), bridge: self.chosen.at, packet }
    }

    /// Traces a packet that comes by a flow, or says why there is none; whether there is one, and what was expected.
    fn reach(&self, flow: FlowId, out: &mut Stdout) -> Result<bool, Failure> {
        let bridge = self.chosen.bridge();
        let start = self.start(Packet::default());
        let way = match reach(&self.nodes[start.node], start.bridge, flow) {
            Reach::Packet(way) => way,
            Reach::Shadowed(covers) => {
                out.text("no packet gets this flow: ");
                out.text(&format!("{} of its table take them all\n", count(covers.len(), "flow")));
                for cover in covers {
                    out.text(&format!("  {}\n", bridge.flow(cover).line_text(&bridge.names).trim()));
                }
                return Ok(false);
            }
            Reach::NoWay => {
                out.text("packets could get this flow, but no way from table 0 leads to it\n");
                return Ok(false);
            }
            Reach::Unknown => {
                return Err(Failure {
                    outcome: Outcome::No,
                    ..Failure::usage("no packet was found within the limits")
                }
                .hint("give the packet yourself: ofscope trace SOURCE in_port=.."));
            }
        };
        if !self.args.json && !way.chosen.is_empty() {
            out.dim("chosen   ");
            out.text(&format!("{}\n", way.chosen.join(", ")));
        }
        let options = Options { ct_next: way.ct_next.clone(), ..self.options.clone() };
        let found = journey(self.nodes, self.start(way.packet), &options);
        Ok(self.answer(&found, out))
    }

    /// Prints what becomes of a packet, and says whether that is what was expected.
    fn answer(&self, found: &Journey<'_>, out: &mut Stdout) -> bool {
        if self.args.as_ovs {
            let first = &found.legs[0];
            as_ovs(&first.trace, self.nodes[first.node].world, out);
        } else if self.args.json {
            out.text(&answer::text(&answer::document("trace", self.json(found))));
        } else {
            self.paint(found, out);
        }
        self.is_expected(found)
    }

    fn is_expected(&self, found: &Journey<'_>) -> bool {
        match &self.args.expect {
            None => true,
            Some(Expectation::Drop) => found.verdict == Verdict::Dropped,
            Some(Expectation::Port(name)) => {
                let mut outputs = found.legs.iter().flat_map(|leg| &leg.trace.outputs);
                outputs.any(|o| *o.name == **name || o.port.to_string() == *name)
            }
        }
    }
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

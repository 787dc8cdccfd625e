//! `ofscope trace`: where a packet goes.

mod json;
mod text;

use std::cell::OnceCell;
use std::io::BufRead;

use clap::Args;
use serde_json::Value;

use super::context::{Chosen, Context, Stdout};
use super::failure::{CommandResult, Failure, Outcome, Stop};
use super::json as answer;
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;
use crate::base::words::counted;
use crate::model::bridge::FlowId;
use crate::packet::{self, Around, Asked, Sent};
use crate::session::{Choice, Scene, Ways};
use crate::trace::paint::{as_ovs, parse_ct_state};
use crate::trace::{Egress, Options, Verdict, spec, trace};
use crate::why::Cx;
use crate::why::conversation::{Connections, reply};
use crate::why::journey::{Journey, Start, journey_with};
use crate::why::reach::{Reach, reach};

/// Say where a packet goes, as the switch would send it.
///
/// The packet is a flow expression, as `ovs-appctl ofproto/trace` takes it: fields that are not named are zero, ports
/// go by number or name. Nothing is sent, and no switch is asked. What connection tracking answers is taken from
/// `--ct-next`, once for each time the packet begins again, counted over the nodes; after these it says that the
/// connection is new.
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
    /// Trace the reply as well, with the connection that the packet made; what is expected is then expected of it.
    #[arg(long, conflicts_with = "as_ovs")]
    pub reply: bool,
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
    let ways = Ways::of(&scene);
    let nodes = ways.around();
    let chosen = match cx.bridge(&scene) {
        Ok(chosen) => Some(chosen),
        // Names tell where a packet begins, so nothing has to be chosen then.
        Err(failure) if args.flow.is_some() || args.as_ovs => return Err(failure.into()),
        Err(failure) if cx.choice() != Choice::default() => return Err(failure.into()),
        Err(_) => None,
    };
    let place = |chosen: Chosen<'_>| {
        let node = scene.nodes().iter().position(|n| std::ptr::eq(n, chosen.node)).expect("it is one of them");
        (node, chosen.at)
    };
    let around = scene.around(chosen.map(place));
    let connections = OnceCell::new();
    let answerer = Answerer { args, scene: &scene, around, nodes: &nodes, options: &options, connections };
    let mut out = cx.out();
    let mut outcome = Outcome::Done;
    if let (Some(text), Some(chosen)) = (&args.flow, chosen) {
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
            if !args.json {
                out.dim("packet: ");
                out.text(&visible(&line));
                out.text("\n");
            }
            match answerer.trace(&line, &mut out) {
                Ok(true) => {}
                Ok(false) if outcome == Outcome::Done => outcome = Outcome::No,
                Ok(false) => {}
                Err(failure) => {
                    let mut err = cx.err();
                    failure.paint(&mut err);
                    err.finish()?;
                    outcome = Outcome::Partial;
                }
            }
        }
    } else if !answerer.trace(args.packet.as_deref().unwrap_or_default(), &mut out)? {
        outcome = Outcome::No;
    }
    cx.finish(out, scene.snapshot(), outcome)
}

/// Traces packets and prints what becomes of them.
struct Answerer<'a> {
    args: &'a TraceArgs,
    scene: &'a Scene,
    around: Around<'a>,
    nodes: &'a [Cx<'a>],
    options: &'a Options,
    connections: OnceCell<Connections>,
}

impl<'a> Answerer<'a> {
    /// The connections that the nodes know; looked up when they are first asked for.
    fn connections(&self) -> &Connections {
        self.connections.get_or_init(|| Connections::captured(self.nodes))
    }

    /// Traces what was asked for and prints it; whether it is what was expected.
    fn trace(&self, text: &str, out: &mut Stdout) -> Result<bool, Failure> {
        if let (true, Some((node, bridge))) = (self.args.as_ovs, self.around.chosen) {
            return self.as_switch(text, node, bridge, out);
        }
        let sent = self.asked(text)?;
        if !self.args.json {
            for (word, texts) in [("chosen", &sent.chosen), ("note", &sent.notes)] {
                for text in texts {
                    out.dim(&format!("{word:9}"));
                    out.text(&visible(text));
                    out.text("\n");
                }
            }
        }
        let found = journey_with(self.nodes, sent.start, self.options, self.connections());
        Ok(self.answer(&found, out))
    }

    /// The packet that was asked for.
    fn asked(&self, text: &str) -> Result<Sent, Failure> {
        let wrong = |d| Failure::typed("packet", text, d);
        match packet::parse(text, &self.around).map_err(wrong)? {
            Asked::Packet(sent) => Ok(*sent),
            Asked::File(file) => {
                let bytes = std::fs::read(&file.path).map_err(|e| Failure::source(format!("`{}`: {e}", file.path)))?;
                file.read(&bytes, &self.around).map_err(wrong)
            }
        }
    }

    /// A trace as the switch prints it, of a packet as the switch takes it.
    fn as_switch(&self, text: &str, node: usize, bridge: usize, out: &mut Stdout) -> Result<bool, Failure> {
        let world = self.nodes[node].world;
        let packet = match packet::is_expression(text) {
            true => spec::parse(text, &world.at(bridge).names).map_err(|d| Failure::typed("packet", text, d))?,
            false => self.asked(text)?.start.packet,
        };
        let found = trace(world, bridge, &packet, self.options);
        as_ovs(&found, world, out);
        Ok(self.is_expected(found.verdict, found.outputs.iter()))
    }

    /// Traces a packet that comes by a flow, or says why there is none; whether there is one, and what was expected.
    fn reach(&self, flow: FlowId, out: &mut Stdout) -> Result<bool, Failure> {
        let (node, at) = self.around.chosen.unwrap_or_default();
        let bridge = self.nodes[node].world.at(at);
        let way = match reach(&self.nodes[node], at, flow) {
            Reach::Packet(way) => way,
            Reach::Shadowed(covers) => {
                out.text("no packet gets this flow: ");
                out.text(&format!("{} of its table take them all\n", counted(covers.len(), "flow")));
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
        let start = Start { node, bridge: at, packet: way.packet };
        let found = journey_with(self.nodes, start, &options, self.connections());
        Ok(self.answer(&found, out))
    }

    /// Prints what becomes of a packet, and of its reply if that was asked for; whether that is what was expected.
    fn answer(&self, found: &Journey<'_>, out: &mut Stdout) -> bool {
        let back = self.args.reply.then(|| self.reply(found));
        if self.args.json {
            let mut document = self.json(found);
            if let Some(back) = &back {
                document["reply"] = back.as_ref().map_or(Value::Null, |back| self.json(back));
            }
            out.text(&answer::text(&answer::document("trace", document)));
        } else {
            self.paint(found, out);
            match &back {
                None => {}
                Some(Some(back)) => {
                    out.put(Role::Accent, "\nthe reply\n");
                    self.paint(back, out);
                }
                Some(None) => out.dim("\nno reply: nobody got the packet, or nobody answers one like it\n"),
            }
        }
        let last = back.flatten();
        let judged = last.as_ref().unwrap_or(found);
        self.is_expected(judged.verdict, judged.legs.iter().flat_map(|leg| &leg.trace.outputs))
    }

    /// The way of the reply.
    fn reply(&self, found: &Journey<'_>) -> Option<Journey<'a>> {
        let start = reply(self.nodes, found)?;
        let known = self.connections().after(self.nodes, found);
        let options = Options { ct_next: Vec::new(), ..self.options.clone() };
        Some(journey_with(self.nodes, start, &options, &known))
    }

    fn is_expected<'o>(&self, verdict: Verdict, mut outputs: impl Iterator<Item = &'o Egress>) -> bool {
        match &self.args.expect {
            None => true,
            Some(Expectation::Drop) => verdict == Verdict::Dropped,
            Some(Expectation::Port(name)) => outputs.any(|o| *o.name == **name || o.port.to_string() == *name),
        }
    }
}

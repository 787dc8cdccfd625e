//! `ofscope trace`: where a packet goes.

use std::io::BufRead;

use clap::Args;
use serde_json::{Value, json};

use super::context::{Chosen, Context};
use super::failure::{CommandResult, Failure, Outcome, Stop};
use super::json as answer;
use super::json::Origin;
use crate::base::paint::{Painter, Role, Target};
use crate::base::safe::visible;
use crate::field::Names;
use crate::field::matches::DEFAULT_PRIORITY;
use crate::model::node::Node;
use crate::model::snapshot::Sources;
use crate::trace::paint::{as_ovs, parse_ct_state};
use crate::trace::step::Grade;
use crate::trace::{Assumption, Found, Options, Packet, Step, Trace, Verdict, What, World, datapath, spec, trace};

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
    pub packet: String,
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
    let node: &Node = chosen.node.node();
    let world = World::of(node);
    let answerer = Answerer { args, chosen, world: &world, sources: &scene.snapshot().sources, options: &options };
    let mut out = cx.out();
    let mut outcome = Outcome::Done;
    if args.packet == "-" {
        for line in std::io::stdin().lock().lines() {
            let line = line.map_err(Stop::Output)?;
            match answerer.trace(&line) {
                Ok(found) => {
                    out.dim("packet: ");
                    out.text(&visible(&line));
                    out.text("\n");
                    answerer.print(&found, &mut out);
                    if !answerer.is_expected(&found) {
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
    } else {
        let found = answerer.trace(&args.packet)?;
        answerer.print(&found, &mut out);
        if !answerer.is_expected(&found) {
            outcome = Outcome::No;
        }
    }
    cx.finish(out, scene.snapshot(), outcome)
}

/// Traces packets and prints what becomes of them.
struct Answerer<'a> {
    args: &'a TraceArgs,
    chosen: Chosen<'a>,
    world: &'a World<'a>,
    sources: &'a Sources,
    options: &'a Options,
}

impl<'a> Answerer<'a> {
    fn trace(&self, text: &str) -> Result<Trace<'a>, Failure> {
        let packet: Packet =
            spec::parse(text, &self.chosen.bridge().names).map_err(|d| Failure::typed("packet", text, d))?;
        Ok(trace(self.world, self.chosen.at, &packet, self.options))
    }

    fn is_expected(&self, found: &Trace<'_>) -> bool {
        match &self.args.expect {
            None => true,
            Some(Expectation::Drop) => found.verdict == Verdict::Dropped,
            Some(Expectation::Port(name)) => {
                found.outputs.iter().any(|o| *o.name == **name || o.port.to_string() == *name)
            }
        }
    }

    fn print(&self, found: &Trace<'_>, out: &mut impl Painter) {
        if self.args.as_ovs {
            as_ovs(found, self.world, out);
        } else if self.args.json {
            out.text(&answer::text(&answer::document("trace", self.json(found))));
        } else {
            self.paint(found, out);
        }
    }

    fn json(&self, found: &Trace<'_>) -> Value {
        let node = &*self.world.node.name;
        let bridge = |at: usize| &*self.world.at(at).name;
        let outputs: Vec<Value> = found
            .outputs
            .iter()
            .map(|o| {
                json!({"node": node, "bridge": bridge(o.bridge), "port": o.port, "name": &*o.name, "tunnel": o.tunnel.as_ref().map(|t| &t.text)})
            })
            .collect();
        let drop = found.drop.as_ref().map(|drop| {
            json!({
                "node": node, "bridge": bridge(drop.bridge), "table": drop.table, "reason": drop.name(),
                "flow": drop.flow.map(|flow| self.flow(drop.bridge, flow)),
                "sentence": drop.sentence(self.world),
            })
        });
        let mut relevant = String::new();
        found.relevant.paint(DEFAULT_PRIORITY, Names::none(), &mut relevant);
        let last = found.passes.last();
        let actions: Vec<String> = found.passes.iter().map(|pass| datapath::text(&pass.actions)).collect();
        json!({
            "packet": found.input.text(),
            "verdict": found.verdict.name(),
            "outputs": outputs,
            "drop": drop,
            "datapath_actions": actions.first(),
            "datapath_actions_by_pass": actions,
            "final_flow": last.map(|pass| pass.output.text()),
            "steps": self.steps(found),
            "relevant": relevant,
            "assumed": found.assumed.iter().map(Assumption::text).collect::<Vec<_>>(),
        })
    }

    /// A flow of any bridge of the node.
    fn flow(&self, bridge: usize, flow: u32) -> Value {
        let chosen = Chosen { at: bridge, ..self.chosen };
        answer::flow(chosen, flow, &Origin::of(self.sources, chosen))
    }

    fn steps(&self, found: &Trace<'_>) -> Vec<Value> {
        let mut out = Vec::new();
        for (number, pass) in found.passes.iter().enumerate() {
            for step in &pass.steps {
                let What::Table { table, found } = &step.what else { continue };
                let bridge = self.world.at(step.bridge.into());
                let mut row = json!({
                    "pass": number, "node": &*self.world.node.name, "bridge": &*bridge.name, "table": table,
                    "depth": step.level, "miss": !matches!(found, Found::Flow { .. }),
                });
                if let Found::Flow { flow, via } = found {
                    let one = bridge.flow(*flow);
                    let mut text = String::new();
                    one.matches().paint(DEFAULT_PRIORITY, Names::none(), &mut text);
                    row["priority"] = one.priority().into();
                    row["match"] = text.into();
                    row["cookie"] = format!("{:#x}", one.cookie()).into();
                    row["actions"] = one.actions().text().into();
                    row["via"] = via.iter().map(|f| bridge.flow(*f).to_flow().match_text(Names::none())).collect();
                }
                out.push(row);
            }
        }
        out
    }

    fn paint(&self, found: &Trace<'_>, p: &mut impl Painter) {
        p.dim("packet   ");
        p.text(&found.input.text());
        p.text("\n");
        for pass in &found.passes {
            if let Some(resume) = &pass.resume {
                let state = crate::trace::paint::ct_state(resume.ct_state);
                let why = if resume.assumed { " (assumed)" } else { "" };
                p.put(Role::Ct, &format!("conntrack answers {state}{why}\n"));
            }
            for step in &pass.steps {
                self.paint_step(step, p);
            }
        }
        p.dim("verdict  ");
        match &found.drop {
            Some(drop) => {
                p.put(Role::Drop, "DROP");
                p.text(&format!("  {}", drop.sentence(self.world)));
            }
            None => p.put(Role::Output, &found.verdict.name().to_uppercase()),
        }
        p.text("\n");
        for output in &found.outputs {
            p.dim("output   ");
            p.put(Role::Output, &format!("{} port {} ", self.world.at(output.bridge).name, output.port));
            p.put(Role::Accent, &output.name);
            if let Some(tunnel) = &output.tunnel {
                p.text(&format!("  tunnel({})", tunnel.text));
            }
            p.text("\n");
        }
        for assumption in &found.assumed {
            p.dim("assumed  ");
            p.text(&assumption.text());
            p.text("\n");
        }
    }

    fn paint_step(&self, step: &Step<'_>, p: &mut impl Painter) {
        let indent = "  ".repeat(usize::from(step.level));
        let bridge = self.world.at(step.bridge.into());
        match &step.what {
            What::Bridge => {
                p.put(Role::Accent, &format!("{indent}{}\n", bridge.name));
            }
            What::Table { table, found } => {
                p.text(&indent);
                p.link(Target::Table(*table), Role::Goto, &format!("T{table}"));
                match found {
                    Found::Flow { flow, .. } => {
                        let flow = bridge.flow(*flow);
                        p.dim(&format!("  prio {}  ", flow.priority()));
                        let any = !flow.matches().paint(DEFAULT_PRIORITY, &bridge.names, p);
                        p.dim(if any { "(any)" } else { "" });
                        p.dim("  ");
                        flow.actions().paint(&bridge.names, p);
                    }
                    Found::PacketIn => p.put(Role::Output, "  no flow matches: to the controller"),
                    _ => p.put(Role::Drop, "  no flow matches"),
                }
                p.text("\n");
            }
            What::Remark(remark) if remark.grade() != Grade::Detail => {
                p.put(Role::Warn, &format!("{indent}! {}\n", remark.text()));
            }
            _ => {}
        }
    }
}

//! A journey as text: the steps on each node, the verdict, and for a lost packet why.

use super::Answerer;
use crate::base::paint::{Painter, Role, Target};
use crate::check::Finding;
use crate::field::matches::DEFAULT_PRIORITY;
use crate::model::owner::OwnerKind;
use crate::neutron::names::PortWord;
use crate::trace::step::Grade;
use crate::trace::{Found, Step, Verdict, What};
use crate::why::Why;
use crate::why::blame::looks;
use crate::why::journey::{Arrival, Journey, Leg, Onward, findings};
use crate::why::misses::wants;

/// How wide the words at the left are.
const LABEL: usize = 9;

fn is_rule(kind: OwnerKind) -> bool {
    matches!(kind, OwnerKind::SecurityGroupRule | OwnerKind::FirewallRule | OwnerKind::Acl)
}

fn label(p: &mut impl Painter, word: &str) {
    p.dim(&format!("{word:LABEL$}"));
}

impl Answerer<'_> {
    /// Prints what becomes of a packet.
    pub(super) fn paint(&self, found: &Journey<'_>, p: &mut impl Painter) {
        label(p, "packet");
        p.text(&found.legs[0].trace.input.text());
        p.text("\n");
        for leg in &found.legs {
            self.paint_leg(leg, found.legs.len() > 1, p);
        }
        label(p, "verdict");
        match found.lost.map(|at| &found.legs[at]) {
            Some(leg) => self.paint_lost(leg, p),
            None => {
                let role = if found.verdict == Verdict::Unknown { Role::Warn } else { Role::Output };
                p.put(role, &found.verdict.name().to_uppercase());
                p.text("\n");
            }
        }
        for leg in &found.legs {
            self.paint_outputs(leg, p);
        }
        // For many packets this would take longer than their ways.
        if self.args.packet.as_deref() != Some("-") {
            for leg in &found.legs {
                self.paint_relevance(leg, found.legs.len() > 1, p);
            }
        }
        let mut told = Vec::new();
        for assumption in found.legs.iter().flat_map(|leg| &leg.trace.assumed) {
            let text = assumption.text();
            if !told.contains(&text) {
                label(p, "assumed");
                p.text(&text);
                p.text("\n");
                told.push(text);
            }
        }
        for (node, finding) in self.findings(found) {
            label(p, "finding");
            p.put(Role::Warn, finding.id);
            p.text(&format!(" on {}: {}\n", self.nodes[node].world.node.name, finding.sentence));
            if !finding.hint.is_empty() {
                label(p, "");
                p.dim(&format!("-> {}\n", finding.hint));
            }
        }
    }

    /// Which fields decided on a node, and which did not.
    fn paint_relevance(&self, leg: &Leg<'_>, is_one_of_many: bool, p: &mut impl Painter) {
        let world = self.nodes[leg.node].world;
        let relevance = leg.trace.relevant(world);
        let [decided, open] = relevance.names();
        label(p, "decided");
        if is_one_of_many {
            p.text(&format!("on {}: ", world.node.name));
        }
        p.text(&decided.join(", "));
        let more = if relevance.is_minimal { "" } else { " (perhaps fewer)" };
        p.dim(&format!("{more}: the same way go all packets with {}\n", relevance.text));
        if !open.is_empty() {
            label(p, "did not");
            p.text(&open.join(", "));
            p.dim(": may hold anything\n");
        }
    }

    /// What is wrong on the way. It is looked for where somebody asks what is wrong: where a packet is lost, or goes to
    /// many and may miss some.
    pub(super) fn findings(&self, found: &Journey<'_>) -> Vec<(usize, &Finding)> {
        let outputs: usize = found.legs.iter().map(|leg| leg.trace.outputs.len()).sum();
        match found.verdict == Verdict::Delivered && outputs <= found.legs.len() {
            true => Vec::new(),
            false => findings(self.nodes, found),
        }
    }

    fn paint_leg(&self, leg: &Leg<'_>, is_one_of_many: bool, p: &mut impl Painter) {
        let world = self.nodes[leg.node].world;
        if is_one_of_many || leg.arrival != Arrival::Start {
            p.put(Role::Accent, &format!("\non {}", world.node.name));
            match &leg.arrival {
                Arrival::Start => {}
                Arrival::Tunnel { port, .. } => p.dim(&format!(", out of the tunnel {port}")),
                Arrival::Wire { port, .. } => p.dim(&format!(", from the physical network by {port}")),
            }
            p.text("\n");
        }
        for pass in &leg.trace.passes {
            if let Some((group, bucket)) = pass.resume.as_ref().and_then(|resume| resume.bucket) {
                p.put(Role::Accent, &format!("if the hash picks bucket {bucket} of group {group}"));
                p.text("\n");
            } else if let Some(resume) = &pass.resume {
                let state = crate::trace::paint::ct_state(resume.ct_state);
                let why = if resume.assumed { " (assumed)" } else { "" };
                let there = pass.steps.iter().find(|s| matches!(s.what, What::Table { .. }));
                let there = there.map_or("", |s| &*world.at(s.bridge.into()).name);
                p.put(Role::Ct, &format!("conntrack answers {state}{why}"));
                p.dim(&format!(", and the packet begins again in {there}\n"));
            }
            for step in &pass.steps {
                self.paint_step(leg, step, pass.resume.is_some(), p);
            }
        }
    }

    fn paint_step(&self, leg: &Leg<'_>, step: &Step<'_>, resumed: bool, p: &mut impl Painter) {
        let indent = "  ".repeat(usize::from(step.level));
        let bridge = self.nodes[leg.node].world.at(step.bridge.into());
        match &step.what {
            // A pass that resumes begins with the name of the bridge in which the packet came in, not the one it is in.
            What::Bridge if step.level == 0 && resumed => {}
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
                    Found::Fragment => p.put(Role::Drop, "  a fragment: this bridge drops them"),
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

    fn paint_lost(&self, leg: &Leg<'_>, p: &mut impl Painter) {
        let world = self.nodes[leg.node].world;
        p.put(Role::Drop, "DROP");
        let Some(why) = &leg.why else {
            if let Some(drop) = &leg.trace.drop {
                p.text(&format!("  {}", drop.sentence(world)));
            }
            p.text("\n");
            return;
        };
        let bridge = world.at(why.bridge);
        let all = looks(&leg.trace);
        let end = &all[why.blame.end];
        let refused = match why.flow {
            Some(flow) => format!("T{} priority {}", why.table, bridge.flow(flow).priority()),
            None => format!("T{}, where no flow matches", why.table),
        };
        let place = match why.blame.look == why.blame.end {
            true => format!("  in {refused} of {}", bridge.name),
            false => format!("  in T{}, refused by {refused} of {}", end.table, bridge.name),
        };
        p.text(&place);
        if self.nodes.len() > 1 {
            p.text(&format!(" on {}", world.node.name));
        }
        p.text("\n");
        label(p, "");
        p.text(&why.sentence);
        p.text("\n");
        self.paint_why(leg, why, p);
        self.paint_fixes(leg, why, p);
    }

    fn paint_why(&self, leg: &Leg<'_>, why: &Why, p: &mut impl Painter) {
        let bridge = self.nodes[leg.node].world.at(why.bridge);
        if why.above.flows > 0 {
            label(p, "above");
            let n = why.above.flows;
            let flows =
                if n == 1 { "1 flow for this place stands" } else { &format!("{n} flows for this place stand") };
            let mut parts: Vec<String> = why
                .above
                .by_field
                .iter()
                .map(|(field, n)| format!("{n} {} in {}", if *n == 1 { "differs" } else { "differ" }, field.dump_name))
                .collect();
            if why.above.clauses > 0 {
                let n = why.above.clauses;
                let are = if n == 1 { "is a clause of a conjunction" } else { "are clauses of conjunctions" };
                parts.push(format!("{n} {are} not met as a whole"));
            }
            p.text(&format!("{flows} above, none matches: {}\n", parts.join(", ")));
        }
        for (at, miss) in why.misses.iter().enumerate() {
            label(p, if at == 0 { "near" } else { "" });
            p.put(Role::Goto, &format!("T{}", why.table));
            p.dim(&format!(" prio {}  ", miss.rival.priority));
            let wants: Vec<String> = wants(bridge, &miss.rival)
                .iter()
                .map(|(field, value)| format!("{} {value}", field.dump_name))
                .collect();
            if miss.changed.is_none() {
                p.text("of another place: ");
            }
            p.text(&format!("would need {}", wants.join(", ")));
            let rules = self.nodes[leg.node].rules(why.bridge, miss.rival.flow);
            if let Some(rule) = rules.first().filter(|r| is_rule(r.kind)) {
                p.put(Role::Accent, &format!("  {}", rule.label()));
            }
            if let Some(clause) = miss.rival.clauses.first() {
                p.dim(&format!(
                    "  (conjunction {}, clause {}/{})",
                    clause.conjunction, clause.number.0, clause.number.1
                ));
            }
            p.text("\n");
        }
    }

    fn paint_fixes(&self, leg: &Leg<'_>, why: &Why, p: &mut impl Painter) {
        let bridge = self.nodes[leg.node].world.at(why.bridge);
        for (at, fix) in why.fixes.iter().enumerate() {
            label(p, if at == 0 { "fix" } else { "" });
            p.text(&format!("{} {}", at + 1, fix.sentence));
            p.text("\n");
            if !fix.command.is_empty() {
                label(p, "");
                p.put(Role::Accent, &format!("  {}", fix.command));
                p.text("\n");
            }
            if let Some(verdict) = fix.verdict {
                let n = fix.flows.len();
                let flows = if n == 1 { "1 flow".to_owned() } else { format!("{n} flows") };
                label(p, "");
                p.dim(&format!("  adds {flows} to {} here; traced again with it: {}\n", bridge.name, verdict.name()));
            }
        }
    }

    fn paint_outputs(&self, leg: &Leg<'_>, p: &mut impl Painter) {
        let world = self.nodes[leg.node].world;
        for (output, onward) in leg.trace.outputs.iter().zip(&leg.onward) {
            label(p, "output");
            if self.nodes.len() > 1 {
                p.text(&format!("{} ", world.node.name));
            }
            p.put(Role::Output, &format!("{} port {} ", world.at(output.bridge).name, output.port));
            p.put(Role::Accent, &output.name);
            let label =
                self.nodes[leg.node].names.port(&world.at(output.bridge).name, output.port).map(PortWord::label);
            if let Some(label) = label.filter(|l| !l.is_empty() && **l != *output.name) {
                p.text(&format!(" ({label})"));
            }
            if let Some(tunnel) = &output.tunnel {
                p.text(&format!("  tunnel({})", tunnel.text));
            }
            match onward {
                Onward::UnknownPeer(ip) => p.dim(&format!("  to {ip}, a node that was not captured")),
                Onward::NoEnd(peer, ip) => p.put(
                    Role::Warn,
                    &format!("  {ip} is {}, which has no end of this tunnel", self.nodes[*peer].world.node.name),
                ),
                Onward::Wire => p.dim("  to the physical network"),
                Onward::Leg(leg) => p.dim(&format!("  goes on, leg {}", leg + 1)),
                Onward::Port | Onward::Host => {}
            }
            p.text("\n");
        }
    }
}

//! A journey as JSON.

use serde_json::{Value, json};

use super::Answerer;
use crate::cli::context::Chosen;
use crate::cli::json as answer;
use crate::cli::json::Origin;
use crate::field::Names;
use crate::field::matches::DEFAULT_PRIORITY;
use crate::model::bridge::FlowId;
use crate::model::flow::Style;
use crate::trace::{Assumption, Found, Verdict, What, datapath};
use crate::why::Why;
use crate::why::journey::{Journey, Leg};
use crate::why::lookup::Rival;
use crate::why::misses::value;

impl Answerer<'_> {
    /// The document of a trace.
    pub(super) fn json(&self, found: &Journey<'_>) -> Value {
        let first = &found.legs[0];
        let outputs: Vec<Value> = found
            .legs
            .iter()
            .flat_map(|leg| leg.trace.outputs.iter().map(move |output| (leg, output)))
            .map(|(leg, o)| {
                let (node, bridge) = self.place(leg, o.bridge);
                json!({
                    "node": node, "bridge": bridge, "port": o.port, "name": &*o.name,
                    "tunnel": o.tunnel.as_ref().map(|t| &t.text),
                })
            })
            .collect();
        let relevance = first.trace.relevant(self.nodes[first.node].world);
        let [decided, open] = relevance.names();
        let lost = found.lost.map(|at| &found.legs[at]);
        let actions: Vec<String> = first.trace.passes.iter().map(|pass| datapath::text(&pass.actions)).collect();
        let why = lost.and_then(|leg| leg.why.as_ref().map(|why| (leg, why)));
        json!({
            "packet": first.trace.input.typed(),
            "verdict": found.verdict.name(),
            "outputs": outputs,
            "drop": lost.map(|leg| self.drop(leg)),
            "datapath_actions": actions.first(),
            "datapath_actions_by_pass": actions,
            "final_flow": first.trace.passes.last().map(|pass| pass.output.text()),
            "legs": found.legs.iter().map(|leg| self.leg(leg)).collect::<Vec<_>>(),
            "steps": found.legs.iter().flat_map(|leg| self.steps(leg)).collect::<Vec<_>>(),
            "relevant": relevance.text,
            "decided": decided,
            "did_not_decide": open,
            "assumed": found.legs.iter().flat_map(|l| l.trace.assumed.iter().map(Assumption::text)).collect::<Vec<_>>(),
            "findings": self.findings(found).into_iter().map(|(node, f)| json!({
                "id": f.id, "severity": f.severity.word(), "sentence": f.sentence,
                "node": &*self.nodes[node].world.node.name, "object": f.object, "hint": f.hint,
            })).collect::<Vec<_>>(),
            "near_misses": why.map_or_else(Vec::new, |(leg, why)| self.misses(leg, why)),
            "fix": why.map_or_else(Vec::new, |(leg, why)| self.fixes(leg, why)),
        })
    }

    fn place(&self, leg: &Leg<'_>, bridge: usize) -> (&str, &str) {
        let world = self.nodes[leg.node].world;
        (&world.node.name, &world.at(bridge).name)
    }

    fn leg(&self, leg: &Leg<'_>) -> Value {
        let (node, bridge) = self.place(leg, leg.bridge);
        json!({
            "node": node, "bridge": bridge, "packet": leg.trace.input.typed(), "verdict": leg.trace.verdict.name(),
        })
    }

    fn drop(&self, leg: &Leg<'_>) -> Value {
        let drop = leg.trace.drop.as_ref();
        let (at, table, flow, sentence) = match (&leg.why, drop) {
            (Some(why), _) => (why.bridge, Some(why.table), why.flow, why.sentence.clone()),
            (None, Some(drop)) => (drop.bridge, drop.table, drop.flow, drop.sentence(self.nodes[leg.node].world)),
            (None, None) => return Value::Null,
        };
        let (node, bridge) = self.place(leg, at);
        json!({
            "node": node, "bridge": bridge, "table": table, "reason": drop.map_or("controller", |d| d.name()),
            "flow": flow.map(|flow| self.flow(leg, at, flow)),
            "sentence": sentence,
            "ended_in": drop.and_then(|d| d.table).or(table),
        })
    }

    /// A flow of any bridge of a leg's node.
    fn flow(&self, leg: &Leg<'_>, bridge: usize, flow: FlowId) -> Value {
        let chosen = Chosen { node: &self.scene.nodes()[leg.node], at: bridge };
        answer::flow(chosen, flow, &Origin::of(&self.scene.snapshot().sources, chosen))
    }

    fn steps(&self, leg: &Leg<'_>) -> Vec<Value> {
        let mut out = Vec::new();
        for (number, pass) in leg.trace.passes.iter().enumerate() {
            for step in &pass.steps {
                let What::Table { table, found } = &step.what else { continue };
                let world = self.nodes[leg.node].world;
                let bridge = world.at(step.bridge.into());
                let mut row = json!({
                    "pass": number, "node": &*world.node.name, "bridge": &*bridge.name, "table": table,
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

    fn fixes(&self, leg: &Leg<'_>, why: &Why) -> Vec<Value> {
        let bridge = self.nodes[leg.node].world.at(why.bridge);
        let rows = why.fixes.iter().map(|fix| {
            let flows: Vec<String> =
                fix.flows.iter().map(|flow| flow.text(Style::NoStats, &bridge.names).trim().to_owned()).collect();
            let (rule, flow) = match fix.is_by_hand {
                true => (None, flows.first()),
                false => (Some(&fix.command), None),
            };
            json!({
                "sentence": fix.sentence, "rule": rule, "flow": flow, "command": fix.command, "flows": flows,
                "verdict": fix.verdict.map(Verdict::name),
            })
        });
        rows.collect()
    }

    fn misses(&self, leg: &Leg<'_>, why: &Why) -> Vec<Value> {
        let looks = crate::why::blame::looks(&leg.trace);
        let key = &looks[why.blame.look].packet.key;
        let bridge = self.nodes[leg.node].world.at(why.bridge);
        let differs = |rival: &Rival| -> Vec<Value> {
            let clauses = rival.clauses.iter().filter_map(|c| c.nearest.as_ref());
            let flows = std::iter::once((rival.flow, &rival.differs)).chain(clauses.map(|(flow, d)| (*flow, d)));
            let mut rows = Vec::new();
            for (flow, differs) in flows {
                let matches = bridge.flow(flow).matches();
                for d in differs {
                    let mut exact = crate::field::Match::any();
                    exact.set_slot(
                        d.field.slot,
                        &key.read(d.field.slot),
                        &crate::field::Bits::ones(d.field.slot.width.into()),
                    );
                    let has = value(&exact, d.field, bridge);
                    rows.push(json!({
                        "field": d.field.dump_name, "packet": has, "flow": value(&matches, d.field, bridge),
                        "bits": d.bits,
                    }));
                }
            }
            rows
        };
        let rows = why.misses.iter().map(|miss| {
            json!({
                "flow": self.flow(leg, why.bridge, miss.rival.flow),
                "differs": differs(&miss.rival),
                "verdict": miss.verdict.map(Verdict::name),
                "packet": miss.changed.as_ref().map(|(packet, _)| packet.typed()),
                "owners": self.nodes[leg.node].rules(why.bridge, miss.rival.flow).iter().map(answer::owner).collect::<Vec<_>>(),
            })
        });
        rows.collect()
    }
}

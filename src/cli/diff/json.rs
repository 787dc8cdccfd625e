//! What changed, as the contract with scripts has it.

use serde_json::{Map, Value, json};

use super::Answer;
use crate::cli::context::{Chosen, Stdout};
use crate::cli::json::{self as answers, Origin};
use crate::diff::meaning::{Fate, Witness};
use crate::diff::others::Change;
use crate::diff::{Aspect, Aspects, Diff};
use crate::model::bridge::FlowId;

/// Prints what changed in all pairs as one document.
pub(super) fn print(all: &[Answer<'_>], is_same: bool, ignore: Aspects, is_asked: bool, out: &mut Stdout) {
    let mut parts = json!({"same": is_same, "added": [], "removed": [], "modified": []});
    let mut add = |key: &str, values: Vec<Value>| {
        if let Some(Value::Array(list)) = parts.get_mut(key) {
            list.extend(values);
        }
    };
    for answer in all {
        let sides = (Side::of(answer.pair.a), Side::of(answer.pair.b));
        let flows = |side: &Option<Side<'_>>, ids: &[FlowId]| -> Vec<Value> {
            side.iter().flat_map(|side| ids.iter().map(|id| side.flow(*id))).collect()
        };
        add("removed", flows(&sides.0, &answer.diff.removed));
        add("added", flows(&sides.1, &answer.diff.added));
        if let (Some(old), Some(new)) = &sides {
            let modified = answer.diff.modified.iter().map(|m| {
                let fields: Vec<&str> = m.fields.iter().map(Aspect::name).collect();
                json!({"old": old.flow(m.old), "new": new.flow(m.new), "fields": fields})
            });
            add("modified", modified.collect());
        }
    }
    let mut ignored = Map::new();
    for aspect in ignore.iter() {
        let n: usize = all.iter().map(|answer| answer.diff.ignored[aspect as usize]).sum();
        ignored.insert(aspect.name().to_owned(), n.into());
    }
    parts["ignored"] = ignored.into();
    let of_all = |of: fn(&Diff) -> &[Change]| -> Vec<Value> {
        let changes = all.iter().flat_map(|answer| of(&answer.diff).iter().map(move |change| (answer, change)));
        changes
            .map(|(answer, change)| {
                json!({
                    "node": &*answer.pair.node, "bridge": &*answer.pair.bridge,
                    "id": change.id, "old": change.old, "new": change.new,
                })
            })
            .collect()
    };
    parts["groups"] = of_all(|diff| &diff.groups).into();
    parts["meters"] = of_all(|diff| &diff.meters).into();
    parts["ports"] = of_all(|diff| &diff.ports).into();
    parts["witnesses"] =
        all.iter().flat_map(|answer| answer.witnesses.iter().map(|w| witness(answer, w))).collect::<Vec<_>>().into();
    let bridges = all.iter().map(|answer| {
        let diff = &answer.diff;
        let mut row = json!({
            "node": &*answer.pair.node, "bridge": &*answer.pair.bridge,
            "in": match (answer.pair.a.is_some(), answer.pair.b.is_some()) {
                (true, false) => "a",
                (false, true) => "b",
                _ => "both",
            },
            "same": diff.same, "added": diff.added.len(), "removed": diff.removed.len(),
            "modified": diff.modified.len(),
        });
        if is_asked {
            row["asked"] = answer.asked.0.into();
            row["not_asked"] = answer.asked.1.into();
        }
        row
    });
    parts["bridges"] = bridges.collect::<Vec<_>>().into();
    out.bytes(answers::text(&answers::document("diff", parts)).as_bytes());
}

/// A bridge whose flows are printed.
struct Side<'a> {
    chosen: Chosen<'a>,
    origin: Origin,
}

impl<'a> Side<'a> {
    fn of(chosen: Option<Chosen<'a>>) -> Option<Side<'a>> {
        chosen.map(|chosen| Side { chosen, origin: Origin::of(&chosen.node.snapshot().sources, chosen) })
    }

    fn flow(&self, id: FlowId) -> Value {
        answers::flow(self.chosen, id, &self.origin)
    }
}

fn witness(answer: &Answer<'_>, witness: &Witness) -> Value {
    let flow =
        |chosen: Option<Chosen<'_>>, id: Option<FlowId>| Side::of(chosen).zip(id).map(|(side, id)| side.flow(id));
    let old = flow(answer.pair.a, witness.changed.old);
    json!({
        "packet": witness.packet.text(),
        "ct_next": witness.ct_next.iter().map(|state| super::text::flags(*state)).collect::<Vec<_>>(),
        "before": fate(&witness.before),
        "after": fate(&witness.after),
        "node": &*answer.pair.node,
        "bridge": &*answer.pair.bridge,
        "old": old,
        "new": flow(answer.pair.b, witness.changed.new),
    })
}

fn fate(fate: &Fate) -> Value {
    let outputs = fate
        .outputs
        .iter()
        .map(|out| json!({"bridge": out.bridge, "port": out.port, "tunnel": out.tunnel, "packet": out.packet}));
    json!({"verdict": fate.verdict.name(), "outputs": outputs.collect::<Vec<_>>(), "drop": fate.lost})
}

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
pub(super) fn print(all: &[Answer<'_>], is_same: bool, ignore: Aspects, out: &mut Stdout) {
    let mut parts = json!({"same": is_same});
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
        all.iter().flat_map(|answer| answer.witnesses().map(|w| witness(answer, w))).collect::<Vec<_>>().into();
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
        if !answer.roles.is_empty() {
            let roles = answer.roles.iter().map(|role| json!({"what": role.what, "a": role.a, "b": role.b}));
            row["roles"] = roles.collect::<Vec<_>>().into();
        }
        if let Some(meaning) = &answer.meaning {
            row["asked"] = meaning.asked.into();
            row["not_asked"] = meaning.not_asked.into();
            row["packets"] = meaning.packets.into();
            row["unreached"] = meaning.unreached.into();
            row["shadowed"] = meaning.shadowed.into();
            row["meaning"] = meaning.sentence().into();
        }
        row
    });
    parts["bridges"] = bridges.collect::<Vec<_>>().into();
    // A document of a million flows is written as it is made.
    let head = format!("{:#}", answers::document("diff", parts));
    out.bytes(head.strip_suffix("\n}").unwrap_or(&head).as_bytes());
    flows("removed", all, out, |answer| {
        let side = Side::of(answer.pair.a);
        answer.diff.removed.iter().filter_map(move |id| Some(side.as_ref()?.flow(*id)))
    });
    flows("added", all, out, |answer| {
        let side = Side::of(answer.pair.b);
        answer.diff.added.iter().filter_map(move |id| Some(side.as_ref()?.flow(*id)))
    });
    flows("modified", all, out, |answer| {
        let sides = (Side::of(answer.pair.a), Side::of(answer.pair.b));
        answer.diff.modified.iter().filter_map(move |m| {
            let (old, new) = (sides.0.as_ref()?.flow(m.old), sides.1.as_ref()?.flow(m.new));
            let fields: Vec<&str> = m.fields.iter().map(Aspect::name).collect();
            Some(json!({"old": old, "new": new, "fields": fields}))
        })
    });
    out.bytes(b"\n}\n");
}

/// Prints a list of what all pairs have, each on a line.
fn flows<'a, I: Iterator<Item = Value>>(
    key: &str,
    all: &'a [Answer<'a>],
    out: &mut Stdout,
    of: impl Fn(&'a Answer<'a>) -> I,
) {
    out.bytes(format!(",\n  \"{key}\": [").as_bytes());
    let mut is_first = true;
    for value in all.iter().flat_map(of) {
        out.bytes(format!("{}\n    {value}", if is_first { "" } else { "," }).as_bytes());
        is_first = false;
        if !out.is_open() {
            return;
        }
    }
    out.bytes(if is_first { b"]" } else { b"\n  ]" });
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
    let pair = &answer.pair;
    let blamed = witness.changed.iter().map(|c| json!({"old": flow(pair.a, c.old), "new": flow(pair.b, c.new)}));
    let first = witness.changed.first();
    json!({
        "packet": witness.packet.typed(),
        "ct_next": witness.ct_next.iter().map(|state| super::text::flags(*state)).collect::<Vec<_>>(),
        "before": fate(&witness.before),
        "after": fate(&witness.after),
        "node": &*pair.node,
        "bridge": &*pair.bridge,
        "old": first.and_then(|changed| flow(pair.a, changed.old)),
        "new": first.and_then(|changed| flow(pair.b, changed.new)),
        "flows": blamed.collect::<Vec<_>>(),
    })
}

fn fate(fate: &Fate) -> Value {
    let outputs = fate
        .outputs
        .iter()
        .map(|out| json!({"bridge": out.bridge, "port": out.port, "tunnel": out.tunnel, "packet": out.packet}));
    json!({"verdict": fate.verdict.name(), "outputs": outputs.collect::<Vec<_>>(), "drop": fate.lost})
}

//! What can be copied of a traced packet: its way as Open vSwitch prints it, JSON, commands that repeat it.

use serde_json::{Value, json};

use super::Told;
use super::head::Word;
use super::steps::{Step, StepKind};
use crate::trace::paint::{as_ovs, ct_state};
use crate::why::Cx;
use crate::why::journey::Journey;

/// Adds the exports that need the trace itself.
pub(super) fn tell(nodes: &[Cx<'_>], found: &Journey<'_>, told: &mut Told) {
    for leg in &found.legs {
        let world = nodes[leg.node].world;
        if found.legs.len() > 1 {
            told.as_ovs.push_str(&format!("# {}\n", world.node.name));
        }
        as_ovs(&leg.trace, world, &mut told.as_ovs);
    }
    told.json = serde_json::to_string_pretty(&document(told)).unwrap_or_default();
}

fn document(told: &Told) -> Value {
    let steps: Vec<Value> = told.steps.iter().filter_map(step).collect();
    let near: Vec<Value> = told
        .near
        .iter()
        .map(|near| {
            let needs: Vec<Value> = near
                .needs
                .iter()
                .map(|(field, want, have)| json!({"field": field, "needs": want, "has": have}))
                .collect();
            json!({
                "node": &*near.spot.node, "bridge": &*near.spot.bridge, "table": near.table,
                "priority": near.priority, "bits": near.bits, "needs": needs, "elsewhere": near.is_elsewhere,
            })
        })
        .collect();
    let arrived: Vec<Value> = told
        .arrived
        .iter()
        .map(|a| json!({"node": &*a.spot.node, "bridge": &*a.spot.bridge, "port": a.port, "name": &*a.name}))
        .collect();
    json!({
        "packet": told.packet.text(),
        "asked": told.asked.text,
        "node": &*told.asked.spot.node,
        "bridge": &*told.asked.spot.bridge,
        "verdict": told.outcome.word.text().to_lowercase(),
        "place": told.outcome.place,
        "sentences": told.sentences,
        "chosen": told.notes,
        "outputs": arrived,
        "steps": steps,
        "near_misses": near,
        "assumed": told.assumed,
    })
}

fn step(step: &Step) -> Option<Value> {
    let StepKind::Table(table) = &step.kind else { return None };
    let (spot, ..) = step.place.as_ref()?;
    Some(json!({
        "node": &*spot.node, "bridge": &*spot.bridge, "table": table.table, "name": &*table.name,
        "priority": table.priority, "match": table.matches.plain(), "actions": table.effect.plain(),
    }))
}

/// What `--expect` takes, as the trace ended; nothing where it ended in neither of these ways.
pub fn expectation(told: &Told) -> Option<String> {
    match told.outcome.word {
        Word::Drop | Word::Lost => Some("drop".to_owned()),
        Word::Delivered | Word::Flooded => told.arrived.first().map(|a| format!("port={}", a.name)),
        Word::Controller | Word::Unknown => None,
    }
}

/// The command that traces the packet again, and fails unless the same becomes of it.
pub fn test_line(told: &Told, source: &str) -> String {
    let spot = &told.asked.spot;
    let mut line = format!("ofscope trace {} {}", shell_quoted(source), shell_quoted(told.asked.text.trim()));
    line.push_str(&format!(" --node {} --bridge {}", shell_quoted(&spot.node), shell_quoted(&spot.bridge)));
    for answer in &told.asked.answers {
        line.push_str(&format!(" --ct-next {}", ct_state(*answer).replace('|', ",")));
    }
    if let Some(expected) = expectation(told) {
        line.push_str(&format!(" --expect {}", shell_quoted(&expected)));
    }
    line
}

/// A word as a shell takes it for itself.
pub fn shell_quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '=' | ',');
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::shell_quoted;

    #[test]
    fn a_copied_command_can_be_pasted_into_a_shell() {
        assert_eq!(shell_quoted("br-int"), "br-int");
        assert_eq!(shell_quoted("in_port=\"it's\" actions=drop"), r#"'in_port="it'\''s" actions=drop'"#);
        assert_eq!(shell_quoted(""), "''");
    }
}

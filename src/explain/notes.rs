//! What is worth knowing of a flow beyond its match and its actions.

use super::Cx;
use super::references::covers;
use crate::action::Action;
use crate::base::paint::{Painter, Pieces, Role, Target};
use crate::base::safe::visible;
use crate::field::Key;
use crate::field::slot::word;
use crate::model::bridge::FlowId;
use crate::model::flow::{Flags, Flow};
use crate::model::naming::Kind;
use crate::model::store::FlowRef;

/// The notes about a flow.
pub(super) fn notes(cx: &Cx<'_>, flow: &Flow, id: Option<FlowId>) -> Vec<Pieces> {
    let mut notes = Vec::new();
    clauses(cx, flow, &mut notes);
    accepting(cx, flow, &mut notes);
    if id.is_some() && flow.table != 0 && cx.index.table(flow.table).is_some_and(|t| !t.is_called && !t.is_entered) {
        notes.push(note("No flow leads to this table, so no packet comes here."));
    }
    if let Some(priority) = hidden_by(cx, flow, id) {
        let mut p = Pieces::default();
        p.put(Role::Warn, &format!("A flow of priority {priority} takes all of these packets before."));
        notes.push(p);
    }
    let timeouts = match (flow.idle_timeout, flow.hard_timeout) {
        (0, 0) => None,
        (idle, 0) => Some(format!("The flow expires after {idle} s without a packet.")),
        (0, hard) => Some(format!("The flow expires {hard} s after it was added.")),
        (idle, hard) => Some(format!(
            "The flow expires after {idle} s without a packet, and at the latest {hard} s after it was added."
        )),
    };
    notes.extend(timeouts.map(|text| note(&text)));
    if flow.flags.contains(Flags::SEND_FLOW_REM) {
        notes.push(note("The controller is told when the flow is removed."));
    }
    for word in &flow.residue {
        let mut p = Pieces::default();
        p.say("Nobody knows what this means: ");
        p.put(Role::Bad, &visible(word));
        notes.push(p);
    }
    notes
}

/// The priority of a flow above that takes every packet of this one. Such a flow takes a packet of which no more is
/// known than the match says, so the classifier finds it however many flows the table has.
fn hidden_by(cx: &Cx<'_>, flow: &Flow, id: Option<FlowId>) -> Option<u32> {
    let bridge = cx.bridge?;
    let mut key = Key::default();
    key.set_match(&flow.matches);
    let is_clause = |a: &Action| matches!(a, Action::Conjunction(_));
    let found = bridge.classifier(bridge.table(flow.table)?).matching(&bridge.flows, &key);
    let above = found.filter(|other| Some(*other) != id).map(|other| bridge.flow(other));
    let above = above.filter(|other| other.priority() > flow.priority && covers(*other, &flow.matches));
    above.filter(|other| !other.actions().0.iter().any(is_clause)).map(FlowRef::priority).max()
}

fn note(text: &str) -> Pieces {
    let mut p = Pieces::default();
    p.say(text);
    p
}

fn conjunction(p: &mut Pieces, id: u32) {
    p.link(Target::Conjunction(id), Role::Accent, &format!("Conjunction {id}"));
}

fn meets(n: u32) -> &'static str {
    if n == 1 { "meets" } else { "meet" }
}

fn flows(n: u32) -> String {
    if n == 1 { "one flow".to_owned() } else { format!("{n} flows") }
}

/// Notes of a flow that is a clause: which others there are, and which flow counts when all are met.
fn clauses(cx: &Cx<'_>, flow: &Flow, notes: &mut Vec<Pieces>) {
    let mut any = false;
    for action in &flow.actions.0 {
        let Action::Conjunction(clause) = action else { continue };
        any = true;
        let Some(known) = cx.index.conjunction(flow.table, clause.id) else { continue };
        let count = |k: u8| known.clauses.iter().find(|(n, ..)| *n == k).map_or(0, |(_, n, _)| *n);
        let mut p = Pieces::default();
        conjunction(&mut p, clause.id);
        p.say(&format!(
            " has {} that {} clause {}",
            flows(count(clause.clause)),
            meets(count(clause.clause)),
            clause.clause
        ));
        let others = (1..=clause.n_clauses).filter(|k| *k != clause.clause);
        let missing: Vec<String> = others.clone().filter(|k| count(*k) == 0).map(|k| k.to_string()).collect();
        for k in others.filter(|k| count(*k) > 0) {
            p.say(&format!(", {} that {} clause {k}", count(k), meets(count(k))));
        }
        p.say(".");
        if !missing.is_empty() {
            p.put(Role::Warn, &format!(" No flow meets clause {}, so it is never met as a whole.", missing.join(", ")));
            if cx.naming.kind == Kind::Integration {
                p.say(" Neutron leaves such flows behind when the last rule goes that needed them; they do no harm.");
            }
        } else if known.accepting.is_empty() {
            p.put(
                Role::Warn,
                &format!(" No flow of this table matches conj_id={}, so meeting it leads to nothing.", clause.id),
            );
        }
        notes.push(p);
    }
    if any {
        notes.push(note("Clauses do not count packets; the flow that matches the conj_id counts for all of them."));
    }
}

/// Notes of a flow that counts when a conjunction is met.
fn accepting(cx: &Cx<'_>, flow: &Flow, notes: &mut Vec<Pieces>) {
    let (id, mask) = flow.matches.word(word::CONJ_ID);
    if mask == 0 || cx.bridge.is_none() {
        return;
    }
    let mut p = Pieces::default();
    conjunction(&mut p, id);
    match cx.index.conjunction(flow.table, id).filter(|c| !c.clauses.is_empty()) {
        Some(known) => {
            let mut clauses = known.clauses.clone();
            clauses.sort_unstable();
            let counts: Vec<String> = clauses.iter().map(|(k, n, _)| format!("clause {k} by {n}")).collect();
            p.say(&format!(" has {} clauses; flows that meet them: {}.", known.n_clauses, counts.join(", ")));
        }
        None => p.put(Role::Warn, " has no clauses in this table, so this flow never counts."),
    }
    notes.push(p);
}

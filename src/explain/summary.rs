//! The sentences: which packets, what happens to them, where they go on.

use super::actions::{drop_words, joined};
use super::references::overlaps;
use super::verbs::verbs;
use super::{Cx, LOOKED_AT, Scene, subject};
use crate::action::Action;
use crate::base::paint::{Painter, Pieces, Role, Target};
use crate::field::Match;
use crate::field::names::port;
use crate::field::slot::{WordId, word};
use crate::field::table;
use crate::model::bridge::FlowId;
use crate::model::flow::Flow;
use crate::model::naming::Kind;
use crate::model::pipeline::{Place, jumps};
use crate::neutron::ovn::opcodes::opcode;
use crate::neutron::tables;

/// One to three sentences about a flow.
pub(super) fn summary(cx: &Cx<'_>, scene: &Scene, flow: &Flow, id: Option<FlowId>) -> Pieces {
    let mut p = Pieces::default();
    subject::subject(cx, scene, &flow.matches, &leftover(cx, flow, id), &mut p);
    p.say(" ");
    if flow.actions.is_drop() {
        drop_words(cx, flow.table, &mut p);
    } else {
        joined(&verbs(cx, scene, flow), &mut p);
    }
    p.say(".");
    afterwards(cx, flow, &mut p);
    p
}

/// What is said of packets that flows of higher priority leave over; empty if there are none.
fn leftover(cx: &Cx<'_>, flow: &Flow, id: Option<FlowId>) -> String {
    let Some(bridge) = cx.bridge.filter(|_| is_bare(&flow.matches)) else { return String::new() };
    let flows = bridge.table(flow.table).map_or(&[][..], |t| &t.flows);
    let above = flows.iter().filter(|other| Some(**other) != id).map(|other| bridge.flow(*other));
    let mut above = above.take(LOOKED_AT).take_while(|other| other.priority() > flow.priority);
    if !above.any(|other| overlaps(other, &flow.matches)) {
        return String::new();
    }
    let row = tables::row_of(cx.naming.kind, flow.table);
    let words = match row {
        Some(row) if flow.matches.is_any() => row.missed,
        Some(row) if flow.priority < row.unmatched.0 => row.unmatched.1,
        _ => "",
    };
    match (words, flow.matches.is_any()) {
        ("", true) => "that no other flow of this table takes".to_owned(),
        ("", false) => "that no flow above this one takes".to_owned(),
        (words, _) => format!("that {words}"),
    }
}

/// Whether a match is about registers, ports and connections only, as the last flows of a table are. What connection
/// tracking finds invalid is named by that alone.
fn is_bare(m: &Match) -> bool {
    const INVALID: u64 = 0x10;
    let is_header = |id: WordId| id >= word::ETH_SRC || (word::TUN_ID..word::IN_PORT).contains(&id);
    let invalid = m.value(table::CT_STATE.slot) & INVALID != 0;
    !invalid
        && !m.has(table::CONJ_ID.slot)
        && m.words().iter().all(|w| match w.word {
            word::TYPE => w.mask & 0xffff == 0,
            id => !is_header(id),
        })
}

/// What becomes of packets that no action sends on.
fn afterwards(cx: &Cx<'_>, flow: &Flow, p: &mut Pieces) {
    let groups = cx.bridge.map_or(&[][..], |b| &b.groups);
    let ways = jumps(&flow.actions, flow.table, groups);
    let mut clauses: Vec<u32> = ways
        .iter()
        .filter_map(|j| match j.to {
            Place::Conjunction(id) => Some(id),
            _ => None,
        })
        .collect();
    clauses.dedup();
    if !clauses.is_empty() {
        return conjunction_words(&clauses, p);
    }
    let only_logged = flow.actions.0.iter().all(|a| !matches!(a, Action::Controller(_)) || is_logged(cx, a));
    let leads_nowhere = |to: &Place| matches!(to, Place::Drop) || only_logged && matches!(to, Place::Controller);
    let ends =
        ways.iter().all(|j| leads_nowhere(&j.to)) || ways.iter().all(|j| j.way == crate::model::pipeline::Way::Learn);
    if flow.actions.is_drop() || !ends || flow.actions.0.iter().any(is_unclear) {
        return;
    }
    let facts = cx.index.table(flow.table);
    if facts.is_some_and(|f| f.is_called && !f.is_entered) {
        p.say(" Then the flow that asked this table goes on with it.");
    } else if !facts.is_some_and(|f| f.after_output) {
        p.say(" Nothing sends it on, so it is ");
        p.put(Role::Drop, "dropped");
        p.say(".");
    }
}

/// Whether ovn-controller only writes a line about the packet and does not give it back.
fn is_logged(cx: &Cx<'_>, action: &Action) -> bool {
    let is_log = |userdata| opcode(userdata).is_some_and(|op| op.name == "LOG");
    matches!(action, Action::Controller(a) if cx.naming.kind == Kind::OvnIntegration && is_log(&a.userdata))
}

/// What follows when a flow meets clauses.
fn conjunction_words(ids: &[u32], p: &mut Pieces) {
    match ids {
        [id] => {
            p.say(" When the other clauses are met as well, the flow with ");
            p.link(Target::Conjunction(*id), Role::Accent, &format!("conj_id={id}"));
            p.say(" counts.");
        }
        _ => p.say(" When the other clauses of one of them are met as well, the flow with its conj_id counts."),
    }
}

/// Paints conjunctions by their ids: `conjunction 7`, `conjunctions 7, 8 and 9`.
pub(super) fn conjunctions(ids: &[u32], p: &mut Pieces) {
    const NAMED: usize = 8;
    let shown = if ids.len() > NAMED + 1 { NAMED } else { ids.len() };
    for (at, id) in ids[..shown].iter().enumerate() {
        let is_last = at > 0 && at + 1 == ids.len();
        p.say(if is_last {
            " and "
        } else if at > 0 {
            ", "
        } else {
            ""
        });
        let words = match (at, ids.len()) {
            (0, 1) => format!("conjunction {id}"),
            (0, _) => format!("conjunctions {id}"),
            _ => id.to_string(),
        };
        p.link(Target::Conjunction(*id), Role::Accent, &words);
    }
    if shown < ids.len() {
        p.say(&format!(" and {} more", ids.len() - shown));
    }
}

/// Actions that may send a packet somewhere without saying where.
fn is_unclear(action: &Action) -> bool {
    match action {
        Action::Raw(_) | Action::Group(_) | Action::Bundle(_) => true,
        Action::Output(a) => a.port != port::NONE,
        _ => false,
    }
}

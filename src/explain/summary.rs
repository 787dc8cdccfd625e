//! The sentences: which packets, what happens to them, where they go on.

use super::actions::{Tour, drop_words, joined};
use super::references::overlaps;
use super::{Cx, Scene, subject, values};
use crate::action::{Action, Actions};
use crate::base::paint::{Painter, Pieces, Role, Target};
use crate::field::Match;
use crate::field::format;
use crate::field::names::port;
use crate::field::slot::{WordId, word};
use crate::field::table::{self, FieldId};
use crate::model::bridge::FlowId;
use crate::model::flow::Flow;
use crate::model::pipeline::{Place, jumps};
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
    let mut above = above.take_while(|other| other.priority() > flow.priority);
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

/// What happens, action by action; what belongs together is said together.
fn verbs(cx: &Cx<'_>, scene: &Scene, flow: &Flow) -> Vec<Pieces> {
    listed(cx, &mut Tour::of(cx, scene, flow).brief(), &flow.actions, 0)
}

/// Lists in lists are told up to this depth.
const DEPTH: usize = 3;

fn listed(cx: &Cx<'_>, tour: &mut Tour<'_>, actions: &Actions, depth: usize) -> Vec<Pieces> {
    let reply = arp_reply(cx, actions);
    let rewrites = actions.0.iter().filter(|a| rewritten(a).is_some()).count();
    let mut told_rewrites = false;
    let mut parts: Vec<Part> = Vec::new();
    for (at, action) in actions.0.iter().enumerate() {
        let mut words = Pieces::default();
        match action {
            Action::Clone(a) if depth < DEPTH && !a.actions.is_drop() => {
                words.say("is copied, and the copy ");
                joined(&listed(cx, tour, &a.actions, depth + 1), &mut words);
            }
            Action::WriteActions(a) if depth < DEPTH && !a.actions.is_drop() => {
                words.say("when no table is left, ");
                joined(&listed(cx, tour, &a.actions, depth + 1), &mut words);
            }
            _ => {
                tour.action(action, &mut words);
                tour.pass(action);
            }
        }
        let next = actions.0.get(at + 1);
        match action {
            // The number of the new tag follows, and says it all.
            Action::PushVlan(_) if matches!(next, Some(Action::SetField(a)) if a.field.slot.word == word::VLAN) => {}
            Action::Note(_) if actions.0.len() > 1 => {}
            _ if rewritten(action).is_some() && (reply.is_some() || rewrites > 3) => {
                if !std::mem::replace(&mut told_rewrites, true) {
                    parts.push(Part::Plain(reply.clone().unwrap_or_else(|| count(rewrites))));
                }
            }
            _ if is_cleared(action) && clears(actions) > 3 => {
                if !parts.iter().any(|p| matches!(p, Part::Cleared)) {
                    parts.push(Part::Cleared);
                }
            }
            _ => parts.push(Part::Plain(words)),
        }
    }
    let cleared = clears(actions);
    let words = parts.into_iter().map(|part| match part {
        Part::Plain(words) => words,
        Part::Cleared => {
            let mut p = Pieces::default();
            p.say(&format!("has {cleared} registers cleared"));
            p
        }
    });
    merged(words.collect())
}

/// A thing that is said of a packet.
enum Part {
    Plain(Pieces),
    /// Many registers are cleared; said once.
    Cleared,
}

fn count(rewrites: usize) -> Pieces {
    let mut p = Pieces::default();
    p.say(&format!("has its headers rewritten ({rewrites} fields)"));
    p
}

/// The header field that an action rewrites.
fn rewritten(action: &Action) -> Option<FieldId> {
    let field = match action {
        Action::SetField(a) => a.field,
        Action::Move(a) => a.to.field,
        _ => return None,
    };
    (field.slot.word >= word::ETH_SRC && field.slot.word != word::VLAN && !field.is_tun_metadata()).then_some(field)
}

fn is_cleared(action: &Action) -> bool {
    matches!(action, Action::SetField(a) if a.field.slot.word < word::METADATA && a.is_exact() && a.value.is_zero())
}

fn clears(actions: &Actions) -> usize {
    actions.0.iter().filter(|a| is_cleared(a)).count()
}

/// The answer that a list of actions makes of an ARP request, if it does.
fn arp_reply(cx: &Cx<'_>, actions: &Actions) -> Option<Pieces> {
    let set = |field: FieldId| {
        actions.0.iter().find_map(|a| match a {
            Action::SetField(a) if a.field == field => Some(a.value.to_u64()),
            _ => None,
        })
    };
    let (address, mac) = (set(table::ARP_SPA), set(table::ARP_SHA)?);
    (set(table::ARP_OP)? == 2).then(|| {
        let mut p = Pieces::default();
        p.say("becomes the ARP reply that ");
        match address {
            Some(address) => values::ipv4(cx, address as u32, u32::MAX, &mut p),
            None => p.say("the asked address"),
        }
        p.say(" is at ");
        match values::mac_words(cx, mac) {
            Some(_) => values::mac(cx, mac, 0xffff_ffff_ffff, &mut p),
            None => format::paint_mac(mac, &mut p),
        }
        p
    })
}

/// `gets a` and `gets b` become `gets a and b`.
fn merged(parts: Vec<Pieces>) -> Vec<Pieces> {
    const VERBS: [&str; 3] = ["gets ", "leaves by ", "is delivered to "];
    let mut out: Vec<Pieces> = Vec::new();
    let mut group: (&str, Vec<Pieces>) = ("", Vec::new());
    let mut flush = |(verb, parts): (&str, Vec<Pieces>)| {
        if !parts.is_empty() {
            let mut p = Pieces::default();
            p.say(verb);
            joined(&parts, &mut p);
            out.push(p);
        }
    };
    for mut part in parts.into_iter().filter(|p| !p.0.is_empty()) {
        let verb = VERBS.into_iter().find(|verb| part.0[0].text.starts_with(verb)).unwrap_or("");
        if verb != group.0 || verb.is_empty() {
            flush(std::mem::replace(&mut group, (verb, Vec::new())));
        }
        part.0[0].text.replace_range(..verb.len(), "");
        group.1.push(part);
    }
    flush(group);
    out
}

/// What becomes of packets that no action sends on.
fn afterwards(cx: &Cx<'_>, flow: &Flow, p: &mut Pieces) {
    let groups = cx.bridge.map_or(&[][..], |b| &b.groups);
    let ways = jumps(&flow.actions, flow.table, groups);
    let clause = ways.iter().find_map(|j| match j.to {
        Place::Conjunction(id) => Some(id),
        _ => None,
    });
    if let Some(id) = clause {
        p.say(" When the other clauses are met as well, the flow with ");
        p.link(Target::Conjunction(id), Role::Accent, &format!("conj_id={id}"));
        p.say(" counts.");
        return;
    }
    let ends = ways.iter().all(|j| matches!(j.to, Place::Drop))
        || ways.iter().all(|j| j.way == crate::model::pipeline::Way::Learn);
    if flow.actions.is_drop() || !ends || flow.actions.0.iter().any(|a| is_unclear(a)) {
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

/// Actions that may send a packet somewhere without saying where.
fn is_unclear(action: &Action) -> bool {
    match action {
        Action::Raw(_) | Action::Group(_) | Action::Bundle(_) => true,
        Action::Output(a) => a.port != port::NONE,
        _ => false,
    }
}

//! What happens to a packet, as the verbs of one sentence: `gets .., leaves by .. and goes on in ..`.
//!
//! A list of actions is told in its order, but what belongs together is said once: a value that is put aside and taken
//! up elsewhere is a copy, headers that make a request a reply are that reply, and a flood over many logical ports is
//! one flood. The lines of [`super::Explanation::actions`] leave nothing out; a sentence may.

use super::actions::{Tour, joined};
use super::{Cx, Scene, values, writes};
use crate::action::pipeline::Resubmit;
use crate::action::{Action, Actions};
use crate::base::paint::Pieces;
use crate::field::format;
use crate::field::slot::word;
use crate::field::table::{self, FieldId};
use crate::field::{Match, Subfield};
use crate::model::flow::{Flow, TableId};
use crate::model::naming::Carries;

/// Lists in lists are told up to this depth.
const DEPTH: usize = 3;

/// A sentence has this many verbs at most.
const VERBS: usize = 9;

/// Of many ports or values, so many are named.
const NAMED: usize = 5;

/// What happens, action by action.
pub(super) fn verbs(cx: &Cx<'_>, scene: &Scene, flow: &Flow) -> Vec<Pieces> {
    let mut tour = Tour::of(cx, scene, flow);
    Telling { cx, scene, base: &flow.matches, tour: &mut tour }.list(&flow.actions, 0)
}

struct Telling<'a, 'b> {
    cx: &'a Cx<'a>,
    scene: &'a Scene,
    base: &'a Match,
    tour: &'b mut Tour<'a>,
}

impl Telling<'_, '_> {
    fn list(&mut self, actions: &Actions, depth: usize) -> Vec<Pieces> {
        let flooded = flooded_table(actions, if self.cx.naming.kind.is_ovn() { 2 } else { 3 });
        let reply = self.arp_reply(actions);
        let rewrites = actions.0.iter().filter(|a| rewritten(a).is_some()).count();
        let clears = actions.0.iter().filter(|a| is_cleared(a)).count();
        let mut once = Once::default();
        let mut aside: Vec<&Subfield> = Vec::new();
        let mut copied: Option<(&Subfield, &Subfield)> = None;
        let mut parts: Vec<Pieces> = Vec::new();
        for (at, action) in actions.0.iter().enumerate() {
            // Every action is told, also where its words are not used: the tour goes through the list in order.
            let words = self.action(action, depth);
            let last = copied.take();
            match action {
                // The number of the new tag follows, and says it all.
                Action::PushVlan(_) if sets_vlan(actions.0.get(at + 1)) => {}
                Action::Note(_) if actions.0.len() > 1 => {}
                Action::Conjunction(_) => {
                    if once.is_first(Said::Clauses) {
                        parts.extend(clauses(actions));
                    }
                }
                Action::Push(a) => aside.push(&a.0),
                Action::Pop(a) => match aside.pop() {
                    Some(from) if *from == a.0 => {
                        // Nothing is done with what is put back at the end.
                        if actions.0[at..].iter().all(|a| matches!(a, Action::Pop(_))) {
                            continue;
                        }
                        parts.push(say(&format!("gets back {}", writes::subfield(self.cx, self.scene, from))));
                    }
                    Some(from) => {
                        copied = Some((from, &a.0));
                        let [from, to] = [from, &a.0].map(|s| writes::subfield(self.cx, self.scene, s));
                        if last == Some((&a.0, copied.expect("was just set").0)) {
                            parts.pop();
                            parts.push(say(&format!("has {to} and {from} swapped")));
                        } else {
                            parts.push(say(&format!("has {from} copied into {to}")));
                        }
                    }
                    None => parts.extend(words),
                },
                Action::Resubmit(a) if flooded.is_some() && flooded == a.table => {
                    if once.is_first(Said::Flood) {
                        parts.push(self.flood(actions, a));
                    }
                }
                Action::SetField(a) if flooded.is_some() && a.field.slot.word < word::METADATA => {}
                _ if rewritten(action).is_some() && (reply.is_some() || rewrites > 3) => {
                    if once.is_first(Said::Rewrites) {
                        let count = || say(&format!("has its headers rewritten ({rewrites} fields)"));
                        parts.push(reply.clone().unwrap_or_else(count));
                    }
                }
                _ if is_cleared(action) && clears > 3 => {
                    if once.is_first(Said::Clears) {
                        parts.push(say(&format!("has {clears} registers cleared")));
                    }
                }
                _ => parts.extend(words),
            }
        }
        if parts.iter().all(|p| p.0.is_empty()) {
            parts = vec![say("is left as it is")];
        }
        shortened(merged(parts))
    }

    /// What one action does: mostly one thing.
    fn action(&mut self, action: &Action, depth: usize) -> Vec<Pieces> {
        let mut words = Pieces::default();
        match action {
            Action::Clone(a) if depth < DEPTH && !a.actions.is_drop() => {
                let scene = self.tour.scene_mut().clone();
                words.say("is copied (the copy ");
                joined(&self.list(&a.actions, depth + 1), &mut words);
                words.say(")");
                *self.tour.scene_mut() = scene;
            }
            Action::WriteActions(a) if depth < DEPTH && !a.actions.is_drop() => {
                words.say("gets an action set, which is done when no table is left (it ");
                joined(&self.list(&a.actions, depth + 1), &mut words);
                words.say(")");
            }
            Action::DecTtl(_) => words.say("has its time to live lowered by one"),
            Action::Ct(ct) => return self.tour.ct_parts(ct, self.base),
            _ => {
                self.tour.action(action, &mut words);
                self.tour.pass(action);
            }
        }
        vec![words]
    }

    /// A list that goes through one table for each of many logical ports.
    fn flood(&self, actions: &Actions, resubmit: &Resubmit) -> Pieces {
        let mut ports: Vec<String> = Vec::new();
        let (mut times, mut port) = (0, None);
        for action in &actions.0 {
            match action {
                Action::SetField(a) => {
                    let naming = self.cx.naming.register_in(self.scene.scope, a.field, 0, 32);
                    if naming.is_some_and(|r| r.carries == Carries::LogicalPort) {
                        let mut name = Pieces::default();
                        values::logical_port(self.cx, self.scene.datapath, a.value.to_u64() as u32, &mut name);
                        port = Some(name.text());
                    }
                }
                Action::Resubmit(a) if a.table == resubmit.table => {
                    times += 1;
                    ports.extend(port.take());
                }
                _ => {}
            }
        }
        let mut p = Pieces::default();
        let one_each = ports.len() == times;
        p.say(&if one_each { "goes through ".to_owned() } else { format!("goes {times} times through ") });
        values::table(self.cx, self.scene.scope, resubmit.table.unwrap_or_default(), &mut p);
        if one_each {
            let names: Vec<&str> = ports.iter().map(|n| n.strip_prefix("logical port ").unwrap_or(n)).collect();
            p.say(&format!(" once for each of {times} logical ports ({})", some(&names)));
        } else {
            p.say(", each time with other registers");
        }
        p
    }

    /// The answer that a list of actions makes of an ARP request, if it does.
    fn arp_reply(&self, actions: &Actions) -> Option<Pieces> {
        let set = |field: FieldId| {
            actions.0.iter().find_map(|a| match a {
                Action::SetField(a) if a.field == field => Some(a.value.to_u64()),
                _ => None,
            })
        };
        let (address, mac) = (set(table::ARP_SPA), set(table::ARP_SHA)?);
        if set(table::ARP_OP)? != 2 {
            return None;
        }
        let mut p = say("becomes the ARP reply that ");
        match address {
            Some(address) => values::ipv4(self.cx, address as u32, u32::MAX, &mut p),
            None => p.say("the asked address"),
        }
        p.say(" is at ");
        match values::mac_words(self.cx, mac) {
            Some(_) => values::mac(self.cx, mac, 0xffff_ffff_ffff, &mut p),
            None => format::paint_mac(mac, &mut p),
        }
        Some(p)
    }
}

/// What is said once of a list, however many actions say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Clauses,
    Flood,
    Rewrites,
    Clears,
}

#[derive(Debug, Default)]
struct Once(Vec<Said>);

impl Once {
    fn is_first(&mut self, what: Said) -> bool {
        let is_first = !self.0.contains(&what);
        if is_first {
            self.0.push(what);
        }
        is_first
    }
}

fn say(text: &str) -> Pieces {
    let mut p = Pieces::default();
    p.say(text);
    p
}

/// The first names of many: `a, b and c`, `a, b, c, d, e and 7 more`.
fn some(names: &[&str]) -> String {
    let more = names.len().saturating_sub(NAMED);
    match names {
        [one] => (*one).to_owned(),
        _ if more > 0 => format!("{} and {more} more", names[..NAMED].join(", ")),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
        [] => String::new(),
    }
}

/// The table that a list goes through so many times or more, as for a flood over logical ports.
fn flooded_table(actions: &Actions, times_at_least: usize) -> Option<TableId> {
    let tables = actions.0.iter().filter_map(|a| match a {
        Action::Resubmit(a) => a.table,
        _ => None,
    });
    let mut times = [0_usize; 256];
    tables.clone().for_each(|t| times[usize::from(t)] += 1);
    let most = tables.max_by_key(|t| times[usize::from(*t)])?;
    (times[usize::from(most)] >= times_at_least).then_some(most)
}

fn sets_vlan(action: Option<&Action>) -> bool {
    matches!(action, Some(Action::SetField(a)) if a.field.slot.word == word::VLAN)
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

/// The clauses that a flow meets: those with the same place in their conjunctions together.
fn clauses(actions: &Actions) -> Vec<Pieces> {
    let all = || {
        actions.0.iter().filter_map(|a| match a {
            Action::Conjunction(a) => Some(a),
            _ => None,
        })
    };
    let mut places: Vec<(u8, u8)> = Vec::new();
    for c in all() {
        if !places.contains(&(c.clause, c.n_clauses)) {
            places.push((c.clause, c.n_clauses));
        }
    }
    let told = places.into_iter().map(|(clause, of)| {
        let ids: Vec<u32> = all().filter(|c| (c.clause, c.n_clauses) == (clause, of)).map(|c| c.id).collect();
        let mut p = say(&format!("meets clause {clause} of {of} of "));
        super::summary::conjunctions(&ids, &mut p);
        p
    });
    told.collect()
}

/// Things that are said in the same way: what stands before them, and behind them.
const ALIKE: [(&str, &str); 7] = [
    ("gets back ", ""),
    ("gets ", ""),
    ("leaves by ", ""),
    ("is delivered to ", ""),
    ("has \"", " set"),
    ("has \"", " cleared"),
    ("has ", COPIED),
];

/// Stands inside of what is said of a copy.
const COPIED: &str = " copied into ";

fn alike(p: &Pieces) -> Option<(&'static str, &'static str)> {
    let (first, last) = (&p.0.first()?.text, &p.0.last()?.text);
    let fits = |(verb, end): &(&str, &str)| {
        first.starts_with(verb) && if *end == COPIED { first.contains(COPIED) } else { last.ends_with(end) }
    };
    ALIKE.into_iter().find(fits).filter(|(verb, end)| p.text().len() > verb.len() + end.len())
}

/// `gets a` and `gets b` become `gets a and b`.
fn merged(parts: Vec<Pieces>) -> Vec<Pieces> {
    let mut out: Vec<Pieces> = Vec::new();
    let mut group: (Option<(&str, &str)>, Vec<Pieces>) = (None, Vec::new());
    for part in parts.into_iter().filter(|p| !p.0.is_empty()) {
        let key = alike(&part);
        if key.is_none() || key != group.0 {
            out.extend(said_together(std::mem::replace(&mut group, (key, Vec::new()))));
        }
        group.1.push(part);
    }
    out.extend(said_together(group));
    out
}

fn said_together((key, mut parts): (Option<(&str, &str)>, Vec<Pieces>)) -> Option<Pieces> {
    let Some((verb, end)) = key.filter(|_| parts.len() > 1) else { return parts.pop() };
    // The quotation mark belongs to the name, and what is copied keeps its words.
    let (verb, end) = (verb.trim_end_matches('"'), if end == COPIED { "" } else { end });
    for part in &mut parts {
        let last = part.0.len() - 1;
        let kept = part.0[last].text.len() - end.len();
        part.0[last].text.truncate(kept);
        part.0[0].text.replace_range(..verb.len(), "");
    }
    let more = parts.len().saturating_sub(NAMED);
    if more > 1 {
        parts.truncate(NAMED);
        parts.push(say(&format!("{more} more")));
    }
    let mut p = say(verb);
    joined(&parts, &mut p);
    p.say(end);
    Some(p)
}

/// Very long lists lose their middle: how they begin and where they lead matters most.
fn shortened(mut parts: Vec<Pieces>) -> Vec<Pieces> {
    if parts.len() > VERBS {
        let more = parts.len() - (VERBS - 1);
        let words = say(&format!("has {more} more things done to it"));
        parts.splice(VERBS - 3..VERBS - 3 + more, [words]);
    }
    parts
}

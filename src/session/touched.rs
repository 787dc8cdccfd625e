//! What a change touches beyond its flows: packets that come by them, and the rules that wanted them.

use rustc_hash::FxHashMap;

use super::scene::NodeScene;
use crate::base::words::counted;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::change::{Edit, Replaced};
use crate::model::flow::Flow;
use crate::model::id::{FlowHash, Prefix};
use crate::model::owner::{Owner, OwnerKind};
use crate::trace::paint::ct_state;
use crate::why::Cx;
use crate::why::reach::{Reach, Way, reach};

/// Requests for which packets are made, and flows of each.
const REQUESTS: usize = 12;
const FLOWS: usize = 2;
/// So many flows are asked who wanted them.
const ASKED: usize = 2000;

/// A packet that was made because a request changes what becomes of it.
#[derive(Debug)]
pub struct Made {
    /// The request, from 0.
    pub request: usize,
    /// The packet, and what connection tracking has to answer.
    pub way: Box<Way>,
}

impl Made {
    /// The packet as it may be typed, with what connection tracking answers.
    pub fn text(&self) -> String {
        let mut text = self.way.packet.typed();
        for state in &self.way.ct_next {
            text.push_str(&format!(" --ct-next {}", ct_state(*state).replace('|', ",")));
        }
        text
    }
}

/// Packets that come by the flows which requests add, change or delete; and for requests that have none, why not.
/// `stop` is asked before each.
pub fn packets<'e>(
    sides: [&Cx<'_>; 2],
    bridge: usize,
    requests: impl IntoIterator<Item = (usize, &'e Edit)>,
    stop: impl Fn() -> bool,
) -> (Vec<Made>, Vec<(usize, String)>) {
    let (mut made, mut without): (Vec<Made>, Vec<_>) = (Vec::new(), Vec::new());
    let [now, then] = sides;
    for (request, edit) in requests.into_iter().take(REQUESTS) {
        let (mut has_packet, mut reason) = (false, None);
        let of = |cx: &Cx<'_>, flow: &Option<Flow>| flow.as_ref().and_then(|flow| find(cx.world.at(bridge), flow));
        // A packet of the new flow if there is one: whether it arrives is what people want to know.
        let both = |replaced: &Replaced<Flow>| [(then, of(then, &replaced.after)), (now, of(now, &replaced.before))];
        let mut tries: Vec<[(&Cx<'_>, Option<FlowId>); 2]> = edit.flows.iter().take(FLOWS).map(both).collect();
        if tries.is_empty() {
            let users = edit.users(then.world.at(bridge)).take(FLOWS);
            tries.extend(users.map(|id| [(then, Some(id)), (now, None)]));
        }
        for sides in tries {
            for (cx, id) in sides {
                let Some(id) = id else { continue };
                if stop() {
                    return (made, without);
                }
                match reach(cx, bridge, id) {
                    Reach::Packet(way) => {
                        has_packet = true;
                        let is_same =
                            |other: &Made| (&other.way.packet, &other.way.ct_next) == (&way.packet, &way.ct_next);
                        if !made.iter().any(is_same) {
                            made.push(Made { request, way });
                        }
                        break;
                    }
                    none => reason = without_packet(&none),
                }
            }
        }
        without.extend(reason.filter(|_| !has_packet).map(|reason| (request, reason)));
    }
    (made, without)
}

/// Why no packet was found for a flow.
pub fn without_packet(found: &Reach) -> Option<String> {
    match found {
        Reach::Packet(_) => None,
        Reach::Shadowed(by) => {
            let verb = if by.len() == 1 { "takes" } else { "take" };
            Some(format!("no packet gets this flow: {} above it {verb} all that it matches", counted(by.len(), "flow")))
        }
        Reach::NoWay => Some("no way from table 0 to this flow was found: nothing leads there".to_owned()),
        Reach::Unknown => Some("no packet that comes by this flow was found; there may be one".to_owned()),
    }
}

/// A flow of a bridge by its identity.
pub fn find(bridge: &Bridge, flow: &Flow) -> Option<FlowId> {
    bridge.ids().find(Prefix::of(FlowHash::new(flow.table, flow.priority, &flow.matches))).next()
}

/// A rule of a security group, a firewall or an ACL whose flows a change touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// The rule.
    pub rule: Owner,
    /// How many of its flows come, do something else, and go.
    pub flows: [usize; 3],
}

impl Touched {
    /// What happens to its flows, in words.
    pub fn words(&self) -> String {
        let verbs = ["added", "changed", "deleted"];
        let parts = self.flows.iter().zip(verbs).filter(|(n, _)| **n > 0);
        let parts: Vec<String> = parts.map(|(n, verb)| format!("{} {verb}", counted(*n, "flow"))).collect();
        parts.join(", ")
    }
}

/// The rules that wanted the flows of a change, those first that lose most.
pub fn rules(now: &NodeScene, then: &NodeScene, bridge: usize, flows: &[Replaced<Flow>]) -> Vec<Touched> {
    let mut found: FxHashMap<Owner, [usize; 3]> = FxHashMap::default();
    for replaced in flows.iter().take(ASKED) {
        // What happens to a flow, and on which side it is asked who wants it.
        let (what, node, flow) = match (&replaced.before, &replaced.after) {
            (Some(before), Some(after)) if before.actions == after.actions => continue,
            (Some(before), Some(_)) => (1, now, before),
            (Some(before), None) => (2, now, before),
            (None, Some(after)) => (0, then, after),
            (None, None) => continue,
        };
        let Some(id) = find(node.bridges()[bridge].bridge(), flow) else { continue };
        let is_rule = |owner: &Owner| {
            let is_rule = matches!(owner.kind, OwnerKind::SecurityGroupRule | OwnerKind::FirewallRule | OwnerKind::Acl);
            // A new flow without a rule is not one that a rule left behind.
            is_rule && (what != 0 || !owner.is_gone())
        };
        for rule in node.owners(bridge).of(id).into_iter().filter(is_rule) {
            found.entry(rule).or_default()[what] += 1;
        }
    }
    let mut rules: Vec<Touched> = found.into_iter().map(|(rule, flows)| Touched { rule, flows }).collect();
    rules.sort_by(|a, b| (b.flows[2], b.flows[1], &a.rule).cmp(&(a.flows[2], a.flows[1], &b.rule)));
    rules
}

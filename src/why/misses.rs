//! Near misses: the flows that would have let a lost packet through, those first for which least would have to change.
//!
//! A flow counts only after the changed packet was traced and got through, so that nobody is sent after a flow which
//! leads to the next drop. A change to the place of a packet (another port, another network) cannot be tried by changing
//! what was sent, so such flows are told apart, and not as a way out.

use std::sync::Arc;

use super::Cx;
use super::blame::Look;
use super::lookup::{Clause, Difference, Rival, Sort, rivals};
use crate::check::drops::only_drops;
use crate::field::proto::{self, Needs};
use crate::field::slot::word;
use crate::field::{FieldId, Match, table};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::owner::OwnerKind;
use crate::model::pipeline::{Place, jumps};
use crate::model::store::FlowRef;
use crate::trace::{Options, Packet, Trace, Verdict, trace};

/// A flow that would have let the packet through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The flow, and in what the packet differs.
    pub rival: Rival,
    /// The packet, changed so that the flow takes it, and what connection tracking has to say; `None` for a flow of
    /// another place.
    pub changed: Option<(Box<Packet>, Vec<u8>)>,
    /// What becomes of the changed packet.
    pub verdict: Option<Verdict>,
}

/// How many flows are looked at, and how many are told.
const CANDIDATES: usize = 48;
const TOLD: usize = 6;
/// How many flows are told that want another state of the connection.
const STATES: usize = 1;
/// How many flows of other places are told.
const ELSEWHERE: usize = 2;

/// The bits of [`word::TYPE`] that are the Ethernet type.
const KIND: u32 = 0xffff_0000;

/// Whether a flow only drops, or only leads to tables that do.
fn is_lost(bridge: &Bridge, flow: FlowRef<'_>) -> bool {
    let is_sink = |to: Place| match to {
        Place::Table(table) => bridge.table(table).is_some_and(|t| only_drops(bridge, t)),
        // Actions without a way on are done for the table that asked this one.
        _ => false,
    };
    let actions = flow.actions();
    actions.is_drop() || jumps(actions, flow.table(), &bridge.groups).iter().all(|jump| is_sink(jump.to))
}

/// The near misses of a packet that was lost at a lookup.
pub fn misses(cx: &Cx<'_>, start: usize, found: &Trace<'_>, look: &Look<'_>, options: &Options) -> Vec<Miss> {
    let world = cx.world;
    let bridge = world.at(look.bridge);
    // A flow of the same priority could have taken the packet just as well.
    let least = look.flow.map_or(0, |flow| bridge.flow(flow).priority());
    let key = &look.packet.key;
    // A packet of another kind is no near miss: nobody sends ARP in the place of TCP.
    let is_alike = |flow: FlowRef<'_>| {
        let (value, mask) = flow.word(word::TYPE);
        let kind = mask & KIND;
        (key.word(word::TYPE) ^ value) & kind == 0
    };
    let wanted = |flow: FlowRef<'_>| is_alike(flow) && !is_lost(bridge, flow);
    let near = rivals(bridge, look.table, key, look.flow, least, CANDIDATES, wanted);
    let mut told: Vec<Miss> = Vec::new();
    let mut elsewhere: Vec<Miss> = Vec::new();
    let mut rules: Vec<Arc<str>> = Vec::new();
    let mut states_told = 0;
    let mut seen: Vec<Vec<(FieldId, String)>> = Vec::new();
    for rival in near {
        if told.len() == TOLD {
            break;
        }
        if rival.distance.place > 0 {
            // Of another port only what takes the very same packet says something.
            if elsewhere.len() < ELSEWHERE && rival.distance.words == 0 && rival.distance.state == 0 {
                elsewhere.push(Miss { rival, changed: None, verdict: None });
            }
            continue;
        }
        // What another state of the connection would have let through is worth a word only where nothing else differs.
        if rival.distance.state > 0 && (rival.distance.words > 0 || states_told == STATES) {
            continue;
        }
        let Some((packet, states)) = changed(bridge, found, look, &rival, options) else { continue };
        // A rule about a range of ports has several flows.
        let rule = cx.rules(look.bridge, rival.flow).into_iter().find(|o| o.kind == OwnerKind::SecurityGroupRule);
        if rule.as_ref().is_some_and(|rule| rules.contains(&rule.id)) {
            continue;
        }
        // Two flows that want the same of the packet, such as those for new and for established connections, say one
        // thing twice.
        let wants = wants(bridge, &rival);
        if seen.contains(&wants) {
            continue;
        }
        let options = Options { ct_next: states.clone(), keep: false, ..options.clone() };
        let verdict = trace(world, start, &packet, &options).verdict;
        if matches!(verdict, Verdict::Delivered | Verdict::Mixed | Verdict::Controller) {
            seen.push(wants);
            rules.extend(rule.map(|rule| rule.id).filter(|id| !id.is_empty()));
            states_told += usize::from(rival.distance.state > 0);
            told.push(Miss { rival, changed: Some((Box::new(packet), states)), verdict: Some(verdict) });
        }
    }
    told.extend(elsewhere);
    told
}

/// The flows whose fields the packet must have: the flow itself, and for each unmet clause its nearest flow.
fn wanted_flows<'r>(rival: &'r Rival) -> impl Iterator<Item = (FlowId, &'r [Difference])> + 'r {
    let clauses = rival.clauses.iter().filter_map(|c: &Clause| c.nearest.as_ref());
    std::iter::once((rival.flow, &rival.differs[..])).chain(clauses.map(|(flow, differs)| (*flow, &differs[..])))
}

/// What the packet would need, as text: which field, which value.
pub fn wants(bridge: &Bridge, rival: &Rival) -> Vec<(FieldId, String)> {
    let mut wants = Vec::new();
    for (flow, differs) in wanted_flows(rival) {
        let matches = bridge.flow(flow).matches();
        for d in differs {
            let want = (d.field, value(&matches, d.field, bridge));
            if !wants.contains(&want) {
                wants.push(want);
            }
        }
    }
    wants
}

/// The value that a match wants of a field, as a dump prints it.
pub fn value(matches: &Match, field: FieldId, bridge: &Bridge) -> String {
    let mut text = String::new();
    matches.paint_field(&field, &bridge.names, &mut text);
    match text.split_once('=') {
        Some((_, value)) => value.to_owned(),
        None => text,
    }
}

/// The packet as it would have to be sent for the flow to take it, and what connection tracking would have to answer.
/// `None` where that cannot be had by changing what is sent: a field was written on the way, or a clause has no flow.
fn changed(
    bridge: &Bridge,
    found: &Trace<'_>,
    look: &Look<'_>,
    rival: &Rival,
    options: &Options,
) -> Option<(Packet, Vec<u8>)> {
    if rival.clauses.iter().any(|c| c.nearest.is_none()) {
        return None;
    }
    let mut packet = found.input.clone();
    let mut states = options.ct_next.clone();
    for (flow, differs) in wanted_flows(rival) {
        let matches = bridge.flow(flow).matches();
        for d in differs {
            match d.sort {
                Sort::Place => return None,
                Sort::State if d.field == table::CT_STATE => {
                    // The pass begins with the answer that counts.
                    let at = look.pass.checked_sub(1)?;
                    let (value, mask) = matches.slot(d.field.slot);
                    let before = look.packet.key.value(d.field.slot);
                    let state = before & !mask.to_u64() | value.to_u64();
                    states.resize(states.len().max(at + 1), NEW);
                    states[at] = plausible(state, mask.to_u64())?;
                }
                Sort::State => return None,
                Sort::Packet => {
                    // What was written on the way cannot be changed by sending something else.
                    if look.packet.key.read(d.field.slot) != found.input.key.read(d.field.slot) {
                        return None;
                    }
                    packet.key.set_match(&only(&matches, d.field));
                }
            }
        }
    }
    // A flow that wants UDP wants its ports to be those of UDP; a packet that contradicts itself is no packet.
    let key = &packet.key;
    let fits = |needs: Needs| needs.is_met(|id| key.word(id));
    let mut whole = wanted_flows(rival).flat_map(|(flow, _)| bridge.flow(flow).matches().fields());
    whole.all(|field| fits(field.needs)).then_some(())?;
    if key.value(proto::VLAN_PRESENT) == 1 && packet.tpids[0] == 0 {
        packet.tpids[0] = proto::ethertype::VLAN;
    }
    Some((packet, states))
}

const NEW: u8 = 0x21;
const EST: u64 = 0x02;

/// A state that a connection can have: new and established exclude each other.
fn plausible(state: u64, mask: u64) -> Option<u8> {
    const TRK: u64 = 0x20;
    const ONLY_NEW: u64 = 0x01;
    let mut state = state | TRK;
    if state & EST != 0 && state & ONLY_NEW != 0 {
        // Whichever the flow does not ask for gives way.
        state &= if mask & EST != 0 { !ONLY_NEW } else { !EST };
    }
    u8::try_from(state).ok()
}

/// The part of a match that is about a field.
fn only(matches: &Match, field: FieldId) -> Match {
    let mut only = Match::any();
    let (value, mask) = matches.slot(field.slot);
    only.set_slot(field.slot, &value, &mask);
    if field.slot.word == crate::field::slot::word::VLAN {
        let (value, mask) = matches.slot(proto::VLAN_PRESENT);
        only.set_slot(proto::VLAN_PRESENT, &value, &mask);
    }
    only
}

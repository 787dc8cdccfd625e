//! The flow that `learn()` makes of a packet (ovs-actions(7), "The learn action").

use crate::action::Actions;
use crate::action::learn::{Learn, Spec};
use crate::dump::flow_line;
use crate::field::{Bits, Match, Names, Subfield};
use crate::model::flow::{Flow, Stats};
use crate::trace::Packet;

/// The flow that `learn()` makes of a packet.
pub(super) fn taught(learn: &Learn, packet: &Packet) -> Flow {
    let mut matches = Match::any();
    let mut actions: Vec<String> = Vec::new();
    let put = |to: &Subfield, part: &Bits, matches: &mut Match| {
        let (mut value, mut mask) = matches.get(&to.field);
        value.insert(to.offset.into(), to.width.into(), part);
        mask.fill(to.offset.into(), to.width.into());
        matches.set(&to.field, &value, &mask);
    };
    for spec in &learn.specs {
        match spec {
            Spec::MatchValue { field, value } => put(field, value, &mut matches),
            Spec::MatchField { field, from } => put(field, &bits(from, packet), &mut matches),
            Spec::LoadValue { to, value } => actions.push(load(to, value)),
            Spec::LoadField { to, from } => actions.push(load(to, &bits(from, packet))),
            Spec::Output(from) => actions.push(format!("output:{}", bits(from, packet).to_u64())),
        }
    }
    let actions = match actions.is_empty() {
        true => Actions::default(),
        false => flow_line::parse_actions(&actions.join(","), Names::none()).0,
    };
    Flow {
        table: learn.table,
        priority: learn.priority.into(),
        matches,
        actions,
        cookie: learn.cookie,
        idle_timeout: learn.idle_timeout,
        hard_timeout: learn.hard_timeout,
        stats: Some(Stats { n_packets: Some(0), n_bytes: Some(0), ..Stats::default() }),
        ..Flow::default()
    }
}

/// What a packet has in some bits.
fn bits(from: &Subfield, packet: &Packet) -> Bits {
    packet.key.read(from.field.slot).slice(from.offset.into(), from.width.into())
}

fn load(to: &Subfield, value: &Bits) -> String {
    let mut text = String::from("load:");
    text.push_str(&value.hex());
    text.push_str("->");
    to.paint(&mut text);
    text
}

//! What actions do, whatever words say it.
//!
//! Actions are brought to the words of OpenFlow 1.5, as a switch would print them there ([`carry`]); then fields that
//! are set one after the other become the bits that are set, `goto_table` becomes the `resubmit` that OpenFlow 1.0
//! prints for it, and ports get the numbers that both sides share. Actions that do other things keep their order.

use super::key::Ports;
use crate::action::conntrack::Ct;
use crate::action::misc::Note;
use crate::action::pipeline::{Resubmit, WriteMetadata};
use crate::action::set::{SetField, Spelled};
use crate::action::{Action, Actions, Instruction, Walk, carry};
use crate::field::bits::Bits;
use crate::field::names::port;
use crate::field::{Match, Version, proto, table};

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// These bits are set.
    Set(Match),
    /// An action.
    Do(Action),
    /// Actions on a copy.
    Clone(Vec<Step>),
    /// Actions that are added to the action set.
    Write(Vec<Step>),
    /// The packet passes connection tracking, with what is done to the connection.
    Track(Box<Ct>, Vec<Step>),
}

/// What the actions of a flow with this match do.
pub fn steps(actions: &Actions, table: u8, matching: &Match, ports: &Ports) -> Vec<Step> {
    let (present, mask) = matching.slot(proto::VLAN_PRESENT);
    let is_untagged = present.is_zero() && !mask.is_zero();
    let mut walk = Walk::new(matching, table);
    let mut carried: Vec<Action> = Vec::with_capacity(actions.0.len());
    for action in &actions.0 {
        // `mod_vlan_vid` changes the tag of a packet that has one, and `push_vlan` adds another, so they are the same
        // only where it is known which packets there are.
        let pushes = matches!(action, Action::SetField(set) if set.spelled.pushes_tag());
        let is_open = pushes && !walk.has_vlan() && !is_untagged;
        match carry(&Actions(vec![action.clone()]), Version::V15, &walk) {
            Ok(one) if !is_open => carried.extend(one.0),
            _ => carried.push(action.clone()),
        }
        // Whether it may stand here does not matter, only what it does to the packet.
        let _ = action.check(&mut walk);
    }
    // Instructions are executed in their own order, wherever they stand. A meter is an instruction up to OpenFlow 1.4,
    // and an action from then on, so it stays where it is.
    carried.sort_by_key(|action| match action {
        Action::Meter(_) => Instruction::ApplyActions,
        _ => action.instruction(),
    });
    plain(carried, ports)
}

/// The cookies that flows get which actions learn.
pub fn cookies(actions: &Actions) -> Vec<u64> {
    let learned = |action: &Action| if let Action::Learn(learn) = action { Some(learn.cookie) } else { None };
    actions.0.iter().filter_map(learned).collect()
}

/// Actions in the words of OpenFlow 1.5, without what is left of spelling.
fn plain(actions: Vec<Action>, ports: &Ports) -> Vec<Step> {
    let mut steps = Vec::with_capacity(actions.len());
    for action in actions {
        step(action, ports, &mut steps);
    }
    steps
}

fn step(action: Action, ports: &Ports, out: &mut Vec<Step>) {
    let done = match action {
        Action::SetField(set) if set.spelled.pushes_tag() => Action::SetField(set),
        Action::SetField(set) => return put(&set, out),
        Action::WriteMetadata(WriteMetadata { value, mask }) => {
            let (value, mask) = (Bits::from_u64(value, 64), Bits::from_u64(mask, 64));
            return put(&SetField { field: table::METADATA, value, mask, spelled: Spelled::SetField }, out);
        }
        Action::Clone(copy) => return out.push(Step::Clone(plain(copy.actions.0, ports))),
        Action::WriteActions(write) if write.actions.0.is_empty() => return,
        Action::WriteActions(write) => return out.push(Step::Write(plain(write.actions.0, ports))),
        Action::Ct(ct) => {
            let mut ct = *ct;
            let inner = plain(std::mem::take(&mut ct.actions.0), ports);
            return out.push(Step::Track(Box::new(ct), inner));
        }
        Action::GotoTable(goto) => {
            Resubmit { table: Some(goto.0).filter(|t| *t != 255), ..Resubmit::to(goto.0) }.into()
        }
        Action::Resubmit(resubmit) => Resubmit { in_port: ports.shared(resubmit.in_port), ..resubmit }.into(),
        Action::Output(mut output) => {
            output.port = ports.shared(output.port);
            if output.port != port::CONTROLLER {
                output.max_len = 0;
            }
            output.into()
        }
        Action::OutputTrunc(mut output) => {
            output.port = ports.shared(output.port);
            output.into()
        }
        Action::Enqueue(mut enqueue) => {
            enqueue.port = ports.shared(enqueue.port);
            enqueue.into()
        }
        Action::Bundle(mut bundle) => {
            bundle.members.iter_mut().for_each(|member| *member = ports.shared(*member));
            Action::Bundle(bundle)
        }
        Action::PopVlan(mut pop) => {
            pop.strip = false;
            pop.into()
        }
        Action::DecTtl(mut dec) => {
            dec.controllers = dec.controllers.filter(|ids| *ids != [0]);
            dec.into()
        }
        // Whose flows are learned is asked apart, as with other cookies.
        Action::Learn(mut learn) => {
            learn.cookie = 0;
            Action::Learn(learn)
        }
        // A switch fills a note up with zeros.
        Action::Note(Note { mut data }) => {
            while data.last() == Some(&0) {
                data.pop();
            }
            Note { data }.into()
        }
        other => other,
    };
    out.push(Step::Do(done));
}

/// Sets the bits of a field, together with those that were set just before.
fn put(set: &SetField, out: &mut Vec<Step>) {
    if !matches!(out.last(), Some(Step::Set(_))) {
        out.push(Step::Set(Match::any()));
    }
    let Some(Step::Set(bits)) = out.last_mut() else { return };
    let slot = set.field.slot;
    let width = usize::from(slot.width);
    // A slot may be wider than the field's value, as for ports; an exact value fills it.
    let mask = if set.is_exact() { Bits::ones(width) } else { set.mask.clone() };
    let mut value = set.value.and(&set.mask);
    // The two lowest bits of a TOS are no part of the DSCP, which is all that is written.
    if set.field == table::NW_TOS {
        value = value.slice(usize::from(set.field.bits - slot.width), width);
    }
    for ((word, mask), (_, value)) in slot.spread(&mask).zip(slot.spread(&value)) {
        bits.set_word(word, mask, value, mask);
    }
}

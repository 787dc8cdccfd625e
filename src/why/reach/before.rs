//! What a packet must be before some actions, so that it is what is wanted after them.

use crate::action::Action;
use crate::action::conntrack::Zone;
use crate::field::names::port;
use crate::field::slot::{WordId, word};
use crate::field::{Bits, Match, Subfield, proto, table};
use crate::model::flow::TableId;

/// What a packet must be, and what connection tracking must answer if the way leads through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Before {
    pub packets: Match,
    pub answer: Option<u8>,
}

/// For each of the actions that lead to a table, what the packet must be before the first action. `own` is the table of the
/// flow, which a resubmit without a table means.
pub(super) fn before(actions: &[Action], to: TableId, own: TableId, wanted: &Match) -> Vec<Before> {
    let mut found = Vec::new();
    for (at, action) in actions.iter().enumerate() {
        let start = match action {
            Action::GotoTable(a) if a.0 == to => Some((wanted.clone(), None)),
            Action::Resubmit(a) if a.table.unwrap_or(own) == to => {
                let mut packets = wanted.clone();
                let (number, mask) = packets.word(word::IN_PORT);
                // The lookup sees another port than the packet came in by.
                match a.in_port {
                    port::IN_PORT => Some((packets, None)),
                    other if other & mask == number => {
                        packets.set_word(word::IN_PORT, u32::MAX, 0, 0);
                        Some((packets, None))
                    }
                    _ => None,
                }
            }
            Action::Ct(ct) if ct.table == Some(to) => tracked(wanted, &ct.zone),
            _ => None,
        };
        let Some((mut packets, answer)) = start else { continue };
        if actions[..at].iter().rev().all(|action| undo(action, &mut packets)) {
            found.push(Before { packets, answer });
        }
    }
    found
}

/// Before connection tracking: the answer becomes what is wanted of ct_state.
fn tracked(wanted: &Match, zone: &Zone) -> Option<(Match, Option<u8>)> {
    const TRK: u8 = 0x20;
    const NEW: u8 = 0x01;
    const EST: u8 = 0x02;
    let mut packets = wanted.clone();
    let (value, mask) = packets.slot(proto::CT_STATE);
    let (value, mask) = (value.to_u64() as u8, mask.to_u64() as u8);
    // Untracked is what it is not after conntrack, and a mark stands on a connection that is there already.
    if mask & TRK != 0 && value & TRK == 0 {
        return None;
    }
    let free = !mask;
    let usual = if value & (EST | NEW) != 0 {
        0
    } else if free & NEW != 0 {
        NEW
    } else {
        free & EST
    };
    let answer = value | TRK | usual;
    let marks = word::CT_MARK..word::CT_NW_SRC;
    if marks.clone().any(|id| packets.word(id).0 & packets.word(id).1 != 0) {
        return None;
    }
    match zone {
        Zone::Number(n) => agree(&mut packets, &Subfield::whole(table::CT_ZONE), &Bits::from_u64((*n).into(), 16))?,
        Zone::Field(from) => copied(&mut packets, from, &Subfield::whole(table::CT_ZONE))?,
    }
    for id in marks.chain([word::CT]) {
        packets.set_word(id, u32::MAX, 0, 0);
    }
    Some((packets, Some(answer)))
}

/// Takes back what an action does; `false` if it cannot have been.
fn undo(action: &Action, packets: &mut Match) -> bool {
    let done = match action {
        Action::SetField(set) => {
            let parts: Vec<_> = set.field.slot.spread(&set.value).zip(set.field.slot.spread(&set.mask)).collect();
            let mut is_possible = true;
            for ((id, value), (_, written)) in parts {
                is_possible &= free(packets, id, written, value);
            }
            if set.field.slot.word == word::VLAN {
                // Writing the tag's number makes sure that there is one.
                is_possible &= free(packets, word::VLAN, TAGGED, TAGGED);
            }
            is_possible.then_some(())
        }
        Action::WriteMetadata(w) => {
            let parts = [(word::METADATA, 32), (word::METADATA + 1, 0)];
            parts
                .iter()
                .all(|(id, shift)| free(packets, *id, (w.mask >> shift) as u32, (w.value >> shift) as u32))
                .then_some(())
        }
        Action::Move(copy) => copied(packets, &copy.from, &copy.to),
        Action::PopVlan(_) => {
            let is_possible = free(packets, word::VLAN, u32::MAX, 0);
            packets.set_word(word::VLAN, TAGGED, TAGGED, TAGGED);
            is_possible.then_some(())
        }
        Action::PushVlan(_) => {
            let is_possible = free(packets, word::VLAN, u32::MAX, TAGGED);
            // Before it there usually was none.
            packets.set_word(word::VLAN, u32::MAX, 0, 0xffff);
            is_possible.then_some(())
        }
        Action::CtClear(_) => (word::CT..=word::CT_TP).all(|id| free(packets, id, u32::MAX, 0)).then_some(()),
        Action::DecTtl(_) => {
            let slot = table::NW_TTL.slot;
            for (id, bits) in slot.words() {
                packets.set_word(id, bits, 0, 0);
            }
            Some(())
        }
        _ => Some(()),
    };
    done.is_some()
}

/// The bit that says that there is a VLAN tag.
const TAGGED: u32 = 0x1000;

/// Frees bits that were written with a value; `false` if something else is wanted of them.
fn free(packets: &mut Match, id: WordId, written: u32, value: u32) -> bool {
    let (wanted, mask) = packets.word(id);
    if (wanted ^ value) & mask & written != 0 {
        return false;
    }
    packets.set_word(id, written, 0, 0);
    true
}

/// Frees the bits of a subfield that hold a value for sure.
fn agree(packets: &mut Match, sub: &Subfield, value: &Bits) -> Option<()> {
    let width = usize::from(sub.field.slot.width);
    let (mut whole, mut mask) = (Bits::zero(width), Bits::zero(width));
    whole.insert(sub.offset.into(), sub.width.into(), value);
    mask.fill(sub.offset.into(), sub.width.into());
    let parts: Vec<_> = sub.field.slot.spread(&whole).zip(sub.field.slot.spread(&mask)).collect();
    parts.into_iter().all(|((id, value), (_, written))| free(packets, id, written, value)).then_some(())
}

/// What is wanted of the bits that were copied to is wanted of those they were copied from.
fn copied(packets: &mut Match, from: &Subfield, to: &Subfield) -> Option<()> {
    let (wanted, mask) = packets.slot(to.field.slot);
    let part = (wanted.slice(to.offset.into(), to.width.into()), mask.slice(to.offset.into(), to.width.into()));
    agree(packets, to, &part.0)?;
    let (had, known) = packets.slot(from.field.slot);
    let both = known.slice(from.offset.into(), from.width.into()).and(&part.1);
    let had = had.slice(from.offset.into(), from.width.into());
    if had.and(&both) != part.0.and(&both) {
        return None;
    }
    let width = usize::from(from.field.slot.width);
    let (mut value, mut bits) = (Bits::zero(width), Bits::zero(width));
    value.insert(from.offset.into(), from.width.into(), &part.0);
    bits.insert(from.offset.into(), from.width.into(), &part.1);
    let old = packets.slot(from.field.slot);
    for at in 0..width {
        if old.1.bit(at) && !bits.bit(at) {
            bits.set_bit(at, true);
            value.set_bit(at, old.0.bit(at));
        }
    }
    packets.set_slot(from.field.slot, &value, &bits);
    Some(())
}

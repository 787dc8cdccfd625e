//! Connection tracking: what a trace can tell of it (`compose_conntrack_action`).

use super::datapath::{DpAction, DpCt, ipv4, ipv6};
use super::frozen::{Fork, State};
use super::machine::Machine;
use super::packet::Packet;
use super::step::{Assumption, Commit, Remark, Resume};
use super::tracked::Tracked;
use crate::action::conntrack::{Ct, Nat, NatAddresses, NatKind, Zone};
use crate::field::slot::{Slot, word};
use crate::field::{Key, Subfield, proto, table};

impl<'a> Machine<'_, 'a> {
    /// `ct(..)`.
    pub(super) fn ct(&mut self, ct: &'a Ct, last: bool) {
        let from = match &ct.zone {
            Zone::Number(_) => Vec::new(),
            Zone::Field(sub) => self.packet.sources(sub),
        };
        let zone = match &ct.zone {
            Zone::Number(n) => *n,
            Zone::Field(sub) => {
                self.reads_slot(sub.field.slot);
                self.packet.read(sub).to_u64() as u16
            }
        };
        self.commit();
        self.nat = None;
        let marks = word::CT_MARK..word::CT_LABEL + 4;
        let before: Vec<u32> = marks.clone().map(|id| self.touched.word(id)).collect();
        for id in marks.clone() {
            self.touched.set_word(id, 0, u32::MAX);
        }
        self.run_actions(&ct.actions.0, last);
        let mut action =
            DpCt { commit: ct.commit, force: ct.force, zone, helper: ct.alg, nat: self.nat.clone(), ..DpCt::default() };
        let (mark, label) = (table::CT_MARK.slot, table::CT_LABEL.slot);
        let mask = self.touched.value(mark) as u32;
        if mask != 0 {
            action.mark = Some((self.packet.get(mark) as u32 & mask, mask));
        }
        let mask = self.touched.read(label).to_u128();
        if mask != 0 {
            action.label = Some((self.packet.key.read(label).to_u128() & mask, mask));
        }
        for (id, old) in marks.zip(before) {
            self.touched.set_word(id, old, u32::MAX);
        }
        if ct.commit && self.shared.keep {
            let translated = self.nat.as_ref().filter(|nat| nat.range.is_some()).map(|nat| {
                let mut packet = self.packet.clone();
                translate(&mut packet, nat);
                Box::new(packet)
            });
            let (mark, label) = (action.mark, action.label);
            let packet = Box::new(self.packet.clone());
            self.shared.commits.push(Commit { pass: self.pass, zone, packet, mark, label, translated });
        }
        self.emit(DpAction::Ct(Box::new(action)));
        if let Some(table) = ct.table {
            self.conntracked = true;
            let (id, state) = self.recirculation(table, true, &[]);
            self.emit(DpAction::Recirc(id));
            self.freezing = false;
            self.frozen.clear();
            let mut packet = self.packet.clone();
            packet.key.set_word(word::RECIRC_ID, id, u32::MAX);
            packet.decided_words([word::RECIRC_ID]);
            packet.set(table::CT_ZONE.slot, zone.into());
            packet.copied(&Subfield::whole(table::CT_ZONE), &from);
            self.shared.forks.push_back(Fork {
                id,
                pass: self.pass,
                packet,
                nat: self.nat.clone(),
                state,
                bucket: None,
            });
            self.remark(Remark::Forked(table));
        }
        self.nat = None;
        self.clear_conntrack();
        self.remark(Remark::Untracked);
    }
}

/// How many passes a trace has at most: a connection may be tracked again and again.
pub(super) const PASSES: usize = 4096;

/// What a copy of the packet looks like when connection tracking gives it back.
pub(super) fn resume<'a>(
    fork: Fork<'a>,
    answer: Option<u8>,
    tracked: Option<&Tracked>,
    assumed: &mut Vec<Assumption>,
) -> (Packet, Resume, State<'a>) {
    /// Tracked, and new.
    const DEFAULT: u8 = 0x21;
    let Fork { id, mut packet, nat, state, bucket, .. } = fork;
    if bucket.is_some() {
        let ct_state = packet.get(proto::CT_STATE) as u8;
        return (packet, Resume { id, ct_state, assumed: false, nat: None, bucket }, state);
    }
    let zone = packet.get(table::CT_ZONE.slot) as u16;
    let member = tracked.filter(|_| answer.is_none()).and_then(|t| t.find(zone, &packet));
    let known = answer.or(member.map(|m| m.state()));
    packet.set(proto::CT_STATE, known.unwrap_or(DEFAULT).into());
    packet.decided_slot(proto::CT_STATE);
    match member {
        Some(member) => {
            let connection = member.connection;
            packet.set(table::CT_MARK.slot, connection.mark.into());
            packet.key.write(table::CT_LABEL.slot, &crate::field::Bits::from_u128(connection.labels, 128));
            assumed.push(Assumption::Tracked(member.text().into()));
            packet.decided_words(word::CT_MARK..word::CT_NW_SRC);
            if nat.is_some() {
                member.translate(&mut packet);
                let v6 = word::IPV6_SRC..word::IPV6_LABEL;
                packet.decided_words(v6.chain([word::IP_SRC, word::IP_DST, word::TP]));
            }
            return (packet, Resume { id, ct_state: member.state(), assumed: false, nat: None, bucket }, state);
        }
        None if answer.is_none() => assumed.push(Assumption::CtState(id)),
        None => {}
    }
    let nat = nat.map(|nat| {
        let v6 = matches!(nat.range.as_ref().map(|r| &r.addresses), Some(NatAddresses::V6(..)));
        let known = nat.range.is_some();
        let before = if known { ends(&packet.key, v6) } else { String::new() };
        translate(&mut packet, &nat);
        (before, if known { ends(&packet.key, v6) } else { String::new() })
    });
    (packet, Resume { id, ct_state: known.unwrap_or(DEFAULT), assumed: known.is_none(), nat, bucket }, state)
}

/// Puts the first address and port of the range in.
fn translate(packet: &mut Packet, nat: &Nat) {
    let (Some(kind), Some(range)) = (nat.kind, &nat.range) else { return };
    let is_source = kind == NatKind::Source;
    match range.addresses {
        NatAddresses::V4(first, _) => {
            let slot = if is_source { table::IP_SRC.slot } else { table::IP_DST.slot };
            packet.set(slot, first.into());
            packet.decided_slot(slot);
        }
        NatAddresses::V6(first, _) => {
            let slot = if is_source { table::IPV6_SRC.slot } else { table::IPV6_DST.slot };
            packet.key.write(slot, &crate::field::Bits::from_u128(first, 128));
            packet.decided_slot(slot);
        }
    }
    if range.ports.0 != 0 {
        let slot = if is_source { proto::TP_SRC } else { proto::TP_DST };
        packet.set(slot, range.ports.0.into());
        packet.decided_slot(slot);
    }
}

/// The addresses and ports of a packet, as `ofproto/trace` tells them around a translation.
fn ends(key: &Key, v6: bool) -> String {
    let (src, dst) = (key.value(proto::TP_SRC), key.value(proto::TP_DST));
    let address = |slot: Slot| key.read(slot).to_u128();
    if v6 {
        let (from, to) = (ipv6(address(table::IPV6_SRC.slot)), ipv6(address(table::IPV6_DST.slot)));
        return format!("ipv6_src=[{from}],tp_src={src},ipv6_dst=[{to}],tp_dst={dst}");
    }
    let (from, to) = (key.value(table::IP_SRC.slot) as u32, key.value(table::IP_DST.slot) as u32);
    format!("nw_src={},tp_src={src},nw_dst={},tp_dst={dst}", ipv4(from), ipv4(to))
}

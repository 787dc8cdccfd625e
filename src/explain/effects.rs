//! What a list of actions does to a packet before it leads on, as far as that is certain.
//!
//! A flow leads to tables; on the way its actions change registers and headers. [`leaps`] follows a list and notes, for
//! each table it leads to, which bits then have a known value and which may have any. Bits that no action touches are
//! those of the packet that came. Nothing is guessed: what connection tracking answers, what a table that is only
//! called changes, or what hashing picks is unknown.

use smallvec::SmallVec;

use crate::action::conntrack::{Ct, Zone};
use crate::action::set::Spelled;
use crate::action::{Action, Actions};
use crate::field::bits::Bits;
use crate::field::names::port;
use crate::field::slot::{Slot, WordId, word};
use crate::field::table::{self, FieldId, Quirk};
use crate::field::{Match, Subfield};
use crate::model::flow::TableId;
use crate::model::group::Group;
use crate::model::pipeline::Way;
use crate::model::store::FlowRef;

/// What is known of one word after some actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Touched {
    word: WordId,
    /// The bits that some action wrote.
    mask: u32,
    /// Those of them whose value is known.
    known: u32,
    /// Their value.
    value: u32,
}

/// What actions did to a packet: the words they touched, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Effects {
    words: SmallVec<[Touched; 4]>,
    /// Whether knowing the packet would tell more: bits were copied from bits that no action touched.
    pub depends: bool,
}

/// Bits of words, for what tables read and write.
pub(super) type Masks = SmallVec<[(WordId, u32); 4]>;

/// Adds bits of a word to a set of bits.
pub(super) fn add_mask(masks: &mut Masks, id: WordId, bits: u32) {
    match masks.binary_search_by_key(&id, |(id, _)| *id) {
        Ok(at) => masks[at].1 |= bits,
        Err(at) => masks.insert(at, (id, bits)),
    }
}

impl Effects {
    fn touch(&mut self, id: WordId, mask: u32, known: u32, value: u32) {
        if mask == 0 {
            return;
        }
        let at = self.words.partition_point(|w| w.word < id);
        if self.words.get(at).is_none_or(|w| w.word != id) {
            self.words.insert(at, Touched { word: id, mask: 0, known: 0, value: 0 });
        }
        let w = &mut self.words[at];
        w.mask |= mask;
        w.known = w.known & !mask | known & mask;
        w.value = w.value & !mask | value & known & mask;
    }

    fn get(&self, id: WordId) -> Option<&Touched> {
        self.words.binary_search_by_key(&id, |w| w.word).ok().map(|at| &self.words[at])
    }

    /// A word's value and the bits of it that are known, for a packet of which `base` is known.
    fn read(&self, id: WordId, base: impl Fn(WordId) -> (u32, u32)) -> (u32, u32) {
        let (value, mask) = base(id);
        match self.get(id) {
            None => (value, mask),
            Some(w) => (value & !w.mask | w.value, mask & !w.mask | w.known),
        }
    }

    /// Whether a packet of a flow, changed like this, can be one of `wanted`.
    pub(super) fn can_become(&self, flow: FlowRef<'_>, wanted: &Match) -> bool {
        wanted.words().iter().all(|w| {
            let (value, known) = self.read(w.word, |id| flow.word(id));
            (value ^ w.value) & w.mask & known == 0
        })
    }

    /// What is known of the packets of `base` afterwards.
    pub(super) fn applied(&self, base: &Match) -> Match {
        let mut after = base.clone();
        for w in &self.words {
            after.set_word(w.word, w.mask, w.value, w.known);
        }
        after
    }

    /// The bits that were written.
    pub(super) fn masks(&self) -> impl Iterator<Item = (WordId, u32)> + '_ {
        self.words.iter().map(|w| (w.word, w.mask))
    }

    fn forget(&mut self, slot: Slot) {
        for (id, part) in slot.words() {
            self.touch(id, part, 0, 0);
        }
    }

    fn forget_masks(&mut self, masks: &Masks) {
        for (id, part) in masks {
            self.touch(*id, *part, 0, 0);
        }
    }

    /// Headers change in a way that is not followed.
    fn forget_headers(&mut self) {
        for id in word::ETH_SRC..word::BASE_END {
            self.touch(id, u32::MAX, 0, 0);
        }
        self.touch(word::PACKET_TYPE, u32::MAX, 0, 0);
    }

    /// Writes a value under a mask, both as wide as the field, as Open vSwitch does.
    pub(super) fn set(&mut self, field: FieldId, value: &Bits, mask: &Bits) {
        if field.quirk == Quirk::MaskIsValue || field.is_tun_metadata() {
            self.forget(field.slot);
            return self.forget_presence(field);
        }
        let mut written = Match::any();
        written.set(&field, value, mask);
        for w in written.words() {
            self.touch(w.word, w.mask, w.mask, w.value);
        }
    }

    fn forget_presence(&mut self, field: FieldId) {
        if field.is_tun_metadata() {
            self.touch(field.slot.word - 1, 1, 0, 0);
        }
    }

    fn forget_subfield(&mut self, to: &Subfield) {
        let mut bits = Bits::zero(to.field.slot.width.into());
        bits.fill(to.offset.into(), to.width.into());
        let parts: SmallVec<[(WordId, u32); 4]> = to.field.slot.spread(&bits).collect();
        for (id, part) in parts {
            self.touch(id, part, 0, 0);
        }
        self.forget_presence(to.field);
    }

    fn copy(&mut self, from: &Subfield, to: &Subfield, base: Option<&Match>) {
        if from.field.is_tun_metadata() || to.field.is_tun_metadata() {
            return self.forget_subfield(to);
        }
        let of_base = |id| base.map_or((0, 0), |b| b.word(id));
        let slot = from.field.slot;
        let touched = slot.words().all(|(id, part)| self.get(id).is_some_and(|w| w.mask & part == part));
        self.depends |= base.is_none() && !touched;
        let value = slot.read(|id| self.read(id, of_base).0);
        let known = slot.read(|id| self.read(id, of_base).1);
        let (offset, width) = (usize::from(from.offset), usize::from(from.width));
        let (value, known) = (value.slice(offset, width), known.slice(offset, width));
        let room = usize::from(to.field.slot.width);
        let (mut whole, mut sure, mut all) = (Bits::zero(room), Bits::zero(room), Bits::zero(room));
        whole.insert(to.offset.into(), width, &value);
        sure.insert(to.offset.into(), width, &known);
        all.fill(to.offset.into(), width);
        let slot = to.field.slot;
        let parts: SmallVec<[(WordId, u32, u32, u32); 4]> = slot
            .spread(&all)
            .zip(slot.spread(&sure))
            .zip(slot.spread(&whole))
            .map(|(((id, mask), (_, known)), (_, value))| (id, mask, known, value))
            .collect();
        for (id, mask, known, value) in parts {
            self.touch(id, mask, known, value);
        }
    }

    /// What connection tracking leaves of what was known.
    fn track(&mut self, ct: &Ct, base: Option<&Match>) {
        const TRACKED: u32 = 0x20;
        let state = table::CT_STATE.slot;
        self.forget(state);
        self.touch(word::CT, TRACKED << state.shift, TRACKED << state.shift, TRACKED << state.shift);
        for field in [table::CT_MARK, table::CT_LABEL, table::CT_NW_PROTO, table::CT_TP_SRC, table::CT_TP_DST] {
            self.forget(field.slot);
        }
        for id in word::CT_NW_SRC..word::CT_TP {
            self.touch(id, u32::MAX, 0, 0);
        }
        let zone = table::CT_ZONE;
        match &ct.zone {
            Zone::Number(n) => self.set(zone, &Bits::from_u64((*n).into(), 16), &Bits::ones(16)),
            Zone::Field(from) if from.width == 16 => {
                self.copy(from, &Subfield { field: zone, offset: 0, width: 16 }, base);
            }
            Zone::Field(_) => self.forget(zone.slot),
        }
        if ct.actions.0.iter().any(|a| matches!(a, Action::Nat(_))) {
            for field in [table::IP_SRC, table::IP_DST, table::IPV6_SRC, table::IPV6_DST] {
                self.forget(field.slot);
            }
            self.touch(word::TP, u32::MAX, 0, 0);
        }
    }

    fn clear_tracking(&mut self) {
        for (id, mask) in [(word::CT, u32::MAX), (word::CT_MARK, u32::MAX)] {
            self.touch(id, mask, mask, 0);
        }
        for id in word::CT_LABEL..word::CT_TP + 1 {
            self.touch(id, u32::MAX, u32::MAX, 0);
        }
    }
}

/// A table that a list of actions leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leap {
    /// The table; `None` is the flow's own.
    pub to: Option<TableId>,
    /// How.
    pub way: Way,
    /// What the packet became on the way.
    pub effects: Effects,
    /// Whether something was sent out before, so that the packet is not lost whatever the table does.
    pub sent: bool,
    /// Whether actions follow that are done with the packet as the table leaves it: the table is only called.
    pub called: bool,
}

/// Leaps that are followed, at most. A flood over many logical ports has a few hundred.
const LEAPS: usize = 512;

/// Where a list of actions leads. `writes` tells which bits flows of a table write, those of tables called from there
/// included; `base` is what is known of the packet before.
pub(super) fn leaps(
    actions: &Actions,
    groups: &[Group],
    base: Option<&Match>,
    writes: &dyn Fn(TableId) -> Masks,
) -> Vec<Leap> {
    let mut walk = Walk { groups, base, writes, seen: Vec::new(), leaps: Vec::new(), sent: false };
    walk.list(actions, &mut Effects::default(), false);
    walk.leaps
}

/// The bits that a list of actions writes itself.
pub(super) fn writes_of(actions: &Actions, groups: &[Group]) -> Masks {
    let mut walk =
        Walk { groups, base: None, writes: &|_| Masks::new(), seen: Vec::new(), leaps: Vec::new(), sent: false };
    let mut effects = Effects::default();
    walk.list(actions, &mut effects, false);
    let mut masks = Masks::new();
    effects.masks().for_each(|(id, bits)| add_mask(&mut masks, id, bits));
    masks
}

struct Walk<'a> {
    groups: &'a [Group],
    base: Option<&'a Match>,
    writes: &'a dyn Fn(TableId) -> Masks,
    /// The groups that were looked into already, so that groups which lead to each other come to an end.
    seen: Vec<u32>,
    leaps: Vec<Leap>,
    sent: bool,
}

impl Walk<'_> {
    fn leap(&mut self, way: Way, to: Option<TableId>, effects: Effects, called: bool) {
        if self.leaps.len() < LEAPS {
            self.leaps.push(Leap { to, way, effects, sent: self.sent, called });
        }
    }

    /// Follows a list; `more` tells whether actions follow behind it.
    fn list(&mut self, actions: &Actions, effects: &mut Effects, more: bool) {
        for (at, action) in actions.0.iter().enumerate() {
            let rest = &actions.0[at + 1..];
            self.action(action, effects, more || rest.iter().any(matters));
        }
    }

    fn action(&mut self, action: &Action, effects: &mut Effects, more: bool) {
        match action {
            Action::Resubmit(a) => {
                let mut there = effects.clone();
                if a.in_port != port::IN_PORT {
                    there.touch(word::IN_PORT, u32::MAX, u32::MAX, a.in_port);
                }
                self.leap(Way::Resubmit, a.table, there, more);
                // What the table does to the packet stays with it when control comes back.
                if more && let Some(table) = a.table {
                    let masks = (self.writes)(table);
                    effects.forget_masks(&masks);
                }
            }
            Action::GotoTable(a) => self.leap(Way::Goto, Some(a.0), effects.clone(), false),
            Action::Ct(ct) => {
                let mut there = effects.clone();
                there.track(ct, self.base);
                if let Some(table) = ct.table {
                    self.leap(Way::Ct, Some(table), there, false);
                }
            }
            Action::CtClear(_) => effects.clear_tracking(),
            Action::Clone(a) => {
                // What is sent from the copy does not count for the packet, and its changes stay with it.
                let sent = self.sent;
                self.list(&a.actions, &mut effects.clone(), false);
                self.sent = sent;
            }
            Action::WriteActions(a) => self.list(&a.actions, &mut effects.clone(), false),
            Action::Group(a) => self.group(a.0, effects),
            Action::Output(a) => self.sent |= a.port != port::NONE,
            Action::OutputReg(_) | Action::OutputTrunc(_) | Action::Enqueue(_) => self.sent = true,
            Action::Controller(_) => self.sent = true,
            Action::Bundle(a) => match &a.destination {
                Some(to) => effects.forget_subfield(to),
                None => self.sent = true,
            },
            Action::SetField(a) => {
                let mut value = a.value.clone();
                // The older words write the VLAN alone, which implies that there is a tag.
                if a.field == table::VLAN_VID && matches!(a.spelled, Spelled::ModVlan | Spelled::SetVlan) {
                    value.set_bit(12, true);
                }
                effects.set(a.field, &value, &a.mask);
            }
            Action::Move(a) => effects.copy(&a.from, &a.to, self.base),
            Action::Pop(a) => effects.forget_subfield(&a.0),
            Action::DeleteField(a) => {
                effects.forget(a.0.slot);
                effects.forget_presence(a.0);
            }
            Action::PushVlan(_) => effects.touch(word::VLAN, 0xffff, 0xffff, 0x1000),
            Action::PopVlan(_) => effects.touch(word::VLAN, 0xffff, 0, 0),
            Action::DecTtl(_) => effects.forget(table::NW_TTL.slot),
            Action::DecMplsTtl(_) => effects.forget(table::MPLS_TTL.slot),
            Action::PushMpls(_) | Action::PopMpls(_) | Action::Encap(_) | Action::Decap(_) | Action::DecNshTtl(_) => {
                effects.forget_headers();
            }
            Action::WriteMetadata(a) => {
                let (value, mask) = (Bits::from_u64(a.value, 64), Bits::from_u64(a.mask, 64));
                effects.set(table::METADATA, &value, &mask);
            }
            Action::Learn(a) => a.result_dst.iter().for_each(|to| effects.forget_subfield(to)),
            Action::Multipath(a) => effects.forget_subfield(&a.to),
            Action::CheckPktLarger(a) => effects.forget_subfield(&a.to),
            Action::Raw(_) => effects.forget_headers(),
            Action::Push(_)
            | Action::ClearActions(_)
            | Action::Meter(_)
            | Action::Conjunction(_)
            | Action::Exit(_)
            | Action::Nat(_)
            | Action::SetQueue(_)
            | Action::PopQueue(_)
            | Action::FinTimeout(_)
            | Action::Note(_)
            | Action::Sample(_)
            | Action::DebugRecirc(_)
            | Action::DebugSlow(_) => {}
        }
    }

    fn group(&mut self, id: u32, effects: &Effects) {
        if self.seen.contains(&id) {
            return;
        }
        self.seen.push(id);
        let groups = self.groups;
        for bucket in groups.iter().filter(|g| g.id == id).flat_map(|g| &g.buckets) {
            let sent = self.sent;
            self.list(&bucket.actions, &mut effects.clone(), false);
            self.sent |= sent;
        }
    }
}

/// Whether an action does anything with the packet as the one before it leaves it. Putting the input port back, as OVN
/// does behind its last table, does not.
fn matters(action: &Action) -> bool {
    !matches!(
        action,
        Action::Note(_) | Action::Pop(_) | Action::PopVlan(_) | Action::PopQueue(_) | Action::Conjunction(_)
    )
}

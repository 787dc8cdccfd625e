//! What each action does: one match over all of them (`do_xlate_actions`).

use std::borrow::Cow;

use super::datapath::DpAction;
use super::encap::Pending;
use super::frozen::{Frozen, Pushed};
use super::hash;
use super::machine::Machine;
use super::origin::Source;
use super::packet::Packet;
use super::step::{Assumption, Remark, What};
use crate::action::Action;
use crate::action::misc::{CheckPktLarger, Multipath};
use crate::action::output::{Bundle, Group, Output};
use crate::action::pipeline::{GotoTable, Resubmit};
use crate::action::set::{SetField, Spelled};
use crate::field::Subfield;
use crate::field::bits::Bits;
use crate::field::names::port;
use crate::field::proto::{self, ethertype};
use crate::field::slot::{Slot, word};
use crate::field::table;

/// What follows an action in its list.
#[derive(PartialEq)]
enum Then {
    /// The next action.
    Next,
    /// Nothing: what follows has been done.
    Done,
    /// Nothing: the list ends here.
    End,
}

impl<'a> Machine<'_, 'a> {
    /// Executes a flow's actions.
    pub(super) fn run_actions(&mut self, actions: &'a [Action], last: bool) {
        let in_bucket = std::mem::replace(&mut self.in_bucket, false);
        self.run_each(actions.iter().map(Cow::Borrowed), actions.len(), last);
        self.in_bucket = in_bucket;
    }

    /// Executes actions that may have been put together on the way.
    pub(super) fn run_list(&mut self, actions: Vec<Cow<'a, Action>>, last: bool) {
        let in_bucket = std::mem::replace(&mut self.in_bucket, false);
        self.run_bucket(actions, last);
        self.in_bucket = in_bucket;
    }

    /// Executes the actions of a bucket: only what stands there itself knows that.
    pub(super) fn run_bucket(&mut self, actions: Vec<Cow<'a, Action>>, last: bool) {
        let n = actions.len();
        self.run_each(actions.into_iter(), n, last);
    }

    fn run_each(&mut self, actions: impl Iterator<Item = Cow<'a, Action>> + Clone, n: usize, last: bool) {
        if n == 0 {
            return self.step(What::Drop);
        }
        let mut rest = actions;
        let mut at = 0;
        loop {
            // What stands here and behind, in case that the rest is kept for later.
            let here = rest.clone();
            let Some(action) = rest.next() else { return };
            at += 1;
            // Branches double with each `check_pkt_larger`; a trace that cannot be kept is given up.
            if self.steps.len() >= super::machine::STEPS {
                self.failure = Some(super::step::Failure::TooManyResubmits);
            }
            if self.failure.is_some() {
                return;
            }
            if self.was_mpls && !self.exit && needs_inner(&action) {
                self.freeze();
            }
            if self.exit {
                if self.freezing {
                    self.keep_rest(here);
                }
                return;
            }
            let is_last = last && at == n && self.action_set.is_empty();
            self.step(What::Action(action.clone()));
            let then = match &*action {
                Action::CheckPktLarger(check) => {
                    self.check_pkt_larger(check, rest.clone().collect());
                    Then::Done
                }
                _ => self.execute(action, is_last),
            };
            if then == Then::End {
                return;
            }
            // A header that was taken off is not taken off again.
            let here = if matches!(self.pending, Pending::Decap) && self.freezing { rest.clone() } else { here };
            // Open vSwitch keeps the rest after any stop, though it takes it up again only where it froze, or where
            // connection tracking begins anew before the next stop.
            if self.exit && self.failure.is_none() && self.frozen.is_empty() {
                return self.keep_rest(here);
            }
            if then == Then::Done {
                // What follows was done in both branches.
                if self.freezing {
                    self.keep_rest(rest);
                }
                return;
            }
        }
    }

    /// Keeps actions for later (`freeze_unroll_actions`).
    fn keep_rest(&mut self, rest: impl Iterator<Item = Cow<'a, Action>>) {
        for action in rest {
            let tells_table = match &*action {
                Action::OutputReg(_) | Action::OutputTrunc(_) | Action::Group(_) | Action::Output(_) => true,
                Action::Controller(_) | Action::DecMplsTtl(_) | Action::DecNshTtl(_) | Action::DecTtl(_) => true,
                Action::Resubmit(resubmit) => resubmit.table.is_none(),
                _ => false,
            };
            let place = Frozen::Place(self.table, self.cookie());
            if tells_table && self.frozen.iter().rev().find(|f| matches!(f, Frozen::Place(..))) != Some(&place) {
                self.frozen.push(place);
            }
            self.frozen.push(Frozen::Action(match &*action {
                Action::Note(_) | Action::Conjunction(_) => continue,
                Action::GotoTable(GotoTable(table)) => {
                    let resubmit = Resubmit { in_port: port::IN_PORT, table: Some(*table), with_ct: false };
                    Cow::Owned(resubmit.into())
                }
                Action::WriteMetadata(write) => {
                    let (value, mask) = (Bits::from_u64(write.value, 64), Bits::from_u64(write.mask, 64));
                    Cow::Owned(SetField { field: table::METADATA, value, mask, spelled: Spelled::SetField }.into())
                }
                _ => action,
            }));
        }
    }

    /// Executes one action. Exhaustive: a new action must say here what it does.
    fn execute(&mut self, action: Cow<'a, Action>, last: bool) -> Then {
        let ended = match action {
            Cow::Borrowed(Action::Ct(ct)) => {
                self.ct(ct, last);
                false
            }
            Cow::Borrowed(Action::WriteActions(write)) => {
                self.add_to_set(write.actions.0.iter().map(Cow::Borrowed).collect());
                let set = self.set_list();
                self.remark(Remark::ActionSetIs(set));
                false
            }
            Cow::Borrowed(Action::Clone(copy)) => {
                self.run_copy(&copy.actions.0, last);
                false
            }
            action => self.execute_plain(&action, last),
        };
        if ended { Then::End } else { Then::Next }
    }

    /// Executes an action that keeps nothing of itself. Tells whether the list ends here.
    fn execute_plain(&mut self, action: &Action, last: bool) -> bool {
        match action {
            Action::Output(Output { port, max_len }) => self.output(*port, *max_len, true, last, false),
            Action::OutputReg(output) => {
                self.reads_slot(output.source.field.slot);
                self.outputs_by(&output.source);
                let value = self.packet.read(&output.source).to_u64();
                match u16::try_from(value) {
                    Ok(number) => {
                        self.remark(Remark::OutputPort(value));
                        self.output(number.into(), u16::MAX, false, last, false);
                    }
                    Err(_) => self.remark(Remark::OutOfRange(value)),
                }
            }
            Action::OutputTrunc(output) => self.output_truncated(output, last),
            Action::Controller(to) if to.pause => {
                self.paused = true;
                self.freeze();
                self.shared.controllers += 1;
            }
            Action::Controller(to) => {
                self.tell_controller(to.reason.0, to.controller_id, to.max_len, &to.userdata, to.meter_id);
            }
            Action::Enqueue(enqueue) => self.enqueue(enqueue, last),
            Action::Group(Group(id)) => return self.group(*id, last),
            Action::Bundle(bundle) => self.bundle(bundle, last),
            Action::SetField(set) => self.set_field(set),
            Action::Move(copy) => {
                self.reads_slot(copy.from.field.slot);
                let value = self.packet.read(&copy.from);
                self.hangs_on_needs(copy.from.field.needs);
                self.hangs_on_needs(copy.to.field.needs);
                let from = self.packet.sources(&copy.from);
                // Only this way of writing asks what the packet has; the others write in any case.
                match self.packet.meets(copy.from.field.needs) && self.packet.meets(copy.to.field.needs) {
                    true => self.write_now(&copy.to, &value, &from),
                    false => self.tell_now(&copy.to),
                }
            }
            Action::Push(push) => {
                self.reads_slot(push.0.field.slot);
                let (bits, from) = (self.packet.read(&push.0), self.packet.sources(&push.0));
                self.stack.push(Pushed { bits, from });
            }
            Action::Pop(pop) => match self.stack.pop() {
                Some(Pushed { bits, from }) => {
                    let value = bits.slice(0, pop.0.width.into());
                    self.write_now(&pop.0, &value, &from);
                }
                None => self.remark(Remark::StackUnderflow),
            },
            Action::DeleteField(delete) => {
                let slot = delete.0.slot;
                self.packet.key.set_word(slot.word - 1, 0, 1);
                self.packet.key.write(slot, &Bits::zero(slot.width.into()));
                self.packet.decided(slot.word - 1, 1);
                self.writes_slot(slot);
                self.remark(Remark::Deleted(delete.0.name));
            }
            Action::PopVlan(_) => self.pop_vlan(),
            Action::PushVlan(push) => self.push_vlan(push.0),
            Action::PopMpls(pop) => self.pop_mpls(pop.0),
            Action::PushMpls(push) => self.push_mpls(push.0),
            Action::DecTtl(dec) => return self.dec_ttl(dec.controllers.as_deref()),
            Action::DecMplsTtl(_) => {
                return self.dec_header_ttl(self.packet.is_mpls(), table::MPLS_TTL.slot, "MPLS");
            }
            Action::DecNshTtl(_) => {
                const TTL: crate::field::slot::Slot = crate::field::slot::Slot::new(word::NSH, 16, 8);
                let packet = &self.packet;
                let has_header =
                    packet.packet_type() == super::encap::packet_type::NSH || packet.dl_type() == ethertype::NSH;
                return self.dec_header_ttl(has_header, TTL, "NSH");
            }
            Action::Resubmit(Resubmit { in_port, table, with_ct }) => {
                let in_port = if *in_port == port::IN_PORT { self.packet.in_port() } else { *in_port };
                self.table_action(in_port, table.unwrap_or(self.table), false, *with_ct, last);
            }
            Action::GotoTable(GotoTable(table)) => {
                self.table_action(self.packet.in_port(), *table, true, false, last);
            }
            Action::ClearActions(_) => {
                let set = self.set_list();
                self.remark(Remark::ActionSetWas(set));
                self.action_set.clear();
                self.set_has_group = false;
                self.packet.key.set_word(word::ACTSET_OUTPUT, port::UNSET, u32::MAX);
            }
            Action::WriteMetadata(write) => {
                let slot = table::METADATA.slot;
                let old = self.packet.get(slot);
                self.packet.set(slot, old & !write.mask | write.value & write.mask);
                let mask = Bits::from_u64(write.mask, 64);
                slot.spread(&mask).for_each(|(id, mask)| self.packet.decided(id, mask));
            }
            Action::Meter(meter) => {
                if let Some(id) = self.here().dp_meter(meter.0) {
                    self.emit(DpAction::Meter(id));
                }
            }
            Action::Conjunction(_) => self.remark(Remark::ConjunctionExecuted),
            Action::Exit(_) => self.exit = true,
            Action::CtClear(_) => {
                self.hangs_on(Slot { shift: proto::CT_STATE.shift + 5, width: 1, ..proto::CT_STATE });
                if self.conntracked {
                    self.clear_conntrack();
                    self.emit(DpAction::CtClear);
                }
            }
            Action::Nat(nat) => self.nat = Some((**nat).clone()),
            Action::Learn(_) => self.remark(Remark::LearnIgnored),
            Action::Multipath(pick) => {
                let Multipath { fields, basis, algorithm, n_links, arg, .. } = **pick;
                let link =
                    move |packet: &Packet| hash::link(hash::fields(packet, fields, basis), algorithm, n_links, arg);
                self.hashes(fields, move |packet| link(packet).into());
                let link = link(&self.packet);
                self.packet.write(&pick.to, &Bits::from_u64(link.into(), pick.to.width.into()));
                self.packet.copied(&pick.to, &[]);
                self.touches_bits(&pick.to);
                let now = self.packet.read(&pick.to);
                self.remark(Remark::Now(pick.to, now));
            }
            Action::SetQueue(queue) => {
                let priority = self.priority(queue.0);
                self.packet.key.set_word(word::SKB_PRIORITY, priority, u32::MAX);
                self.packet.decided(word::SKB_PRIORITY, u32::MAX);
            }
            Action::PopQueue(_) => {
                if self.packet.key.word(word::SKB_PRIORITY) != self.queue {
                    self.packet.key.set_word(word::SKB_PRIORITY, self.queue, u32::MAX);
                    self.remark(Remark::Queue(self.queue));
                }
            }
            Action::DebugRecirc(_) => self.freeze(),
            Action::DebugSlow(_) => self.slow.push(super::step::Slow::Action),
            // Neither changes where the packet goes.
            Action::FinTimeout(_) | Action::Note(_) | Action::Sample(_) => {}
            Action::Encap(encap) => self.encap(encap),
            Action::Decap(decap) => {
                if self.decap(decap) {
                    self.freeze();
                }
            }
            Action::Raw(_) => {
                let mut text = String::new();
                action.paint(crate::field::Names::none(), &mut text);
                self.remark(Remark::Unknown(text.as_str().into()));
                self.assume(Assumption::Action(text.into()));
            }
            // Those that keep something of themselves were done before; here they come out of an action set, which
            // may not hold them.
            Action::Ct(_) | Action::WriteActions(_) | Action::Clone(_) | Action::CheckPktLarger(_) => {
                let mut text = String::new();
                action.paint(crate::field::Names::none(), &mut text);
                self.assume(Assumption::Action(text.into()));
            }
        }
        false
    }

    /// Writes bits and tells what they are now.
    fn write_now(&mut self, to: &Subfield, value: &Bits, from: &[Source]) {
        if to.field.slot.word == word::IN_PORT {
            // Outputs are compared with it.
            self.note(|tracker, _| tracker.need_sources(from));
        }
        self.packet.write(to, value);
        self.packet.copied(to, from);
        self.touches_bits(to);
        self.tell_now(to);
    }

    /// Tells what bits are.
    fn tell_now(&mut self, to: &Subfield) {
        let now = self.packet.read(to);
        self.remark(Remark::Now(*to, now));
    }

    /// The many words for writing a field.
    fn set_field(&mut self, set: &SetField) {
        let value = set.value.to_u64();
        let write = |machine: &mut Self, slot, value| {
            machine.packet.set(slot, value);
            machine.writes_slot(slot);
        };
        match set.spelled {
            Spelled::ModVlan | Spelled::SetVlan => {
                let adds = set.spelled.pushes_tag();
                if set.field == table::VLAN_VID {
                    self.set_vlan(0x0fff, value as u16, adds);
                } else {
                    self.set_vlan(0xe000, (value as u16) << 13, adds);
                }
            }
            Spelled::ModDl => write(self, set.field.slot, value),
            Spelled::ModNw => {
                self.hangs_on(proto::DL_TYPE);
                if self.packet.dl_type() == ethertype::IP {
                    write(self, set.field.slot, value);
                }
            }
            Spelled::ModTos => {
                self.hangs_on(proto::DL_TYPE);
                if self.packet.is_ip() {
                    write(self, table::NW_TOS.slot, value >> 2);
                }
            }
            Spelled::ModEcn | Spelled::ModTtl => {
                self.hangs_on(proto::DL_TYPE);
                if self.packet.is_ip() {
                    write(self, set.field.slot, value);
                }
            }
            Spelled::ModTp => {
                if self.has_ports() {
                    let slot = if set.field == table::TCP_SRC { proto::TP_SRC } else { proto::TP_DST };
                    write(self, slot, value);
                }
            }
            Spelled::SetMpls => self.set_mpls(set.field.slot, value),
            Spelled::SetTunnel | Spelled::SetTunnel64 => write(self, table::TUN_ID.slot, value),
            Spelled::SetField | Spelled::Load | Spelled::LoadMasked => {
                self.hangs_on_needs(set.field.needs);
                if !self.packet.meets(set.field.needs) {
                    return self.remark(Remark::Unmet(set.field.name));
                }
                self.packet.write_masked(set.field, &set.value, &set.mask);
                let slot = set.field.slot;
                let parts: Vec<_> = slot.spread(&set.mask).collect();
                for (id, mask) in parts {
                    self.packet.decided(id, mask);
                    self.touched.set_word(id, mask, mask);
                }
                if slot.word == word::VLAN && set.field != table::VLAN_TCI {
                    self.packet.decided(word::VLAN, 0x1000);
                }
                if set.is_exact() || slot.word == word::VLAN {
                    self.touches_slot(slot);
                }
            }
        }
    }

    fn bundle(&mut self, bundle: &Bundle, last: bool) {
        let is_live = |machine: &Self, member: u32| match member {
            port::IN_PORT | port::TABLE | port::NORMAL | port::FLOOD | port::ALL | port::NONE => true,
            _ => machine.port(member).is_some_and(|p| p.is_up),
        };
        let live = bundle.members.iter().copied().enumerate().filter(|(_, m)| is_live(self, *m));
        let (fields, basis) = (bundle.fields, bundle.basis);
        let picked = if bundle.active_backup {
            live.map(|(_, member)| member).next()
        } else {
            let live: Vec<(usize, u32)> = live.collect();
            let pick = move |packet: &Packet| {
                let hash = hash::fields(packet, fields, basis);
                let weight = |(at, _): &(usize, u32)| (hash::two_words(*at as u32, hash), std::cmp::Reverse(*at));
                live.iter().copied().max_by_key(weight).map(|(_, member)| member)
            };
            let picked = pick(&self.packet);
            if bundle.members.len() > 1 {
                self.hashes(fields, move |packet| pick(packet).map_or(u64::MAX, u64::from));
            }
            picked
        };
        let picked = picked.unwrap_or(port::NONE);
        match &bundle.destination {
            Some(to) => {
                let value = Bits::from_u64((picked & 0xffff).into(), to.width.into());
                self.write_now(to, &value, &[]);
            }
            None => self.output(picked, 0, false, last, false),
        }
    }

    /// Executes actions on a copy (`clone_xlate_actions`).
    pub(super) fn run_copy(&mut self, actions: &'a [Action], last: bool) {
        let kept = self.keep();
        let after = |machine: &mut Self| {
            if !machine.freezing {
                machine.run_action_set();
            }
            if machine.freezing {
                machine.finish_freezing();
            }
        };
        if last || is_reversible(actions) {
            self.run_actions(actions, last);
            after(self);
            return self.restore(kept);
        }
        self.commit();
        let (base, tunnel) = (self.base.clone(), self.tunnel.clone());
        let (was_mpls, conntracked) = (self.was_mpls, self.conntracked);
        let outer = std::mem::take(&mut self.actions);
        self.run_actions(actions, true);
        after(self);
        let copied = std::mem::replace(&mut self.actions, outer);
        if !copied.is_empty() {
            self.emit(DpAction::Clone(copied));
        }
        self.base = base;
        self.tunnel = tunnel;
        self.was_mpls = was_mpls;
        self.conntracked = conntracked;
        self.restore(kept);
    }

    /// Follows both answers: the packet is longer, or it is not.
    fn check_pkt_larger(&mut self, check: &CheckPktLarger, rest: Vec<Cow<'a, Action>>) {
        self.assume(Assumption::Length(check.length));
        let kept = self.keep();
        self.commit();
        let (base, tunnel) = (self.base.clone(), self.tunnel.clone());
        let (was_mpls, conntracked) = (self.was_mpls, self.conntracked);
        let outer = std::mem::take(&mut self.actions);
        let branch = |machine: &mut Self, answer: u64, rest: Vec<Cow<'a, Action>>| {
            machine.packet.write(&check.to, &Bits::from_u64(answer, 1));
            machine.packet.copied(&check.to, &[]);
            machine.touches_slot(check.to.field.slot);
            machine.run_list(rest, true);
            if !machine.freezing {
                machine.run_action_set();
            }
            if machine.freezing {
                machine.finish_freezing();
            }
            std::mem::take(&mut machine.actions)
        };
        let greater = branch(self, 1, rest.clone());
        self.base = base.clone();
        self.tunnel = tunnel.clone();
        self.packet = kept.packet.clone();
        self.was_mpls = was_mpls;
        self.conntracked = conntracked;
        // What the first answer stops, stays stopped after both.
        let exit = std::mem::replace(&mut self.exit, false);
        let less_equal = branch(self, 0, rest);
        self.actions = outer;
        self.emit(DpAction::CheckPktLen { size: check.length, greater, less_equal });
        self.was_mpls = was_mpls;
        self.conntracked = conntracked;
        self.exit = exit;
        self.base = base;
        self.tunnel = tunnel;
        self.restore(kept);
    }

    /// Adds actions to the action set.
    pub(super) fn add_to_set(&mut self, actions: Vec<Cow<'a, Action>>) {
        for action in &actions {
            match &**action {
                _ if self.set_has_group => break,
                Action::Output(output) => {
                    self.packet.key.set_word(word::ACTSET_OUTPUT, output.port, u32::MAX);
                }
                Action::Group(_) => {
                    self.packet.key.set_word(word::ACTSET_OUTPUT, port::UNSET, u32::MAX);
                    self.set_has_group = true;
                }
                _ => {}
            }
        }
        self.packet.decided(word::ACTSET_OUTPUT, u32::MAX);
        self.action_set.extend(actions);
    }

    /// The action set as it would be executed.
    fn set_list(&self) -> Vec<Action> {
        in_order(self.action_set.iter().map(|a| &**a)).into_iter().cloned().collect()
    }

    /// Executes the action set, which is empty then.
    pub(super) fn run_action_set(&mut self) {
        let set = std::mem::take(&mut self.action_set);
        let list: Vec<Action> = in_order(set.iter().map(|a| &**a)).into_iter().cloned().collect();
        if list.is_empty() {
            return;
        }
        self.step(What::ActionSet);
        self.level += 1;
        self.in_action_set = true;
        // What was borrowed from a flow stays so, so that it can be followed there.
        let list = list
            .into_iter()
            .map(|action| set.iter().find(|a| ***a == action).cloned().unwrap_or(Cow::Owned(action)))
            .collect();
        self.run_list(list, true);
        self.in_action_set = false;
        self.level -= 1;
    }
}

/// The actions of an action set in the order of execution; none if none of them sends the packet on (OpenFlow 1.5.1,
/// 5.10, and `ofpacts_execute_action_set`).
pub(super) fn in_order<'s>(set: impl Iterator<Item = &'s Action>) -> Vec<&'s Action> {
    const SLOTS: usize = 9;
    let mut slots: [Option<&Action>; SLOTS] = [None; SLOTS];
    let mut sets: Vec<&Action> = Vec::new();
    let mut last: Option<(u8, &Action)> = None;
    for action in set {
        match place(action) {
            Place::Once(at) => slots[at] = Some(action),
            Place::Each => sets.push(action),
            Place::Last(rank) if last.is_none_or(|(best, _)| rank >= best) => last = Some((rank, action)),
            Place::Last(_) | Place::Nowhere => {}
        }
    }
    match last {
        Some((_, last)) => slots.into_iter().flatten().chain(sets).chain([last]).collect(),
        None => Vec::new(),
    }
}

/// Where an action stands in an action set.
enum Place {
    /// Once, in this order.
    Once(usize),
    /// As often as it was written, in that order.
    Each,
    /// At the end; the highest rank only.
    Last(u8),
    /// An action set cannot hold it.
    Nowhere,
}

fn place(action: &Action) -> Place {
    match action {
        Action::PopVlan(_) => Place::Once(0),
        Action::PopMpls(_) => Place::Once(1),
        Action::Decap(_) => Place::Once(2),
        Action::Encap(_) => Place::Once(3),
        Action::PushMpls(_) => Place::Once(4),
        Action::PushVlan(_) => Place::Once(5),
        Action::DecTtl(_) => Place::Once(6),
        Action::DecMplsTtl(_) => Place::Once(7),
        Action::DecNshTtl(_) => Place::Once(8),
        Action::SetField(_) | Action::Move(_) | Action::SetQueue(_) => Place::Each,
        Action::Ct(_) => Place::Last(0),
        Action::CtClear(_) => Place::Last(1),
        Action::Resubmit(_) => Place::Last(2),
        Action::Output(_) => Place::Last(3),
        Action::Group(_) => Place::Last(4),
        _ => Place::Nowhere,
    }
}

/// Whether an action needs what lies behind an MPLS header that was just taken off.
fn needs_inner(action: &Action) -> bool {
    match action {
        Action::Output(_)
        | Action::OutputTrunc(_)
        | Action::Enqueue(_)
        | Action::OutputReg(_)
        | Action::SetQueue(_)
        | Action::Group(_) => false,
        Action::SetField(set) => match set.spelled {
            Spelled::ModVlan | Spelled::SetVlan | Spelled::ModDl | Spelled::SetTunnel | Spelled::SetTunnel64 => false,
            _ => set.field.slot.word >= word::TYPE && set.field.slot.word < word::BASE_END,
        },
        _ => true,
    }
}

/// Whether the datapath can take back what actions do, so that it needs no copy (`reversible_actions`).
fn is_reversible(actions: &[Action]) -> bool {
    !actions.iter().any(|action| {
        matches!(
            action,
            Action::Ct(_)
                | Action::Meter(_)
                | Action::Nat(_)
                | Action::OutputTrunc(_)
                | Action::Encap(_)
                | Action::Decap(_)
                | Action::DecNshTtl(_)
        )
    })
}

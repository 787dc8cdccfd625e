//! The machine that sends a packet through the tables: one pass, from its beginning to its end.

use std::borrow::Cow;
use std::collections::VecDeque;

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::commit::commit;
use super::datapath::DpAction;
use super::encap::Pending;
use super::frozen::{DpHash, Fork, Frozen, Pushed, State, kept_actions, text};
use super::packet::{FRAGMENT, Packet};
use super::step::{Assumption, Commit, Egress, Failure, Found, Pass, Remark, Resume, Slow, Step, TunnelOut, What};
use super::tracker::Tracker;
use super::world::{BridgeWorld, World, XPort};
use crate::action::Action;
use crate::action::conntrack::Nat;
use crate::field::bits::Bits;
use crate::field::slot::{Slot, WordId, word};
use crate::field::table::Quirk;
use crate::field::{Key, Match, Subfield, proto};
use crate::model::bridge::{FlowId, Fragments};
use crate::model::classifier::Hit;
use crate::model::flow::TableId;

/// How deep lookups in the same or earlier tables, and buckets, may be nested.
const DEPTH: u32 = 64;
/// How many lookups there may be in one pass.
const RESUBMITS: u32 = 4096;
/// How many bytes the actions for the datapath, and the stack, may take.
const BYTES: usize = 65_535;
/// How many steps of a pass are kept: far beyond what the limits above let a sensible table make.
pub(super) const STEPS: usize = 200_000;
/// The table that belongs to the switch itself.
pub(super) const INTERNAL: TableId = 254;

/// One pass of a packet.
pub(super) struct Machine<'w, 'a> {
    pub world: &'w World<'a>,
    /// The bridge the trace began in: a miss there is told in other words.
    pub first: usize,
    pub bridge: usize,
    pub pass: usize,
    pub packet: Packet,
    /// The packet as the datapath has it.
    pub base: Packet,
    pub stack: Vec<Pushed>,
    pub action_set: Vec<Cow<'a, Action>>,
    /// How often it may still be asked whether a bucket is live.
    pub liveness: u32,
    /// Whether a group was written to an action set. Open vSwitch takes that back for no copy of the packet, and for no
    /// other bridge (`action_set_has_group`).
    pub set_has_group: bool,
    pub in_action_set: bool,
    pub in_bucket: bool,
    pub table: TableId,
    pub flow: Option<FlowId>,
    pub depth: u32,
    pub resubmits: u32,
    pub exit: bool,
    pub failure: Option<Failure>,
    pub freezing: bool,
    /// Actions that are kept for the time after the packet has begun again.
    pub frozen: Vec<Frozen<'a>>,
    pub paused: bool,
    /// The hash to be computed before the recirculation.
    pub hash: Option<DpHash>,
    pub was_mpls: bool,
    /// The header that the datapath has yet to put on or take off.
    pub pending: Pending,
    pub conntracked: bool,
    pub nat: Option<Nat>,
    pub queue: u32,
    /// The tunnel as the datapath has it.
    pub tunnel: Option<String>,
    /// The port it came in, if there is such a port.
    pub came_in: Option<u32>,
    /// The address that the packet came to in its tunnel.
    pub own_address: Option<std::net::IpAddr>,
    pub level: u16,
    pub steps: Vec<Step<'a>>,
    /// The packet at each lookup, if packets are kept.
    pub lookups: Vec<Packet>,
    pub actions: Vec<DpAction>,
    /// Roughly how many bytes `actions` take, nested ones included.
    pub size: usize,
    pub slow: SmallVec<[Slow; 2]>,
    /// The bits that were read or written.
    pub touched: Key,
    /// The bits that were read.
    pub relevant: Key,
    pub shared: &'w mut Shared<'a>,
}

/// What the passes of one trace share.
#[derive(Default)]
pub(super) struct Shared<'a> {
    pub forks: VecDeque<Fork<'a>>,
    /// Outcomes of hashes of the datapath.
    pub outcomes: VecDeque<Fork<'a>>,
    /// The states that the switch still holds, with their numbers, and the last number.
    pub states: Vec<(u32, State<'a>)>,
    pub last_state: u32,
    pub outputs: Vec<Egress>,
    pub controllers: usize,
    pub assumed: Vec<Assumption>,
    /// Whether packets are kept.
    pub keep: bool,
    /// What decides, if somebody asks.
    pub tracker: Option<Box<Tracker<'a>>>,
    pub commits: Vec<Commit>,
}

impl Shared<'_> {
    /// Before a pass begins with state `current`: the switch gives up the states of the pass before, but for those from
    /// which packets are yet to begin again. An equal state gets a new number then.
    pub fn release(&mut self, current: u32) {
        let held: FxHashSet<u32> = self.forks.iter().map(|fork| fork.id).chain([current]).collect();
        self.states.retain(|(id, _)| held.contains(id));
    }
}

/// What a copy of the packet must not change.
pub(super) struct Kept<'a> {
    pub packet: Packet,
    stack: Vec<Pushed>,
    action_set: Vec<Cow<'a, Action>>,
}

impl<'w, 'a> Machine<'w, 'a> {
    /// For a packet that comes into a bridge.
    pub fn new(world: &'w World<'a>, first: usize, pass: usize, packet: Packet, shared: &'w mut Shared<'a>) -> Self {
        let address = |slot: Slot| packet.key.read(slot).to_u128();
        let own_address = match (packet.key.word(word::TUN_DST), address(Slot::new(word::TUN_IPV6_DST, 0, 128))) {
            (0, 0) => None,
            (0, v6) => Some(std::net::Ipv6Addr::from(v6).into()),
            (v4, _) => Some(std::net::Ipv4Addr::from(v4).into()),
        };
        Machine {
            world,
            first,
            bridge: first,
            pass,
            base: packet.clone(),
            conntracked: packet.get(proto::CT_STATE) & CT_TRACKED != 0,
            queue: packet.key.word(word::SKB_PRIORITY),
            packet,
            stack: Vec::new(),
            action_set: Vec::new(),
            liveness: super::group::LIVENESS,
            set_has_group: false,
            in_action_set: false,
            in_bucket: false,
            table: 0,
            flow: None,
            depth: 0,
            resubmits: 0,
            exit: false,
            failure: None,
            freezing: false,
            frozen: Vec::new(),
            paused: false,
            hash: None,
            was_mpls: false,
            pending: Pending::Nothing,
            nat: None,
            tunnel: None,
            own_address,
            came_in: None,
            level: 0,
            steps: Vec::new(),
            lookups: Vec::new(),
            actions: Vec::new(),
            size: 0,
            slow: SmallVec::new(),
            touched: Key::default(),
            relevant: Key::default(),
            shared,
        }
    }

    /// Runs the pass.
    pub fn run(mut self, resume: Option<(Resume, State<'a>)>) -> Pass<'a> {
        let input = self.packet.clone();
        self.step(What::Bridge);
        self.level = 1;
        self.base.key.set_word(word::SKB_PRIORITY, input.key.word(word::SKB_PRIORITY), u32::MAX);
        let (resume, frozen) = match resume {
            Some((resume, mut state)) => {
                let frozen = std::mem::take(&mut state.frozen);
                self.thaw(state, &frozen);
                (Some(resume), frozen)
            }
            None => (None, Vec::new()),
        };
        // Every packet is looked up by these.
        self.reads(word::RECIRC_ID, u32::MAX);
        self.decides(Slot::new(word::IN_PORT, 0, 32));
        let in_port = self.packet.in_port();
        self.came_in = self.port(in_port).filter(|p| p.peer.is_none()).map(|p| p.number);
        let receives = self.tunnel_ecn() && self.port(in_port).is_none_or(|p| !p.no_receive);
        let actions = if frozen.is_empty() {
            let (found, actions) = self.lookup(self.table, in_port, true);
            self.flow = flow_of(&found);
            self.step(What::Table { table: self.table, found });
            self.level = 2;
            actions
        } else {
            &[]
        };
        if receives {
            if frozen.is_empty() {
                self.run_actions(actions, true);
            } else {
                self.run_list(kept_actions(frozen), true);
            }
            if self.failure.is_none() {
                if !self.freezing {
                    self.run_action_set();
                }
                if self.freezing {
                    self.finish_freezing();
                }
            }
        }
        if self.failure.is_some() {
            self.actions.clear();
            self.shared.outputs.retain(|egress| egress.pass != self.pass);
        }
        // A copy is not needed where nothing follows.
        if let Some(DpAction::Clone(copy)) = self.actions.pop_if(|a| matches!(a, DpAction::Clone(_))) {
            self.actions.extend(copy);
        }
        self.slow.sort_unstable();
        self.slow.dedup();
        let relevant = self.relevant_match(&input);
        Pass {
            resume,
            outcome: None,
            input,
            output: self.packet,
            steps: self.steps,
            lookups: self.lookups,
            relevant,
            actions: self.actions,
            slow: self.slow,
            failure: self.failure,
        }
    }

    /// Takes over that the outer packet met congestion; tells whether the packet is taken (`tnl_process_ecn`).
    fn tunnel_ecn(&mut self) -> bool {
        /// Congestion was experienced.
        const CE: u64 = 3;
        let ecn = |tos: u64| tos & CE;
        let outer = self.packet.get(Slot::new(word::TUN_MISC, 24, 8));
        if self.own_address.is_none() || !self.packet.is_ip() || ecn(outer) != CE {
            return true;
        }
        let slot = Slot::new(word::TYPE, 0, 2);
        for slot in [slot, super::packet::DL_TYPE, Slot::new(word::TUN_MISC, 24, 2)] {
            self.hangs_on(slot);
        }
        if self.packet.get(slot) == 0 {
            return false;
        }
        self.packet.set(slot, CE);
        self.packet.decided_slot(slot);
        true
    }

    fn thaw(&mut self, state: State<'a>, frozen: &[Frozen<'a>]) {
        self.step(What::Thaw);
        self.level = 2;
        self.bridge = state.bridge;
        self.table = state.table;
        self.step(What::ResumeTable(state.table));
        self.conntracked = state.conntracked;
        self.was_mpls = state.was_mpls;
        self.stack = state.stack;
        if !state.action_set.is_empty() {
            self.step(What::ResumeSet(state.action_set.clone()));
            self.add_to_set(state.action_set);
        }
        if !frozen.is_empty() {
            self.step(What::ResumeActions(text(frozen).into()));
        }
        self.level = 1;
    }

    /// The bits that were looked at. Registers and metadata are none that a datapath knows.
    fn relevant_match(&self, input: &Packet) -> Match {
        let mut relevant = Match::any();
        let is_own = |id: WordId| id < word::TUN_ID || matches!(id, word::ACTSET_OUTPUT | word::CONJ_ID);
        for (id, mask) in self.relevant.words().filter(|(id, mask)| *mask != 0 && !is_own(*id)) {
            relevant.set_word(id, mask, input.key.word(id), mask);
        }
        relevant
    }

    /// Notes a step.
    pub fn step(&mut self, what: What<'a>) {
        if self.steps.len() < STEPS {
            let first = self.bridge == self.first;
            self.steps.push(Step { level: self.level, bridge: self.bridge as u16, first, what });
        }
    }

    /// Notes a remark.
    pub fn remark(&mut self, remark: Remark) {
        self.step(What::Remark(remark));
    }

    /// Notes an assumption, once.
    pub fn assume(&mut self, assumption: Assumption) {
        if !self.shared.assumed.contains(&assumption) {
            self.shared.assumed.push(assumption);
        }
    }

    /// The bridge the packet is in.
    pub fn here(&self) -> &'w BridgeWorld<'a> {
        &self.world.bridges[self.bridge]
    }

    /// A port of the bridge the packet is in.
    pub fn port(&self, number: u32) -> Option<&'w XPort> {
        self.here().port(number)
    }

    /// Notes that bits of a word were read.
    pub fn reads(&mut self, id: WordId, mask: u32) {
        self.relevant.set_word(id, mask, mask);
        self.touched.set_word(id, mask, mask);
    }

    /// Notes that a slot was read.
    pub fn reads_slot(&mut self, slot: Slot) {
        for (id, mask) in slot.words() {
            self.reads(id, mask);
        }
    }

    /// Notes that a slot was written, and that the flows decide what it is now.
    pub fn writes_slot(&mut self, slot: Slot) {
        self.packet.decided_slot(slot);
        self.touches_slot(slot);
    }

    /// Notes that a slot was written; of where its bits come from there is an account already.
    pub fn touches_slot(&mut self, slot: Slot) {
        for (id, mask) in slot.words() {
            self.touched.set_word(id, mask, mask);
        }
    }

    /// Notes that some bits of a field were written; of where they come from there is an account already.
    pub fn touches_bits(&mut self, sub: &Subfield) {
        if sub.field.quirk != Quirk::None || sub.field.slot.word == word::VLAN {
            return self.touches_slot(sub.field.slot);
        }
        let mut mask = Bits::zero(sub.field.slot.width.into());
        mask.fill(sub.offset.into(), sub.width.into());
        let parts: SmallVec<[(WordId, u32); 4]> = sub.field.slot.spread(&mask).collect();
        for (id, mask) in parts {
            self.touched.set_word(id, mask, mask);
        }
    }

    /// Looks the packet up in a table, as if it had come from `in_port`.
    fn lookup(&mut self, table: TableId, in_port: u32, may_packet_in: bool) -> (Found, &'a [Action]) {
        let fragments = self.fragments();
        let is_dropped = fragments == Some(Fragments::Drop);
        if table == INTERNAL || is_dropped {
            if self.shared.keep {
                self.lookups.push(self.packet.clone());
            }
            return (if is_dropped { Found::Fragment } else { Found::Internal }, &[]);
        }
        let world = self.here();
        let bridge = world.bridge;
        let real = self.packet.in_port();
        let ports = self.packet.key.word(word::TP);
        self.packet.key.set_word(word::IN_PORT, in_port, u32::MAX);
        if fragments.is_some_and(|mode| mode != Fragments::NxMatch) {
            // The switch pretends that fragments have no ports.
            self.packet.key.set_word(word::TP, 0, u32::MAX);
        }
        if self.shared.keep {
            self.lookups.push(self.packet.clone());
        }
        let hit = if self.packet.is_frame() { bridge.lookup(table, &self.packet.key) } else { self.lookup_bare(table) };
        self.packet.key.set_word(word::TP, ports, u32::MAX);
        self.packet.key.set_word(word::IN_PORT, real, u32::MAX);
        let hides_ports = bridge.fragments != Some(Fragments::NxMatch);
        self.note_lookup(table, in_port, hides_ports, hit.as_ref());
        if let Some(t) = bridge.table(table) {
            // What was matched in subtables that could have held a better flow decided, too.
            let least = match &hit {
                Some(hit) if hit.conjunction.is_none() => bridge.flow(hit.flow).priority(),
                _ => 0,
            };
            for subtable in bridge.classifier(t).subtables().iter().filter(|s| s.priority >= least) {
                for (id, mask) in &subtable.shape.masks {
                    self.reads(*id, *mask);
                }
            }
        }
        match hit {
            Some(hit) => {
                let actions = &bridge.flow(hit.flow).actions().0;
                (Found::Flow { flow: hit.flow, via: hit.via }, actions)
            }
            None if may_packet_in && world.miss_to_controller => (Found::PacketIn, &[]),
            None => (Found::Miss, &[]),
        }
    }

    /// How the bridge deals with this packet, if it is a fragment.
    fn fragments(&mut self) -> Option<Fragments> {
        let bridge = self.here().bridge;
        if bridge.fragments == Some(Fragments::Drop) {
            self.hangs_on(Slot { width: 1, ..proto::IP_FRAG });
        }
        if self.packet.get(proto::IP_FRAG) & FRAGMENT == 0 {
            return None;
        }
        match bridge.fragments {
            None => self.assume(Assumption::Fragments(bridge.name.clone())),
            Some(Fragments::Reassemble) => self.assume(Assumption::Reassembled(bridge.name.clone())),
            Some(_) => {}
        }
        Some(bridge.fragments.unwrap_or_default())
    }

    /// Looks up a packet that is no Ethernet frame. A flow that matches something of an Ethernet header wants a frame,
    /// unless it says otherwise (`match_add_ethernet_prereq`).
    fn lookup_bare(&self, table: TableId) -> Option<Hit> {
        let bridge = self.here().bridge;
        let classifier = bridge.classifier(bridge.table(table)?);
        let takes_bare = |flow: &FlowId| {
            let flow = bridge.flow(*flow);
            let matches =
                |id: WordId, bits: u32| flow.shape().masks.iter().any(|(w, mask)| *w == id && mask & bits != 0);
            let wants_frame =
                (word::ETH_SRC..=word::VLAN).any(|id| matches(id, u32::MAX)) || matches(word::TYPE, !0xffff);
            (matches(word::PACKET_TYPE, u32::MAX) || !wants_frame)
                && !flow.actions().0.iter().any(|a| matches!(a, Action::Conjunction(_)))
        };
        let found = classifier.matching(&bridge.flows, &self.packet.key).filter(takes_bare);
        // The first of several, as for frames.
        let priority = |flow: FlowId| bridge.flow(flow).priority();
        let flow = found.reduce(|best, flow| if priority(flow) > priority(best) { flow } else { best })?;
        Some(Hit { flow, via: SmallVec::new(), conjunction: None })
    }

    /// Looks the packet up and executes what is found (`xlate_table_action`).
    pub fn table_action(&mut self, in_port: u32, table: TableId, may_packet_in: bool, with_ct: bool, last: bool) {
        self.enter_table(in_port, table, may_packet_in, with_ct, last, false);
    }

    /// The same for a packet that came through a patch port: it is a copy.
    pub fn patch_table(&mut self, in_port: u32, last: bool) {
        self.enter_table(in_port, 0, true, false, last, true);
    }

    fn enter_table(
        &mut self,
        in_port: u32,
        table: TableId,
        may_packet_in: bool,
        with_ct: bool,
        last: bool,
        copy: bool,
    ) {
        if self.was_mpls {
            return self.freeze();
        }
        if !self.has_room() {
            return;
        }
        let old_table = self.table;
        if with_ct {
            self.hangs_on(crate::field::table::CT_NW_PROTO.slot);
            self.hangs_on(super::packet::DL_TYPE);
            if self.packet.get(crate::field::table::CT_NW_PROTO.slot) == 0 || !self.packet.is_ip() {
                return self.remark(Remark::NoTuple);
            }
            self.swap_tuple();
        }
        self.table = table;
        let (found, actions) = self.lookup(table, in_port, may_packet_in);
        if with_ct {
            self.swap_tuple();
        }
        let (old_level, old_flow) = (self.level, self.flow);
        self.flow = flow_of(&found);
        let packet_in = found == Found::PacketIn;
        self.step(What::Table { table, found });
        self.level += 1;
        self.resubmits += 1;
        let deepens = u32::from(table <= old_table);
        self.depth += deepens;
        if packet_in {
            self.tell_controller(0, 0, u16::MAX, &[], None);
        } else if copy {
            self.run_copy(actions, last);
        } else {
            self.run_actions(actions, last);
        }
        self.depth -= deepens;
        self.level = old_level;
        self.flow = old_flow;
        self.table = old_table;
    }

    /// Swaps the packet's addresses with those of the connection's first packet.
    fn swap_tuple(&mut self) {
        let mut swap = |a: Slot, b: Slot| {
            let (x, y) = (self.packet.key.read(a), self.packet.key.read(b));
            self.packet.key.write(a, &y);
            self.packet.key.write(b, &x);
            self.packet.swapped(a, b);
        };
        swap(proto::NW_PROTO, crate::field::table::CT_NW_PROTO.slot);
        swap(Slot::new(word::IP_SRC, 0, 32), Slot::new(word::CT_NW_SRC, 0, 32));
        swap(Slot::new(word::IP_DST, 0, 32), Slot::new(word::CT_NW_DST, 0, 32));
        swap(Slot::new(word::IPV6_SRC, 0, 128), Slot::new(word::CT_IPV6_SRC, 0, 128));
        swap(Slot::new(word::IPV6_DST, 0, 128), Slot::new(word::CT_IPV6_DST, 0, 128));
        swap(Slot::new(word::TP, 0, 32), Slot::new(word::CT_TP, 0, 32));
    }

    /// Whether the limits of a switch allow one more lookup.
    pub fn has_room(&mut self) -> bool {
        let stack: usize = self.stack.iter().map(|b| b.bits.words().len() * 4).sum();
        if self.depth >= DEPTH {
            self.remark(Remark::TooDeep);
            self.failure = Some(Failure::TooDeep);
        } else if self.resubmits >= RESUBMITS {
            self.remark(Remark::TooManyResubmits);
            self.failure = Some(Failure::TooManyResubmits);
        } else if self.size > BYTES {
            self.remark(Remark::TooManyActions);
            self.exit = true;
        } else if stack > BYTES {
            self.remark(Remark::StackTooLarge);
            self.failure = Some(Failure::StackTooDeep);
        } else {
            return true;
        }
        false
    }

    /// Adds an action for the datapath.
    pub fn emit(&mut self, action: DpAction) {
        self.size += match &action {
            DpAction::Set(..) => 40,
            DpAction::Controller { .. } => 60,
            DpAction::Ct(_) => 32,
            DpAction::Clone(_) => 4,
            DpAction::CheckPktLen { .. } => 20,
            _ => 8,
        };
        self.actions.push(action);
    }

    /// Lets the datapath make the packet what it is now.
    pub fn commit(&mut self) {
        let before = self.actions.len();
        let pending = std::mem::take(&mut self.pending);
        let in_tunnel = self.tunnel.is_some();
        if commit(&self.packet, &mut self.base, &mut self.touched, in_tunnel, pending, &mut self.actions) {
            self.slow.push(Slow::Action);
        }
        self.size += (self.actions.len() - before) * 40;
    }

    /// Keeps what a copy must not change.
    pub fn keep(&self) -> Kept<'a> {
        Kept { packet: self.packet.clone(), stack: self.stack.clone(), action_set: self.action_set.clone() }
    }

    /// Takes back what a copy has changed.
    pub fn restore(&mut self, kept: Kept<'a>) {
        self.packet = kept.packet;
        self.stack = kept.stack;
        self.action_set = kept.action_set;
    }

    /// Notes that the packet leaves.
    pub fn leaves(&mut self, port: &XPort, tunnel: Option<TunnelOut>) {
        let (pass, bridge) = (self.pass, self.bridge);
        let packet = self.shared.keep.then(|| Box::new(self.packet.clone()));
        let (port, name) = (port.number, port.name.clone());
        self.shared.outputs.push(Egress { pass, bridge, port, name, tunnel, packet });
    }

    /// The cookie of the flow whose actions are executed.
    pub fn cookie(&self) -> u64 {
        self.flow.map_or(0, |flow| self.here().bridge.flow(flow).cookie())
    }

    /// Sends the packet to controllers.
    pub fn tell_controller(&mut self, reason: u8, controller: u16, max_len: u16, userdata: &[u8], meter: Option<u32>) {
        const ACTION: u8 = 1;
        self.commit();
        let here = self.here().bridge;
        let flow = self.flow.map(|flow| here.flow(flow));
        // A flow of priority 0 that matches everything is a table miss, and its packets are told from others.
        let is_miss = flow.is_some_and(|f| f.priority() == 0 && f.shape().masks.is_empty());
        let reason = if reason == ACTION && is_miss { EXPLICIT_MISS } else { reason };
        let cookie = flow.map_or(0, crate::model::store::FlowRef::cookie);
        let (recirc, _) = self.recirculation(self.table, false, userdata);
        let meter = meter.and_then(|m| self.here().dp_meter(m));
        self.emit(DpAction::Controller { reason, recirc, cookie, controller, max_len, meter });
        self.shared.controllers += 1;
    }

    /// What connection tracking said is forgotten.
    pub fn clear_conntrack(&mut self) {
        self.conntracked = false;
        for id in word::CT..word::ETH_SRC {
            self.packet.key.set_word(id, 0, u32::MAX);
        }
        self.packet.decided_words(word::CT..word::ETH_SRC);
    }
}

/// ct_state: the packet was tracked.
pub(super) const CT_TRACKED: u64 = 0x20;
/// Reason of a packet-in: a table-miss flow said so (`OFPR_EXPLICIT_MISS`, which OpenFlow calls no_match).
const EXPLICIT_MISS: u8 = 6;

fn flow_of(found: &Found) -> Option<FlowId> {
    match found {
        Found::Flow { flow, .. } => Some(*flow),
        _ => None,
    }
}

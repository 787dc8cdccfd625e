//! Packets that begin again: what is kept of their way while they are in the datapath (`xlate_ctx.frozen_actions`).

use std::borrow::Cow;

use smallvec::SmallVec;

use super::datapath::DpAction;
use super::machine::Machine;
use super::origin::Source;
use super::packet::Packet;
use super::step::Assumption;
use crate::action::Action;
use crate::action::conntrack::Nat;
use crate::field::Names;
use crate::field::bits::Bits;
use crate::field::slot::word;
use crate::model::flow::TableId;

/// A copy of the packet that begins again.
pub(super) struct Fork<'a> {
    pub id: u32,
    /// The pass in which it was made.
    pub pass: usize,
    pub packet: Packet,
    pub nat: Option<Nat>,
    pub state: State<'a>,
    /// The group and its bucket that the datapath's hash picks.
    pub bucket: Option<(u32, u32)>,
}

/// A hash that the datapath is to compute: its name, what changes it, and the buckets of a group that it may pick, each
/// with a value that does.
pub(super) struct DpHash {
    pub name: &'static str,
    pub basis: u32,
    pub group: u32,
    pub outcomes: Vec<(u32, u32)>,
}

/// What was pushed, with where its bits come from if somebody asks.
#[derive(Debug, Clone)]
pub(super) struct Pushed {
    pub bits: Bits,
    pub from: Vec<Source>,
}

impl PartialEq for Pushed {
    fn eq(&self, other: &Pushed) -> bool {
        self.bits == other.bits
    }
}

/// An action that is kept, or where the next ones belong.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Frozen<'a> {
    /// The table and the cookie of the flow.
    Place(TableId, u64),
    /// An action.
    Action(Cow<'a, Action>),
}

/// What is kept of a packet's way while it is in the datapath.
#[derive(Clone, PartialEq)]
pub(super) struct State<'a> {
    pub bridge: usize,
    pub table: TableId,
    pub metadata: Vec<u32>,
    pub tunnel_flags: SmallVec<[&'static str; 3]>,
    pub tunnel_port: u16,
    pub stack: Vec<Pushed>,
    pub action_set: Vec<Cow<'a, Action>>,
    pub frozen: Vec<Frozen<'a>>,
    pub conntracked: bool,
    pub was_mpls: bool,
    /// The port through which the packet came in, if it goes on by itself: controllers are not told.
    pub came_in: Option<u32>,
    pub userdata: Vec<u8>,
}

impl<'a> Machine<'_, 'a> {
    /// Stops here: the packet must begin again.
    pub fn freeze(&mut self) {
        self.exit = true;
        self.freezing = true;
    }

    /// The number of the packet's state, which is that of an equal one if there was one.
    pub fn recirculation(&mut self, table: TableId, with_set: bool, userdata: &[u8]) -> (u32, State<'a>) {
        let metadata = (word::REG..=word::IN_PORT).map(|id| self.packet.key.word(id)).collect();
        let state = State {
            bridge: self.bridge,
            table,
            metadata,
            tunnel_flags: self.packet.tunnel_flags.clone(),
            tunnel_port: self.packet.tunnel_port,
            stack: self.stack.clone(),
            action_set: if with_set { self.action_set.clone() } else { Vec::new() },
            frozen: if with_set { self.frozen.clone() } else { Vec::new() },
            conntracked: self.conntracked,
            was_mpls: self.was_mpls,
            came_in: self.came_in.filter(|_| with_set),
            userdata: userdata.to_vec(),
        };
        if let Some((id, _)) = self.shared.states.iter().find(|(_, known)| *known == state) {
            return (*id, state);
        }
        self.shared.last_state += 1;
        self.shared.states.push((self.shared.last_state, state.clone()));
        (self.shared.last_state, state)
    }

    /// Sends the packet back to the datapath after a stop.
    pub fn finish_freezing(&mut self) {
        self.commit();
        if self.paused {
            return;
        }
        let (id, state) = self.recirculation(0, true, &[]);
        match self.hash.take() {
            Some(hash) => {
                self.emit(DpAction::Hash(hash.name, hash.basis));
                self.assume(Assumption::Bucket(hash.group));
                for (bucket, value) in hash.outcomes {
                    let mut packet = self.packet.clone();
                    packet.key.set_word(word::RECIRC_ID, id, u32::MAX);
                    packet.key.set_word(word::DP_HASH, value, u32::MAX);
                    packet.decided_words([word::RECIRC_ID, word::DP_HASH]);
                    let bucket = Some((hash.group, bucket));
                    let fork = Fork { id, pass: self.pass, packet, nat: None, state: state.clone(), bucket };
                    self.shared.outcomes.push_back(fork);
                }
            }
            None => self.assume(Assumption::Recirculation(id)),
        }
        self.emit(DpAction::Recirc(id));
        self.freezing = false;
        self.frozen.clear();
    }
}

/// The actions among what was kept. What they stop with stands first, so where they belong makes no difference.
pub(super) fn kept_actions(frozen: Vec<Frozen<'_>>) -> Vec<Cow<'_, Action>> {
    let action = |frozen| match frozen {
        Frozen::Action(action) => Some(action),
        Frozen::Place(..) => None,
    };
    frozen.into_iter().filter_map(action).collect()
}

/// What was kept, in the words of Open vSwitch.
pub(super) fn text(frozen: &[Frozen<'_>]) -> String {
    let one = |frozen: &Frozen<'_>| match frozen {
        Frozen::Place(table, cookie) => format!("unroll_xlate(table={table}, cookie={cookie})"),
        Frozen::Action(action) => {
            let mut text = String::new();
            action.paint(Names::none(), &mut text);
            text
        }
    };
    frozen.iter().map(one).collect::<Vec<_>>().join(",")
}

//! Where packets leave: ports, and patch ports to other bridges.

use super::datapath::DpAction;
use super::machine::Machine;
use super::step::{Assumption, Remark, What};
use crate::action::output::{Enqueue, OutputTrunc};
use crate::field::names::port;
use crate::field::slot::word;

impl<'a> Machine<'_, 'a> {
    /// `output:PORT` (`xlate_output_action`).
    pub(super) fn output(&mut self, number: u32, max_len: u16, may_packet_in: bool, last: bool, truncated: bool) {
        match number {
            port::IN_PORT => self.send(self.packet.in_port(), last, truncated),
            port::TABLE => self.table_action(self.packet.in_port(), 0, may_packet_in, false, false),
            port::NORMAL => self.normal(last),
            port::FLOOD => self.flood(false, last),
            port::ALL => self.flood(true, last),
            port::CONTROLLER => {
                const ACTION: u8 = 1;
                const ACTION_SET: u8 = 3;
                const GROUP: u8 = 4;
                let reason = match (self.in_bucket, self.in_action_set) {
                    (true, _) => GROUP,
                    (false, true) => ACTION_SET,
                    (false, false) => ACTION,
                };
                self.tell_controller(reason, 0, max_len, &[], None);
            }
            port::NONE => {}
            _ if number == self.packet.in_port() => self.remark(Remark::InputPort),
            _ => self.send(number, last, truncated),
        }
    }

    /// `output(port=PORT,max_len=BYTES)`.
    pub(super) fn output_truncated(&mut self, action: &OutputTrunc, last: bool) {
        if action.port == self.packet.in_port() {
            return self.remark(Remark::InputPort);
        }
        let to = if action.port == port::IN_PORT { self.packet.in_port() } else { action.port };
        if self.port(to).is_none_or(|p| p.dp.is_none()) {
            return self.remark(Remark::TruncatedPatch(action.port));
        }
        self.emit(DpAction::Trunc(action.max_len));
        self.output(action.port, 0, false, last, true);
    }

    /// `enqueue:PORT:QUEUE`.
    pub(super) fn enqueue(&mut self, action: &Enqueue, last: bool) {
        let in_port = self.packet.in_port();
        let to = match action.port {
            port::IN_PORT => in_port,
            to if to == in_port => return,
            to => to,
        };
        let before = self.packet.key.word(word::SKB_PRIORITY);
        let priority = self.priority(action.queue);
        self.packet.key.set_word(word::SKB_PRIORITY, priority, u32::MAX);
        self.send(to, last, false);
        self.packet.key.set_word(word::SKB_PRIORITY, before, u32::MAX);
    }

    /// Notes that the ports of this bridge are not known, if they are not.
    pub(super) fn assume_ports(&mut self) {
        let here = self.here();
        if !here.knows_ports {
            self.assume(Assumption::Ports(here.bridge.name.clone()));
        }
    }

    fn flood(&mut self, all: bool, last: bool) {
        self.assume_ports();
        let in_port = self.packet.in_port();
        let here = self.here();
        let ports: Vec<u32> = here
            .flooding
            .iter()
            .map(|at| &here.ports[*at])
            .filter(|p| p.number != in_port && (all || !p.no_flood))
            .map(|p| p.number)
            .collect();
        for (at, number) in ports.iter().enumerate() {
            self.send(*number, last && at + 1 == ports.len(), false);
        }
    }

    /// Sends the packet out of a port (`compose_output_action`).
    pub(super) fn send(&mut self, number: u32, last: bool, _truncated: bool) {
        self.assume_ports();
        let Some(to) = self.port(number) else {
            return self.remark(Remark::NoPort);
        };
        if to.no_forward {
            return self.remark(Remark::NoForward);
        }
        // A patch port takes whatever comes; the bridge at its other end decides.
        if !self.packet.is_frame() && to.peer.is_none() {
            return self.remark(Remark::NotFrame);
        }
        if let Some((bridge, peer)) = to.peer {
            return self.through_patch(bridge, peer, last);
        }
        let Some(dp) = to.dp else { return };
        if let Some(tunnel) = &to.tunnel {
            return self.send_tunnel(to, tunnel, dp, last);
        }
        self.commit();
        self.emit(DpAction::Output(dp));
        self.leaves(to, None);
    }

    /// Goes on in another bridge (`patch_port_output`).
    pub(super) fn through_patch(&mut self, bridge: usize, peer: u32, last: bool) {
        let kept = self.keep();
        let (old_bridge, old_level, old_table, old_flow) = (self.bridge, self.level, self.table, self.flow);
        let (old_mpls, old_conntracked) = (self.was_mpls, self.conntracked);
        let key = &mut self.packet.key;
        // What belongs to the bridge stays there: registers, metadata, tunnel.
        let options: Vec<_> = key.words().map(|(id, _)| id).filter(|id| *id >= word::BASE_END).collect();
        for id in (word::REG..word::IN_PORT).chain(options) {
            key.set_word(id, 0, u32::MAX);
        }
        self.packet.decided_words((word::REG..=word::IN_PORT).chain([word::ACTSET_OUTPUT]));
        self.packet.tunnel_flags.clear();
        self.packet.tunnel_port = 0;
        self.packet.key.set_word(word::IN_PORT, peer, u32::MAX);
        self.packet.key.set_word(word::ACTSET_OUTPUT, port::UNSET, u32::MAX);
        self.clear_conntrack();
        self.stack.clear();
        self.action_set.clear();
        self.bridge = bridge;
        self.step(What::Bridge);
        self.level += 1;
        if self.port(peer).is_none_or(|p| !p.no_receive) {
            self.patch_table(peer, last);
            if !self.freezing {
                self.run_action_set();
            }
            if self.freezing {
                self.finish_freezing();
            }
        }
        self.level = old_level;
        self.bridge = old_bridge;
        self.table = old_table;
        self.flow = old_flow;
        self.restore(kept);
        self.was_mpls = old_mpls;
        self.conntracked = old_conntracked;
        self.exit = false;
        self.failure = None;
    }
}

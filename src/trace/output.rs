//! Where packets leave: ports, patch ports to other bridges, tunnels.

use std::net::IpAddr;

use super::datapath::{DpAction, ipv4, ipv6};
use super::machine::Machine;
use super::packet::Packet;
use super::step::{Remark, TunnelOut, What};
use super::world::{XPort, XTunnel};
use crate::action::output::{Enqueue, OutputTrunc};
use crate::field::names::port;
use crate::field::slot::{Slot, word};
use crate::field::{FieldId, table};

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

    fn flood(&mut self, all: bool, last: bool) {
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
        let Some(to) = self.port(number) else {
            return self.remark(Remark::NoPort);
        };
        if to.no_forward {
            return self.remark(Remark::NoForward);
        }
        if let Some((bridge, peer)) = to.peer {
            return self.through_patch(bridge, peer, last);
        }
        let Some(dp) = to.dp else { return };
        if let Some(tunnel) = &to.tunnel {
            return self.send_tunnel(to, tunnel, dp);
        }
        self.commit();
        self.emit(DpAction::Output(dp));
        self.leaves(to, None);
    }

    /// Goes on in another bridge (`patch_port_output`).
    fn through_patch(&mut self, bridge: usize, peer: u32, last: bool) {
        let kept = self.keep();
        let (old_bridge, old_level, old_table, old_flow) = (self.bridge, self.level, self.table, self.flow);
        let (old_mpls, old_conntracked) = (self.was_mpls, self.conntracked);
        let key = &mut self.packet.key;
        // What belongs to the bridge stays there: registers, metadata, tunnel.
        let options: Vec<_> = key.words().map(|(id, _)| id).filter(|id| *id >= word::BASE_END).collect();
        for id in (word::REG..word::IN_PORT).chain(options) {
            key.set_word(id, 0, u32::MAX);
            if id < word::BASE_END {
                self.written.set_word(id, u32::MAX, u32::MAX);
            }
        }
        self.packet.tunnel_flags.clear();
        self.packet.key.set_word(word::IN_PORT, peer, u32::MAX);
        self.written.set_word(word::IN_PORT, u32::MAX, u32::MAX);
        self.packet.key.set_word(word::ACTSET_OUTPUT, port::UNSET, u32::MAX);
        self.clear_conntrack();
        self.stack.clear();
        self.action_set.clear();
        self.set_has_group = false;
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

    /// Sends the packet into a tunnel.
    fn send_tunnel(&mut self, to: &XPort, tunnel: &XTunnel, dp: u32) {
        let packet = &self.packet;
        let remote = tunnel.remote.or_else(|| chosen_remote(packet));
        // No address at all is what a packet without a tunnel came to.
        let Some(remote) = remote.filter(|remote| Some(*remote) != self.own_address) else {
            if remote == self.own_address {
                tunnel.mark(&mut self.packet, remote);
                return self.remark(Remark::OwnTunnel);
            }
            return self.remark(Remark::NoTunnel);
        };
        let text = tunnel.text(packet, remote);
        self.remark(Remark::Tunnel);
        if self.tunnel.as_deref() != Some(&text) {
            self.emit(DpAction::Set("tunnel", text.clone()));
            self.tunnel = Some(text.clone());
        }
        self.commit();
        self.emit(DpAction::Output(dp));
        let key = if tunnel.out_key_flow { Some(self.packet.get(table::TUN_ID.slot)) } else { tunnel.out_key };
        let chosen = self.packet.key.word(word::TUN_SRC);
        let local = tunnel.local.or((tunnel.local_flow && chosen != 0).then(|| IpAddr::V4(chosen.into())));
        self.leaves(to, Some(TunnelOut { text, key, local, remote }));
    }
}

/// The other end that flows chose.
fn chosen_remote(packet: &Packet) -> Option<IpAddr> {
    let v6 = packet.key.read(Slot::new(word::TUN_IPV6_DST, 0, 128)).to_u128();
    match packet.key.word(word::TUN_DST) {
        0 if v6 == 0 => None,
        0 => Some(IpAddr::V6(v6.into())),
        v4 => Some(IpAddr::V4(v4.into())),
    }
}

impl XTunnel {
    /// Puts the outer header into the packet's fields. Open vSwitch takes it back after an output, but not after one
    /// to its own address.
    fn mark(&self, packet: &mut Packet, remote: Option<IpAddr>) {
        if let Some(key) = self.out_key.filter(|_| !self.out_key_flow) {
            packet.set(table::TUN_ID.slot, key);
        }
        if !self.local_flow {
            let local = match self.local {
                Some(IpAddr::V4(local)) => local.into(),
                _ => 0,
            };
            packet.key.set_word(word::TUN_SRC, local, u32::MAX);
        }
        if let Some(IpAddr::V4(remote)) = remote {
            packet.key.set_word(word::TUN_DST, remote.into(), u32::MAX);
        }
        if let (Some(field), Some(ttl)) = (FieldId::by_name("tun_ttl"), self.ttl) {
            packet.set(field.slot, ttl.into());
        }
        packet.tunnel_flags = self.flags().into();
    }

    fn flags(&self) -> Vec<&'static str> {
        let has_key = self.out_key_flow || self.out_key.is_some();
        let flags = [(self.df, "df"), (self.csum, "csum"), (has_key, "key")];
        flags.into_iter().filter_map(|(on, word)| on.then_some(word)).collect()
    }

    /// The outer header, as the datapath is told (`tunnel(..)`).
    fn text(&self, packet: &Packet, remote: IpAddr) -> String {
        let mut parts = Vec::new();
        let key = if self.out_key_flow { Some(packet.get(table::TUN_ID.slot)) } else { self.out_key };
        if let Some(key) = key {
            parts.push(format!("tun_id={key:#x}"));
        }
        let chosen = packet.key.word(word::TUN_SRC);
        let local = self.local.or((self.local_flow && chosen != 0).then(|| IpAddr::V4(chosen.into())));
        match (local, remote) {
            (Some(IpAddr::V4(src)), IpAddr::V4(_)) => parts.push(format!("src={}", ipv4(src.into()))),
            (Some(IpAddr::V6(src)), IpAddr::V6(_)) => parts.push(format!("ipv6_src={}", ipv6(src.into()))),
            _ => {}
        }
        match remote {
            IpAddr::V4(dst) => parts.push(format!("dst={}", ipv4(dst.into()))),
            IpAddr::V6(dst) => parts.push(format!("ipv6_dst={}", ipv6(dst.into()))),
        }
        let tos = if self.tos_inherit && packet.is_ip() { packet.get(Slot::new(word::TYPE, 0, 8)) } else { 0 };
        if tos != 0 {
            parts.push(format!("tos={tos:#x}"));
        }
        let inherited = if packet.is_ip() { packet.get(table::NW_TTL.slot) as u8 } else { 64 };
        parts.push(format!("ttl={}", self.ttl.unwrap_or(inherited)));
        if self.dst_port != 0 {
            parts.push(format!("tp_dst={}", self.dst_port));
        }
        parts.push(format!("flags({})", self.flags().join("|")));
        parts.join(",")
    }
}

//! Tunnels: the outer header, and where it leads (`tnl_port_send`, `native_tunnel_output`).

use std::net::IpAddr;

use super::datapath::{DpAction, ipv4, ipv6};
use super::machine::Machine;
use super::origin::slot_bits;
use super::packet::Packet;
use super::step::{Assumption, Remark, TunnelOut};
use super::world::{BridgeWorld, World, XPort};
use crate::field::format::mac_text;
use crate::field::names::port;
use crate::field::proto::{self, ethertype, ipproto};
use crate::field::slot::{Slot, WordId, word};
use crate::field::table;
use crate::model::node_facts::InterfaceFacts;

/// The time to live of an outer header unless something else is said.
const TTL_DEFAULT: u8 = 64;
/// tun_tos.
const TOS: Slot = Slot::new(word::TUN_MISC, 24, 8);
/// tun_ttl.
const TTL: Slot = Slot::new(word::TUN_MISC, 16, 8);
/// nw_tos with ECN.
const NW_TOS: Slot = Slot::new(word::TYPE, 0, 8);
/// The words of a packet's tunnel.
const WORDS: std::ops::Range<WordId> = word::TUN_ID..word::IN_PORT;

/// Options of a tunnel.
#[derive(Debug, Clone, Default)]
pub(super) struct XTunnel {
    /// Such as `vxlan`.
    pub kind: Box<str>,
    /// The other end; `None` if flows choose it.
    pub remote: Option<IpAddr>,
    /// This end; `None` if it is not fixed.
    pub local: Option<IpAddr>,
    /// Flows choose this end.
    pub local_flow: bool,
    /// The key of what goes out; `None` for none.
    pub out_key: Option<u64>,
    /// Flows choose the key.
    pub out_key_flow: bool,
    /// The time to live of the outer header; `None` inherits it.
    pub ttl: Option<u8>,
    /// The type of service of the outer header; `None` inherits it.
    pub tos: Option<u8>,
    pub df: bool,
    pub csum: bool,
    pub dst_port: u16,
}

/// A way into the network below for a tunnel that the switch itself puts together.
struct Way {
    /// The bridge, and its own port.
    bridge: usize,
    port: u32,
    dp: u32,
    /// The MAC addresses of this end and of the other.
    macs: (u64, Option<u64>),
}

impl XTunnel {
    /// What the database says of it.
    pub fn of(kind: &str, interface: &InterfaceFacts) -> XTunnel {
        let option = |key| interface.option(key);
        let key = option("out_key").or(option("key"));
        let default_port = match kind {
            "vxlan" => 4789,
            "geneve" => 6081,
            "lisp" => 4341,
            "stt" => 7471,
            "gtpu" => 2152,
            _ => 0,
        };
        let byte = |text: &str| crate::base::number::c_integer(text).ok().map(|n| n as u8);
        XTunnel {
            kind: kind.into(),
            remote: option("remote_ip").and_then(|a| a.parse().ok()),
            local: option("local_ip").and_then(|a| a.parse().ok()),
            local_flow: option("local_ip") == Some("flow"),
            out_key: key.and_then(|k| crate::base::number::c_integer(k).ok()),
            out_key_flow: key == Some("flow"),
            ttl: match option("ttl") {
                Some("inherit") => None,
                Some(ttl) => byte(ttl),
                None => Some(TTL_DEFAULT),
            },
            tos: match option("tos") {
                Some("inherit") => None,
                // Its low bits are those of congestion, which always come from the packet.
                tos => Some(tos.and_then(byte).unwrap_or(0) & 0xfc),
            },
            df: option("df_default") != Some("false"),
            csum: option("csum") == Some("true"),
            dst_port: option("dst_port").and_then(|p| p.parse().ok()).unwrap_or(default_port),
        }
    }

    /// Puts the outer header into the packet's fields (`tnl_port_send`).
    fn mark(&self, packet: &mut Packet) {
        let ends = [
            (!self.local_flow, self.local, word::TUN_SRC, word::TUN_IPV6_SRC),
            (self.remote.is_some(), self.remote, word::TUN_DST, word::TUN_IPV6_DST),
        ];
        for (_, end, v4, v6) in ends.into_iter().filter(|(is_fixed, ..)| *is_fixed) {
            let (short, long) = match end {
                Some(IpAddr::V4(end)) => (end.into(), 0),
                Some(IpAddr::V6(end)) => (0, end.into()),
                None => (0, 0),
            };
            packet.key.set_word(v4, short, u32::MAX);
            packet.key.write(Slot::new(v6, 0, 128), &crate::field::Bits::from_u128(long, 128));
        }
        if !self.out_key_flow {
            packet.set(table::TUN_ID.slot, self.out_key.unwrap_or(0));
        }
        let is_ip = packet.is_ip();
        let ttl = self.ttl.unwrap_or(if is_ip { packet.get(table::NW_TTL.slot) as u8 } else { TTL_DEFAULT });
        packet.set(TTL, ttl.into());
        let nw_tos = if is_ip { packet.get(NW_TOS) } else { 0 };
        // Congestion that was experienced already is not told to the outer header.
        let ecn = if nw_tos & 3 == 3 { 2 } else { nw_tos & 3 };
        packet.set(TOS, self.tos.map_or(nw_tos & 0xfc, u64::from) | ecn);
        packet.tunnel_flags = self.flags().into();
        packet.tunnel_port = self.dst_port;
    }

    fn flags(&self) -> Vec<&'static str> {
        let has_key = self.out_key_flow || self.out_key.is_some();
        let flags = [(self.df, "df"), (self.csum, "csum"), (has_key, "key")];
        flags.into_iter().filter_map(|(on, word)| on.then_some(word)).collect()
    }

    /// The outer header of a packet that was marked, as the datapath is told (`tunnel(..)`).
    fn text(&self, packet: &Packet, bridge: &BridgeWorld<'_>) -> String {
        let mut parts = Vec::new();
        let key = packet.get(table::TUN_ID.slot);
        if key != 0 || self.flags().contains(&"key") {
            parts.push(format!("tun_id={key:#x}"));
        }
        for (name, id) in [("src", word::TUN_SRC), ("dst", word::TUN_DST)] {
            match packet.key.word(id) {
                0 => {}
                end => parts.push(format!("{name}={}", ipv4(end))),
            }
        }
        for (name, id) in [("ipv6_src", word::TUN_IPV6_SRC), ("ipv6_dst", word::TUN_IPV6_DST)] {
            match packet.key.read(Slot::new(id, 0, 128)).to_u128() {
                0 => {}
                end => parts.push(format!("{name}={}", ipv6(end))),
            }
        }
        if packet.get(TOS) != 0 {
            parts.push(format!("tos={:#x}", packet.get(TOS)));
        }
        parts.push(format!("ttl={}", packet.get(TTL)));
        if self.dst_port != 0 {
            parts.push(format!("tp_dst={}", self.dst_port));
        }
        let options = self.options(packet, bridge);
        if !options.is_empty() {
            parts.push(format!("geneve({})", options.concat()));
        }
        parts.push(format!("flags({})", self.flags().join("|")));
        parts.join(",")
    }

    /// The options of a Geneve header: those that the packet has, and the bridge knows.
    fn options(&self, packet: &Packet, bridge: &BridgeWorld<'_>) -> Vec<String> {
        if &*self.kind != "geneve" {
            return Vec::new();
        }
        let mut known = bridge.bridge.tlvs.clone();
        known.sort_by_key(|tlv| tlv.index);
        let present = known.iter().filter_map(|tlv| {
            let field = table::TUN_METADATA.nth(tlv.index);
            let is_there = packet.key.word(field.slot.word - 1) & 1 == 1;
            let value = packet.key.read(field.slot).slice(0, usize::from(tlv.length) * 8).hex();
            let (class, kind, length) = (tlv.class, tlv.kind, tlv.length);
            is_there.then(|| format!("{{class={class:#x},type={kind:#x},len={length},{value}}}"))
        });
        present.collect()
    }
}

/// Whether a critical option is among those that the packet has.
fn is_critical(packet: &Packet, bridge: &BridgeWorld<'_>) -> bool {
    const CRITICAL: u8 = 0x80;
    let is_there = |index: u8| packet.key.word(table::TUN_METADATA.nth(index).slot.word - 1) & 1 == 1;
    bridge.bridge.tlvs.iter().any(|tlv| tlv.kind & CRITICAL != 0 && is_there(tlv.index))
}

/// An end of a packet's tunnel.
fn end(packet: &Packet, v4: WordId, v6: WordId) -> Option<IpAddr> {
    match (packet.key.word(v4), packet.key.read(Slot::new(v6, 0, 128)).to_u128()) {
        (0, 0) => None,
        (0, v6) => Some(IpAddr::V6(v6.into())),
        (v4, _) => Some(IpAddr::V4(v4.into())),
    }
}

impl World<'_> {
    /// The way to the other end of a tunnel: the neighbours that the switch has resolved tell it. An end that is no
    /// neighbour is looked for where the other tunnels' ends are.
    fn way(&self, remote: IpAddr) -> Option<Way> {
        let known = |remote: IpAddr| self.node.neighbours.iter().find(move |n| n.address == remote);
        let neighbour = known(remote);
        let mut others = self.bridges.iter().flat_map(|b| &b.ports).filter_map(|p| known(p.tunnel.as_ref()?.remote?));
        let bridge = self.bridge(&neighbour.or_else(|| others.next())?.bridge)?;
        let local = self.bridges[bridge].port(port::LOCAL)?;
        let own = self.at(bridge).ports.iter().find(|p| p.number == port::LOCAL)?;
        Some(Way { bridge, port: local.number, dp: local.dp?, macs: (own.mac, neighbour.and_then(|n| n.mac)) })
    }
}

impl Machine<'_, '_> {
    /// Sends the packet into a tunnel.
    pub(super) fn send_tunnel(&mut self, to: &XPort, tunnel: &XTunnel, dp: u32, last: bool) {
        let before: Vec<(WordId, u32)> = WORDS.map(|id| (id, self.packet.key.word(id))).collect();
        let (flags, port) = (self.packet.tunnel_flags.clone(), self.packet.tunnel_port);
        if tunnel.ttl.is_none() && self.packet.is_ip() {
            self.reads_slot(table::NW_TTL.slot);
        }
        if self.packet.is_ip() {
            let width = if tunnel.tos.is_none() { 8 } else { 2 };
            self.reads_slot(Slot::new(word::TYPE, 0, width));
        }
        // What flows choose of the tunnel is part of the way.
        let address = |v4, v6| [Slot::new(v4, 0, 32), Slot::new(v6, 0, 128)];
        let chosen = [
            (tunnel.remote.is_none(), &address(word::TUN_DST, word::TUN_IPV6_DST)[..]),
            (tunnel.local_flow, &address(word::TUN_SRC, word::TUN_IPV6_SRC)),
            (tunnel.out_key_flow, &[table::TUN_ID.slot]),
        ];
        for slot in chosen.into_iter().filter(|(by_flows, _)| *by_flows).flat_map(|(_, slots)| slots) {
            self.hangs_on(*slot);
        }
        tunnel.mark(&mut self.packet);
        let remote = end(&self.packet, word::TUN_DST, word::TUN_IPV6_DST);
        // No address at all is what a packet without a tunnel came to. Open vSwitch leaves the marks where they are.
        let Some(remote) = remote.filter(|remote| Some(*remote) != self.own_address) else {
            if remote == self.own_address {
                return self.remark(Remark::OwnTunnel);
            }
            // Without an other end the switch sends all the same, and tells the datapath of no tunnel.
            for (id, value) in before {
                self.packet.key.set_word(id, value, u32::MAX);
            }
            self.packet.tunnel_flags = flags;
            self.packet.tunnel_port = port;
            self.remark(Remark::Tunnel);
            self.commit();
            self.emit(DpAction::Output(dp));
            return self.leaves(to, None);
        };
        let out = TunnelOut {
            text: tunnel.text(&self.packet, self.here()),
            key: tunnel.flags().contains(&"key").then(|| self.packet.get(table::TUN_ID.slot)),
            local: end(&self.packet, word::TUN_SRC, word::TUN_IPV6_SRC),
            remote,
        };
        let marked = self.packet.clone();
        for (id, value) in before {
            self.packet.key.set_word(id, value, u32::MAX);
        }
        self.packet.tunnel_flags = flags;
        self.packet.tunnel_port = port;
        if self.here().is_native {
            return self.send_native(to, tunnel, dp, &marked, out, last);
        }
        self.remark(Remark::Tunnel);
        if self.tunnel.as_deref() != Some(&out.text) {
            self.emit(DpAction::Set("tunnel", out.text.clone()));
            self.tunnel = Some(out.text.clone());
        }
        self.commit();
        self.emit(DpAction::Output(dp));
        self.leaves(to, Some(out));
    }

    /// Sends the packet into a tunnel that the switch puts together itself: the outer packet goes through the bridge
    /// that leads to the other end.
    fn send_native(&mut self, to: &XPort, tunnel: &XTunnel, dp: u32, marked: &Packet, out: TunnelOut, last: bool) {
        self.remark(Remark::NativeTunnel);
        let Some(way) = self.world.way(out.remote) else {
            self.assume(Assumption::Neighbour(out.remote));
            self.emit(DpAction::Set("tunnel", out.text.clone()));
            self.commit();
            self.emit(DpAction::Output(dp));
            return self.leaves(to, Some(out));
        };
        self.commit();
        let name = self.world.at(way.bridge).name.clone();
        self.remark(Remark::TunnelVia(out.remote, name.clone()));
        let (src, Some(dst)) = way.macs else { return self.remark(Remark::NoNeighbour(out.remote, name)) };
        let macs = (src, dst);
        self.remark(Remark::TunnelBetween(macs, out.local, out.remote));
        let header = header(tunnel, marked, self.here(), macs, &out);
        let (packet, base) = (self.packet.clone(), self.base.clone());
        for inner in [&mut self.packet, &mut self.base] {
            wrap(inner, tunnel, marked, macs);
        }
        let (tos, ttl) = (NW_TOS, table::NW_TTL.slot);
        self.packet.mixed(tos, slot_bits(tos));
        self.packet.mixed(ttl, slot_bits(ttl));
        self.packet.decided_words([word::ETH_SRC, word::ETH_SRC + 1, word::ETH_DST, word::ETH_DST + 1]);
        self.packet.decided_words((word::IP_SRC..word::IPV6_LABEL).chain([word::VLAN, word::TP]));
        self.packet.decided(word::TYPE, 0xffff_ff00);
        self.packet.decided_slot(proto::IP_FRAG);
        let outer = (!last).then(|| std::mem::take(&mut self.actions));
        let n = self.actions.len();
        self.emit(DpAction::TunnelPush { port: dp, header, out: way.dp });
        let outputs = self.shared.outputs.len();
        self.through_patch(way.bridge, way.port, last);
        self.packet = packet;
        self.base = base;
        // What the bridge below does not send is not put together either.
        let is_sent = self.actions.len() > n + 1;
        if !is_sent {
            self.actions.truncate(n);
        }
        if let Some(outer) = outer {
            let pushed = std::mem::replace(&mut self.actions, outer);
            if is_sent {
                self.emit(DpAction::Clone(pushed));
            }
        }
        if self.shared.outputs.len() > outputs {
            self.shared.outputs.truncate(outputs);
            self.leaves(to, Some(out));
        }
    }
}

/// Makes a packet the outer one (`propagate_tunnel_data_to_flow`).
fn wrap(packet: &mut Packet, tunnel: &XTunnel, marked: &Packet, macs: (u64, u64)) {
    packet.set(table::ETH_SRC.slot, macs.0);
    packet.set(table::ETH_DST.slot, macs.1);
    packet.set_tci(0);
    packet.tpids = [0, 0];
    packet.inner_tci = 0;
    let is_v4 = marked.key.word(word::TUN_DST) != 0;
    let short = [(word::IP_SRC, word::TUN_SRC), (word::IP_DST, word::TUN_DST)];
    let long = (0..8).map(|n| (word::IPV6_SRC + n, word::TUN_IPV6_SRC + n));
    for (to, from) in short.into_iter().chain(long) {
        packet.key.set_word(to, marked.key.word(from), u32::MAX);
    }
    packet.set(super::packet::DL_TYPE, if is_v4 { ethertype::IP } else { ethertype::IPV6 }.into());
    /// GRE's number as a protocol above IP.
    const GRE: u8 = 47;
    let is_gre = matches!(&*tunnel.kind, "gre" | "ip6gre" | "erspan" | "ip6erspan");
    packet.set(proto::NW_PROTO, if is_gre { GRE } else { ipproto::UDP }.into());
    packet.set(proto::IP_FRAG, 0);
    packet.set(NW_TOS, marked.get(TOS));
    packet.set(table::NW_TTL.slot, marked.get(TTL));
    packet.set(proto::TP_SRC, 0);
    packet.set(proto::TP_DST, tunnel.dst_port.into());
}

/// The outer header, byte for byte, as it is printed (`format_odp_tnl_push_header`).
fn header(tunnel: &XTunnel, marked: &Packet, bridge: &BridgeWorld<'_>, macs: (u64, u64), out: &TunnelOut) -> String {
    const ETHERNET: usize = 14;
    let (ip, dl_type, proto) = match out.remote {
        IpAddr::V4(_) => (20, ethertype::IP, "proto"),
        IpAddr::V6(_) => (40, ethertype::IPV6, "proto"),
    };
    let key = out.key.unwrap_or(0);
    let is_gre = matches!(&*tunnel.kind, "gre" | "ip6gre");
    let (number, nw_proto, length, above) = if is_gre {
        let flags = u16::from(tunnel.csum) << 15 | u16::from(out.key.is_some()) << 13;
        let csum = if tunnel.csum { ",csum=0x0" } else { "" };
        let key = out.key.map(|key| format!(",key={:#x}", key as u32)).unwrap_or_default();
        let length = 4 + 4 * (usize::from(tunnel.csum) + usize::from(out.key.is_some()));
        let version = if ip == 20 { 3 } else { 109 };
        (version, 47, length, format!("gre((flags={flags:#x},proto=0x6558){csum}{key})"))
    } else {
        let csum = if tunnel.csum || ip == 40 { "0xffff" } else { "0x0" };
        let udp = format!("udp(src=0,dst={},csum={csum}),", tunnel.dst_port);
        let options = tunnel.options(marked, bridge);
        let vni = key & 0xff_ffff;
        if &*tunnel.kind == "geneve" {
            let critical = if is_critical(marked, bridge) { "crit," } else { "" };
            let length = |index: u8| {
                let is_there = marked.key.word(table::TUN_METADATA.nth(index).slot.word - 1) & 1 == 1;
                bridge
                    .bridge
                    .tlvs
                    .iter()
                    .find(|t| t.index == index && is_there)
                    .map_or(0, |t| 4 + usize::from(t.length))
            };
            let more: usize = bridge.bridge.tlvs.iter().map(|t| length(t.index)).sum();
            let options = if options.is_empty() { String::new() } else { format!(",options({})", options.concat()) };
            (5, 17, 16 + more, format!("{udp}geneve({critical}vni={vni:#x}{options})"))
        } else {
            (4, 17, 16, format!("{udp}vxlan(flags=0x8000000,vni={vni:#x})"))
        }
    };
    let (tos, ttl) = (super::commit::hex(marked.get(TOS)), marked.get(TTL));
    let ends = match (out.local, out.remote) {
        (Some(IpAddr::V4(src)), IpAddr::V4(dst)) => format!("src={src},dst={dst}"),
        (Some(IpAddr::V6(src)), IpAddr::V6(dst)) => format!("src={},dst={}", ipv6(src.into()), ipv6(dst.into())),
        (_, IpAddr::V4(dst)) => format!("src=0.0.0.0,dst={dst}"),
        (_, IpAddr::V6(dst)) => format!("src=::,dst={}", ipv6(dst.into())),
    };
    let ip_header = if ip == 20 {
        let frag = if tunnel.df { "0x4000" } else { "0x0" };
        format!("ipv4({ends},{proto}={nw_proto},tos={tos},ttl={ttl},frag={frag})")
    } else {
        format!("ipv6({ends},label=0,{proto}={nw_proto},tclass={:#x},hlimit={ttl})", marked.get(TOS))
    };
    let (src, dst) = (mac_text(macs.0), mac_text(macs.1));
    let size = ETHERNET + ip + length;
    format!("header(size={size},type={number},eth(dst={dst},src={src},dl_type={dl_type:#06x}),{ip_header},{above})")
}

//! What a trace makes of a packet for the datapath, and how `ofproto/trace` prints it.

use std::fmt::Write;

use crate::action::conntrack::{Nat, NatAddresses, NatKind};
use crate::field::format::{mac_text, paint_ipv4, paint_ipv6};

/// One action of the datapath.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DpAction {
    /// Sends the packet out of a port of the datapath.
    Output(u32),
    /// Sends it to a controller.
    Controller {
        /// Why, as OpenFlow numbers reasons.
        reason: u8,
        /// The number of its state.
        recirc: u32,
        /// The cookie of the flow.
        cookie: u64,
        /// Which controllers.
        controller: u16,
        /// How many bytes.
        max_len: u16,
        /// The meter in front.
        meter: Option<u32>,
    },
    /// Sets fields of one header: its name, and its fields as they are printed.
    Set(&'static str, String),
    /// Puts a VLAN tag on: its type, and its control information.
    PushVlan(u16, u16),
    /// Takes the VLAN tag off.
    PopVlan,
    /// Puts an MPLS header on: the entry, and the Ethernet type.
    PushMpls(u32, u16),
    /// Takes an MPLS header off; the Ethernet type afterwards.
    PopMpls(u16),
    /// Puts an MPLS header in front of everything: the entry, and the Ethernet type.
    AddMpls(u32, u16),
    /// Puts an Ethernet header on: where from, and where to.
    PushEth(u64, u64),
    /// Takes the Ethernet header off.
    PopEth,
    /// Puts a network service header on: its fields as they are printed.
    PushNsh(String),
    /// Takes it off.
    PopNsh,
    /// Measures the packet.
    Meter(u32),
    /// Tracks the connection.
    Ct(Box<DpCt>),
    /// Forgets the connection.
    CtClear,
    /// Computes a hash of the packet: its name, and a number that changes it.
    Hash(&'static str, u32),
    /// Begins again, with a state that has this number.
    Recirc(u32),
    /// Cuts the packet for the next output.
    Trunc(u32),
    /// Puts the outer header of a tunnel on: the port of the tunnel, the header as printed, the port it is for.
    TunnelPush {
        /// The tunnel's port.
        port: u32,
        /// The header.
        header: String,
        /// The port towards the network below.
        out: u32,
    },
    /// Does actions on a copy.
    Clone(Vec<DpAction>),
    /// Compares the packet's length.
    CheckPktLen {
        /// The length.
        size: u16,
        /// If it is longer.
        greater: Vec<DpAction>,
        /// If it is not.
        less_equal: Vec<DpAction>,
    },
}

/// The datapath's ct action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DpCt {
    /// Whether the connection is kept.
    pub commit: bool,
    /// Whether one of the other direction is replaced.
    pub force: bool,
    /// The zone.
    pub zone: u16,
    /// The mark, with its mask.
    pub mark: Option<(u32, u32)>,
    /// The label, with its mask.
    pub label: Option<(u128, u128)>,
    /// The helper's port.
    pub helper: u16,
    /// The translation.
    pub nat: Option<Nat>,
}

/// Prints actions as `ofproto/trace` does: `drop` if there are none.
pub fn text(actions: &[DpAction]) -> String {
    let mut out = String::new();
    paint(actions, &mut out);
    out
}

fn paint(actions: &[DpAction], out: &mut String) {
    if actions.is_empty() {
        out.push_str("drop");
    }
    for (at, action) in actions.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        action.paint(out);
    }
}

impl DpAction {
    fn paint(&self, out: &mut String) {
        // Writing to a text never fails.
        let _ = match self {
            DpAction::Output(port) => write!(out, "{port}"),
            DpAction::Controller { reason, recirc, cookie, controller, max_len, meter } => {
                let cookie = if *cookie == 0 { "0".to_owned() } else { format!("{cookie:#x}") };
                let text = format!(
                    "userspace(pid=0,controller(reason={reason},dont_send=1,continuation=0,recirc_id={recirc},\
                     rule_cookie={cookie},controller_id={controller},max_len={max_len}))"
                );
                match meter {
                    None => write!(out, "{text}"),
                    Some(meter) => write!(out, "sample(sample=100.0%,actions(meter({meter}),{text}))"),
                }
            }
            DpAction::Set(header, fields) => write!(out, "set({header}({fields}))"),
            DpAction::PushVlan(tpid, tci) => {
                out.push_str("push_vlan(");
                if *tpid != crate::field::proto::ethertype::VLAN {
                    let _ = write!(out, "tpid={tpid:#06x},");
                }
                write!(out, "vid={},pcp={})", tci & 0xfff, tci >> 13)
            }
            DpAction::PopVlan => write!(out, "pop_vlan"),
            DpAction::PushMpls(entry, kind) => write!(out, "push_mpls({},eth_type={kind:#06x})", mpls(*entry)),
            DpAction::PopMpls(kind) => write!(out, "pop_mpls(eth_type={kind:#x})"),
            DpAction::AddMpls(entry, kind) => write!(out, "add_mpls({},eth_type={kind:#x})", mpls(*entry)),
            DpAction::PushEth(src, dst) => write!(out, "push_eth(src={},dst={})", mac_text(*src), mac_text(*dst)),
            DpAction::PopEth => write!(out, "pop_eth"),
            DpAction::PushNsh(fields) => write!(out, "push_nsh({fields})"),
            DpAction::PopNsh => write!(out, "pop_nsh()"),
            DpAction::Meter(meter) => write!(out, "meter({meter})"),
            DpAction::Ct(ct) => {
                ct.paint(out);
                Ok(())
            }
            DpAction::CtClear => write!(out, "ct_clear"),
            DpAction::Hash(name, basis) => write!(out, "hash({name}({basis}))"),
            DpAction::Recirc(id) => write!(out, "recirc({id:#x})"),
            DpAction::Trunc(bytes) => write!(out, "trunc({bytes})"),
            DpAction::TunnelPush { port, header, out: to } => {
                write!(out, "tnl_push(tnl_port({port}),{header},out_port({to}))")
            }
            DpAction::Clone(actions) => nested("clone", actions, out),
            DpAction::CheckPktLen { size, greater, less_equal } => {
                let _ = write!(out, "check_pkt_len(size={size},");
                let _ = nested("gt", greater, out);
                out.push(',');
                let _ = nested("le", less_equal, out);
                write!(out, ")")
            }
        };
    }
}

fn nested(name: &str, actions: &[DpAction], out: &mut String) -> std::fmt::Result {
    write!(out, "{name}(")?;
    paint(actions, out);
    write!(out, ")")
}

/// The fields of an MPLS label stack entry, as they are printed.
pub(super) fn mpls(entry: u32) -> String {
    format!("label={},tc={},ttl={},bos={}", entry >> 12, entry >> 9 & 7, entry & 0xff, entry >> 8 & 1)
}

impl DpCt {
    fn paint(&self, out: &mut String) {
        out.push_str("ct");
        let mut parts: Vec<String> = Vec::new();
        if self.commit {
            parts.push(if self.force { "force_commit" } else { "commit" }.to_owned());
        }
        if self.zone != 0 {
            parts.push(format!("zone={}", self.zone));
        }
        if let Some((value, mask)) = self.mark {
            parts.push(format!("mark={}/{mask:#x}", super::commit::hex(value.into())));
        }
        if let Some((value, mask)) = self.label {
            let value = if value == 0 { "0".to_owned() } else { format!("{value:#x}") };
            let mask = if mask == u128::MAX { String::new() } else { format!("/{mask:#x}") };
            parts.push(format!("label={value}{mask}"));
        }
        match self.helper {
            21 => parts.push("helper=ftp".to_owned()),
            69 => parts.push("helper=tftp".to_owned()),
            _ => {}
        }
        if let Some(nat) = &self.nat {
            parts.push(nat_text(nat));
        }
        if !parts.is_empty() {
            let _ = write!(out, "({})", parts.join(","));
        }
    }
}

fn nat_text(nat: &Nat) -> String {
    let Some(kind) = nat.kind else { return "nat".to_owned() };
    let mut out = String::from(if kind == NatKind::Source { "nat(src" } else { "nat(dst" });
    if let Some(range) = &nat.range {
        out.push('=');
        let with_port = range.ports.0 != 0;
        let v6 = |address: u128| if with_port { format!("[{}]", ipv6(address)) } else { ipv6(address) };
        match range.addresses {
            NatAddresses::V4(first, last) => {
                out.push_str(&ipv4(first));
                if last > first {
                    let _ = write!(out, "-{}", ipv4(last));
                }
            }
            NatAddresses::V6(first, last) => {
                out.push_str(&v6(first));
                if last > first {
                    let _ = write!(out, "-{}", v6(last));
                }
            }
        }
        if with_port {
            let _ = write!(out, ":{}", range.ports.0);
            if range.ports.1 > range.ports.0 {
                let _ = write!(out, "-{}", range.ports.1);
            }
        }
    }
    for (on, word) in [(nat.persistent, ",persistent"), (nat.hash, ",hash"), (nat.random, ",random")] {
        if on {
            out.push_str(word);
        }
    }
    out.push(')');
    out
}

/// An IPv4 address as it is printed.
pub(super) fn ipv4(address: u32) -> String {
    let mut out = String::new();
    paint_ipv4(address, u32::MAX, &mut out);
    out
}

/// An IPv6 address as it is printed.
pub(super) fn ipv6(address: u128) -> String {
    let mut out = String::new();
    paint_ipv6(address, u128::MAX, &mut out);
    out
}

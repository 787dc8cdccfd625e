//! Connection tracking: ct, nat, ct_clear (ovs-actions(7) "The ct action").

use std::net::{Ipv4Addr, Ipv6Addr};

use super::header::no_argument;
use super::{Action, Actions, Arg, Cx, Outer, Refusal, Spelling, Walk, Word, word};
use crate::base::args::items;
use crate::base::diag::Diagnostic;
use crate::base::paint::{List, Painter, Role};
use crate::field::format::{paint_ipv4, paint_ipv6};
use crate::field::names::paint_table;
use crate::field::proto::{CT_STATE, Needs, ethertype, ipproto};
use crate::field::{Names, Subfield, Version};

/// The words of this family.
pub const WORDS: &[Word] = &[
    word(
        "ct",
        "ct([commit][,force][,table=TABLE][,zone=N|FIELD[A..B]][,nat[(..)]][,exec(ACTION,..)][,alg=ftp|tftp])",
        "passes the packet through connection tracking",
        parse_ct,
    )
    .since("extension of Open vSwitch 2.5"),
    word(
        "nat",
        "nat | nat(src=IP[-IP][:PORT[-PORT]][,persistent][,hash|random]) | nat(dst=..)",
        "translates addresses; stands in ct(..) only",
        parse_nat,
    )
    .since("extension of Open vSwitch 2.6"),
    word("ct_clear", "ct_clear", "forgets what connection tracking said of the packet", parse_ct_clear)
        .since("extension of Open vSwitch 2.7"),
];

/// The zone of a ct action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Zone {
    /// A number; 0 is the default zone.
    Number(u16),
    /// 16 bits of a field.
    Field(Subfield),
}

/// `ct(..)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ct {
    /// Whether the connection is kept.
    pub commit: bool,
    /// Whether a connection of the other direction is replaced.
    pub force: bool,
    /// Where the packet goes on, with the answer.
    pub table: Option<u8>,
    /// The zone.
    pub zone: Zone,
    /// What is done to the connection: nat first if it stands outside `exec`, then what `exec` holds.
    pub actions: Actions,
    /// The port of the protocol whose data connections are expected; 0 for none.
    pub alg: u16,
}

/// The protocols that have a helper: name, port, the transport they need.
const HELPERS: [(&str, u16, u8); 2] = [("ftp", 21, ipproto::TCP), ("tftp", 69, ipproto::UDP)];

fn parse_ct(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let mut out =
        Ct { commit: false, force: false, table: None, zone: Zone::Number(0), actions: Actions::default(), alg: 0 };
    for item in items(arg.value) {
        match item.name {
            "commit" => out.commit = true,
            "force" => out.force = true,
            "table" => {
                let table = cx.table(item.value)?;
                if table == 255 {
                    return Err(cx
                        .error("bad-value", item.value, "table 255 is none to go on in")
                        .hint("tables 0 to 254"));
                }
                out.table = Some(table);
            }
            "zone" => out.zone = parse_zone(item.value, cx)?,
            "nat" => {
                let nat = parse_nat(&Arg { name: item.name, separator: item.separator, value: item.value }, cx)?;
                out.actions.0.push(nat);
            }
            "exec" => {
                let inner = super::parse(item.value, Outer::Ct, cx)?;
                out.actions.0.extend(inner.0);
            }
            "alg" => {
                let helper = HELPERS.iter().find(|(name, ..)| *name == item.value);
                out.alg = match (helper, cx.mode, item.value.parse()) {
                    (Some((_, port, _)), ..) => *port,
                    (None, super::Mode::Dumped, Ok(port)) => port,
                    _ => {
                        let d = cx.error("bad-value", item.value, format!("no helper `{}`", item.value));
                        return Err(d.hint("ftp or tftp"));
                    }
                };
            }
            _ => {
                let d = cx.error("unknown-argument", item.name, format!("ct has no argument `{}`", item.name));
                return Err(d.nearest(item.name, ["commit", "force", "table", "zone", "nat", "exec", "alg"]));
            }
        }
    }
    if out.force && !out.commit {
        return Err(cx.error("missing-argument", arg.value, "force needs commit").hint("write ct(commit,force)"));
    }
    Ok(out.into())
}

fn parse_zone(text: &str, cx: &mut Cx<'_>) -> Result<Zone, Diagnostic> {
    match (cx.number("zone", text, u16::MAX.into()), Subfield::parse(text)) {
        (Ok(n), _) => Ok(Zone::Number(n as u16)),
        (Err(_), Ok(subfield)) => Ok(Zone::Field(subfield)),
        (Err(d), Err(_)) if text.starts_with(|c: char| c.is_ascii_digit()) => Err(d),
        (Err(_), Err(e)) => Err(cx.subfield_error(text, e)),
    }
}

impl Spelling for Ct {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        let mut list = List::default();
        p.put(Role::Ct, "ct(");
        for (on, word) in [(self.commit, "commit"), (self.force, "force")] {
            if on {
                list.next(p);
                p.put(Role::Ct, word);
            }
        }
        if let Some(table) = self.table {
            list.next(p);
            p.dim("table=");
            paint_table(table, names, p);
        }
        if self.zone != Zone::Number(0) {
            list.next(p);
            p.dim("zone=");
            match &self.zone {
                Zone::Number(n) => p.decimal(Role::Ct, (*n).into()),
                Zone::Field(subfield) => subfield.paint(p),
            }
        }
        // A nat that comes first stands outside of exec.
        let (nat, exec) = match self.actions.0.split_first() {
            Some((Action::Nat(nat), rest)) => (Some(nat), rest),
            _ => (None, &self.actions.0[..]),
        };
        if let Some(nat) = nat {
            list.next(p);
            nat.paint(names, p);
        }
        if !exec.is_empty() {
            list.next(p);
            p.text("exec(");
            let mut inner = List::default();
            for action in exec {
                inner.next(p);
                action.paint(names, p);
            }
            p.text(")");
        }
        if self.alg != 0 {
            list.next(p);
            p.dim("alg=");
            match HELPERS.iter().find(|(_, port, _)| *port == self.alg) {
                Some((name, ..)) => p.text(name),
                None => p.decimal(Role::Text, self.alg.into()),
            }
        }
        p.put(Role::Ct, ")");
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if !walk.is_ip() {
            return Err(Refusal::Prerequisite { what: "ct".to_owned(), needs: Needs::IpAny });
        }
        const INVALID: u64 = 0x10;
        let ct_state = CT_STATE.read(|id| walk.word(id).0).to_u64();
        if self.commit && ct_state & INVALID != 0 {
            return Err(Refusal::Argument(
                "an invalid packet's connection cannot be kept".to_owned(),
                "match ct_state=-inv",
            ));
        }
        if let Some((name, _, proto)) = HELPERS.iter().find(|(_, port, _)| *port == self.alg)
            && walk.nw_proto() != *proto
        {
            let needs = if *proto == ipproto::TCP { Needs::Tcp } else { Needs::Udp };
            return Err(Refusal::Prerequisite { what: format!("alg={name}"), needs });
        }
        let does_something = self.actions.0.iter().any(|a| !matches!(a, Action::Nat(nat) if nat.kind.is_none()));
        if does_something && !self.commit {
            return Err(Refusal::Argument("only a connection that is kept can be changed".to_owned(), "add commit"));
        }
        if let Zone::Field(subfield) = &self.zone {
            walk.require_source(subfield)?;
            if subfield.width != 16 {
                return Err(Refusal::Argument(
                    format!("a zone has 16 bits, not {}", subfield.width),
                    "name 16 bits, as reg6[0..15]",
                ));
            }
            return Ok(());
        }
        let mut inner = walk.nested();
        self.actions.0.iter().try_for_each(|a| a.check(&mut inner))?;
        walk.formats &= inner.formats;
        Ok(())
    }

    fn carry(&self, version: Version, walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        let actions = super::carry(&self.actions, version, walk)?;
        out.push(Ct { actions, ..self.clone() }.into());
        Ok(())
    }
}

/// `nat(..)`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Nat {
    /// Which address is translated; `None` applies what the connection says.
    pub kind: Option<NatKind>,
    /// To what; `None` lets the switch choose.
    pub range: Option<NatRange>,
    /// Whether the choice outlives a reboot.
    pub persistent: bool,
    /// Whether the port is chosen by hashing.
    pub hash: bool,
    /// Whether the port is chosen at random.
    pub random: bool,
}

/// Which address is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NatKind {
    /// The source.
    Source,
    /// The destination.
    Destination,
}

/// A range of addresses and ports; 0 as an upper end means that there is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NatRange {
    /// The addresses.
    pub addresses: NatAddresses,
    /// The ports.
    pub ports: (u16, u16),
}

/// A range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NatAddresses {
    /// IPv4.
    V4(u32, u32),
    /// IPv6.
    V6(u128, u128),
}

fn parse_nat(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let mut out = Nat::default();
    let mut kinds = Vec::new();
    for item in items(arg.value) {
        match item.name {
            "src" | "dst" => {
                kinds.push(if item.name == "src" { NatKind::Source } else { NatKind::Destination });
                out.range = parse_range(item.value, cx)?;
            }
            "persistent" => out.persistent = true,
            "hash" => out.hash = true,
            "random" => out.random = true,
            _ => {
                let d = cx.error("unknown-argument", item.name, format!("nat has no argument `{}`", item.name));
                return Err(d.nearest(item.name, ["src", "dst", "persistent", "hash", "random"]));
            }
        }
    }
    let error = |message: &str, hint: &str| Err(cx.error("bad-value", arg.value, message).hint(hint));
    kinds.dedup();
    match kinds[..] {
        [] if out.persistent || out.hash || out.random => {
            return error("these words need src or dst", "as nat(src,random)");
        }
        [] => {}
        [kind] => out.kind = Some(kind),
        _ => {
            return error("nat translates the source or the destination, not both", "use two ct actions");
        }
    }
    if out.hash && out.random {
        return error("hash and random exclude each other", "leave one out");
    }
    Ok(out.into())
}

fn parse_range(text: &str, cx: &mut Cx<'_>) -> Result<Option<NatRange>, Diagnostic> {
    if text.is_empty() {
        return Ok(None);
    }
    let error = |part: &str, message: String| {
        Err(cx.error("bad-value", part, message).hint("as 10.0.0.1-10.0.0.9:1024-2047 or [fd00::1]:80"))
    };
    let Some((first, rest)) = address(text) else {
        return error(text, format!("`{text}` is no range of addresses"));
    };
    let (last, rest) = match rest.strip_prefix('-') {
        None => (None, rest),
        Some(after) => match address(after) {
            Some((last, rest)) => (Some(last), rest),
            None => return error(after, format!("`{after}` is no address")),
        },
    };
    let addresses = match (first, last) {
        (NatAddresses::V4(a, _), None) => NatAddresses::V4(a, 0),
        (NatAddresses::V6(a, _), None) => NatAddresses::V6(a, 0),
        (NatAddresses::V4(a, _), Some(NatAddresses::V4(b, _))) if a <= b => NatAddresses::V4(a, b),
        (NatAddresses::V6(a, _), Some(NatAddresses::V6(b, _))) if a <= b => NatAddresses::V6(a, b),
        _ => {
            return error(text, "the range must go from a lower address to a higher one".to_owned());
        }
    };
    let Some(ports) = rest.strip_prefix(':') else {
        if rest.is_empty() {
            return Ok(Some(NatRange { addresses, ports: (0, 0) }));
        }
        return error(rest, format!("`{rest}` after the address"));
    };
    let (low, high) = ports.split_once('-').map_or((ports, None), |(low, high)| (low, Some(high)));
    let mut port = |part: &str| -> Option<u16> {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| super::output::c_u16(part, "the port", cx))
    };
    let (Some(low_n), Some(high_n)) = (port(low), high.map_or(Some(0), &mut port)) else {
        return Err(cx.error("bad-value", ports, format!("`{ports}` is no range of ports")).hint("as 1024-2047"));
    };
    if high.is_some() && high_n < low_n {
        return Err(cx
            .error("bad-value", ports, "the range must go from a lower port to a higher one")
            .hint("as 1024-2047"));
    }
    Ok(Some(NatRange { addresses, ports: (low_n, high_n) }))
}

/// Reads an address from the start of a text: IPv4, IPv6 in brackets, or IPv6 without them and then without ports.
fn address(text: &str) -> Option<(NatAddresses, &str)> {
    let v4_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    if let Ok(v4) = text[..v4_end].parse::<Ipv4Addr>() {
        return Some((NatAddresses::V4(v4.into(), 0), &text[v4_end..]));
    }
    let (inner, rest) = match text.strip_prefix('[') {
        Some(after) => after.split_once(']')?,
        None => {
            text.split_at(text.find(|c: char| !c.is_ascii_hexdigit() && c != ':' && c != '.').unwrap_or(text.len()))
        }
    };
    Some((NatAddresses::V6(inner.parse::<Ipv6Addr>().ok()?.into(), 0), rest))
}

impl Spelling for Nat {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.put(Role::Ct, "nat");
        let Some(kind) = self.kind else { return };
        p.put(Role::Ct, if kind == NatKind::Source { "(src" } else { "(dst" });
        if let Some(range) = &self.range {
            p.dim("=");
            range.paint(p);
            for (on, word) in [(self.persistent, ",persistent"), (self.hash, ",hash"), (self.random, ",random")] {
                if on {
                    p.put(Role::Ct, word);
                }
            }
        }
        p.put(Role::Ct, ")");
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        let needs = match self.range.as_ref().map(|r| &r.addresses) {
            None => Needs::IpAny,
            Some(NatAddresses::V4(..)) => Needs::Ipv4,
            Some(NatAddresses::V6(..)) => Needs::Ipv6,
        };
        let met = match needs {
            Needs::Ipv4 => walk.dl_type() == ethertype::IP,
            Needs::Ipv6 => walk.dl_type() == ethertype::IPV6,
            _ => walk.is_ip(),
        };
        if met { Ok(()) } else { Err(Refusal::Prerequisite { what: "nat".to_owned(), needs }) }
    }
}

impl NatRange {
    fn paint(&self, p: &mut impl Painter) {
        let ports = self.ports.0 != 0;
        match self.addresses {
            NatAddresses::V4(first, last) => {
                paint_ipv4(first, u32::MAX, p);
                if last != 0 && last != first {
                    p.dim("-");
                    paint_ipv4(last, u32::MAX, p);
                }
            }
            NatAddresses::V6(first, last) => {
                paint_bracketed(first, ports, p);
                if last != 0 && last != first {
                    p.dim("-");
                    paint_bracketed(last, ports, p);
                }
            }
        }
        if ports {
            p.dim(":");
            p.decimal(Role::Text, self.ports.0.into());
            if self.ports.1 != 0 && self.ports.1 != self.ports.0 {
                p.dim("-");
                p.decimal(Role::Text, self.ports.1.into());
            }
        }
    }
}

fn paint_bracketed(address: u128, brackets: bool, p: &mut impl Painter) {
    p.dim(if brackets { "[" } else { "" });
    paint_ipv6(address, u128::MAX, p);
    p.dim(if brackets { "]" } else { "" });
}

/// `ct_clear`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CtClear;

fn parse_ct_clear(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    no_argument(arg, cx);
    Ok(CtClear.into())
}

impl Spelling for CtClear {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.put(Role::Ct, "ct_clear");
    }
}

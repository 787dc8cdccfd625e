//! Connections that a datapath tracks: `ovs-appctl dpctl/dump-conntrack [-m] [-s]` and `ovs-dpctl dump-conntrack`.
//!
//! ovs-dpctl(8) "dump-conntrack"; `ct_dpif_format_entry` in lib/ct-dpif.c of Open vSwitch. The userspace and the kernel
//! datapath print the same words; the kernel has more of them. One line a connection:
//!
//! ```text
//! tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=1000,dport=80),reply=(..),zone=5,mark=7,protoinfo=(state=ESTABLISHED)
//! ```
//!
//! Lines in the order of Open vSwitch are printed back byte for byte, with a line end after each; words that nobody
//! knows are kept and go to the end of the line.

use std::net::IpAddr;

use super::fdb::Parts;
use super::{Part, Source};
use crate::base::args::{Item, Separator, items};
use crate::base::diag::Diagnostic;
use crate::base::number::Digits;
use crate::base::paint::{Painter, Role};
use crate::base::span::Span;
use crate::field::format::{paint_ipv4, paint_ipv6};
use crate::model::conntrack::{Connection, Tuple};

/// Protocols that are printed by name (IANA "Assigned Internet Protocol Numbers").
const PROTOCOLS: [(u8, &str); 8] =
    [(1, "icmp"), (2, "igmp"), (6, "tcp"), (17, "udp"), (33, "dccp"), (58, "icmpv6"), (132, "sctp"), (136, "udplite")];

/// The name of a protocol, if Open vSwitch prints one here.
pub fn protocol_name(proto: u8) -> Option<&'static str> {
    PROTOCOLS.iter().find(|(number, _)| *number == proto).map(|(_, name)| *name)
}

fn protocol(text: &str) -> Option<u8> {
    PROTOCOLS.iter().find(|(_, name)| *name == text).map_or_else(|| text.parse().ok(), |(number, _)| Some(*number))
}

/// Whether a text begins like a dump of connections.
pub fn is_conntrack(head: &str) -> bool {
    let first = head.lines().find(|line| !line.trim().is_empty());
    first.and_then(|line| line.split_once(",orig=(src=")).is_some_and(|(name, _)| protocol(name).is_some())
}

/// Reads the connections. A line without addresses is told and kept as text.
pub fn read_conntrack(text: &str, source: &mut Source<'_>) -> Vec<Part<Connection>> {
    let mut parts = Parts::new();
    for (i, whole) in text.split_inclusive('\n').enumerate() {
        let line = whole.trim_end_matches(['\n', '\r']);
        let mut found = Vec::new();
        let connection = match line.trim().is_empty() {
            true => None,
            false => connection(line, &mut found),
        };
        found.into_iter().for_each(|d| source.complain(i + 1, line, d));
        parts.push(connection, whole, |connection, p| paint_line(connection, p));
    }
    parts.finish()
}

/// A word that is not understood.
fn wrong(line: &str, at: &str, what: &str) -> Diagnostic {
    let shown: String = at.chars().take(40).collect();
    Diagnostic::error("bad-value", Span::of(line, at), format!("`{shown}` is {what}"))
}

fn connection(line: &str, found: &mut Vec<Diagnostic>) -> Option<Connection> {
    let mut words = items(line);
    let first = words.next()?;
    let proto = protocol(first.name).filter(|_| first.separator == Separator::None);
    let tuples = words.next().zip(words.next());
    let (Some(proto), Some((orig, reply))) = (proto, tuples.filter(|(o, r)| o.name == "orig" && r.name == "reply"))
    else {
        let d = Diagnostic::error("unknown-line", Span::new(0, line.len()), "no tracked connection");
        found.push(d.hint("expected a protocol, orig=(..) and reply=(..)"));
        return None;
    };
    let mut tuple_of = |item: &Item<'_>| {
        let tuple = tuple(item.value);
        if tuple.is_none() {
            found.push(wrong(line, item.value, "no pair of addresses"));
        }
        tuple
    };
    let (orig, reply) = (tuple_of(&orig)?, tuple_of(&reply)?);
    let mut connection = Connection::new(proto, orig, reply);
    for item in words {
        if word(&mut connection, &item).is_none() {
            found.push(wrong(line, span_of(line, &item), "nothing that is known of a connection"));
            connection.residue.push(span_of(line, &item).into());
        }
    }
    Some(connection)
}

/// The text of a whole item.
fn span_of<'a>(line: &'a str, item: &Item<'_>) -> &'a str {
    let start = Span::of(line, item.name).start as usize;
    let end = Span::of(line, item.value).end as usize;
    line.get(start..end.max(start)).unwrap_or("")
}

/// Takes one word of a connection.
fn word(connection: &mut Connection, item: &Item<'_>) -> Option<()> {
    if item.separator != Separator::Equals {
        return None;
    }
    match item.name {
        "id" => connection.id = Some(number(item.value)?),
        "zone" => connection.zone = number(item.value)?,
        "mark" => connection.mark = number(item.value)?,
        "timeout" => connection.timeout = Some(number(item.value)?),
        "labels" => connection.labels = hex(item.value)?,
        "status" => connection.status = item.value.into(),
        "start" => connection.times.0 = item.value.into(),
        "stop" => connection.times.1 = item.value.into(),
        "protoinfo" => connection.protoinfo = item.value.strip_prefix('(')?.strip_suffix(')')?.into(),
        "helper" => connection.helper = item.value.into(),
        "parent" => connection.parent = Some(tuple(item.value)?),
        _ => return None,
    }
    Some(())
}

/// A decimal number.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.starts_with(|c: char| c.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A number such as `0x1122`, and `0`.
fn hex(text: &str) -> Option<u128> {
    match text.strip_prefix("0x") {
        Some(digits) if !digits.starts_with('+') => u128::from_str_radix(digits, 16).ok(),
        _ => (text == "0").then_some(0),
    }
}

/// `(src=10.0.0.1,dst=10.0.0.2,sport=1000,dport=80)`, or `id`, `type` and `code` for ICMP.
fn tuple(text: &str) -> Option<Tuple> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let (mut src, mut dst) = (None::<IpAddr>, None::<IpAddr>);
    let (mut sport, mut dport, mut kind, mut code) = (0, 0, None, None);
    let (mut packets, mut bytes) = (None, None);
    for item in items(inner) {
        match item.name {
            "src" => src = Some(item.value.parse().ok()?),
            "dst" => dst = Some(item.value.parse().ok()?),
            "sport" | "id" => sport = number(item.value)?,
            "dport" => dport = number(item.value)?,
            "type" => kind = Some(number(item.value)?),
            "code" => code = Some(number(item.value)?),
            "packets" => packets = Some(number(item.value)?),
            "bytes" => bytes = Some(number(item.value)?),
            _ => return None,
        }
    }
    let (icmp, counters) = (kind.zip(code), packets.zip(bytes));
    Some(Tuple { src: src?, dst: dst?, sport, dport, icmp, counters })
}

/// Prints what [`read_conntrack`] read.
pub fn paint_conntrack(parts: &[Part<Connection>], p: &mut impl Painter) {
    super::paint_parts(parts, p, paint_line);
}

fn paint_line(connection: &Connection, p: &mut impl Painter) {
    paint_connection(connection, p);
    p.text("\n");
}

/// Prints one connection, without a line end.
pub fn paint_connection(connection: &Connection, p: &mut impl Painter) {
    match protocol_name(connection.proto) {
        Some(name) => p.put(Role::Proto, name),
        None => p.decimal(Role::Proto, connection.proto.into()),
    }
    paint_tuple(",orig=(", &connection.orig, p);
    paint_tuple(",reply=(", &connection.reply, p);
    let decimal = |name: &str, n: Option<u32>, p: &mut _| {
        if let Some(n) = n {
            paint_word(name, Digits::decimal(n.into()).as_str(), p);
        }
    };
    paint_text("start", &connection.times.0, p);
    paint_text("stop", &connection.times.1, p);
    decimal("id", connection.id, p);
    decimal("zone", Some(connection.zone.into()).filter(|n| *n != 0), p);
    paint_text("status", &connection.status, p);
    decimal("timeout", connection.timeout, p);
    decimal("mark", Some(connection.mark).filter(|n| *n != 0), p);
    if connection.labels != 0 {
        paint_word("labels", &format!("{:#x}", connection.labels), p);
    }
    if !connection.protoinfo.is_empty() {
        paint_word("protoinfo", &format!("({})", connection.protoinfo), p);
    }
    paint_text("helper", &connection.helper, p);
    if let Some(parent) = &connection.parent {
        paint_tuple(",parent=(", parent, p);
    }
    for word in &connection.residue {
        p.dim(",");
        p.text(word);
    }
}

fn paint_text(name: &str, value: &str, p: &mut impl Painter) {
    if !value.is_empty() {
        paint_word(name, value, p);
    }
}

fn paint_word(name: &str, value: &str, p: &mut impl Painter) {
    p.dim(",");
    p.put(Role::Ct, name);
    p.dim("=");
    p.text(value);
}

fn paint_tuple(name: &str, tuple: &Tuple, p: &mut impl Painter) {
    p.dim(name);
    p.dim("src=");
    paint_address(tuple.src, p);
    p.dim(",dst=");
    paint_address(tuple.dst, p);
    let number = |name: &str, n: u64, p: &mut _| {
        Painter::dim(p, name);
        Painter::decimal(p, Role::Text, n);
    };
    match tuple.icmp {
        Some((kind, code)) => {
            number(",id=", tuple.sport.into(), p);
            number(",type=", kind.into(), p);
            number(",code=", code.into(), p);
        }
        None => {
            number(",sport=", tuple.sport.into(), p);
            number(",dport=", tuple.dport.into(), p);
        }
    }
    if let Some((packets, bytes)) = tuple.counters {
        number(",packets=", packets, p);
        number(",bytes=", bytes, p);
    }
    p.dim(")");
}

fn paint_address(address: IpAddr, p: &mut impl Painter) {
    match address {
        IpAddr::V4(address) => paint_ipv4(address.into(), u32::MAX, p),
        IpAddr::V6(address) => paint_ipv6(address.into(), u128::MAX, p),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::diag::Report;
    use crate::field::Names;

    fn read(text: &str) -> (Vec<Part<Connection>>, Vec<String>) {
        let mut report = Report::default();
        let file: Arc<str> = "f".into();
        let parts = read_conntrack(text, &mut Source { file: &file, names: Names::none(), report: &mut report });
        let said = report.kept.iter().map(|l| format!("{}:{}", l.line, l.diagnostic.message)).collect();
        (parts, said)
    }

    fn printed(text: &str) -> String {
        let mut out = String::new();
        paint_conntrack(&read(text).0, &mut out);
        out
    }

    const TCP: &str = "tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=1000,dport=80),reply=(src=10.0.0.2,dst=10.0.0.1,sport=80,dport=1000)";

    #[test]
    fn connections_come_out_as_they_went_in() {
        // The words after the addresses as lib/ct-dpif.c prints them for the kernel; written by hand.
        let kernel = format!(
            "{},start=2024-05-06T07:08:09.123,id=77,zone=3,status=SEEN_REPLY|ASSURED|CONFIRMED,timeout=431999,mark=5,\
             labels=0x1122334455667788aabb,protoinfo=(state=ESTABLISHED),helper=ftp,parent=(src=::1,dst=::2,sport=1,dport=21)\n",
            TCP.replace("dport=80)", "dport=80,packets=5,bytes=420)")
        );
        let icmp = "icmpv6,orig=(src=fe80::1,dst=::1.2.3.4,id=7,type=128,code=0),reply=(src=fe80::2,dst=fe80::1,id=7,type=129,code=0),id=0,zone=5,status=0\n";
        let plain = format!("{}\n", TCP.replace("tcp", "47"));
        for text in [kernel.as_str(), icmp, &plain, "\n", &format!("{plain}{icmp}")] {
            assert_eq!(read(text).1, [""; 0]);
            assert_eq!(printed(text), text);
            assert_eq!(is_conntrack(text), text != "\n");
        }
        let (parts, _) = read(&kernel);
        let connection = parts[0].entry().unwrap();
        assert_eq!((connection.proto, connection.zone, connection.mark, connection.id), (6, 3, 5, Some(77)));
        assert_eq!((connection.timeout, &*connection.helper), (Some(431_999), "ftp"));
        assert_eq!(connection.orig.counters, Some((5, 420)));
        assert_eq!(connection.parent.as_ref().unwrap().dport, 21);
        let (parts, _) = read(icmp);
        assert_eq!((parts[0].entry().unwrap().orig.sport, parts[0].entry().unwrap().orig.icmp), (7, Some((128, 0))));
    }

    #[test]
    fn unknown_words_are_kept_and_told() {
        let (parts, said) = read(&format!("{TCP},new=(a,b),zone=x,flag,zone=2"));
        let connection = parts[0].entry().unwrap();
        assert_eq!(connection.zone, 2);
        assert_eq!(connection.residue, [Box::from("new=(a,b)"), Box::from("zone=x"), Box::from("flag")]);
        assert_eq!(said[0], "1:`new=(a,b)` is nothing that is known of a connection");
        assert_eq!(said.len(), 3);
    }

    #[test]
    fn lines_that_are_no_connection_are_kept_as_text() {
        let text =
            "ovs-vswitchd: no datapath\nfoo,orig=(src=1.2.3.4\ntcp,orig=(src=1.2.3,dst=1.2.3.4),reply=(src=::)\ntcp\n";
        let (parts, said) = read(text);
        assert_eq!((parts.len(), said.len()), (1, 4));
        assert_eq!(said[2], "3:`(src=1.2.3,dst=1.2.3.4)` is no pair of addresses");
        assert_eq!(printed(text), text);
        let deep = format!("tcp,orig={}\n", "(".repeat(100_000));
        assert_eq!(read(&deep).1.len(), 1);
        assert!(!is_conntrack("") && !is_conntrack("in_port(1), packets:0") && !is_conntrack("foo,orig=(src=1.2.3.4"));
    }
}

//! Addresses that bridges have learned, tunnels, and the neighbours behind tunnels.
//!
//! `ovs-appctl fdb/show` (ovs-vswitchd(8)), `ofproto/list-tunnels`, `tnl/neigh/show` and its old name `tnl/arp/show`;
//! ofproto/ofproto-dpif.c, ofproto/tunnel.c and lib/tnl-neigh-cache.c of Open vSwitch for the layout. Since version 4.0
//! `fdb/show` can show several bridges: then the first entry of each begins with its name.
//!
//! Lines that are laid out as a switch does it are printed back byte for byte, with a line end after each.

use std::net::IpAddr;
use std::sync::Arc;

use nom::Parser;
use nom::bytes::complete::{tag, take_till1};
use nom::character::complete::u32;
use nom::combinator::rest;
use nom::sequence::{preceded, terminated};

use super::lines::Against;
use super::{Part, Source};
use crate::base::diag::Diagnostic;
use crate::base::paint::{Painter, Role, Target};
use crate::base::span::Span;
use crate::field::Names;
use crate::field::format::paint_mac;
use crate::field::names::{parse_port, port};
use crate::model::port::{FdbEntry, Tunnel, TunnelNeighbour, parse_mac};

/// Whether a text begins like `fdb/show`.
pub fn is_fdb(head: &str) -> bool {
    first_line(head).is_some_and(is_fdb_heading)
}

/// Whether a text begins like `ofproto/list-tunnels`.
pub fn is_tunnels(head: &str) -> bool {
    first_line(head).is_some_and(|line| tunnel(line).is_some())
}

/// Whether a text begins like `tnl/neigh/show`.
pub fn is_tunnel_neighbours(head: &str) -> bool {
    first_line(head).is_some_and(is_neighbour_heading)
}

fn first_line(head: &str) -> Option<&str> {
    head.lines().find(|line| !line.trim().is_empty())
}

fn is_fdb_heading(line: &str) -> bool {
    let words: Vec<_> = line.split_whitespace().take(6).collect();
    matches!(words[..], ["port" | "Port", "VLAN", "MAC", "Age"] | ["Bridge", "port" | "Port", "VLAN", "MAC", "Age"])
}

fn is_neighbour_heading(line: &str) -> bool {
    line.split_whitespace().take(4).eq(["IP", "MAC", "Bridge"])
}

/// Goes over the lines, each with its number, its text, and its text with the line end.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    text.split_inclusive('\n').enumerate().map(|(i, whole)| (i + 1, whole.trim_end_matches(['\n', '\r']), whole))
}

/// Collects the parts of a document. Lines that are only text become one part as long as no entry stands between them,
/// so that a large file of blank lines does not become a larger list.
pub(super) struct Parts<T> {
    parts: Vec<Part<T>>,
    text: String,
}

impl<T> Parts<T> {
    pub(super) fn new() -> Parts<T> {
        Parts { parts: Vec::new(), text: String::new() }
    }

    /// Takes an entry, or the line that is none. The line is kept beside an entry that prints differently.
    pub(super) fn push(&mut self, entry: Option<T>, line: &str, paint: impl FnOnce(&T, &mut Against<'_>)) {
        let Some(entry) = entry else { return self.text.push_str(line) };
        self.end_text();
        let mut against = Against::new(line);
        paint(&entry, &mut against);
        self.parts.push(match against.difference() {
            None => Part::Entry(entry),
            Some(_) => Part::Written(entry, line.into()),
        });
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text).into()));
        }
    }

    pub(super) fn finish(mut self) -> Vec<Part<T>> {
        self.end_text();
        self.parts
    }
}

/// Reads `fdb/show`.
pub fn read_fdb(text: &str, source: &mut Source<'_>) -> Vec<Part<FdbEntry>> {
    let mut has_bridges = false;
    let mut bridge: Arc<str> = Arc::default();
    let mut parts = Parts::new();
    let mut layout = Layout::default();
    for (number, line, whole) in lines(text) {
        layout.text(line);
        let words: Vec<_> = line.split_whitespace().take(6).collect();
        let mut is_known = words.is_empty();
        let mut entry = None;
        match words[..] {
            _ if is_fdb_heading(line) => (has_bridges, is_known) = (words.len() == 5, true),
            [port, vlan, mac, age] => entry = fdb_entry(&bridge, port, vlan, mac, age),
            [name, port, vlan, mac, age] if has_bridges => {
                bridge = name.into();
                entry = fdb_entry(&bridge, port, vlan, mac, age);
            }
            // A bridge that has learned nothing stands alone in its line.
            [name] if has_bridges => (bridge, is_known) = (name.into(), true),
            _ => {}
        }
        if entry.is_none() && !is_known {
            let d = Diagnostic::error("unknown-line", Span::new(0, line.len()), "no entry of a bridge's address table");
            source.complain(number, line, d.hint("expected a port, a VLAN, a MAC address and an age"));
        }
        let is_entry = entry.is_some();
        parts.push(entry, whole, |entry, p| layout.paint(entry, p));
        if is_entry {
            layout.shown = bridge.clone();
        }
    }
    parts.finish()
}

fn fdb_entry(bridge: &Arc<str>, port: &str, vlan: &str, mac: &str, age: &str) -> Option<FdbEntry> {
    let age = if age == "static" { None } else { Some(age.parse().ok()?) };
    let port = parse_port(port, Names::none()).ok()?;
    Some(FdbEntry { bridge: bridge.clone(), port, vlan: vlan.parse().ok()?, mac: parse_mac(mac)?, age })
}

/// Prints what [`read_fdb`] read.
pub fn paint_fdb(parts: &[Part<FdbEntry>], p: &mut impl Painter) {
    let mut layout = Layout::default();
    for part in parts {
        match part {
            Part::Text(text) => {
                text.lines().for_each(|line| layout.text(line));
                p.put(Role::Dim, text);
            }
            Part::Written(_, text) => p.text(text),
            Part::Entry(entry) => layout.paint(entry, p),
        }
        if let Some(entry) = part.entry() {
            layout.shown = entry.bridge.clone();
        }
    }
}

/// How far an address table was printed: the column of bridges names each once.
#[derive(Default)]
struct Layout {
    /// The width of the column, if there is one.
    column: Option<usize>,
    /// The bridge that was named last.
    shown: Arc<str>,
}

impl Layout {
    /// The widest column of bridges, in bytes: twice the longest name that Linux lets an interface have.
    const WIDEST: usize = 32;

    /// Looks at a line that is no entry: it may be a heading.
    fn text(&mut self, line: &str) {
        let at = if is_fdb_heading(line) { line.find(" Port  VLAN") } else { None };
        let width = at.and_then(|at| at.checked_sub(1)).filter(|width| (1..=Layout::WIDEST).contains(width));
        self.column = width.or(self.column);
    }

    fn paint(&self, entry: &FdbEntry, p: &mut impl Painter) {
        if let Some(width) = self.column {
            let name = if self.shown == entry.bridge { "" } else { &entry.bridge };
            p.put(Role::Accent, &format!(" {name}{}", " ".repeat(width.saturating_sub(name.len()))));
        }
        paint_fdb_entry(entry, p);
    }
}

/// Prints one entry, with its line end.
fn paint_fdb_entry(entry: &FdbEntry, p: &mut impl Painter) {
    let name = port::reserved_name(entry.port).map_or_else(|| entry.port.to_string(), str::to_owned);
    p.text(&" ".repeat(5usize.saturating_sub(name.len())));
    p.link(Target::Port(entry.port), Role::Output, &name);
    p.text(&format!("  {:4}  ", entry.vlan));
    paint_mac(entry.mac, p);
    match entry.age {
        Some(age) => p.text(&format!("  {age:3}\n")),
        None => p.text("  static\n"),
    }
}

/// Reads `ofproto/list-tunnels`.
pub fn read_tunnels(text: &str, source: &mut Source<'_>) -> Vec<Part<Tunnel>> {
    let mut parts = Parts::new();
    for (number, line, whole) in lines(text) {
        let tunnel = tunnel(line);
        if tunnel.is_none() && !line.trim().is_empty() {
            let d = Diagnostic::error("unknown-line", Span::new(0, line.len()), "no tunnel");
            source.complain(number, line, d.hint("expected `port NUMBER: NAME (TYPE: LOCAL->REMOTE, key=..)`"));
        }
        parts.push(tunnel, whole, |tunnel, p| paint_tunnel(tunnel, p));
    }
    parts.finish()
}

/// `port 2: vx (vxlan: ::->10.0.0.12, key=flow, legacy_l2, dp port=2, ttl=64)`.
fn tunnel(line: &str) -> Option<Tunnel> {
    let number = preceded(tag("port "), terminated(u32, tag(": ")));
    let name = terminated(take_till1(|c| c == ' '), tag(" ("));
    let parsed = (number, name, rest::<&str, nom::error::Error<&str>>).parse(line);
    let (_, (dp_port, name, described)) = parsed.ok()?;
    let text = described.strip_suffix(')')?;
    let (kind, items) = text.split_once(": ")?;
    let mut items = items.split(", ");
    let (local, remote) = items.next()?.split_once("->")?;
    let key = items.find_map(|item| item.strip_prefix("key="))?;
    Some(Tunnel {
        dp_port,
        name: name.into(),
        kind: kind.into(),
        local: local.into(),
        remote: remote.into(),
        key: key.into(),
        text: text.into(),
    })
}

/// Prints what [`read_tunnels`] read.
pub fn paint_tunnels(parts: &[Part<Tunnel>], p: &mut impl Painter) {
    super::paint_parts(parts, p, paint_tunnel);
}

/// Prints one tunnel, with its line end.
fn paint_tunnel(tunnel: &Tunnel, p: &mut impl Painter) {
    p.dim("port ");
    p.decimal(Role::Text, tunnel.dp_port.into());
    p.dim(": ");
    p.put(Role::Output, &tunnel.name);
    p.dim(" (");
    p.text(&tunnel.text);
    p.dim(")\n");
}

/// Reads `tnl/neigh/show`.
pub fn read_tunnel_neighbours(text: &str, source: &mut Source<'_>) -> Vec<TunnelNeighbour> {
    let mut neighbours = Vec::new();
    for (number, line, _) in lines(text) {
        let is_rule = !line.is_empty() && line.bytes().all(|b| b == b'=');
        if line.trim().is_empty() || is_rule || is_neighbour_heading(line) {
            continue;
        }
        match neighbour(line) {
            Some(neighbour) => neighbours.push(neighbour),
            None => {
                let d = Diagnostic::error("unknown-line", Span::new(0, line.len()), "no neighbour of a tunnel");
                source.complain(number, line, d.hint("expected an address, a MAC address and a bridge"));
            }
        }
    }
    neighbours
}

/// `10.0.0.12   aa:bb:cc:00:00:02   br-ex`; the MAC address is missing while it is being asked for, and then
/// `INCOMPLETE` follows the bridge. `STALE` says that the entry is too old.
fn neighbour(line: &str) -> Option<TunnelNeighbour> {
    let words: Vec<_> = line.split_whitespace().take(6).collect();
    let (address, mac, bridge, flags) = match &words[..] {
        [address, bridge, flags @ ..] if flags.first() == Some(&"INCOMPLETE") => (address, None, bridge, &flags[1..]),
        [address, mac, bridge, flags @ ..] => (address, Some(parse_mac(mac)?), bridge, flags),
        _ => return None,
    };
    let stale = match flags {
        [] => false,
        ["STALE"] => true,
        _ => return None,
    };
    Some(TunnelNeighbour { address: address.parse::<IpAddr>().ok()?, mac, bridge: (*bridge).into(), stale })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::diag::Report;

    fn read<T>(text: &str, read: fn(&str, &mut Source<'_>) -> T) -> (T, Vec<u32>) {
        let mut report = Report::default();
        let file: Arc<str> = "f".into();
        let out = read(text, &mut Source { file: &file, names: Names::none(), report: &mut report });
        (out, report.kept.iter().map(|l| l.line).collect())
    }

    const FDB: &str = "\
 port  VLAN  MAC                Age
    3     1  fa:16:3e:b0:70:fd    1
LOCAL     0  5e:0f:01:d9:eb:4a  300
    2    30  50:54:00:00:00:09  static
";

    // By hand, from the source of Open vSwitch 4.0.
    const SEVERAL: &str = concat!(
        " Bridge  Port  VLAN  MAC                Age\n",
        " br-int     3     1  fa:16:3e:b0:70:fd    1\n",
        "            4     1  fa:16:3e:b0:70:fe    1\n",
        " br-tun\n",
        " br-ex  LOCAL     0  5e:0f:01:d9:eb:4a    9\n",
    );

    #[test]
    fn addresses_come_out_as_they_went_in() {
        for text in [FDB, SEVERAL, &FDB.replace(" port", " Port"), &FDB[..35]] {
            let (parts, said) = read(text, read_fdb);
            assert_eq!(said, [0; 0]);
            let mut out = String::new();
            paint_fdb(&parts, &mut out);
            assert_eq!(out, text);
            assert!(is_fdb(text));
        }
        let (parts, _) = read(FDB, read_fdb);
        let entries: Vec<_> = parts.iter().filter_map(Part::entry).map(|e| (e.port, e.vlan, e.age)).collect();
        assert_eq!(entries, [(3, 1, Some(1)), (port::LOCAL, 0, Some(300)), (2, 30, None)]);
        let (parts, _) = read(SEVERAL, read_fdb);
        let bridges: Vec<_> = parts.iter().filter_map(Part::entry).map(|e| e.bridge.to_string()).collect();
        assert_eq!(bridges, ["br-int", "br-int", "br-ex"]);
    }

    #[test]
    fn wrong_addresses_are_told_and_kept_as_text() {
        let text = FDB.replace("fa:16", "fa:1x").replace(" 30 ", " 70000 ").replace("300", "young");
        let (parts, said) = read(&text, read_fdb);
        assert_eq!((parts.len(), said), (1, vec![2, 3, 4]));
        let mut out = String::new();
        paint_fdb(&parts, &mut out);
        assert_eq!(out, text);
        assert!(!is_fdb("") && !is_fdb("Bridge table\n"));
    }

    const TUNNELS: &str = "\
port 3: gn6 (geneve: 2001:db8::1->2001:db8::2, key=0x7, legacy_l2, dp port=3, out_key=0x8, ttl=inherit)
port 4: vflow (vxlan: flow->flow, key=flow, legacy_l2, dp port=4, ttl=64)
";

    #[test]
    fn tunnels_come_out_as_they_went_in() {
        let (parts, said) = read(TUNNELS, read_tunnels);
        assert_eq!(said, [0; 0]);
        let tunnel = parts[0].entry().unwrap();
        assert_eq!((tunnel.dp_port, &*tunnel.name, &*tunnel.kind), (3, "gn6", "geneve"));
        assert_eq!((&*tunnel.local, &*tunnel.remote, &*tunnel.key), ("2001:db8::1", "2001:db8::2", "0x7"));
        let mut out = String::new();
        paint_tunnels(&parts, &mut out);
        assert_eq!(out, TUNNELS);
        assert!(is_tunnels(TUNNELS) && !is_tunnels("port 3: eth0 (tap)\n") && !is_tunnels(""));
        assert_eq!(read("port x: a (b: c->d, key=1)\nport 1: a (b)\n", read_tunnels).1, [1, 2]);
    }

    #[test]
    fn neighbours_of_tunnels() {
        let text = "\
IP                                            MAC                 Bridge
==========================================================================
2001:db8::2                                   aa:bb:cc:00:00:01   br-ex
10.0.0.12                                                         br-phy INCOMPLETE
10.0.0.13                                     aa:bb:cc:00:00:02   br-ex STALE
10.0.0.14                                     aa:bb:cc:00:00      br-ex
";
        let (neighbours, said) = read(text, read_tunnel_neighbours);
        assert_eq!(said, [6]);
        assert_eq!(neighbours[0].address, "2001:db8::2".parse::<IpAddr>().unwrap());
        assert_eq!(
            (neighbours[0].mac, &*neighbours[0].bridge, neighbours[0].stale),
            (Some(0xaabb_cc00_0001), "br-ex", false)
        );
        assert_eq!((neighbours[1].mac, &*neighbours[1].bridge), (None, "br-phy"));
        assert!(neighbours[2].stale);
        assert!(is_tunnel_neighbours(text) && !is_tunnel_neighbours("IP MAC\n"));
    }
}

//! Datapaths with their ports: `ovs-appctl dpif/show`, `ovs-appctl dpctl/show [-s]` and `ovs-dpctl show`.
//!
//! ovs-vswitchd(8) "dpif/show", ovs-dpctl(8) "show"; ofproto/ofproto-dpif.c and lib/dpctl.c of Open vSwitch. The first
//! knows the bridges, and both numbers of their ports; the second knows the ports of the datapath. Old versions indent
//! with tabs, new ones with two blanks a level.

use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, u32, u64};
use nom::combinator::{all_consuming, map, rest};
use nom::sequence::{preceded, separated_pair, terminated};
use nom::{IResult, Parser};

use super::Source;
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::model::datapath::{Datapath, DpBridge, DpBridgePort, DpPort};

/// Whether a text begins like `dpif/show`.
pub fn is_dpif_show(head: &str) -> bool {
    head.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| backer(line).is_some())
}

/// Whether a text begins like `dpctl/show`.
pub fn is_dpctl_show(head: &str) -> bool {
    let mut lines = head.lines().filter(|line| !line.trim().is_empty());
    let is_name = |line: &str| line.trim_end().strip_suffix(':').is_some_and(|name| name.contains('@'));
    let is_inside = |line: &str| ["lookups:", "port "].iter().any(|word| line.trim_start().starts_with(word));
    lines.next().is_some_and(|line| level(line) == 0 && is_name(line)) && lines.next().is_none_or(is_inside)
}

/// Reads `dpif/show`: datapaths, their bridges, and the ports of these.
pub fn read_dpif_show(text: &str, source: &mut Source<'_>) -> Vec<Datapath> {
    let mut datapaths: Vec<Datapath> = Vec::new();
    read_lines(text, source, |line, words| {
        if level(line) == 0 {
            let (name, hit, missed) = backer(line)?;
            datapaths.push(Datapath { name: name.into(), hit, missed, ..Datapath::default() });
            return Some(());
        }
        let bridges = &mut datapaths.last_mut()?.bridges;
        match level(line) {
            1 => bridges.push(DpBridge { name: words.strip_suffix(':')?.into(), ports: Vec::new() }),
            _ => bridges.last_mut()?.ports.push(bridge_port(words)?),
        }
        Some(())
    });
    datapaths
}

/// Reads `dpctl/show`: datapaths and their ports.
pub fn read_dpctl_show(text: &str, source: &mut Source<'_>) -> Vec<Datapath> {
    let mut datapaths: Vec<Datapath> = Vec::new();
    read_lines(text, source, |line, _| {
        let Some(problem) = line.strip_prefix(", ") else {
            return dpctl_line(line, &mut datapaths);
        };
        // With `-s` a port that cannot be asked has the reason in front of the next port, in the same line.
        let end = memchr::memmem::find(problem.as_bytes(), b")  port ").map_or(problem.len(), |at| at + 1);
        datapaths.last_mut()?.ports.last_mut()?.problem = problem[..end].into();
        if end < problem.len() { dpctl_line(&problem[end..], &mut datapaths) } else { Some(()) }
    });
    datapaths
}

fn dpctl_line(line: &str, datapaths: &mut Vec<Datapath>) -> Option<()> {
    let words = line.trim();
    if level(line) == 0 {
        let name = words.strip_suffix(':').filter(|name| name.contains('@'))?;
        datapaths.push(Datapath { name: name.into(), ..Datapath::default() });
        return Some(());
    }
    let datapath = datapaths.last_mut()?;
    match (level(line), datapath.ports.last_mut()) {
        (1, _) if words.starts_with("port ") => datapath.ports.push(port(words)?),
        (2.., Some(port)) => port.stats.extend(stats(words)?),
        _ => counters(words, datapath)?,
    }
    Some(())
}

/// Hands over every line that is not blank, and the same without its indentation. What comes back as `None` is told.
fn read_lines(text: &str, source: &mut Source<'_>, mut read: impl FnMut(&str, &str) -> Option<()>) {
    for (i, line) in text.lines().enumerate() {
        let words = line.trim();
        if !words.is_empty() && read(line, words).is_none() {
            let d = Diagnostic::error("unknown-line", Span::of(line, words), "nothing that is known of a datapath");
            source.complain(i + 1, line, d);
        }
    }
}

/// How far a line is indented: a tab or two blanks a level.
fn level(line: &str) -> usize {
    let indent = &line[..line.len() - line.trim_start().len()];
    indent.bytes().map(|b| if b == b'\t' { 2 } else { 1 }).sum::<usize>() / 2
}

/// `system@ovs-system: hit:38 missed:39`.
fn backer(line: &str) -> Option<(&str, u64, u64)> {
    let (name, counts) = line.rsplit_once(": hit:").filter(|(name, _)| name.contains('@') && level(name) == 0)?;
    let mut counts_of = all_consuming(separated_pair(u64::<_, nom::error::Error<&str>>, tag(" missed:"), u64));
    let (_, (hit, missed)) = counts_of.parse(counts.trim_end()).ok()?;
    Some((name, hit, missed))
}

/// `vx 1/2: (vxlan: key=flow, remote_ip=10.0.0.12)`; a patch port has `none` instead of its second number.
fn bridge_port(text: &str) -> Option<DpBridgePort> {
    type Numbers<'a> = (u32, Option<u32>);
    fn numbers(text: &str) -> IResult<&str, Numbers<'_>> {
        let dp_port = nom::branch::alt((map(tag("none"), |_| None), map(u32, Some)));
        terminated(separated_pair(u32, char('/'), dp_port), tag(":")).parse(text)
    }
    let (name, rest) = text.split_once(' ')?;
    let (described, (ofport, dp_port)) = numbers(rest).ok()?;
    let (kind, options) = description(described.trim_start())?;
    Some(DpBridgePort { name: name.into(), ofport, dp_port, kind: kind.into(), options })
}

/// `port 8: gre_sys (gre: packet_type=ptap)`; a port of the type `system` has no parentheses.
fn port(text: &str) -> Option<DpPort> {
    let head = preceded(tag("port "), terminated(u32, tag(": ")));
    let name = take_while1(|c: char| c != ' ');
    let parsed = (head, name, rest::<&str, nom::error::Error<&str>>).parse(text);
    let (_, (number, name, described)) = parsed.ok()?;
    let mut port = DpPort { number, name: name.into(), kind: "system".into(), ..DpPort::default() };
    if !described.trim().is_empty() {
        let (kind, options) = description(described.trim())?;
        let (kind, problem) = kind.split_once(", ").unwrap_or((kind, ""));
        port.kind = kind.into();
        if !problem.is_empty() {
            port.problem = problem.into();
        }
        match options.as_slice() {
            // `(tap: open failed (No such device))` has a reason where the options would stand.
            [(reason, nothing)] if nothing.is_empty() => port.problem = reason.clone(),
            _ => port.options = options,
        }
    }
    Some(port)
}

/// A type with options, in parentheses.
type Described<'a> = (&'a str, Vec<(Box<str>, Box<str>)>);

/// `(patch: peer=patch-tun)`.
fn description(text: &str) -> Option<Described<'_>> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    match inner.split_once(": ") {
        Some((kind, options)) => Some((kind, self::options(options))),
        None => Some((inner, Vec::new())),
    }
}

/// `key=flow, remote_ip=10.0.0.12`. A comma that no `NAME=` follows belongs to the value.
fn options(text: &str) -> Vec<(Box<str>, Box<str>)> {
    let mut options: Vec<(&str, &str)> = Vec::new();
    for part in text.split(", ") {
        match (part.split_once('='), options.last_mut()) {
            (Some(option), _) => options.push(option),
            (None, Some(last)) => {
                // Both are slices of the text, with the comma and the blank between them.
                let start = Span::of(text, last.1).start as usize;
                let end = Span::of(text, part).end as usize;
                last.1 = &text[start..end];
            }
            (None, None) => options.push((part, "")),
        }
    }
    options.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// `lookups: hit:94 missed:39 lost:0`, `flows: 19`, `masks: ..`, `masks-cache: size:256`.
fn counters(text: &str, datapath: &mut Datapath) -> Option<()> {
    let (name, values) = text.split_once(':')?;
    let values = values.trim();
    match name {
        "lookups" => {
            let count = |name| values.split(' ').find_map(|v| v.strip_prefix(name)?.strip_prefix(':')?.parse().ok());
            datapath.hit = count("hit")?;
            datapath.missed = count("missed")?;
            datapath.lost = count("lost");
        }
        "flows" => datapath.flows = Some(values.parse().ok()?),
        // The heading of the caches below it.
        "caches" if values.is_empty() => {}
        _ => datapath.counters.push((name.into(), values.into())),
    }
    Some(())
}

/// `RX packets:5 errors:0`, `collisions:?`, `RX bytes:123 (1.2 KiB)  TX bytes:0`. What stands in parentheses is the
/// same number for people.
fn stats(text: &str) -> Option<Vec<(Box<str>, Option<u64>)>> {
    let mut stats = Vec::new();
    let mut side = "";
    let mut in_parentheses = false;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        in_parentheses |= word.starts_with('(');
        match word.split_once(':') {
            _ if in_parentheses => in_parentheses = !word.ends_with(')'),
            Some((name, count)) => {
                let count = if count == "?" { None } else { Some(count.parse().ok()?) };
                let between = if side.is_empty() { "" } else { " " };
                stats.push((format!("{side}{between}{name}").into(), count));
            }
            None if matches!(word, "RX" | "TX" | "UPCALL") => side = word,
            None => return None,
        }
    }
    Some(stats)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::diag::Report;
    use crate::field::Names;

    fn read<T>(text: &str, read: fn(&str, &mut Source<'_>) -> T) -> (T, Vec<String>) {
        let mut report = Report::default();
        let file: Arc<str> = "f".into();
        let out = read(text, &mut Source { file: &file, names: Names::none(), report: &mut report });
        (out, report.kept.iter().map(|l| format!("{}:{}", l.line, l.diagnostic.span.slice(&l.text))).collect())
    }

    fn pairs(pairs: &[(Box<str>, Box<str>)]) -> Vec<String> {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    const DPIF: &str = "\
system@ovs-system: hit:38 missed:39
  br-ex:
    br-ex 65534/2: (internal)
    patch-b 1/none: (patch: peer=patch-a)
  br-int:
    vx 5/7: (vxlan: dp=a, b, c, remote_ip=10.0.0.12)
";

    #[test]
    fn bridges_and_both_numbers_of_their_ports() {
        for text in [DPIF.to_owned(), DPIF.replace("    ", "\t\t").replace("  ", "\t")] {
            let (datapaths, said) = read(&text, read_dpif_show);
            assert_eq!(said, [""; 0]);
            let datapath = &datapaths[0];
            assert_eq!((&*datapath.name, datapath.hit, datapath.missed), ("system@ovs-system", 38, 39));
            let ports: Vec<_> = datapath.bridges.iter().flat_map(|b| &b.ports).map(|p| (p.ofport, p.dp_port)).collect();
            assert_eq!(ports, [(65534, Some(2)), (1, None), (5, Some(7))]);
            let vx = &datapath.bridges[1].ports[0];
            assert_eq!((&*vx.name, &*vx.kind), ("vx", "vxlan"));
            assert_eq!(pairs(&vx.options), ["dp=a, b, c", "remote_ip=10.0.0.12"]);
            assert!(is_dpif_show(&text) && !is_dpctl_show(&text));
        }
    }

    const DPCTL: &str = "\
netdev@ovs-netdev:
  lookups: hit:94 missed:39 lost:1
  flows: 19
  masks: hit:31 total:2 hit/pkt:0.91
  caches:
    masks-cache: size:256
  port 0: ovs-netdev (tap)
    RX packets:5 errors:? dropped:0 overruns:0 frame:0
    collisions:7
    RX bytes:5120 (5.0 KiB)  TX bytes:0
  port 1: eth1
  port 2: gre_sys (gre: packet_type=ptap)
  port 3: gone (tap: open failed (No such device))
  port 4: odd (tap, could not retrieve configuration (Invalid argument))
  port 5: bad (tap)
, open failed (No such device)  port 6: worse (tap)
, could not retrieve stats (Invalid argument)
";

    #[test]
    fn ports_of_the_datapath() {
        let (datapaths, said) = read(DPCTL, read_dpctl_show);
        assert_eq!(said, [""; 0]);
        let datapath = &datapaths[0];
        assert_eq!((datapath.hit, datapath.missed, datapath.lost, datapath.flows), (94, 39, Some(1), Some(19)));
        assert_eq!(pairs(&datapath.counters), ["masks=hit:31 total:2 hit/pkt:0.91", "masks-cache=size:256"]);
        let ports: Vec<_> = datapath.ports.iter().map(|p| (p.number, &*p.name, &*p.kind, &*p.problem)).collect();
        assert_eq!(
            ports,
            [
                (0, "ovs-netdev", "tap", ""),
                (1, "eth1", "system", ""),
                (2, "gre_sys", "gre", ""),
                (3, "gone", "tap", "open failed (No such device)"),
                (4, "odd", "tap", "could not retrieve configuration (Invalid argument)"),
                (5, "bad", "tap", "open failed (No such device)"),
                (6, "worse", "tap", "could not retrieve stats (Invalid argument)"),
            ]
        );
        let stats: Vec<_> = datapath.ports[0].stats.iter().map(|(name, n)| (&**name, *n)).collect();
        assert_eq!(stats[..2], [("RX packets", Some(5)), ("RX errors", None)]);
        assert_eq!(stats[5..], [("collisions", Some(7)), ("RX bytes", Some(5120)), ("TX bytes", Some(0))]);
        assert!(is_dpctl_show(DPCTL) && !is_dpif_show(DPCTL));
    }

    #[test]
    fn wrong_lines_are_told_and_the_rest_kept() {
        let (datapaths, said) =
            read(&DPIF.replace("65534/2", "65534").replace("  br-int:", "  br-int"), read_dpif_show);
        assert_eq!(said, ["3:br-ex 65534: (internal)", "5:br-int"]);
        assert_eq!(datapaths[0].bridges[0].ports.len(), 2);
        let (datapaths, said) = read(&DPCTL.replace("port 1:", "port x:").replace("94", "y"), read_dpctl_show);
        assert_eq!(said, ["2:lookups: hit:y missed:39 lost:1", "11:port x: eth1"]);
        assert_eq!(datapaths[0].ports.len(), 6);
        assert_eq!(read("  br-int:\n", read_dpif_show).1.len(), 1);
        assert!(!is_dpif_show("") && !is_dpctl_show("") && !is_dpctl_show("a@b:\nfoo\n"));
    }
}

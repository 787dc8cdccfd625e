//! The flows of the datapath: `ovs-appctl dpctl/dump-flows [-m]` and `ovs-dpctl dump-flows`.
//!
//! ovs-dpctl(8) "dump-flows"; lib/dpctl.c and `odp_flow_format` in lib/odp-util.c of Open vSwitch. A line is the key,
//! then `, packets:7, bytes:686, used:3.557s`, more of that kind, and `actions:` with the rest of the line. Lines such
//! as `flow-dump from the main thread:` say whose flows follow.
//!
//! Time and memory grow with the length of the text: a part of a key takes 28 bytes. Parts inside parts are told apart
//! up to a depth of [`Key::DEPTH`].

use std::sync::Arc;

use nom::Parser;
use nom::bytes::complete::tag;
use nom::character::complete::{char, u64};
use nom::combinator::all_consuming;
use nom::sequence::preceded;

use super::Source;
use super::flow_line::parse_duration;
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::model::datapath::{DpFlow, Key, Part};

/// The words in front of a thread's name.
const THREAD: &str = "flow-dump from ";
/// What stands between a key and the counters.
const COUNTERS: &str = ", packets:";
const ACTIONS: &str = ", actions:";
const EXTRA: &str = ", dp-extra-info:";

/// Whether a text begins like a dump of datapath flows.
pub fn is_dp_flows(head: &str) -> bool {
    let mut lines = head.lines().filter(|line| !line.trim().is_empty());
    match lines.next() {
        Some(line) if line.starts_with(THREAD) => lines.next().is_none_or(is_flow),
        first => first.is_some_and(is_flow),
    }
}

/// Whether a line begins like a flow. The beginning of a text may end within its first line.
fn is_flow(line: &str) -> bool {
    let key = line.strip_prefix("ufid:").map_or(line, |rest| rest.split_once(", ").map_or("", |(_, key)| key));
    let name = key.find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '_').unwrap_or(0);
    name > 0
        && key[name..].starts_with('(')
        && (line.contains(COUNTERS) || ["recirc_id(", "in_port(", "eth_type("].iter().any(|part| key.contains(part)))
}

/// Reads the flows. A line that is no flow is told and left out.
pub fn read_dp_flows(text: &str, source: &mut Source<'_>) -> Vec<DpFlow> {
    let mut flows = Vec::new();
    let mut thread: Arc<str> = Arc::default();
    for (i, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix(THREAD) {
            thread = name.trim_end().trim_end_matches(':').into();
        } else if !line.trim().is_empty() {
            let mut found = Vec::new();
            let flow = flow(line.trim_end(), &thread, &mut found);
            found.into_iter().for_each(|d| source.complain(i + 1, line, d));
            flows.extend(flow);
        }
    }
    flows
}

/// Reads one line.
fn flow(line: &str, thread: &Arc<str>, found: &mut Vec<Diagnostic>) -> Option<DpFlow> {
    let find = |what: &str| memchr::memmem::find(line.as_bytes(), what.as_bytes());
    let (Some(counters_at), Some(actions_at)) = (find(COUNTERS), find(ACTIONS)) else {
        let d = Diagnostic::error("unknown-line", Span::new(0, line.len()), "no flow of a datapath");
        found.push(d.hint("a flow has `packets:` and `actions:`"));
        return None;
    };
    let (head, counters) = (&line[..counters_at], line.get(counters_at + 2..actions_at).unwrap_or(""));
    let mut flow = DpFlow { thread: thread.clone(), ..DpFlow::default() };
    let key = match head.strip_prefix("ufid:").and_then(|rest| rest.split_once(", ")) {
        Some((ufid, key)) => {
            flow.ufid = Some(ufid.into());
            key
        }
        None => head,
    };
    flow.key = parse_key(key).unwrap_or_else(|(key_read, at, message)| {
        let at = Span::of(line, key).start as usize + at;
        found.push(Diagnostic::error("bad-key", Span::new(at, at + 1), message));
        key_read
    });
    for item in counters.split(", ") {
        if !counter(&mut flow, item) {
            let message = format!("`{}` is nothing that is counted", item.chars().take(40).collect::<String>());
            found.push(Diagnostic::error("bad-counter", Span::of(line, item), message));
        }
    }
    let tail = &line[actions_at + ACTIONS.len()..];
    // Actions could hold anything, but what follows them is the last thing in the line.
    let (actions, extra) = match memchr::memmem::rfind(tail.as_bytes(), EXTRA.as_bytes()) {
        Some(at) => (&tail[..at], &tail[at + EXTRA.len()..]),
        None => (tail, ""),
    };
    (flow.actions, flow.extra) = (actions.into(), extra.into());
    Some(flow)
}

/// Takes one of `packets:7`, `used:3.557s` and so on.
fn counter(flow: &mut DpFlow, item: &str) -> bool {
    let Some((name, value)) = item.split_once(':') else {
        return false;
    };
    match name {
        "packets" => value.parse().map(|n| flow.packets = n).is_ok(),
        "bytes" => value.parse().map(|n| flow.bytes = n).is_ok(),
        "used" if value == "never" => true,
        // The clocks of a datapath and of the one who prints may differ a little: it was used just now.
        "used" => match parse_duration(value.trim_start_matches('-')) {
            Some(ns) => {
                flow.used_ms = Some(if value.starts_with('-') { 0 } else { ns / 1_000_000 });
                true
            }
            None => false,
        },
        "flags" => {
            flow.flags = value.into();
            true
        }
        "offloaded" => {
            flow.offloaded = value.into();
            true
        }
        "dp" => {
            flow.dp = value.into();
            true
        }
        _ => false,
    }
}

/// Reads a key such as `recirc_id(0),in_port(2),eth(src=00:..),ipv4(src=10.0.0.1/255.0.0.0,frag=no)`. If something is
/// wrong, gives what was read, the place and a message.
pub fn parse_key(text: &str) -> Result<Key, (Key, usize, &'static str)> {
    let mut parser = KeyParser { text, at: 0, parts: Vec::new(), open: Vec::new(), wrong: None };
    parser.run();
    let key = Key { text: text.into(), parts: parser.parts };
    match parser.wrong {
        None => Ok(key),
        Some((at, message)) => Err((key, at, message)),
    }
}

struct KeyParser<'a> {
    text: &'a str,
    at: usize,
    parts: Vec<Part>,
    /// The parts whose parenthesis or brace is still open.
    open: Vec<usize>,
    /// The first thing that is wrong.
    wrong: Option<(usize, &'static str)>,
}

impl KeyParser<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b',' | b' ' => self.at += 1,
                b')' | b'}' => self.close(),
                _ => self.part(),
            }
        }
        if !self.open.is_empty() {
            self.wrong(self.text.len(), "a parenthesis is never closed");
            while let Some(at) = self.open.pop() {
                self.finish(at);
            }
        }
    }

    fn wrong(&mut self, at: usize, message: &'static str) {
        self.wrong.get_or_insert((at, message));
    }

    /// The next byte that ends a name or a value.
    fn word(&self, from: usize, ends: &[u8]) -> usize {
        let rest = &self.text.as_bytes()[from..];
        rest.iter().position(|b| ends.contains(b)).map_or(self.text.len(), |at| from + at)
    }

    /// Reads a name and its value, or opens the parenthesis that follows the name.
    fn part(&mut self) {
        let start = self.at;
        let mut end = self.word(start, b",(){}=");
        let mut part = Part { name: Span::new(start, end), ..Part::default() };
        let mut next = self.text.as_bytes().get(end);
        if next == Some(&b'=') {
            let value = end + 1;
            end = self.word(value, b",(){}");
            self.set_value(&mut part, value, end);
            next = self.text.as_bytes().get(end);
        } else if !matches!(next, Some(b'(' | b'{')) && !self.open.is_empty() {
            // A bare word inside parentheses is a value: `recirc_id(0x3)`.
            part.name = Span::new(start, start);
            self.set_value(&mut part, start, end);
        }
        self.at = end;
        part.end = self.parts.len() as u32 + 1;
        if matches!(next, Some(b'(' | b'{')) {
            if self.open.len() < Key::DEPTH {
                self.open.push(self.parts.len());
                self.at += 1;
            } else {
                self.wrong(end, "too many parentheses inside each other");
                self.at = self.matching(end);
                part.value = Span::new(end, self.at);
            }
        }
        self.parts.push(part);
    }

    /// Splits a value at its mask.
    fn set_value(&self, part: &mut Part, start: usize, end: usize) {
        let slash = self.text[start..end].find('/').map_or(end, |at| start + at);
        part.value = Span::new(start, slash);
        part.mask = Span::new((slash + 1).min(end), end);
    }

    /// The byte after the parenthesis that closes the one at `from`.
    fn matching(&self, from: usize) -> usize {
        let mut level = 0usize;
        for (i, byte) in self.text.bytes().enumerate().skip(from) {
            match byte {
                b'(' | b'{' => level += 1,
                b')' | b'}' if level <= 1 => return i + 1,
                b')' | b'}' => level -= 1,
                _ => {}
            }
        }
        self.text.len()
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(at) => self.finish(at),
            None => self.wrong(self.at, "nothing is open that this closes"),
        }
        self.at += 1;
    }

    /// Ends a part with parts inside. If the only one is a bare value, it is the value of the part.
    fn finish(&mut self, at: usize) {
        let is_only_child = self.parts.len() == at + 2;
        if let [.., part, inner] = &mut self.parts[..]
            && is_only_child
            && inner.name.start == inner.name.end
            && inner.end as usize == at + 2
            && part.value == Span::default()
        {
            (part.value, part.mask) = (inner.value, inner.mask);
            self.parts.pop();
        }
        let end = self.parts.len() as u32;
        if let Some(part) = self.parts.get_mut(at) {
            part.end = end;
        }
    }
}

/// The thread on a core, if the words `pmd on cpu core: 3` say so.
pub fn core(thread: &str) -> Option<u64> {
    let core = preceded((tag::<_, _, nom::error::Error<&str>>("pmd on cpu core:"), char(' ')), u64);
    all_consuming(core).parse(thread).ok().map(|(_, core)| core)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::diag::Report;
    use crate::field::Names;
    use crate::model::datapath::KeyItem;

    fn read(text: &str) -> (Vec<DpFlow>, Vec<String>) {
        let mut report = Report::default();
        let file: Arc<str> = "f".into();
        let flows = read_dp_flows(text, &mut Source { file: &file, names: Names::none(), report: &mut report });
        let said = report.kept.iter().map(|l| {
            let d = &l.diagnostic;
            format!("{}:{}: {}", l.line, d.span.slice(&l.text), d.message)
        });
        (flows, said.collect())
    }

    /// A key with its nesting made plain.
    fn shown(key: &Key) -> String {
        fn show(item: KeyItem<'_>) -> String {
            let mask = item.mask().map_or(String::new(), |mask| format!("/{mask}"));
            let inner: Vec<_> = item.items().map(show).collect();
            let inner = if inner.is_empty() { String::new() } else { format!("[{}]", inner.join(" ")) };
            format!("{}={}{mask}{inner}", item.name(), item.value())
        }
        key.items().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_flow_with_everything() {
        let (flows, said) = read(
            "flow-dump from pmd on cpu core: 3\n\
             ufid:50db4021-98e6, skb_mark(0/0xff),in_port(2),eth(src=aa:00:00:00:00:01), packets:7, bytes:686, \
             used:3.557s, flags:SF., offloaded:partial, dp:ovs, actions:ct(zone=1),recirc(0x3), dp-extra-info:bits(9,1)\n\
             flow-dump from the main thread:\n\
             in_port(1), packets:0, bytes:0, used:never, actions:drop\n",
        );
        assert_eq!(said, [""; 0]);
        let flow = &flows[0];
        assert_eq!((&*flow.thread, core(&flow.thread)), ("pmd on cpu core: 3", Some(3)));
        assert_eq!(flow.ufid.as_deref(), Some("50db4021-98e6"));
        assert_eq!((flow.packets, flow.bytes, flow.used_ms), (7, 686, Some(3557)));
        assert_eq!((&*flow.flags, &*flow.offloaded, &*flow.dp), ("SF.", "partial", "ovs"));
        assert_eq!((&*flow.actions, &*flow.extra), ("ct(zone=1),recirc(0x3)", "bits(9,1)"));
        let mark = flow.key.item("skb_mark").unwrap();
        assert_eq!((mark.value(), mark.mask()), ("0", Some("0xff")));
        assert_eq!(flow.key.item("eth").unwrap().item("src").unwrap().value(), "aa:00:00:00:00:01");
        assert_eq!((&*flows[1].thread, flows[1].used_ms), ("the main thread", None));
    }

    #[test]
    fn keys_of_every_shape() {
        let key = |text: &str| shown(&parse_key(text).unwrap());
        assert_eq!(key("recirc_id(0x3),ct_state(-trk),eth()"), "recirc_id=0x3 ct_state=-trk eth=");
        assert_eq!(key("ipv6(src=fe80::/ffc0::,frag=no)"), "ipv6=[src=fe80::/ffc0:: frag=no]");
        assert_eq!(
            key("tunnel(tun_id=0x2,geneve({class=0x102,len=4,0x2/0x7f}{class=1,len=0}),flags(-df+key))"),
            "tunnel=[tun_id=0x2 geneve=[=[class=0x102 len=4 =0x2/0x7f] =[class=1 len=0]] flags=-df+key]"
        );
        assert_eq!(
            key("vlan(vid=20,pcp=0/0x0),encap(eth_type(0x0806),arp(op=1))"),
            "vlan=[vid=20 pcp=0/0x0] encap=[eth_type=0x0806 arp=[op=1]]"
        );
        assert_eq!(key("<empty>"), "<empty>=");
        assert_eq!(key("a(b(c))"), "a=[b=c]");
        assert_eq!(key(""), "");
    }

    #[test]
    fn wrong_keys_are_kept_as_far_as_they_go() {
        let wrong = |text: &str| parse_key(text).map_err(|(key, at, message)| (shown(&key), at, message)).unwrap_err();
        assert_eq!(wrong("a(b=1"), ("a=[b=1]".into(), 5, "a parenthesis is never closed"));
        assert_eq!(wrong("a),b(1)"), ("a= b=1".into(), 1, "nothing is open that this closes"));
        let (key, at, message) = parse_key(&format!("{}x{}", "a(".repeat(100_000), ")".repeat(100_000))).unwrap_err();
        assert_eq!((key.parts.len(), message), (Key::DEPTH + 1, "too many parentheses inside each other"));
        assert_eq!(at, 2 * Key::DEPTH + 1);
        let _ = parse_key(&"a(".repeat(1000)).unwrap_err();
        let _ = parse_key(&"{".repeat(1000)).unwrap_err();
    }

    #[test]
    fn wrong_lines_are_told_and_the_rest_kept() {
        let (flows, said) = read(
            "ovs-vswitchd is not running\n\
             in_port(1, packets:x, bytes:0, used:1.5, new:1, actions:drop\n\
             in_port(1), packets:1, bytes:0, used:-0.001s, actions:1\n",
        );
        assert_eq!(
            said,
            [
                "1:ovs-vswitchd is not running: no flow of a datapath",
                "2:,: a parenthesis is never closed",
                "2:packets:x: `packets:x` is nothing that is counted",
                "2:new:1: `new:1` is nothing that is counted",
            ]
        );
        assert_eq!((flows.len(), flows[1].used_ms), (2, Some(0)));
        assert_eq!(read("a, actions:1, packets:2\n").0.len(), 1);
    }

    #[test]
    fn dumps_are_recognised() {
        assert!(is_dp_flows("flow-dump from the main thread:\n"));
        assert!(is_dp_flows("recirc_id(0),in_port(1),eth(), packets:1, bytes:0, used:never, actions:drop\n"));
        assert!(is_dp_flows("ufid:50db4021, skb_priority(0/0),skb_mark(0/0),in_port(1),eth_ty"));
        assert!(!is_dp_flows(" cookie=0x0, duration=1s, table=0, priority=0 actions=resubmit(,1)"));
        assert!(!is_dp_flows("in_port(1)\n".replace("in_port", "foo").as_str()) && !is_dp_flows(""));
    }
}

//! Ports: `ovs-ofctl show`, `dump-ports-desc` and `dump-ports`.
//!
//! `show` prints the switch's features, its ports and its configuration; OpenFlow 1.3 and later have the ports in a
//! message of their own, which is what `dump-ports-desc` prints in every version. Both name the ports always by number.
//! `dump-ports` counts; with `--names` it names the ports by name.

use super::lines::{self, Block, First, Form, Line, Wrong};
use super::{Part, Source};
use crate::base::args::items;
use crate::base::number::Digits;
use crate::base::paint::{Painter, Role};
use crate::field::names::{PortError, parse_port};
use crate::field::{Names, Version};
use crate::model::port::{Port, PortStats};

/// What a switch says of itself (OpenFlow 1.5.1, section 7.3.1), as the beginning of `show`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features {
    /// The version of OpenFlow that was spoken.
    pub version: Version,
    /// The number that the request bore.
    pub xid: u32,
    /// The datapath id: 48 bits are usually the MAC address of the bridge.
    pub datapath_id: u64,
    /// How many tables it has.
    pub n_tables: u8,
    /// How many packets it can keep for the controller.
    pub n_buffers: u32,
    /// Which connection of the controller this is; 0 for the main one.
    pub auxiliary_id: u8,
    /// What it can do, in words such as `GROUP_STATS`; a word in hexadecimal holds bits that nobody knows.
    pub capabilities: Vec<Box<str>>,
    /// The actions that it knows; OpenFlow 1.0 only.
    pub actions: Option<Vec<Box<str>>>,
}

impl Features {
    /// Prints it as `ovs-ofctl show` does: on several lines, without the end of the last line.
    pub fn paint(&self, p: &mut impl Painter) {
        p.dim("OFPT_FEATURES_REPLY");
        if self.version != Version::V10 {
            let digits = self.version.name().trim_start_matches("OpenFlow").split_at(1);
            p.dim(&format!(" (OF{}.{})", digits.0, digits.1));
        }
        p.dim(&format!(" (xid={}): dpid:", Digits::hex_padded(self.xid.into(), 1)));
        p.put(Role::Accent, Digits::padded(self.datapath_id, 16, 16).as_str());
        p.dim("\nn_tables:");
        p.decimal(Role::Text, self.n_tables.into());
        p.dim(", n_buffers:");
        p.decimal(Role::Text, self.n_buffers.into());
        if self.auxiliary_id != 0 {
            p.dim(", auxiliary_id:");
            p.decimal(Role::Text, self.auxiliary_id.into());
        }
        p.dim("\ncapabilities: ");
        p.text(if self.capabilities.is_empty() { "0" } else { "" });
        p.text(&self.capabilities.join(" "));
        if let Some(actions) = &self.actions {
            p.dim("\nactions: ");
            p.text(&actions.join(" "));
        }
    }
}

/// An entry of `show`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The switch itself.
    Features(Features),
    /// A port.
    Port(Port),
}

impl Shown {
    fn paint(&self, p: &mut impl Painter) {
        match self {
            Shown::Features(features) => features.paint(p),
            Shown::Port(port) => port.paint(p),
        }
    }
}

const FEATURES: &str = "OFPT_FEATURES_REPLY";
const DESC_HEADINGS: &[&str] = &["OFPST_PORT_DESC"];
const FEATURE_LINES: [&str; 3] = ["n_tables:", "capabilities: ", "actions: "];

/// ` 1(eth0): addr:aa:55:aa:55:00:01`.
fn begins_port(line: &str) -> bool {
    line.starts_with(' ') && !line.starts_with("  ") && line.contains("): addr:")
}

fn continues_port(line: &str) -> bool {
    line.starts_with("     ")
}

fn begins_features(line: &str) -> bool {
    lines::heading(line).is_some_and(|heading| heading.name == FEATURES)
}

const SHOW: Form<Shown> = Form {
    what: "features and ports",
    headings: &["OFPST_PORT_DESC", "OFPT_GET_CONFIG_REPLY"],
    begins: |line| begins_features(line) || begins_port(line),
    continues: |line| continues_port(line) || FEATURE_LINES.iter().any(|head| line.starts_with(head)),
    surrounds: |_| false,
    read: |block, _| match begins_features(block.head.text) {
        true => read_features(block).map(Shown::Features),
        false => read_port(block).map(Shown::Port),
    },
    paint: |entry, _, p| entry.paint(p),
};

const DESC: Form<Port> = Form {
    what: "ports",
    headings: DESC_HEADINGS,
    begins: begins_port,
    continues: continues_port,
    surrounds: |_| false,
    read: |block, _| read_port(block),
    paint: |entry, _, p| entry.paint(p),
};

fn read_features<'a>(block: &Block<'a>) -> Result<Features, Wrong<'a>> {
    let line = block.head;
    let wrong = |part: &str, what: &str| line.error("bad-value", part, format!("this is no {what}"));
    let heading = lines::heading(line.text).ok_or_else(|| wrong(line.text, "heading"))?;
    let id = heading.rest.strip_prefix(" dpid:").unwrap_or(heading.rest);
    let mut features = Features {
        version: heading.version.ok_or_else(|| wrong(line.text, "version that is known"))?,
        xid: heading.xid,
        datapath_id: u64::from_str_radix(id, 16).map_err(|_| wrong(id, "datapath id"))?,
        n_tables: 0,
        n_buffers: 0,
        auxiliary_id: 0,
        capabilities: Vec::new(),
        actions: None,
    };
    for line in block.tail() {
        let (key, value) = line.text.split_once(": ").unwrap_or((line.text, ""));
        match key {
            "capabilities" => features.capabilities = words(value),
            "actions" => features.actions = Some(words(value)),
            _ => read_numbers(&line, &mut features)?,
        }
    }
    Ok(features)
}

fn read_numbers<'a>(line: &Line<'a>, features: &mut Features) -> Result<(), Wrong<'a>> {
    for item in items(line.text) {
        match item.name {
            "n_tables" => features.n_tables = line.number(item.value, u8::MAX.into())? as u8,
            "n_buffers" => features.n_buffers = line.number(item.value, u32::MAX.into())? as u32,
            "auxiliary_id" => features.auxiliary_id = line.number(item.value, u8::MAX.into())? as u8,
            name => return Err(line.error("unknown-field", name, format!("no word `{name}` in a switch's features"))),
        }
    }
    Ok(())
}

/// The words of a list; `0` stands for none.
fn words(text: &str) -> Vec<Box<str>> {
    if text == "0" { Vec::new() } else { text.split(' ').map(Into::into).collect() }
}

fn read_port<'a>(block: &Block<'a>) -> Result<Port, Wrong<'a>> {
    let line = block.head;
    let text = line.after(" ")?;
    let (number, rest) = text.split_once('(').unwrap_or((text, ""));
    let (name, mac) = rest.rsplit_once("): addr:").unwrap_or((rest, ""));
    let mut port = Port {
        number: port_number(&line, number, Names::none())?,
        name: name.into(),
        mac: parse_mac(mac).ok_or_else(|| line.error("bad-value", mac, format!("`{mac}` is no MAC address")))?,
        ..Port::default()
    };
    for line in block.tail() {
        let (key, value) = line.after("     ")?.split_once(':').unwrap_or((line.text, ""));
        let value = value.trim_start();
        match key {
            "config" => port.config = words(value),
            "state" => port.state = states(value),
            "speed" => port.speed = speed(&line, value)?,
            _ => port.features.push((key.into(), value.into())),
        }
    }
    Ok(port)
}

fn port_number<'a>(line: &Line<'a>, text: &str, names: &Names) -> Result<u32, Wrong<'a>> {
    parse_port(text, names).map_err(|e| match e {
        PortError::Unknown => line.error("unknown-port", text, format!("no port `{text}`")),
        PortError::OutOfRange => line.error("too-large", text, format!("port numbers go up to 65535: `{text}`")),
    })
}

fn parse_mac(text: &str) -> Option<u64> {
    let mut parts = text.split(':').filter(|part| part.len() == 2);
    let mac = parts.by_ref().take(6).try_fold(0, |mac, part| Some(mac << 8 | u64::from_str_radix(part, 16).ok()?))?;
    (text.len() == 17).then_some(mac)
}

/// The words of a port's state. No blank follows the state of the spanning tree.
fn states(text: &str) -> Vec<Box<str>> {
    let stp = Port::STP_STATES.iter().find_map(|word| Some((*word, text.strip_prefix(word)?)));
    match stp {
        Some((word, "")) => vec![word.into()],
        Some((word, rest)) => std::iter::once(word.into()).chain(words(rest)).collect(),
        None => words(text),
    }
}

/// `10000 Mbps now, 0 Mbps max`.
fn speed<'a>(line: &Line<'a>, text: &str) -> Result<(u32, u32), Wrong<'a>> {
    let (now, max) = text.split_once(" Mbps now, ").unwrap_or((text, ""));
    let number = |text: &str| line.number(text, u32::MAX.into()).map(|n| n as u32);
    Ok((number(now)?, number(max.strip_suffix(" Mbps max").unwrap_or(max))?))
}

/// Whether this is the beginning of what `show` prints.
pub fn is_show(head: &str) -> bool {
    First::of(head).is(&[FEATURES], |_| false)
}

/// Reads what `show` prints.
pub fn read_show(text: &str, source: &mut Source<'_>) -> Vec<Part<Shown>> {
    lines::read(text, source, &SHOW)
}

/// Gives back the text that [`read_show`] read.
pub fn paint_show(parts: &[Part<Shown>], _names: &Names, p: &mut impl Painter) {
    lines::paint(parts, p, |entry, p| entry.paint(p));
}

/// Whether this is the beginning of a list of ports.
pub fn is_ports_desc(head: &str) -> bool {
    First::of(head).is(DESC_HEADINGS, begins_port)
}

/// Reads a list of ports (`dump-ports-desc`).
pub fn read_ports_desc(text: &str, source: &mut Source<'_>) -> Vec<Part<Port>> {
    lines::read(text, source, &DESC)
}

/// Gives back the text that [`read_ports_desc`] read.
pub fn paint_ports_desc(parts: &[Part<Port>], _names: &Names, p: &mut impl Painter) {
    lines::paint(parts, p, |entry, p| entry.paint(p));
}

const STATS_HEADINGS: &[&str] = &["OFPST_PORT"];

fn begins_stats(line: &str) -> bool {
    line.starts_with("  port ") && line.contains(": rx ")
}

const STATS: Form<PortStats> = Form {
    what: "counters of ports",
    headings: STATS_HEADINGS,
    begins: begins_stats,
    continues: |line| line.starts_with("           "),
    surrounds: |_| false,
    read: |block, source| read_stats(block, source.names),
    paint: |entry, names, p| entry.paint(names, p),
};

fn read_stats<'a>(block: &Block<'a>, names: &Names) -> Result<PortStats, Wrong<'a>> {
    let line = block.head;
    let rest = line.after("  port ")?;
    let at = name_end(rest);
    let (port, rx) = (&rest[..at], rest[at..].strip_prefix(": rx ").unwrap_or(&rest[at..]));
    let mut stats = PortStats {
        number: port_number(&line, port.strip_prefix(' ').unwrap_or(port), names)?,
        is_below_ten: port.starts_with(' '),
        ..PortStats::default()
    };
    read_counters(&line, rx, &PortStats::RX, &mut stats.rx)?;
    for line in block.tail() {
        let text = line.after("           ")?;
        match text.split_once([' ', '=']) {
            Some(("tx", rest)) if !rest.starts_with("rfc2819 ") => {
                read_counters(&line, rest, &PortStats::TX, &mut stats.tx)?;
            }
            Some(("duration", rest)) => stats.duration_ns = Some(line.duration(rest)?),
            Some(("rx", rest)) => read_named(&line, rest.trim_start_matches("rfc2819 "), &mut stats.rx_rfc2819)?,
            Some(("tx", rest)) => read_named(&line, rest.trim_start_matches("rfc2819 "), &mut stats.tx_rfc2819)?,
            Some(("CUSTOM", "Statistics")) => {}
            // Rows of the driver's counters are indented further.
            Some(("", rest)) => read_named(&line, rest, &mut stats.custom)?,
            _ => return Err(line.error("unknown-field", text, format!("no counters `{text}` of a port"))),
        }
    }
    Ok(stats)
}

/// Where a port's name ends: at the quote that closes it, if it stands in quotes.
fn name_end(text: &str) -> usize {
    let mut is_quoted = false;
    let mut is_escaped = false;
    let ends = |c: char| {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            ':' => return !is_quoted,
            _ => {}
        }
        false
    };
    text.find(ends).unwrap_or(text.len())
}

fn read_counters<'a>(
    line: &Line<'a>,
    text: &str,
    names: &[&str],
    counters: &mut [Option<u64>],
) -> Result<(), Wrong<'a>> {
    for item in items(text) {
        let Some(at) = names.iter().position(|name| *name == item.name) else {
            return Err(line.error("unknown-field", item.name, format!("no counter `{}` of a port", item.name)));
        };
        counters[at] = line.count(item.value)?;
    }
    Ok(())
}

/// Reads `name=number` with a comma behind each. A name is whatever the driver calls it.
fn read_named<'a>(line: &Line<'a>, text: &str, counters: &mut Vec<(Box<str>, u64)>) -> Result<(), Wrong<'a>> {
    for piece in text.split_terminator(',').filter(|piece| !piece.trim().is_empty()) {
        let piece = piece.trim_start();
        let (name, n) = piece.rsplit_once('=').unwrap_or((piece, ""));
        counters.push((name.into(), line.number(n, u64::MAX)?));
    }
    Ok(())
}

/// Whether this is the beginning of a dump of ports' counters.
pub fn is_ports(head: &str) -> bool {
    First::of(head).is(STATS_HEADINGS, begins_stats)
}

/// Reads a dump of ports' counters (`dump-ports`).
pub fn read_ports(text: &str, source: &mut Source<'_>) -> Vec<Part<PortStats>> {
    lines::read(text, source, &STATS)
}

/// Gives back the text that [`read_ports`] read. `names` are those it was read with if the text has ports by name, and
/// none if it has numbers.
pub fn paint_ports(parts: &[Part<PortStats>], names: &Names, p: &mut impl Painter) {
    lines::paint(parts, p, |entry, p| entry.paint(names, p));
}

#[cfg(test)]
mod tests;

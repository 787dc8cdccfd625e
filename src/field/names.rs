//! Ports and tables by number and by name.
//!
//! OpenFlow port numbers have 16 bits; the reserved ones have names of their own. A dump made with `--names` may name a
//! port whose number stands nowhere: [`Names`] then hands out an id above every real number, so that such a port is
//! still one port in matches and actions, and still prints by its name.

use std::fmt;
use std::sync::{Arc, RwLock};

use rustc_hash::FxHashMap;

use crate::base::paint::{Painter, Role, Target};

/// Reserved port numbers, as OpenFlow 1.0 numbers them (openflow-1.0.h, `enum ofp_port`), with the names Open vSwitch
/// prints.
pub mod port {
    /// The port the packet came in.
    pub const IN_PORT: u32 = 0xfff8;
    /// Start over in the tables (packet-out only).
    pub const TABLE: u32 = 0xfff9;
    /// As an ordinary learning switch does.
    pub const NORMAL: u32 = 0xfffa;
    /// Every port that floods, but the input port.
    pub const FLOOD: u32 = 0xfffb;
    /// Every port but the input port.
    pub const ALL: u32 = 0xfffc;
    /// To the controller.
    pub const CONTROLLER: u32 = 0xfffd;
    /// The bridge's own port.
    pub const LOCAL: u32 = 0xfffe;
    /// No port; also "any port" in requests.
    pub const NONE: u32 = 0xffff;
    /// An action set without output.
    pub const UNSET: u32 = 0xfff7;
    /// The first number that is not an ordinary port.
    pub const MAX: u32 = 0xff00;
    /// The first id of ports that are known by name only.
    pub const NAMED: u32 = 0x0001_0000;

    /// The names, in the spelling that Open vSwitch prints; any case is read.
    pub const RESERVED: [(u32, &str); 10] = [
        (IN_PORT, "IN_PORT"),
        (TABLE, "TABLE"),
        (NORMAL, "NORMAL"),
        (FLOOD, "FLOOD"),
        (ALL, "ALL"),
        (CONTROLLER, "CONTROLLER"),
        (LOCAL, "LOCAL"),
        (NONE, "ANY"),
        (UNSET, "UNSET"),
        (NONE, "NONE"),
    ];

    /// The name of a reserved port.
    pub fn reserved_name(number: u32) -> Option<&'static str> {
        if !(UNSET..=NONE).contains(&number) {
            return None;
        }
        RESERVED.iter().find(|(n, _)| *n == number).map(|(_, name)| *name)
    }

    /// The reserved port of that name, in any case.
    pub fn reserved_number(name: &str) -> Option<u32> {
        RESERVED.iter().find(|(_, n)| n.eq_ignore_ascii_case(name)).map(|(number, _)| *number)
    }
}

/// The names of one bridge's ports and tables.
#[derive(Default)]
pub struct Names {
    ports: Both<u32>,
    tables: Both<u8>,
    learned: Option<RwLock<Learned>>,
}

/// A map both ways.
struct Both<N> {
    by_number: FxHashMap<N, Arc<str>>,
    by_name: FxHashMap<Arc<str>, N>,
}

impl<N> Default for Both<N> {
    fn default() -> Self {
        Both { by_number: FxHashMap::default(), by_name: FxHashMap::default() }
    }
}

/// Ports and tables met by name only, in the order they were met.
#[derive(Default)]
struct Learned {
    ports: Vec<Arc<str>>,
    ids: FxHashMap<Arc<str>, u32>,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names")
            .field("ports", &self.ports.by_number.len())
            .field("tables", &self.tables.by_number.len())
            .field("learned", &self.learned().len())
            .finish()
    }
}

impl Names {
    /// No names: numbers only.
    pub fn none() -> &'static Names {
        static NONE: std::sync::LazyLock<Names> = std::sync::LazyLock::new(Names::default);
        &NONE
    }

    /// Names that take up ports they do not know, for reading a dump whose ports are listed nowhere.
    pub fn learning(self) -> Names {
        Names { learned: Some(RwLock::default()), ..self }
    }

    /// Adds a port. A name that two ports share (cut at 15 characters) no longer leads to a number.
    pub fn add_port(&mut self, number: u32, name: &str) {
        add(&mut self.ports, number, name, port::NONE);
    }

    /// Adds a table.
    pub fn add_table(&mut self, number: u8, name: &str) {
        add(&mut self.tables, number, name, u8::MAX);
    }

    /// The port's number, or its id if it is known by name only.
    pub fn port_number(&self, name: &str) -> Option<u32> {
        match self.ports.by_name.get(name) {
            Some(&port::NONE) => None,
            Some(&number) => Some(number),
            None => self.learn(name, false),
        }
    }

    /// The name of a port.
    pub fn port_name(&self, number: u32) -> Option<Arc<str>> {
        if let Some(name) = self.ports.by_number.get(&number) {
            return Some(name.clone());
        }
        let at = number.checked_sub(port::NAMED)?;
        let learned = self.learned.as_ref()?.read().ok()?;
        learned.ports.get(at as usize).cloned()
    }

    /// The number of a table.
    pub fn table_number(&self, name: &str) -> Option<u8> {
        self.tables.by_name.get(name).copied().filter(|n| *n != u8::MAX)
    }

    /// The name of a table.
    pub fn table_name(&self, number: u8) -> Option<&Arc<str>> {
        self.tables.by_number.get(&number)
    }

    /// Every port with a number, by number.
    pub fn ports(&self) -> Vec<(u32, Arc<str>)> {
        let mut ports: Vec<_> = self.ports.by_number.iter().map(|(n, name)| (*n, name.clone())).collect();
        ports.sort_unstable();
        ports
    }

    /// Every table with a name, by number.
    pub fn tables(&self) -> Vec<(u8, Arc<str>)> {
        let mut tables: Vec<_> = self.tables.by_number.iter().map(|(n, name)| (*n, name.clone())).collect();
        tables.sort_unstable();
        tables
    }

    /// Every port known by name only, with its id.
    pub fn learned(&self) -> Vec<(u32, Arc<str>)> {
        let Some(Ok(learned)) = self.learned.as_ref().map(|l| l.read()) else {
            return Vec::new();
        };
        (port::NAMED..).zip(learned.ports.iter().cloned()).collect()
    }

    /// The number of a port whose name stands in quotes: it may hold anything.
    fn quoted_port_number(&self, name: &str) -> Option<u32> {
        self.port_number(name).or_else(|| self.learn(name, true))
    }

    fn learn(&self, name: &str, is_quoted: bool) -> Option<u32> {
        let learned = self.learned.as_ref()?;
        if !looks_like_a_port(name, is_quoted) || self.ports.by_name.contains_key(name) {
            return None;
        }
        if let Some(&id) = learned.read().ok()?.ids.get(name) {
            return Some(id);
        }
        let mut learned = learned.write().ok()?;
        if let Some(&id) = learned.ids.get(name) {
            return Some(id);
        }
        let id = port::NAMED + u32::try_from(learned.ports.len()).ok()?;
        let name: Arc<str> = name.into();
        learned.ports.push(name.clone());
        learned.ids.insert(name, id);
        Some(id)
    }
}

/// Whether a word can be the name of a port: Linux limits an interface's name to 15 characters, and Open vSwitch a
/// port's name in OpenFlow to 63 (`OFP_MAX_PORT_NAME_LEN`).
fn looks_like_a_port(name: &str, is_quoted: bool) -> bool {
    let is_word = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && !name.contains(['=', ':', '/', '(', ')', '>', ',', ' ']);
    (1..=63).contains(&name.len()) && (is_quoted || is_word)
}

fn add<N: Copy + Eq + std::hash::Hash>(both: &mut Both<N>, number: N, name: &str, ambiguous: N) {
    let name: Arc<str> = name.into();
    both.by_name
        .entry(name.clone())
        .and_modify(|n| {
            if *n != number {
                *n = ambiguous;
            }
        })
        .or_insert(number);
    both.by_number.insert(number, name);
}

/// Prints a port: a reserved name, the port's own name if `names` has it, else the number.
pub fn paint_port(number: u32, names: &Names, p: &mut impl Painter) {
    let role = Role::Output;
    match port::reserved_name(number) {
        Some(name) => p.link(Target::Port(number), role, name),
        None => match names.port_name(number) {
            Some(name) => p.link(Target::Port(number), role, &quoted(&name)),
            None => p.link(Target::Port(number), role, crate::base::number::Digits::decimal(number.into()).as_str()),
        },
    }
}

/// Prints a table: its name if `names` has it, else the number.
pub fn paint_table(number: u8, names: &Names, p: &mut impl Painter) {
    match names.table_name(number) {
        Some(name) => p.link(Target::Table(number), Role::Goto, &quoted(name)),
        None => p.link(Target::Table(number), Role::Goto, crate::base::number::Digits::decimal(number.into()).as_str()),
    }
}

/// A name as Open vSwitch prints it: bare if it is letters and digits after a letter, else as a JSON string.
pub fn quoted(name: &str) -> std::borrow::Cow<'_, str> {
    let bare = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(|b| b.is_ascii_alphanumeric());
    if bare {
        return name.into();
    }
    let mut out = String::with_capacity(name.len() + 2);
    out.push('"');
    for c in name.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out.into()
}

/// The name in a JSON string, or the text itself if it does not stand in quotes; `None` for a broken string.
pub fn unquoted(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    if !text.starts_with('"') {
        return Some(text.into());
    }
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains(['\\', '"']) {
        return Some(inner.into());
    }
    serde_json::from_str::<String>(text).ok().map(Into::into)
}

/// Why a text is no port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortError {
    /// No port has this name.
    Unknown,
    /// The number is not one that OpenFlow has for ports.
    OutOfRange,
}

/// Reads a port as typed or printed: a number (decimal only, ovs-ofctl(8)), a reserved name in any case, or a port's
/// name, in quotes or not. Numbers of OpenFlow 1.1 (`0xfffffff8` and so on, in decimal) become those of OpenFlow 1.0.
pub fn parse_port(text: &str, names: &Names) -> Result<u32, PortError> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return match text.trim_start_matches('0').parse::<u32>() {
            Ok(n) if n <= port::NONE => Ok(n),
            Ok(n) if n >= 0xffff_ff00 => Ok(n - 0xffff_0000),
            Ok(_) | Err(_) if text.trim_start_matches('0').is_empty() => Ok(0),
            Ok(_) | Err(_) => Err(PortError::OutOfRange),
        };
    }
    if let Some(number) = port::reserved_number(text) {
        return Ok(number);
    }
    let name = unquoted(text).ok_or(PortError::Unknown)?;
    let number = if text.starts_with('"') { names.quoted_port_number(&name) } else { names.port_number(&name) };
    number.ok_or(PortError::Unknown)
}

/// Reads a word that may be a port among other things: a bare name that nobody told is not taken for one.
pub fn parse_known_port(text: &str, names: &Names) -> Result<u32, PortError> {
    let is_bare = text.starts_with(|c: char| !c.is_ascii_digit() && c != '"') && port::reserved_number(text).is_none();
    match is_bare && !names.ports.by_name.contains_key(text) {
        true => Err(PortError::Unknown),
        false => parse_port(text, names),
    }
}

/// Reads a table as typed or printed: a decimal number up to 255 or a table's name, in quotes or not.
pub fn parse_table(text: &str, names: &Names) -> Option<u8> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let digits = text.trim_start_matches('0');
        return if digits.is_empty() { Some(0) } else { digits.parse().ok() };
    }
    names.table_number(&unquoted(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_by_number_and_name() {
        let mut names = Names::default();
        names.add_port(5, "tap-1");
        assert_eq!(parse_port("5", &names), Ok(5));
        assert_eq!(parse_port("0005", &names), Ok(5));
        assert_eq!(parse_port("tap-1", &names), Ok(5));
        assert_eq!(parse_port("\"tap-1\"", &names), Ok(5));
        assert_eq!(parse_port("\"tap-1", &names), Err(PortError::Unknown));
        assert_eq!(parse_port("local", &names), Ok(port::LOCAL));
        assert_eq!(parse_port("4294967294", &names), Ok(port::LOCAL));
        assert_eq!(parse_port("65536", &names), Err(PortError::OutOfRange));
        assert_eq!(parse_port("", &names), Err(PortError::Unknown));
        assert_eq!(parse_port("-1", &names), Err(PortError::Unknown));
        let mut out = String::new();
        paint_port(5, &names, &mut out);
        paint_port(port::NORMAL, &names, &mut out);
        paint_port(6, &names, &mut out);
        assert_eq!(out, "\"tap-1\"NORMAL6");
    }

    #[test]
    fn a_shared_name_leads_nowhere() {
        let mut names = Names::default();
        names.add_port(2, "patch-br-int-to");
        names.add_port(3, "patch-br-int-to");
        assert_eq!(names.port_number("patch-br-int-to"), None);
        assert_eq!(names.port_name(3).as_deref(), Some("patch-br-int-to"));
    }

    #[test]
    fn unknown_ports_are_learned_when_wanted() {
        assert_eq!(Names::none().port_number("tap9"), None);
        let names = Names::default().learning();
        let id = names.port_number("tap9").unwrap();
        assert!(id >= port::NAMED);
        assert_eq!(names.port_number("tap9"), Some(id));
        assert_eq!(names.port_name(id).as_deref(), Some("tap9"));
        assert_eq!(names.learned().len(), 1);
    }

    #[test]
    fn names_are_quoted_as_open_vswitch_quotes_them() {
        assert_eq!(quoted("eth0"), "eth0");
        assert_eq!(quoted("br-int"), "\"br-int\"");
        assert_eq!(quoted("0x"), "\"0x\"");
        assert_eq!(quoted("a\"b\n"), "\"a\\\"b\\n\"");
        assert_eq!(unquoted(&quoted("a\"b\n")).as_deref(), Some("a\"b\n"));
    }

    #[test]
    fn tables_are_decimal() {
        assert_eq!(parse_table("72", Names::none()), Some(72));
        assert_eq!(parse_table("007", Names::none()), Some(7));
        assert_eq!(parse_table("256", Names::none()), None);
        assert_eq!(parse_table("0x5", Names::none()), None);
    }
}

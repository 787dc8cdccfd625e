//! Values as people type them: numbers with units, durations, ports and tables by name, values of match fields.
//!
//! Every reader gives a value or a [`Trouble`], which knows whether more typing could make the text right.

use std::cell::OnceCell;
use std::sync::Arc;

use super::Scope;
use super::fields::Asked;
use super::lex;
use super::region::Cube;
use super::words::{Kind, TIMES, UNITS};
use crate::base::diag::nearest;
use crate::field::bits::Bits;
use crate::field::format::{self, CT_STATES, TCP_FLAGS, TUN_FLAGS};
use crate::field::names::port;
use crate::field::table::{Format, Quirk};
use crate::field::{Match, Names};
use crate::model::flow::TableId;

/// Why a text is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// A stable name for scripts.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: String,
    /// Whether more characters at the end could make it right.
    pub may_grow: bool,
}

impl Trouble {
    pub(super) fn new(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Trouble {
        Trouble { code, message: message.into(), hint: hint.into(), may_grow: false }
    }

    pub(super) fn growing(self, may_grow: bool) -> Trouble {
        Trouble { may_grow, ..self }
    }
}

type Outcome<T> = Result<T, Trouble>;

/// The names of one bridge, looked up when they are first needed.
pub(super) struct Known<'s> {
    scope: &'s Scope<'s>,
    ports: OnceCell<Vec<(u32, Arc<str>)>>,
    tables: OnceCell<Vec<(TableId, Arc<str>)>>,
}

impl<'s> Known<'s> {
    pub(super) fn new(scope: &'s Scope<'s>) -> Known<'s> {
        Known { scope, ports: OnceCell::new(), tables: OnceCell::new() }
    }

    /// The ports with their names, by number; those known by name only come last.
    pub(super) fn ports(&self) -> &[(u32, Arc<str>)] {
        self.ports.get_or_init(|| {
            let bridge = self.scope.bridge;
            let mut ports: Vec<(u32, Arc<str>)> = bridge.names.ports();
            ports.extend(bridge.ports.iter().map(|p| (p.number, p.name.clone())));
            ports.extend(bridge.names.learned());
            ports.sort();
            ports.dedup();
            ports
        })
    }

    /// The tables with their names, by number: those of the switch, then those of the program that made the flows.
    pub(super) fn tables(&self) -> &[(TableId, Arc<str>)] {
        self.tables.get_or_init(|| {
            let mut tables = self.scope.bridge.names.tables();
            tables.extend(self.scope.naming.tables.iter().map(|t| (t.id, t.name.clone())));
            tables
        })
    }

    /// A port by its number, its name, or the word of a reserved one in any case.
    pub(super) fn port(&self, text: &str) -> Outcome<u32> {
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            // Digits only, so it can fail for its size alone; the upper end of 32 bits is how OpenFlow 1.1 and later
            // number the reserved ports.
            return match text.parse::<u32>() {
                Ok(n) if n <= port::NONE => Ok(n),
                Ok(n) if n >= 0xffff_ff00 => Ok(n - 0xffff_0000),
                _ => Err(Trouble::new("too-large", "port numbers go up to 65535", "use a smaller number")),
            };
        }
        if let Some(number) = port::reserved_number(text) {
            return Ok(number);
        }
        let found: Vec<u32> = self.ports().iter().filter(|(_, name)| **name == *text).map(|(n, _)| *n).collect();
        match found.as_slice() {
            [number] => Ok(*number),
            [] => {
                let names = || self.ports().iter().map(|(_, name)| &**name);
                let may_grow = names().any(|name| name.starts_with(text)) || reserved_begins(text);
                let hint = match nearest(text, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "a port number or name (values: Tab)".to_owned(),
                };
                Err(Trouble::new("unknown-port", format!("no port `{text}`"), hint).growing(may_grow))
            }
            several => {
                let numbers: Vec<String> = several.iter().map(u32::to_string).collect();
                let message = format!("several ports are called `{text}`: {}", numbers.join(" "));
                Err(Trouble::new("ambiguous-port", message, "name the port by its number"))
            }
        }
    }

    /// A table by its number, or by its name in any case.
    pub(super) fn table(&self, text: &str) -> Outcome<TableId> {
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            let hint = "tables are numbered from 0 to 255";
            return text.parse().map_err(|_| Trouble::new("too-large", format!("no table `{text}`"), hint));
        }
        let named = |(_, name): &&(TableId, Arc<str>)| name.eq_ignore_ascii_case(text);
        if let Some((number, _)) = self.tables().iter().find(named) {
            return Ok(*number);
        }
        // OVN calls a table by both stages that share it, and either of them will do.
        if let Some(number) = self.scope.naming.table_number(text) {
            return Ok(number);
        }
        let names = || self.tables().iter().flat_map(|(_, name)| name.split(" / "));
        let may_grow = names().any(|name| begins(name, text));
        let hint = match nearest(text, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a table number or name (values: Tab)".to_owned(),
        };
        Err(Trouble::new("unknown-table", format!("no table `{text}`"), hint).growing(may_grow))
    }

    /// What `text` says of a match field.
    pub(super) fn field(&self, asked: &Asked, text: &str) -> Outcome<FieldValue> {
        if asked.bits.is_some() {
            return bits(asked, text);
        }
        if asked.field.is_tun_metadata() && text == "NP" {
            return Ok(FieldValue::Absent);
        }
        let names;
        let parsed = if asked.field.format == Format::Port {
            names = Names::none();
            let number = if text == "*" { text.to_owned() } else { self.port(text)?.to_string() };
            // Ids of ports that are known by name only lie above the numbers that can be written.
            match number.parse::<u32>() {
                Ok(id) if id > port::NONE => return Ok(exact(asked, id.into())),
                _ => format::parse(&asked.field, &number, names),
            }
        } else {
            format::parse(&asked.field, text, Names::none())
        };
        let parsed = parsed.map_err(|e| {
            // The table knows the field by its own name, the person by the one that was typed.
            let message = e.message.replacen(asked.field.name, &asked.name, 1);
            Trouble::new(e.code, message, e.hint).growing(may_begin(asked.field.format, text))
        })?;
        if asked.field.quirk == Quirk::VlanId && parsed.value.to_u64() == 0xffff {
            return Ok(FieldValue::NoTag);
        }
        if let Some(why) = parsed.bent {
            return Err(Trouble::new(
                "bent-value",
                why,
                format!("{} takes a {}", asked.name, asked.field.format.doc()),
            ));
        }
        let mut m = Match::any();
        m.set(&asked.field, &parsed.value, &parsed.mask);
        let part_of = |p: &super::region::Part| {
            let (value, mask) = m.word(p.word);
            (value & p.mask, mask & p.mask)
        };
        Ok(FieldValue::Cube(asked.place.parts.iter().map(part_of).collect()))
    }
}

fn reserved_begins(text: &str) -> bool {
    port::RESERVED.iter().any(|(_, name)| begins(name, text))
}

/// Whether `word` begins with `start`, in any case.
pub(super) fn begins(word: &str, start: &str) -> bool {
    word.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// What a text says of a match field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FieldValue {
    /// Values of it.
    Cube(Cube),
    /// `dl_vlan = 0xffff`: no VLAN tag.
    NoTag,
    /// `tun_metadata0 = NP`: no such option.
    Absent,
}

fn exact(asked: &Asked, n: u64) -> FieldValue {
    let width = usize::from(asked.place.width);
    FieldValue::Cube(asked.place.cube(&Bits::from_u64(n, width), &Bits::ones(width)))
}

/// A value of some bits of a field: a number, with a mask if wanted.
fn bits(asked: &Asked, text: &str) -> Outcome<FieldValue> {
    let width = usize::from(asked.place.width);
    let read = |part: &str| {
        let n = format::integer(part, width).map_err(|e| match e {
            crate::base::number::NumberError::TooLarge => too_large(&asked.name, width),
            crate::base::number::NumberError::Syntax => {
                let message = format!("`{part}` is no value of {}", asked.name);
                Trouble::new("bad-value", message, "bits take a number").growing(is_hex_start(part))
            }
        })?;
        // Hexadecimal digits are read to whole bytes.
        if n.bit_length() > width { Err(too_large(&asked.name, width)) } else { Ok(n) }
    };
    let (value, mask) = match text.split_once('/') {
        Some((value, mask)) => (read(value)?, read(mask)?),
        None => (read(text)?, Bits::ones(width)),
    };
    Ok(FieldValue::Cube(asked.place.cube(&value, &mask)))
}

fn too_large(name: &str, width: usize) -> Trouble {
    let highest = if width <= 16 { ((1u64 << width) - 1).to_string() } else { Bits::ones(width).hex() };
    Trouble::new(
        "too-large",
        format!("{name} has {width} bits, the highest value is {highest}"),
        "use a smaller number",
    )
}

fn is_hex_start(text: &str) -> bool {
    text.eq_ignore_ascii_case("0x") || text.ends_with('/')
}

/// Whether a value of this format may begin so.
fn may_begin(format: Format, text: &str) -> bool {
    let all = |ok: fn(char) -> bool| text.chars().all(ok);
    let flag = |names: &[&str]| {
        let last = text.rsplit(['+', '-', '|']).next().unwrap_or("");
        last.is_empty() && text.ends_with(['+', '-', '|']) || names.iter().any(|n| n.starts_with(last) && *n != last)
    };
    match format {
        Format::Decimal | Format::Hex | Format::Port => is_hex_start(text),
        Format::Ethernet => all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '/')) && text.len() < 35,
        Format::Ipv4 => {
            let address = text.split('/').next().unwrap_or("");
            let is_whole = address.split('.').count() == 4 && !address.ends_with('.');
            all(|c| c.is_ascii_digit() || matches!(c, '.' | '/'))
                && (!is_whole || text.ends_with('/') || text.ends_with('.'))
        }
        Format::Ipv6 => all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '/' | '.')) && text.len() < 79,
        Format::Frag => ["no", "yes", "first", "later", "not_later"].iter().any(|w| w.starts_with(text)),
        Format::TunFlags => flag(TUN_FLAGS.names()),
        Format::TcpFlags => flag(TCP_FLAGS.names()),
        Format::CtState => flag(CT_STATES.names()),
        Format::PacketType => text.starts_with('(') && !text.contains(')'),
    }
}

/// A whole number without a unit, up to `highest`.
pub(super) fn number(name: &str, text: &str, highest: u64) -> Outcome<u64> {
    let plain = lex::number(text).filter(|(n, rest)| rest.is_empty() && !n.contains('.'));
    let Some((digits, _)) = plain else {
        let unit = lex::number(text).map(|(_, rest)| rest).filter(|rest| is_unit(rest));
        let message = match unit {
            Some(unit) => format!("{name} is a plain number, `{unit}` is no unit of it"),
            None => format!("`{text}` is no number"),
        };
        return Err(Trouble::new("bad-value", message, "as 5 or 0x5").growing(is_hex_start(text)));
    };
    let value = integer(digits).filter(|n| *n <= highest);
    value.ok_or_else(|| {
        let message = format!("{name} goes up to {highest}");
        Trouble::new("too-large", message, "use a smaller number")
    })
}

fn is_unit(text: &str) -> bool {
    UNITS.iter().any(|(unit, ..)| *unit == text) || TIMES.iter().any(|(unit, _)| *unit == text)
}

fn integer(digits: &str) -> Option<u64> {
    match digits.get(..2) {
        Some("0x" | "0X") => u64::from_str_radix(&digits[2..], 16).ok(),
        _ => digits.parse().ok(),
    }
}

/// A count or a number of bytes, with a unit if wanted.
pub(super) fn count(name: &str, text: &str, kind: Kind) -> Outcome<u64> {
    let hint = kind.doc();
    let bad = |message: String| Trouble::new("bad-value", message, hint).growing(is_hex_start(text));
    let (digits, unit) = lex::number(text).ok_or_else(|| bad(format!("`{text}` is no number")))?;
    let factor = match UNITS.iter().find(|(name, ..)| *name == unit) {
        _ if unit.is_empty() => 1,
        Some((_, _, true)) if kind != Kind::Bytes => {
            let message = format!("{name} counts no bytes, `{unit}` is no unit of it");
            return Err(Trouble::new("wrong-unit", message, "as 5, 10k or 2M"));
        }
        Some((_, factor, _)) => *factor,
        None if TIMES.iter().any(|(name, _)| *name == unit) => {
            let message = format!("{name} is no duration, `{unit}` is no unit of it");
            return Err(Trouble::new("wrong-unit", message, hint));
        }
        None => {
            let same = UNITS
                .iter()
                .find(|(name, _, bytes)| name.eq_ignore_ascii_case(unit) && (!bytes || kind == Kind::Bytes));
            let meant = same.map_or(hint.to_owned(), |(name, ..)| format!("did you mean `{digits}{name}`?"));
            let grows = UNITS.iter().any(|(name, ..)| name.starts_with(unit));
            let message = format!("`{unit}` is no unit");
            return Err(Trouble::new("wrong-unit", message, meant).growing(grows));
        }
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let too_large = || Trouble::new("too-large", format!("`{text}` is more than 64 bits hold"), "use a smaller number");
    let whole = integer(whole).and_then(|n| n.checked_mul(factor)).ok_or_else(too_large)?;
    if fraction.is_empty() {
        return Ok(whole);
    }
    // 1.5k is 1500; 1.5 of nothing is no count.
    let (tenths, scale) = (fraction.parse::<u64>().ok(), 10u64.checked_pow(fraction.len() as u32));
    match (tenths.and_then(|n| n.checked_mul(factor)), scale) {
        (Some(n), Some(scale)) if n % scale == 0 => whole.checked_add(n / scale).ok_or_else(too_large),
        _ => Err(bad(format!("`{text}` is no whole number"))),
    }
}

/// A number with a fraction and a unit, if wanted: a rate or a percentage.
pub(super) fn real(name: &str, text: &str, kind: Kind) -> Outcome<f64> {
    let text = if kind == Kind::Percent { text.strip_suffix('%').unwrap_or(text) } else { text };
    let plain = lex::number(text).filter(|(n, rest)| rest.is_empty() && !n.starts_with("0x") && !n.starts_with("0X"));
    if let Some(n) = plain.and_then(|(n, _)| n.parse::<f64>().ok()) {
        return Ok(n);
    }
    if kind == Kind::Percent {
        return Err(Trouble::new("bad-value", format!("`{text}` is no share of {name}"), kind.doc()));
    }
    count(name, text, Kind::Bytes).map(|n| n as f64)
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    /// In nanoseconds.
    pub ns: u64,
    /// The smallest unit that was named, in nanoseconds: `2d` is any time from two days up to three.
    pub unit: u64,
}

/// A duration: seconds, or numbers with units from the largest down.
pub(super) fn duration(name: &str, text: &str) -> Outcome<Length> {
    let bad = |message: String| Trouble::new("bad-value", message, Kind::Duration.doc());
    let (mut rest, mut ns, mut last) = (text, 0u64, u64::MAX);
    while !rest.is_empty() {
        let Some((digits, after)) = lex::number(rest).filter(|(n, _)| !n.starts_with("0x") && !n.starts_with("0X"))
        else {
            return Err(bad(format!("`{text}` is no duration")));
        };
        let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let unit = match &after[..end] {
            "" => TIMES.iter().find(|(name, _)| *name == "s"),
            word => TIMES.iter().find(|(name, _)| *name == word),
        };
        let Some(&(unit_name, unit)) = unit else {
            let word = &after[..end];
            if UNITS.iter().any(|(name, ..)| *name == word) {
                let message = format!("{name} is a duration, `{word}` is no unit of it");
                return Err(Trouble::new("wrong-unit", message, Kind::Duration.doc()));
            }
            let near = nearest(word, TIMES.iter().map(|(name, _)| *name));
            let hint = near.map_or("units are ms s m h d".to_owned(), |unit| format!("did you mean `{digits}{unit}`?"));
            return Err(Trouble::new("wrong-unit", format!("`{word}` is no unit of time"), hint));
        };
        if unit >= last {
            let message = format!("`{unit_name}` cannot follow a unit as small");
            return Err(Trouble::new("bad-value", message, "write the larger unit first, as 1h30m"));
        }
        let part = fraction_of(digits, unit).and_then(|part| ns.checked_add(part));
        ns = part.ok_or_else(|| Trouble::new("too-large", format!("`{text}` is too long"), "use a shorter time"))?;
        (rest, last) = (&after[end..], unit);
        if end == 0 && !rest.is_empty() {
            return Err(bad(format!("`{text}` is no duration")));
        }
    }
    match last {
        u64::MAX => Err(bad(format!("{name} needs a duration"))),
        unit => Ok(Length { ns, unit: if text.contains('.') { 1 } else { unit } }),
    }
}

/// So many units in nanoseconds; up to nine decimals.
fn fraction_of(digits: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = &fraction[..fraction.len().min(9)];
    let scale = 10u64.pow(fraction.len() as u32);
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<u64>().ok()? };
    let part = u128::from(part) * u128::from(unit) / u128::from(scale);
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(u64::try_from(part).ok()?)
}

/// A cookie and the bits of it that count.
pub(super) fn cookie(text: &str) -> Outcome<(u64, u64)> {
    let read = |part: &str| match part {
        "-1" => Ok(u64::MAX),
        part => number("cookie", part, u64::MAX),
    };
    match text.split_once('/') {
        Some((value, mask)) => {
            let mask = read(mask).map_err(|e| Trouble { may_grow: mask.is_empty() || e.may_grow, ..e })?;
            Ok((read(value)? & mask, mask))
        }
        None => Ok((read(text)?, u64::MAX)),
    }
}

/// One of a few words.
pub(super) fn one_of(name: &str, text: &str, words: &'static [&'static str]) -> Outcome<&'static str> {
    if let Some(word) = words.iter().find(|w| w.eq_ignore_ascii_case(text)) {
        return Ok(word);
    }
    let hint = match nearest(text, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of {}", words.join(" ")),
    };
    let may_grow = words.iter().any(|w| begins(w, text));
    Err(Trouble::new("bad-value", format!("`{text}` is no value of {name}"), hint).growing(may_grow))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bridge::Bridge;
    use crate::model::naming::{Naming, TableWord};

    fn bridge() -> (Bridge, Naming) {
        let mut names = Names::default();
        names.add_port(5, "tap-1");
        names.add_port(6, "same");
        names.add_port(7, "same");
        names.add_table(3, "first");
        let names = names.learning();
        names.port_number("later");
        let word = TableWord { id: 82, name: "RULES_INGRESS".into(), doc: "".into(), origin: "".into() };
        let naming = Naming { tables: vec![word], ..Naming::default() };
        (Bridge { names: Arc::new(names), ..Bridge::default() }, naming)
    }

    #[test]
    fn ports_and_tables_by_name() {
        let (bridge, naming) = bridge();
        let scope = Scope::new(&bridge, &naming);
        let known = Known::new(&scope);
        assert_eq!(known.port("5"), Ok(5));
        assert_eq!(known.port("tap-1"), Ok(5));
        assert_eq!(known.port("local"), Ok(port::LOCAL));
        assert_eq!(known.port("4294967294"), Ok(port::LOCAL));
        assert_eq!(known.port("later"), Ok(port::NAMED));
        let wrong = |text: &str| known.port(text).map_err(|e| (e.message, e.hint, e.may_grow)).unwrap_err();
        assert_eq!(wrong("tap-2"), ("no port `tap-2`".into(), "did you mean `tap-1`?".into(), false));
        assert_eq!(wrong("ta"), ("no port `ta`".into(), "a port number or name (values: Tab)".into(), true));
        assert_eq!(wrong("70000").0, "port numbers go up to 65535");
        assert_eq!(wrong("same").0, "several ports are called `same`: 6 7");
        assert_eq!(bridge.names.learned().len(), 1, "asking for a port makes none");

        assert_eq!((known.table("72"), known.table("rules_ingress"), known.table("First")), (Ok(72), Ok(82), Ok(3)));
        let wrong = |text: &str| known.table(text).map_err(|e| (e.message, e.hint, e.may_grow)).unwrap_err();
        assert_eq!(wrong("256").0, "no table `256`");
        assert_eq!(
            wrong("RULES_INGRES"),
            ("no table `RULES_INGRES`".into(), "did you mean `RULES_INGRESS`?".into(), true)
        );
        assert!(!wrong("EGRESS").2);
    }

    #[test]
    fn numbers_with_units() {
        let packets = |text| count("n_packets", text, Kind::Count).map_err(|e| e.message);
        let bytes = |text| count("n_bytes", text, Kind::Bytes).map_err(|e| e.message);
        for (text, n) in [("5", 5), ("0x10", 16), ("10k", 10_000), ("1.5M", 1_500_000), ("2Gi", 2 << 30), ("0", 0)] {
            assert_eq!(packets(text), Ok(n), "{text}");
        }
        assert_eq!(bytes("1KiB"), Ok(1024));
        assert_eq!(bytes("0.5MiB"), Ok(512 << 10));
        assert_eq!(bytes("64B"), Ok(64));
        assert_eq!(packets("5KiB"), Err("n_packets counts no bytes, `KiB` is no unit of it".into()));
        assert_eq!(packets("5s"), Err("n_packets is no duration, `s` is no unit of it".into()));
        assert_eq!(packets("5K"), Err("`K` is no unit".into()));
        assert_eq!(packets("1.5"), Err("`1.5` is no whole number".into()));
        assert_eq!(packets("99999999999999999999"), Err("`99999999999999999999` is more than 64 bits hold".into()));
        assert_eq!(packets("99999999999999999G"), Err("`99999999999999999G` is more than 64 bits hold".into()));
        assert_eq!(packets("many"), Err("`many` is no number".into()));
        assert_eq!(count("n_packets", "5K", Kind::Count).unwrap_err().hint, "did you mean `5k`?");
        assert_eq!(number("priority", "65536", 65535).unwrap_err().message, "priority goes up to 65535");
        assert_eq!(
            number("priority", "5k", 65535).unwrap_err().message,
            "priority is a plain number, `k` is no unit of it"
        );
        assert_eq!(real("rate", "0.5", Kind::Rate), Ok(0.5));
        assert_eq!(real("rate", "10k", Kind::Rate), Ok(10_000.0));
        assert_eq!(real("share", "12.5%", Kind::Percent), Ok(12.5));
        assert!(real("share", "12k", Kind::Percent).is_err());
    }

    #[test]
    fn durations_from_the_largest_unit_down() {
        let read = |text| duration("age", text).map(|s| (s.ns, s.unit)).map_err(|e| e.message);
        const S: u64 = 1_000_000_000;
        for (text, ns, unit) in [
            ("90", 90 * S, S),
            ("90s", 90 * S, S),
            ("1h30m", 5400 * S, 60 * S),
            ("2d", 172_800 * S, 86_400 * S),
            ("250ms", S / 4, 1_000_000),
            ("1d2h3m4s5ms", 93_784 * S + 5_000_000, 1_000_000),
            ("1.5h", 5400 * S, 1),
            ("0.25", S / 4, 1),
        ] {
            assert_eq!(read(text), Ok((ns, unit)), "{text}");
        }
        assert_eq!(read("5k"), Err("age is a duration, `k` is no unit of it".into()));
        assert_eq!(read("5min"), Err("`min` is no unit of time".into()));
        assert_eq!(read("30m1h"), Err("`h` cannot follow a unit as small".into()));
        assert_eq!(read("1m1m"), Err("`m` cannot follow a unit as small".into()));
        assert_eq!(read("x"), Err("`x` is no duration".into()));
        assert_eq!(read(""), Err("age needs a duration".into()));
        assert_eq!(read("9999999999999d"), Err("`9999999999999d` is too long".into()));
        assert_eq!(read("1 2"), Err("`1 2` is no duration".into()));
    }

    #[test]
    fn cookies_have_masks() {
        assert_eq!(cookie("0x7123/0xf000"), Ok((0x7000, 0xf000)));
        assert_eq!(cookie("5/-1"), Ok((5, u64::MAX)));
        assert_eq!(cookie("5"), Ok((5, u64::MAX)));
        assert!(cookie("5/").unwrap_err().may_grow && !cookie("x").unwrap_err().may_grow);
    }

    #[test]
    fn values_of_match_fields() {
        let (bridge, naming) = bridge();
        let scope = Scope::new(&bridge, &naming);
        let known = Known::new(&scope);
        let read = |name: &str, text: &str| {
            let (name, bits) = match name.split_once('[') {
                Some((name, rest)) => (name, Some(lex::brackets(&format!("[{rest}")).unwrap().0)),
                None => (name, None),
            };
            let asked = Asked::new(name, bits).unwrap();
            known.field(&asked, text).map_err(|e| (e.message, e.may_grow))
        };
        let cube = |list: &[(u32, u32)]| Ok(FieldValue::Cube(list.iter().copied().collect()));
        assert_eq!(read("nw_src", "10.1.2.3/8"), cube(&[(0x0a00_0000, 0xff00_0000)]));
        assert_eq!(read("tp_dst", "80"), cube(&[(80, 0xffff)]));
        assert_eq!(read("in_port", "tap-1"), cube(&[(5, u32::MAX)]));
        assert_eq!(read("in_port", "later"), cube(&[(port::NAMED, u32::MAX)]));
        assert_eq!(read("in_port", "LOCAL"), cube(&[(port::LOCAL, u32::MAX)]));
        assert_eq!(read("dl_vlan", "0xffff"), Ok(FieldValue::NoTag));
        assert_eq!(read("tun_metadata0", "NP"), Ok(FieldValue::Absent));
        assert_eq!(read("reg6[0..15]", "0x284"), cube(&[(0x284, 0xffff)]));
        assert_eq!(read("reg6[0..15]", "0x284/0xff0"), cube(&[(0x280, 0xff0)]));
        assert_eq!(read("nw_tos", "252"), cube(&[(252, 0xfc)]));
        let wrong = |name, text| read(name, text).unwrap_err();
        assert_eq!(wrong("tp_dst", "70000"), ("tp_dst has 16 bits, the highest value is 65535".into(), false));
        assert_eq!(
            wrong("reg6[0..15]", "0x12345"),
            ("reg6[0..15] has 16 bits, the highest value is 65535".into(), false)
        );
        assert_eq!(wrong("reg6[0..15]", "70000").0, "reg6[0..15] has 16 bits, the highest value is 65535");
        assert_eq!(wrong("nw_src", "10.1."), ("`10.1.` is no IPv4 address".into(), true));
        assert_eq!(wrong("nw_src", "10.1.2.x"), ("`10.1.2.x` is no IPv4 address".into(), false));
        assert!(wrong("dl_src", "aa:bb:c").1);
        assert!(wrong("ct_state", "+es").1);
        assert_eq!(wrong("ct_state", "+xyz"), ("ct_state has no flag `xyz`".into(), false));
        assert_eq!(
            wrong("nw_src", "256.1.1.1").0,
            "each part of an address is at most 255, the upper bits are dropped"
        );
        assert_eq!(wrong("nw_proto", "6/7").0, "nw_proto cannot be matched in part");
    }
}

//! Values as text: the dozen ways in which fields are written and read.
//!
//! [`parse`] reads what `ovs-ofctl` reads (`mf_parse` in Open vSwitch's meta-flow.c), including the values that it
//! bends without a word: those come back with [`Parsed::bent`]. [`paint`] writes as actions do (`mf_format`), and
//! [`paint_dumped`] as matches in a dump do (`match_format`), which is not the same.

use std::net::{Ipv4Addr, Ipv6Addr};

use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, digit1};
use nom::combinator::{all_consuming, map, map_opt, opt};
use nom::sequence::{preceded, separated_pair};
use nom::{IResult, Parser};

use super::bits::Bits;
use super::matches::is_whole_option;
use super::names::{Names, PortError, paint_port, parse_port};
use super::table::{Dump, Field, Format, Quirk};
use crate::base::number::{Digits, NumberError, c_integer};
use crate::base::paint::{Painter, Role};
use crate::base::span::Span;

/// A value and its mask, both as wide as the field's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The value.
    pub value: Bits,
    /// The mask; all ones for an exact value.
    pub mask: Bits,
    /// Why the value is not the one that was written, if it is not.
    pub bent: Option<&'static str>,
}

impl Parsed {
    fn exact(field: &Field, value: Bits) -> Parsed {
        Parsed { value, mask: Bits::ones(width(field)), bent: None }
    }

    fn masked(value: Bits, mask: Bits) -> Parsed {
        Parsed { value, mask, bent: None }
    }
}

/// Why a text is no value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// A stable name for scripts.
    pub code: &'static str,
    /// Where in the text.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

impl ValueError {
    fn new(
        code: &'static str,
        text: &str,
        part: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> ValueError {
        ValueError { code, span: Span::of(text, part), message: message.into(), hint: hint.into() }
    }

    fn syntax(field: &Field, text: &str, part: &str) -> ValueError {
        let message = format!("`{part}` is no value of {}", field.name);
        ValueError::new("bad-value", text, part, message, format!("expected {}", field.format.doc()))
    }

    fn too_large(field: &Field, text: &str, part: &str) -> ValueError {
        let bits = usize::from(field.bits.min(field.bytes * 8));
        let highest = if bits <= 16 { (1u64 << bits).wrapping_sub(1).to_string() } else { Bits::ones(bits).hex() };
        let message = format!("{} has {bits} bits, the highest value is {highest}", field.name);
        ValueError::new("too-large", text, part, message, "use a smaller number")
    }
}

/// The width of a field's value in bits.
fn width(field: &Field) -> usize {
    usize::from(field.bytes) * 8
}

/// Reads a value of `field`, with its mask if one is given. An empty text and `*` match anything.
pub fn parse(field: &Field, text: &str, names: &Names) -> Result<Parsed, ValueError> {
    if text == "*" {
        return Ok(Parsed::masked(Bits::zero(width(field)), Bits::zero(width(field))));
    }
    // Without a value Open vSwitch reads `0/0`, which only some formats have.
    let read = if text.is_empty() { "0/0" } else { text };
    let mut parsed = match field.format {
        Format::Decimal | Format::Hex => parse_integer(field, read),
        Format::Ethernet => parse_ethernet(field, read),
        Format::Ipv4 => parse_ipv4(field, read),
        Format::Ipv6 => parse_ipv6(field, read),
        Format::Port => parse_port_value(field, read, names),
        Format::Frag => parse_frag(field, read),
        Format::CtState => parse_flags(field, read, &CT_STATES),
        Format::TcpFlags => parse_flags(field, read, &TCP_FLAGS),
        Format::TunFlags => parse_flags(field, read, &TUN_FLAGS),
        Format::PacketType => parse_packet_type(field, read),
    }
    .map_err(|e| if text.is_empty() { missing(field) } else { e })?;
    if !field.maskable && !parsed.mask.is_zero() && !parsed.mask.is_ones(width(field)) {
        let message = format!("{} cannot be matched in part", field.name);
        return Err(ValueError::new("bad-mask", text, text, message, "leave the mask off"));
    }
    if parsed.bent.is_none() {
        parsed.bent = bend(field, &parsed.value);
    }
    Ok(parsed)
}

/// Reads a value that may not have a mask.
pub fn parse_exact(field: &Field, text: &str, names: &Names) -> Result<Parsed, ValueError> {
    let parsed = parse(field, text, names)?;
    if parsed.mask.is_ones(width(field)) {
        return Ok(parsed);
    }
    Err(ValueError::new("bad-mask", text, text, "no mask is allowed here", "leave the mask off"))
}

fn missing(field: &Field) -> ValueError {
    let message = format!("{} needs a value", field.name);
    ValueError {
        code: "missing-value",
        span: Span::default(),
        message,
        hint: format!("expected {}", field.format.doc()),
    }
}

/// Says what Open vSwitch drops of a value that is wider than the field's own bits.
fn bend(field: &Field, value: &Bits) -> Option<&'static str> {
    let dropped = match field.quirk {
        Quirk::VlanId if value.to_u64() == 0xffff => false,
        Quirk::Tos => value.to_u64() & 3 != 0,
        _ => value.bit_length() > usize::from(field.slot.width.min(field.bits.max(field.slot.width))),
    };
    dropped.then_some(match field.quirk {
        Quirk::Tos => "nw_tos is the DSCP alone, its two lowest bits are dropped",
        _ => "the value is wider than the field, its upper bits are dropped",
    })
}

// Numbers.

fn parse_integer(field: &Field, text: &str) -> Result<Parsed, ValueError> {
    let (value, mask) = match text.split_once('/') {
        Some((value, mask)) => (value, Some(mask)),
        None => (text, None),
    };
    let read = |part: &str| {
        integer(part, width(field)).map_err(|e| match e {
            NumberError::Syntax => ValueError::syntax(field, text, part),
            NumberError::TooLarge => ValueError::too_large(field, text, part),
        })
    };
    let value = read(value)?;
    match mask {
        None => Ok(Parsed::exact(field, value)),
        Some(mask) => Ok(Parsed::masked(value, read(mask)?)),
    }
}

/// Reads a number of up to `width` bits: hexadecimal of any length, decimal and octal up to 64 bits.
pub fn integer(text: &str, width: usize) -> Result<Bits, NumberError> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return hex_digits(digits, width);
    }
    let value = c_integer(text)?;
    if width < 64 && value >> width != 0 {
        return Err(NumberError::TooLarge);
    }
    Ok(Bits::from_u64(value, width))
}

fn hex_digits(digits: &str, width: usize) -> Result<Bits, NumberError> {
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(NumberError::Syntax);
    }
    let digits = digits.trim_start_matches('0');
    if digits.len() > width.div_ceil(8) * 2 {
        return Err(NumberError::TooLarge);
    }
    let mut words: Vec<u32> = Vec::with_capacity(width.div_ceil(32));
    for chunk in digits.as_bytes().rchunks(8) {
        let chunk = std::str::from_utf8(chunk).map_err(|_| NumberError::Syntax)?;
        words.push(u32::from_str_radix(chunk, 16).map_err(|_| NumberError::Syntax)?);
    }
    words.resize(width.div_ceil(32).max(1), 0);
    Ok(Bits::from_words(words.into_iter().rev()))
}

// Addresses.

fn mac(text: &str) -> IResult<&str, u64> {
    let octet = |text| {
        map_opt(take_while1(|c: char| c.is_ascii_hexdigit()), |digits: &str| {
            (digits.len() <= 2).then(|| u64::from_str_radix(digits, 16).ok()).flatten()
        })
        .parse(text)
    };
    let (mut rest, mut value) = octet(text)?;
    for _ in 0..5 {
        let (next, byte) = preceded(char(':'), octet).parse(rest)?;
        (rest, value) = (next, value << 8 | byte);
    }
    Ok((rest, value))
}

fn parse_ethernet(field: &Field, text: &str) -> Result<Parsed, ValueError> {
    let bits = |n| Bits::from_u64(n, 48);
    let mut whole = all_consuming((mac, opt(preceded(char('/'), mac))));
    match whole.parse(text) {
        Ok((_, (value, None))) => Ok(Parsed::exact(field, bits(value))),
        Ok((_, (value, Some(mask)))) => Ok(Parsed::masked(bits(value), bits(mask))),
        Err(_) => {
            let hint = "six bytes as aa:bb:cc:dd:ee:ff; a mask is written the same way";
            Err(ValueError::new("bad-value", text, text, format!("`{text}` is no MAC address"), hint))
        }
    }
}

/// Four numbers with dots between them; a number over 255 keeps its lowest eight bits, and the flag is set.
fn ipv4(text: &str) -> IResult<&str, (u32, bool)> {
    let octet = |text| {
        map(digit1, |digits: &str| {
            let n = digits.bytes().fold(0u64, |n, b| n.wrapping_mul(10).wrapping_add(u64::from(b - b'0')));
            (n as u8, digits.trim_start_matches('0').len() > 3 || n > 255)
        })
        .parse(text)
    };
    let (mut rest, (first, mut bent)) = octet(text)?;
    let mut address = u32::from(first);
    for _ in 0..3 {
        let (next, (byte, over)) = preceded(char('.'), octet).parse(rest)?;
        (rest, address, bent) = (next, address << 8 | u32::from(byte), bent | over);
    }
    Ok((rest, (address, bent)))
}

fn parse_ipv4(field: &Field, text: &str) -> Result<Parsed, ValueError> {
    let (address, mask) = split_mask(text);
    let invalid = |part: &str| {
        ValueError::new(
            "bad-value",
            text,
            part,
            format!("`{part}` is no IPv4 address"),
            "as 10.0.0.1, 10.0.0.0/8 or 10.0.0.0/255.0.255.0",
        )
    };
    let (_, (address, bent)) = all_consuming(ipv4).parse(address).map_err(|_| invalid(address))?;
    let (mask, mask_bent) = match mask {
        None => (u32::MAX, false),
        Some(mask) => match all_consuming(ipv4).parse(mask) {
            Ok((_, parsed)) => parsed,
            Err(_) => (prefix(field, text, mask, 32)?.to_u64() as u32, false),
        },
    };
    let bits = |n: u32| Bits::from_u64(n.into(), 32);
    let bent = (bent || mask_bent).then_some("each part of an address is at most 255, the upper bits are dropped");
    Ok(Parsed { value: bits(address), mask: bits(mask), bent })
}

fn parse_ipv6(field: &Field, text: &str) -> Result<Parsed, ValueError> {
    let (address, mask) = split_mask(text);
    let invalid = |part: &str| {
        ValueError::new(
            "bad-value",
            text,
            part,
            format!("`{part}` is no IPv6 address"),
            "as fe80::1, 2001:db8::/32 or ::/::ffff",
        )
    };
    let read = |part: &str| part.parse::<Ipv6Addr>().map(|a| Bits::from_u128(a.into(), 128));
    let value = read(address).map_err(|_| invalid(address))?;
    match mask {
        None => Ok(Parsed::exact(field, value)),
        Some(mask) => match read(mask) {
            Ok(mask) => Ok(Parsed::masked(value, mask)),
            Err(_) if mask.contains(':') => Err(invalid(mask)),
            Err(_) => Ok(Parsed::masked(value, prefix(field, text, mask, 128)?)),
        },
    }
}

fn split_mask(text: &str) -> (&str, Option<&str>) {
    text.split_once('/').map_or((text, None), |(address, mask)| (address, Some(mask)))
}

fn prefix(field: &Field, text: &str, length: &str, width: usize) -> Result<Bits, ValueError> {
    match length.parse::<usize>() {
        Ok(n) if n <= width => Ok(Bits::prefix(n, width)),
        _ => {
            let message = format!("a prefix of {} has between 0 and {width} bits", field.name);
            Err(ValueError::new("bad-mask", text, length, message, "or write the mask as an address"))
        }
    }
}

// Words.

fn parse_port_value(field: &Field, text: &str, names: &Names) -> Result<Parsed, ValueError> {
    match parse_port(text, names) {
        Ok(number) => Ok(Parsed::exact(field, Bits::from_u64(number.into(), 32.max(width(field))))),
        Err(PortError::OutOfRange) => {
            let message = format!("port numbers go up to 65535, or from 4294967040 on: `{text}`");
            Err(ValueError::new("too-large", text, text, message, "use a smaller number"))
        }
        Err(PortError::Unknown) => {
            let known = names.ports();
            let near = crate::base::diag::nearest(text, known.iter().map(|(_, name)| &**name));
            let hint = near.map_or("a number, a port's name, or LOCAL".to_owned(), |n| format!("did you mean `{n}`?"));
            Err(ValueError::new("unknown-port", text, text, format!("no port `{text}`"), hint))
        }
    }
    .map(|p| Parsed { mask: Bits::ones(width(field)), ..p })
}

/// The fragment words: name, bits that count, their value. Bit 0 is "a fragment", bit 1 "a later one".
const FRAGMENTS: [(&str, u64, u64); 7] =
    [("no", 3, 0), ("first", 3, 1), ("later", 3, 3), ("no", 1, 0), ("yes", 1, 1), ("not_later", 2, 0), ("later", 2, 2)];

fn parse_frag(field: &Field, text: &str) -> Result<Parsed, ValueError> {
    let found = FRAGMENTS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(text));
    let (_, mask, value) = found.ok_or_else(|| ValueError::syntax(field, text, text))?;
    // The bits above the two that exist count as given, so that `no`, `first` and `later` are exact.
    Ok(Parsed::masked(Bits::from_u64(*value, 8), Bits::from_u64(mask | 0xfc, 8)))
}

/// The names of single bits of a field.
pub struct Flags {
    /// Bit numbers with their names, from bit 0 on.
    names: &'static [&'static str],
    /// The bits a value may have.
    allowed: u32,
    /// The bits of which an exact value has all.
    full: u32,
}

/// The states of connection tracking (ovs-fields(7) "ct_state").
pub const CT_STATES: Flags =
    Flags { names: &["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"], allowed: 0xff, full: 0xff };
/// The flags of TCP (RFC 9293, section 3.1; RFC 3540 for ns).
pub const TCP_FLAGS: Flags = Flags {
    names: &["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]"],
    allowed: 0xfff,
    full: 0xfff,
};
/// The flags of a tunnel.
pub const TUN_FLAGS: Flags = Flags { names: &["oam", "df", "csum", "key"], allowed: 0x1, full: 0xf };

impl Flags {
    /// The names, from bit 0 on.
    pub fn names(&self) -> &'static [&'static str] {
        self.names
    }

    fn bit(&self, name: &str) -> Option<u32> {
        self.names.iter().position(|n| *n == name).map(|i| 1 << i).filter(|bit| bit & self.allowed != 0)
    }

    fn of(format: Format) -> &'static Flags {
        match format {
            Format::TcpFlags => &TCP_FLAGS,
            Format::TunFlags => &TUN_FLAGS,
            _ => &CT_STATES,
        }
    }
}

fn parse_flags(field: &Field, text: &str, flags: &Flags) -> Result<Parsed, ValueError> {
    let bits = |n: u32| Bits::from_u64(n.into(), width(field));
    let unknown = |part: &str| {
        let message = format!("{} has no flag `{part}`", field.name);
        let near = crate::base::diag::nearest(part, flags.names.iter().copied());
        let hint = near.map_or(format!("one of {}", flags.names.join(" ")), |n| format!("did you mean `{n}`?"));
        ValueError::new("unknown-flag", text, part, message, hint)
    };
    if let Some((value, mask)) = text.split_once('/')
        && let (Ok(value), Ok(mask)) = (c_integer(value), c_integer(mask))
    {
        let over = (value | mask) & !u64::from(flags.allowed) != 0;
        return if over { Err(unknown(text)) } else { Ok(Parsed::masked(bits(value as u32), bits(mask as u32))) };
    }
    if !text.starts_with(['+', '-']) {
        return parse_exact_flags(field, text, flags, unknown);
    }
    let (mut value, mut mask) = (0, 0);
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let after = &rest[1..];
        let name = &after[..after.find(['+', '-']).unwrap_or(after.len())];
        let bit = flags.bit(name).ok_or_else(|| unknown(name))?;
        if mask & bit != 0 {
            let message = format!("flag `{name}` stands twice");
            return Err(ValueError::new("bad-value", text, name, message, "take one of them off"));
        }
        mask |= bit;
        value |= if sign == '+' { bit } else { 0 };
        rest = &after[name.len()..];
    }
    Ok(Parsed::masked(bits(value), bits(mask)))
}

/// `trk|est`, or a number: the flags named are set and all others are not.
fn parse_exact_flags(
    field: &Field,
    text: &str,
    flags: &Flags,
    unknown: impl Fn(&str) -> ValueError,
) -> Result<Parsed, ValueError> {
    let mut value = 0;
    for part in text.split('|') {
        value |= match c_integer(part) {
            Ok(n) if n & !u64::from(flags.allowed) == 0 => n as u32,
            Ok(_) => return Err(unknown(part)),
            Err(_) => flags.bit(part).ok_or_else(|| unknown(part))?,
        };
    }
    Ok(Parsed::exact(field, Bits::from_u64(value.into(), width(field))))
}

fn parse_packet_type(field: &Field, text: &str) -> Result<Parsed, ValueError> {
    let number = |text| {
        map_opt(take_while1(|c: char| c.is_ascii_alphanumeric()), |n| integer(n, 16).ok().map(|b| b.to_u64()))
            .parse(text)
    };
    let inner = separated_pair(number, char(','), number);
    let parsed: IResult<&str, (u64, u64)> =
        all_consuming((tag("("), inner, tag(")"))).map(|(_, pair, _)| pair).parse(text);
    match parsed {
        Ok((_, (namespace, kind))) => Ok(Parsed::exact(field, Bits::from_u64(namespace << 16 | kind, 32))),
        Err(_) => Err(ValueError::syntax(field, text, text)),
    }
}

// Writing.

/// The role of a field's value.
fn role(field: &Field) -> Role {
    match field.format {
        Format::Ethernet | Format::Ipv4 | Format::Ipv6 => Role::Addr,
        Format::Port => Role::Output,
        Format::CtState => Role::Ct,
        _ if field.name.starts_with("ct_") => Role::Ct,
        _ if field.dump_name.starts_with("reg")
            || field.name.starts_with("xreg")
            || field.name.starts_with("xxreg") =>
        {
            Role::Reg
        }
        _ => Role::Text,
    }
}

/// Writes a value as actions and learned flows do; `None` for a mask means exact.
pub fn paint(field: &Field, value: &Bits, mask: Option<&Bits>, names: &Names, p: &mut impl Painter) {
    let mask = match mask {
        Some(m) if m.is_zero() => return p.text("ANY"),
        Some(m) if m.is_ones(width(field)) || field.is_tun_metadata() && is_whole_option(m, 32) => None,
        other => other,
    };
    let role = role(field);
    match (field.format, mask) {
        (Format::Port, None) => paint_port(value.to_u64() as u32, names, p),
        (Format::Port | Format::Decimal, _) => {
            p.decimal(role, value.to_u64());
            paint_hex_mask(mask, role, p);
        }
        (Format::Hex, _) => {
            p.put(role, &value.hex());
            paint_hex_mask(mask, role, p);
        }
        (Format::Ethernet, _) => {
            paint_mac(value.to_u64(), p);
            if let Some(mask) = mask {
                p.put(role, "/");
                paint_mac(mask.to_u64(), p);
            }
        }
        (Format::Ipv4, _) => paint_ipv4(value.to_u64() as u32, mask.map_or(u32::MAX, |m| m.to_u64() as u32), p),
        (Format::Ipv6, _) => paint_ipv6(value.to_u128(), mask.map_or(u128::MAX, Bits::to_u128), p),
        (Format::Frag, _) => p.text(frag_word(value.to_u64(), mask.map_or(3, Bits::to_u64) & 3)),
        (Format::CtState | Format::TcpFlags | Format::TunFlags, _) => {
            let flags = Flags::of(field.format);
            // ct_state counts as exact with 16 bits in actions, so a full mask is written flag by flag.
            let full = if field.format == Format::CtState { 0xffff } else { flags.allowed };
            paint_flags(flags, value.to_u64() as u32, mask.map_or(u32::MAX, |m| m.to_u64() as u32), full, p);
        }
        (Format::PacketType, _) => paint_packet_type(value.to_u64(), p),
    }
}

fn paint_hex_mask(mask: Option<&Bits>, role: Role, p: &mut impl Painter) {
    if let Some(mask) = mask {
        p.put(role, "/");
        p.put(role, &mask.hex());
    }
}

/// Writes a matched value as dumps do. `value` and `mask` are the bits of the field's slot.
pub fn paint_dumped(field: &Field, value: &Bits, mask: &Bits, names: &Names, p: &mut impl Painter) {
    let width = usize::from(field.slot.width);
    let exact = mask.is_ones(width);
    let role = role(field);
    let (v, m) = (value.to_u64(), mask.to_u64());
    match field.dump {
        Dump::AsFormat => paint_as_format(field, value, mask, exact, names, p),
        Dump::DecimalOrHex if exact => p.decimal(role, v),
        Dump::DecimalOrHex => paint_pair(role, v, m, 1, p),
        Dump::Hex0x => {
            p.put(role, Digits::hex_padded(v, 1).as_str());
            if !exact {
                p.put(role, "/");
                p.put(role, Digits::hex_padded(m, 1).as_str());
            }
        }
        Dump::DecimalOrHex2 if exact => p.decimal(role, v),
        Dump::DecimalOrHex2 => paint_pair(role, v, m, 2, p),
        Dump::DecimalOrHex8 if exact => p.decimal(role, v),
        Dump::DecimalOrHex8 => paint_pair(role, v, m, 8, p),
        Dump::Hex5 if exact => p.put(role, Digits::hex_padded(v, 5).as_str()),
        Dump::Hex5 => paint_pair(role, v, m, 5, p),
        Dump::Hex4 => p.put(role, Digits::hex_padded(v, 4).as_str()),
        Dump::HexUnmasked => p.hex(role, v),
        Dump::DecimalUnmasked => p.decimal(role, v),
        Dump::BareHex => p.put(role, Digits::padded(v, 16, 1).as_str()),
        Dump::Vlan | Dump::Never => {}
    }
}

fn paint_pair(role: Role, value: u64, mask: u64, digits: usize, p: &mut impl Painter) {
    p.put(role, Digits::hex_padded(value, digits).as_str());
    p.put(role, "/");
    p.put(role, Digits::hex_padded(mask, digits).as_str());
}

fn paint_as_format(field: &Field, value: &Bits, mask: &Bits, exact: bool, names: &Names, p: &mut impl Painter) {
    let role = role(field);
    match field.format {
        Format::Hex if field.slot.width <= 64 => {
            p.hex(role, value.to_u64());
            if !exact {
                p.put(role, "/");
                p.hex(role, mask.to_u64());
            }
        }
        Format::Decimal => {
            p.decimal(role, if field.quirk == Quirk::Tos { value.to_u64() << 2 } else { value.to_u64() });
        }
        Format::CtState => paint_flags(&CT_STATES, value.to_u64() as u32, mask.to_u64() as u32, CT_STATES.full, p),
        Format::TcpFlags => paint_flags(&TCP_FLAGS, value.to_u64() as u32, mask.to_u64() as u32, TCP_FLAGS.full, p),
        Format::TunFlags => paint_flags(&TUN_FLAGS, value.to_u64() as u32, mask.to_u64() as u32, TUN_FLAGS.full, p),
        Format::Ethernet => {
            paint_mac(value.to_u64(), p);
            if !exact {
                p.put(role, "/");
                paint_mac(mask.to_u64(), p);
            }
        }
        _ => paint(field, value, (!exact).then_some(mask), names, p),
    }
}

fn frag_word(value: u64, mask: u64) -> &'static str {
    FRAGMENTS.iter().find(|(_, m, v)| *m == mask && *v == value & mask).map_or("<error>", |(name, ..)| name)
}

/// Writes `+set-unset`, or `one|two` when every bit of `full` counts.
fn paint_flags(flags: &Flags, value: u32, mask: u32, full: u32, p: &mut impl Painter) {
    let role = Role::Ct;
    let bits = |n: u32| (0..32).map(|i| 1u32 << i).filter(move |bit| n & bit != 0);
    let name = |bit: u32| flags.names.get(bit.trailing_zeros() as usize).copied();
    if mask & full == full {
        if value == 0 {
            return p.put(role, "0");
        }
        for (i, bit) in bits(value).enumerate() {
            p.put(role, if i > 0 { "|" } else { "" });
            p.put(role, name(bit).unwrap_or("[Unknown]"));
        }
    } else if mask == 0 {
        p.put(role, "0/0");
    } else {
        for bit in bits(mask) {
            p.put(role, if value & bit != 0 { "+" } else { "-" });
            p.put(role, name(bit).unwrap_or("[Unknown]"));
        }
    }
}

fn paint_packet_type(value: u64, p: &mut impl Painter) {
    p.text("(");
    p.decimal(Role::Text, value >> 16);
    p.text(",");
    p.hex(Role::Text, value & 0xffff);
    p.text(")");
}

/// Writes a MAC address.
pub fn paint_mac(n: u64, p: &mut impl Painter) {
    let mut text = [b':'; 17];
    for i in 0..6 {
        let byte = (n >> (40 - 8 * i)) as u8;
        text[3 * i] = b"0123456789abcdef"[usize::from(byte >> 4)];
        text[3 * i + 1] = b"0123456789abcdef"[usize::from(byte & 15)];
    }
    p.put(Role::Addr, std::str::from_utf8(&text).unwrap_or(""));
}

/// Writes an IPv4 address with its mask: a prefix length if it is one.
pub fn paint_ipv4(address: u32, mask: u32, p: &mut impl Painter) {
    paint_ipv4_address(address, p);
    if mask != u32::MAX {
        p.put(Role::Addr, "/");
        let ones = mask.leading_ones();
        if mask.count_ones() == ones { p.decimal(Role::Addr, ones.into()) } else { paint_ipv4_address(mask, p) }
    }
}

fn paint_ipv4_address(address: u32, p: &mut impl Painter) {
    let mut text = [0u8; 15];
    let mut at = 0;
    for (i, byte) in Ipv4Addr::from(address).octets().into_iter().enumerate() {
        if i > 0 {
            text[at] = b'.';
            at += 1;
        }
        let digits = Digits::decimal(byte.into());
        let digits = digits.as_str().as_bytes();
        text[at..at + digits.len()].copy_from_slice(digits);
        at += digits.len();
    }
    p.put(Role::Addr, std::str::from_utf8(&text[..at]).unwrap_or(""));
}

/// Writes an IPv6 address with its mask: a prefix length if it is one. The address is written as C's `inet_ntop` does:
/// as RFC 5952 wants, and with a dotted end for the deprecated IPv4-compatible form.
pub fn paint_ipv6(address: u128, mask: u128, p: &mut impl Painter) {
    paint_ipv6_address(address, p);
    if mask != u128::MAX {
        p.put(Role::Addr, "/");
        let ones = mask.leading_ones();
        if mask.count_ones() == ones { p.decimal(Role::Addr, ones.into()) } else { paint_ipv6_address(mask, p) }
    }
}

fn paint_ipv6_address(address: u128, p: &mut impl Painter) {
    if address >> 32 == 0 && address >> 16 != 0 {
        p.put(Role::Addr, &format!("::{}", Ipv4Addr::from(address as u32)));
    } else {
        p.put(Role::Addr, &Ipv6Addr::from(address).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::table::FieldId;

    fn field(name: &str) -> FieldId {
        FieldId::by_name(name).unwrap()
    }

    fn read(name: &str, text: &str) -> Result<(u128, u128, bool), String> {
        parse(&field(name), text, Names::none())
            .map(|p| (p.value.to_u128(), p.mask.to_u128(), p.bent.is_some()))
            .map_err(|e| e.message)
    }

    #[test]
    fn values_of_every_format() {
        assert_eq!(read("reg0", "0x1F/0xff"), Ok((0x1f, 0xff, false)));
        assert_eq!(read("reg0", "0x"), Ok((0, u32::MAX.into(), false)));
        assert_eq!(read("reg0", ""), Ok((0, 0, false)));
        assert_eq!(read("reg0", "*"), Ok((0, 0, false)));
        assert_eq!(
            read("dl_src", "aa:b:cc:dd:ee:ff/01:00:00:00:00:00"),
            Ok((0xaa0b_ccdd_eeff, 0x0100_0000_0000, false))
        );
        assert_eq!(read("nw_src", "10.1.2.3/8"), Ok((0x0a01_0203, 0xff00_0000, false)));
        assert_eq!(read("nw_src", "10.1.2.3/255.0.255.0"), Ok((0x0a01_0203, 0xff00_ff00, false)));
        assert_eq!(read("nw_src", "256.1.1.1"), Ok((0x0001_0101, u32::MAX.into(), true)));
        assert_eq!(read("ipv6_src", "fe80::/10"), Ok((0xfe80 << 112, 0x3ff << 118, false)));
        assert_eq!(read("ip_frag", "later"), Ok((3, 0xff, false)));
        assert_eq!(read("ip_frag", "yes"), Ok((1, 0xfd, false)));
        assert_eq!(read("ct_state", "+trk-new"), Ok((0x20, 0x21, false)));
        assert_eq!(read("ct_state", "trk|est"), Ok((0x22, u32::MAX.into(), false)));
        assert_eq!(read("ct_state", "0x20/0x20"), Ok((0x20, 0x20, false)));
        assert_eq!(read("packet_type", "(1,0x800)"), Ok((0x1_0800, u32::MAX.into(), false)));
        assert_eq!(read("in_port", "LOCAL"), Ok((0xfffe, 0xffff, false)));
        assert_eq!(read("nw_tos", "255"), Ok((255, 255, true)));
        assert_eq!(read("mpls_label", "1048576"), Ok((1_048_576, u32::MAX.into(), true)));
        assert_eq!(read("dl_vlan", "0xffff"), Ok((0xffff, 0xffff, false)));
        assert_eq!(read("dl_vlan", "4096"), Ok((4096, 0xffff, true)));
    }

    #[test]
    fn wrong_values_say_why() {
        let wrong = |name, text| read(name, text).unwrap_err();
        assert_eq!(wrong("tp_dst", "70000"), "tcp_dst has 16 bits, the highest value is 65535");
        assert_eq!(wrong("reg0", "-1"), "reg0 has 32 bits, the highest value is 0xffffffff");
        assert_eq!(wrong("nw_proto", "6/6"), "nw_proto cannot be matched in part");
        assert_eq!(wrong("nw_src", "1.2.3.4/33"), "a prefix of ip_src has between 0 and 32 bits");
        assert_eq!(wrong("nw_src", "1.2.3"), "`1.2.3` is no IPv4 address");
        assert_eq!(wrong("nw_src", ""), "ip_src needs a value");
        assert_eq!(wrong("dl_src", "00:11:22:33:44:55:66"), "`00:11:22:33:44:55:66` is no MAC address");
        assert_eq!(wrong("ct_state", "+trk+"), "ct_state has no flag ``");
        assert_eq!(wrong("ct_state", "+est-est"), "flag `est` stands twice");
        assert_eq!(wrong("tcp_flags", "0x1000"), "tcp_flags has no flag `0x1000`");
        assert_eq!(wrong("in_port", "tap9"), "no port `tap9`");
        assert!(parse_exact(&field("reg0"), "1/1", Names::none()).is_err());
    }

    #[test]
    fn written_as_actions_write() {
        let write = |name: &str, text: &str| {
            let parsed = parse(&field(name), text, Names::none()).unwrap();
            let mut out = String::new();
            paint(&field(name), &parsed.value, Some(&parsed.mask), Names::none(), &mut out);
            out
        };
        assert_eq!(write("reg0", "10/0xf"), "0xa/0xf");
        assert_eq!(write("nw_ttl", "0x40"), "64");
        assert_eq!(write("ip_src", "10.0.0.0/255.255.0.0"), "10.0.0.0/16");
        assert_eq!(write("ipv6_dst", "0:0:0:0:0:0:1.2.3.4"), "::1.2.3.4");
        assert_eq!(write("ipv6_dst", "::1/ffff::"), "::1/16");
        assert_eq!(write("reg0", "*"), "ANY");
    }
}

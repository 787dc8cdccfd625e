//! Reading values, as `mf_parse` of Open vSwitch does.

use std::net::Ipv6Addr;

use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, digit1};
use nom::combinator::{all_consuming, map, map_opt, opt};
use nom::sequence::{preceded, separated_pair};
use nom::{IResult, Parser};

use super::*;
use crate::base::diag::did_you_mean;
use crate::base::number::{NumberError, c_integer};
use crate::field::names::{Names, PortError, parse_port};
use crate::field::table::Quirk;

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
            let hint = near.map_or("a number, a port's name, or LOCAL".to_owned(), did_you_mean);
            Err(ValueError::new("unknown-port", text, text, format!("no port `{text}`"), hint))
        }
    }
    .map(|p| Parsed { mask: Bits::ones(width(field)), ..p })
}

fn parse_frag(field: &Field, text: &str) -> Result<Parsed, ValueError> {
    let found = FRAGMENTS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(text));
    let (_, mask, value) = found.ok_or_else(|| ValueError::syntax(field, text, text))?;
    // The bits above the two that exist count as given, so that `no`, `first` and `later` are exact.
    Ok(Parsed::masked(Bits::from_u64(*value, 8), Bits::from_u64(mask | 0xfc, 8)))
}

fn parse_flags(field: &Field, text: &str, flags: &Flags) -> Result<Parsed, ValueError> {
    let bits = |n: u32| Bits::from_u64(n.into(), width(field));
    let unknown = |part: &str| {
        let message = format!("{} has no flag `{part}`", field.name);
        let near = crate::base::diag::nearest(part, flags.names.iter().copied());
        let hint = near.map_or(format!("one of {}", flags.names.join(" ")), did_you_mean);
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

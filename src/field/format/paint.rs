//! Writing values, as `mf_format` and `match_format` of Open vSwitch do.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;
use crate::base::number::Digits;
use crate::base::paint::{Painter, Role};
use crate::field::matches::is_whole_option;
use crate::field::names::{Names, paint_port};
use crate::field::table::{Dump, Quirk};

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

/// A MAC address as text.
pub fn mac_text(n: u64) -> String {
    let mut text = String::new();
    paint_mac(n, &mut text);
    text
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

//! Values as text: the dozen ways in which fields are written and read.
//!
//! [`parse()`] reads what `ovs-ofctl` reads (`mf_parse` in Open vSwitch's meta-flow.c), including the values that it
//! bends without a word: those come back with [`Parsed::bent`]. [`paint()`] writes as actions do (`mf_format`), and
//! [`paint_dumped`] as matches in a dump do (`match_format`), which is not the same.

mod paint;
mod parse;

use super::bits::Bits;
use super::table::{Field, Format};
use crate::base::span::Span;

pub use paint::{mac_text, paint, paint_dumped, paint_ipv4, paint_ipv6, paint_mac};
pub use parse::{integer, parse, parse_exact};

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

/// The fragment words: name, bits that count, their value. Bit 0 is "a fragment", bit 1 "a later one".
const FRAGMENTS: [(&str, u64, u64); 7] =
    [("no", 3, 0), ("first", 3, 1), ("later", 3, 3), ("no", 1, 0), ("yes", 1, 1), ("not_later", 2, 0), ("later", 2, 2)];

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::names::Names;
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

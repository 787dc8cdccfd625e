//! OpenFlow versions, and the flow formats that carry a flow in them.

use std::fmt;
use std::ops::{BitAnd, BitAndAssign, BitOr};

use super::bits::Bits;
use super::table::{Field, Fixed};

/// A version of OpenFlow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// OpenFlow 1.0.
    V10,
    /// OpenFlow 1.1.
    V11,
    /// OpenFlow 1.2.
    V12,
    /// OpenFlow 1.3.
    V13,
    /// OpenFlow 1.4.
    V14,
    /// OpenFlow 1.5.
    V15,
}

impl Version {
    /// Every version.
    pub const ALL: [Version; 6] = [Version::V10, Version::V11, Version::V12, Version::V13, Version::V14, Version::V15];

    /// The name that `-O` takes, such as `OpenFlow13`.
    pub fn name(self) -> &'static str {
        match self {
            Version::V10 => "OpenFlow10",
            Version::V11 => "OpenFlow11",
            Version::V12 => "OpenFlow12",
            Version::V13 => "OpenFlow13",
            Version::V14 => "OpenFlow14",
            Version::V15 => "OpenFlow15",
        }
    }

    /// The version of that name; `1.3` and `13` are taken too.
    pub fn by_name(name: &str) -> Option<Version> {
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        let known = name.is_empty()
            || name
                .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                .chars()
                .all(|c| c.is_ascii_digit() || c == '.');
        Version::ALL.into_iter().find(|v| known && v.name().ends_with(&digits) && digits.len() == 2)
    }

    /// The formats in which `ovs-ofctl -O VERSION` can send a flow.
    pub fn formats(self) -> Formats {
        match self {
            Version::V10 => Formats::OF10_ANY,
            Version::V11 => Formats::OF11,
            Version::V12 => Formats::OXM12,
            Version::V13 => Formats::OXM13,
            Version::V14 => Formats::OXM14,
            Version::V15 => Formats::OXM15,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A set of flow formats: the ways in which OpenFlow messages carry a match (`enum ofputil_protocol`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Formats(u8);

impl Formats {
    /// None of them.
    pub const NONE: Formats = Formats(0);
    /// The fixed match of OpenFlow 1.0.
    pub const OF10: Formats = Formats(1);
    /// The Nicira extended match of OpenFlow 1.0.
    pub const NXM: Formats = Formats(2);
    /// The fixed match of OpenFlow 1.1.
    pub const OF11: Formats = Formats(4);
    /// OXM in OpenFlow 1.2.
    pub const OXM12: Formats = Formats(8);
    /// OXM in OpenFlow 1.3.
    pub const OXM13: Formats = Formats(16);
    /// OXM in OpenFlow 1.4.
    pub const OXM14: Formats = Formats(32);
    /// OXM in OpenFlow 1.5.
    pub const OXM15: Formats = Formats(64);
    /// Either of OpenFlow 1.0.
    pub const OF10_ANY: Formats = Formats(3);
    /// OpenFlow 1.1 and later.
    pub const OF11_UP: Formats = Formats(124);
    /// OpenFlow 1.2 and later.
    pub const OF12_UP: Formats = Formats(120);
    /// OpenFlow 1.3 and later.
    pub const OF13_UP: Formats = Formats(112);
    /// NXM, and OpenFlow 1.1 and later.
    pub const NXM_OF11_UP: Formats = Formats(126);
    /// NXM, and OpenFlow 1.2 and later.
    pub const NXM_OXM: Formats = Formats(122);
    /// All of them.
    pub const ANY: Formats = Formats(127);

    const NAMES: [(Formats, &'static str); 7] = [
        (Formats::OF10, "OpenFlow10"),
        (Formats::NXM, "NXM"),
        (Formats::OF11, "OpenFlow11"),
        (Formats::OXM12, "OpenFlow12"),
        (Formats::OXM13, "OpenFlow13"),
        (Formats::OXM14, "OpenFlow14"),
        (Formats::OXM15, "OpenFlow15"),
    ];

    /// Whether there is none in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every format of `other` is in it.
    pub fn contains(self, other: Formats) -> bool {
        self.0 & other.0 == other.0
    }

    /// The formats that can carry a match on `field` with this mask (as wide as the field).
    pub fn of(field: &Field, mask: &Bits) -> Formats {
        let width = usize::from(field.bytes) * 8;
        if mask.is_zero() && !field.is_tun_metadata() {
            return Formats::ANY;
        }
        let exact = mask.is_ones(width);
        if !exact && !field.maskable {
            return Formats::NONE;
        }
        // dl_vlan and dl_vlan_pcp have no header, but every format can say what they mean.
        let has_oxm = !field.headers.is_empty() || field.of10 != Fixed::No;
        let fits = |fixed: Fixed| match fixed {
            Fixed::No => false,
            Fixed::Exact => exact,
            Fixed::Cidr => exact || mask.prefix_length(width).is_some(),
            Fixed::Bitwise => true,
        };
        let mut formats = if has_oxm { Formats::NXM_OXM } else { Formats::NONE };
        if fits(field.of11) {
            formats = formats | Formats::OF11;
        }
        if fits(field.of10) {
            formats = formats | Formats::OF10;
        }
        formats
    }
}

impl BitAnd for Formats {
    type Output = Formats;

    fn bitand(self, other: Formats) -> Formats {
        Formats(self.0 & other.0)
    }
}

impl BitOr for Formats {
    type Output = Formats;

    fn bitor(self, other: Formats) -> Formats {
        Formats(self.0 | other.0)
    }
}

impl BitAndAssign for Formats {
    fn bitand_assign(&mut self, other: Formats) {
        self.0 &= other.0;
    }
}

impl fmt::Display for Formats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> =
            Self::NAMES.iter().filter(|(one, _)| self.contains(*one)).map(|(_, name)| *name).collect();
        f.write_str(if names.is_empty() { "none" } else { "" })?;
        f.write_str(&names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::FieldId;

    #[test]
    fn versions_by_name() {
        assert_eq!(Version::by_name("OpenFlow13"), Some(Version::V13));
        assert_eq!(Version::by_name("1.5"), Some(Version::V15));
        assert_eq!(Version::by_name("OpenFlow16"), None);
        assert_eq!(Version::by_name("13.x"), None);
        assert_eq!(Version::by_name(""), None);
    }

    #[test]
    fn formats_of_fields() {
        let of = |name: &str, mask: u128| {
            let field = FieldId::by_name(name).unwrap();
            Formats::of(&field, &Bits::from_u128(mask, usize::from(field.bytes) * 8))
        };
        assert_eq!(of("nw_src", 0xffff_ff00), Formats::ANY);
        assert_eq!(of("nw_src", 0xff00_ff00), Formats::NXM_OF11_UP);
        assert_eq!(of("tp_dst", 0xfff0), Formats::NXM_OXM);
        assert_eq!(of("reg0", 1), Formats::NXM_OXM);
        assert_eq!(of("dl_vlan", 0xffff), Formats::ANY);
        assert_eq!(of("skb_priority", u32::MAX.into()), Formats::NONE);
        assert_eq!(of("mpls_label", u32::MAX.into()), Formats::NXM_OF11_UP);
        assert_eq!(of("reg0", 0), Formats::ANY);
    }
}

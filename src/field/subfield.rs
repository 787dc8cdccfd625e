//! A range of bits of a field: `reg3[8..15]`, `NXM_OF_ETH_SRC[]`, `ct_label[44]`.

use nom::bytes::complete::{tag, take_till};
use nom::character::complete::{char, digit1};
use nom::combinator::{map_res, opt};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::table::{Field, FieldId};
use crate::base::diag::nearest;
use crate::base::paint::{Painter, Role};
use crate::base::span::Span;

/// Some bits of a field, counted from the least significant one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subfield {
    /// The field.
    pub field: FieldId,
    /// The first bit.
    pub offset: u16,
    /// How many bits, at least 1.
    pub width: u16,
}

/// Why a text is no range of bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubfieldError {
    /// A stable name for scripts.
    pub code: &'static str,
    /// Where in the text.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

fn brackets(text: &str) -> IResult<&str, Option<(u16, u16)>> {
    let number = |text| map_res(digit1, str::parse::<u16>).parse(text);
    let range = (number, opt(preceded(tag(".."), number))).map(|(start, end)| (start, end.unwrap_or(start)));
    delimited(char('['), opt(range), char(']')).parse(text)
}

impl Subfield {
    /// All bits of a field.
    pub fn whole(field: FieldId) -> Subfield {
        Subfield { field, offset: 0, width: field.bits }
    }

    /// Whether it is all of its field.
    pub fn is_whole(&self) -> bool {
        self.offset == 0 && self.width == self.field.bits
    }

    /// Reads one from the start of `text`; gives what follows as well. Both field names and NXM or OXM names are read.
    pub fn parse_prefix(text: &str) -> Result<(Subfield, &str), SubfieldError> {
        let error = |code, part, message: String, hint: String| SubfieldError {
            code,
            span: Span::of(text, part),
            message,
            hint,
        };
        let split: IResult<&str, &str> = take_till(|c| c == '[' || c == '-').parse(text);
        let (rest, name) = split.unwrap_or((text, ""));
        let field = field_by_any_name(name).ok_or_else(|| {
            let known = FieldId::all().map(|f| f.name).chain(FieldId::all().map(|f| f.subfield_name()));
            let hint =
                nearest(name, known).map_or("a field such as reg0[0..15]".to_owned(), crate::base::diag::did_you_mean);
            error("unknown-field", name, format!("no field `{name}`"), hint)
        })?;
        let (after, range) = match rest.starts_with('[') {
            false => (rest, None),
            true => brackets(rest).map_err(|_| {
                error(
                    "bad-bits",
                    rest,
                    "bits are written as [], [3] or [0..15]".to_owned(),
                    "close the bracket".to_owned(),
                )
            })?,
        };
        let (start, end) = range.unwrap_or((0, field.bits - 1));
        let part = &rest[..rest.len() - after.len()];
        if start > end {
            return Err(error(
                "bad-bits",
                part,
                format!("bit {start} comes after bit {end}"),
                format!("write [{end}..{start}]"),
            ));
        }
        if end >= field.bits {
            let message = format!("{} has {} bits, there is no bit {end}", field.name, field.bits);
            return Err(error("bad-bits", part, message, format!("the last bit is {}", field.bits - 1)));
        }
        Ok((Subfield { field, offset: start, width: end - start + 1 }, after))
    }

    /// Reads the whole of `text` as one.
    pub fn parse(text: &str) -> Result<Subfield, SubfieldError> {
        match Subfield::parse_prefix(text)? {
            (subfield, "") => Ok(subfield),
            (_, rest) => Err(SubfieldError {
                code: "trailing-text",
                span: Span::of(text, rest),
                message: format!("`{rest}` after the field"),
                hint: "take it off".to_owned(),
            }),
        }
    }

    /// Prints it with its NXM or OXM name, and `[]` when it is the whole field.
    pub fn paint(&self, p: &mut impl Painter) {
        p.put(Role::Reg, self.field.subfield_name());
        let text = match (self.is_whole(), self.width) {
            (true, _) => "[]".to_owned(),
            (false, 1) => format!("[{}]", self.offset),
            (false, _) => format!("[{}..{}]", self.offset, self.offset + self.width - 1),
        };
        p.put(Role::Reg, &text);
    }
}

/// A field by its NXM or OXM name, with or without the `_W` of a wildcarded one, or by its own name.
pub fn field_by_any_name(name: &str) -> Option<FieldId> {
    let unmasked = name.strip_suffix("_W").filter(|n| !n.is_empty()).unwrap_or(name);
    FieldId::by_header(unmasked).or_else(|| by_own_name(name))
}

/// Actions take a field's name and aliases, but not the names that only dumps use.
pub fn by_own_name(name: &str) -> Option<FieldId> {
    let field = FieldId::by_name(name)?;
    let is_own = |f: &Field| f.name == name || f.aliases.contains(&name);
    is_own(&field).then_some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(&'static str, u16, u16), String> {
        Subfield::parse(text).map(|s| (s.field.name, s.offset, s.width)).map_err(|e| e.message)
    }

    #[test]
    fn ranges_of_bits() {
        assert_eq!(read("reg3[8..15]"), Ok(("reg3", 8, 8)));
        assert_eq!(read("NXM_OF_ETH_SRC[]"), Ok(("eth_src", 0, 48)));
        assert_eq!(read("reg0"), Ok(("reg0", 0, 32)));
        assert_eq!(read("ct_label[44]"), Ok(("ct_label", 44, 1)));
        assert_eq!(read("OXM_OF_PKT_REG1[14..38]"), Ok(("xreg1", 14, 25)));
        assert_eq!(read("NXM_NX_REG0_W[]"), Ok(("reg0", 0, 32)));
        assert_eq!(read("in_port[0..20]"), Err("in_port has 16 bits, there is no bit 20".into()));
        assert_eq!(read("reg0[5..3]"), Err("bit 5 comes after bit 3".into()));
        assert_eq!(read("reg0["), Err("bits are written as [], [3] or [0..15]".into()));
        assert_eq!(read("reg0[]]"), Err("`]` after the field".into()));
        assert_eq!(read("foo[]"), Err("no field `foo`".into()));
        assert_eq!(Subfield::parse_prefix("reg0[0..3]->reg1").map(|(_, rest)| rest), Ok("->reg1"));
    }

    #[test]
    fn printed_with_the_old_names() {
        let print = |text: &str| {
            let mut out = String::new();
            Subfield::parse(text).unwrap().paint(&mut out);
            out
        };
        assert_eq!(print("reg0[0..31]"), "NXM_NX_REG0[]");
        assert_eq!(print("reg16[1]"), "NXOXM_ET_REG16[1]");
        assert_eq!(print("metadata[0..31]"), "OXM_OF_METADATA[0..31]");
        assert_eq!(print("dl_vlan[]"), "dl_vlan[]");
        assert_eq!(print("tcp_flags[]"), "NXM_NX_TCP_FLAGS[]");
        assert_eq!(print("eth_src"), "NXM_OF_ETH_SRC[]");
    }
}

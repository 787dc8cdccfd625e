//! Writing fields: set_field, load, move, the stack, and the many older words for the same
//! (ovs-actions(7) "Field Modification Actions").

use copy::{parse_delete_field, parse_move, parse_pop, parse_push};

use super::{Action, Arg, Cx, Formats, Mode, Refusal, Spelling, Walk, Word, word};
use crate::base::diag::Diagnostic;
use crate::base::paint::{Painter, Role};
use crate::field::bits::Bits;
use crate::field::format::{self, paint_ipv4, paint_mac};
use crate::field::proto::{Needs, ipproto};
use crate::field::subfield::by_own_name;
use crate::field::table::{self, FieldId};
use crate::field::{Names, Subfield, Version};

mod copy;

pub(super) use copy::parse_copy;
pub use copy::{DeleteField, Move, Pop, Push};

/// The words of this family.
pub const WORDS: &[Word] = &[
    word("set_field", "set_field:VALUE[/MASK]->FIELD", "writes a value into a field", parse_set_field)
        .since("OpenFlow 1.2, parts of a field 1.5; other versions get load"),
    word("load", "load:VALUE->FIELD[A..B]", "writes a number into bits of a field", parse_load)
        .since("extension of Open vSwitch 1.1; OpenFlow 1.5 gets set_field"),
    word("move", "move:FIELD[A..B]->FIELD[C..D]", "copies bits from one field to another", parse_move)
        .since("extension of Open vSwitch; standard since OpenFlow 1.5"),
    word("push", "push:FIELD[A..B]", "puts bits on the stack", parse_push).since("extension of Open vSwitch 1.2"),
    word("pop", "pop:FIELD[A..B]", "takes bits off the stack", parse_pop).since("extension of Open vSwitch 1.2"),
    word("delete_field", "delete_field:tun_metadataN", "removes a tunnel option", parse_delete_field)
        .since("extension of Open vSwitch 2.14"),
    word("mod_dl_src", "mod_dl_src:MAC", "writes the source MAC address", parse_mod_dl_src)
        .since("OpenFlow 1.0 and 1.1; later versions get set_field"),
    word("mod_dl_dst", "mod_dl_dst:MAC", "writes the destination MAC address", parse_mod_dl_dst)
        .since("OpenFlow 1.0 and 1.1; later versions get set_field"),
    word("mod_nw_src", "mod_nw_src:IP", "writes the source IPv4 address", parse_mod_nw_src)
        .since("OpenFlow 1.0 and 1.1; later versions get set_field"),
    word("mod_nw_dst", "mod_nw_dst:IP", "writes the destination IPv4 address", parse_mod_nw_dst)
        .since("OpenFlow 1.0 and 1.1; later versions get set_field"),
    word("mod_nw_tos", "mod_nw_tos:TOS", "writes the DSCP, as a multiple of 4", parse_mod_nw_tos)
        .since("OpenFlow 1.0 and 1.1; later versions get set_field"),
    word("mod_nw_ecn", "mod_nw_ecn:ECN", "writes the congestion notification", parse_mod_nw_ecn)
        .since("OpenFlow 1.1; 1.0 gets load, later versions get set_field"),
    word("mod_nw_ttl", "mod_nw_ttl:TTL", "writes the time to live", parse_mod_nw_ttl)
        .since("OpenFlow 1.1; 1.0 gets load, later versions get set_field"),
    word("set_nw_ttl", "set_nw_ttl:TTL", "writes the time to live", parse_mod_nw_ttl)
        .since("OpenFlow 1.1; 1.0 gets load, later versions get set_field"),
    word("mod_tp_src", "mod_tp_src:PORT", "writes the TCP, UDP or SCTP source port", parse_mod_tp_src)
        .since("OpenFlow 1.0 and 1.1; later versions get set_field"),
    word("mod_tp_dst", "mod_tp_dst:PORT", "writes the TCP, UDP or SCTP destination port", parse_mod_tp_dst)
        .since("OpenFlow 1.0 and 1.1; later versions get set_field"),
    word("mod_vlan_vid", "mod_vlan_vid:VID", "writes the VLAN id, adding a tag if there is none", parse_mod_vlan_vid)
        .since("OpenFlow 1.0 and 1.1; later versions get set_field"),
    word("set_vlan_vid", "set_vlan_vid:VID", "writes the VLAN id of a tagged packet", parse_set_vlan_vid)
        .since("OpenFlow 1.0 and 1.1; later versions get set_field"),
    word(
        "mod_vlan_pcp",
        "mod_vlan_pcp:PCP",
        "writes the VLAN priority, adding a tag if there is none",
        parse_mod_vlan_pcp,
    )
    .since("OpenFlow 1.0 and 1.1; later versions get set_field"),
    word("set_vlan_pcp", "set_vlan_pcp:PCP", "writes the VLAN priority of a tagged packet", parse_set_vlan_pcp)
        .since("OpenFlow 1.0 and 1.1; later versions get set_field"),
    word("set_mpls_label", "set_mpls_label:LABEL", "writes the MPLS label", parse_set_mpls_label)
        .since("OpenFlow 1.1, in 1.0 an extension; later versions get set_field"),
    word("set_mpls_tc", "set_mpls_tc:TC", "writes the MPLS traffic class", parse_set_mpls_tc)
        .since("OpenFlow 1.1, in 1.0 an extension; later versions get set_field"),
    word("set_mpls_ttl", "set_mpls_ttl:TTL", "writes the MPLS time to live", parse_set_mpls_ttl)
        .since("OpenFlow 1.1, in 1.0 an extension; later versions get set_field"),
    word("set_tunnel", "set_tunnel:ID", "writes the tunnel key", parse_set_tunnel)
        .since("extension of Open vSwitch 1.0; OpenFlow 1.2 and later get set_field"),
    word("set_tunnel64", "set_tunnel64:ID", "writes the tunnel key, with 64 bits on the wire", parse_set_tunnel64)
        .since("extension of Open vSwitch 1.1; OpenFlow 1.2 and later get set_field"),
];

/// How a [`SetField`] was spelled. The words mean the same (but for [`Spelled::pushes_tag`]); OpenFlow versions differ
/// in which of them they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spelled {
    /// `set_field`.
    SetField,
    /// `load`.
    Load,
    /// `load` that travels as a field with value and mask, because its field has no plain header.
    LoadMasked,
    /// `mod_dl_src`, `mod_dl_dst`.
    ModDl,
    /// `mod_nw_src`, `mod_nw_dst`.
    ModNw,
    /// `mod_nw_tos`.
    ModTos,
    /// `mod_nw_ecn`.
    ModEcn,
    /// `mod_nw_ttl`.
    ModTtl,
    /// `mod_tp_src`, `mod_tp_dst`.
    ModTp,
    /// `mod_vlan_vid`, `mod_vlan_pcp`.
    ModVlan,
    /// `set_vlan_vid`, `set_vlan_pcp`.
    SetVlan,
    /// `set_mpls_label`, `set_mpls_tc`, `set_mpls_ttl`.
    SetMpls,
    /// `set_tunnel`.
    SetTunnel,
    /// `set_tunnel64`.
    SetTunnel64,
}

impl Spelled {
    /// Whether a VLAN tag is added when there is none.
    pub fn pushes_tag(self) -> bool {
        self == Spelled::ModVlan
    }
}

/// Sets some or all bits of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SetField {
    /// The field. For `mod_tp_src` and `mod_tp_dst` it is the TCP one; which protocol it is, the match says.
    pub field: FieldId,
    /// The value, as wide as the field.
    pub value: Bits,
    /// Which bits are set.
    pub mask: Bits,
    /// How it was written.
    pub spelled: Spelled,
}

impl SetField {
    /// Sets all of a field.
    pub fn exact(field: FieldId, value: u64, spelled: Spelled) -> SetField {
        let width = usize::from(field.bytes) * 8;
        SetField { field, value: Bits::from_u64(value, width), mask: Bits::ones(width), spelled }
    }

    /// Whether all of the field is set.
    pub fn is_exact(&self) -> bool {
        self.mask.is_ones(usize::from(self.field.bytes) * 8)
    }

    /// The same spelled otherwise.
    fn respelled(&self, spelled: Spelled) -> SetField {
        SetField { spelled, ..self.clone() }
    }

    /// The runs of bits that are set, lowest first, at most 64 bits each: what `load` can write at once.
    fn segments(&self) -> Vec<(Subfield, u64)> {
        let bits = usize::from(self.field.bits);
        let mut segments = Vec::new();
        let mut at = 0;
        while let Some(start) = (at..bits).find(|i| self.mask.bit(*i)) {
            let end = (start + 1..bits.min(start + 64)).find(|i| !self.mask.bit(*i)).unwrap_or(bits.min(start + 64));
            let subfield = Subfield { field: self.field, offset: start as u16, width: (end - start) as u16 };
            segments.push((subfield, self.value.slice(start, end - start).to_u64()));
            at = end;
        }
        segments
    }

    /// As `load`: one for each run of bits, or one that travels with its mask if the field has no plain header.
    fn as_loads(&self, out: &mut Vec<Action>) -> Result<(), Refusal> {
        if self.spelled == Spelled::LoadMasked || !self.field.has_plain_header() || self.field.is_tun_metadata() {
            out.push(self.masked()?.respelled(Spelled::LoadMasked).into());
            return Ok(());
        }
        for (subfield, value) in self.segments() {
            out.push(load(subfield, &Bits::from_u64(value, usize::from(subfield.width))).into());
        }
        Ok(())
    }

    /// The same, if it can travel with its mask: a switch refuses a value with bits that the mask leaves out.
    fn masked(&self) -> Result<&SetField, Refusal> {
        if self.field == table::VLAN_VID && !(self.value.bit(12) && self.mask.bit(12)) {
            let message = "a VLAN id is written with its presence bit, 0x1000".to_owned();
            return Err(Refusal::Argument(message, "add 4096 to the VLAN id"));
        }
        let kept = self.value.and(&self.mask);
        if kept == self.value {
            return Ok(self);
        }
        let message = format!("the value for {} has bits that the mask leaves out", self.field.name);
        Err(Refusal::Argument(message, "clear these bits in the value"))
    }

    /// As the actions of OpenFlow 1.0 and 1.1, which have a word for each field.
    fn as_legacy(&self, version: Version, walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        let value = self.value.to_u64();
        let set = |field: FieldId, value: u64, spelled: Spelled| Action::from(SetField::exact(field, value, spelled));
        let vlan = if version == Version::V10 { Spelled::ModVlan } else { Spelled::SetVlan };
        match self.field {
            table::VLAN_TCI if value & 0x1000 == 0 => {
                out.push(super::header::PopVlan { strip: version == Version::V10 }.into());
            }
            table::VLAN_TCI => {
                if version > Version::V10 && !walk.has_vlan() {
                    out.push(super::header::PushVlan(crate::field::proto::ethertype::VLAN).into());
                }
                out.push(set(table::VLAN_VID, value & 0xfff, vlan));
                out.push(set(table::VLAN_PCP, value >> 13, vlan));
            }
            table::VLAN_VID => out.push(set(table::VLAN_VID, value & 0xfff, vlan)),
            table::VLAN_PCP => out.push(set(table::VLAN_PCP, value, vlan)),
            table::ETH_SRC | table::ETH_DST => out.push(self.respelled(Spelled::ModDl).into()),
            table::IP_SRC | table::IP_DST => out.push(self.respelled(Spelled::ModNw).into()),
            table::NW_TOS => out.push(set(table::NW_TOS, value, Spelled::ModTos)),
            table::IP_DSCP => out.push(set(table::NW_TOS, value << 2, Spelled::ModTos)),
            table::NW_ECN => self.ecn(version, out),
            table::TCP_SRC | table::UDP_SRC => out.push(set(table::TCP_SRC, value, Spelled::ModTp)),
            table::TCP_DST | table::UDP_DST => out.push(set(table::TCP_DST, value, Spelled::ModTp)),
            _ => return self.as_loads(out),
        }
        Ok(())
    }

    /// OpenFlow 1.0 has no word for ECN.
    fn ecn(&self, version: Version, out: &mut Vec<Action>) {
        if version == Version::V10 {
            let subfield = Subfield { field: table::NW_ECN, offset: 0, width: 2 };
            out.push(load(subfield, &self.value.slice(0, 2)).into());
        } else {
            out.push(self.respelled(Spelled::ModEcn).into());
        }
    }

    /// The older words from OpenFlow 1.2 on, where they are set_field.
    fn as_set_field(&self, version: Version, walk: &Walk, out: &mut Vec<Action>) {
        let value = self.value.to_u64();
        let set = |field: FieldId, value: u64| Action::from(SetField::exact(field, value, Spelled::SetField));
        match self.spelled {
            Spelled::ModVlan | Spelled::SetVlan if self.field == table::VLAN_VID => {
                out.push(set(table::VLAN_VID, value | 0x1000));
            }
            Spelled::ModVlan | Spelled::SetVlan => out.push(set(table::VLAN_PCP, value)),
            Spelled::ModTos => out.push(set(table::IP_DSCP, value >> 2)),
            Spelled::ModTp => match transport_field(self.field, walk.nw_proto()) {
                Some(field) => out.push(set(field, value)),
                None => out.push(self.clone().into()),
            },
            Spelled::ModTtl => out.push(self.clone().into()),
            Spelled::SetMpls if self.field == table::MPLS_TTL => out.push(self.clone().into()),
            _ => out.push(self.respelled(Spelled::SetField).into()),
        }
        debug_assert!(version >= Version::V12);
    }
}

/// The port field of a transport protocol that stands for the TCP one.
fn transport_field(field: FieldId, nw_proto: u8) -> Option<FieldId> {
    let source = field == table::TCP_SRC;
    match nw_proto {
        ipproto::TCP => Some(field),
        ipproto::UDP => Some(if source { table::UDP_SRC } else { table::UDP_DST }),
        ipproto::SCTP => Some(if source { table::SCTP_SRC } else { table::SCTP_DST }),
        _ => None,
    }
}

fn load(subfield: Subfield, value: &Bits) -> SetField {
    let width = usize::from(subfield.field.bytes) * 8;
    let (offset, bits) = (usize::from(subfield.offset), usize::from(subfield.width));
    let (mut whole, mut mask) = (Bits::zero(width), Bits::zero(width));
    whole.insert(offset, bits, value);
    mask.fill(offset, bits);
    SetField { field: subfield.field, value: whole, mask, spelled: Spelled::Load }
}

// Reading.

/// Splits `value->field`.
pub(super) fn split_arrow<'a>(arg: &Arg<'a>, cx: &Cx<'_>) -> Result<(&'a str, &'a str), Diagnostic> {
    let whole = if arg.value.is_empty() { arg.name } else { arg.value };
    match arg.value.split_once("->") {
        Some((_, "")) => Err(cx.error("missing-value", whole, "a field must follow `->`").hint("as ->reg0")),
        Some(pair) => Ok(pair),
        None => Err(cx
            .error("missing-arrow", whole, format!("{} needs `->` and a field", arg.name))
            .hint("as VALUE->FIELD")),
    }
}

fn parse_set_field(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let (value, name) = split_arrow(arg, cx)?;
    let field = by_own_name(name).ok_or_else(|| {
        let d = cx.error("unknown-field", name, format!("no field `{name}`"));
        if name.contains('[') {
            return d.hint("set_field takes whole fields; use load for single bits");
        }
        d.nearest(name, FieldId::all().filter(|f| f.writable).map(|f| f.name))
            .or_hint("ovs-fields(7) lists every field")
    })?;
    if !field.writable {
        return Err(cx
            .error("read-only", name, format!("{} is read-only", field.name))
            .hint("choose a field that can be written"));
    }
    let width = usize::from(field.bytes) * 8;
    if cx.mode == Mode::Dumped
        && let Some(printed) = parse_printed_only(field, value)
    {
        return Ok(printed.into());
    }
    if value.is_empty() {
        return Err(cx.error("missing-value", arg.value, "set_field needs a value").hint("as set_field:1->reg0"));
    }
    let parsed = format::parse(&field, value, cx.names).map_err(|e| cx.value_error(value, e))?;
    if !fits(field, &parsed.value) {
        let message = format!("`{value}` is no value for {}", field.name);
        return Err(cx.error("too-large", value, message).hint(format!("the field has {} bits", field.bits)));
    }
    if let Some(why) = parsed.bent {
        cx.bent("bent-value", value, why);
    }
    let exact = Bits::ones(width);
    cx.needs(Formats::of(&field, &exact));
    Ok(SetField { field, value: parsed.value, mask: parsed.mask, spelled: Spelled::SetField }.into())
}

/// What Open vSwitch prints for OpenFlow 1.5 and does not read itself: `ANY`, and masks on fields that have none.
fn parse_printed_only(field: FieldId, text: &str) -> Option<SetField> {
    let width = usize::from(field.bytes) * 8;
    let set = |value, mask| SetField { field, value, mask, spelled: Spelled::SetField };
    // Of a port it is the number that means any port.
    if text == "ANY" && field.format != table::Format::Port {
        return Some(set(Bits::zero(width), Bits::zero(width)));
    }
    if field.maskable {
        return None;
    }
    let (value, mask) = text.split_once('/')?;
    Some(set(format::integer(value, width).ok()?, format::integer(mask, width).ok()?))
}

/// Whether a value can be written into a field (`mf_is_value_valid`).
fn fits(field: FieldId, value: &Bits) -> bool {
    let n = value.to_u64();
    match field {
        table::NW_TOS => n & 3 == 0,
        table::ARP_OP => n <= 0xff,
        table::VLAN_VID => n <= 0x1fff,
        table::DL_VLAN => n <= 0xfff,
        _ if field.name == "nsh_ttl" => n <= 63,
        _ if field.name == "nsh_mdtype" => n == 1 || n == 2,
        _ if field.name.starts_with("tun_erspan") => true,
        _ => value.bit_length() <= usize::from(field.bits),
    }
}

fn parse_load(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let (value, name) = split_arrow(arg, cx)?;
    let destination = cx.subfield(name)?;
    let width = usize::from(destination.field.bytes) * 8;
    // Open vSwitch reads as much of a number as there is and drops the rest.
    let end = number_end(value);
    let n = format::integer(&value[..end], width).map_err(|_| {
        let part = if value.is_empty() { arg.value } else { value };
        cx.error("bad-value", part, format!("`{value}` is no number"))
            .hint("load takes numbers; set_field takes addresses")
    })?;
    if end < value.len() {
        cx.bent("bent-value", value, format!("`{}` is dropped", &value[end..]));
    }
    if n.bit_length() > usize::from(destination.width) {
        let message = format!("{} does not fit into {} bits", n.hex(), destination.width);
        return Err(cx.error("too-large", value, message).hint("name more bits"));
    }
    if cx.mode == Mode::Typed && !name.ends_with(']') {
        cx.odd("missing-brackets", name, "load writes bits, as in reg0[]");
    }
    Ok(load(destination, &n).into())
}

/// Where a number at the start of a text ends.
fn number_end(text: &str) -> usize {
    let hex = text.starts_with("0x") || text.starts_with("0X");
    let from = if hex { 2 } else { 0 };
    let is_digit = |b: u8| {
        if hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() }
    };
    text.bytes().skip(from).position(|b| !is_digit(b)).map_or(text.len(), |n| n + from)
}

/// A reader of `WORD:NUMBER` that sets one field.
fn set_number(
    arg: &Arg<'_>,
    cx: &Cx<'_>,
    field: FieldId,
    spelled: Spelled,
    max: u64,
    what: &str,
) -> Result<Action, Diagnostic> {
    let text = if arg.value.is_empty() { &arg.name[arg.name.len()..] } else { arg.value };
    let n = cx.number(what, text, max)?;
    Ok(SetField::exact(field, n, spelled).into())
}

fn set_mac(arg: &Arg<'_>, cx: &Cx<'_>, field: FieldId) -> Result<Action, Diagnostic> {
    let parsed = format::parse_exact(&field, arg.value, cx.names).map_err(|e| cx.value_error(arg.value, e))?;
    Ok(SetField { field, value: parsed.value, mask: parsed.mask, spelled: Spelled::ModDl }.into())
}

fn set_ip(arg: &Arg<'_>, cx: &mut Cx<'_>, field: FieldId) -> Result<Action, Diagnostic> {
    let parsed = format::parse_exact(&field, arg.value, cx.names).map_err(|e| cx.value_error(arg.value, e))?;
    if let Some(why) = parsed.bent {
        cx.bent("bent-value", arg.value, why);
    }
    Ok(SetField { field, value: parsed.value, mask: parsed.mask, spelled: Spelled::ModNw }.into())
}

fn parse_mod_dl_src(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_mac(arg, cx, table::ETH_SRC)
}

fn parse_mod_dl_dst(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_mac(arg, cx, table::ETH_DST)
}

fn parse_mod_nw_src(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_ip(arg, cx, table::IP_SRC)
}

fn parse_mod_nw_dst(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_ip(arg, cx, table::IP_DST)
}

fn parse_mod_nw_tos(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let n = cx.number("the TOS", arg.value, 255)?;
    if n & 3 != 0 {
        return Err(cx.error("bad-value", arg.value, "the TOS is a multiple of 4").hint(format!("write {}", n & !3)));
    }
    set_number(arg, cx, table::NW_TOS, Spelled::ModTos, 255, "the TOS")
}

fn parse_mod_nw_ecn(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::NW_ECN, Spelled::ModEcn, 3, "the ECN")
}

fn parse_mod_nw_ttl(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::NW_TTL, Spelled::ModTtl, 255, "the TTL")
}

fn parse_mod_tp_src(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::TCP_SRC, Spelled::ModTp, 65535, "the port")
}

fn parse_mod_tp_dst(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::TCP_DST, Spelled::ModTp, 65535, "the port")
}

fn parse_mod_vlan_vid(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::VLAN_VID, Spelled::ModVlan, 4095, "the VLAN id")
}

fn parse_set_vlan_vid(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::VLAN_VID, Spelled::SetVlan, 4095, "the VLAN id")
}

fn parse_mod_vlan_pcp(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::VLAN_PCP, Spelled::ModVlan, 7, "the VLAN priority")
}

fn parse_set_vlan_pcp(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::VLAN_PCP, Spelled::SetVlan, 7, "the VLAN priority")
}

fn parse_set_mpls_label(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::MPLS_LABEL, Spelled::SetMpls, 0xf_ffff, "the label")
}

fn parse_set_mpls_tc(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::MPLS_TC, Spelled::SetMpls, 7, "the traffic class")
}

fn parse_set_mpls_ttl(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::MPLS_TTL, Spelled::SetMpls, 255, "the TTL")
}

fn parse_set_tunnel(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::TUN_ID, Spelled::SetTunnel, u64::MAX, "the tunnel key")
}

fn parse_set_tunnel64(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    set_number(arg, cx, table::TUN_ID, Spelled::SetTunnel64, u64::MAX, "the tunnel key")
}

impl Spelling for SetField {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        let role = Role::Reg;
        let n = self.value.to_u64();
        match self.spelled {
            Spelled::SetField | Spelled::LoadMasked => {
                p.put(role, "set_field:");
                format::paint(&self.field, &self.value, Some(&self.mask), names, p);
                p.dim("->");
                p.put(role, self.field.name);
            }
            Spelled::Load => {
                for (i, (subfield, value)) in self.segments().into_iter().enumerate() {
                    p.put(role, if i > 0 { ",load:" } else { "load:" });
                    p.hex(Role::Text, value);
                    p.dim("->");
                    subfield.paint(p);
                }
            }
            Spelled::ModDl => {
                p.put(role, if self.field == table::ETH_SRC { "mod_dl_src:" } else { "mod_dl_dst:" });
                paint_mac(n, p);
            }
            Spelled::ModNw => {
                p.put(role, if self.field == table::IP_SRC { "mod_nw_src:" } else { "mod_nw_dst:" });
                paint_ipv4(n as u32, u32::MAX, p);
            }
            Spelled::SetMpls => {
                let name = match self.field {
                    table::MPLS_LABEL => "set_mpls_label(",
                    table::MPLS_TC => "set_mpls_tc(",
                    _ => "set_mpls_ttl(",
                };
                p.put(role, name);
                p.decimal(Role::Text, n);
                p.put(role, ")");
            }
            Spelled::SetTunnel | Spelled::SetTunnel64 => {
                let wide = self.spelled == Spelled::SetTunnel64 || n > u32::MAX.into();
                p.put(role, if wide { "set_tunnel64:" } else { "set_tunnel:" });
                p.hex(Role::Text, n);
            }
            Spelled::ModTos
            | Spelled::ModEcn
            | Spelled::ModTtl
            | Spelled::ModTp
            | Spelled::ModVlan
            | Spelled::SetVlan => {
                p.put(role, self.number_word());
                p.decimal(Role::Text, n);
            }
        }
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        match self.spelled {
            Spelled::ModVlan | Spelled::SetVlan => {
                if !walk.has_vlan() && !self.spelled.pushes_tag() {
                    walk.inconsistent();
                }
                walk.tag();
            }
            Spelled::ModNw => {
                if walk.dl_type() != crate::field::proto::ethertype::IP {
                    walk.inconsistent();
                }
            }
            Spelled::ModTos | Spelled::ModEcn | Spelled::ModTtl => {
                if !walk.is_ip() {
                    walk.inconsistent();
                }
            }
            Spelled::ModTp => {
                if ![Needs::Tcp, Needs::Udp, Needs::Sctp].into_iter().any(|n| walk.meets(n)) {
                    walk.inconsistent();
                }
            }
            Spelled::SetMpls => {
                if !walk.meets(Needs::Mpls) {
                    walk.inconsistent();
                }
            }
            Spelled::ModDl | Spelled::SetTunnel | Spelled::SetTunnel64 => {}
            Spelled::SetField | Spelled::Load | Spelled::LoadMasked => {
                walk.require(&self.field)?;
                if self.field == table::VLAN_VID && !walk.has_vlan() {
                    return Err(Refusal::Prerequisite { what: "vlan_vid".to_owned(), needs: Needs::Vlan });
                }
                if !self.field.writable {
                    return Err(Refusal::ReadOnly(self.field.name));
                }
                if self.field == table::VLAN_TCI {
                    walk.set_tag(self.value.bit(12));
                }
            }
        }
        Ok(())
    }

    fn carry(&self, version: Version, walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        use Spelled as S;
        if self.spelled == S::SetField && self.field == table::IN_PORT_OXM {
            return Err(Refusal::Argument("in_port_oxm cannot be set".to_owned(), "use load:N->NXM_OF_IN_PORT[]"));
        }
        let pushes = version > Version::V10 && self.spelled.pushes_tag() && !walk.has_vlan();
        if pushes {
            out.push(super::header::PushVlan(crate::field::proto::ethertype::VLAN).into());
        }
        match self.spelled {
            S::SetField | S::Load | S::LoadMasked => match version {
                Version::V15 => out.push(self.masked()?.respelled(S::SetField).into()),
                _ if self.spelled != S::SetField => self.as_loads(out)?,
                Version::V10 | Version::V11 => self.as_legacy(version, walk, out)?,
                _ if self.is_exact() => out.push(self.masked()?.clone().into()),
                _ => self.as_loads(out)?,
            },
            S::ModTtl if version == Version::V10 => {
                out.push(load(Subfield { field: table::NW_TTL, offset: 0, width: 8 }, &self.value).into());
            }
            S::ModEcn if version < Version::V12 => self.ecn(version, out),
            S::ModVlan | S::SetVlan if version < Version::V12 => {
                out.push(self.respelled(if version == Version::V10 { S::ModVlan } else { S::SetVlan }).into());
            }
            S::SetTunnel if version < Version::V12 && self.value.to_u64() > u32::MAX.into() => {
                out.push(self.respelled(S::SetTunnel64).into());
            }
            _ if version < Version::V12 => out.push(self.clone().into()),
            _ => self.as_set_field(version, walk, out),
        }
        Ok(())
    }
}

impl SetField {
    /// The word for the spellings that are followed by a plain number.
    fn number_word(&self) -> &'static str {
        match (self.spelled, self.field) {
            (Spelled::ModTos, _) => "mod_nw_tos:",
            (Spelled::ModEcn, _) => "mod_nw_ecn:",
            (Spelled::ModTtl, _) => "mod_nw_ttl:",
            (Spelled::ModTp, table::TCP_SRC) => "mod_tp_src:",
            (Spelled::ModTp, _) => "mod_tp_dst:",
            (Spelled::ModVlan, table::VLAN_VID) => "mod_vlan_vid:",
            (Spelled::ModVlan, _) => "mod_vlan_pcp:",
            (_, table::VLAN_VID) => "set_vlan_vid:",
            (_, _) => "set_vlan_pcp:",
        }
    }
}

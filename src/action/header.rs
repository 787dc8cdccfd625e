//! Adding and removing headers, and counting down their time to live
//! (ovs-actions(7) "Packet Encapsulation Actions", "Field Modification Actions").

use super::{Action, Arg, Cx, Formats, Mode, Refusal, Spelling, Walk, Word, word};
use crate::base::args::{Separator, items};
use crate::base::diag::Diagnostic;
use crate::base::number::{Digits, c_atoi};
use crate::base::paint::{Painter, Role};
use crate::field::proto::{Needs, ethertype};
use crate::field::{Names, Version};

/// The words of this family.
pub const WORDS: &[Word] = &[
    word("strip_vlan", "strip_vlan", "takes the VLAN tag off", parse_strip_vlan).since("every version"),
    word("pop_vlan", "pop_vlan", "takes the VLAN tag off", parse_pop_vlan).since("every version"),
    word("push_vlan", "push_vlan:0x8100 | push_vlan:0x88a8", "puts a VLAN tag on", parse_push_vlan)
        .since("OpenFlow 1.1; 0x88a8 and a second tag since Open vSwitch 2.8"),
    word("push_mpls", "push_mpls:0x8847 | push_mpls:0x8848", "puts an MPLS header on", parse_push_mpls)
        .since("OpenFlow 1.1, in 1.0 an extension; Open vSwitch 1.11"),
    word("pop_mpls", "pop_mpls:ETHERTYPE", "takes an MPLS header off", parse_pop_mpls)
        .since("OpenFlow 1.1, in 1.0 an extension; Open vSwitch 1.11"),
    word("dec_ttl", "dec_ttl | dec_ttl(ID,..)", "takes one off the IP time to live", parse_dec_ttl)
        .since("every version"),
    word("dec_mpls_ttl", "dec_mpls_ttl", "takes one off the MPLS time to live", parse_dec_mpls_ttl)
        .since("OpenFlow 1.1, in 1.0 an extension; Open vSwitch 1.11"),
    word("dec_nsh_ttl", "dec_nsh_ttl", "takes one off the NSH time to live", parse_dec_nsh_ttl)
        .since("extension of Open vSwitch 2.8"),
    word(
        "encap",
        "encap(ethernet) | encap(mpls) | encap(mpls_mc) | encap(nsh([md_type=N][,tlv(CLASS,TYPE,VALUE)]..))",
        "puts a header in front of the packet",
        parse_encap,
    )
    .since("extension of Open vSwitch 2.8 for OpenFlow 1.3 and later; MPLS since 2.17"),
    word("decap", "decap() | decap(packet_type(ns=N,type=N))", "takes the first header off the packet", parse_decap)
        .since("extension of Open vSwitch 2.8 for OpenFlow 1.3 and later; MPLS since 2.17"),
];

/// Notes that an action which takes no argument was given one.
pub(super) fn no_argument(arg: &Arg<'_>, cx: &mut Cx<'_>) {
    if !arg.value.is_empty() {
        cx.bent("ignored-argument", arg.value, format!("{} takes no argument, it is ignored", arg.name));
    }
}

/// `pop_vlan`, or `strip_vlan` as OpenFlow 1.0 has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PopVlan {
    /// Whether it was spelled `strip_vlan`.
    pub strip: bool,
}

fn parse_strip_vlan(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    no_argument(arg, cx);
    Ok(PopVlan { strip: true }.into())
}

fn parse_pop_vlan(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    no_argument(arg, cx);
    Ok(PopVlan { strip: false }.into())
}

impl Spelling for PopVlan {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text(if self.strip { "strip_vlan" } else { "pop_vlan" });
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if !walk.has_vlan() {
            walk.inconsistent();
        }
        walk.pop_tag();
        Ok(())
    }

    fn carry(&self, version: Version, _walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        out.push(PopVlan { strip: version == Version::V10 }.into());
        Ok(())
    }
}

/// `push_vlan:ETHERTYPE`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PushVlan(pub u16);

fn parse_push_vlan(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    cx.needs(Formats::OF11_UP);
    let n = cx.number("the Ethernet type", arg.value, u16::MAX.into())? as u16;
    if n != ethertype::VLAN && n != ethertype::VLAN_8021AD {
        let d = cx.error("bad-value", arg.value, format!("`{}` is no Ethernet type of a VLAN tag", arg.value));
        return Err(d.hint("0x8100, or 0x88a8 for a service tag"));
    }
    Ok(PushVlan(n).into())
}

impl Spelling for PushVlan {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("push_vlan:");
        p.hex(Role::Text, self.0.into());
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if walk.push_tag() {
            return Ok(());
        }
        Err(Refusal::Argument("a packet has two VLAN tags at most".to_owned(), "pop one before"))
    }

    fn carry(&self, version: Version, _walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        // In OpenFlow 1.0 a tag comes with mod_vlan_vid, which follows.
        if version > Version::V10 {
            out.push(self.clone().into());
        }
        Ok(())
    }
}

/// `push_mpls:ETHERTYPE`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PushMpls(pub u16);

fn parse_push_mpls(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    Ok(PushMpls(cx.number("the Ethernet type", arg.value, u16::MAX.into())? as u16).into())
}

fn paint_ethertype(word: &str, n: u16, p: &mut impl Painter) {
    p.text(word);
    p.text(Digits::hex_padded(n.into(), 4).as_str());
}

impl Spelling for PushMpls {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        paint_ethertype("push_mpls:", self.0, p);
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if self.0 != ethertype::MPLS && self.0 != ethertype::MPLS_MCAST {
            return Err(Refusal::Argument("push_mpls takes the Ethernet type of MPLS".to_owned(), "0x8847 or 0x8848"));
        }
        if !walk.is_ethernet() {
            walk.inconsistent();
        }
        walk.set_dl_type(self.0);
        walk.forget_nw_proto();
        Ok(())
    }
}

/// `pop_mpls:ETHERTYPE`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PopMpls(pub u16);

fn parse_pop_mpls(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    Ok(PopMpls(cx.number("the Ethernet type", arg.value, u16::MAX.into())? as u16).into())
}

impl Spelling for PopMpls {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        paint_ethertype("pop_mpls:", self.0, p);
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if !walk.is_ethernet() || !walk.meets(Needs::Mpls) {
            walk.inconsistent();
        }
        walk.set_dl_type(self.0);
        Ok(())
    }
}

/// `dec_ttl`, with the ids of the controllers that are told when the time is up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DecTtl {
    /// The controllers; `None` for the plain form, which tells controller 0. A switch prints an empty list as
    /// `dec_ttl()`: nobody is told.
    pub controllers: Option<Vec<u16>>,
}

fn parse_dec_ttl(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let mut controllers = Vec::new();
    for id in arg.value.split([',', ' ']).filter(|id| !id.is_empty()) {
        let n = c_atoi(id);
        if n.to_string() != id || n != i64::from(n as u16) {
            cx.bent("bent-number", id, format!("the controller id becomes {}", n as u16));
        }
        controllers.push(n as u16);
    }
    if controllers.is_empty() && !arg.value.is_empty() {
        return Err(cx.error("missing-value", arg.value, "dec_ttl(..) needs a controller id").hint("or write dec_ttl"));
    }
    let is_list = !controllers.is_empty() || cx.mode != Mode::Typed && arg.separator == Separator::Paren;
    Ok(DecTtl { controllers: is_list.then_some(controllers) }.into())
}

impl Spelling for DecTtl {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("dec_ttl");
        if let Some(controllers) = &self.controllers {
            let ids: Vec<String> = controllers.iter().map(u16::to_string).collect();
            p.text("(");
            p.text(&ids.join(","));
            p.text(")");
        }
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if !walk.is_ip() {
            walk.inconsistent();
        }
        Ok(())
    }
}

/// `dec_mpls_ttl`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DecMplsTtl;

fn parse_dec_mpls_ttl(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    no_argument(arg, cx);
    Ok(DecMplsTtl.into())
}

impl Spelling for DecMplsTtl {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("dec_mpls_ttl");
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if !walk.meets(Needs::Mpls) {
            walk.inconsistent();
        }
        Ok(())
    }
}

/// `dec_nsh_ttl`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DecNshTtl;

fn parse_dec_nsh_ttl(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    no_argument(arg, cx);
    Ok(DecNshTtl.into())
}

impl Spelling for DecNshTtl {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("dec_nsh_ttl");
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if !walk.is_nsh() {
            walk.inconsistent();
        }
        Ok(())
    }

    fn carry(&self, version: Version, _walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        from_13(self.clone().into(), version, out)
    }
}

/// The headers that `encap` knows, with their packet types.
const ENCAPS: [(&str, u32); 4] = [("ethernet", 0), ("nsh", 0x1_894f), ("mpls", 0x1_8847), ("mpls_mc", 0x1_8848)];

/// `encap(HEADER(..))`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Encap {
    /// The packet type of the new header.
    pub packet_type: u32,
    /// What the header holds.
    pub properties: Vec<EncapProperty>,
}

/// A property of a header that is put in front.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EncapProperty {
    /// `md_type=N` of NSH.
    NshMdType(u8),
    /// `tlv(CLASS,TYPE,VALUE)` of NSH.
    NshTlv {
        /// The class.
        class: u16,
        /// The type.
        kind: u8,
        /// The bytes.
        value: Vec<u8>,
    },
}

fn parse_encap(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    cx.needs(Formats::OF13_UP);
    let Some(header) = items(arg.value).next() else {
        return Err(cx
            .error("missing-value", arg.name, "encap needs a header")
            .hint("encap(ethernet), encap(nsh), encap(mpls)"));
    };
    let known = ENCAPS.iter().find(|(name, _)| *name == header.name);
    let Some((name, packet_type)) = known else {
        let d = cx.error("bad-value", header.name, format!("no header `{}` can be put in front", header.name));
        return Err(d.nearest(header.name, ENCAPS.map(|(name, _)| name)));
    };
    let mut properties = Vec::new();
    for item in items(header.value) {
        if *name != "nsh" {
            return Err(cx
                .error("unknown-argument", item.name, format!("{name} has no properties"))
                .hint("leave them out"));
        }
        properties.push(match item.name {
            "md_type" => {
                let n = cx.number("md_type", item.value, 255)?;
                if !(1..=2).contains(&n) {
                    return Err(cx.error("bad-value", item.value, "md_type is 1 or 2").hint("RFC 8300, section 2.2"));
                }
                EncapProperty::NshMdType(n as u8)
            }
            "tlv" => parse_tlv(item.value, cx)?,
            _ => {
                let d = cx.error("unknown-argument", item.name, format!("nsh has no property `{}`", item.name));
                return Err(d.nearest(item.name, ["md_type", "tlv"]));
            }
        });
    }
    Ok(Encap { packet_type: *packet_type, properties }.into())
}

fn parse_tlv(text: &str, cx: &Cx<'_>) -> Result<EncapProperty, Diagnostic> {
    let parts: Vec<&str> = text.splitn(3, ',').collect();
    let error = || {
        cx.error("bad-value", text, "an NSH option is a class, a type and a value").hint("as tlv(0x1000,10,0x12345678)")
    };
    let [class, kind, value] = parts[..] else {
        return Err(error());
    };
    let class = class.strip_prefix("0x").and_then(|c| u16::from_str_radix(c, 16).ok()).ok_or_else(error)?;
    let kind = kind.parse().map_err(|_| error())?;
    let digits = value.strip_prefix("0x").filter(|v| v.bytes().all(|b| b.is_ascii_hexdigit())).ok_or_else(error)?;
    let even = digits.len() / 2 * 2;
    Ok(EncapProperty::NshTlv { class, kind, value: super::output::hex_bytes(&digits[..even], cx)? })
}

impl Spelling for Encap {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        let name = ENCAPS.iter().find(|(_, n)| *n == self.packet_type).map_or("UNKNOWN", |(name, _)| name);
        p.text("encap(");
        p.text(name);
        for (i, property) in self.properties.iter().enumerate() {
            p.text(if i == 0 { "(" } else { "," });
            match property {
                EncapProperty::NshMdType(n) => {
                    p.dim("md_type=");
                    p.decimal(Role::Text, (*n).into());
                }
                EncapProperty::NshTlv { class, kind, value } => {
                    let hex: String = value.iter().map(|b| format!("{b:02x}")).collect();
                    let hex = hex.trim_start_matches('0');
                    let value = if hex.is_empty() { "0".to_owned() } else { format!("0x{hex}") };
                    p.text(&format!("tlv(0x{class:04x},{kind},{value})"));
                }
            }
        }
        p.text(if self.properties.is_empty() { ")" } else { "))" });
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        walk.set_packet_type(self.packet_type);
        if !walk.is_ip() {
            walk.forget_nw_proto();
        }
        Ok(())
    }

    fn carry(&self, version: Version, _walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        from_13(self.clone().into(), version, out)
    }
}

/// Carries an action that OpenFlow has from 1.3 on.
fn from_13(action: Action, version: Version, out: &mut Vec<Action>) -> Result<(), Refusal> {
    if version < Version::V13 {
        return Err(Refusal::Version(format!("{version} has no {}", action.name())));
    }
    out.push(action);
    Ok(())
}

/// `decap()`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decap {
    /// What the packet starts with afterwards, if it is said.
    pub packet_type: Option<u32>,
}

fn parse_decap(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let Some(item) = items(arg.value).next() else {
        return Ok(Decap { packet_type: None }.into());
    };
    if item.name != "packet_type" || item.separator != Separator::Paren {
        let d = cx.error("unknown-argument", item.name, format!("decap has no argument `{}`", item.name));
        return Err(d.hint("decap() or decap(packet_type(ns=N,type=N))"));
    }
    let mut parts = items(item.value);
    let mut part = |name: &str, max: u64| match parts.next() {
        Some(part) if part.name == name => cx.number(name, part.value, max),
        _ => Err(cx
            .error("missing-value", item.value, format!("packet_type needs {name}"))
            .hint("packet_type(ns=N,type=N)")),
    };
    let (namespace, kind) = (part("ns", 1)?, part("type", u16::MAX.into())?);
    let packet_type = (namespace << 16 | kind) as u32;
    // (0,0xfffe) is the way in which the wire says "whatever follows".
    Ok(Decap { packet_type: (packet_type != 0xfffe).then_some(packet_type) }.into())
}

impl Spelling for Decap {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("decap(");
        if let Some(packet_type) = self.packet_type {
            p.text(&format!("packet_type(ns={},type=", packet_type >> 16));
            p.hex(Role::Text, (packet_type & 0xffff).into());
            p.text(")");
        }
        p.text(")");
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if walk.is_ethernet() {
            walk.set_packet_type(0x1_0000 | u32::from(walk.dl_type()));
        } else {
            walk.forget_headers();
        }
        Ok(())
    }

    fn carry(&self, version: Version, _walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        from_13(self.clone().into(), version, out)
    }
}

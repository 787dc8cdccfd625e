//! Sending the packet somewhere: ports, the controller, queues, groups, bundles (ovs-actions(7) "Output Actions").

use super::{Action, Arg, Cx, Refusal, Spelling, Walk, Word, word};
use crate::base::args::items;
use crate::base::diag::Diagnostic;
use crate::base::paint::{List, Painter, Role, Target};
use crate::field::names::{paint_port, parse_known_port, port};
use crate::field::{Names, Subfield, Version};

/// The words of this family.
pub const WORDS: &[Word] = &[
    word(
        "output",
        "output:PORT | output:FIELD[A..B] | output(port=PORT,max_len=BYTES)",
        "sends the packet out of a port",
        parse_output,
    )
    .since("every version; to a field since Open vSwitch 1.3, cut short since 2.6"),
    word(
        "controller",
        "controller[:MAX_LEN] | controller(max_len=N,reason=R,id=N,userdata=HEX,pause,meter_id=N)",
        "sends the packet to the controller",
        parse_controller,
    )
    .since("every version; id and reason since Open vSwitch 1.6, userdata and pause since 2.6"),
    word(
        "enqueue",
        "enqueue:PORT:QUEUE | enqueue(PORT,QUEUE)",
        "sends the packet out of a port through a queue",
        parse_enqueue,
    )
    .since("OpenFlow 1.0; later versions get set_queue, output and pop_queue"),
    word("group", "group:NUMBER", "hands the packet to a group", parse_group)
        .since("OpenFlow 1.1; in 1.0 an extension of Open vSwitch 2.6"),
    word(
        "bundle",
        "bundle(FIELDS,BASIS,ALGORITHM,ofport,members:PORT,..)",
        "sends the packet out of one live port of a list",
        parse_bundle,
    )
    .since("extension of Open vSwitch 1.2"),
    word(
        "bundle_load",
        "bundle_load(FIELDS,BASIS,ALGORITHM,ofport,FIELD[A..B],members:PORT,..)",
        "writes one live port of a list into a field",
        parse_bundle_load,
    )
    .since("extension of Open vSwitch 1.2"),
];

/// `output:PORT`, or a bare port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Output {
    /// The port, a reserved one included.
    pub port: u32,
    /// For the controller: how many bytes it gets.
    pub max_len: u16,
}

fn parse_output(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    if arg.value.contains("port") && arg.value.contains("max_len") {
        return parse_truncated(arg, cx);
    }
    // A field is a field, with brackets or without, even where any word may be a port that nobody has listed.
    let is_field = arg.value.ends_with(']') || parse_known_port(arg.value, cx.names).is_err();
    if is_field && let Ok(source) = Subfield::parse(arg.value) {
        return Ok(OutputReg { source }.into());
    }
    match cx.port(arg.value) {
        Ok(port) => Ok(Output { port, max_len: if port == port::CONTROLLER { u16::MAX } else { 0 } }.into()),
        Err(error) => match Subfield::parse(arg.value) {
            Ok(source) => Ok(OutputReg { source }.into()),
            // A name with brackets was meant as a field, so its own complaint is the useful one.
            Err(e) if arg.value.contains('[') => Err(cx.subfield_error(arg.value, e)),
            Err(_) if arg.value.is_empty() => {
                Err(cx.error("missing-value", arg.name, "output needs a port").hint("output:PORT"))
            }
            Err(_) => Err(error),
        },
    }
}

impl Spelling for Output {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        if self.port < port::MAX || self.port >= port::NAMED {
            p.put(Role::Output, "output:");
        }
        paint_port(self.port, names, p);
        if self.port == port::CONTROLLER {
            p.put(Role::Output, ":");
            p.decimal(Role::Output, self.max_len.into());
        }
    }

    fn check(&self, _walk: &mut Walk) -> Result<(), Refusal> {
        check_port(self.port)
    }
}

/// Ports that a packet can be sent to.
fn check_port(number: u32) -> Result<(), Refusal> {
    let is_ordinary = !(port::MAX..port::NAMED).contains(&number);
    if is_ordinary || (port::IN_PORT..=port::LOCAL).contains(&number) {
        return Ok(());
    }
    Err(Refusal::Argument("a packet cannot be sent to this port".to_owned(), "ports are numbered from 1 to 65279"))
}

/// `output:FIELD[A..B]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutputReg {
    /// The bits that hold the port number.
    pub source: Subfield,
}

impl Spelling for OutputReg {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.put(Role::Output, "output:");
        self.source.paint(p);
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        walk.require_source(&self.source)
    }
}

/// `output(port=PORT,max_len=BYTES)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutputTrunc {
    /// The port.
    pub port: u32,
    /// How many bytes are sent, at least 14.
    pub max_len: u32,
}

fn parse_truncated(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    /// The length of an Ethernet header.
    const SHORTEST: u64 = 14;
    let mut out = OutputTrunc { port: 0, max_len: 0 };
    for item in items(arg.value) {
        match item.name {
            "port" => {
                out.port = cx.port(item.value)?;
                let is_ordinary = out.port < port::MAX || out.port >= port::NAMED;
                if !is_ordinary && out.port != port::LOCAL && out.port != port::IN_PORT {
                    let d = cx.error("bad-value", item.value, format!("no truncated output to {}", item.value));
                    return Err(d.hint("a numbered port, LOCAL or IN_PORT"));
                }
            }
            "max_len" => {
                let n = cx.number("max_len", item.value, u32::MAX.into())?;
                if n < SHORTEST {
                    let d = cx.error("too-small", item.value, format!("max_len is at least {SHORTEST}"));
                    return Err(d.hint("an Ethernet header has 14 bytes"));
                }
                out.max_len = n as u32;
            }
            _ => {
                let d = cx.error("unknown-argument", item.name, format!("output has no argument `{}`", item.name));
                return Err(d.nearest(item.name, ["port", "max_len"]));
            }
        }
    }
    Ok(out.into())
}

impl Spelling for OutputTrunc {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        p.put(Role::Output, "output(port=");
        paint_port(self.port, names, p);
        p.dim(",max_len=");
        p.decimal(Role::Text, self.max_len.into());
        p.put(Role::Output, ")");
    }

    fn check(&self, _walk: &mut Walk) -> Result<(), Refusal> {
        check_port(self.port)
    }
}

/// `controller(..)` with more than a length.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Controller {
    /// How many bytes the controller gets.
    pub max_len: u16,
    /// Why, as the controller is told.
    pub reason: Reason,
    /// Which controllers get it.
    pub controller_id: u16,
    /// Bytes that the controller gets with the packet.
    pub userdata: Vec<u8>,
    /// Whether the packet waits for the controller.
    pub pause: bool,
    /// The meter that limits these packets.
    pub meter_id: Option<u32>,
}

/// Why a packet goes to the controller (`enum ofp_packet_in_reason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reason(pub u8);

impl Reason {
    /// An action said so.
    pub const ACTION: Reason = Reason(1);

    /// The last two are Open vSwitch's own: a table said so, or no flow matched. They print as nothing, and only hidden
    /// flows have them (`bridge/dump-flows`).
    const NAMES: [(u8, &'static str); 8] = [
        (0, "no_match"),
        (1, "action"),
        (2, "invalid_ttl"),
        (3, "action_set"),
        (4, "group"),
        (5, "packet_out"),
        (6, ""),
        (7, ""),
    ];

    /// The name that Open vSwitch prints.
    pub fn name(self) -> String {
        Self::NAMES
            .iter()
            .find(|(n, _)| *n == self.0)
            .map_or_else(|| self.0.to_string(), |(_, name)| (*name).to_owned())
    }

    fn parse(text: &str) -> Option<Reason> {
        let known = Self::NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
        known.map(|(n, _)| Reason(*n)).or_else(|| text.parse().ok().map(Reason))
    }
}

fn parse_controller(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let mut out = Controller {
        max_len: u16::MAX,
        reason: Reason::ACTION,
        controller_id: 0,
        userdata: Vec::new(),
        pause: false,
        meter_id: None,
    };
    if arg.value.bytes().all(|b| b.is_ascii_digit()) {
        if !arg.value.is_empty() {
            out.max_len = cx.number("max_len", arg.value, u16::MAX.into())? as u16;
        }
        return Ok(Output { port: port::CONTROLLER, max_len: out.max_len }.into());
    }
    for item in items(arg.value) {
        match item.name {
            "max_len" => out.max_len = cx.number("max_len", item.value, u16::MAX.into())? as u16,
            "reason" => {
                out.reason = Reason::parse(item.value).ok_or_else(|| {
                    let d = cx.error("bad-value", item.value, format!("no reason `{}`", item.value));
                    d.hint("one of no_match action invalid_ttl action_set group packet_out")
                })?;
            }
            "id" => out.controller_id = cx.number("id", item.value, u16::MAX.into())? as u16,
            "userdata" => out.userdata = hex_bytes(item.value, cx)?,
            "pause" => out.pause = true,
            "meter_id" => out.meter_id = Some(cx.number("meter_id", item.value, u32::MAX.into())? as u32),
            _ => {
                let d = cx.error("unknown-argument", item.name, format!("controller has no argument `{}`", item.name));
                return Err(d.nearest(item.name, ["max_len", "reason", "id", "userdata", "pause", "meter_id"]));
            }
        }
    }
    let is_plain = out.reason == Reason::ACTION && out.controller_id == 0 && out.userdata.is_empty();
    if is_plain && !out.pause && out.meter_id.is_none() {
        return Ok(Output { port: port::CONTROLLER, max_len: out.max_len }.into());
    }
    Ok(out.into())
}

/// Reads bytes as pairs of hexadecimal digits, with dots or blanks between them or not.
pub(super) fn hex_bytes(text: &str, cx: &Cx<'_>) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::with_capacity(text.len() / 3 + 1);
    let mut rest = text.trim_start_matches([' ', '\t', '.']);
    while !rest.is_empty() {
        let pair = rest.get(..2).and_then(|pair| u8::from_str_radix(pair, 16).ok().filter(|_| !pair.starts_with('+')));
        let Some(byte) = pair else {
            return Err(cx.error("bad-value", rest, "bytes are pairs of hexadecimal digits").hint("as 00.1f.a0"));
        };
        bytes.push(byte);
        rest = rest[2..].trim_start_matches([' ', '\t', '.']);
    }
    Ok(bytes)
}

/// Prints bytes as pairs of hexadecimal digits with dots between them.
pub(super) fn paint_hex_bytes(bytes: &[u8], p: &mut impl Painter) {
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 {
            p.text(".");
        }
        p.text(crate::base::number::Digits::padded((*byte).into(), 16, 2).as_str());
    }
}

impl Spelling for Controller {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        let mut list = List::default();
        p.put(Role::Output, "controller(");
        let numbers =
            [("max_len=", u64::from(self.max_len), u64::from(u16::MAX)), ("id=", self.controller_id.into(), 0)];
        if self.reason != Reason::ACTION {
            list.next(p);
            p.dim("reason=");
            p.text(&self.reason.name());
        }
        for (key, n, default) in numbers {
            if n != default {
                list.next(p);
                p.dim(key);
                p.decimal(Role::Text, n);
            }
        }
        if !self.userdata.is_empty() {
            list.next(p);
            p.dim("userdata=");
            paint_hex_bytes(&self.userdata, p);
        }
        if self.pause {
            list.next(p);
            p.text("pause");
        }
        if let Some(id) = self.meter_id {
            list.next(p);
            p.dim("meter_id=");
            p.link(Target::Meter(id), Role::Text, &id.to_string());
        }
        p.put(Role::Output, ")");
    }
}

/// `enqueue:PORT:QUEUE`, an OpenFlow 1.0 action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Enqueue {
    /// The port.
    pub port: u32,
    /// The queue.
    pub queue: u32,
}

fn parse_enqueue(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let text = arg.value.trim_start_matches([':', 'q', ',']);
    let Some((port, queue)) = text.split_once([':', 'q', ',']).filter(|(_, queue)| !queue.is_empty()) else {
        let part = if arg.value.is_empty() { arg.name } else { arg.value };
        return Err(cx.error("missing-value", part, "enqueue needs a port and a queue").hint("enqueue:PORT:QUEUE"));
    };
    Ok(Enqueue { port: cx.port(port)?, queue: cx.number("the queue", queue, u32::MAX.into())? as u32 }.into())
}

impl Spelling for Enqueue {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        p.put(Role::Output, "enqueue:");
        paint_port(self.port, names, p);
        p.text(":");
        p.decimal(Role::Text, self.queue.into());
    }

    fn check(&self, _walk: &mut Walk) -> Result<(), Refusal> {
        match self.port {
            port::IN_PORT | port::LOCAL => Ok(()),
            n if !(port::MAX..port::NAMED).contains(&n) => Ok(()),
            _ => Err(Refusal::Argument("no queue leads to this port".to_owned(), "a numbered port, LOCAL or IN_PORT")),
        }
    }

    fn carry(&self, version: Version, _walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        if version == Version::V10 {
            out.push(self.clone().into());
        } else {
            out.push(super::misc::SetQueue(self.queue).into());
            out.push(Output { port: self.port, max_len: 0 }.into());
            out.push(super::misc::PopQueue.into());
        }
        Ok(())
    }
}

/// `group:NUMBER`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Group(pub u32);

impl Group {
    /// The highest number of a group (`OFPG_MAX`).
    pub const MAX: u32 = 0xffff_ff00;
}

fn parse_group(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    Ok(Group(cx.number("the group", arg.value, u32::MAX.into())? as u32).into())
}

impl Spelling for Group {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.put(Role::Goto, "group:");
        p.link(Target::Group(self.0), Role::Goto, &self.0.to_string());
    }

    fn check(&self, _walk: &mut Walk) -> Result<(), Refusal> {
        if self.0 <= Group::MAX {
            return Ok(());
        }
        Err(Refusal::Argument(format!("groups are numbered up to {}", Group::MAX), "use a smaller number"))
    }
}

/// Which parts of a packet are hashed (`enum nx_hash_fields`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HashFields(usize);

impl HashFields {
    /// The names, in the order of the numbers of `enum nx_hash_fields`.
    pub const NAMES: [&'static str; 7] =
        ["eth_src", "symmetric_l4", "symmetric_l3l4", "symmetric_l3l4+udp", "nw_src", "nw_dst", "symmetric_l3"];

    /// Addresses, VLAN and ports, the same for both directions.
    pub const SYMMETRIC_L4: HashFields = HashFields(1);

    pub(super) fn parse(text: &str, cx: &Cx<'_>) -> Result<HashFields, Diagnostic> {
        let found = Self::NAMES.iter().position(|n| n.eq_ignore_ascii_case(text));
        found.map(HashFields).ok_or_else(|| {
            let d = cx.error("bad-value", text, format!("no way to hash called `{text}`"));
            d.hint(format!("one of {}", Self::NAMES.join(" ")))
        })
    }

    /// The name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self.0]
    }
}

/// `bundle(..)` and `bundle_load(..)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bundle {
    /// What is hashed.
    pub fields: HashFields,
    /// A number that changes the hash.
    pub basis: u16,
    /// Whether the first live port is taken, rather than one by hashing.
    pub active_backup: bool,
    /// Where the port is written, for `bundle_load`.
    pub destination: Option<Subfield>,
    /// The ports.
    pub members: Vec<u32>,
}

fn parse_bundle(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    bundle(arg, false, cx)
}

fn parse_bundle_load(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    bundle(arg, true, cx)
}

fn bundle(arg: &Arg<'_>, load: bool, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    /// Members that Open vSwitch takes (`BUNDLE_MAX_MEMBERS`).
    const MEMBERS: usize = 2048;
    let whole = if arg.value.is_empty() { arg.name } else { arg.value };
    let mut rest = arg.value;
    let mut next = |stop: &[char]| -> Option<&str> {
        rest = rest.trim_start_matches(stop);
        let end = rest.find(stop).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after.strip_prefix(stop).unwrap_or(after);
        (!word.is_empty()).then_some(word)
    };
    const COMMA: &[char] = &[',', ' '];
    const COLON: &[char] = &[':', ' '];
    let fields = next(COMMA);
    let basis = next(COMMA);
    let algorithm = next(COMMA);
    let kind = next(COMMA);
    let destination = if load { next(COMMA) } else { None };
    let delimiter = next(COLON);
    let (Some(fields), Some(basis), Some(algorithm), Some(kind), Some(delimiter)) =
        (fields, basis, algorithm, kind, delimiter)
    else {
        return Err(cx
            .error("missing-value", whole, format!("{} needs more arguments", arg.name))
            .hint(form(arg.name)));
    };
    if !delimiter.eq_ignore_ascii_case("members") && !delimiter.eq_ignore_ascii_case("slaves") {
        return Err(cx.error("bad-value", delimiter, "the ports stand after `members:`").hint(form(arg.name)));
    }
    let mut members = Vec::new();
    while let Some(word) = next(&[',', ' ', '[', ']']) {
        if members.len() == MEMBERS {
            break;
        }
        members.push(cx.port(word)?);
    }
    let out = Bundle {
        fields: HashFields::parse(fields, cx)?,
        basis: c_u16(basis, "the basis", cx),
        active_backup: match algorithm.to_ascii_lowercase().as_str() {
            "active_backup" => true,
            "hrw" => false,
            _ => {
                let d = cx.error("bad-value", algorithm, format!("no algorithm `{algorithm}`"));
                return Err(d.hint("hrw or active_backup"));
            }
        },
        destination: destination.map(|d| destination_field(d, cx)).transpose()?,
        members,
    };
    if !kind.eq_ignore_ascii_case("ofport") {
        return Err(cx
            .error("bad-value", kind, format!("members are of kind ofport, not `{kind}`"))
            .hint("write ofport"));
    }
    Ok(out.into())
}

fn form(name: &str) -> &'static str {
    super::word_by_name(name).map_or("", |w| w.form)
}

/// A number as C's `atoi` reads it, cut to 16 bits; a note is made where that bends it.
pub(super) fn c_u16(text: &str, what: &str, cx: &mut Cx<'_>) -> u16 {
    let n = crate::base::number::c_atoi(text);
    if n.to_string() != text.trim_start_matches('0') && !(n == 0 && text.bytes().all(|b| b == b'0'))
        || n != i64::from(n as u16)
    {
        cx.bent("bent-number", text, format!("{what} becomes {}", n as u16));
    }
    n as u16
}

/// Bits to write into, for the actions that can name only fields with a plain header.
pub(super) fn destination_field(text: &str, cx: &Cx<'_>) -> Result<Subfield, Diagnostic> {
    let subfield = cx.subfield(text)?;
    if subfield.field.has_plain_header() || subfield.field.headers.is_empty() && cx.mode == super::Mode::Dumped {
        return Ok(subfield);
    }
    let d = cx.error("bad-field", text, format!("{} cannot be named in this action", subfield.field.name));
    Err(d.hint("use reg0 to reg15"))
}

impl Spelling for Bundle {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        p.put(Role::Output, if self.destination.is_some() { "bundle_load(" } else { "bundle(" });
        p.text(self.fields.name());
        p.dim(",");
        p.decimal(Role::Text, self.basis.into());
        p.text(if self.active_backup { ",active_backup,ofport," } else { ",hrw,ofport," });
        if let Some(destination) = &self.destination {
            destination.paint(p);
            p.dim(",");
        }
        p.dim("members:");
        let mut list = List::default();
        for member in &self.members {
            list.next(p);
            paint_port(*member, names, p);
        }
        p.put(Role::Output, ")");
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if let Some(destination) = &self.destination {
            walk.require_destination(destination)?;
            if destination.width < 16 {
                return Err(Refusal::Argument(
                    "bundle_load needs at least 16 bits to write to".to_owned(),
                    "name more bits",
                ));
            }
        }
        for member in &self.members {
            if *member == port::CONTROLLER {
                return Err(Refusal::Argument("the controller cannot be a member".to_owned(), "take it off the list"));
            }
            if *member != port::NONE {
                check_port(*member)?;
            }
        }
        Ok(())
    }
}

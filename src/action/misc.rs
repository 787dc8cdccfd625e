//! The rest: queues, multipath, sampling, timeouts, notes, packet length (ovs-actions(7) "Other Actions").

use super::header::no_argument;
use super::output::{HashFields, c_u16, destination_field, hex_bytes, paint_hex_bytes};
use super::{Action, Arg, Cx, Refusal, Spelling, Walk, Word, word};
use crate::base::args::items;
use crate::base::diag::Diagnostic;
use crate::base::number::c_atoi;
use crate::base::paint::{Painter, Role};
use crate::field::names::{paint_port, port};
use crate::field::proto::ipproto;
use crate::field::{Names, Subfield, Version};

/// The words of this family.
pub const WORDS: &[Word] = &[
    word("set_queue", "set_queue:QUEUE", "sets the queue for the outputs that follow", parse_set_queue).since("OpenFlow 1.1; in 1.0 an extension"),
    word("pop_queue", "pop_queue", "takes the queue back", parse_pop_queue).since("extension of Open vSwitch"),
    word(
        "multipath",
        "multipath(FIELDS,BASIS,ALGORITHM,N_LINKS,ARG,FIELD[A..B])",
        "writes a number picked by hashing the packet",
        parse_multipath,
    ).since("extension of Open vSwitch 1.1"),
    word(
        "sample",
        "sample(probability=N[,collector_set_id=N][,obs_domain_id=N][,obs_point_id=N][,sampling_port=PORT][,ingress|egress])",
        "sends some packets to a collector",
        parse_sample,
    ).since("extension of Open vSwitch 2.4"),
    word(
        "fin_timeout",
        "fin_timeout([idle_timeout=N][,hard_timeout=N])",
        "shortens the flow's timeouts when a TCP connection ends",
        parse_fin_timeout,
    ).since("extension of Open vSwitch 1.6"),
    word(
        "check_pkt_larger",
        "check_pkt_larger(BYTES)->FIELD[B]",
        "sets a bit if the packet is longer",
        parse_check_pkt_larger,
    ).since("extension of Open vSwitch 2.12"),
    word("note", "note:HEX", "does nothing but carry bytes", parse_note).since("extension of Open vSwitch 1.1"),
    word("debug_recirc", "debug_recirc", "recirculates the packet, for debugging", parse_debug_recirc).since("extension of Open vSwitch, for its own tests"),
    word("debug_slow", "debug_slow", "takes the slow path, for debugging", parse_debug_slow).since("extension of Open vSwitch, for its own tests"),
];

/// `set_queue:QUEUE`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SetQueue(pub u32);

fn parse_set_queue(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    Ok(SetQueue(cx.number("the queue", arg.value, u32::MAX.into())? as u32).into())
}

impl Spelling for SetQueue {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("set_queue:");
        p.decimal(Role::Text, self.0.into());
    }
}

/// `pop_queue`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PopQueue;

fn parse_pop_queue(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    no_argument(arg, cx);
    Ok(PopQueue.into())
}

impl Spelling for PopQueue {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("pop_queue");
    }
}

/// `multipath(..)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Multipath {
    /// What is hashed.
    pub fields: HashFields,
    /// A number that changes the hash.
    pub basis: u16,
    /// How the hash becomes a number.
    pub algorithm: MultipathAlgorithm,
    /// How many numbers there are, from 0 on.
    pub n_links: u32,
    /// For `iter_hash`: its argument.
    pub arg: u32,
    /// Where the number goes.
    pub to: Subfield,
}

/// How a hash becomes the number of a link (`enum nx_mp_algorithm`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MultipathAlgorithm {
    /// The remainder of a division.
    ModuloN,
    /// Ranges of the hash (RFC 2992).
    HashThreshold,
    /// The highest random weight.
    Hrw,
    /// Hashing again until a link is found.
    IterHash,
}

impl MultipathAlgorithm {
    const NAMES: [(MultipathAlgorithm, &'static str); 4] = [
        (MultipathAlgorithm::ModuloN, "modulo_n"),
        (MultipathAlgorithm::HashThreshold, "hash_threshold"),
        (MultipathAlgorithm::Hrw, "hrw"),
        (MultipathAlgorithm::IterHash, "iter_hash"),
    ];

    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(a, _)| *a == self).map_or("", |(_, name)| name)
    }
}

fn parse_multipath(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let parts: Vec<&str> = arg.value.split([',', ' ']).filter(|p| !p.is_empty()).collect();
    let [fields, basis, algorithm, n_links, argument, to, ..] = parts[..] else {
        let part = if arg.value.is_empty() { arg.name } else { arg.value };
        let d = cx.error("missing-value", part, "multipath needs six arguments");
        return Err(d.hint("multipath(FIELDS,BASIS,ALGORITHM,N_LINKS,ARG,FIELD[A..B])"));
    };
    let known = MultipathAlgorithm::NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(algorithm));
    let out = Multipath {
        fields: HashFields::parse(fields, cx)?,
        basis: c_u16(basis, "the basis", cx),
        algorithm: known.map(|(a, _)| *a).ok_or_else(|| {
            let d = cx.error("bad-value", algorithm, format!("no algorithm `{algorithm}`"));
            d.hint("one of modulo_n hash_threshold hrw iter_hash")
        })?,
        n_links: match c_atoi(n_links) {
            n @ 1..=65536 => n as u32,
            _ => {
                return Err(cx
                    .error("bad-value", n_links, "there are between 1 and 65536 links")
                    .hint("use such a number"));
            }
        },
        arg: c_atoi(argument) as u32,
        to: destination_field(to, cx)?,
    };
    if out.to.width < 16 && out.n_links > 1 << out.to.width {
        let message = format!("{} bits cannot hold {} links", out.to.width, out.n_links);
        return Err(cx.error("bad-bits", to, message).hint("name more bits"));
    }
    Ok(out.into())
}

impl Spelling for Multipath {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        let (fields, algorithm) = (self.fields.name(), self.algorithm.name());
        p.text(&format!("multipath({fields},{},{algorithm},{},{},", self.basis, self.n_links, self.arg));
        self.to.paint(p);
        p.text(")");
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        walk.require_destination(&self.to)
    }
}

/// A number, or bits that hold it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NumberOrField {
    /// A number.
    Number(u32),
    /// Bits of a field.
    Field(Subfield),
}

impl NumberOrField {
    fn parse(what: &str, text: &str, cx: &Cx<'_>) -> Result<NumberOrField, Diagnostic> {
        match (cx.number(what, text, u32::MAX.into()), Subfield::parse(text)) {
            (Ok(n), _) => Ok(NumberOrField::Number(n as u32)),
            (Err(_), Ok(subfield)) if subfield.width <= 32 => Ok(NumberOrField::Field(subfield)),
            (Err(_), Ok(_)) => {
                Err(cx.error("bad-bits", text, format!("{what} has 32 bits at most")).hint("name fewer bits"))
            }
            (Err(d), Err(_)) => Err(d),
        }
    }

    fn paint(&self, p: &mut impl Painter) {
        match self {
            NumberOrField::Number(n) => p.decimal(Role::Text, (*n).into()),
            NumberOrField::Field(subfield) => subfield.paint(p),
        }
    }
}

/// `sample(..)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sample {
    /// How many of 65535 packets.
    pub probability: u16,
    /// The collectors.
    pub collector_set_id: u32,
    /// What the collector is told of the place.
    pub obs_domain_id: NumberOrField,
    /// As above.
    pub obs_point_id: NumberOrField,
    /// The port whose packets are sampled.
    pub sampling_port: Option<u32>,
    /// Whether it samples on the way in or out, if it is said.
    pub egress: Option<bool>,
}

fn parse_sample(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let mut out = Sample {
        probability: 0,
        collector_set_id: 0,
        obs_domain_id: NumberOrField::Number(0),
        obs_point_id: NumberOrField::Number(0),
        sampling_port: None,
        egress: None,
    };
    for item in items(arg.value) {
        let v = item.value;
        match item.name {
            "probability" => out.probability = cx.number("the probability", v, u16::MAX.into())? as u16,
            "collector_set_id" => out.collector_set_id = cx.number("the collector set", v, u32::MAX.into())? as u32,
            "obs_domain_id" => out.obs_domain_id = NumberOrField::parse("obs_domain_id", v, cx)?,
            "obs_point_id" => out.obs_point_id = NumberOrField::parse("obs_point_id", v, cx)?,
            "sampling_port" => out.sampling_port = Some(cx.port(v)?).filter(|p| *p != port::NONE),
            "ingress" | "egress" => {
                if out.egress.is_some() {
                    cx.bent("repeated-argument", item.name, "only the last of ingress and egress counts");
                }
                out.egress = Some(item.name == "egress");
            }
            _ => {
                let d = cx.error("unknown-argument", item.name, format!("sample has no argument `{}`", item.name));
                let words = [
                    "probability",
                    "collector_set_id",
                    "obs_domain_id",
                    "obs_point_id",
                    "sampling_port",
                    "ingress",
                    "egress",
                ];
                return Err(d.nearest(item.name, words));
            }
        }
    }
    if out.probability == 0 {
        let part = if arg.value.is_empty() { arg.name } else { arg.value };
        return Err(cx
            .error("missing-value", part, "sample needs a probability above 0")
            .hint("as sample(probability=65535)"));
    }
    Ok(out.into())
}

impl Spelling for Sample {
    fn paint(&self, names: &Names, p: &mut impl Painter) {
        p.text(&format!(
            "sample(probability={},collector_set_id={},obs_domain_id=",
            self.probability, self.collector_set_id
        ));
        self.obs_domain_id.paint(p);
        p.dim(",obs_point_id=");
        self.obs_point_id.paint(p);
        if let Some(port) = self.sampling_port {
            p.dim(",sampling_port=");
            paint_port(port, names, p);
        }
        match self.egress {
            None => {}
            Some(true) => p.text(",egress"),
            Some(false) => p.text(",ingress"),
        }
        p.text(")");
    }
}

/// `fin_timeout(..)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FinTimeout {
    /// What the idle timeout becomes, in seconds; 0 leaves it.
    pub idle_timeout: u16,
    /// What the hard timeout becomes, in seconds; 0 leaves it.
    pub hard_timeout: u16,
}

fn parse_fin_timeout(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let mut out = FinTimeout { idle_timeout: 0, hard_timeout: 0 };
    for item in items(arg.value) {
        let timeout = match item.name {
            "idle_timeout" => &mut out.idle_timeout,
            "hard_timeout" => &mut out.hard_timeout,
            _ => {
                let d = cx.error("unknown-argument", item.name, format!("fin_timeout has no argument `{}`", item.name));
                return Err(d.nearest(item.name, ["idle_timeout", "hard_timeout"]));
            }
        };
        *timeout = cx.number(item.name, item.value, u16::MAX.into())? as u16;
    }
    Ok(out.into())
}

impl Spelling for FinTimeout {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        let mut parts = Vec::new();
        if self.idle_timeout != 0 {
            parts.push(format!("idle_timeout={}", self.idle_timeout));
        }
        if self.hard_timeout != 0 {
            parts.push(format!("hard_timeout={}", self.hard_timeout));
        }
        p.text(&format!("fin_timeout({})", parts.join(",")));
    }

    fn check(&self, walk: &mut Walk) -> Result<(), Refusal> {
        if walk.nw_proto() != ipproto::TCP {
            walk.inconsistent();
        }
        Ok(())
    }
}

/// `check_pkt_larger(BYTES)->FIELD[B]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CheckPktLarger {
    /// The length, in bytes.
    pub length: u16,
    /// The bit that is set.
    pub to: Subfield,
}

fn parse_check_pkt_larger(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    let (length, to_text) = super::set::split_arrow(arg, cx)?;
    let to = cx.subfield(to_text)?;
    if to.width != 1 {
        return Err(cx.error("bad-bits", to_text, "the result is a single bit").hint("as reg0[0]"));
    }
    let length = length.strip_suffix(')').unwrap_or(length);
    Ok(CheckPktLarger { length: cx.number("the length", length, u16::MAX.into())? as u16, to }.into())
}

impl Spelling for CheckPktLarger {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text(&format!("check_pkt_larger({})", self.length));
        p.dim("->");
        self.to.paint(p);
    }
}

/// `note:HEX`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Note {
    /// The bytes.
    pub data: Vec<u8>,
}

fn parse_note(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    Ok(Note { data: hex_bytes(arg.value, cx)? }.into())
}

impl Spelling for Note {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("note:");
        paint_hex_bytes(&self.data, p);
    }

    fn carry(&self, _version: Version, _walk: &Walk, out: &mut Vec<Action>) -> Result<(), Refusal> {
        // On the wire a note fills its action up to a multiple of 8 bytes, of which 10 are the header.
        let mut data = self.data.clone();
        data.resize((10 + data.len().max(1)).next_multiple_of(8) - 10, 0);
        out.push(Note { data }.into());
        Ok(())
    }
}

/// `debug_recirc`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DebugRecirc;

fn parse_debug_recirc(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    no_argument(arg, cx);
    Ok(DebugRecirc.into())
}

impl Spelling for DebugRecirc {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("debug_recirc");
    }
}

/// `debug_slow`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DebugSlow;

fn parse_debug_slow(arg: &Arg<'_>, cx: &mut Cx<'_>) -> Result<Action, Diagnostic> {
    no_argument(arg, cx);
    Ok(DebugSlow.into())
}

impl Spelling for DebugSlow {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.text("debug_slow");
    }
}

/// An action nobody knows. Only dumps may hold one; a trace that meets it says `unknown`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Raw {
    /// Its whole text.
    pub text: Box<str>,
}

impl Spelling for Raw {
    fn paint(&self, _names: &Names, p: &mut impl Painter) {
        p.put(Role::Bad, &self.text);
    }
}

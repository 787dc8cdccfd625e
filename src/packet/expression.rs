//! A packet as a flow expression, checked harder than `ofproto/trace` does: words that contradict each other, ports that
//! do not exist, and words that no packet has are refused where they stand.

use crate::base::args::{Item, items};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::field::names::port;
use crate::field::proto::{self, protocol_by_name};
use crate::field::table::{self, Format};
use crate::field::{FieldId, Match, Names, format};
use crate::model::bridge::Bridge;
use crate::trace::{Packet, spec};

/// Reads an expression for a packet that comes into a bridge.
pub(super) fn parse(text: &str, bridge: &Bridge) -> Result<Packet, Diagnostic> {
    let names = known_ports(bridge);
    let said = words(text, &names)?;
    let mut so_far = Match::any();
    for (at, word) in said.iter().enumerate() {
        if contradict(&so_far, &word.matches)
            && let Some(other) = said[..at].iter().find(|other| contradict(&other.matches, &word.matches))
        {
            let message = format!("`{}` contradicts `{}`", word.span.slice(text), other.span.slice(text));
            return Err(Diagnostic::error("contradiction", word.span, message).hint("leave one of them out"));
        }
        for w in word.matches.words() {
            so_far.set_word(w.word, w.mask, w.value, w.mask);
        }
    }
    let packet = spec::parse(text, &names).map_err(|d| unknown_port(d, text, bridge))?;
    if let Some(word) = said.iter().find(|word| word.is_foreign) {
        let name = word.span.slice(text).split('=').next().unwrap_or_default();
        let d = Diagnostic::error("no-field", word.span, format!("a packet has no `{name}`"));
        return Err(d.hint("write fields only, as in_port=1,tcp,tcp_dst=22"));
    }
    if let Some(word) = said.iter().find(|word| word.field.is_some_and(|field| is_in_port(&field))) {
        check_port(packet.key.word(table::IN_PORT.slot.word), word.value, bridge)?;
    }
    Ok(packet)
}

/// A word of an expression and what it says alone.
pub(super) struct Word {
    /// The whole word, with its value.
    pub span: Span,
    /// Its value.
    pub value: Span,
    /// The field, if it is one and no protocol.
    pub field: Option<FieldId>,
    /// Whether it is neither field nor protocol.
    pub is_foreign: bool,
    /// What it says.
    pub matches: Match,
}

/// The ports of a bridge. The names of a dump learn every word that might be a port, which a typing error must not.
pub(super) fn known_ports(bridge: &Bridge) -> Names {
    let mut names = Names::default();
    let of_names = bridge.names.ports().into_iter().chain(bridge.names.learned());
    let of_bridge = bridge.ports.iter().map(|port| (port.number, port.name.clone()));
    for (number, name) in of_bridge.chain(of_names) {
        names.add_port(number, &name);
    }
    names
}

/// The words of an expression. What is wrong with a value is left to the reader of expressions, which says it better.
pub(super) fn words(text: &str, names: &Names) -> Result<Vec<Word>, Diagnostic> {
    let mut words = Vec::new();
    for item in items(text) {
        let name = Span::of(text, item.name);
        let value = Span::of(text, item.value);
        let span = if item.value.is_empty() { name } else { name.to(value) };
        let mut matches = Match::any();
        let mut known = None;
        if let Some(protocol) = protocol_by_name(item.name) {
            matches.set_exact(proto::DL_TYPE, protocol.dl_type.into());
            if protocol.nw_proto != 0 {
                matches.set_exact(proto::NW_PROTO, protocol.nw_proto.into());
            }
        } else if let Some(field) = FieldId::by_name(item.name) {
            known = Some(field);
            if let Ok(parsed) = format::parse(&field, item.value, names) {
                let is_whole = parsed.mask.is_ones(usize::from(field.bytes) * 8);
                if !is_whole && masks_are_wrong(&field, &item) {
                    let d = Diagnostic::error("bad-mask", value, "a packet has one value of a field, not many");
                    return Err(d.hint("leave the mask off"));
                }
                matches.set(&field, &parsed.value, &parsed.mask);
            }
        }
        let is_foreign = known.is_none() && matches.is_any() && !item.name.contains('[') && item.name != "eth";
        words.push(Word { span, value, field: known, is_foreign, matches });
    }
    Ok(words)
}

/// Flags say less than all of their bits in words, and a VLAN has its presence beside it; other values are whole.
fn masks_are_wrong(field: &FieldId, item: &Item<'_>) -> bool {
    let is_flags = matches!(field.format, Format::CtState | Format::TcpFlags | Format::TunFlags | Format::Frag);
    !is_flags && item.value.contains('/')
}

fn contradict(a: &Match, b: &Match) -> bool {
    a.words().iter().any(|x| b.words().iter().any(|y| x.word == y.word && (x.value ^ y.value) & x.mask & y.mask != 0))
}

fn is_in_port(field: &FieldId) -> bool {
    field.slot == table::IN_PORT.slot
}

fn unknown_port(d: Diagnostic, text: &str, bridge: &Bridge) -> Diagnostic {
    if d.code == "unknown-port" { no_port(d.span.slice(text), d.span, bridge) } else { d }
}

/// Whether a port exists. Reserved ones do, and where no port is known any may.
pub(super) fn check_port(number: u32, span: Span, bridge: &Bridge) -> Result<(), Diagnostic> {
    let is_listed = bridge.ports.iter().any(|p| p.number == number) || bridge.names.port_name(number).is_some();
    let knows_ports = !bridge.ports.is_empty() || !bridge.names.ports().is_empty();
    if is_listed || !knows_ports || number >= port::MAX {
        return Ok(());
    }
    Err(no_port(&number.to_string(), span, bridge))
}

fn no_port(name: &str, span: Span, bridge: &Bridge) -> Diagnostic {
    let mut ports: Vec<(u32, String)> = bridge.ports.iter().map(|p| (p.number, p.name.to_string())).collect();
    ports.extend(bridge.names.ports().into_iter().map(|(number, name)| (number, name.to_string())));
    ports.sort();
    ports.dedup();
    let d = Diagnostic::error("unknown-port", span, format!("no port `{name}` on {}", bridge.name));
    if let Some(near) = crate::base::diag::nearest(name, ports.iter().map(|(_, name)| name.as_str())) {
        return d.hint(format!("did you mean `{near}`?"));
    }
    let mut known: Vec<String> = ports.iter().map(|(number, name)| format!("{number} {name}")).collect();
    let more = known.len().saturating_sub(MOST);
    known.truncate(MOST);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    d.hint(if known.is_empty() {
        "a number, or LOCAL".to_owned()
    } else {
        format!("ports are {}{rest}", known.join(", "))
    })
}

/// Ports that a hint names at most.
const MOST: usize = 12;

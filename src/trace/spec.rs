//! A packet as people write it: a flow expression, as `ofproto/trace` takes it.

use super::packet::Packet;
use crate::action::Mode;
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::dump::flow_line;
use crate::field::Names;

/// Reads a packet; ports may be named. What is not said is zero.
pub fn parse(text: &str, names: &Names) -> Result<Packet, Diagnostic> {
    // The grammar is that of a flow; a packet has no actions.
    let line = format!("{text} actions=drop");
    let inside = |d: Diagnostic| {
        let end = text.len() as u32;
        Diagnostic { span: Span { start: d.span.start.min(end), end: d.span.end.min(end) }, ..d }
    };
    if let (_, Some(actions)) = flow_line::split_actions(text) {
        let d = Diagnostic::error("packet-actions", Span::of(text, actions), "a packet has no actions");
        return Err(d.hint("write the fields only, as in_port=1,tcp,tcp_dst=22"));
    }
    let reading = flow_line::parse(&line, names, Mode::Typed, false).map_err(inside)?;
    let matches = &reading.flow_mod.flow.matches;
    // As for a switch, `tp_dst` is the port of TCP; other protocols have fields of their own.
    if let Some((field, at)) = reading.words.iter().find(|(field, _)| !matches.meets(field.needs)) {
        let message = format!("a packet with `{}` must be {}", field.name, field.needs.hint());
        return Err(Diagnostic::error("contradiction", *at, message).hint("add it, or leave the field out"));
    }
    Ok(Packet::of(&reading.flow_mod.flow.matches))
}

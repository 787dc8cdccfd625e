//! A whole line of a dump as a filter.
//!
//! Whoever pastes a line means that flow. If it is here, it becomes the flow's id, which stays true when its counters
//! move on; else its table, priority and match, which finds the flows that stand in its place.

use super::Scope;
use crate::action::{Action, Mode};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::dump::flow_line;
use crate::field::Names;
use crate::field::names::paint_table;
use crate::model::id::{FlowHash, Prefix};

/// What a pasted line becomes, with a note that says so; `None` if the text is no line of a dump.
pub(super) fn recognise(text: &str, scope: &Scope<'_>) -> Option<(String, Diagnostic)> {
    let line = text.trim();
    let (_, actions) = flow_line::split_actions(line);
    if actions?.trim().is_empty() || line.contains('\n') {
        return None;
    }
    let names = fixed_names(scope);
    let reading = flow_line::parse(line, &names, Mode::Dumped, false).ok()?;
    let flow = reading.flow_mod.flow;
    // A filter that compares the text of actions is no line: `actions="drop"` is an action that nobody knows.
    let is_whole = reading.found.is_empty() && flow.residue.is_empty();
    if !is_whole || flow.actions.0.iter().any(|a| matches!(a, Action::Raw(_))) {
        return None;
    }
    let bridge = scope.bridge;
    let hash = FlowHash::new(flow.table, flow.priority, &flow.matches);
    let same = Prefix { first: hash.0, last: hash.0 };
    let filter;
    let message;
    if bridge.ids().find(same).len() > 0 {
        filter = format!("id = {}", bridge.ids().short(hash));
        message = "this line is a flow of this bridge, so its id takes the line's place".to_owned();
    } else {
        let mut out = String::from("table=");
        paint_table(flow.table, &bridge.names, &mut out);
        out.push_str(&format!(",priority={}", flow.priority));
        let matches = flow.match_text(&names);
        out.push_str(if matches.is_empty() { "" } else { "," });
        out.push_str(&matches);
        filter = out;
        message = "this line is no flow of this bridge, so its match takes the line's place".to_owned();
    }
    let span = Span::new(0, filter.len());
    Some((filter, Diagnostic::note("pasted-line", span, message)))
}

/// The names of the bridge, which learn nothing from what is pasted.
fn fixed_names(scope: &Scope<'_>) -> Names {
    let mut names = Names::default();
    let bridge = scope.bridge;
    let ports = bridge.names.ports().into_iter().chain(bridge.names.learned());
    ports.for_each(|(number, name)| names.add_port(number, &name));
    bridge.ports.iter().for_each(|p| names.add_port(p.number, &p.name));
    bridge.names.tables().iter().for_each(|(number, name)| names.add_table(*number, name));
    names
}

//! What changed, as lines with which `ovs-ofctl` makes the second side of the first.
//!
//! Flows alone are lines for `add-flows`. Where groups changed too, all lines are those of `ovs-ofctl bundle`, which begin
//! with `flow` or `group`. Meters are in no bundle, so their commands stand in comments: those that come have to be there
//! before the flows that use them, and those that go take such flows with them.

use super::Answer;
use crate::base::paint::Painter;
use crate::base::safe::visible;
use crate::cli::context::Stdout;
use crate::cli::failure::Failure;
use crate::cli::flows::{Format, paint_ofctl, paint_ofctl_line};
use crate::cli::json::names_of;
use crate::diff::others::Change;
use crate::diff::{Aspect, Modified};
use crate::model::bridge::{Bridge, FlowId};

/// Prints the lines. Lines for several bridges would go to one of them, so they are refused.
pub(super) fn print(answers: &[Answer<'_>], p: &mut Stdout) -> Result<(), Failure> {
    let changed: Vec<&Answer<'_>> = answers.iter().filter(|answer| !answer.diff.is_same()).collect();
    match changed[..] {
        [] => Ok(()),
        [answer] => {
            lines(answer, p);
            Ok(())
        }
        _ => {
            let places: Vec<String> = changed.iter().map(|answer| super::text::place(answer)).collect();
            let failure = Failure::usage(format!("several bridges changed: {}", places.join(", ")));
            Err(failure.hint("the lines are for one switch: choose it with --bridge, and --node"))
        }
    }
}

fn lines(answer: &Answer<'_>, p: &mut Stdout) {
    let (a, b) = answer.pair.bridges();
    let diff = &answer.diff;
    let name = visible(&b.name).into_owned();
    let is_bundle = !diff.groups.is_empty();
    let prefix = if is_bundle { "flow " } else { "" };
    let mut meters = |wanted: fn(&Change) -> Option<String>| {
        for command in diff.meters.iter().filter_map(wanted) {
            p.text(&format!("# ovs-ofctl -O OpenFlow15 {}\n", command.replace("BRIDGE", &name)));
        }
    };
    meters(|change| match (&change.old, &change.new) {
        (None, Some(new)) => Some(format!("add-meter BRIDGE {}", meter(new))),
        (Some(_), Some(new)) => Some(format!("mod-meter BRIDGE {}", meter(new))),
        _ => None,
    });
    for change in &diff.ports {
        p.text(&format!("# port {} differs, which no flow or group can mend\n", change.id));
    }
    if is_bundle {
        p.text(&format!("# ovs-ofctl -O OpenFlow15 bundle {name} FILE\n"));
    }
    for change in &diff.groups {
        if let Some(new) = &change.new {
            let command = if change.old.is_some() { "modify" } else { "add" };
            p.text(&format!("group {command} {}\n", new.trim()));
        }
    }
    let goes = diff.removed.iter().map(|id| Line::Delete(*id));
    let changes = diff.modified.iter().map(|modified| Line::of(modified, (a, b)));
    let comes = diff.added.iter().map(|id| Line::Add(*id));
    for line in goes.chain(changes).chain(comes) {
        p.text(prefix);
        line.paint((a, b), p);
        p.text("\n");
        if !p.is_open() {
            return;
        }
    }
    for change in diff.groups.iter().filter(|change| change.new.is_none()) {
        p.text(&format!("group delete group_id={}\n", change.id));
    }
    for change in diff.meters.iter().filter(|change| change.new.is_none()) {
        p.text(&format!("# ovs-ofctl -O OpenFlow15 del-meter {name} meter={}\n", change.id));
    }
}

/// A meter as `ovs-ofctl` takes it in one word, of what it prints in several.
fn meter(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(",").replace("bands=,", "bands=")
}

/// A line about a flow.
enum Line {
    Delete(FlowId),
    Modify(FlowId),
    Add(FlowId),
}

impl Line {
    /// What changes a flow. Only its actions can be modified; anything else, its cookie too, needs the flow to be added
    /// again, which sets its counters to zero.
    fn of(modified: &Modified, (a, b): (&Bridge, &Bridge)) -> Line {
        let rest = modified.fields.without([Aspect::Actions].into_iter().collect());
        match rest.is_empty() && a.flow(modified.old).cookie() == b.flow(modified.new).cookie() {
            true => Line::Modify(modified.new),
            false => Line::Add(modified.new),
        }
    }

    fn paint(&self, (a, b): (&Bridge, &Bridge), p: &mut Stdout) {
        let row = match self {
            Line::Delete(id) => a.flow(*id),
            Line::Modify(id) | Line::Add(id) => b.flow(*id),
        };
        let names = names_of(row, if matches!(self, Line::Delete(_)) { &a.names } else { &b.names });
        let flow = row.to_flow();
        match self {
            Line::Delete(_) => paint_ofctl(&flow, names, Format::OfctlDel, p),
            Line::Add(_) => {
                p.text("add ");
                paint_ofctl(&flow, names, Format::Ofctl, p);
            }
            // Without a table it would be modified in all of them; without its cookie OpenFlow 1.0 would take that away.
            Line::Modify(_) => {
                let cookie = if flow.cookie == 0 { String::new() } else { format!("cookie={:#x},", flow.cookie) };
                let head = format!("modify_strict {cookie}table={},", flow.table);
                paint_ofctl_line(&head, &flow, names, true, p);
            }
        }
    }
}

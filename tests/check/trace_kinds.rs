//! What a capture cannot tell of a trace that was made beside it: the only kinds of difference that are taken.

use std::collections::BTreeSet;

use ofscope::action::set::Spelled;
use ofscope::action::{self, Action, Cx, Mode, Outer};
use ofscope::field::Names;

use super::trace_lines::lines;

/// The kinds, each as it is counted.
pub const KINDS: [&str; 4] = [
    // OpenFlow 1.5 has no words of its own for `load` and `strip_vlan`, and the richest dump is in 1.5.
    "an action was dumped in the word of a later version",
    // The datapath numbers meters as they were added, and nothing that was captured says when.
    "meters have other numbers in the datapath",
    // A lab's switch said `system` of a datapath that was its own; and its neighbours were not captured.
    "the switch itself put the tunnel together",
    // The table of addresses was captured before the trace, or after it.
    "an address was learned between capture and trace",
];

/// What differs, and of which kinds it is; an error tells the first line in which our trace is wrong.
pub fn differences(switch: &str, ours: &str) -> Result<BTreeSet<&'static str>, String> {
    let (want, got) = (lines(switch), lines(ours));
    let mut kinds = BTreeSet::new();
    let (mut at, mut of) = (0, 0);
    loop {
        let (Some(want_line), Some(got_line)) = (want.get(at), got.get(of)) else {
            return match (want.len() - at, got.len() - of) {
                (0, 0) => Ok(kinds),
                _ => Err(format!("{} lines, not {}", got.len(), want.len())),
            };
        };
        let wrong = || Err(format!("\n  switch {want_line}\n  ours   {got_line}"));
        if want_line != got_line {
            if is_later_word(want_line, got_line) {
                kinds.insert(KINDS[0]);
            } else if without_meters(want_line) == without_meters(got_line) {
                kinds.insert(KINDS[1]);
            } else if want_line.ends_with("-> output to native tunnel")
                && got_line.ends_with("-> output to kernel tunnel")
            {
                kinds.insert(KINDS[2]);
                // What the switch tells of the way below ends where ours goes on.
                let next = got.get(of + 1);
                at = (at + 1..want.len()).find(|i| want.get(*i) == next).unwrap_or(want.len());
                of += 1;
                continue;
            } else if kinds.contains(KINDS[2]) && is_same_before_tunnel(want_line, got_line) {
                // The datapath's actions agree as far as they do not tell of the tunnel.
            } else if want_line.trim() == "-> forwarding to learned port"
                && got_line.trim() == "-> no learned MAC for destination, flooding"
            {
                // Where the packet goes from here on is another question.
                kinds.insert(KINDS[3]);
                return Ok(kinds);
            } else {
                return wrong();
            }
        }
        at += 1;
        of += 1;
    }
}

/// Whether both are the same action, ours in the word of a later version.
fn is_later_word(switch: &str, ours: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let set = |line: &str| {
        let text = line.trim();
        let list = action::parse(text, Outer::Flow, &mut Cx::new(text, Names::none(), Mode::Dumped)).ok()?;
        match &list.0[..] {
            [Action::SetField(set)] => Some(set.clone()),
            _ => None,
        }
    };
    if (switch.trim(), ours.trim()) == ("strip_vlan", "pop_vlan") {
        return indent(switch) == indent(ours);
    }
    let (Some(load), Some(field)) = (set(switch), set(ours)) else { return false };
    let is_load = matches!(load.spelled, Spelled::Load | Spelled::LoadMasked);
    let same = (load.field.slot, &load.value, &load.mask) == (field.field.slot, &field.value, &field.mask);
    indent(switch) == indent(ours) && is_load && field.spelled == Spelled::SetField && same
}

/// The actions of the datapath with meters that have no numbers.
fn without_meters(line: &str) -> String {
    let mut parts = line.split("meter(");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("meter(");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

/// Whether the actions of the datapath are the same up to the first tunnel. The kernel is told of the tunnel earlier.
fn is_same_before_tunnel(switch: &str, ours: &str) -> bool {
    let ends = ["clone(tnl_push(", "tnl_push("].iter().filter_map(|word| switch.find(word));
    let Some(end) = ends.min().filter(|_| switch.starts_with("Datapath actions:")) else { return false };
    let without = match ours.split_once("set(tunnel(") {
        Some((before, after)) => format!("{before}{}", after.split_once(")),").map_or("", |(_, rest)| rest)),
        None => ours.to_owned(),
    };
    without_meters(&without).starts_with(&without_meters(&switch[..end]))
}

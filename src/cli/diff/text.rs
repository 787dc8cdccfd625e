//! What changed, for people and for `ovs-ofctl`.

use super::Answer;
use crate::base::number::grouped;
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;
use crate::cli::context::Stdout;
use crate::cli::json::names_of;
use crate::diff::meaning::Witness;
use crate::diff::others::Change;
use crate::diff::{Aspect, Modified};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::Style;
use crate::model::store::FlowRef;
use crate::session::Counterpart;
use crate::trace::paint::ct_state;

/// Prints what changed, bridge by bridge and table by table.
pub(super) fn paint(answers: &[Answer<'_>], p: &mut Stdout) {
    let is_told = |answer: &&Answer<'_>| !answer.diff.is_same() || !answer.pair.is_whole() || !answer.roles.is_empty();
    for answer in answers.iter().filter(is_told) {
        bridge(answer, p);
        for (at, witness) in answer.witnesses().enumerate() {
            self::witness(answer, at + 1, witness, p);
        }
        if let Some(meaning) = answer.meaning.as_ref().filter(|meaning| meaning.asked > 0) {
            p.dim(&format!("  {}\n", meaning.sentence()));
        }
        p.text("\n");
        if !p.is_open() {
            return;
        }
    }
    summary(answers, p);
}

pub(super) fn place(answer: &Answer<'_>) -> String {
    visible(&format!("{} {}", answer.pair.node, answer.pair.bridge)).trim().to_owned()
}

fn bridge(answer: &Answer<'_>, p: &mut Stdout) {
    p.put(Role::Accent, &place(answer));
    match (answer.pair.a.is_some(), answer.pair.b.is_some()) {
        (true, false) => p.put(Role::Bad, "  is gone"),
        (false, true) => p.put(Role::Ok, "  is new"),
        _ => {}
    }
    p.text("\n");
    roles(&answer.roles, p);
    let (a, b) = answer.pair.bridges();
    let diff = &answer.diff;
    let mut rows: Vec<Row> = Vec::with_capacity(diff.flows());
    rows.extend(diff.removed.iter().map(|id| Row::new(a, *id, What::Removed)));
    rows.extend(diff.modified.iter().map(|m| Row::new(a, m.old, What::Modified(*m))));
    rows.extend(diff.added.iter().map(|id| Row::new(b, *id, What::Added)));
    // Stable: what was removed stands above what took its place.
    rows.sort_by_key(|row| (row.table, std::cmp::Reverse(row.priority)));
    let mut table = None;
    for row in rows {
        if table != Some(row.table) {
            table = Some(row.table);
            let known = answer.pair.b.or(answer.pair.a);
            let word = known.and_then(|chosen| chosen.node.naming(chosen.at).table(row.table));
            p.text("  table ");
            p.put(Role::Goto, &row.table.to_string());
            p.put(Role::Goto, &word.map(|word| format!(" {}", visible(&word.name))).unwrap_or_default());
            p.text("\n");
        }
        match row.what {
            What::Removed => flow(("  - ", Role::Bad), a, row.id, true, p),
            What::Added => flow(("  + ", Role::Ok), b, row.id, true, p),
            What::Modified(modified) => self::modified((a, b), modified, p),
        }
        if !p.is_open() {
            return;
        }
    }
    for (what, changes) in [("group", &diff.groups), ("meter", &diff.meters), ("port", &diff.ports)] {
        others(what, changes, p);
    }
}

/// Prints what was taken for the same.
fn roles(roles: &[Counterpart], p: &mut impl Painter) {
    for role in roles {
        let side = |name: &Option<String>| name.as_deref().map_or_else(|| "-".to_owned(), |n| visible(n).into_owned());
        p.dim(&format!("  {}: ", visible(&role.what)));
        match (&role.a, &role.b) {
            (Some(a), Some(b)) if a == b => p.text(&visible(a)),
            _ => {
                p.text(&side(&role.a));
                p.dim(" = ");
                p.text(&side(&role.b));
            }
        }
        p.text("\n");
    }
}

enum What {
    Removed,
    Added,
    Modified(Modified),
}

struct Row {
    table: u8,
    priority: u32,
    id: FlowId,
    what: What,
}

impl Row {
    fn new(bridge: &Bridge, id: FlowId, what: What) -> Row {
        let flow = bridge.flow(id);
        Row { table: flow.table(), priority: flow.priority(), id, what }
    }
}

fn flow((sign, role): (&str, Role), bridge: &Bridge, id: FlowId, with_actions: bool, p: &mut impl Painter) {
    let row = bridge.flow(id);
    p.put(role, sign);
    row.to_flow().paint_match(&row.shape().plan, Style::NoStats, names_of(row, &bridge.names), p);
    row.residue().iter().for_each(|word| p.text(&format!("{} ", visible(word))));
    if with_actions {
        p.dim("actions=");
        p.text(&visible(&row.action_list().text));
    }
    p.text("\n");
}

fn modified((a, b): (&Bridge, &Bridge), Modified { old, new, fields }: Modified, p: &mut impl Painter) {
    flow(("  ~ ", Role::Warn), a, old, false, p);
    let (was, is) = (a.flow(old), b.flow(new));
    for aspect in fields.iter() {
        if aspect == Aspect::Actions {
            for (sign, role, row) in [("      - ", Role::Bad, was), ("      + ", Role::Ok, is)] {
                p.put(role, sign);
                p.dim("actions=");
                p.text(&visible(&row.action_list().text));
                p.text("\n");
            }
            continue;
        }
        p.text("        ");
        p.dim(aspect.name());
        p.text(&format!(" {} -> {}\n", value(was, aspect), value(is, aspect)));
    }
}

/// What a flow has of an aspect, in words.
fn value(row: FlowRef<'_>, aspect: Aspect) -> String {
    let count = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let head = row.head();
    match aspect {
        Aspect::Actions => row.action_list().text.to_string(),
        Aspect::IdleTimeout => head.idle_timeout.to_string(),
        Aspect::HardTimeout => head.hard_timeout.to_string(),
        Aspect::Importance => head.importance.to_string(),
        Aspect::Flags if head.flags.is_empty() => "none".to_owned(),
        Aspect::Flags => head.flags.names().collect::<Vec<_>>().join(" "),
        Aspect::Cookie => format!("{:#x}", head.cookie),
        Aspect::Packets => count(row.n_packets()),
        Aspect::Bytes => count(row.n_bytes()),
        Aspect::Duration => {
            let mut text = String::new();
            crate::model::flow::paint_duration(row.stats().map_or(0, |stats| stats.duration_ns), &mut text);
            text
        }
    }
}

fn others(what: &str, changes: &[Change], p: &mut impl Painter) {
    for change in changes {
        p.text(&format!("  {what} {}\n", change.id));
        for (sign, role, text) in [("  - ", Role::Bad, &change.old), ("  + ", Role::Ok, &change.new)] {
            if let Some(text) = text {
                p.put(role, sign);
                p.text(&format!("{}\n", visible(text)));
            }
        }
    }
}

/// So many of the flows to blame are shown.
const BLAMED: usize = 4;

fn witness(answer: &Answer<'_>, number: usize, witness: &Witness, p: &mut impl Painter) {
    let (a, b) = answer.pair.bridges();
    let fates = (witness.before.verdict.name(), witness.after.verdict.name());
    p.put(Role::Warn, &format!("  {number}  {} -> {}\n", fates.0, fates.1));
    p.dim("     packet  ");
    p.text(&visible(&witness.packet.typed()));
    for state in &witness.ct_next {
        p.dim(" --ct-next ");
        p.text(&flags(*state));
    }
    p.text("\n");
    for (word, fate) in [("before", &witness.before), ("after", &witness.after)] {
        p.dim(&format!("     {word:8}"));
        p.text(&format!("{}\n", visible(&fate.in_words())));
    }
    for changed in witness.changed.iter().take(BLAMED) {
        let (sign, bridge, id) = match (changed.old, changed.new) {
            (Some(old), None) => ("     by    - ", a, old),
            (Some(old), Some(_)) => ("     by    ~ ", a, old),
            (None, Some(new)) => ("     by    + ", b, new),
            (None, None) => continue,
        };
        flow((sign, Role::Dim), bridge, id, false, p);
    }
    let rest = witness.changed.len().saturating_sub(BLAMED);
    if rest > 0 {
        p.dim(&format!("     and by {}\n", crate::base::words::counted(rest, "more flow")));
    }
}

/// What connection tracking answers, as `--ct-next` of `ofscope trace` takes it.
pub(super) fn flags(state: u8) -> String {
    ct_state(state).replace('|', ",")
}

fn summary(answers: &[Answer<'_>], p: &mut impl Painter) {
    let sum = |of: &dyn Fn(&Answer<'_>) -> usize| answers.iter().map(of).sum::<usize>();
    let count = |n: usize| grouped(n as u64);
    let same = sum(&|a| a.diff.same);
    let counts = [
        (sum(&|a| a.diff.removed.len()), "removed", Role::Bad),
        (sum(&|a| a.diff.added.len()), "added", Role::Ok),
        (sum(&|a| a.diff.modified.len()), "changed", Role::Warn),
    ];
    if counts.iter().all(|(n, ..)| *n == 0) {
        p.put(Role::Ok, "no flow differs");
    } else {
        let mut is_first = true;
        for (n, word, role) in counts.into_iter().filter(|(n, ..)| *n > 0) {
            p.text(if is_first { "" } else { ", " });
            p.put(role, &format!("{} {word}", count(n)));
            is_first = false;
        }
    }
    p.text(&format!("; {} {} the same", count(same), if same == 1 { "flow is" } else { "flows are" }));
    let others = [
        (sum(&|a| a.diff.groups.len()), "groups"),
        (sum(&|a| a.diff.meters.len()), "meters"),
        (sum(&|a| a.diff.ports.len()), "ports"),
    ];
    for (n, word) in others.into_iter().filter(|(n, _)| *n > 0) {
        p.text(&format!("; {} {word} differ", count(n)));
    }
    p.text("\n");
    let ignored = Aspect::ALL.iter().map(|(aspect, name, _)| (sum(&|a| a.diff.ignored[*aspect as usize]), *name));
    let ignored: Vec<String> =
        ignored.filter(|(n, _)| *n > 0).map(|(n, name)| format!("{} in {name}", count(n))).collect();
    if !ignored.is_empty() {
        p.dim(&format!("not counted: {} (--with counts them)\n", ignored.join(", ")));
    }
}

//! What to think of, edit by edit.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::action::Action;
use crate::base::words::counted;
use crate::check::Severity;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::change::{ChangeSet, Edit, Replaced, Request};
use crate::model::flow::{Flow, FlowKey};
use crate::model::flow_mod::Command;
use crate::model::naming::Naming;
use crate::model::store::FlowRef;

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing is changed.
    Nothing,
    /// A flow of the same priority overlaps and does something else.
    Overlap,
    /// A flow of higher priority takes all packets of the new one.
    Shadowed,
    /// The new flow takes all packets of others.
    Shadows,
    /// Packets that were dropped go on.
    Opens,
    /// Packets match no flow any more.
    Miss,
    /// An agent put the flow there, and will put it back.
    Agent,
    /// Flows go with a group or a meter.
    GoesAlong,
    /// A flow makes room in a full table.
    Evicted,
    /// A bundle would not find flows that it added itself.
    Bundle,
    /// More flows change than were looked at.
    Partial,
}

/// The kinds, each with its name for scripts, how bad it is, and what it says in general.
pub const KINDS: [(Kind, &str, Severity, &str); 11] = [
    (
        Kind::Overlap,
        "overlap",
        Severity::Warning,
        "A flow of the same priority matches some of the same packets and does something else: which one wins is not defined.",
    ),
    (
        Kind::Shadowed,
        "shadowed",
        Severity::Warning,
        "The flow gets no packet, since one of higher priority takes all that it matches.",
    ),
    (Kind::Shadows, "shadows", Severity::Warning, "The flow takes all packets of others that do something else."),
    (Kind::Opens, "opens", Severity::Warning, "Packets that are dropped now would match another flow and go on."),
    (Kind::Miss, "miss", Severity::Warning, "Packets that matched the flow would match none of its table."),
    (Kind::Agent, "agent", Severity::Warning, "A program wrote these flows, and will put them back."),
    (Kind::GoesAlong, "goes-along", Severity::Warning, "Flows go together with the group or meter that they use."),
    (Kind::Evicted, "evicted", Severity::Warning, "The table is full, and a flow goes to make room."),
    (
        Kind::Bundle,
        "bundle",
        Severity::Warning,
        "Open vSwitch 3.1 does not find flows that the same bundle added, if nothing in the table matched the same bits before.",
    ),
    (Kind::Partial, "partial", Severity::Note, "More flows change than overlaps and shadows were looked for."),
    (Kind::Nothing, "nothing", Severity::Note, "No flow is changed."),
];

impl Kind {
    /// The name for scripts.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        KINDS.iter().find(|row| row.0 == self).map_or(Severity::Note, |row| row.2)
    }
}

/// Something to think of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it is about.
    pub kind: Kind,
    /// Which edit, counted from 0.
    pub edit: usize,
    /// A sentence.
    pub sentence: String,
    /// The flow that it is about, if it is about one.
    pub subject: Option<FlowKey>,
    /// The other flows that it is about, as the bridge has them after the change; those that go as they were.
    pub flows: Vec<Flow>,
}

/// A bridge before and after a change.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// As it is.
    pub before: &'a Bridge,
    /// As it would be.
    pub after: &'a Bridge,
    /// Who writes its flows.
    pub naming: &'a Naming,
}

/// So many flows that change are looked at: each is compared with all flows of its table.
const LOOKED_AT: usize = 500;
/// So many other flows a warning names.
const NAMED: usize = 5;

/// What to think of, in the order of the edits.
pub fn warnings(view: View<'_>, change: &ChangeSet) -> Vec<Warning> {
    let mut found = Vec::new();
    let mut added: FxHashSet<FlowKey> = FxHashSet::default();
    let (mut left, mut first_left_out) = (LOOKED_AT, None);
    // Each flow is looked at where it is changed last, with what happens to it in the end.
    let ends: FxHashMap<FlowKey, Replaced<Flow>> =
        change.flows().into_iter().filter_map(|replaced| Some((replaced.either()?.key(), replaced))).collect();
    let mut last: FxHashMap<FlowKey, (usize, usize)> = FxHashMap::default();
    for (number, edit) in change.edits.iter().enumerate() {
        for (at, replaced) in edit.flows.iter().enumerate() {
            last.extend(replaced.either().map(|flow| (flow.key(), (number, at))));
        }
    }
    for (number, edit) in change.edits.iter().enumerate() {
        of_edit(view, edit, number, &added, &mut found);
        for (at, replaced) in edit.flows.iter().enumerate() {
            let Some(flow) = replaced.either() else { continue };
            let key = flow.key();
            match ends.get(&key).filter(|_| last.get(&key) == Some(&(number, at))) {
                Some(_) if left == 0 => _ = first_left_out.get_or_insert(number),
                Some(end) => {
                    left -= 1;
                    of_flow(view, end, number, &mut found);
                }
                None => {}
            }
            match replaced.before {
                None => _ = added.insert(key),
                Some(_) if replaced.after.is_none() => _ = added.remove(&key),
                Some(_) => {}
            }
        }
    }
    found.extend(first_left_out.map(|edit| Warning {
        kind: Kind::Partial,
        edit,
        sentence: format!(
            "overlaps, shadows and misses were looked for at the first {LOOKED_AT} of {} flows",
            ends.len()
        ),
        subject: None,
        flows: Vec::new(),
    }));
    found
}

/// What concerns an edit as a whole.
fn of_edit(view: View<'_>, edit: &Edit, number: usize, added: &FxHashSet<FlowKey>, found: &mut Vec<Warning>) {
    let mut warn = |kind: Kind, sentence: String, flows: Vec<Flow>| {
        found.push(Warning { kind, edit: number, sentence, subject: None, flows });
    };
    if edit.is_empty() {
        let sentence = match &edit.request {
            Request::Flow(flow) if flow.command.has_actions() => "no flow is there to be modified",
            Request::Flow(_) => "no flow is there to be deleted",
            Request::Group(_) => "no group is there to be deleted",
            Request::Meter(_) => "no meter is there to be deleted",
        };
        warn(Kind::Nothing, sentence.to_owned(), Vec::new());
    }
    let named = |flows: &[Replaced<Flow>]| flows.iter().filter_map(|r| r.either().cloned()).take(NAMED).collect();
    if !edit.flows.is_empty() && !matches!(edit.request, Request::Flow(_)) {
        let what = if edit.groups.is_empty() { "meter" } else { "group" };
        let n = counted(edit.flows.len(), "flow");
        let verb = if edit.flows.len() == 1 { "goes" } else { "go" };
        warn(Kind::GoesAlong, format!("{n} {verb} with the {what} that the actions use"), named(&edit.flows));
    }
    if let (Request::Flow(asked), [evicted, _]) = (&edit.request, &edit.flows[..])
        && asked.may_add()
        && let Some(flow) = evicted.before.as_ref().filter(|_| evicted.after.is_none())
    {
        let sentence = format!("table {} is full: a flow goes to make room", flow.table);
        warn(Kind::Evicted, sentence, vec![flow.clone()]);
    }
    if let Request::Flow(asked) = &edit.request
        && matches!(asked.command, Command::Modify | Command::Delete)
    {
        let own: Vec<&Replaced<Flow>> = edit
            .flows
            .iter()
            .filter(|replaced| replaced.before.as_ref().is_some_and(|flow| added.contains(&flow.key())))
            .collect();
        if !own.is_empty() {
            let sentence =
                format!("sent as a bundle, this may miss {} that the same bundle adds", counted(own.len(), "flow"));
            let flows = own.iter().filter_map(|replaced| replaced.before.clone()).take(NAMED).collect();
            warn(Kind::Bundle, sentence, flows);
        }
    }
    let system = &view.naming.system;
    // What the file itself added nobody else wrote.
    let foreign: Vec<&Flow> = edit
        .flows
        .iter()
        .filter_map(|replaced| replaced.before.as_ref())
        .filter(|flow| !added.contains(&flow.key()) && flow.cookie != 0)
        .collect();
    if !system.is_empty() && !foreign.is_empty() {
        let mut cookies: Vec<u64> = foreign.iter().map(|flow| flow.cookie).collect();
        cookies.sort_unstable();
        cookies.dedup();
        let cookies = match &cookies[..] {
            [one] => format!("cookie {one:#x}"),
            many => format!("{} cookies", many.len()),
        };
        let what = if foreign.len() == 1 { "this flow" } else { "these flows" };
        let sentence = format!("the {system} owns {what} ({cookies}) and will put them back when it writes them anew");
        let sentence = if foreign.len() == 1 {
            sentence.replace("put them back", "put it back").replace("writes them", "writes it")
        } else {
            sentence
        };
        warn(Kind::Agent, sentence, foreign.into_iter().take(NAMED).cloned().collect());
    }
    let news = edit.flows.iter().filter(|r| r.before.is_none()).filter_map(|r| r.after.as_ref());
    let news: Vec<Flow> = news.filter(|flow| !is_of_owner(view, flow)).cloned().collect();
    if !system.is_empty() && !news.is_empty() {
        let what = if news.len() == 1 { "a flow" } else { "flows" };
        let sentence =
            format!("the {system} writes the flows here, and may take away {what} with a cookie that is not its own");
        warn(Kind::Agent, sentence, Vec::new());
    }
}

/// Whether a flow has a cookie that many flows of the bridge have: that of who writes them.
fn is_of_owner(view: View<'_>, flow: &Flow) -> bool {
    flow.cookie != 0
        && view.before.flows.segments().any(|(_, s)| s.heads().iter().any(|head| head.cookie == flow.cookie))
}

/// What concerns one flow and its neighbours.
fn of_flow(view: View<'_>, replaced: &Replaced<Flow>, number: usize, found: &mut Vec<Warning>) {
    let Some(flow) = replaced.either() else { return };
    let mut warn = |kind: Kind, sentence: String, flows: Vec<FlowRef<'_>>| {
        let flows = flows.into_iter().take(NAMED).map(FlowRef::to_flow).collect();
        found.push(Warning { kind, edit: number, sentence, subject: Some(flow.key()), flows });
    };
    let near = Near::of(view.after, flow);
    let named = |flow: &Flow| {
        let text = flow.match_text(&view.after.names);
        if text.is_empty() { "every packet".to_owned() } else { text }
    };
    match &replaced.after {
        Some(flow) if !is_clause(flow) => {
            if !near.equal.is_empty() {
                let n = counted(near.equal.len(), "flow");
                let verb = if near.equal.len() == 1 { "overlaps and does" } else { "overlap and do" };
                let sentence =
                    format!("{n} of the same priority {verb} something else: which one a packet gets is not defined");
                warn(Kind::Overlap, sentence, near.equal);
            }
            if let Some(above) = near.cover {
                let sentence = format!("a flow of priority {} takes all packets of {}", above.priority(), named(flow));
                warn(Kind::Shadowed, sentence, vec![above]);
            } else if !near.covered.is_empty() && replaced.before.is_none() {
                let n = counted(near.covered.len(), "flow");
                let verb = if near.covered.len() == 1 { "does" } else { "do" };
                let sentence = format!("this takes all packets of {n} below that {verb} something else");
                warn(Kind::Shadows, sentence, near.covered);
            }
        }
        None if !near.is_covered => {
            let kind = if near.below.is_empty() { Kind::Miss } else { return opens(flow, near, &mut warn) };
            if !flow.actions.is_drop() {
                let sentence = format!("{} matches no flow of table {} then", named(flow), flow.table);
                warn(kind, sentence, Vec::new());
            }
        }
        None => return opens(flow, near, &mut warn),
        Some(_) => {}
    }
    // A flow that dropped and does something now opens by itself.
    if let (Some(before), Some(after)) = (&replaced.before, &replaced.after)
        && before.actions.is_drop()
        && !after.actions.is_drop()
    {
        warn(Kind::Opens, format!("{} was dropped and goes on now", named(after)), Vec::new());
    }
}

/// What a drop that goes lets through.
fn opens<'a>(flow: &Flow, near: Near<'a>, warn: &mut impl FnMut(Kind, String, Vec<FlowRef<'a>>)) {
    let on: Vec<FlowRef<'a>> = near.below.into_iter().filter(|below| !below.actions().is_drop()).collect();
    if flow.actions.is_drop() && !on.is_empty() {
        let n = counted(on.len(), "flow");
        warn(Kind::Opens, format!("packets that it dropped can match {n} below, and go on"), on);
    }
}

/// The neighbours of a flow in its table.
struct Near<'a> {
    /// Of the same priority, with packets in common, doing something else.
    equal: Vec<FlowRef<'a>>,
    /// The highest one above that takes all of its packets.
    cover: Option<FlowRef<'a>>,
    /// Those below of which it takes all packets, and that do something else.
    covered: Vec<FlowRef<'a>>,
    /// Those below that packets of it would match if it were not there, as far as the first that matches all of them.
    below: Vec<FlowRef<'a>>,
    /// Whether one of them matches all of its packets, or a flow above does.
    is_covered: bool,
}

impl<'a> Near<'a> {
    fn of(bridge: &'a Bridge, flow: &Flow) -> Near<'a> {
        let mut near =
            Near { equal: Vec::new(), cover: None, covered: Vec::new(), below: Vec::new(), is_covered: false };
        let ids: &[FlowId] = bridge.table(flow.table).map_or(&[], |table| &table.flows);
        for id in ids {
            let other = bridge.flow(*id);
            let theirs = other.matches();
            if !theirs.overlaps(&flow.matches) || other.actions().0.iter().any(is_conjunction) {
                continue;
            }
            let does_else = *other.actions() != flow.actions;
            match other.priority().cmp(&flow.priority) {
                std::cmp::Ordering::Greater if near.cover.is_none() && theirs.covers(&flow.matches) => {
                    near.cover = Some(other);
                    near.is_covered = true;
                }
                std::cmp::Ordering::Equal if theirs != flow.matches && does_else => near.equal.push(other),
                std::cmp::Ordering::Less => {
                    if does_else && flow.matches.covers(&theirs) {
                        near.covered.push(other);
                    }
                    if !near.is_covered {
                        near.is_covered = theirs.covers(&flow.matches);
                        near.below.push(other);
                    }
                }
                _ => {}
            }
        }
        near
    }
}

fn is_conjunction(action: &Action) -> bool {
    matches!(action, Action::Conjunction(_))
}

/// Whether a flow is a clause of a conjunction: it takes no packet by itself.
fn is_clause(flow: &Flow) -> bool {
    flow.actions.0.iter().any(is_conjunction)
}

//! What actions do, each in a few words said of the packet: `goes on in table 93 (DROPPED_TRAFFIC), which drops it`.

use super::effects::{Leap, leaps};
use super::fields::append;
use super::references::{covers, overlaps};
use super::values::{self, Detail};
use super::{ActionMeaning, Cx, LOOKED_AT, Scene, writes};
use crate::action::conntrack::{Ct, Nat, NatAddresses, NatKind, NatRange, Zone};
use crate::action::learn::{Learn, Spec};
use crate::action::{Action, Actions};
use crate::base::paint::{Painter, Pieces, Role, Target};
use crate::field::Match;
use crate::field::bits::Bits;
use crate::field::format::{paint_ipv4, paint_ipv6};
use crate::field::names::port;
use crate::field::table as fieldtable;
use crate::model::flow::{Flow, TableId};
use crate::model::group::{Bucket, Group, GroupType};
use crate::model::meter::{Band, BandKind, Unit};
use crate::model::naming::Carries;

/// The lines of a flow's actions are cut here; a hostile list may have thousands.
const LINES: usize = 2000;

/// What each action of a flow does, nested ones below theirs.
pub(super) fn meanings(cx: &Cx<'_>, scene: &Scene, flow: &Flow) -> Vec<ActionMeaning> {
    let mut tour = Tour::of(cx, scene, flow);
    let mut out = Vec::new();
    if flow.actions.is_drop() {
        let mut means = Pieces::default();
        drop_words(cx, flow.table, &mut means);
        out.push(ActionMeaning { depth: 0, text: "drop".to_owned(), means, target: None });
    }
    tour.lines(&flow.actions, 0, &mut out);
    out
}

/// Says that a flow without actions ends here: a drop, unless the table is only called or the packet was sent before.
pub(super) fn drop_words(cx: &Cx<'_>, table: TableId, p: &mut Pieces) {
    let facts = cx.index.table(table);
    if facts.is_some_and(|f| f.after_output) {
        p.say("ends here; it was sent out before it came to this table");
    } else if facts.is_some_and(|f| f.is_called && !f.is_entered) {
        p.say("is left as it is: the flow that asked this table goes on with it");
    } else {
        p.say("is ");
        p.put(Role::Drop, "dropped");
    }
}

/// Goes through a list of actions in the order in which [`leaps`] did.
pub(super) struct Tour<'a> {
    cx: &'a Cx<'a>,
    scene: Scene,
    table: TableId,
    base: &'a Match,
    leaps: Vec<Leap>,
    at: usize,
    groups: Vec<u32>,
}

impl<'a> Tour<'a> {
    pub(super) fn of(cx: &'a Cx<'a>, scene: &Scene, flow: &'a Flow) -> Tour<'a> {
        let groups: &[Group] = cx.bridge.map_or(&[], |b| &b.groups);
        let leaps = leaps(&flow.actions, groups, Some(&flow.matches), &|t| cx.index.all_writes(t));
        Tour { cx, scene: scene.clone(), table: flow.table, base: &flow.matches, leaps, at: 0, groups: Vec::new() }
    }

    /// What is known of the packet where an action leads to a table; `None` if that was too much to follow.
    fn next_leap(&mut self, to: Option<TableId>) -> Option<Leap> {
        let leap = self.leaps.get(self.at).filter(|leap| leap.to == to)?;
        self.at += 1;
        Some(leap.clone())
    }

    fn lines(&mut self, actions: &Actions, depth: usize, out: &mut Vec<ActionMeaning>) {
        for action in &actions.0 {
            if out.len() >= LINES {
                return;
            }
            let mut text = String::new();
            action.paint(self.cx.ports, &mut text);
            let mut means = Pieces::default();
            let target = self.action(action, &mut means);
            out.push(ActionMeaning { depth, text, means, target });
            self.nested(action, depth + 1, out);
        }
    }

    /// The actions that stand in an action, and whatever else has lines of its own.
    fn nested(&mut self, action: &Action, depth: usize, out: &mut Vec<ActionMeaning>) {
        match action {
            Action::Clone(a) => {
                let scene = self.scene.clone();
                self.lines(&a.actions, depth, out);
                self.scene = scene;
            }
            Action::WriteActions(a) => self.lines(&a.actions, depth, out),
            Action::Ct(ct) => self.lines(&ct.actions, depth, out),
            Action::Learn(a) => self.learned(a, depth, out),
            Action::Group(a) => self.buckets(a.0, depth, out),
            _ => {}
        }
    }

    /// Passes by what stands in an action that was told without it.
    pub(super) fn pass(&mut self, action: &Action) {
        self.nested(action, 0, &mut Vec::new());
    }

    fn buckets(&mut self, id: u32, depth: usize, out: &mut Vec<ActionMeaning>) {
        if self.groups.contains(&id) {
            return;
        }
        self.groups.push(id);
        let cx = self.cx;
        for (at, bucket) in cx.bridge.into_iter().filter_map(|b| b.group(id)).flat_map(|g| &g.buckets).enumerate() {
            if out.len() >= LINES {
                return;
            }
            let name = format!("bucket {}", bucket.id.map_or(at as u64, u64::from));
            out.push(ActionMeaning { depth, text: name, means: bucket_words(cx, bucket), target: None });
            self.lines(&bucket.actions, depth + 1, out);
        }
    }

    /// What a learned flow matches and does, spec by spec.
    fn learned(&self, learn: &Learn, depth: usize, out: &mut Vec<ActionMeaning>) {
        for spec in &learn.specs {
            let (text, words) = spec_words(self.cx, &self.scene, spec);
            let mut means = Pieces::default();
            means.say(&words);
            out.push(ActionMeaning { depth, text, means, target: None });
        }
    }

    /// The scene behind the actions that were told so far.
    pub(super) fn scene_mut(&mut self) -> &mut Scene {
        &mut self.scene
    }

    /// Paints what an action does, said of the packet, and tells where it leads.
    pub(super) fn action(&mut self, action: &Action, p: &mut Pieces) -> Option<Target> {
        match action {
            Action::Resubmit(a) => {
                let leap = self.next_leap(a.table);
                let table = a.table.unwrap_or(self.table);
                let is_called = leap.as_ref().is_some_and(|l| l.called);
                p.say(if table == self.table {
                    "goes once more through "
                } else if !is_called {
                    "goes on in "
                } else if self.cx.index.table(table).is_some_and(|t| t.is_entered) {
                    "goes through "
                } else {
                    "is looked up in "
                });
                values::table(self.cx, self.scene.scope, table, p);
                if a.in_port != port::IN_PORT {
                    p.say(" as if it had come in by ");
                    values::port(self.cx, a.in_port, Detail::Short, p);
                }
                p.say(if a.with_ct { ", with the addresses of its connection's first packet" } else { "" });
                self.ahead(leap.as_ref(), p);
                Some(Target::Table(table))
            }
            Action::GotoTable(a) => {
                let leap = self.next_leap(Some(a.0));
                p.say("goes on in ");
                values::table(self.cx, self.scene.scope, a.0, p);
                self.ahead(leap.as_ref(), p);
                Some(Target::Table(a.0))
            }
            Action::Ct(ct) => {
                ct_words(self.cx, &self.scene, ct, p);
                let table = ct.table?;
                let leap = self.next_leap(ct.table);
                p.say(" and on to ");
                values::table(self.cx, self.scene.scope, table, p);
                self.ahead(leap.as_ref(), p);
                Some(Target::Table(table))
            }
            Action::Group(a) => {
                group_words(self.cx, a.0, p);
                Some(Target::Group(a.0))
            }
            Action::Meter(a) => {
                meter_words(self.cx, a.0, p);
                Some(Target::Meter(a.0))
            }
            Action::Learn(a) => {
                p.say("makes ");
                values::table(self.cx, self.scene.scope, a.table, p);
                p.say(" learn a flow");
                p.say(&lifetime(a.idle_timeout, a.hard_timeout));
                Some(Target::Table(a.table))
            }
            Action::Conjunction(a) => {
                p.say(&format!("meets clause {} of {} of ", a.clause, a.n_clauses));
                p.link(Target::Conjunction(a.id), Role::Accent, &format!("conjunction {}", a.id));
                Some(Target::Conjunction(a.id))
            }
            other => {
                let target = writes::verb(self.cx, &self.scene, self.base, other, p);
                self.scene.follow(self.cx, other);
                target
            }
        }
    }

    /// What connection tracking is asked to do, with what stands in it, as the parts of a sentence.
    pub(super) fn ct_parts(&mut self, ct: &Ct, base: &Match) -> Vec<Pieces> {
        let mut words = Pieces::default();
        if ct.actions.0.is_empty() {
            self.action(&Action::Ct(Box::new(ct.clone())), &mut words);
            return vec![words];
        }
        ct_words(self.cx, &self.scene, ct, &mut words);
        let mut parts = vec![words];
        for action in &ct.actions.0 {
            let mut words = Pieces::default();
            writes::verb(self.cx, &self.scene, base, action, &mut words);
            parts.push(words);
        }
        if let Some(table) = ct.table {
            let leap = self.next_leap(ct.table);
            let mut words = Pieces::default();
            words.say("goes on in ");
            values::table(self.cx, self.scene.scope, table, &mut words);
            self.ahead(leap.as_ref(), &mut words);
            parts.push(words);
        }
        parts
    }

    /// Says what the next table is sure to do with the packet, where that is simple.
    fn ahead(&self, leap: Option<&Leap>, p: &mut Pieces) {
        let (Some(bridge), Some(leap)) = (self.cx.bridge, leap) else { return };
        let to = leap.to.unwrap_or(self.table);
        let Some(facts) = self.cx.index.table(to) else { return };
        if facts.flows == 0 {
            let words =
                if leap.called || leap.sent { ", which has no flows" } else { ", which has no flows: it is dropped" };
            return p.say(words);
        }
        if facts.only_drops() {
            return drop_ahead(leap, p);
        }
        let known = leap.effects.applied(self.base);
        let flows = bridge.table(to).map_or(&[][..], |t| &t.flows);
        let mut seen = flows.iter().take(LOOKED_AT).map(|id| bridge.flow(*id));
        let first = seen.find(|f| overlaps(*f, &known));
        let Some(next) = first.filter(|f| covers(*f, &known)) else { return };
        match &next.actions().0[..] {
            [] => drop_ahead(leap, p),
            [action @ (Action::Output(_) | Action::Controller(_))] => {
                p.say(", where it ");
                writes::verb(self.cx, &self.scene, self.base, action, p);
            }
            [Action::Resubmit(a)] if a.in_port == port::IN_PORT => self.handed_on(a.table.unwrap_or(to), p),
            [Action::GotoTable(a)] => self.handed_on(a.0, p),
            _ => {}
        }
    }

    fn handed_on(&self, table: TableId, p: &mut Pieces) {
        // Every stage of OVN hands on to the next one, which nobody needs to be told.
        if self.cx.naming.kind.is_ovn() {
            return;
        }
        p.say(", which hands it on to ");
        values::table(self.cx, self.scene.scope, table, p);
    }
}

fn drop_ahead(leap: &Leap, p: &mut Pieces) {
    if leap.called || leap.sent {
        p.say(", where nothing more happens");
    } else {
        p.say(", which ");
        p.put(Role::Drop, "drops");
        p.say(" it");
    }
}

/// How long a learned flow stays.
fn lifetime(idle: u16, hard: u16) -> String {
    match (idle, hard) {
        (0, 0) => String::new(),
        (idle, 0) => format!(" (until {idle} s pass without a packet)"),
        (0, hard) => format!(" (for {hard} s)"),
        (idle, hard) => format!(" (for {hard} s, or until {idle} s pass without a packet)"),
    }
}

/// What connection tracking is asked to do.
fn ct_words(cx: &Cx<'_>, scene: &Scene, ct: &Ct, p: &mut Pieces) {
    p.put(Role::Ct, if ct.commit { "has its connection committed" } else { "goes through connection tracking" });
    p.say(" in ");
    match &ct.zone {
        Zone::Number(n) => values::zone(cx, (*n).into(), p),
        Zone::Field(from) => match cx.naming.register_in(scene.scope, from.field, from.offset, from.width) {
            Some(r) if r.carries == Carries::LocalVlan => p.say("the zone of its network"),
            Some(_) => p.say(&format!("the zone in {}", from.field.name)),
            None => p.say(&format!("the zone that {} names", writes::subfield(cx, scene, from))),
        },
    }
    if ct.force {
        p.say(", even if one of the other direction is there");
    }
    if ct.alg != 0 {
        let name = match ct.alg {
            21 => "FTP".to_owned(),
            69 => "TFTP".to_owned(),
            n => format!("the protocol of port {n}"),
        };
        p.say(&format!(", with the data connections that {name} opens"));
    }
}

/// What address translation does.
pub(super) fn nat_words(nat: &Nat, p: &mut Pieces) {
    let side = match nat.kind {
        None => return p.say("gets the addresses that its connection was given before"),
        Some(NatKind::Source) => "source",
        Some(NatKind::Destination) => "destination",
    };
    let Some(range) = &nat.range else {
        return p.say(&format!("gets a {side} address only if its connection was given one before"));
    };
    p.say(&format!("gets {side} address "));
    range_words(range, p);
    if nat.random {
        p.say(", the port at random");
    } else if nat.hash {
        p.say(", the port by hashing");
    }
}

fn range_words(range: &NatRange, p: &mut Pieces) {
    match range.addresses {
        NatAddresses::V4(first, last) => {
            paint_ipv4(first, u32::MAX, p);
            if last > first {
                p.say(" to ");
                paint_ipv4(last, u32::MAX, p);
            }
        }
        NatAddresses::V6(first, last) => {
            paint_ipv6(first, u128::MAX, p);
            if last > first {
                p.say(" to ");
                paint_ipv6(last, u128::MAX, p);
            }
        }
    }
    match range.ports {
        (0, _) => {}
        (low, high) if high > low => p.say(&format!(", ports {low} to {high}")),
        (low, _) => p.say(&format!(", port {low}")),
    }
}

fn group_words(cx: &Cx<'_>, id: u32, p: &mut Pieces) {
    p.say("goes through ");
    p.link(Target::Group(id), Role::Goto, &format!("group {id}"));
    let Some(bridge) = cx.bridge else { return };
    let Some(group) = bridge.group(id) else { return p.say(" (which is not known)") };
    let n = group.buckets.len();
    p.say(&match group.kind {
        _ if n == 0 => " (which has no buckets: it is dropped)".to_owned(),
        _ if n == 1 && group.kind != GroupType::FastFailover => " (which has one bucket)".to_owned(),
        GroupType::Indirect | GroupType::All => format!(" (which sends a copy through each of {n} buckets)"),
        GroupType::Select => format!(" (which picks one of {n} buckets by hashing)"),
        GroupType::FastFailover if n == 1 => " (which takes its one bucket while that is live)".to_owned(),
        GroupType::FastFailover => format!(" (which takes the first live one of {n} buckets)"),
    });
}

fn bucket_words(cx: &Cx<'_>, bucket: &Bucket) -> Pieces {
    let mut p = Pieces::default();
    let mut parts = Vec::new();
    if let Some(weight) = bucket.weight {
        parts.push(format!("weight {weight}"));
    }
    if let Some(number) = bucket.watch_port.filter(|n| *n != port::NONE) {
        let mut name = Pieces::default();
        values::port(cx, number, Detail::Short, &mut name);
        parts.push(format!("live while {} is", name.text()));
    }
    if let Some(group) = bucket.watch_group.filter(|g| *g != u32::MAX) {
        parts.push(format!("live while group {group} is"));
    }
    if bucket.actions.is_drop() {
        parts.push("drops".to_owned());
    }
    p.say(&if parts.is_empty() { "one way through the group".to_owned() } else { parts.join(", ") });
    p
}

fn meter_words(cx: &Cx<'_>, id: u32, p: &mut Pieces) {
    p.say("is counted by ");
    p.link(Target::Meter(id), Role::Text, &format!("meter {id}"));
    let Some(meter) = cx.bridge.and_then(|b| b.meter(id)) else { return };
    let unit = match meter.unit {
        Unit::Kbps => "kbit/s",
        Unit::Pktps => "packets a second",
    };
    let band = |band: &Band| match band.kind {
        BandKind::Drop => format!("drops what is above {} {unit}", band.rate),
        BandKind::DscpRemark(_) => format!("makes what is above {} {unit} more likely to be dropped later", band.rate),
    };
    let bands: Vec<String> = meter.bands.iter().map(band).collect();
    if !bands.is_empty() {
        p.say(&format!(" (which {})", bands.join(" and ")));
    }
}

/// One part of a learned flow: its text, and what it means.
fn spec_words(cx: &Cx<'_>, scene: &Scene, spec: &Spec) -> (String, String) {
    let name = |s: &crate::field::Subfield| {
        let mut text = String::new();
        s.paint(&mut text);
        text
    };
    let words = |s| writes::subfield(cx, scene, s);
    let value_words = |field: &crate::field::Subfield, value: &Bits| {
        if !field.is_whole() {
            return value.hex();
        }
        let mut p = Pieces::default();
        let width = usize::from(field.field.slot.width);
        super::fields::paint_value(cx, &Match::any(), field.field, &value.slice(0, width), &Bits::ones(width), &mut p);
        p.text()
    };
    match spec {
        Spec::MatchValue { field, value } => (
            format!("{}={}", name(field), value.hex()),
            format!("the new flow matches {} {}", words(field), value_words(field, value)),
        ),
        Spec::MatchField { field, from } if field == from => {
            (name(field), format!("the new flow matches {} as this packet has it", words(field)))
        }
        Spec::MatchField { field, from } => (
            format!("{}={}", name(field), name(from)),
            format!("the new flow matches as {} what this packet has as {}", words(field), words(from)),
        ),
        Spec::LoadValue { to, value } if to.field == fieldtable::VLAN_TCI && value.is_zero() => {
            (format!("load:{}->{}", value.hex(), name(to)), "the new flow takes the VLAN tag off".to_owned())
        }
        Spec::LoadValue { to, value } => (
            format!("load:{}->{}", value.hex(), name(to)),
            format!("the new flow sets {} to {}", words(to), value_words(to, value)),
        ),
        Spec::LoadField { to, from } if to == from => (
            format!("load:{}->{}", name(from), name(to)),
            format!("the new flow sets {} to what this packet has there", words(to)),
        ),
        Spec::LoadField { to, from } => (
            format!("load:{}->{}", name(from), name(to)),
            format!("the new flow sets {} to what this packet has as {}", words(to), words(from)),
        ),
        Spec::Output(from) => (
            format!("output:{}", name(from)),
            format!("the new flow sends packets out of the port that this packet has as {}", words(from)),
        ),
    }
}

/// Joins what is said of the packet: `a, b and c`. A comma inside of a part makes it `a, which .., and b`.
pub(super) fn joined(parts: &[Pieces], p: &mut Pieces) {
    let before = &parts[..parts.len().saturating_sub(1)];
    let and = if before.iter().any(|part| has_comma(&part.text())) { ", and " } else { " and " };
    for (at, part) in parts.iter().enumerate() {
        match at {
            0 => {}
            at if at + 1 == parts.len() => p.say(and),
            _ => p.say(", "),
        }
        append(p, part);
    }
}

/// Whether a comma stands outside of parentheses.
fn has_comma(text: &str) -> bool {
    let mut depth = 0_i32;
    text.chars().any(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    })
}

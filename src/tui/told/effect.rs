//! What becomes of packets when staged changes are made: the same packets before and after, and what checks say.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::super::line::Row;
use super::super::views::Spot;
use super::head::{Word, arrived, outcome};
use super::{Asked, connections, start, way};
use crate::base::paint::{Painter, Role};
use crate::base::progress::Progress;
use crate::check::{Finding, Severity};
use crate::model::flow::FlowKey;
use crate::plan::{self, Way};
use crate::session::staged::{Entry, Fate, Set, Staged};
use crate::session::touched::{self, Touched};
use crate::session::{Scene, Ways};
use crate::trace::Verdict;
use crate::why::Cx;
use crate::why::journey::{Leg, Start};
use crate::why::words;

/// What changes are good for, and what they break.
#[derive(Debug, Clone, Default)]
pub struct Effect {
    /// The packets, those whose fate changes first.
    pub packets: Vec<PacketRow>,
    /// What checks say.
    pub checks: Vec<CheckRow>,
    /// Requests for which no packet could be made, counted from 1, and why.
    pub without: Vec<(usize, String)>,
    /// The flows that more or fewer of the packets meet, on the node of the bridge.
    pub hits: Vec<HitRow>,
    /// The rules that wanted the flows.
    pub rules: Vec<Touched>,
    /// Whether it was stopped before its end.
    pub is_partial: bool,
}

/// A flow that more or fewer of the packets meet.
#[derive(Debug, Clone)]
pub struct HitRow {
    /// The flow.
    pub flow: Row,
    /// How many packets meet it now, and then.
    pub counts: [usize; 2],
}

/// How the fate of a packet changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It was lost and arrives then.
    Saved,
    /// It arrived and is lost then.
    Lost,
    /// It goes elsewhere then.
    Elsewhere,
    /// It ends as before, by other flows.
    OtherWay,
    /// Nothing changes.
    Same,
}

impl Change {
    /// Every change with its words, in the order in which they are shown.
    pub const ALL: [(Change, &'static str); 5] = [
        (Change::Saved, "DROP -> accept"),
        (Change::Lost, "accept -> DROP"),
        (Change::Elsewhere, "elsewhere"),
        (Change::OtherWay, "other path, same fate"),
        (Change::Same, "unchanged"),
    ];
}

/// A packet before and after.
#[derive(Debug, Clone)]
pub struct PacketRow {
    /// How its fate changes.
    pub change: Change,
    /// The packet in words.
    pub title: String,
    /// What becomes of it now, and then.
    pub fates: [String; 2],
    /// Where the ways part: the lookups there now, and then; empty if they do not.
    pub turn: String,
    /// Why it was looked at: pinned, or made for the request of that number, counted from 1.
    pub made_for: Option<usize>,
}

/// What a check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRow {
    /// How bad it is; nothing if all is well.
    pub severity: Option<Severity>,
    /// In words.
    pub text: String,
}

/// Numbers of requests that a check names.
const NUMBERS: usize = 5;
/// Flows whose hits change, at most.
const HITS: usize = 20;
/// Packets at most.
pub const PACKETS: usize = 40;

/// The checks that a change of flows can make say something else; overlaps and shadows are told flow by flow.
const CHECKS: [&str; 6] = [
    "incomplete-conjunction",
    "impossible-match",
    "flow-loop",
    "missing-group",
    "output-to-missing-port",
    "unreachable-table",
];

/// What the changes of all bridges do to packets of one of them: pinned ones, and some made for its changes.
pub fn effect(scene: &Scene, staged: &Staged, spot: &Spot, pins: &[Asked], progress: &Progress) -> Effect {
    let then = staged.as_it_would_be(scene);
    let mut effect = Effect::default();
    let Some(set) = staged.of(&spot.node, &spot.bridge) else { return effect };
    let mut asked: Vec<(Asked, Option<usize>)> = pins.iter().take(PACKETS / 2).map(|pin| (pin.clone(), None)).collect();
    let (now_ways, then_ways) = (Ways::of(scene), Ways::of(&then));
    let (now, later) = (now_ways.around(), then_ways.around());
    if let Some((node, at)) =
        scene.nodes().iter().position(|n| n.node().name == spot.node).zip(spot.find(scene).map(|f| f.1))
    {
        let edits = set.entries().iter().enumerate().filter_map(|(number, entry)| Some((number, entry.fate.edit()?)));
        let (made, without) = touched::packets([&now[node], &later[node]], at, edits, || progress.is_cancelled());
        effect.without = without.into_iter().map(|(number, why)| (number + 1, why)).collect();
        for one in made {
            let (text, answers) = (one.way.packet.typed(), one.way.ct_next);
            if asked.iter().all(|(other, _)| (&other.text, &other.answers) != (&text, &answers)) {
                let made = Asked { spot: spot.clone(), text, answers, ..Asked::default() };
                asked.push((made, Some(one.request + 1)));
            }
        }
        effect.rules = touched::rules(&scene.nodes()[node], &then.nodes()[node], at, &set.change().flows());
    }
    let mut both = Vec::new();
    for (one, made_for) in asked.into_iter().take(PACKETS) {
        if progress.is_cancelled() {
            effect.is_partial = true;
            break;
        }
        // Ports and addresses are the same then, so the packet is read once.
        let begins = match start(scene, &one) {
            Ok((begins, _)) => begins,
            Err(wrong) => {
                let why = format!("`{}` cannot be traced: {wrong}", one.text);
                effect.without.extend(made_for.map(|number| (number, why)));
                continue;
            }
        };
        let (before, after) = (fate(scene, &now, &one, begins.clone()), fate(&then, &later, &one, begins));
        both.push(plan::Effect { before: before.on(&spot.node), after: after.on(&spot.node) });
        effect.packets.push(row(before, after, made_for));
    }
    effect.hits = hits(scene, spot, &both);
    effect.packets.sort_by_key(|row| (row.change, row.made_for.is_some()));
    effect.checks = checks(scene, &then, set, spot);
    effect
}

/// What becomes of a packet, and by which flows: those of every node that it comes to.
struct End {
    title: String,
    word: Word,
    place: String,
    ways: Vec<(Arc<str>, Way)>,
}

impl End {
    /// What happens on one node.
    fn on(&self, node: &str) -> Way {
        let mut here = Way { verdict: Verdict::Unknown, outputs: Vec::new(), flows: Vec::new(), why: String::new() };
        let ways = self.ways.iter().filter(|(name, _)| &**name == node);
        here.flows = ways.flat_map(|(_, way)| way.flows.iter().cloned()).collect();
        // A packet that comes by a flow twice meets it once.
        let mut seen = FxHashSet::default();
        here.flows.retain(|flow| seen.insert(flow.clone()));
        here
    }
}

fn fate(scene: &Scene, nodes: &[Cx<'_>], asked: &Asked, begins: Start) -> End {
    let known = connections(scene, nodes, asked.after.as_deref(), super::BEFORE);
    let title = words::packet(&begins.packet.key);
    let found = way(nodes, begins, asked, &known);
    let arrived = arrived(nodes, &found);
    let outcome = outcome(nodes, &found, &arrived);
    let of = |leg: &Leg<'_>| {
        let world = nodes[leg.node].world;
        (world.node.name.clone(), Way::of(&leg.trace, world))
    };
    let ways = found.legs.iter().map(of).collect();
    End { title, word: outcome.word, place: outcome.place, ways }
}

/// The flows that more or fewer packets meet, the changed bridge first.
fn hits(scene: &Scene, spot: &Spot, both: &[plan::Effect]) -> Vec<HitRow> {
    let Some((node, here)) = spot.find(scene) else { return Vec::new() };
    let mut found = plan::hits(both);
    found.sort_by_key(|hit| hit.bridge != here);
    let row = |hit: &plan::Hits| {
        let bridge = node.bridges().get(hit.bridge)?.bridge();
        let mut flow = Row::new();
        if hit.bridge != here {
            flow.dim(&format!("{} ", bridge.name));
        }
        flow.put(Role::Goto, &format!("T{} ", hit.flow.table));
        hit.flow.matches.paint(hit.flow.priority, &bridge.names, &mut flow);
        Some(HitRow { flow, counts: [hit.before, hit.after] })
    };
    found.iter().take(HITS).filter_map(row).collect()
}

/// The flows that a packet meets, on all nodes.
fn flows(end: &End) -> Vec<&FlowKey> {
    end.ways.iter().flat_map(|(_, way)| &way.flows).map(|(_, key)| key).collect()
}

fn row(before: End, after: End, made_for: Option<usize>) -> PacketRow {
    let arrives = |word: Word| matches!(word, Word::Delivered | Word::Flooded | Word::Controller);
    let change = match (arrives(before.word), arrives(after.word)) {
        (false, true) => Change::Saved,
        (true, false) => Change::Lost,
        (true, true) if before.place != after.place => Change::Elsewhere,
        _ if flows(&before) != flows(&after) => Change::OtherWay,
        _ => Change::Same,
    };
    let (now, then) = (flows(&before), flows(&after));
    let at = now.iter().zip(&then).position(|(a, b)| a != b).or_else(|| {
        let (a, b) = (now.len(), then.len());
        (a != b).then(|| a.min(b))
    });
    let shown = |flows: &[&FlowKey]| match at.and_then(|at| flows.get(at)) {
        Some(key) => format!("T{} prio {}", key.table, key.priority),
        None => "no flow".to_owned(),
    };
    let turn = match at {
        Some(_) => format!("{} now, {} then", shown(&now), shown(&then)),
        None => String::new(),
    };
    let text = |fate: &End| format!("{} {}", fate.word.text(), fate.place).trim_end().to_owned();
    PacketRow { change, fates: [text(&before), text(&after)], title: before.title, turn, made_for }
}

/// What is to be thought of: requests that cannot be made, warnings, and what checks find then that they do not find now.
fn checks(scene: &Scene, then: &Scene, set: &Set, spot: &Spot) -> Vec<CheckRow> {
    let mut rows = Vec::new();
    let mut say = |severity: Option<Severity>, text: String| rows.push(CheckRow { severity, text });
    for (number, entry) in set.entries().iter().enumerate() {
        match &entry.fate {
            Fate::Refused(refusal) => {
                say(Some(Severity::Error), format!("{} would be refused: {}", number + 1, refusal.sentence));
            }
            Fate::Conflict(conflict, _) => {
                say(Some(Severity::Error), format!("{} fits no more: {conflict}", number + 1));
            }
            Fate::Does(_) | Fate::Open => {}
        }
    }
    let counts = set.counts();
    if counts.refused + counts.conflicts == 0 {
        say(None, "syntax, prerequisites and references are right".to_owned());
    }
    let (Some((node, at)), Some((later, _))) = (spot.find(scene), spot.find(then)) else { return rows };
    let (before, after) = (node.bridges()[at].bridge(), later.bridges()[at].bridge());
    let does = |entry: &Entry| matches!(entry.fate, Fate::Does(_));
    let numbers: Vec<usize> = (0..set.len()).filter(|at| does(&set.entries()[*at])).collect();
    // What holds for several requests is said once.
    let warnings = plan::warnings(plan::View { before, after, naming: node.naming(at) }, set.change());
    for told in plan::told(&warnings) {
        let number = |edit: &usize| numbers.get(*edit).map_or(0, |at| at + 1).to_string();
        let mut of = told.edits.iter().take(NUMBERS).map(number).collect::<Vec<_>>().join(", ");
        if told.edits.len() > NUMBERS {
            of.push_str(&format!(" and {} more", told.edits.len() - NUMBERS));
        }
        say(Some(told.kind.severity()), format!("{of}: {}", told.sentence));
    }
    let (now, then) = (&node.findings().0, later.check(&CHECKS).0);
    for new in plan::news(at, (now, before), (&then, after)) {
        say(Some(new.severity), format!("then {}: {}", new.id, new.sentence));
    }
    let now: Vec<Finding> = now.iter().filter(|f| CHECKS.contains(&f.id)).cloned().collect();
    for gone in plan::news(at, (&then, after), (&now, before)) {
        say(None, format!("no more {}: {}", gone.id, gone.sentence));
    }
    rows.sort_by_key(|row| row.severity.map_or(9, |s| s as u8));
    rows
}

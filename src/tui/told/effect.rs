//! What becomes of packets when staged changes are made: the same packets before and after, and what checks say.

use super::super::views::Spot;
use super::head::{Word, arrived, outcome};
use super::{Asked, ask, connections, start, way};
use crate::base::progress::Progress;
use crate::check::{Finding, Severity};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::{Flow, TableId};
use crate::model::id::FlowHash;
use crate::session::staged::{Fate, Set, Staged};
use crate::session::{Scene, Ways};
use crate::why::Cx;
use crate::why::blame::looks;
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
    /// Whether it was stopped before its end.
    pub is_partial: bool,
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

/// Requests for which packets are made, and flows of each.
const REQUESTS: usize = 12;
const FLOWS: usize = 2;
/// Packets at most.
pub const PACKETS: usize = 40;

/// The checks that a change of flows can make say something else.
const CHECKS: [&str; 8] = [
    "incomplete-conjunction",
    "impossible-match",
    "flow-loop",
    "missing-group",
    "output-to-missing-port",
    "overlapping-flows",
    "shadowed-flow",
    "unreachable-table",
];

/// What the changes of all bridges do to packets of one of them: pinned ones, and some made for its changes.
pub fn effect(scene: &Scene, staged: &Staged, spot: &Spot, pins: &[Asked], progress: &Progress) -> Effect {
    let then = staged.as_it_would_be(scene);
    let mut effect = Effect::default();
    let Some(set) = staged.of(&spot.node, &spot.bridge) else { return effect };
    let mut asked: Vec<(Asked, Option<usize>)> = pins.iter().take(PACKETS / 2).map(|pin| (pin.clone(), None)).collect();
    effect.without = made(scene, &then, set, spot, progress, &mut asked);
    let (now_ways, then_ways) = (Ways::of(scene), Ways::of(&then));
    let (now, later) = (now_ways.around(), then_ways.around());
    for (one, made_for) in asked.into_iter().take(PACKETS) {
        if progress.is_cancelled() {
            effect.is_partial = true;
            break;
        }
        let (Some(before), Some(after)) = (fate(scene, &now, &one), fate(&then, &later, &one)) else { continue };
        effect.packets.push(row(before, after, made_for));
    }
    effect.packets.sort_by_key(|row| (row.change, row.made_for.is_some()));
    effect.checks = checks(scene, &then, set, spot);
    effect
}

/// Packets that come by the flows that are added, changed or deleted; and why there are none where there are none.
fn made(
    scene: &Scene,
    then: &Scene,
    set: &Set,
    spot: &Spot,
    progress: &Progress,
    asked: &mut Vec<(Asked, Option<usize>)>,
) -> Vec<(usize, String)> {
    let mut without = Vec::new();
    let (Some(now), Some(later)) = (spot.bridge(scene), spot.bridge(then)) else { return without };
    for (number, entry) in set.entries().iter().enumerate().take(REQUESTS) {
        let edits = entry.fate.edit().map_or(&[][..], |edit| &edit.flows);
        let (mut has_packet, mut reason) = (false, String::new());
        for replaced in edits.iter().take(FLOWS) {
            // A packet of the new flow if there is one: whether it arrives is what people want to know.
            let sides = [(then, later, &replaced.after), (scene, now, &replaced.before)];
            for (scene, bridge, flow) in sides {
                if progress.is_cancelled() {
                    return without;
                }
                let Some(id) = flow.as_ref().and_then(|flow| find(bridge, flow)) else { continue };
                let packet = match ask::for_flow(scene, spot, id) {
                    Ok((packet, _)) => packet,
                    Err(why) => {
                        reason = why;
                        continue;
                    }
                };
                has_packet = true;
                if asked.iter().all(|(other, _)| (&other.text, &other.answers) != (&packet.text, &packet.answers)) {
                    asked.push((packet, Some(number + 1)));
                }
                break;
            }
        }
        if !has_packet && !reason.is_empty() {
            without.push((number + 1, reason));
        }
    }
    without
}

/// A flow of a bridge by its identity.
fn find(bridge: &Bridge, flow: &Flow) -> Option<FlowId> {
    let wanted = FlowHash::new(flow.table, flow.priority, &flow.matches);
    bridge.table(flow.table)?.flows.iter().copied().find(|id| FlowHash::of(bridge.flow(*id)) == wanted)
}

/// What becomes of a packet, and by which lookups.
struct End {
    title: String,
    word: Word,
    place: String,
    looks: Vec<Seen>,
}

/// A lookup: the bridge, the table, and the flow with its priority.
type Seen = (String, TableId, Option<(u32, FlowHash)>);

fn fate(scene: &Scene, nodes: &[Cx<'_>], asked: &Asked) -> Option<End> {
    let (start, _) = start(scene, asked).ok()?;
    let known = connections(scene, nodes, asked.after.as_deref(), super::BEFORE);
    let title = words::packet(&start.packet.key);
    let found = way(nodes, start, asked, &known);
    let arrived = arrived(nodes, &found);
    let outcome = outcome(nodes, &found, &arrived);
    let mut all = Vec::new();
    for leg in &found.legs {
        for look in looks(&leg.trace).into_iter().take(super::LOOKS) {
            let bridge = nodes[leg.node].world.at(look.bridge);
            let flow = look.flow.map(|id| (bridge.flow(id).priority(), FlowHash::of(bridge.flow(id))));
            all.push((bridge.name.to_string(), look.table, flow));
        }
    }
    Some(End { title, word: outcome.word, place: outcome.place, looks: all })
}

fn row(before: End, after: End, made_for: Option<usize>) -> PacketRow {
    let arrives = |word: Word| matches!(word, Word::Delivered | Word::Flooded | Word::Controller);
    let change = match (arrives(before.word), arrives(after.word)) {
        (false, true) => Change::Saved,
        (true, false) => Change::Lost,
        (true, true) if before.place != after.place => Change::Elsewhere,
        _ if before.looks != after.looks => Change::OtherWay,
        _ => Change::Same,
    };
    let at = before.looks.iter().zip(&after.looks).position(|(a, b)| a != b);
    let at = at.or_else(|| {
        let (a, b) = (before.looks.len(), after.looks.len());
        (a != b).then(|| a.min(b))
    });
    let shown = |looks: &[Seen]| match at.and_then(|at| looks.get(at)) {
        Some((_, table, Some((priority, _)))) => format!("T{table} prio {priority}"),
        Some((_, table, None)) => format!("T{table} no flow"),
        None => "the end".to_owned(),
    };
    let turn = match at {
        Some(_) => format!("{} now, {} then", shown(&before.looks), shown(&after.looks)),
        None => String::new(),
    };
    let text = |fate: &End| format!("{} {}", fate.word.text(), fate.place).trim_end().to_owned();
    PacketRow { change, fates: [text(&before), text(&after)], title: before.title, turn, made_for }
}

/// What the checks of flows say then that they do not say now, and the other way round.
fn checks(scene: &Scene, then: &Scene, set: &Set, spot: &Spot) -> Vec<CheckRow> {
    let mut rows = Vec::new();
    let counts = set.counts();
    for (number, entry) in set.entries().iter().enumerate() {
        let says = match &entry.fate {
            Fate::Refused(refusal) => format!("{} would be refused: {}", number + 1, refusal.sentence),
            Fate::Conflict(conflict, _) => format!("{} fits no more: {conflict}", number + 1),
            Fate::Does(edit) if edit.is_empty() => {
                rows.push(CheckRow {
                    severity: Some(Severity::Warning),
                    text: format!("{} does nothing: there is no such flow", number + 1),
                });
                continue;
            }
            Fate::Does(_) | Fate::Open => continue,
        };
        rows.push(CheckRow { severity: Some(Severity::Error), text: says });
    }
    let found = |scene: &Scene| -> Vec<Finding> {
        let Some((node, at)) = spot.find(scene) else { return Vec::new() };
        node.check(&CHECKS).0.into_iter().filter(|f| f.bridge == Some(at)).collect()
    };
    let (now, later) = (found(scene), found(then));
    let is_same = |a: &Finding, b: &Finding| (a.id, &a.object, &a.sentence) == (b.id, &b.object, &b.sentence);
    for new in later.iter().filter(|new| now.iter().all(|old| !is_same(old, new))) {
        rows.push(CheckRow { severity: Some(new.severity), text: format!("then {}: {}", new.id, new.sentence) });
    }
    for gone in now.iter().filter(|old| later.iter().all(|new| !is_same(old, new))) {
        rows.push(CheckRow { severity: None, text: format!("no more {}: {}", gone.id, gone.sentence) });
    }
    if counts.refused + counts.conflicts == 0 {
        rows.push(CheckRow { severity: None, text: "syntax, prerequisites and references are right".to_owned() });
    }
    rows.sort_by_key(|row| row.severity.map_or(9, |s| s as u8));
    rows
}

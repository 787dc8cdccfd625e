//! What `w` shows: of one lookup, who got the packet and why every other flow did not.

use super::super::line::Row;
use super::super::short;
use super::super::views::Spot;
use super::head::{bits, needs};
use super::{Look, Told};
use crate::action::Action;
use crate::base::paint::{Painter, Role};
use crate::field::matches::DEFAULT_PRIORITY;
use crate::field::slot::word;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::session::{Scene, Ways};
use crate::why::lookup::{above, differences, rivals as nearest};

/// The flows of a table beside the one that got a packet.
#[derive(Debug, Clone, Default)]
pub struct Rivals {
    /// The bridge.
    pub spot: Spot,
    /// The table.
    pub table: TableId,
    /// What was asked, and the answer, a sentence a row.
    pub intro: Vec<Row>,
    /// The flows, nearest first.
    pub rows: Vec<RivalRow>,
}

/// A flow that did not get the packet.
#[derive(Debug, Clone)]
pub struct RivalRow {
    /// How many bits are not as it wants them.
    pub bits: u32,
    /// The flow.
    pub flow: FlowId,
    /// Its priority.
    pub priority: u32,
    /// The conjunction that leads to it, and which of its clauses nothing met.
    pub clause: Option<(u32, u8, u8)>,
    /// What it would need: the field, its value there, and the packet's.
    pub needs: Vec<(&'static str, String, String)>,
    /// Whether it belongs to another port or network.
    pub is_elsewhere: bool,
    /// What it does.
    pub effect: Row,
    /// The rule that wanted it; empty if nobody knows.
    pub rule: String,
}

/// Flows that are told at most.
const TOLD: usize = 200;

/// Says of a lookup, by its place in [`Told::looks`], why other flows did not get the packet; `asked` is the flow that
/// is asked about.
pub fn rivals(scene: &Scene, told: &Told, look: Option<usize>, asked: Option<(Spot, TableId, FlowId)>) -> Rivals {
    let Some(look) = look.and_then(|at| told.looks.get(at)) else {
        return never_came(told, asked);
    };
    let mut found = Rivals { spot: look.spot.clone(), table: look.table, ..Rivals::default() };
    let Some(bridge) = look.spot.bridge(scene) else { return found };
    found.intro.push(winner(bridge, look));
    if let Some((.., flow)) =
        asked.filter(|(spot, _, flow)| *spot == look.spot && (*flow as usize) < bridge.flows.len())
    {
        found.intro.extend(about(bridge, look, flow));
    }
    let key = &look.packet.key;
    let lost = above(bridge, look.table, key, look.flow);
    if let Some(text) = super::steps::above_text(&lost) {
        found.intro.push(Row::of(Role::Dim, &text));
    }
    let least = look.flow.map_or(0, |flow| bridge.flow(flow).priority());
    let near = nearest(bridge, look.table, key, look.flow, least, TOLD, |_| true);
    let ways = Ways::of(scene);
    let nodes = ways.around();
    let around = nodes.iter().find(|cx| cx.world.node.name == look.spot.node);
    let place = around.and_then(|cx| Some((cx, cx.world.bridge(&look.spot.bridge)?)));
    let effect = |flow: FlowId| {
        let mut row = Row::new();
        if let Some((cx, at)) = place {
            short::paint_actions(bridge.flow(flow).actions(), &bridge.names, cx.naming(at), &mut row);
        }
        row
    };
    let rule = |flow| place.and_then(|(cx, at)| super::head::rule(cx, at, flow)).unwrap_or_default();
    found.rows = near
        .iter()
        .map(|rival| RivalRow {
            bits: rival.distance.bits,
            flow: rival.flow,
            priority: rival.priority,
            clause: rival.clauses.first().map(|c| (c.conjunction, c.number.0, c.number.1)),
            needs: needs(bridge, rival, key),
            is_elsewhere: rival.distance.place > 0,
            effect: effect(rival.flow),
            rule: rule(rival.flow),
        })
        .collect();
    found
}

/// The packet never came to the table that is asked about.
fn never_came(told: &Told, asked: Option<(Spot, TableId, FlowId)>) -> Rivals {
    let mut found = Rivals::default();
    let Some((spot, table, _)) = asked else { return found };
    let mut row = Row::of(Role::Warn, &format!("The packet never came to T{table} of {}.", spot.bridge));
    let way: Vec<String> =
        told.looks.iter().filter(|l| l.spot == spot).map(|l| format!("T{}", l.table)).take(60).collect();
    if way.is_empty() {
        row.text(&format!(" It did not come through {} at all.", spot.bridge));
    } else {
        row.text(&format!(" There it came through {}.", way.join(" ")));
    }
    found.intro.push(row);
    let mut end = Row::of(told.outcome.word.role(), told.outcome.word.text());
    end.text(&format!(" {}", told.outcome.place));
    found.intro.push(end);
    (found.spot, found.table) = (spot, table);
    found
}

fn winner(bridge: &Bridge, look: &Look) -> Row {
    let Some(flow) = look.flow else {
        return Row::of(Role::Drop, &format!("No flow of T{} of {} took the packet.", look.table, look.spot.bridge));
    };
    let flow = bridge.flow(flow);
    let mut row = Row::of(Role::Text, &format!("T{} of {}: priority ", look.table, look.spot.bridge));
    row.put(Role::Accent, &flow.priority().to_string());
    row.text(" took the packet: ");
    if !flow.matches().paint(DEFAULT_PRIORITY, &bridge.names, &mut row) {
        row.dim("(any)");
    }
    row
}

/// Why a flow got the packet or not.
fn about(bridge: &Bridge, look: &Look, id: FlowId) -> Vec<Row> {
    let flow = bridge.flow(id);
    let differs = differences(flow, &look.packet.key);
    let mut row = Row::new();
    if look.flow == Some(id) {
        row.put(Role::Ok, "This is the flow you asked about.");
        return vec![row];
    }
    row.put(Role::Warn, &format!("Yours, priority {}, did not: ", flow.priority()));
    let clause = flow.actions().0.iter().find_map(|action| match action {
        Action::Conjunction(c) => Some((c.id, c.clause, c.n_clauses)),
        _ => None,
    });
    let heir = flow.word(word::CONJ_ID);
    let winner = look.flow.map(|flow| bridge.flow(flow).priority());
    match (differs.is_empty(), clause) {
        (false, _) => {
            let matches = flow.matches();
            for (at, d) in differs.iter().enumerate() {
                row.text(if at > 0 { ", " } else { "" });
                let want = crate::why::misses::value(&matches, d.field, bridge);
                let have = super::head::value(&look.packet.key, d.field, &bridge.names);
                row.put(Role::Reg, d.field.dump_name);
                row.text(&format!(" would have to be {want}, not {have}"));
            }
            row.dim(&format!("  ({} bits off)", bits(&differs)));
        }
        (true, Some((conjunction, number, of))) => {
            row.text(&format!("the packet meets it, but it is only clause {number}/{of} of conjunction {conjunction}"));
            row.text("; the other clauses have to be met as well");
        }
        (true, None) if heir.1 != 0 => {
            row.text(&format!("conjunction {} was not met, or a better flow was", heir.0));
        }
        (true, None) => match winner {
            Some(winner) if winner > flow.priority() => {
                row.text(&format!("it matches, but priority {winner} stands above it"));
            }
            _ => row.text("it matches, and has the same priority; which of the two wins is not defined"),
        },
    }
    vec![row]
}

//! A traced packet as the screen tells it: plain values, made beside the screen, with everything that is drawn.
//!
//! [`ask`] turns what a person typed into a packet, and is the only place that knows how packets are written. `steps`
//! makes the tree of what happened, `head` the packet, the verdict and why, `rivals` what `w` shows of one lookup,
//! `exports` what can be copied, `differences` what changed from another source. Nothing here borrows from the snapshot, so a trace outlives a newer one.

pub mod ask;
pub mod differences;
pub mod effect;
mod exports;
mod head;
mod rivals;
mod sent;
mod steps;

use std::sync::Arc;

pub use self::exports::{expectation, shell_quoted, test_line};
pub use self::head::{Fact, Fix, Near, Outcome, Word};
pub use self::rivals::{RivalRow, Rivals, rivals};
pub use self::sent::{Given, Sent, send};
pub use self::steps::{Mark, Step, StepKind, TableStep};
use super::line::Row;
use super::views::Spot;
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::graph::TableSet;
use crate::model::bridge::FlowId;
use crate::model::flow::TableId;
use crate::session::{Scene, Ways};
use crate::trace::{Options, Packet};
use crate::why::Cx;
use crate::why::blame::looks;
use crate::why::conversation::{Connections, reply};
use crate::why::journey::{Journey, Start, journey_with};

/// What is asked: a packet, where it begins, and what connection tracking answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// The bridge it comes into.
    pub spot: Spot,
    /// The packet as it was typed.
    pub text: String,
    /// What connection tracking answers at the first, second .. recirculation; after these, that it is new.
    pub answers: Vec<u8>,
    /// The bytes of the recording that the text names, once they were read.
    pub recording: Option<Arc<[u8]>>,
    /// The packet before it: the connections that it made are known.
    pub after: Option<Arc<Asked>>,
    /// What a goal of a lesson takes for granted.
    pub given: Option<Arc<Given>>,
}

/// A traced packet.
#[derive(Debug, Default)]
pub struct Told {
    /// What was asked.
    pub asked: Asked,
    /// The packet.
    pub packet: Packet,
    /// The bridge it comes into: names in the text may lead to another one than was asked.
    pub begins: Spot,
    /// What was chosen where the text leaves it open, and what is odd about it.
    pub notes: Vec<String>,
    /// The packet in words.
    pub title: String,
    /// The packet in one line.
    pub brief: Row,
    /// What is known of the packet, a row each.
    pub facts: Vec<Fact>,
    /// What happened, as a tree.
    pub steps: Vec<Step>,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why, in words; empty if it arrived.
    pub sentences: Vec<String>,
    /// The flows that would have let it through, nearest first.
    pub near: Vec<Near>,
    /// What would let it through.
    pub fixes: Vec<Fix>,
    /// What was written on the way.
    pub changed: Vec<Row>,
    /// What was assumed.
    pub assumed: Vec<String>,
    /// What checks find wrong with the flows on its way.
    pub findings: Vec<String>,
    /// The lookups on its way.
    pub looks: Vec<Look>,
    /// How often the packet began again after connection tracking.
    pub recirculations: usize,
    /// The ports by which it arrived.
    pub arrived: Vec<Arrived>,
    /// The answer to it, and where it begins; nothing if nobody answers.
    pub reply: Option<(Spot, String)>,
    /// Whether it is itself the answer to the packet before it, as that would be answered.
    pub is_reply: bool,
    /// As `ofproto/trace` prints it.
    pub as_ovs: String,
    /// As JSON.
    pub json: String,
}

/// A lookup.
#[derive(Debug, Clone)]
pub struct Look {
    /// The bridge.
    pub spot: Spot,
    /// The table.
    pub table: TableId,
    /// The flow that was found.
    pub flow: Option<FlowId>,
    /// The packet as the table saw it.
    pub packet: Arc<Packet>,
}

/// A port by which the packet arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The bridge.
    pub spot: Spot,
    /// The port's OpenFlow number.
    pub port: u32,
    /// The port's name.
    pub name: Arc<str>,
}

/// How many lookups are kept for questions about them.
const LOOKS: usize = 4096;

impl Told {
    /// The tables of a bridge that the packet came through.
    pub fn visited(&self, spot: &Spot) -> TableSet {
        self.looks.iter().filter(|look| look.spot == *spot).map(|look| look.table).collect()
    }

    /// The last lookup in the table of a flow, as a place in [`Told::looks`]; the one that found it, if one did.
    pub fn look_at(&self, spot: &Spot, table: TableId, flow: FlowId) -> Option<usize> {
        let found = self.looks.iter().rposition(|l| l.spot == *spot && l.flow == Some(flow));
        found.or_else(|| self.looks.iter().rposition(|l| l.spot == *spot && l.table == table))
    }
}

/// How many packets before this one are traced, for the connections that they made.
const BEFORE: usize = 8;

/// What is asked, read: the packet and where it begins, with what was chosen and what is odd.
fn start(scene: &Scene, asked: &Asked) -> Result<(Start, Vec<String>), Diagnostic> {
    match ask::read(scene, asked)? {
        ask::Ready::Packet(sent) => Ok((sent.start, sent.chosen.into_iter().chain(sent.notes).collect())),
        ask::Ready::Recording(path) => {
            let span = Span::new(0, asked.text.len());
            Err(Diagnostic::error("recording", span, format!("`{path}` was not read")))
        }
    }
}

/// The connections that were captured, and those that the packets before made.
fn connections(scene: &Scene, nodes: &[Cx<'_>], before: Option<&Asked>, left: usize) -> Connections {
    let Some((asked, left)) = before.zip(left.checked_sub(1)) else { return Connections::captured(nodes) };
    let known = connections(scene, nodes, asked.after.as_deref(), left);
    match start(scene, asked) {
        Ok((start, _)) => known.after(nodes, &way(nodes, start, asked, &known)),
        Err(_) => known,
    }
}

fn way<'a>(nodes: &'a [Cx<'a>], start: Start, asked: &Asked, known: &Connections) -> Journey<'a> {
    let options = Options { ct_next: asked.answers.clone(), keep: true, ..Options::default() };
    journey_with(nodes, start, &options, known)
}

/// Where something is, by its places.
fn spot(nodes: &[Cx<'_>], node: usize, bridge: usize) -> Spot {
    let world = nodes[node].world;
    Spot { node: world.node.name.clone(), bridge: world.at(bridge).name.clone() }
}

/// Traces a packet, and tells.
pub fn tell(scene: &Scene, asked: &Asked) -> Result<Told, Diagnostic> {
    let Some(met) = sent::given(scene, asked)? else { return told(scene, asked) };
    let mut told = told(&met, asked)?;
    let given = asked.given.as_deref().cloned().unwrap_or_default();
    told.notes.extend(given.first.iter().map(|text| format!("sent before it, as the goal says: {text}")));
    told.notes.extend(given.down.iter().map(|port| format!("the goal takes port {port} down")));
    // Flows that only those packets taught are not on the screens.
    let is_there = |spot: &Spot, flow: FlowId| spot.bridge(scene).is_some_and(|b| (flow as usize) < b.flows.len());
    for look in &mut told.looks {
        look.flow = look.flow.filter(|flow| is_there(&look.spot, *flow));
    }
    for (spot, _, flow) in told.steps.iter_mut().filter_map(|step| step.place.as_mut()) {
        *flow = flow.filter(|flow| is_there(spot, *flow));
    }
    told.near.retain(|near| is_there(&near.spot, near.flow));
    Ok(told)
}

fn told(scene: &Scene, asked: &Asked) -> Result<Told, Diagnostic> {
    let (start, notes) = start(scene, asked)?;
    let ways = Ways::of(scene);
    let nodes = ways.around();
    let known = connections(scene, &nodes, asked.after.as_deref(), BEFORE);
    let (packet, begins) = (start.packet.clone(), spot(&nodes, start.node, start.bridge));
    let found = way(&nodes, start, asked, &known);
    let mut told = Told { asked: asked.clone(), packet, begins, notes, ..Told::default() };
    for leg in &found.legs {
        for look in looks(&leg.trace) {
            if told.looks.len() < LOOKS {
                told.looks.push(Look {
                    spot: spot(&nodes, leg.node, look.bridge),
                    table: look.table,
                    flow: look.flow,
                    packet: Arc::new(look.packet.clone()),
                });
            }
        }
        told.recirculations += leg.trace.passes.len().saturating_sub(1);
    }
    told.reply = reply(&nodes, &found).map(|s| (spot(&nodes, s.node, s.bridge), s.packet.typed()));
    told.is_reply = asked.after.as_deref().is_some_and(|before| is_reply(scene, &nodes, before, asked));
    steps::tell(&nodes, &found, &mut told);
    head::tell(&nodes, &found, &mut told);
    exports::tell(&nodes, &found, &mut told);
    Ok(told)
}

/// Whether a packet is the answer to the one before it, unchanged.
fn is_reply(scene: &Scene, nodes: &[Cx<'_>], before: &Asked, asked: &Asked) -> bool {
    let Ok((start, _)) = start(scene, before) else { return false };
    let known = connections(scene, nodes, before.after.as_deref(), BEFORE);
    let found = way(nodes, start, before, &known);
    before.after.is_none() && reply(nodes, &found).is_some_and(|answer| answer.packet.typed() == asked.text)
}

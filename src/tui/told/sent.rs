//! A packet that is sent at a practice switch: what moved, and the switch as it is afterwards.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::views::Spot;
use super::{Asked, BEFORE, connections, start};
use crate::base::diag::Diagnostic;
use crate::base::words::counted;
use crate::model::flow::FlowKey;
use crate::model::group::GroupStats;
use crate::model::id::FlowHash;
use crate::model::snapshot::Snapshot;
use crate::model::store::FlowRef;
use crate::practice::moves::{self, Delivery, deliver};
use crate::practice::setting::take_down;
use crate::session::staged::Counted;
use crate::session::{Scene, Staged, Ways};
use crate::trace::{Options, Verdict};

/// What a goal of a lesson takes for granted when its packet is sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// Packets that are sent before it, so that flows are learned.
    pub first: Vec<String>,
    /// Ports that are down.
    pub down: Vec<String>,
}

/// What came of a packet that was sent.
#[derive(Debug)]
pub struct Sent {
    /// The switch before, without what is staged: what follows is for no other.
    pub before: Arc<Scene>,
    /// The switch after, without what is staged.
    pub after: Arc<Scene>,
    /// What is counted for flows and groups that are staged.
    pub staged: Vec<(Spot, Counted)>,
    /// The flows that were learned.
    pub learned: Vec<(Spot, FlowKey)>,
    /// What happened, in one line.
    pub says: String,
    /// What became of the packet itself.
    pub verdict: Verdict,
}

/// The packets that are sent before a packet, and the packet.
fn in_order(asked: &Asked) -> Vec<Asked> {
    let before = asked.given.iter().flat_map(|given| &given.first);
    let before = before.map(|text| Asked { spot: asked.spot.clone(), text: text.clone(), ..Asked::default() });
    before.chain([asked.clone()]).collect()
}

/// Sends one packet at a scene.
fn delivery(scene: &Scene, asked: &Asked) -> Result<Delivery, Diagnostic> {
    let (start, _) = start(scene, asked)?;
    let ways = Ways::of(scene);
    let nodes = ways.around();
    let known = connections(scene, &nodes, asked.after.as_deref(), BEFORE);
    let options = Options { ct_next: asked.answers.clone(), keep: true, ..Options::default() };
    Ok(deliver(&nodes, start, &options, &known))
}

/// A scene with ports down.
fn with_down(scene: &Scene, asked: &Asked) -> Option<Scene> {
    let down = asked.given.as_deref().filter(|given| !given.down.is_empty())?;
    let (node, at) = asked.spot.places(scene)?;
    let mut snapshot = (**scene.snapshot()).clone();
    take_down(&mut snapshot, (node, at), down.down.iter().map(String::as_str));
    Some(scene.moved(snapshot))
}

/// The scene that a packet meets: the packets before it were sent, and ports are down.
pub(super) fn given(scene: &Scene, asked: &Asked) -> Result<Option<Scene>, Diagnostic> {
    let mut met: Option<Scene> = None;
    let packets = in_order(asked);
    for before in &packets[..packets.len() - 1] {
        let here = met.as_ref().unwrap_or(scene);
        let delivery = delivery(here, before)?;
        met = Some(after(here, &delivery));
    }
    let down = with_down(met.as_ref().unwrap_or(scene), asked);
    Ok(down.or(met))
}

fn after(scene: &Scene, delivery: &Delivery) -> Scene {
    let mut snapshot: Snapshot = (**scene.snapshot()).clone();
    moves::apply(&mut snapshot, delivery);
    scene.moved(snapshot)
}

/// Sends packets: those that are to be sent before, and the packet. `scene` is the switch that they meet, `base` the same
/// without what is staged.
pub fn send(scene: &Arc<Scene>, base: &Arc<Scene>, staged: &Staged, asked: &Asked) -> Result<Sent, Diagnostic> {
    let is_base = Arc::ptr_eq(scene, base);
    let (mut here, mut there) = (scene.clone(), base.clone());
    let mut learned = Vec::new();
    let mut total = Total::default();
    let mut verdict = Verdict::Dropped;
    for asked in in_order(asked) {
        let down = with_down(&here, &asked);
        let mut delivery = delivery(down.as_ref().unwrap_or(&here), &asked)?;
        verdict = delivery.verdict;
        total.add(&delivery);
        here = Arc::new(after(&here, &delivery));
        for ((node, at), moves) in &mut delivery.moves {
            let node = &base.nodes()[*node];
            let spot = Spot { node: node.node().name.clone(), bridge: node.bridges()[*at].bridge().name.clone() };
            // A flow that is staged is not learned once more.
            let set = staged.of(&spot.node, &spot.bridge);
            let is_staged = |key: &FlowKey| {
                set.is_some_and(|set| set.touches(FlowHash::new(key.table, key.priority, &key.matches)))
            };
            moves.learned.retain(|flow| !is_staged(&flow.key()));
            learned.extend(moves.learned.iter().map(|flow| (spot.clone(), flow.key())));
        }
        there = if is_base { here.clone() } else { Arc::new(after(&there, &delivery)) };
    }
    let counted = staged.sets().iter().filter_map(|set| {
        let spot = Spot { node: set.node.clone(), bridge: set.bridge.clone() };
        let (now, own) = (spot.bridge(&here)?, spot.bridge(&there)?);
        let mut all = set.counted().clone();
        for key in &total.flows {
            let hash = FlowHash::new(key.table, key.priority, &key.matches);
            let rows = now.table(key.table).map_or(&[][..], |table| &table.flows);
            let row = rows.iter().map(|id| now.flow(*id)).find(|row| row.key() == *key);
            if let Some(stats) = row.and_then(FlowRef::stats).filter(|_| set.touches(hash)) {
                all.flows.retain(|(known, _)| known != key);
                all.flows.push((key.clone(), stats));
            }
        }
        let is_staged = |stats: &&GroupStats| own.group(stats.id).is_none();
        for stats in now.group_stats.iter().filter(is_staged) {
            all.groups.retain(|known| known.id != stats.id);
            all.groups.push(stats.clone());
        }
        Some((spot, all))
    });
    let counted = counted.collect();
    let says = total.says(verdict, learned.len());
    Ok(Sent { before: base.clone(), after: there, staged: counted, learned, says, verdict })
}

/// What moved altogether.
#[derive(Default)]
struct Total {
    packets: usize,
    flows: BTreeSet<FlowKey>,
    ports: BTreeSet<(usize, usize, u32)>,
    buckets: usize,
    commits: usize,
    has_choice: bool,
}

impl Total {
    fn add(&mut self, delivery: &Delivery) {
        self.packets += 1;
        self.commits += delivery.commits;
        self.has_choice |= delivery.has_choice;
        for (place, moves) in &delivery.moves {
            self.flows.extend(moves.flows.iter().map(|(key, _)| key.clone()));
            let ports = moves.received.keys().chain(moves.sent.keys());
            self.ports.extend(ports.map(|port| (place.0, place.1, *port)));
            self.buckets += moves.groups.values().map(|(_, buckets)| buckets.len()).sum::<usize>();
        }
    }

    fn says(&self, verdict: Verdict, learned: usize) -> String {
        let many = if self.packets > 1 { format!("{} sent, the last ", self.packets) } else { "sent, ".to_owned() };
        let mut moved = vec![counted(self.flows.len(), "flow"), counted(self.ports.len(), "port")];
        if self.buckets > 0 {
            moved.push(counted(self.buckets, "bucket"));
        }
        let mut text = format!("{many}{}: {} moved", verdict.name(), moved.join(", "));
        if learned > 0 {
            text.push_str(&format!(", {learned} learned"));
        }
        if self.commits > 0 {
            text.push_str(&format!(", {}", counted(self.commits, "connection")));
        }
        if self.has_choice {
            text.push_str(", one of several ways");
        }
        text
    }
}

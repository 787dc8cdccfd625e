//! What a packet moves on its way: what is counted, what is learned, which connections are made.
//!
//! A switch counts a packet for every flow that it comes by, for the ports it passes, for the tables it is looked up in, for
//! the groups and buckets it goes through; `learn()` adds flows (ovs-actions(7), "The learn action"), and `ct(commit)` makes
//! connections. A [`Delivery`] tells all of that of a packet that went its way; [`Moves::apply`] does it to a copy.

use std::collections::{BTreeMap, BTreeSet};

use super::edits::{Place, put};
use super::taught::taught;
use crate::action::Action;
use crate::field::{Version, table};
use crate::model::bridge::Bridge;
use crate::model::change::{ChangeSet, Request};
use crate::model::flow::{Flow, FlowKey, Stats, TableId};
use crate::model::flow_mod::FlowMod;
use crate::model::group::{Group, GroupStats};
use crate::model::port::PortStats;
use crate::model::snapshot::Snapshot;
use crate::model::store::RowEdits;
use crate::neutron::names::PortKind;
use crate::packet::{Start, write};
use crate::trace::{Found, Options, Pass, Picked, Trace, Verdict, What};
use crate::why::Cx;
use crate::why::conversation::Connections;
use crate::why::journey::{Arrival, Journey, journey_with};

/// How much was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Packets.
    pub packets: u64,
    /// Bytes of these packets.
    pub bytes: u64,
}

impl Count {
    fn add(&mut self, bytes: u64) {
        *self = Count { packets: self.packets + 1, bytes: self.bytes + bytes };
    }

    fn onto(self, packets: &mut Option<u64>, bytes: &mut Option<u64>) {
        // What was not captured is counted from here on: nobody else sends anything here.
        *packets = Some(packets.unwrap_or(0).saturating_add(self.packets));
        *bytes = Some(bytes.unwrap_or(0).saturating_add(self.bytes));
    }
}

/// What moves on one bridge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moves {
    /// The flows that the packet came by.
    pub flows: Vec<(FlowKey, Count)>,
    /// For each table how often a packet was looked up in it, and how often a flow matched.
    pub tables: BTreeMap<TableId, (u64, u64)>,
    /// The groups, each with its buckets by their places.
    pub groups: BTreeMap<u32, (Count, BTreeMap<usize, Count>)>,
    /// The ports by which the packet came in.
    pub received: BTreeMap<u32, Count>,
    /// The ports by which it left.
    pub sent: BTreeMap<u32, Count>,
    /// The flows that it taught.
    pub learned: Vec<Flow>,
}

/// A packet that went its way over all nodes.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// What became of it.
    pub verdict: Verdict,
    /// What moved, bridge by bridge.
    pub moves: BTreeMap<Place, Moves>,
    /// The connections that are known now.
    pub connections: Connections,
    /// How many connections it made.
    pub commits: usize,
    /// Whether a hash of the datapath had the choice somewhere: one of its outcomes was taken.
    pub has_choice: bool,
}

/// Sends a packet over all nodes that it comes to, with the connections that are known.
pub fn deliver(nodes: &[Cx<'_>], start: Start, options: &Options, known: &Connections) -> Delivery {
    let options = Options { keep: true, ..options.clone() };
    let found = journey_with(nodes, start, &options, known);
    let mut delivery = Delivery {
        verdict: found.verdict,
        moves: BTreeMap::new(),
        connections: known.after(nodes, &found),
        commits: 0,
        has_choice: false,
    };
    // A leg counts if the copy of the packet that it follows was really sent.
    let mut taken: Vec<Option<BTreeSet<usize>>> = Vec::new();
    for leg in &found.legs {
        let is_sent = match &leg.arrival {
            Arrival::Start => true,
            Arrival::Tunnel { from, .. } | Arrival::Wire { from, .. } => is_taken(&found, &taken, *from),
        };
        let passes = is_sent.then(|| passes_taken(&leg.trace));
        if let Some(passes) = &passes {
            delivery.has_choice |= passes.len() < leg.trace.passes.len();
            delivery.commits += leg.trace.commits.iter().filter(|commit| passes.contains(&commit.pass)).count();
            moves(&nodes[leg.node], leg.node, leg.bridge, &leg.trace, passes, &mut delivery.moves);
        }
        taken.push(passes);
    }
    delivery
}

/// Whether an output of a leg was really made.
fn is_taken(found: &Journey<'_>, taken: &[Option<BTreeSet<usize>>], (leg, output): (usize, usize)) -> bool {
    let passes = taken.get(leg).and_then(Option::as_ref);
    passes.is_some_and(|passes| passes.contains(&found.legs[leg].trace.outputs[output].pass))
}

/// The passes that happen when a packet is sent: of the outcomes that a hash of the datapath may have, one does. Which one,
/// the same addresses and ports always say alike.
fn passes_taken(trace: &Trace<'_>) -> BTreeSet<usize> {
    let mut outcomes: Vec<usize> = trace.passes.iter().filter_map(|pass| pass.outcome).collect();
    outcomes.sort_unstable();
    outcomes.dedup();
    let hash = trace.input.text().bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let chosen = outcomes.get(hash as usize % outcomes.len().max(1)).copied();
    let is_taken = |pass: &Pass<'_>| pass.outcome.is_none() || pass.outcome == chosen;
    trace.passes.iter().enumerate().filter(|(_, pass)| is_taken(pass)).map(|(number, _)| number).collect()
}

/// Counts what a trace on one node moves.
fn moves(
    cx: &Cx<'_>,
    node: usize,
    first: usize,
    trace: &Trace<'_>,
    passes: &BTreeSet<usize>,
    all: &mut BTreeMap<Place, Moves>,
) {
    let length = |pass: &Pass<'_>| write(&pass.input).bytes.len() as u64;
    if let Some(pass) = trace.passes.first() {
        let port = port_of(&pass.input);
        all.entry((node, first)).or_default().received.entry(port).or_default().add(length(pass));
    }
    let is_taken = |(number, pass)| passes.contains(&number).then_some(pass);
    for pass in trace.passes.iter().enumerate().filter_map(is_taken) {
        let bytes = length(pass);
        let mut lookups = pass.lookups.iter();
        // How many bridges it came into, whether the last one was not looked at yet, and the groups that it is in, each with
        // whether that was counted.
        let (mut bridges, mut is_new) = (0, false);
        let mut groups: Vec<(u16, u32, bool)> = Vec::new();
        for step in &pass.steps {
            let at = usize::from(step.bridge);
            let bridge = cx.world.at(at);
            let moves = all.entry((node, at)).or_default();
            match &step.what {
                What::Bridge => {
                    bridges += 1;
                    is_new = bridges > 1;
                }
                What::Table { table, found } => {
                    let Some(packet) = lookups.next() else { break };
                    let lookup = moves.tables.entry(*table).or_default();
                    lookup.0 += 1;
                    if let Found::Flow { flow, .. } = found {
                        lookup.1 += 1;
                        let row = bridge.flow(*flow);
                        let key = row.key();
                        match moves.flows.iter_mut().find(|(known, _)| *known == key) {
                            Some((_, count)) => count.add(bytes),
                            None => moves.flows.push((key, Count { packets: 1, bytes })),
                        }
                        let teaches = row.actions().0.iter().filter_map(|action| match action {
                            Action::Learn(learn) => Some(taught(learn, packet)),
                            _ => None,
                        });
                        moves.learned.extend(teaches);
                    }
                    if std::mem::take(&mut is_new) {
                        crossed(cx, node, at, port_of(packet), bytes, all);
                    }
                }
                What::Action(action) => {
                    if let Action::Group(group) = &**action {
                        groups.push((step.level, group.0, false));
                    }
                }
                What::Bucket(id) => {
                    groups.retain(|(level, ..)| *level <= step.level);
                    // What a hash of the datapath picked goes on in a pass of its own, without the action.
                    let picked = pass.resume.as_ref().and_then(|resume| resume.picked.as_ref());
                    if let (true, Some(Picked::Bucket(group, _))) = (groups.is_empty(), picked) {
                        groups.push((step.level, *group, false));
                    }
                    let Some((_, group, is_counted)) = groups.last_mut() else { continue };
                    let Some(group) = bridge.group(*group) else { continue };
                    let Some(place) = place_of(group, *id) else { continue };
                    let (whole, buckets) = moves.groups.entry(group.id).or_default();
                    // A packet that is copied into every bucket is one packet for the group.
                    if !std::mem::replace(is_counted, true) {
                        whole.add(bytes);
                    }
                    buckets.entry(place).or_default().add(bytes);
                }
                _ => {}
            }
        }
    }
    for output in trace.outputs.iter().filter(|output| passes.contains(&output.pass)) {
        let bytes = output.packet.as_deref().map_or(0, |packet| write(packet).bytes.len() as u64);
        all.entry((node, output.bridge)).or_default().sent.entry(output.port).or_default().add(bytes);
    }
    all.retain(|_, moves| *moves != Moves::default());
}

/// A packet came into a bridge through a patch port: both of its ends count it.
fn crossed(cx: &Cx<'_>, node: usize, at: usize, port: u32, bytes: u64, all: &mut BTreeMap<Place, Moves>) {
    let bridge = cx.world.at(at);
    let Some(PortKind::Patch { peer, bridge: from }) = cx.names.port(&bridge.name, port).map(|word| word.kind.clone())
    else {
        return;
    };
    all.entry((node, at)).or_default().received.entry(port).or_default().add(bytes);
    let other = cx.world.bridge(&from);
    let number = other.and_then(|other| cx.world.at(other).ports.iter().find(|p| *p.name == *peer).map(|p| p.number));
    if let Some((other, number)) = other.zip(number) {
        all.entry((node, other)).or_default().sent.entry(number).or_default().add(bytes);
    }
}

fn port_of(packet: &crate::trace::Packet) -> u32 {
    packet.key.value(table::IN_PORT.slot) as u32
}

/// The place of a bucket in its group; buckets without a number go by their place.
fn place_of(group: &Group, id: u32) -> Option<usize> {
    let by_number = group.buckets.iter().position(|bucket| bucket.id == Some(id));
    by_number.or(Some(id as usize).filter(|at| *at < group.buckets.len()))
}

impl Moves {
    /// The bridge as it is afterwards. Flows that it does not have are left out.
    pub fn apply(&self, bridge: &Bridge) -> Bridge {
        let mut edits = RowEdits::default();
        for (key, count) in &self.flows {
            let rows = bridge.table(key.table).map_or(&[][..], |table| &table.flows);
            if let Some(id) = rows.iter().find(|id| bridge.flow(**id).key() == *key) {
                let mut flow = bridge.flow(*id).to_flow();
                flow.stats = Some(counted(flow.stats, *count));
                edits.changed.insert(*id, flow);
            }
        }
        let mut after = Bridge { flows: bridge.flows.edited(&edits, &bridge.names), ..bridge.clone() };
        for stats in &mut after.table_stats {
            if let Some((lookups, matched)) = self.tables.get(&stats.id) {
                stats.lookups = stats.lookups.saturating_add(*lookups);
                stats.matched = stats.matched.saturating_add(*matched);
            }
        }
        for (id, moved) in &self.groups {
            let Some(group) = after.groups.iter().find(|group| group.id == *id) else { continue };
            let most = group.buckets.len();
            let stats = stats_of(&mut after.group_stats, *id);
            stats.buckets.resize(stats.buckets.len().max(most), (None, None));
            moved.0.onto(&mut stats.packets, &mut stats.bytes);
            for (place, count) in &moved.1 {
                if let Some((packets, bytes)) = stats.buckets.get_mut(*place) {
                    count.onto(packets, bytes);
                }
            }
        }
        for (number, count) in &self.received {
            let [packets, bytes, ..] = &mut port_stats_of(&mut after.port_stats, *number).rx;
            count.onto(packets, bytes);
        }
        for (number, count) in &self.sent {
            let [packets, bytes, ..] = &mut port_stats_of(&mut after.port_stats, *number).tx;
            count.onto(packets, bytes);
        }
        for flow in &self.learned {
            let request = Request::from(FlowMod::add(flow.clone(), Version::V15));
            // What the switch would refuse is not learned.
            if let Ok(set) = ChangeSet::plan(&after, [request])
                && let Ok(bridge) = set.apply(&after)
            {
                after = bridge;
            }
        }
        after
    }
}

/// What is counted for a flow with one more packet.
fn counted(stats: Option<Stats>, count: Count) -> Stats {
    let mut stats = stats.unwrap_or(Stats { n_packets: Some(0), n_bytes: Some(0), ..Stats::default() });
    count.onto(&mut stats.n_packets, &mut stats.n_bytes);
    stats.idle_age = stats.idle_age.map(|_| 0);
    stats
}

fn stats_of(all: &mut Vec<GroupStats>, id: u32) -> &mut GroupStats {
    let at = all.iter().position(|stats| stats.id == id).unwrap_or_else(|| {
        all.push(GroupStats { id, ..GroupStats::default() });
        all.len() - 1
    });
    &mut all[at]
}

fn port_stats_of(all: &mut Vec<PortStats>, number: u32) -> &mut PortStats {
    let at = all.iter().position(|stats| stats.number == number).unwrap_or_else(|| {
        all.push(PortStats { number, ..PortStats::default() });
        all.len() - 1
    });
    &mut all[at]
}

/// Does to nodes what a packet moved.
pub fn apply(snapshot: &mut Snapshot, delivery: &Delivery) {
    for (place, moves) in &delivery.moves {
        let bridge = moves.apply(&snapshot.nodes[place.0].bridges[place.1]);
        put(snapshot, *place, bridge);
    }
    delivery.connections.keep(snapshot);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Progress;
    use crate::dump::change_file;
    use crate::field::Names;
    use crate::model::table::TableStats;
    use crate::packet::{self, Asked};
    use crate::practice::{Course, Sandbox};
    use crate::session::{Scene, Source, open};

    fn sandbox(name: &str) -> Sandbox {
        Sandbox::new(open(&Source::named(name), true, &Progress::default(), &mut |_| {}).unwrap())
    }

    /// Three ports and no flows.
    fn lesson(name: &str) -> Sandbox {
        let course = Course::built_in();
        Sandbox::new(course.exercise(course.lesson(name).unwrap()).unwrap().start)
    }

    fn send(sandbox: &mut Sandbox, text: &str, at: Place) -> Verdict {
        let scene = Scene::new(sandbox.snapshot().clone());
        let Ok(Asked::Packet(sent)) = packet::parse(text, &scene.around(Some(at))) else { panic!("{text}") };
        sandbox.send(sent.start)
    }

    fn bridge<'s>(sandbox: &'s Sandbox, node: usize, name: &str) -> (Place, &'s Bridge) {
        let at = sandbox.snapshot().nodes[node].bridges.iter().position(|b| &*b.name == name).unwrap();
        ((node, at), &sandbox.snapshot().nodes[node].bridges[at])
    }

    fn change(sandbox: &mut Sandbox, place: Place, lines: &str) {
        let requests = change_file::read_in(lines, Names::none(), None).unwrap().requests;
        sandbox.change(place, requests.into_iter().map(|(_, request)| request)).unwrap();
    }

    fn ports(bridge: &Bridge, name: &str) -> (u64, u64) {
        let number = bridge.ports.iter().find(|port| &*port.name == name).unwrap().number;
        let stats = bridge.port_stats.iter().find(|stats| stats.number == number);
        stats.map_or((0, 0), |stats| (stats.rx[0].unwrap_or(0), stats.tx[0].unwrap_or(0)))
    }

    #[test]
    fn both_ends_of_a_patch_port_and_the_ports_at_the_ends_count_the_packet() {
        let mut sandbox = sandbox("sandbox:vxlan-two-hosts");
        let ends = |sandbox: &Sandbox| {
            let of = |node, name: &str, port: &str| ports(bridge(sandbox, node, name).1, port);
            let tunnel = |node: usize| {
                let bridge = bridge(sandbox, node, "br-tun").1;
                let is_tunnel = |name: &str| name.starts_with("vxlan-");
                let name = bridge.ports.iter().find(|port| is_tunnel(&port.name)).unwrap().name.clone();
                ports(bridge, &name)
            };
            [
                of(0, "br-int", "patch-tun"),
                of(0, "br-tun", "patch-int"),
                tunnel(0),
                tunnel(1),
                of(1, "br-tun", "patch-int"),
                of(1, "br-int", "patch-tun"),
            ]
        };
        let before = ends(&sandbox);
        assert_eq!(send(&mut sandbox, "from vm1 to vm3 tcp 80", (0, 0)), Verdict::Delivered);
        let after = ends(&sandbox);
        let moved: Vec<(u64, u64)> = after.iter().zip(before).map(|(a, b)| (a.0 - b.0, a.1 - b.1)).collect();
        assert_eq!(moved, [(0, 1), (1, 0), (0, 1), (1, 0), (0, 1), (1, 0)]);
    }

    #[test]
    fn a_connection_that_a_packet_made_is_kept() {
        let mut sandbox = sandbox("sandbox:vxlan-two-hosts");
        let before = sandbox.snapshot().nodes[0].connections.as_ref().map_or(0, |all| all.len());
        send(&mut sandbox, "from vm1 to vm3 tcp 80", (0, 0));
        let after = sandbox.snapshot().nodes[0].connections.as_ref().map_or(0, |all| all.len());
        assert!(after > before, "{after} after {before}");
        send(&mut sandbox, "from vm1 to vm3 tcp 80", (0, 0));
        let again = sandbox.snapshot().nodes[0].connections.as_ref().map_or(0, |all| all.len());
        assert_eq!(again, after, "it is the same connection");
    }

    #[test]
    fn a_group_counts_a_packet_once_and_each_bucket_that_gets_a_copy() {
        let mut sandbox = lesson("groups");
        let place = (0, 0);
        change(&mut sandbox, place, "group add group_id=77,type=all,bucket=output:2,bucket=output:3");
        change(&mut sandbox, place, "priority=65535,in_port=1,actions=group:77");
        send(&mut sandbox, "in_port=1,ip,nw_dst=192.0.2.1", place);
        send(&mut sandbox, "in_port=1,ip,nw_dst=192.0.2.1", place);
        let bridge = &sandbox.snapshot().nodes[0].bridges[0];
        let stats = bridge.group_stats.iter().find(|stats| stats.id == 77).unwrap();
        assert_eq!(stats.packets, Some(2));
        assert_eq!(stats.buckets.iter().map(|(packets, _)| packets.unwrap_or(0)).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn of_what_a_hash_may_pick_one_way_is_gone() {
        let mut sandbox = lesson("groups");
        let place = (0, 0);
        change(
            &mut sandbox,
            place,
            "group add group_id=78,type=select,selection_method=dp_hash,bucket=weight=1,output:2,bucket=weight=1,output:3",
        );
        change(&mut sandbox, place, "priority=65535,in_port=1,actions=group:78");
        let sent = |sandbox: &Sandbox| {
            let bridge = &sandbox.snapshot().nodes[0].bridges[0];
            let tx =
                |number: u32| bridge.port_stats.iter().find(|s| s.number == number).and_then(|s| s.tx[0]).unwrap_or(0);
            [tx(2), tx(3)]
        };
        let before = sent(&sandbox);
        for port in 1..=16 {
            send(&mut sandbox, &format!("in_port=1,tcp,nw_dst=192.0.2.1,tcp_dst={port}"), place);
        }
        let moved: Vec<u64> = sent(&sandbox).iter().zip(before).map(|(after, before)| after - before).collect();
        assert_eq!(moved.iter().sum::<u64>(), 16, "{moved:?}");
        assert!(moved.iter().all(|n| *n > 0), "other packets go other ways: {moved:?}");
        let bridge = &sandbox.snapshot().nodes[0].bridges[0];
        let stats = bridge.group_stats.iter().find(|stats| stats.id == 78).unwrap();
        assert_eq!(stats.packets, Some(16));
    }

    #[test]
    fn lookups_are_counted_for_the_tables_that_were_captured() {
        let stats = |id| TableStats { id, lookups: 10, matched: 4, ..TableStats::default() };
        let before = Bridge { table_stats: vec![stats(0), stats(1), stats(2)], ..Bridge::default() };
        let moves = Moves { tables: [(0, (2, 2)), (1, (1, 0)), (9, (1, 1))].into(), ..Moves::default() };
        let after: Vec<_> = moves.apply(&before).table_stats.iter().map(|t| (t.lookups, t.matched)).collect();
        assert_eq!(after, [(12, 6), (11, 4), (10, 4)]);
    }
}

//! Where packets were discarded: the drop radar.
//!
//! A table that only drops says nothing about who sent the packets there, so its packets are told of the flows that
//! lead to it, each by its own counter. Everything else that drops stands for itself: flows without actions, packets
//! that no flow of a table matched, and what ports counted as dropped.

use std::cmp::Reverse;

use smallvec::SmallVec;

use crate::action::{Action, Actions};
use crate::field::names::port;
use crate::model::bridge::Table;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::pipeline::{Place, jumps};

/// A place where packets were discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drop {
    /// How many packets, since the counters began.
    pub packets: u64,
    /// Where.
    pub at: At,
}

/// What discarded them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// A flow that drops.
    Flow(FlowId),
    /// A flow that leads to a table that only drops.
    Feeder {
        /// The flow.
        flow: FlowId,
        /// The table.
        table: TableId,
    },
    /// No flow of the table matched (`dump-tables`: lookups less matches).
    Miss(TableId),
    /// The port's queue or driver, when packets came in.
    PortRx(u32),
    /// The port's queue or driver, when packets went out.
    PortTx(u32),
    /// A meter's band.
    Meter(u32),
}

/// All places where packets were discarded, most packets first.
pub fn drops(bridge: &Bridge) -> Vec<Drop> {
    let mut found = Vec::new();
    let sinks = sinks(bridge);
    // What the feeders of a table that only drops account for.
    let mut told = [0u64; 256];
    for (start, segment) in bridge.flows.segments() {
        let lists = segment.action_lists();
        let drops: Vec<bool> = lists.iter().map(|l| l.actions.is_drop()).collect();
        let leads: Vec<SmallVec<[TableId; 2]>> = lists
            .iter()
            .map(|l| {
                let jumps = jumps(&l.actions, 0, &bridge.groups);
                let to_sink = jumps.iter().filter_map(|jump| match jump.to {
                    Place::Table(table) if sinks[usize::from(table)] => Some(table),
                    _ => None,
                });
                to_sink.collect()
            })
            .collect();
        // A flow that also sends its packets somewhere has not lost them: Neutron's table 92 gets copies, for logging.
        let delivers: Vec<bool> =
            lists.iter().map(|l| jumps(&l.actions, 0, &bridge.groups).iter().any(|j| is_delivery(j.to))).collect();
        let rows = segment.tables().iter().zip(segment.action_ids()).zip(segment.n_packets());
        for (row, ((&table, &list), &packets)) in rows.enumerate() {
            let list = usize::from(list);
            if !drops[list] && leads[list].is_empty() || sinks[usize::from(table)] {
                continue;
            }
            let flow = start + row as FlowId;
            if packets == 0 || segment.row(row).n_packets() != Some(packets) {
                continue;
            }
            if drops[list] {
                found.push(Drop { packets, at: At::Flow(flow) });
            }
            for table in &leads[list] {
                if !delivers[list] {
                    found.push(Drop { packets, at: At::Feeder { flow, table: *table } });
                }
                told[usize::from(*table)] = told[usize::from(*table)].saturating_add(packets);
            }
        }
    }
    for table in bridge.tables().iter().filter(|t| sinks[usize::from(t.id)] && told[usize::from(t.id)] == 0) {
        let own = table.flows.iter().filter_map(|id| Some((*id, bridge.flow(*id).n_packets()?)));
        found.extend(own.filter(|(_, n)| *n > 0).map(|(id, packets)| Drop { packets, at: At::Flow(id) }));
    }
    found.extend(elsewhere(bridge));
    found.sort_by_key(|d| Reverse(d.packets));
    found
}

/// The tables that only drop: those that other tables lead to for that end. A flow of a table that decides something
/// stands for itself.
fn sinks(bridge: &Bridge) -> [bool; 256] {
    let mut sinks = [false; 256];
    for table in bridge.tables() {
        sinks[usize::from(table.id)] = only_drops(bridge, table);
    }
    // A table that is only ever a drop at the end of others must be led to.
    for (id, is_sink) in sinks.iter_mut().enumerate().filter(|(_, s)| **s) {
        *is_sink = bridge.pipeline().to(Place::Table(id as TableId)).next().is_some();
    }
    sinks
}

/// Whether a table does nothing but drop, so that what decided about a packet stands in the table before it.
pub fn only_drops(bridge: &Bridge, table: &Table) -> bool {
    // Clauses of conjunctions do nothing themselves.
    let mut acting = table.flows.iter().map(|id| bridge.flow(*id).actions()).filter(|a| !is_clause(&a.0));
    table.id != 0 && table.flows.len() <= 16 && acting.all(Actions::is_drop)
}

fn is_delivery(place: Place) -> bool {
    matches!(place, Place::Normal | Place::Flood | Place::Port(_) | Place::AnyPort | Place::Controller)
}

fn is_clause(actions: &[Action]) -> bool {
    actions.iter().any(|a| matches!(a, Action::Conjunction(_)))
}

/// What was dropped by other than flows.
fn elsewhere(bridge: &Bridge) -> impl Iterator<Item = Drop> + '_ {
    let misses = bridge.table_stats.iter().map(|t| (t.lookups.saturating_sub(t.matched), At::Miss(t.id)));
    // The bridge's own port counts every flooded packet as dropped while nobody has set it up, which is the usual case.
    let is_idle_local = |number: u32| {
        let port = bridge.port(number).filter(|p| p.number == port::LOCAL);
        port.is_some_and(|p| p.config.iter().chain(&p.state).any(|word| matches!(&**word, "PORT_DOWN" | "LINK_DOWN")))
    };
    let ports = || bridge.port_stats.iter().filter(move |p| !is_idle_local(p.number));
    let received = ports().map(|p| (p.rx[2].unwrap_or(0), At::PortRx(p.number)));
    let sent = ports().map(|p| (p.tx[2].unwrap_or(0), At::PortTx(p.number)));
    let metered = bridge.meter_stats.iter().map(|m| {
        let packets = m.bands.iter().map(|band| band.0).fold(0, u64::saturating_add);
        (packets, At::Meter(m.id))
    });
    let all = misses.chain(received).chain(sent).chain(metered);
    all.filter(|(packets, _)| *packets > 0).map(|(packets, at)| Drop { packets, at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neutron::fixture::bridge;

    #[test]
    fn packets_of_a_table_that_only_drops_are_told_of_the_flows_that_lead_there() {
        let flows = " table=0, n_packets=9, n_bytes=0, priority=1,ip actions=resubmit(,82)\n \
             table=0, n_packets=3, n_bytes=0, priority=0 actions=drop\n \
             table=82, n_packets=7, n_bytes=0, priority=40,ct_state=-est actions=resubmit(,93)\n \
             table=82, n_packets=0, n_bytes=0, priority=30,tcp actions=resubmit(,93)\n \
             table=93, n_packets=7, n_bytes=0, priority=0 actions=drop\n";
        let bridge = bridge("br-int", flows, "");
        let found: Vec<(u64, At)> = drops(&bridge).iter().map(|d| (d.packets, d.at)).collect();
        assert_eq!(found, [(7, At::Feeder { flow: 2, table: 93 }), (3, At::Flow(1))]);
    }

    #[test]
    fn copies_of_packets_that_were_delivered_are_not_lost() {
        let flows = " table=82, n_packets=9, n_bytes=0, priority=1,ip actions=output:2,resubmit(,92)\n \
             table=92, n_packets=9, n_bytes=0, priority=0 actions=drop\n";
        assert_eq!(drops(&bridge("br-int", flows, "")), []);
    }

    #[test]
    fn a_table_that_only_drops_stands_for_itself_where_its_feeders_do_not_count() {
        let flows = " table=0, n_packets=0, n_bytes=0, priority=1,ip actions=resubmit(,93)\n \
             table=93, n_packets=7, n_bytes=0, priority=0 actions=drop\n";
        let found: Vec<At> = drops(&bridge("br-int", flows, "")).iter().map(|d| d.at).collect();
        assert_eq!(found, [At::Flow(1)]);
    }
}

//! The flows that every filtered port has.

use rustc_hash::FxHashSet;

use super::agent::{Agent, REG_PORT, destination, protocol, written};
use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};
use crate::field::proto::ethertype;
use crate::field::slot::word;
use crate::model::bridge::FlowId;

/// The row.
pub const ROW: Row = Row {
    id: "base-flows-missing",
    catalogue: "D10 D5",
    severity: Severity::Error,
    sentence: "A filtered port lacks flows that every filtered port has, so it is cut off or open.",
    needs: &[Need::Flows],
    run,
};

/// Something that every filtered port needs.
struct Part {
    table: u8,
    priority: u32,
    what: &'static str,
    is_it: fn(&BridgeCx<'_>, FlowId) -> bool,
}

fn any(_: &BridgeCx<'_>, _: FlowId) -> bool {
    true
}

fn is_arp(int: &BridgeCx<'_>, id: FlowId) -> bool {
    protocol(int, id).0 == ethertype::ARP
}

/// Whether a flow matches a bit of `ct_state`, set or clear.
fn state(int: &BridgeCx<'_>, id: FlowId, bit: u32, set: bool) -> bool {
    let (value, mask) = int.bridge.flow(id).word(word::CT);
    mask & bit != 0 && (value & bit != 0) == set
}

/// What every port with port security has, whatever its rules (`OVSFirewallDriver.initialize_port_flows`).
const PARTS: [Part; 8] = [
    Part { table: 71, priority: 10, what: "what drops spoofed packets", is_it: any },
    Part {
        table: 72,
        priority: 40,
        what: "what drops packets that no rule lets out",
        is_it: |int, id| state(int, id, 0x02, false),
    },
    Part { table: 72, priority: 50, what: "what lets replies out", is_it: |int, id| state(int, id, 0x08, true) },
    Part { table: 73, priority: 80, what: "what sends accepted packets on", is_it: any },
    Part { table: 81, priority: 100, what: "what lets ARP in", is_it: is_arp },
    Part { table: 81, priority: 90, what: "what tracks packets for it", is_it: |int, id| state(int, id, 0x20, false) },
    Part {
        table: 82,
        priority: 40,
        what: "what drops packets that no rule lets in",
        is_it: |int, id| state(int, id, 0x02, false),
    },
    Part { table: 82, priority: 50, what: "what lets replies in", is_it: |int, id| state(int, id, 0x08, true) },
];

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_firewall) else { return };
    let int = agent.int(cx);
    let led_to = led_to(int);
    // FWaaS has a flow of its own above that of the security groups, and both stay.
    for entry in agent.entries.iter().filter(|e| e.is_filtered) {
        let mut missing: Vec<String> = missing(agent, int, entry.number);
        if !led_to.contains(&entry.number) {
            missing.push("table 60 (what brings packets to it)".to_owned());
        }
        if missing.is_empty() {
            continue;
        }
        let name = cx.port(int, entry.number);
        let sentence = format!("{name} is filtered and lacks flows that every port has: {}.", missing.join(", "));
        let hint = "Somebody deleted them (LP#1721084): restart the agent, or set the port down and up.";
        found.add(Draft::new(sentence).on(int).about(name).flows([entry.flow]).hint(hint));
    }
}

fn missing(agent: &Agent<'_>, int: &BridgeCx<'_>, number: u32) -> Vec<String> {
    let flows = agent.flows_of(number);
    let has = |part: &Part| {
        flows.iter().any(|id| {
            let flow = int.bridge.flow(*id);
            flow.table() == part.table && flow.priority() == part.priority && (part.is_it)(int, *id)
        })
    };
    PARTS.iter().filter(|part| !has(part)).map(|part| format!("table {} ({})", part.table, part.what)).collect()
}

/// The ports that table 60 brings packets to, for some address.
fn led_to(int: &BridgeCx<'_>) -> FxHashSet<u32> {
    let flows = int.table(60).iter().map(|id| (*id, int.bridge.flow(*id)));
    let inward = flows.filter(|(id, flow)| flow.priority() == 90 && destination(int, *id).is_some());
    inward.filter_map(|(_, flow)| written(flow.actions(), REG_PORT)).collect()
}

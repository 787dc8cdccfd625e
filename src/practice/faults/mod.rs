//! Faults, put into healthy captures: each is a case of what goes wrong in clouds.
//!
//! A fault is a row of [`FAULTS`]: its name, what happens, and the code that does it to a [`Patient`]. The code finds
//! what it breaks by what the flows mean, so it works on any capture that has such a flow; where there is none it says so.
//! What it does to flows is a change set, hence the way back is known.

mod firewall;
mod ovn;
mod patient;
mod wires;

pub use patient::{Patient, Victim};

use super::edits::Place;
use super::lesson::FaultText;
use crate::base::diag::Diagnostic;
use crate::model::change::Request;
use crate::model::snapshot::Snapshot;

/// A fault.
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// What is broken, in words.
    pub doc: &'static str,
    inject: fn(&mut Patient) -> Result<(), String>,
}

const fn fault(name: &'static str, doc: &'static str, inject: fn(&mut Patient) -> Result<(), String>) -> Fault {
    Fault { name, doc, inject }
}

/// Every fault.
pub const FAULTS: [Fault; 31] = [
    // Ports and what is plugged in.
    fault(
        "dead-port-drop-left",
        "the drop of a disabled port stayed in table 0 after it was enabled",
        wires::dead_port,
    ),
    fault(
        "output-to-missing-port",
        "the flows that deliver to a port name a port number that is gone",
        wires::gone_port,
    ),
    fault("stale-local-vlan", "the port's flows carry a local VLAN of an earlier time", wires::stale_vlan),
    fault("dead-vlan", "the port still has VLAN 4095: the agent has not wired it", wires::dead_vlan),
    fault("subport-wrong-vlan", "a subport of a trunk is tagged with another VLAN", wires::subport),
    fault(
        "mac-not-delivered",
        "the flow that leads a MAC address from the network to its port is gone",
        wires::not_delivered,
    ),
    // Tunnels.
    fault("flood-misses-host", "the flood of the network leaves out the tunnel to one host", wires::flood),
    fault("segment-not-mapped", "the tunnel key of the network leads to no local VLAN", wires::segment),
    fault("segment-wrong-key", "frames for one address leave with the key of another network", wires::wrong_key),
    fault("tunnel-to-wrong-host", "frames for one address go through the tunnel to another host", wires::wrong_tunnel),
    fault("arp-answer-stale", "the ARP responder answers with a MAC address that nobody has", wires::arp_answer),
    fault("no-way-out", "no flow sends the network's frames into tunnels", wires::no_way_out),
    fault("mtu-too-large", "the port's MTU leaves no room for the tunnel's header", wires::mtu),
    // Physical networks.
    fault("provider-vlan-missing", "nothing gives the provider's VLAN its local VLAN", wires::provider_in),
    fault(
        "provider-vlan-untranslated",
        "nothing gives the local VLAN its VLAN on the provider bridge",
        wires::provider_out,
    ),
    fault(
        "provider-vlan-wrong",
        "frames leave the provider bridge with the VLAN of another network",
        wires::provider_wrong,
    ),
    // Routers that are everywhere.
    fault("dvr-host-unknown", "the router's MAC address of another host is not known here", wires::dvr_host),
    fault("dvr-port-not-reached", "the router's packets do not find the port's MAC address", wires::dvr_port),
    // The firewall.
    fault("address-not-allowed", "port security knows another address than the port has", firewall::address),
    fault("arp-not-allowed", "port security lets the port not speak ARP for its address", firewall::arp),
    fault("rule-flows-missing", "the flows of a rule for TCP are not there", firewall::rule),
    fault("member-missing", "the clause with one member of a remote group is not there", firewall::member),
    fault(
        "clause-missing",
        "the clause with the port's service of a remote group's rule is not there",
        firewall::clause,
    ),
    fault("zone-mixed-up", "replies are looked up in another zone of connection tracking", firewall::zone),
    fault(
        "marked-connection",
        "the connection was marked when its rule was gone, and the mark stayed",
        firewall::marked,
    ),
    fault("neighbours-dropped", "neighbour solicitations do not get to the port", firewall::neighbours),
    fault("table-misses", "a table has lost the flow for what nothing else takes", firewall::misses),
    fault("drop-by-hand", "somebody added a flow that drops more than it was meant to", firewall::by_hand),
    // OVN.
    fault("acl-denies", "an access control list of higher priority denies the port its packets", ovn::acl),
    fault("port-not-claimed", "no flow delivers to the logical port: no chassis has claimed it", ovn::not_claimed),
    fault("port-security-wrong", "OVN's port security knows another address than the port has", ovn::port_security),
];

/// A snapshot with a fault in it.
#[derive(Debug, Clone)]
pub struct Broken {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// What is broken, in words.
    pub cause: String,
    /// What undoes it, bridge by bridge. Empty if it is no matter of flows.
    pub undo: Vec<(Place, Vec<Request>)>,
}

/// Puts a fault into a snapshot.
pub fn inject(snapshot: &Snapshot, text: &FaultText) -> Result<Broken, Diagnostic> {
    let kind = text.kind.value.trim();
    let Some(fault) = FAULTS.iter().find(|fault| fault.name == kind) else {
        let d = Diagnostic::error("no-such-fault", text.kind.span, format!("no fault `{kind}`"));
        return Err(d.nearest(kind, FAULTS.iter().map(|fault| fault.name)));
    };
    let mut patient = Patient::of(snapshot, text)?;
    let failed = |message: String| Diagnostic::error("no-fault", text.kind.span, message);
    (fault.inject)(&mut patient).map_err(failed)?;
    if patient.is_untouched() {
        return Err(failed(format!("`{kind}` changes nothing here: no flow is like the ones it breaks")));
    }
    Ok(patient.broken(fault.doc.to_owned()))
}

#[cfg(test)]
mod tests;

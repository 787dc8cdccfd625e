//! Tunnels that differ where they should be alike.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::check::finding::listed;
use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};
use crate::model::node_facts::InterfaceFacts;

/// The row.
pub const ROW: Row = Row {
    id: "tunnel-options-differ",
    catalogue: "E10",
    severity: Severity::Warning,
    sentence: "Tunnels of one kind differ in port or own address, or a tunnel's two addresses are of different families.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        let interfaces = bridge.facts.map_or(&[][..], |f| &f.interfaces);
        let tunnels: Vec<&InterfaceFacts> = interfaces.iter().filter(|i| i.is_tunnel()).collect();
        for tunnel in &tunnels {
            let family = |key| tunnel.option(key).and_then(|a| a.parse::<IpAddr>().ok()).map(|a| a.is_ipv4());
            if let (Some(local), Some(remote)) = (family("local_ip"), family("remote_ip"))
                && local != remote
            {
                let sentence = format!(
                    "The tunnel {} of {} goes from {} to {}: one is IPv4 and the other IPv6.",
                    tunnel.name,
                    bridge.bridge.name,
                    tunnel.option("local_ip").unwrap_or_default(),
                    tunnel.option("remote_ip").unwrap_or_default()
                );
                let hint = "Both ends must use one family: see local_ip in the agents' configuration.";
                found.add(Draft::new(sentence).on(bridge).about(&*tunnel.name).hint(hint));
            }
        }
        for key in ["dst_port", "local_ip"] {
            differ(bridge, &tunnels, key, found);
        }
    }
    peers(cx, found);
}

/// Tunnels of one kind with different values of an option.
fn differ(bridge: &BridgeCx<'_>, tunnels: &[&InterfaceFacts], key: &str, found: &mut Found) {
    let mut kinds: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    // A tunnel whose ends flows choose is not like the others.
    for tunnel in tunnels.iter().filter(|t| t.option("remote_ip") != Some("flow")) {
        // The two families have each an address of their own.
        let family = tunnel.option("remote_ip").is_some_and(|a| a.contains(':'));
        let value = tunnel.option(key).unwrap_or("the usual one");
        let kind = tunnel.kind.as_deref().unwrap_or_default();
        if !(key == "local_ip" && family) {
            kinds.entry(kind).or_default().entry(value).or_default().push(&tunnel.name);
        }
    }
    for (kind, values) in kinds.into_iter().filter(|(_, values)| values.len() > 1) {
        let parts: Vec<String> = values.iter().map(|(value, names)| format!("{value} ({})", listed(names))).collect();
        let sentence = format!("The {kind} tunnels of {} differ in {key}: {}.", bridge.bridge.name, parts.join("; "));
        let hint = "All nodes must agree; the odd ones are left over, or made by hand.";
        found.add(Draft::new(sentence).on(bridge).about(format!("{kind} tunnels")).hint(hint));
    }
}

/// Tunnels to a captured node whose tunnels back differ.
fn peers(cx: &Cx<'_>, found: &mut Found) {
    let ends = |i: &InterfaceFacts| Some((i.option("local_ip")?.to_owned(), i.option("remote_ip")?.to_owned()));
    for bridge in &cx.bridges {
        let interfaces = bridge.facts.map_or(&[][..], |f| &f.interfaces);
        for mine in interfaces.iter().filter(|i| i.is_tunnel()) {
            let Some((local, remote)) = ends(mine) else { continue };
            let others = cx.snapshot.nodes.iter().filter(|n| n.name != cx.node.name);
            let theirs =
                others.flat_map(|n| n.facts.bridges.iter().flat_map(move |b| b.interfaces.iter().map(move |i| (n, i))));
            for (node, other) in theirs.filter(|(_, i)| i.is_tunnel() && i.kind == mine.kind) {
                let is_back = ends(other).is_some_and(|(l, r)| l == remote && r == local);
                if is_back && mine.option("dst_port") != other.option("dst_port") {
                    let port = |i: &InterfaceFacts| i.option("dst_port").unwrap_or("the usual port").to_owned();
                    let sentence = format!(
                        "The tunnel {} sends to {} ({remote}) on UDP {}, and {} sends back on {}.",
                        mine.name,
                        node.name,
                        port(mine),
                        other.name,
                        port(other)
                    );
                    let hint = "Both ends must use one port: see the agents' configuration (vxlan_udp_port).";
                    found.add(Draft::new(sentence).on(bridge).about(&*mine.name).hint(hint));
                }
            }
        }
    }
}

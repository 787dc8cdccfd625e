//! Tunnels that should be there.

use crate::check::finding::listed;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};

/// The row.
pub const ROW: Row = Row {
    id: "tunnel-to-host-missing",
    catalogue: "E7",
    severity: Severity::Error,
    sentence: "There is no tunnel to a host that has ports of the same network.",
    needs: &[Need::Database, Need::Peers],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let Some(tun) = agent.tun(cx) else { return };
    let ends: Vec<&str> =
        tun.facts.into_iter().flat_map(|f| &f.interfaces).filter_map(|i| i.option("remote_ip")).collect();
    let mut missing: Vec<(String, Vec<String>)> = Vec::new();
    for (vlan, vif) in agent.networks().into_iter().filter(|(_, vif)| vif.is_tunnelled()) {
        for (node, end) in super::peers::with_network(cx, vif.note("net_uuid").unwrap_or_default()) {
            if ends.contains(&end) {
                continue;
            }
            let host = format!("{} ({end})", node.name);
            match missing.iter_mut().find(|(known, _)| *known == host) {
                Some((_, networks)) => networks.push(cx.network(vlan)),
                None => missing.push((host, vec![cx.network(vlan)])),
            }
        }
    }
    for (host, networks) in missing {
        let sentence =
            format!("There is no tunnel to {host}, which has ports of {} as this node has.", listed(&networks));
        let hint = "The agent makes tunnels as it hears of other hosts: see whether both agents are alive, then restart this one.";
        found.add(Draft::new(sentence).on(tun).about(host).hint(hint));
    }
}

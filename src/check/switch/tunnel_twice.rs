//! Several tunnels of one kind to one address, or a tunnel whose name says another one.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::naming::Kind;

/// The row.
pub const ROW: Row = Row {
    id: "tunnel-twice",
    catalogue: "E8",
    severity: Severity::Warning,
    sentence: "Two tunnels of one kind lead to one address, or a tunnel leads elsewhere than its name says.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        let interfaces = bridge.facts.map_or(&[][..], |f| &f.interfaces);
        let mut ends: BTreeMap<(&str, &str, &str, &str), Vec<&str>> = BTreeMap::new();
        for tunnel in interfaces.iter().filter(|i| i.is_tunnel()) {
            let option = |key| tunnel.option(key).unwrap_or_default();
            let (remote, kind) = (option("remote_ip"), tunnel.kind.as_deref().unwrap_or_default());
            if remote.is_empty() || remote == "flow" {
                continue;
            }
            ends.entry((kind, remote, option("key"), option("local_ip"))).or_default().push(&tunnel.name);
            // `OVSNeutronAgent.get_tunnel_name`: the kind, and the address in eight digits.
            let named =
                tunnel.name.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-')).filter(|rest| rest.len() == 8);
            let named = named.and_then(|rest| u32::from_str_radix(rest, 16).ok()).map(Ipv4Addr::from);
            if let (Some(named), Ok(remote), Kind::Tunnel) = (named, remote.parse::<Ipv4Addr>(), bridge.naming.kind)
                && named != remote
            {
                let sentence = format!("The tunnel {} leads to {remote}; its name says {named}.", tunnel.name);
                let hint =
                    "The agent finds tunnels by name: delete the port and restart the agent, which makes it anew.";
                found.add(Draft::new(sentence).on(bridge).about(&*tunnel.name).hint(hint));
            }
        }
        for ((kind, remote, ..), names) in ends.into_iter().filter(|(_, names)| names.len() > 1) {
            let sentence = format!("{} are {kind} tunnels to {remote}, where one would do.", names.join(" and "));
            let hint = "Only one of them gets packets from there; delete the one that no flow names.";
            found.add(Draft::new(sentence).on(bridge).about(remote).hint(hint));
        }
    }
}

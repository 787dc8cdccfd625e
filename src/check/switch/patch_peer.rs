//! Patch ports that lead nowhere, since the port at the other end is missing or looks elsewhere.

use crate::check::{Cx, Draft, Found, Need, Row, Severity};

/// The row.
pub const ROW: Row = Row {
    id: "patch-without-peer",
    catalogue: "A9 F2",
    severity: Severity::Error,
    sentence: "A patch port leads nowhere: the port at its other end is missing, or leads back to another one.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        let interfaces = bridge.facts.map_or(&[][..], |f| &f.interfaces);
        for patch in interfaces.iter().filter(|i| i.kind.as_deref() == Some("patch")) {
            let name = &patch.name;
            let (sentence, hint) = match patch.option("peer") {
                None => (
                    format!("The patch port {name} of {} names no peer.", bridge.bridge.name),
                    format!("ovs-vsctl set interface {name} options:peer=.."),
                ),
                Some(peer) => match cx.node.facts.interface(peer) {
                    None => (
                        format!(
                            "The patch port {name} of {} leads to {peer}, which does not exist: packets to it are lost.",
                            bridge.bridge.name
                        ),
                        format!(
                            "Whoever makes the bridge of {peer} must make it again (for Neutron: restart the agent)."
                        ),
                    ),
                    Some((other, there)) if there.option("peer") != Some(name) => (
                        format!(
                            "The patch port {name} of {} leads to {peer} of {}, which leads to {}: packets to it are lost.",
                            bridge.bridge.name,
                            other.name,
                            there.option("peer").unwrap_or("nothing")
                        ),
                        format!("ovs-vsctl set interface {peer} options:peer={name}"),
                    ),
                    Some(_) => continue,
                },
            };
            found.add(Draft::new(sentence).on(bridge).about(&**name).hint(hint));
        }
    }
}

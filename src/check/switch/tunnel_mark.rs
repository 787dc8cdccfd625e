//! Tunnels whose outer packets inherit the mark of the inner ones.

use crate::check::finding::listed;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::naming::Kind;
use crate::model::node_facts::value;

/// The row.
pub const ROW: Row = Row {
    id: "tunnel-inherits-mark",
    catalogue: "C8",
    severity: Severity::Note,
    sentence: "Outer packets of a tunnel inherit the inner packet's mark, which the host's firewall may act on.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    // The agent sets it unless flows are offloaded to hardware; where nobody sets it, nobody expects it.
    let is_offloaded = value(&cx.node.facts.other_config, "hw-offload") == Some("true");
    for bridge in cx.kind(Kind::Tunnel).filter(|_| !is_offloaded) {
        let interfaces = bridge.facts.map_or(&[][..], |f| &f.interfaces);
        let inherit: Vec<&str> = interfaces
            .iter()
            .filter(|i| i.is_tunnel() && i.option("egress_pkt_mark").is_none())
            .map(|i| &*i.name)
            .collect();
        if !inherit.is_empty() {
            let sentence = format!(
                "{} of {} have no egress_pkt_mark=0: outer packets carry the mark of inner ones.",
                listed(&inherit),
                bridge.bridge.name
            );
            let hint = "It matters where the host's firewall matches marks; newer agents set it.";
            found.add(Draft::new(sentence).on(bridge).about(listed(&inherit)).hint(hint));
        }
    }
}

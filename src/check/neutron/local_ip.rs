//! Local IPs with static NAT.

use crate::action::Action;
use crate::action::learn::Spec;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::table;

/// The row.
pub const ROW: Row = Row {
    id: "local-ip-mixes-networks",
    catalogue: "G7",
    severity: Severity::Warning,
    sentence: "The way back of local IPs looks at a few bits of the network only, so two networks may share it.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    let net = table::REG.nth(6);
    let is_narrow = |spec: &Spec| match spec {
        Spec::MatchValue { field, .. } | Spec::MatchField { field, .. } => field.field == net && field.width < 12,
        _ => false,
    };
    let flows: Vec<u32> = int
        .table(31)
        .iter()
        .copied()
        .filter(|id| {
            int.bridge
                .flow(*id)
                .actions()
                .0
                .iter()
                .any(|a| matches!(a, Action::Learn(l) if l.specs.iter().any(is_narrow)))
        })
        .collect();
    if !flows.is_empty() {
        let sentence = format!(
            "Flows learned for local IPs in {} look at a few bits of the network only: networks whose VLANs are alike in them share the way back.",
            int.table_name(31)
        );
        let hint = "Use another mode than static NAT for local IPs, or keep the host's networks few.";
        found.add(Draft::new(sentence).on(int).about(int.table_name(31)).flows(flows).hint(hint));
    }
}

//! Limits of bandwidth towards instances.

use rustc_hash::FxHashSet;

use crate::action::Action;
use crate::check::finding::listed;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::ovsdb::{Atom, Datum, Row as DbRow};

/// The row.
pub const ROW: Row = Row {
    id: "ingress-limit-ignored",
    catalogue: "G2",
    severity: Severity::Warning,
    sentence: "A limit on what a port receives is not kept, since no flow uses its queue.",
    needs: &[Need::Flows, Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    let Some(database) = cx.node.database.as_deref() else { return };
    let has_queue = |row: &&DbRow| matches!(row.columns.get("queues"), Some(Datum::Map(pairs)) if pairs.iter().any(|(n, _)| *n == Atom::Integer(0)));
    let queues: FxHashSet<&str> = database.rows("QoS").iter().filter(has_queue).map(|row| &*row.uuid).collect();
    let is_limited = |row: &&DbRow| row.text("qos").is_some_and(|qos| queues.contains(qos.as_str()));
    let ports: FxHashSet<&str> = database.rows("Port").iter().filter(is_limited).map(|row| &*row.uuid).collect();
    let limited: Vec<String> = agent
        .ports
        .iter()
        .filter(|v| ports.contains(&*v.interface.port.uuid))
        .map(|v| v.interface.name.to_string())
        .collect();
    let sets = |id: &u32| int.bridge.flow(*id).actions().0.iter().any(|a| matches!(a, Action::SetQueue(q) if q.0 == 0));
    if !limited.is_empty() && !int.bridge.flows.is_empty() && !int.table(0).iter().any(sets) {
        let sentence = format!(
            "The limit on what {} receives is not kept: no flow of table 0 sends packets through queue 0.",
            listed(&limited)
        );
        let hint = "The flow `priority=200,reg3=0 actions=set_queue:0,..` is missing: restart the agent.";
        found.add(Draft::new(sentence).on(int).about(listed(&limited)).hint(hint));
    }
}

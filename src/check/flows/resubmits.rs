//! Packets that may need more lookups than the switch allows.
//!
//! ovs-vswitchd gives a packet up after 4,096 lookups (`MAX_RESUBMITS` in ofproto/ofproto-dpif-xlate.c), counted anew
//! after each recirculation. What a packet may need at worst is the sum over the resubmits of one flow of each table;
//! this adds them up without asking whether one packet can meet all of these flows.

use rustc_hash::FxHashMap;

use crate::action::{Action, Actions};
use crate::base::number::grouped;
use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};
use crate::model::bridge::FlowId;
use crate::model::flow::TableId;
use crate::model::pipeline::{Place, Way};

/// The row.
pub const ROW: Row = Row {
    id: "resubmit-limit",
    catalogue: "G6",
    severity: Severity::Warning,
    sentence: "One packet may need more lookups than the switch allows (4,096), and would then be dropped.",
    needs: &[Need::Flows],
    run,
};

const LIMIT: u64 = 4096;

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        let mut cost = Cost { bridge, known: FxHashMap::default(), open: [false; 256] };
        // A packet begins in table 0, and anew wherever connection tracking resumes it.
        let resumed = bridge.bridge.pipeline().edges.iter().filter(|e| e.jump.way == Way::Ct);
        let mut starts: Vec<TableId> =
            resumed.filter_map(|e| if let Place::Table(t) = e.jump.to { Some(t) } else { None }).chain([0]).collect();
        starts.sort_unstable();
        starts.dedup();
        let worst = starts.into_iter().map(|t| (cost.of(t), t)).max_by_key(|((n, _), t)| (*n, std::cmp::Reverse(*t)));
        let Some(((lookups, _), start)) = worst.filter(|((n, _), _)| *n > LIMIT) else { continue };
        let sentence = format!(
            "A packet that begins in {} of {} may need {} lookups; the switch gives it up after {}.",
            bridge.table_name(start),
            bridge.bridge.name,
            grouped(lookups),
            grouped(LIMIT)
        );
        let hint = "Look at the flow with the most resubmits; trace a packet through it to see what it really needs.";
        let mut flows = cost.way(start);
        flows.sort_by_key(|id| std::cmp::Reverse(resubmits(bridge.bridge.flow(*id).actions(), 0).len()));
        found.add(Draft::new(sentence).on(bridge).about(bridge.table_name(start)).flows(flows).hint(hint));
    }
}

/// What lookups in a table lead to at worst, and by which flow.
struct Cost<'c, 'a> {
    bridge: &'c BridgeCx<'a>,
    known: FxHashMap<TableId, (u64, Option<FlowId>)>,
    /// Tables on the way; what leads back to them is not counted, since that is another finding.
    open: [bool; 256],
}

impl Cost<'_, '_> {
    fn of(&mut self, table: TableId) -> (u64, Option<FlowId>) {
        if let Some(known) = self.known.get(&table) {
            return *known;
        }
        if std::mem::replace(&mut self.open[usize::from(table)], true) {
            return (0, None);
        }
        let mut worst = (0, None);
        let mut seen: FxHashMap<*const Actions, ()> = FxHashMap::default();
        for id in self.bridge.table(table) {
            let actions = self.bridge.bridge.flow(*id).actions();
            if seen.insert(actions, ()).is_some() {
                continue;
            }
            let to = resubmits(actions, table);
            let cost = to.iter().fold(0u64, |sum, to| sum.saturating_add(1).saturating_add(self.of(*to).0));
            if cost > worst.0 {
                worst = (cost, Some(*id));
            }
        }
        self.open[usize::from(table)] = false;
        self.known.insert(table, worst);
        worst
    }

    /// The costly flows from a table on.
    fn way(&self, start: TableId) -> Vec<FlowId> {
        let (mut flows, mut todo) = (Vec::new(), vec![start]);
        while let Some(table) = todo.pop() {
            if let Some((_, Some(id))) = self.known.get(&table)
                && !flows.contains(id)
            {
                flows.push(*id);
                todo.extend(resubmits(self.bridge.bridge.flow(*id).actions(), table));
            }
        }
        flows
    }
}

/// The tables that a list looks up, as often as it does.
fn resubmits(actions: &Actions, table: TableId) -> Vec<TableId> {
    let mut found = Vec::new();
    actions.each(&mut |action| match action {
        Action::Resubmit(a) => found.push(a.table.unwrap_or(table)),
        Action::GotoTable(a) => found.push(a.0),
        _ => {}
    });
    found
}

#[cfg(test)]
mod tests {
    use crate::check::tests::flows;

    #[test]
    fn many_resubmits_of_many_are_added_up() {
        let many = |n: usize, to: u8| vec![format!("resubmit(,{to})"); n].join(",");
        let text = |n: usize| {
            format!("table=0 actions={}\ntable=1 actions={}\ntable=2 actions=drop\n", many(n, 1), many(64, 2))
        };
        assert_eq!(flows("resubmit-limit", &text(64)).len(), 1);
        assert_eq!(flows("resubmit-limit", &text(63)), []);
    }
}

//! Packets that go round and round in the tables until the switch drops them.
//!
//! Tables that lead back to each other are usual; what counts is whether one packet can meet the same flow in the same
//! state again. So a packet is made for each kind of flow on such a circle and sent along, with the changes that its
//! actions make; where an action does something that is not followed here, the packet is given up.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::action::{Action, Actions};
use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row};
use crate::field::names::port;
use crate::field::proto::VLAN_PRESENT;
use crate::field::slot::word;
use crate::field::{Key, table};
use crate::model::bridge::FlowId;
use crate::model::flow::TableId;

/// The row.
pub const ROW: Row = Row {
    id: "flow-loop",
    catalogue: "G6",
    severity: super::super::Severity::Error,
    sentence: "A packet comes back to the same flow unchanged, again and again, until the switch gives it up.",
    needs: &[Need::Flows],
    run,
};

/// So many packets are tried on a bridge.
const PACKETS: usize = 2000;
/// So many flows of one kind (same table, same bits, same actions) are tried.
const ALIKE: usize = 3;
/// So many flows one packet meets at most.
const STEPS: usize = 300;

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        let circle = on_circles(bridge);
        let mut tried: FxHashMap<(TableId, usize, usize), usize> = FxHashMap::default();
        let mut told: FxHashSet<Vec<FlowId>> = FxHashSet::default();
        let mut left = PACKETS;
        for table in circle {
            for id in bridge.table(table) {
                let flow = bridge.bridge.flow(*id);
                let kind = (
                    table,
                    std::sync::Arc::as_ptr(flow.shape()) as usize,
                    std::sync::Arc::as_ptr(flow.action_list()) as usize,
                );
                let alike = tried.entry(kind).or_default();
                if flow.actions().is_drop() || *alike == ALIKE || left == 0 || cx.progress.is_cancelled() {
                    continue;
                }
                *alike += 1;
                left -= 1;
                let mut key = Key::default();
                key.set_match(&flow.matches());
                let mut walk = Walk { bridge, path: Vec::new(), steps: 0 };
                let Some(mut ring) = walk.table(table, key) else { continue };
                ring.sort_unstable();
                if told.insert(ring.clone()) {
                    let tables: Vec<String> =
                        ring.iter().map(|id| bridge.bridge.flow(*id).table().to_string()).collect();
                    let sentence = format!(
                        "Packets go round in {}: they meet the same flows again and again (table {}) until the switch \
                         gives up and drops them.",
                        bridge.bridge.name,
                        tables.join(", ")
                    );
                    let hint = "Change or take away the flow that leads back, or let it change the packet so that it matches something else.";
                    found.add(Draft::new(sentence).on(bridge).about(bridge.table_name(table)).flows(ring).hint(hint));
                }
            }
        }
    }
}

/// The tables that lead back to themselves without connection tracking between.
fn on_circles(bridge: &BridgeCx<'_>) -> Vec<TableId> {
    let pipeline = bridge.bridge.pipeline();
    let next = |table: TableId| {
        pipeline.from(table).filter_map(|e| match (e.jump.to, e.jump.way) {
            (
                crate::model::pipeline::Place::Table(to),
                crate::model::pipeline::Way::Goto | crate::model::pipeline::Way::Resubmit,
            ) => Some(to),
            _ => None,
        })
    };
    let leads_back = |start: TableId| {
        let mut seen = [false; 256];
        let mut todo: Vec<TableId> = next(start).collect();
        while let Some(table) = todo.pop() {
            if table == start {
                return true;
            }
            if !std::mem::replace(&mut seen[usize::from(table)], true) {
                todo.extend(next(table));
            }
        }
        false
    };
    bridge.bridge.tables().iter().map(|t| t.id).filter(|t| leads_back(*t)).collect()
}

struct Walk<'c, 'a> {
    bridge: &'c BridgeCx<'a>,
    /// The flows on the way, each with the packet as it came.
    path: Vec<(FlowId, Key)>,
    steps: usize,
}

/// What follows an action.
enum Then {
    Next,
    /// What it did is not known.
    Unknown,
    /// The packet is on a circle of these flows.
    Ring(Vec<FlowId>),
}

impl Walk<'_, '_> {
    /// Looks a packet up in a table and follows what it gets; the flows of a circle if there is one.
    fn table(&mut self, table: TableId, key: Key) -> Option<Vec<FlowId>> {
        self.steps += 1;
        if self.steps > STEPS || self.path.len() >= 64 {
            return None;
        }
        let hit = self.bridge.bridge.lookup(table, &key)?;
        if let Some(at) = self.path.iter().position(|(flow, before)| *flow == hit.flow && *before == key) {
            return Some(self.path[at..].iter().map(|(flow, _)| *flow).collect());
        }
        self.path.push((hit.flow, key.clone()));
        let mut key = key;
        let then = self.actions(self.bridge.bridge.flow(hit.flow).actions(), table, &mut key);
        self.path.pop();
        match then {
            Then::Ring(ring) => Some(ring),
            _ => None,
        }
    }

    fn actions(&mut self, actions: &Actions, table: TableId, key: &mut Key) -> Then {
        for action in &actions.0 {
            match self.action(action, table, key) {
                Then::Next => {}
                then => return then,
            }
        }
        Then::Next
    }

    fn action(&mut self, action: &Action, here: TableId, key: &mut Key) -> Then {
        match action {
            Action::SetField(set) => {
                for ((id, value), (_, mask)) in set.field.slot.spread(&set.value).zip(set.field.slot.spread(&set.mask))
                {
                    key.set_word(id, value, mask);
                }
            }
            Action::Move(copy) if copy.from.field.slot.n_words() == 1 && copy.to.field.slot.n_words() == 1 => {
                let part = key.read(copy.from.field.slot).slice(copy.from.offset.into(), copy.from.width.into());
                let mut whole = key.read(copy.to.field.slot);
                whole.insert(copy.to.offset.into(), copy.to.width.into(), &part);
                key.write(copy.to.field.slot, &whole);
            }
            Action::WriteMetadata(write) => {
                let slot = table::METADATA.slot;
                key.set(slot, key.value(slot) & !write.mask | write.value & write.mask);
            }
            Action::CtClear(_) => (word::CT..word::CT_TP + 1).for_each(|id| key.set_word(id, 0, u32::MAX)),
            Action::PushVlan(_) => key.set(VLAN_PRESENT, 1),
            Action::PopVlan(_) => key.set_word(word::VLAN, 0, u32::MAX),
            Action::Resubmit(resubmit) => {
                let mut again = key.clone();
                if resubmit.in_port != port::IN_PORT {
                    again.set_word(word::IN_PORT, resubmit.in_port, u32::MAX);
                }
                if resubmit.with_ct {
                    return Then::Unknown;
                }
                if let Some(ring) = self.table(resubmit.table.unwrap_or(here), again) {
                    return Then::Ring(ring);
                }
                // What the packet met there may have changed it; what is certain is over.
                return Then::Unknown;
            }
            Action::GotoTable(goto) => {
                return self.table(goto.0, key.clone()).map_or(Then::Unknown, Then::Ring);
            }
            Action::Clone(inner) => {
                let mut copy = key.clone();
                if let Then::Ring(ring) = self.actions(&inner.actions, here, &mut copy) {
                    return Then::Ring(ring);
                }
            }
            // These leave the packet as it is.
            Action::Output(_)
            | Action::OutputReg(_)
            | Action::OutputTrunc(_)
            | Action::Controller(_)
            | Action::Enqueue(_)
            | Action::SetQueue(_)
            | Action::PopQueue(_)
            | Action::Meter(_)
            | Action::Note(_)
            | Action::Sample(_) => {}
            // After `ct` without a table the packet goes on as it was.
            Action::Ct(ct) if ct.table.is_none() && !ct.actions.0.iter().any(|a| matches!(a, Action::Nat(_))) => {}
            _ => return Then::Unknown,
        }
        Then::Next
    }
}

#[cfg(test)]
mod tests {
    use crate::check::tests::flows;

    #[test]
    fn a_packet_that_comes_back_unchanged_is_told() {
        let text = "table=0,priority=1,ip actions=resubmit(,5)\ntable=5,priority=3,tcp actions=resubmit(,6)\n\
             table=6,priority=0 actions=set_field:1->reg1,resubmit(,5)\n";
        let found = flows("flow-loop", text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].flows, [1, 2]);
    }

    #[test]
    fn a_flow_that_changes_what_it_matches_ends_the_circle() {
        let text = "table=0,priority=200,reg3=0 actions=set_field:1->reg3,resubmit(,0)\ntable=0,priority=0 actions=drop\n\
             table=71,priority=110,ct_state=+trk,ip actions=ct_clear,resubmit(,71)\ntable=71,priority=0 actions=drop\n";
        assert_eq!(flows("flow-loop", text), []);
    }
}

//! Remote groups that everybody is in, by an allowed address pair of /0.

use super::agent::source;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;

/// The row.
pub const ROW: Row = Row {
    id: "remote-group-of-everybody",
    catalogue: "B2",
    severity: Severity::Error,
    sentence: "A remote group has a member with every address, so its rules let everybody in.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    for (table, words) in [(82, [word::IP_SRC, word::IPV6_SRC]), (72, [word::IP_DST, word::IPV6_DST])] {
        let mut flows = Vec::new();
        for id in int.table(table) {
            let flow = int.bridge.flow(*id);
            let is_member =
                int.effects_of(*id).is_some_and(|e| e.clauses.iter().any(|c| c.clause == 1 && c.n_clauses == 2));
            // An address takes one word or four; a match on any of them is an address.
            let has_address =
                words.iter().any(|w| (0..4).any(|n| flow.word(w + n).1 != 0 && (*w == words[1] || n == 0)));
            if is_member && (70..74).contains(&flow.priority()) && !has_address && source(int, *id).is_none() {
                flows.push(*id);
            }
        }
        if !flows.is_empty() {
            let sentence = format!(
                "A member of a remote group has every address in {}: rules for the group hold for everybody.",
                int.bridge.name
            );
            let hint = "Some port of the group is allowed the addresses 0.0.0.0/0 or ::/0: narrow its allowed address pairs, or update the agent.";
            found.add(Draft::new(sentence).on(int).about(int.table_name(table)).flows(flows).hint(hint));
        }
    }
}

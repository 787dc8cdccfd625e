//! Which flow makes room for a new one in a full table.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::field::Subfield;
use crate::model::flow::Flow;
use crate::model::table::TableLimit;

/// The flow that goes, as its place among `flows`, which are those of the table; `None` if none may go: only flows with a
/// timeout do. Of the largest group the flow of least importance goes, and among those the one that would go first
/// anyway (`choose_rule_to_evict`). Where several are alike a switch takes any.
pub(super) fn victim(flows: &[Flow], limit: &TableLimit) -> Option<usize> {
    if !limit.evicts {
        return None;
    }
    let mut groups: FxHashMap<Vec<Option<u128>>, Vec<usize>> = FxHashMap::default();
    for (at, flow) in flows.iter().enumerate().filter(|(_, flow)| seconds_left(flow).is_some()) {
        let group = limit.groups.iter().map(|part| value(flow, *part)).collect();
        groups.entry(group).or_default().push(at);
    }
    let largest = groups.into_values().min_by_key(|group| (Reverse(group.len()), group[0]))?;
    largest.into_iter().min_by_key(|at| (flows[*at].importance, seconds_left(&flows[*at])))
}

/// The bits of a flow's match by which it is put into a group; `None` where the match has no such field.
fn value(flow: &Flow, part: Subfield) -> Option<u128> {
    if !flow.matches.meets(part.field.needs) {
        return None;
    }
    let (bits, _) = flow.matches.get(&part.field);
    let width = usize::from(part.width);
    let shown = bits.slice(usize::from(part.offset), width);
    // The fields of groups are addresses, ports and registers; what is wider is cut.
    Some(shown.slice(0, width.min(128)).to_u128())
}

/// In how many seconds a flow goes if no packet comes; `None` if it never does.
fn seconds_left(flow: &Flow) -> Option<i64> {
    let stats = flow.stats.unwrap_or_default();
    let exists = i64::try_from(stats.duration_ns / 1_000_000_000).unwrap_or(i64::MAX);
    let since = |age: Option<u32>| age.map_or(exists, i64::from);
    let hard = (flow.hard_timeout > 0).then(|| i64::from(flow.hard_timeout) - since(stats.hard_age));
    let idle = (flow.idle_timeout > 0).then(|| i64::from(flow.idle_timeout) - since(stats.idle_age));
    [hard, idle].into_iter().flatten().min()
}

//! Findings that there are with a change and not without it.

use rustc_hash::FxHashSet;

use crate::check::Finding;
use crate::model::bridge::Bridge;
use crate::model::flow::FlowKey;

/// Checks whose findings [`warnings()`](super::warnings()) tell flow by flow.
const TOLD: [&str; 2] = ["overlapping-flows", "shadowed-flow"];

/// The findings on a bridge, which has the place `at` in its node, that are not among those before: of another check,
/// about something else, or with flows that it was not about.
pub fn news<'a>(at: usize, before: (&[Finding], &Bridge), after: (&'a [Finding], &Bridge)) -> Vec<&'a Finding> {
    let keys = |finding: &Finding, bridge: &Bridge| -> Vec<FlowKey> {
        let rows = finding.flows.iter().filter(|id| (**id as usize) < bridge.flows.len());
        rows.map(|id| bridge.flow(*id).key()).collect()
    };
    let is_here = |finding: &&Finding| finding.bridge == Some(at);
    let mut known: FxHashSet<(&str, FlowKey)> = FxHashSet::default();
    let mut said: FxHashSet<(&str, &str)> = FxHashSet::default();
    for finding in before.0.iter().filter(is_here) {
        said.insert((finding.id, &finding.object));
        known.extend(keys(finding, before.1).into_iter().map(|key| (finding.id, key)));
    }
    let is_new = |finding: &&Finding| {
        let flows = keys(finding, after.1);
        match flows.is_empty() {
            true => !said.contains(&(finding.id, &*finding.object)),
            false => flows.into_iter().any(|key| !known.contains(&(finding.id, key))),
        }
    };
    let here = after.0.iter().filter(is_here).filter(|finding| !TOLD.contains(&finding.id));
    here.filter(is_new).collect()
}

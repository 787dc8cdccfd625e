//! What the checks find in captures of clouds that worked, and in those that were broken on purpose.

use std::collections::BTreeSet;
use std::path::Path;

use ofscope::check::Severity;
use ofscope::session::Scene;

use super::{Tally, nodes};

/// Scenarios with something to find, by the beginning of their name. In `dvr` nobody broke anything: the address of the
/// first host never came to the others.
const KNOWN: [(&str, &str); 6] = [
    ("broken-04-", "provider-vlan-missing"),
    ("broken-05-", "flood-misses-host"),
    ("broken-deny-acl", "ovn-foreign-acl"),
    ("broken-localnet-mapping", "ovn-bridge-mapping-missing"),
    ("broken-port-unbound", "ovn-port-not-claimed"),
    ("dvr", "dvr-host-unknown"),
];

/// Holds the errors and warnings of a scenario to what is known of it.
pub fn check(path: &Path, tally: &mut Tally) {
    // Tables that a machine made up to try the switch are full of faults.
    if path.join("results.jsonl").exists() {
        return;
    }
    let Ok(snapshot) = nodes::snapshot(path) else { return };
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let is_known = |start: &str| name.starts_with(start) && !name.starts_with("dvr-vlan");
    let wanted: BTreeSet<&str> = KNOWN.iter().filter(|(start, _)| is_known(start)).map(|(_, id)| *id).collect();
    let scene = Scene::new(snapshot);
    let mut found = BTreeSet::new();
    for node in scene.nodes() {
        tally.count("nodes that were checked");
        for finding in node.check(&[]).0 {
            tally.count(finding.severity.word());
            if finding.severity < Severity::Note {
                found.insert(finding.id);
                if !wanted.contains(finding.id) {
                    tally.fail(format!("{name} {}: {}: {}", node.node().name, finding.id, finding.sentence));
                }
            }
        }
    }
    for id in wanted.difference(&found) {
        tally.fail(format!("{name}: {id} is not found"));
    }
}

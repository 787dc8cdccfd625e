//! What tests of single checks stand on: flows as text, on a bridge with the ports 1 to 3.

use std::sync::Arc;

use super::{Cx, Finding, findings};
use crate::base::progress::Progress;
use crate::model::naming::Naming;
use crate::model::node::Node;
use crate::model::snapshot::Snapshot;
use crate::neutron::NodeNames;
use crate::neutron::fixture::bridge;

/// Hands over a node with these flows, of which nobody knows who wrote them.
pub(super) fn with_flows<T>(text: &str, ask: impl FnOnce(&Cx<'_>) -> T) -> T {
    let text: String = text.lines().map(|line| format!(" {line}\n")).collect();
    let ports = " 1(eth1): addr:00\n 2(eth2): addr:00\n 3(eth3): addr:00\n";
    let node = Node { name: "n".into(), bridges: vec![Arc::new(bridge("br0", &text, ports))], ..Node::default() };
    let snapshot = Snapshot { nodes: vec![Arc::new(node.clone())], ..Snapshot::default() };
    let (naming, progress) = (Naming::default(), Progress::default());
    ask(&Cx::new(&snapshot, &node, NodeNames::none(), &[&naming], &progress))
}

/// What a check finds in these flows.
pub(super) fn flows(id: &str, text: &str) -> Vec<Finding> {
    with_flows(text, |cx| findings(cx, &[id]))
}

/// The sentences of what a check finds.
pub(super) fn sentences(id: &str, text: &str) -> Vec<String> {
    flows(id, text).into_iter().map(|f| f.sentence).collect()
}

#[test]
fn ids_are_unique_and_every_row_says_what_it_is() {
    let mut ids: Vec<&str> = super::FINDINGS.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    for row in super::FINDINGS {
        assert!(row.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", row.id);
        assert!(row.sentence.ends_with('.') && row.sentence.len() > 20 && !row.needs.is_empty(), "{}", row.id);
    }
}

//! Sentences about flows of real switches, and about flows that people type.

mod lines;
mod ml2;
mod ovn;
mod places;
mod typed;

use std::sync::Arc;

use super::*;
use crate::neutron::{self, fixture};

/// A bridge with all that is known of it.
struct Stage {
    bridge: Arc<Bridge>,
    naming: Naming,
    names: NodeNames,
    index: Index,
}

impl Stage {
    /// A bridge of a node below `fixtures/recognition`.
    fn of(folder: &str, bridge: &str) -> Stage {
        let snapshot = fixture::snapshot(folder);
        let node = &snapshot.nodes[0];
        let bridge = node.bridges.iter().find(|b| *b.name == *bridge).unwrap().clone();
        let naming = neutron::naming(&bridge, node, &snapshot);
        let index = Index::of(&bridge);
        Stage { naming, names: NodeNames::of(node, &snapshot), index, bridge }
    }

    /// A bridge of which only flows and ports are known.
    fn plain(flows: &str, ports: &str) -> Stage {
        let bridge = Arc::new(fixture::bridge("br", flows, ports));
        let index = Index::of(&bridge);
        Stage { naming: Naming::default(), names: NodeNames::default(), index, bridge }
    }

    fn cx(&self) -> Cx<'_> {
        Cx::new(&self.bridge, &self.naming, &self.names, &self.index)
    }

    /// The flow of a table whose text has these words.
    fn find(&self, table: TableId, words: &str) -> FlowId {
        let text = |id: &FlowId| format!(",{}", self.bridge.flow(*id).line_text(&self.bridge.names));
        let flows = &self.bridge.table(table).unwrap().flows;
        let found: Vec<FlowId> = flows.iter().copied().filter(|id| text(id).contains(words)).collect();
        assert!(!found.is_empty(), "table {table} has no flow with {words}");
        found[0]
    }

    fn told(&self, table: TableId, words: &str) -> Explanation {
        flow(&self.cx(), self.find(table, words))
    }

    /// Holds sentences to what is expected: the table, words that find the flow, and the sentence.
    fn says(&self, expected: &[(TableId, &str, &str)]) {
        for (table, words, sentence) in expected {
            assert_eq!(self.told(*table, words).summary.text(), *sentence, "table {table}: {words}");
        }
    }
}

//! Where the flows of a store are.

use std::cell::{Cell, OnceCell};

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::model::bridge::FlowId;
use crate::model::flow::FlowKey;
use crate::model::store::FlowStore;

/// How many flows are looked for row by row, before all of them are put into a table of contents.
const FEW: u32 = 8;

/// Finds flows by what makes them the flows they are.
#[derive(Debug, Default)]
pub(super) struct Index {
    asked: Cell<u32>,
    contents: OnceCell<FxHashMap<FlowKey, SmallVec<[FlowId; 1]>>>,
}

impl Index {
    /// The rows with a key; in a dump of a switch there is one at most. The store is always the same one.
    pub(super) fn rows(&self, flows: &FlowStore, key: &FlowKey) -> SmallVec<[FlowId; 1]> {
        self.asked.set(self.asked.get().saturating_add(1));
        if self.asked.get() > FEW {
            let contents = self.contents.get_or_init(|| {
                let mut contents: FxHashMap<FlowKey, SmallVec<[FlowId; 1]>> = FxHashMap::default();
                flows.iter().for_each(|(row, flow)| contents.entry(flow.key()).or_default().push(row));
                contents
            });
            return contents.get(key).cloned().unwrap_or_default();
        }
        let mut found = SmallVec::new();
        for (start, segment) in flows.segments() {
            let heads = segment.tables().iter().zip(segment.priorities());
            for (row, _) in heads.enumerate().filter(|(_, head)| *head == (&key.table, &key.priority)) {
                if segment.row(row).key() == *key {
                    found.push(start + row as u32);
                }
            }
        }
        found
    }
}

//! What was sent at a practice switch so far.

use std::sync::Arc;

use super::views::Spot;
use crate::model::flow::FlowKey;
use crate::session::Scene;
use crate::session::staged::Counted;

/// Packets that can be taken back, at most.
const PAST: usize = 64;

/// What was sent.
#[derive(Debug, Default)]
pub struct Sending {
    past: Vec<Before>,
    /// The flows that were learned.
    pub learned: Vec<(Spot, FlowKey)>,
}

/// The switch before something was sent.
#[derive(Debug)]
pub struct Before {
    /// Without what is staged.
    pub base: Arc<Scene>,
    /// What was counted for what is staged, by node and bridge.
    pub counted: Vec<(Arc<str>, Arc<str>, Counted)>,
    /// How many flows had been learned.
    pub learned: usize,
}

impl Sending {
    /// How much can be taken back.
    pub fn len(&self) -> usize {
        self.past.len()
    }

    /// Whether nothing can.
    pub fn is_empty(&self) -> bool {
        self.past.is_empty()
    }

    /// Remembers the switch before something is sent.
    pub fn remember(&mut self, before: Before) {
        self.past.push(before);
        if self.past.len() > PAST {
            self.past.remove(0);
        }
    }

    /// The switch before what was sent last, which is forgotten.
    pub fn forget(&mut self) -> Option<Before> {
        let before = self.past.pop()?;
        self.learned.truncate(before.learned);
        Some(before)
    }

    /// The switch was changed otherwise: what was sent stays.
    pub fn settle(&mut self) {
        self.past.clear();
    }
}

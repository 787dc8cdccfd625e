//! Undo and redo without limit.

use super::{ChangeSet, Conflict};
use crate::model::bridge::Bridge;

/// The changes that were made, and those that were taken back.
#[derive(Debug, Clone, Default)]
pub struct History {
    done: Vec<ChangeSet>,
    undone: Vec<ChangeSet>,
}

impl History {
    /// Makes a change. What was taken back before is forgotten.
    pub fn make(&mut self, bridge: &Bridge, change: ChangeSet) -> Result<Bridge, Vec<Conflict>> {
        let changed = change.apply(bridge)?;
        self.done.push(change);
        self.undone.clear();
        Ok(changed)
    }

    /// Takes the last change back; `None` if there is none.
    pub fn undo(&mut self, bridge: &Bridge) -> Option<Result<Bridge, Vec<Conflict>>> {
        let last = self.done.last()?;
        let changed = last.invert().apply(bridge);
        if changed.is_ok() {
            self.undone.extend(self.done.pop());
        }
        Some(changed)
    }

    /// Makes the change again that was taken back last; `None` if there is none.
    pub fn redo(&mut self, bridge: &Bridge) -> Option<Result<Bridge, Vec<Conflict>>> {
        let last = self.undone.last()?;
        let changed = last.apply(bridge);
        if changed.is_ok() {
            self.done.extend(self.undone.pop());
        }
        Some(changed)
    }

    /// The changes that are made, the oldest first.
    pub fn done(&self) -> &[ChangeSet] {
        &self.done
    }

    /// The changes that were taken back, the latest last.
    pub fn undone(&self) -> &[ChangeSet] {
        &self.undone
    }
}

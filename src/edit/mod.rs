//! Help for somebody who types a flow, a group or a meter: what is wrong and how to mend it, and what may stand at the cursor.
//!
//! Everything here is a pure function of a text and of what is known of the bridge ([`Around`]). [`check()`] reads the
//! text to its end and tells every mistake with its place and, where there is one, a [`Fix`] that can be applied;
//! [`complete()`] offers words, fields, values that the bridge has, tables and ports by name, and the actions with their
//! grammar from the rows of [`crate::action::WORDS`]. The reader is that of flow files, so what is right here is right
//! for `ovs-ofctl`.
//!
//! A text may begin with a command word (`add`, `modify`, `delete_strict` ..), as a line of a flow file may, and with
//! `group` or `meter`, as a line of a file of changes may.

mod arguments;
mod complaint;
mod complete;
mod form;
mod missing;
mod others;
mod paint;

#[cfg(test)]
mod tests;

use crate::field::proto::{PROTOCOLS, Protocol};
use crate::model::bridge::Bridge;
use crate::model::flow::TableId;
use crate::model::naming::Naming;
use crate::neutron::NodeNames;

pub use complaint::{Checked, Complaint, Fix, check};
pub use complete::{complete, grammar};
pub use form::{Line, form, line_at};
pub use paint::{Piece, pieces};

/// Longer texts are not looked at: nobody types them.
pub const LONGEST: usize = 64 << 10;

/// What is known where the flow will stand.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The bridge.
    pub bridge: &'a Bridge,
    /// What its tables and registers mean.
    pub naming: &'a Naming,
    /// What numbers name on its node.
    pub names: &'a NodeNames,
}

impl Around<'_> {
    /// What people call a table; empty if it has no name.
    pub fn table_name(&self, id: TableId) -> String {
        let own = || self.bridge.names.table_name(id).map(ToString::to_string);
        self.naming.table(id).map(|w| w.name.to_string()).or_else(own).unwrap_or_default()
    }

    /// What people call a port beside its name; empty if nobody knows.
    fn port_title(&self, number: u32) -> String {
        let word = self.names.port(&self.bridge.name, number);
        word.map(|w| w.title.to_string()).filter(|t| !t.is_empty()).unwrap_or_default()
    }
}

/// The protocol that a word in front of the actions names.
fn protocol(word: &str) -> Option<&'static Protocol> {
    PROTOCOLS.iter().find(|p| p.name == word)
}

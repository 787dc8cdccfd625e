//! What a person opens: a source by its name becomes a snapshot, and what is known around it.
//!
//! [`Source`] says what was named, [`open`] reads it. [`Scene`] holds a snapshot together with all that follows from it
//! and is dear to work out: what tables and registers mean, what numbers name, where flows lead. The screen and the
//! command line both stand on these two, so they never disagree.

mod pairs;
mod roles;
mod scene;
mod source;
mod ways;

pub use pairs::{Pair, Wanted, pairs};
pub use roles::{Counterpart, Roles};
pub use scene::{BridgeScene, Choice, Chosen, NoChoice, NodeScene, Scene};
pub use source::{Source, open};
pub use ways::Ways;

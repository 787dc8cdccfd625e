//! What a person opens: a source by its name becomes a snapshot, and what is known around it.
//!
//! [`Source`] says what was named, [`open`] reads it. [`Scene`] holds a snapshot together with all that follows from it
//! and is dear to work out: what tables and registers mean, what numbers name, where flows lead. The screen and the
//! command line both stand on these two, so they never disagree. [`Staged`] holds changes that were not sent.
//! [`pairs()`] says which bridges of two scenes are compared, and [`Roles`] which things of two nodes are there for the same.

mod keep;
mod pairs;
pub mod quick;
mod roles;
mod scene;
mod source;
pub mod staged;
pub mod touched;
mod ways;

pub use keep::keep;
pub use pairs::{Pair, Wanted, pairs};
pub use roles::{Counterpart, Roles};
pub use scene::{BridgeScene, Choice, Chosen, NoChoice, NodeScene, Scene};
pub use source::{Source, open};
pub use staged::Staged;
pub use ways::Ways;

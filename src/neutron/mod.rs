//! What Neutron's and OVN's tables, registers and numbers mean.
//!
//! A switch knows numbers only. [`naming`] recognises who wrote the flows of a bridge, by evidence and never by the
//! bridge's name alone, and says what its tables and registers are: [`tables`] and [`registers`] have a row for each of
//! ML2/OVS, [`ovn`] works out the release of OVN first. [`names`] turns the numbers of one node into the names of ports
//! and networks, from the databases and from what the networking API says, which [`api`] reads.
//!
//! Nothing here guesses: what is not known has no name.

pub mod advice;
pub mod api;
mod ml2;
pub mod names;
pub mod ovn;
pub mod owner;
pub mod registers;
pub mod security_group;
mod signs;
pub mod tables;

use crate::model::bridge::Bridge;
use crate::model::naming::Naming;
use crate::model::node::Node;
use crate::model::snapshot::Snapshot;

pub use names::NodeNames;
pub use owner::Owners;

/// What the tables and registers of a bridge mean; an empty naming if nobody knows who wrote its flows.
///
/// This looks at every flow once, so it is worked out once for a bridge and kept.
pub fn naming(bridge: &Bridge, node: &Node, snapshot: &Snapshot) -> Naming {
    let signs = signs::Signs::of(bridge, node);
    ovn::naming(&signs, snapshot).or_else(|| ml2::naming(&signs)).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

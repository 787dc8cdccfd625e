//! Checks of flows that hold for any switch, whoever wrote the flows.

pub mod conjunction;
pub mod impossible;
mod layer;
pub mod loops;
pub mod missing_group;
pub mod missing_meter;
pub mod missing_port;
pub mod overlap;
pub mod resubmits;
pub mod shadowed;
pub mod unreachable;

//! ofscope: the flow-table inspector and editor for Open vSwitch.

// In the program itself an invariant is written down with `expect`; tests may `unwrap`.
#![warn(clippy::unwrap_used)]

pub mod action;
pub mod base;
pub mod check;
pub mod cli;
pub mod dump;
pub mod explain;
pub mod field;
pub mod graph;
pub mod model;
pub mod neutron;
pub mod query;
pub mod session;
pub mod tui;

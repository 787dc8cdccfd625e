//! What is analysed: flows, tables, groups, meters, ports, bridges, nodes, snapshots.
//!
//! Values only. Everything that is read, from files or from switches, becomes a [`snapshot`]; everything that is asked
//! of it is a function of it.

pub mod flow;

pub use flow::{Flags, Flow, Stats};

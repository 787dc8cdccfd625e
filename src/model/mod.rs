//! What is analysed: flows, groups, meters, ports, bridges, nodes, snapshots.
//!
//! Values only. Everything that is read, from files or from switches, becomes a snapshot; everything that is asked of it
//! is a function of it.

pub mod bond;
pub mod bridge;
pub mod change;
pub mod classifier;
pub mod conntrack;
pub mod datapath;
pub mod flow;
pub mod flow_mod;
pub mod group;
pub mod group_mod;
pub mod id;
pub mod meter;
pub mod meter_mod;
pub mod naming;
pub mod neutron_facts;
pub mod node;
pub mod node_facts;
pub mod ovsdb;
pub mod owner;
pub mod pipeline;
pub mod port;
pub mod refusal;
pub mod security;
pub mod snapshot;
pub mod store;
pub mod table;

pub use flow::{Flags, Flow, Stats};

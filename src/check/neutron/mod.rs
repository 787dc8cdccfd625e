//! The cases of ML2/OVS: what Neutron's Open vSwitch agent should have written, and did not.

pub mod absent_port;
pub mod agent;
pub mod any_member;
pub mod dead_port_drop;
pub mod mac_network;
pub mod missing_note;
pub mod neighbour;
pub mod pair_mac;
pub mod port_number;
pub mod provider_guard;
pub mod rarp;
pub mod router_advertisement;
pub mod stale_vlan;
pub mod tracked_entry;
pub mod trunk_port;
pub mod unwired_port;
pub mod wrong_port;

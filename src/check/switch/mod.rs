//! Checks of the switch itself: bridges, interfaces, controllers, as its database says them.

pub mod controller;
pub mod datapath_id;
pub mod empty_bridge;
pub mod in_band;
pub mod interface_error;
pub mod mac_table;
pub mod patch_peer;
pub mod tunnel_mark;
pub mod tunnel_options;
pub mod tunnel_twice;

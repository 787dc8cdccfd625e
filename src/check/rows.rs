//! The table of checks.

use super::finding::Row;
use super::{flows, neutron, switch};

/// Every check, in the order in which findings of one severity are told.
pub static FINDINGS: &[Row] = &[
    // Any switch's flows.
    flows::loops::ROW,
    flows::resubmits::ROW,
    flows::missing_port::ROW,
    flows::missing_group::ROW,
    flows::missing_meter::ROW,
    flows::impossible::ROW,
    flows::conjunction::ROW,
    flows::shadowed::ROW,
    flows::overlap::ROW,
    flows::unreachable::ROW,
    // The switch itself.
    switch::controller::ROW,
    switch::interface_error::ROW,
    switch::patch_peer::ROW,
    switch::datapath_id::ROW,
    switch::empty_bridge::ROW,
    switch::in_band::ROW,
    switch::mac_table::ROW,
    switch::tunnel_twice::ROW,
    switch::tunnel_options::ROW,
    switch::tunnel_mark::ROW,
    // ML2/OVS.
    neutron::unwired_port::ROW,
    neutron::dead_port_drop::ROW,
    neutron::port_number::ROW,
    neutron::wrong_port::ROW,
    neutron::absent_port::ROW,
    neutron::stale_vlan::ROW,
    neutron::missing_note::ROW,
    neutron::trunk_port::ROW,
    neutron::provider_guard::ROW,
    neutron::any_member::ROW,
    neutron::rarp::ROW,
    neutron::router_advertisement::ROW,
    neutron::neighbour::ROW,
    neutron::pair_mac::ROW,
    neutron::mac_network::ROW,
    neutron::tracked_entry::ROW,
];

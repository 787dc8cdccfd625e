//! A node: the bridges of one Open vSwitch, and what else was captured there.

use std::sync::Arc;

use super::bond::Bond;
use super::bridge::Bridge;
use super::conntrack::Connection;
use super::datapath::Datapath;
use super::node_facts::NodeFacts;
use super::ovsdb::Database;
use super::port::{Tunnel, TunnelNeighbour};

/// A machine with an Open vSwitch.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// Its name.
    pub name: Arc<str>,
    /// Its bridges: the integration bridge first, then by name.
    pub bridges: Vec<Arc<Bridge>>,
    /// Its Open_vSwitch database.
    pub database: Option<Arc<Database>>,
    /// What the database says, in the words of Open vSwitch.
    pub facts: NodeFacts,
    /// The connections that its datapath tracks; `None` if they were not captured.
    pub connections: Option<Arc<Vec<Connection>>>,
    /// Its tunnels, as `ofproto/list-tunnels` tells them.
    pub tunnels: Vec<Tunnel>,
    /// The neighbours behind tunnels.
    pub neighbours: Vec<TunnelNeighbour>,
    /// Its bonds, as `bond/show` tells them.
    pub bonds: Vec<Bond>,
    /// Its datapaths with their ports.
    pub datapaths: Vec<Datapath>,
}

impl Node {
    /// A bridge by its name.
    pub fn bridge(&self, name: &str) -> Option<&Arc<Bridge>> {
        self.bridges.iter().find(|b| &*b.name == name)
    }

    /// How many flows its bridges have.
    pub fn flow_count(&self) -> usize {
        self.bridges.iter().map(|b| b.flows.len()).sum()
    }
}

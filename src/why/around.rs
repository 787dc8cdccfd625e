//! What is known around a packet: names of its node, who wanted its flows, and what databases say of its ports.

use super::blame::Look;
use crate::check::Finding;
use crate::field::slot::word;
use crate::field::{Key, table};
use crate::model::bridge::FlowId;
use crate::model::naming::{Kind, Naming};
use crate::model::neutron_facts::NeutronPort;
use crate::model::owner::{Owner, OwnerKind};
use crate::model::snapshot::Snapshot;
use crate::neutron::owner::Owners;
use crate::neutron::security_group::words;
use crate::neutron::{NodeNames, advice};
use crate::trace::World;

/// What is known of a node's bridges, worked out when it is asked.
pub trait Known: Sync {
    /// What the tables and registers of a bridge mean.
    fn naming(&self, bridge: usize) -> &Naming;
    /// Who wanted its flows.
    fn owners(&self, bridge: usize) -> &Owners;
    /// What is wrong with the node.
    fn findings(&self) -> &[Finding];
}

/// What answers about one node stand on.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// The node, as packets meet it.
    pub world: &'a World<'a>,
    /// What is known of its bridges.
    pub known: &'a dyn Known,
    /// What its numbers name.
    pub names: &'a NodeNames,
    /// Everything that was read.
    pub snapshot: &'a Snapshot,
}

impl<'a> Cx<'a> {
    /// What the tables of a bridge mean.
    pub fn naming(&self, bridge: usize) -> &'a Naming {
        self.known.naming(bridge)
    }

    /// The objects that wanted a flow, as far as a person can change them: rules, ACLs, firewall rules. For flows that
    /// nobody wanted in particular, whatever is known of them.
    pub fn rules(&self, bridge: usize, flow: FlowId) -> Vec<Owner> {
        let mut owners = self.known.owners(bridge).of(flow);
        let is_rule =
            |o: &Owner| matches!(o.kind, OwnerKind::SecurityGroupRule | OwnerKind::FirewallRule | OwnerKind::Acl);
        if owners.iter().any(is_rule) {
            owners.retain(is_rule);
        }
        owners
    }

    /// The OpenFlow port whose packet a table of br-int filters: register 5 holds it from table 60 on.
    fn filtered(&self, look: &Look<'_>) -> u32 {
        let key = &look.packet.key;
        if look.table > 60 { key.word(word::REG + 5) } else { key.word(word::IN_PORT) }
    }

    /// The Neutron port that decides about a packet at a lookup: the filtered one on br-int, the logical in- or
    /// output port of OVN.
    pub(super) fn port_id(&self, look: &Look<'_>) -> Option<&'a str> {
        let kind = self.naming(look.bridge).kind;
        if kind != Kind::OvnIntegration {
            let word = self.names.port(&self.world.at(look.bridge).name, self.filtered(look))?;
            return Some(&*word.id).filter(|id| !id.is_empty());
        }
        let key = &look.packet.key;
        let register = if self.is_from_instance(look) { 14 } else { 15 };
        let port = self.names.logical_port(key.value(table::METADATA.slot), key.word(word::REG + register))?;
        Some(&port.name)
    }

    /// Whether a lookup is about what an instance sends, rather than about what it gets.
    pub(super) fn is_from_instance(&self, look: &Look<'_>) -> bool {
        let naming = self.naming(look.bridge);
        match naming.kind {
            Kind::OvnIntegration => naming.table(look.table).is_some_and(|t| t.name.starts_with("ls_in_")),
            _ => look.table < 80,
        }
    }

    /// What the networking API says of the port that decides about a packet.
    pub(super) fn port(&self, look: &Look<'_>) -> Option<&'a NeutronPort> {
        self.snapshot.neutron.as_deref()?.ports.get(self.port_id(look)?)
    }

    /// The MAC address of the port that sent a packet, as far as it is known.
    pub(super) fn port_mac(&self, look: &Look<'_>) -> Option<u64> {
        let known = self.port(look).and_then(|p| p.mac);
        known.or_else(|| self.names.port(&self.world.at(look.bridge).name, self.filtered(look))?.mac)
    }

    /// Whether an allowed address pair of the sender has a MAC address.
    pub(super) fn is_allowed_mac(&self, look: &Look<'_>, mac: u64) -> bool {
        self.port(look).is_some_and(|port| port.address_pairs.iter().any(|pair| pair.mac == Some(mac)))
    }

    /// The local VLAN that a network has on this node.
    pub(super) fn local_vlan(&self, network: &str) -> Option<u16> {
        self.names.vlan_of_network(network)
    }

    /// A rule of a security group that lets a packet through, and whose flows are not there.
    pub(super) fn fault(&self, look: &Look<'_>) -> Option<String> {
        let facts = self.snapshot.neutron.as_deref()?;
        let number = self.filtered(look);
        let missing = self.known.owners(look.bridge).missing();
        let takes = |key: &Key, matches: &crate::field::Match| {
            let mut new = key.clone();
            new.set(table::CT_STATE.slot, NEW.into());
            new.is_in(matches)
        };
        let rule = missing
            .iter()
            .filter(|m| m.ofport == number)
            .find(|m| m.flows.iter().any(|flow| flow.table == look.table && takes(&look.packet.key, &flow.matches)))?;
        let label = self.names.port(&self.world.at(look.bridge).name, number).map_or("the port", |w| w.label());
        Some(format!(
            "Rule `{}` allows it, but its flows for {label} are not in table {} of {}: the agent has not written them, or \
             somebody deleted them.",
            words::sentence(facts, rule.rule),
            look.table,
            self.world.at(look.bridge).name
        ))
    }

    /// The ACL of OVN that denies what a flow takes, if it is none of Neutron's, with what removes it.
    pub(super) fn denying_acl(&self, look: &Look<'_>) -> Option<(String, advice::Advice)> {
        let acls = self.known.owners(look.bridge).acls(look.flow?);
        let acl = acls.iter().find(|acl| acl.is_denying() && !acl.is_default_drop() && acl.rule.is_empty())?;
        let name = if acl.name.is_empty() { String::new() } else { format!(" `{}`", acl.name) };
        let sentence = format!(
            "ACL{name} of {} ({} priority {} {}: `{}`) denies it. It belongs to no security group rule, so somebody made it \
             by hand, and it stands above the rules.",
            acl.entity, acl.direction, acl.priority, acl.action, acl.matches
        );
        let words = advice::AclWords {
            entity: &acl.entity,
            is_port_group: acl.is_port_group,
            direction: &acl.direction,
            priority: acl.priority,
            matches: &acl.matches,
            action: &acl.action,
        };
        Some((sentence, advice::remove_acl(&words)))
    }
}

/// ct_state of a new connection: tracked and new.
const NEW: u8 = 0x21;

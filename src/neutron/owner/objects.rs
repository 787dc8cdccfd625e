//! The ports, networks and hosts that a flow is about.

use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::NodeNames;
use super::super::names::{NetworkWord, PortKind, PortWord};
use super::super::signs::written;
use super::neutron;
use crate::action::Action;
use crate::action::output::Output;
use crate::field::Match;
use crate::field::names::port;
use crate::field::proto::{DL_TYPE, VLAN_VID, ethertype};
use crate::field::slot::word;
use crate::field::table;
use crate::model::bridge::Bridge;
use crate::model::naming::Kind;
use crate::model::neutron_facts::NeutronFacts;
use crate::model::node::Node;
use crate::model::owner::{How, Owner, OwnerKind, System};
use crate::model::store::FlowRef;

/// Objects by the numbers that flows name them with.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    /// Ports and ends of tunnels by their number on the bridge.
    ports: FxHashMap<u32, Owner>,
    /// Networks by local VLAN.
    vlans: FxHashMap<u16, Owner>,
    /// Networks by tunnel key.
    keys: FxHashMap<u32, Owner>,
    /// Ports of all hosts by MAC address.
    macs: FxHashMap<u64, Owner>,
    /// Ports of all hosts by IP address, where only one has it.
    addresses: FxHashMap<IpAddr, Option<Owner>>,
    /// The servers and routers that ports belong to, by the UUID of the port.
    devices: FxHashMap<Arc<str>, Owner>,
}

fn network(word: &NetworkWord) -> Owner {
    neutron(OwnerKind::Network, &word.id, word.name.clone(), How::Database)
}

fn port_owner(word: &PortWord) -> Option<Owner> {
    match &word.kind {
        PortKind::Tunnel { remote, .. } => Some(Owner {
            system: System::Agent,
            kind: OwnerKind::TunnelPeer,
            id: remote.clone(),
            name: word.name.clone(),
            why: How::Database,
        }),
        _ if word.id.is_empty() => None,
        _ => Some(neutron(OwnerKind::Port, &word.id, word.label(), How::Database)),
    }
}

impl Objects {
    /// Of a bridge.
    pub fn of(bridge: &Bridge, node: &Node, names: &NodeNames, facts: &NeutronFacts) -> Objects {
        let mut objects = Objects::default();
        objects
            .ports
            .extend(names.ports(&bridge.name).into_iter().filter_map(|(n, word)| Some((n, port_owner(word)?))));
        objects.vlans.extend((1..4095).filter_map(|vlan| Some((vlan, network(names.network_of_vlan(vlan)?)))));
        let keys = facts.networks.values().filter_map(|n| n.segment);
        objects.keys.extend(keys.filter_map(|key| Some((key, network(names.network_of_tunnel_key(key)?)))));
        // Ports of this node that the networking API does not have are known by the database alone.
        for other in &node.bridges {
            for (_, word) in names.ports(&other.name).into_iter().filter(|(_, w)| !w.id.is_empty()) {
                if let (Some(mac), Some(owner)) = (word.mac, port_owner(word)) {
                    objects.macs.insert(mac, owner);
                }
            }
        }
        for known in facts.ports.values() {
            let server = facts.servers.get(&known.device).map(|name| (OwnerKind::Server, name));
            let router = || facts.routers.get(&known.device).map(|name| (OwnerKind::Router, name));
            if let Some((kind, name)) = server.or_else(router) {
                let owner = neutron(kind, &known.device, name.clone(), How::NeutronFile);
                objects.devices.insert(known.id.clone(), owner);
            }
            let name: Arc<str> = super::super::names::title(facts, &known.id).unwrap_or_default();
            let owner = neutron(OwnerKind::Port, &known.id, name, How::NeutronFile);
            known.mac.into_iter().for_each(|mac| {
                objects.macs.entry(mac).or_insert_with(|| owner.clone());
            });
            for address in &known.fixed_ips {
                let entry = objects.addresses.entry(*address).or_insert_with(|| Some(owner.clone()));
                if entry.as_ref().is_some_and(|o| o.id != owner.id) {
                    *entry = None;
                }
            }
        }
        objects
    }

    /// The port with a number on the bridge.
    pub fn port(&self, number: u32) -> Option<&Owner> {
        self.ports.get(&number)
    }

    /// Adds the objects that a flow is about: its port, the host it leads to, its network.
    pub(super) fn owners(&self, kind: Kind, flow: FlowRef<'_>, found: &mut Vec<Owner>) {
        let matches = flow.matches();
        let add = |owner: Option<&Owner>, found: &mut Vec<Owner>| {
            let is_new = |o: &&Owner| !found.iter().any(|f| f.kind == o.kind && f.id == o.id);
            let Some(owner) = owner.filter(is_new) else { return };
            let device = self.devices.get(&owner.id).filter(|_| owner.kind == OwnerKind::Port).filter(is_new);
            found.push(owner.clone());
            found.extend(device.cloned());
        };
        let whole = |id: u16| Some(matches.word(id)).filter(|(_, mask)| *mask == u32::MAX).map(|(value, _)| value);
        let actions = &flow.actions().0;
        let register = |n: u16| whole(word::REG + n).or_else(|| actions.iter().find_map(|a| written(a, word::REG + n)));
        if kind == Kind::Integration {
            add(register(5).and_then(|n| self.ports.get(&n)), found);
        }
        add(whole(word::IN_PORT).and_then(|n| self.ports.get(&n)), found);
        for mac in [table::ETH_DST, table::ETH_SRC].into_iter().filter_map(|field| exact(&matches, field)) {
            add(self.macs.get(&mac), found);
        }
        if matches.value(DL_TYPE) as u16 == ethertype::ARP
            && let Some(address) = exact(&matches, table::ARP_TPA)
        {
            let address = IpAddr::V4((address as u32).into());
            add(self.addresses.get(&address).and_then(Option::as_ref), found);
        }
        for output in actions {
            if let Action::Output(Output { port: number, .. }) = output
                && *number < port::MAX
            {
                add(self.ports.get(number), found);
            }
        }
        add(self.network(kind, &matches, &register), found);
    }

    /// Adds the quality of service policies of the ports that a flow is about.
    pub(super) fn add_qos(&self, facts: &NeutronFacts, found: &mut Vec<Owner>) {
        let ports = found.iter().filter(|o| o.kind == OwnerKind::Port);
        let policies = ports.filter_map(|port| Some(&facts.ports.get(&port.id)?.qos_policy));
        let named = policies.filter_map(|id| Some((id, facts.qos_policies.get(id)?)));
        let mut owners: Vec<Owner> =
            named.map(|(id, name)| neutron(OwnerKind::QosPolicy, id, name.clone(), How::NeutronFile)).collect();
        owners.append(found);
        *found = owners;
    }

    /// The network of a flow: by register, VLAN or tunnel key.
    fn network(&self, kind: Kind, matches: &Match, register: &impl Fn(u16) -> Option<u32>) -> Option<&Owner> {
        let by_vlan = |vlan: u64| self.vlans.get(&(u16::try_from(vlan & 0xfff).ok()?));
        let vlan = || exact(matches, table::DL_VLAN).filter(|_| !matches.slot(VLAN_VID).1.is_zero()).and_then(by_vlan);
        let key = || exact(matches, table::TUN_ID).and_then(|key| self.keys.get(&u32::try_from(key).ok()?));
        match kind {
            Kind::Integration => register(6).and_then(|n| by_vlan(n.into())).or_else(vlan),
            Kind::Tunnel => key().or_else(vlan),
            Kind::Provider => vlan(),
            _ => None,
        }
    }
}

/// The value of a field that is matched whole.
fn exact(matches: &Match, field: crate::field::FieldId) -> Option<u64> {
    let (value, mask) = matches.slot(field.slot);
    mask.is_ones(field.slot.width.into()).then(|| value.to_u64())
}

//! The names behind the numbers of one node: ports, local VLANs, MAC and IP addresses, logical ports, zones.
//!
//! Three sources are put together, as far as a snapshot has them: the Open_vSwitch database (`Interface.external_ids`
//! has the Neutron port's UUID as `iface-id`, `Port.other_config` the network as `net_uuid`; nova and the agent write
//! them), OVN's Southbound database, and the networking API. A name that two things share names neither.

mod ports;

use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

pub(super) use self::ports::mac as mac_address;
pub use self::ports::{PortKind, PortWord};
use super::ovn::southbound::{self, LogicalPort};
use super::signs::{next_table, written};
use crate::field::slot::word;
use crate::model::bridge::Bridge;
use crate::model::neutron_facts::NeutronFacts;
use crate::model::node::Node;
use crate::model::ovsdb::{Atom, Database, Datum};
use crate::model::snapshot::Snapshot;

/// What the numbers of a node name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeNames {
    /// Ports by bridge and OpenFlow number.
    bridges: FxHashMap<Arc<str>, FxHashMap<u32, PortWord>>,
    /// Networks by the local VLAN they have on this node.
    vlans: FxHashMap<u16, NetworkWord>,
    /// Networks by their number on the wire: a VNI or tunnel key, and a VLAN of a physical network.
    tunnel_keys: Unique<u32, NetworkWord>,
    physical_vlans: Unique<u32, NetworkWord>,
    macs: Unique<u64, Arc<str>>,
    addresses: Unique<IpAddr, Arc<str>>,
    logical_ports: FxHashMap<(u64, u32), LogicalPort>,
    zones: FxHashMap<u16, Arc<str>>,
}

/// A network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkWord {
    /// Its UUID.
    pub id: Arc<str>,
    /// Its name; empty if nobody knows.
    pub name: Arc<str>,
    /// How it is made: `vxlan`, `vlan`, `flat`; empty if nobody knows.
    pub kind: Arc<str>,
    /// The physical network; empty if there is none.
    pub physical: Arc<str>,
    /// Its VNI or VLAN.
    pub segment: Option<u32>,
}

impl NetworkWord {
    /// Its name, or the beginning of its UUID.
    pub fn label(&self) -> String {
        if self.name.is_empty() { short_id(&self.id) } else { self.name.to_string() }
    }
}

/// What people call a port of the networking API. A port without a name of its own is called after what it belongs to.
pub(super) fn title(facts: &NeutronFacts, id: &str) -> Option<Arc<str>> {
    let name = facts.port_name(id)?;
    let port = facts.ports.get(id)?;
    let is_router = port.name.is_empty() && facts.routers.contains_key(&port.device);
    Some(if is_router { format!("router {name}").into() } else { name.clone() })
}

/// The beginning of a UUID, which is enough to find it: `9b0e4d2a..`.
pub fn short_id(id: &str) -> String {
    match id.get(..8) {
        Some(start) if id.len() > 12 => format!("{start}.."),
        _ => id.to_owned(),
    }
}

/// A map in which a key that two things have leads to neither.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unique<K: std::hash::Hash + Eq, V>(FxHashMap<K, Option<V>>);

impl<K: std::hash::Hash + Eq, V> Default for Unique<K, V> {
    fn default() -> Self {
        Unique(FxHashMap::default())
    }
}

impl<K: std::hash::Hash + Eq, V: PartialEq> Unique<K, V> {
    fn add(&mut self, key: K, value: V) {
        let known = self.0.get(&key).map(|v| v.as_ref() == Some(&value));
        match known {
            None => {
                self.0.insert(key, Some(value));
            }
            Some(true) => {}
            Some(false) => {
                self.0.insert(key, None);
            }
        }
    }

    fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)?.as_ref()
    }
}

impl NodeNames {
    /// No names at all.
    pub fn none() -> &'static NodeNames {
        static NONE: std::sync::LazyLock<NodeNames> = std::sync::LazyLock::new(NodeNames::default);
        &NONE
    }

    /// The names of a node, from everything that the snapshot has.
    pub fn of(node: &Node, snapshot: &Snapshot) -> NodeNames {
        static NO_FACTS: std::sync::LazyLock<NeutronFacts> = std::sync::LazyLock::new(NeutronFacts::default);
        let facts = snapshot.neutron.as_deref().unwrap_or(&NO_FACTS);
        let southbound = snapshot.database("OVN_Southbound").map(|d| &**d);
        let mut names = NodeNames::default();
        let wiring = ports::Wiring::of(node, facts);
        for bridge in &node.bridges {
            names.bridges.insert(bridge.name.clone(), ports::of(bridge, node, facts, &wiring));
        }
        if let Some(database) = node.database.as_deref() {
            names.add_vlans(database, facts);
        }
        names.add_facts(facts);
        if let Some(southbound) = southbound {
            names.add_southbound(southbound, facts);
        }
        node.bridges.iter().for_each(|b| names.add_logical_ports(b));
        for bridge in &node.bridges {
            names.add_zones(&bridge.name, node, southbound);
        }
        names.add_port_addresses();
        names
    }

    /// A port of a bridge.
    pub fn port(&self, bridge: &str, number: u32) -> Option<&PortWord> {
        self.bridges.get(bridge)?.get(&number)
    }

    /// The ports of a bridge, by number.
    pub fn ports(&self, bridge: &str) -> Vec<(u32, &PortWord)> {
        let known = self.bridges.get(bridge).into_iter().flatten();
        let mut ports: Vec<_> = known.map(|(number, port)| (*number, port)).collect();
        ports.sort_unstable_by_key(|(number, _)| *number);
        ports
    }

    /// The network with a local VLAN.
    pub fn network_of_vlan(&self, vlan: u16) -> Option<&NetworkWord> {
        self.vlans.get(&vlan)
    }

    /// The local VLAN that a network has on this node.
    pub fn vlan_of_network(&self, id: &str) -> Option<u16> {
        self.vlans.iter().find(|(_, network)| &*network.id == id).map(|(vlan, _)| *vlan)
    }

    /// The network with a tunnel key.
    pub fn network_of_tunnel_key(&self, key: u32) -> Option<&NetworkWord> {
        self.tunnel_keys.get(&key)
    }

    /// The network that has a VLAN on a physical network, if only one has it.
    pub fn network_of_physical_vlan(&self, vlan: u32) -> Option<&NetworkWord> {
        self.physical_vlans.get(&vlan)
    }

    /// Whose MAC address it is.
    pub fn owner_of_mac(&self, mac: u64) -> Option<&Arc<str>> {
        self.macs.get(&mac)
    }

    /// Whose IP address it is, if only one port of all networks has it.
    pub fn owner_of_address(&self, address: IpAddr) -> Option<&Arc<str>> {
        self.addresses.get(&address)
    }

    /// A logical port of OVN, or a group of them, by the numbers of its datapath and its own.
    pub fn logical_port(&self, datapath: u64, key: u32) -> Option<&LogicalPort> {
        self.logical_ports.get(&(datapath, key))
    }

    /// Whose connections a zone of connection tracking holds.
    pub fn zone(&self, zone: u16) -> Option<&Arc<str>> {
        self.zones.get(&zone)
    }

    /// Local VLANs, as the agent noted them beside each port.
    fn add_vlans(&mut self, database: &Database, facts: &NeutronFacts) {
        for port in database.rows("Port") {
            let Some(id) = port.key("other_config", "net_uuid").filter(|id| !id.is_empty()) else { continue };
            let noted = port.key("other_config", "tag").and_then(|t| t.parse().ok());
            let tag = noted.or_else(|| port.integer("tag")).and_then(|t| u16::try_from(t).ok());
            let text = |key| port.key("other_config", key).filter(|v| v != "None").unwrap_or_default();
            let network = NetworkWord {
                name: facts.network_name(&id).cloned().unwrap_or_default(),
                kind: text("network_type").into(),
                physical: text("physical_network").into(),
                segment: text("segmentation_id").parse().ok(),
                id: id.into(),
            };
            // VLAN 4095 is where ports wait that are not wired yet.
            if let Some(tag) = tag.filter(|t| (1..4095).contains(t)) {
                self.vlans.entry(tag).or_insert_with(|| network.clone());
            }
            self.add_segment(network);
        }
    }

    fn add_segment(&mut self, network: NetworkWord) {
        let Some(segment) = network.segment else { return };
        match &*network.kind {
            "vlan" => self.physical_vlans.add(segment, network),
            "vxlan" | "gre" | "geneve" => self.tunnel_keys.add(segment, network),
            _ => {}
        }
    }

    /// What the networking API says of networks and of the ports of all hosts.
    fn add_facts(&mut self, facts: &NeutronFacts) {
        for network in facts.networks.values() {
            self.add_segment(NetworkWord {
                id: network.id.clone(),
                name: network.name.clone(),
                kind: network.kind.clone(),
                physical: network.physical.clone(),
                segment: network.segment,
            });
        }
        for port in facts.ports.values() {
            let Some(name) = title(facts, &port.id) else { continue };
            port.mac.into_iter().for_each(|mac| self.macs.add(mac, name.clone()));
            port.fixed_ips.iter().for_each(|ip| self.addresses.add(*ip, name.clone()));
        }
        for subnet in facts.subnets.values() {
            let Some(gateway) = subnet.gateway else { continue };
            let of = if subnet.name.is_empty() { &subnet.cidr } else { &subnet.name };
            // A gateway that is a port of a router has the port's name already.
            if !self.addresses.0.contains_key(&gateway) {
                self.addresses.add(gateway, format!("gateway of {of}").into());
            }
        }
    }

    fn add_southbound(&mut self, southbound: &Database, facts: &NeutronFacts) {
        self.logical_ports = southbound::logical_ports(southbound);
        for port in self.logical_ports.values_mut().filter(|p| p.label.is_empty()) {
            port.label = title(facts, &port.name).unwrap_or_default();
        }
        for row in southbound.rows("Port_Binding") {
            let name = ["neutron:port_name", "name"].into_iter().filter_map(|k| row.key("external_ids", k));
            let Some(name) = name.into_iter().find(|n| !n.is_empty()) else { continue };
            let name: Arc<str> = name.into();
            // Each value is a MAC address with the IP addresses behind it.
            for value in row.texts("mac") {
                for word in value.split_ascii_whitespace() {
                    match (mac_address(word), word.parse()) {
                        (Some(mac), _) => self.macs.add(mac, name.clone()),
                        (None, Ok(ip)) => self.addresses.add(ip, name.clone()),
                        (None, Err(_)) => {}
                    }
                }
            }
        }
    }

    /// Without a Southbound, table 0 still says which logical port a port of the bridge is.
    fn add_logical_ports(&mut self, bridge: &Bridge) {
        let Some(table) = bridge.table(0) else { return };
        let mut found = Vec::new();
        for id in table.flows.iter().take(super::signs::SAMPLE) {
            let flow = bridge.flow(*id);
            let actions = &flow.actions().0;
            let value = |id| actions.iter().find_map(|a| written(a, id));
            let (in_port, mask) = flow.word(word::IN_PORT);
            if let (Some(datapath), Some(port), u32::MAX, true) = (
                value(word::METADATA + 1),
                value(word::REG + 14),
                mask,
                actions.iter().any(|a| next_table(a).is_some()),
            ) {
                found.push(((u64::from(datapath), port), in_port));
            }
        }
        for (place, number) in found {
            let Some(port) = self.port(&bridge.name, number) else { continue };
            // A physical network or a tunnel has many logical ports behind one number.
            if !matches!(port.kind, PortKind::Instance) {
                continue;
            }
            let known = LogicalPort { name: port.id.clone(), label: port.label().into(), kind: "".into() };
            self.logical_ports.entry(place).or_insert(known);
        }
    }

    /// Zones, as ovn-controller notes them beside its bridge: `ct-zone-PORT=N`, `ct-zone-DATAPATH_snat=N`.
    fn add_zones(&mut self, bridge: &str, node: &Node, southbound: Option<&Database>) {
        let Some(row) = node.database.as_deref().and_then(|d| d.named("Bridge", bridge)) else { return };
        let Some(Datum::Map(pairs)) = row.columns.get("external_ids") else { return };
        let labels: FxHashMap<&str, &str> =
            self.logical_ports.values().filter(|p| !p.label.is_empty()).map(|p| (&*p.name, &*p.label)).collect();
        let datapath = |id: &str| -> String {
            let row = southbound.and_then(|sb| sb.row("Datapath_Binding", id));
            let name = row.and_then(|r| r.key("external_ids", "name2").or_else(|| r.key("external_ids", "name")));
            name.unwrap_or_else(|| short_id(id))
        };
        let mut zones = Vec::new();
        for (key, value) in pairs {
            let (Atom::String(key), Ok(number)) = (key, value.text().parse::<u16>()) else { continue };
            let Some(owner) = key.strip_prefix("ct-zone-") else { continue };
            let name = match (owner.strip_suffix("_dnat"), owner.strip_suffix("_snat")) {
                (Some(id), _) => format!("DNAT of {}", datapath(id)),
                (_, Some(id)) => format!("SNAT of {}", datapath(id)),
                _ => labels.get(owner).map_or_else(|| short_id(owner), |l| (*l).to_owned()),
            };
            zones.push((number, name.into()));
        }
        self.zones.extend(zones);
    }

    /// MAC addresses that nova noted beside the interfaces.
    fn add_port_addresses(&mut self) {
        let ports = self.bridges.values().flat_map(|ports| ports.values());
        let known: Vec<(u64, Arc<str>)> = ports.filter_map(|p| Some((p.mac?, Arc::from(p.label())))).collect();
        for (mac, name) in known {
            if !self.macs.0.contains_key(&mac) {
                self.macs.add(mac, name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_things_share_names_neither() {
        let mut names: Unique<u8, &str> = Unique::default();
        names.add(1, "a");
        names.add(1, "a");
        assert_eq!(names.get(&1), Some(&"a"));
        names.add(1, "b");
        names.add(1, "a");
        assert_eq!(names.get(&1), None);
    }

    #[test]
    fn ids_are_shortened_where_they_are_long() {
        assert_eq!(short_id("9b0e4d2a-1111-2222-3333-444455556666"), "9b0e4d2a..");
        assert_eq!(short_id("lrp-1"), "lrp-1");
        assert_eq!(short_id("ééééééé-ééééééé"), "éééé..");
    }
}

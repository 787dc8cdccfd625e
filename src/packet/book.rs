//! Who is where: ports of Neutron, of OVN and of the switches, with their addresses and the interfaces they are plugged
//! into.
//!
//! Four sources are put together by the UUID of the Neutron port, the better one first: the networking API, OVN's
//! Northbound (`Logical_Switch_Port`), its Southbound (`Port_Binding`), and the interfaces of the nodes, which have the
//! UUID as their `iface-id`.

use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::neutron_facts::{NeutronFacts, NeutronPort};
use crate::model::ovsdb::{Database, Row};
use crate::model::port::parse_mac;
use crate::model::snapshot::Snapshot;
use crate::neutron::NodeNames;
use crate::neutron::names::{PortKind, PortWord};

/// Everybody a packet can come from or go to.
#[derive(Debug, Default)]
pub struct Book {
    /// The ports.
    pub endpoints: Vec<Endpoint>,
    /// The subnets.
    pub subnets: Vec<Subnet>,
    by_id: FxHashMap<Arc<str>, usize>,
    networks: FxHashMap<Arc<str>, Arc<str>>,
}

/// A port that sends and receives packets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The UUID of the Neutron port; empty if it is none.
    pub id: Arc<str>,
    /// Its name; may be empty.
    pub name: Arc<str>,
    /// The name of the server or router it belongs to; may be empty.
    pub server: Arc<str>,
    /// Its MAC address.
    pub mac: Option<u64>,
    /// Its IP addresses.
    pub ips: Vec<IpAddr>,
    /// The UUID of its network; empty if nobody knows.
    pub network: Arc<str>,
    /// Whether it is how a router is connected to its network.
    pub is_router: bool,
    /// For a subport of a trunk, the UUID of the parent port and the VLAN that the server sends its packets with.
    pub trunk: Option<(Arc<str>, u16)>,
    /// The host it is bound to; empty if nobody knows.
    pub host: Arc<str>,
    /// Where it is plugged in; the likeliest first.
    pub places: Vec<Place>,
}

/// An interface of a switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The node, by its place in the snapshot.
    pub node: usize,
    /// The bridge, by its place in the node.
    pub bridge: usize,
    /// The port's OpenFlow number.
    pub number: u32,
    /// The interface's name.
    pub name: Arc<str>,
    /// Whether it only leads to another bridge: the port is plugged in behind it.
    pub is_patch: bool,
}

/// A range of addresses on a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// The UUID of its network.
    pub network: Arc<str>,
    /// Its first address.
    pub base: IpAddr,
    /// How many bits of it count.
    pub length: u8,
    /// Its gateway.
    pub gateway: Option<IpAddr>,
}

impl Subnet {
    fn of(network: &Arc<str>, cidr: &str, gateway: Option<IpAddr>) -> Option<Subnet> {
        let (base, length) = cidr.split_once('/')?;
        let (base, length) = (base.parse::<IpAddr>().ok()?, length.parse().ok()?);
        let most = if base.is_ipv4() { 32 } else { 128 };
        (length <= most).then(|| Subnet { network: network.clone(), base, length, gateway })
    }

    /// Whether an address is one of it.
    pub fn has(&self, ip: IpAddr) -> bool {
        match (self.base, ip) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= u32::from(self.length),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= u32::from(self.length),
            _ => false,
        }
    }
}

impl Endpoint {
    /// What people call it.
    pub fn label(&self) -> &str {
        let place = self.places.first().map_or(&*self.id, |place| &place.name);
        [&*self.name, &*self.server].into_iter().find(|name| !name.is_empty()).unwrap_or(place)
    }

    /// What tells it from others: its name with its addresses, or with the beginning of its UUID.
    pub fn described(&self) -> String {
        let ips: Vec<String> = self.ips.iter().map(IpAddr::to_string).collect();
        match (ips.is_empty(), self.id.get(..8)) {
            (false, _) => format!("{} ({})", self.label(), ips.join(" ")),
            (true, Some(start)) if !self.label().starts_with(start) => format!("{} ({start}..)", self.label()),
            _ => self.label().to_owned(),
        }
    }
}

impl Book {
    /// Everybody in a snapshot; `names` are what the numbers of its nodes name, in their order.
    pub fn of(snapshot: &Snapshot, names: &[&NodeNames]) -> Book {
        let mut book = Book::default();
        if let Some(facts) = snapshot.neutron.as_deref() {
            book.add_facts(facts);
        }
        if let Some(northbound) = snapshot.database("OVN_Northbound") {
            book.add_northbound(northbound);
        }
        if let Some(southbound) = snapshot.database("OVN_Southbound") {
            book.add_southbound(southbound);
        }
        for (node, (known, names)) in snapshot.nodes.iter().zip(names).enumerate() {
            for (bridge, here) in known.bridges.iter().enumerate() {
                let facts = known.facts.bridge(&here.name);
                for (number, port) in names.ports(&here.name) {
                    let is_patch = matches!(port.kind, PortKind::Patch { .. });
                    let place = Place { node, bridge, number, name: port.name.clone(), is_patch };
                    let interface = facts.and_then(|facts| facts.interface(&port.name));
                    let own = interface.filter(|i| i.kind.as_deref() == Some("internal")).and_then(|i| i.mac_in_use);
                    let network = port.vlan.and_then(|vlan| names.network_of_vlan(vlan)).map(|n| n.id.clone());
                    book.add_place(place, port, own, network.unwrap_or_default());
                }
            }
        }
        for endpoint in &mut book.endpoints {
            endpoint.places.sort_by_key(|place| (place.is_patch, place.node, place.bridge, place.number));
        }
        book
    }

    /// What people call a network.
    pub fn network_label(&self, id: &str) -> String {
        self.networks.get(id).map_or_else(|| crate::neutron::names::short_id(id), ToString::to_string)
    }

    /// Adds a port, or to a port that is known what it lacks.
    fn add(&mut self, endpoint: Endpoint) {
        match self.by_id.get(&endpoint.id) {
            Some(at) => {
                let known = &mut self.endpoints[*at];
                known.trunk = known.trunk.take().or(endpoint.trunk);
            }
            None => {
                self.by_id.insert(endpoint.id.clone(), self.endpoints.len());
                self.endpoints.push(endpoint);
            }
        }
    }

    /// A port by its UUID.
    pub fn endpoint(&self, id: &str) -> Option<&Endpoint> {
        self.by_id.get(id).map(|at| &self.endpoints[*at])
    }

    fn add_facts(&mut self, facts: &NeutronFacts) {
        let mut ports: Vec<&NeutronPort> = facts.ports.values().collect();
        ports.sort_by(|a, b| a.id.cmp(&b.id));
        for port in ports {
            let owner = facts.servers.get(&port.device).or_else(|| facts.routers.get(&port.device));
            self.add(Endpoint {
                id: port.id.clone(),
                name: port.name.clone(),
                server: owner.cloned().unwrap_or_default(),
                mac: port.mac,
                ips: port.fixed_ips.clone(),
                network: port.network.clone(),
                is_router: is_router(&port.device_owner),
                host: port.host.clone(),
                ..Endpoint::default()
            });
        }
        let mut subnets: Vec<_> = facts.subnets.values().collect();
        subnets.sort_by(|a, b| a.id.cmp(&b.id));
        self.subnets.extend(subnets.iter().filter_map(|s| Subnet::of(&s.network, &s.cidr, s.gateway)));
        let named = facts.networks.values().filter(|n| !n.name.is_empty());
        self.networks.extend(named.map(|n| (n.id.clone(), n.name.clone())));
    }

    /// Ports of logical switches (ovn-nb(5)). A port of a router has the addresses of the router's end.
    fn add_northbound(&mut self, northbound: &Database) {
        let router_ports: FxHashMap<String, &Row> =
            northbound.rows("Logical_Router_Port").iter().filter_map(|row| Some((row.text("name")?, row))).collect();
        let switch_ports = by_uuid(northbound, "Logical_Switch_Port");
        let mut routers: FxHashMap<String, Arc<str>> = FxHashMap::default();
        for router in northbound.rows("Logical_Router") {
            let name: Arc<str> = router.key("external_ids", "neutron:router_name").unwrap_or_default().into();
            routers.extend(router.texts("ports").into_iter().map(|port| (port, name.clone())));
        }
        for switch in northbound.rows("Logical_Switch") {
            let network = self.add_network(switch, &["neutron:network_name"]);
            let ports = switch.texts("ports");
            for port in ports.iter().filter_map(|id| switch_ports.get(id.as_str())) {
                let end = port.key("options", "router-port").and_then(|name| router_ports.get(&name));
                let mut addresses = port.texts("addresses");
                if let Some(end) = end {
                    let networks = end.texts("networks");
                    for cidr in &networks {
                        let gateway = cidr.split('/').next().and_then(|ip| ip.parse().ok());
                        self.add_subnet(&network, cidr, gateway);
                    }
                    addresses = vec![end.text("mac").unwrap_or_default() + " " + &networks.join(" ")];
                }
                if matches!(port.text("type").as_deref(), None | Some("" | "router" | "localport")) {
                    let name = port.text("name").unwrap_or_default();
                    let router = end.map(|end| routers.get(&*end.uuid).cloned().unwrap_or_default());
                    self.add_logical(name, port, &addresses, &network, router);
                }
            }
        }
    }

    /// Bindings of logical ports (ovn-sb(5)), for captures without the Northbound.
    fn add_southbound(&mut self, southbound: &Database) {
        let bindings = southbound.rows("Port_Binding");
        let by_name: FxHashMap<String, &Row> =
            bindings.iter().filter_map(|row| Some((row.text("logical_port")?, row))).collect();
        let datapaths = by_uuid(southbound, "Datapath_Binding");
        for row in bindings {
            let Some(datapath) = row.text("datapath").and_then(|id| datapaths.get(id.as_str())) else {
                continue;
            };
            if datapath.key("external_ids", "logical-switch").is_none() {
                continue;
            }
            let network = self.add_network_called(datapath.key("external_ids", "name"), datapath, &["name2"]);
            let end = row.key("options", "peer").and_then(|peer| by_name.get(&peer));
            let addresses = end.map_or_else(|| row.texts("mac"), |end| end.texts("mac"));
            if end.is_some() {
                let words: Vec<&str> = addresses.iter().flat_map(|a| a.split_ascii_whitespace()).collect();
                for cidr in words.into_iter().filter(|word| word.contains('/')) {
                    self.add_subnet(&network, cidr, cidr.split('/').next().and_then(|ip| ip.parse().ok()));
                }
            }
            if matches!(row.text("type").as_deref(), None | Some("" | "patch" | "localport")) {
                let name = row.text("logical_port").unwrap_or_default();
                let router = end.map(|end| {
                    let datapath = end.text("datapath").and_then(|id| datapaths.get(id.as_str()).copied());
                    datapath.and_then(|row| row.key("external_ids", "name2")).unwrap_or_default().into()
                });
                self.add_logical(name, row, &addresses, &network, router);
            }
        }
    }

    fn add_network(&mut self, row: &Row, titles: &[&str]) -> Arc<str> {
        self.add_network_called(row.text("name"), row, titles)
    }

    /// Neutron calls its logical switches `neutron-UUID`.
    fn add_network_called(&mut self, name: Option<String>, row: &Row, titles: &[&str]) -> Arc<str> {
        let name = name.unwrap_or_default();
        let id: Arc<str> = name.strip_prefix("neutron-").unwrap_or(&name).into();
        let title = titles.iter().filter_map(|key| row.key("external_ids", key)).find(|title| !title.is_empty());
        if let Some(title) = title {
            self.networks.entry(id.clone()).or_insert_with(|| title.into());
        }
        id
    }

    fn add_subnet(&mut self, network: &Arc<str>, cidr: &str, gateway: Option<IpAddr>) {
        let Some(subnet) = Subnet::of(network, cidr, gateway) else { return };
        if !self.subnets.iter().any(|s| s.network == *network && s.has(subnet.base)) {
            self.subnets.push(subnet);
        }
    }

    /// A logical port; of a router's, with the name of the router.
    fn add_logical(
        &mut self,
        id: String,
        row: &Row,
        addresses: &[String],
        network: &Arc<str>,
        router: Option<Arc<str>>,
    ) {
        let words: Vec<&str> = addresses.iter().flat_map(|a| a.split_ascii_whitespace()).collect();
        let ip = |word: &&str| word.split('/').next().and_then(|ip| ip.parse().ok());
        // The Northbound and the Southbound call the parent differently.
        let parent = row.text("parent_name").or_else(|| row.text("parent_port")).filter(|name| !name.is_empty());
        let tag = row.integer("tag").and_then(|tag| u16::try_from(tag).ok());
        self.add(Endpoint {
            id: id.into(),
            name: row.key("external_ids", "neutron:port_name").unwrap_or_default().into(),
            is_router: router.is_some(),
            server: router.unwrap_or_default(),
            mac: words.iter().find_map(|word| parse_mac(word)),
            ips: words.iter().filter_map(ip).collect(),
            network: network.clone(),
            trunk: parent.zip(tag).map(|(parent, tag)| (parent.into(), tag)),
            host: row.key("options", "requested-chassis").unwrap_or_default().into(),
            places: Vec::new(),
        });
    }

    /// An interface, which is where a known port is plugged in, or somebody nobody else knows.
    fn add_place(&mut self, place: Place, port: &PortWord, own: Option<u64>, network: Arc<str>) {
        if !port.id.is_empty() {
            if let Some(at) = self.by_id.get(&port.id) {
                let known = &mut self.endpoints[*at];
                known.mac = known.mac.or(port.mac);
                known.places.push(place);
                if known.network.is_empty() {
                    known.network = network;
                }
                return;
            }
        } else if !matches!(port.kind, PortKind::Instance | PortKind::Service(_) | PortKind::Other) {
            return;
        }
        let endpoint = Endpoint {
            id: port.id.clone(),
            name: port.title.clone(),
            mac: port.mac.or(own),
            network,
            places: vec![place],
            ..Endpoint::default()
        };
        match port.id.is_empty() {
            true => self.endpoints.push(endpoint),
            false => self.add(endpoint),
        }
    }
}

fn by_uuid<'a>(database: &'a Database, table: &str) -> FxHashMap<&'a str, &'a Row> {
    database.rows(table).iter().map(|row| (&*row.uuid, row)).collect()
}

/// Whether a port is how a router is connected to its network (neutron_lib/constants.py, `ROUTER_INTERFACE_OWNERS`).
fn is_router(owner: &str) -> bool {
    matches!(
        owner,
        "network:router_interface"
            | "network:router_interface_distributed"
            | "network:ha_router_replicated_interface"
            | "network:router_interface_vpn"
    )
}

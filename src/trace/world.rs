//! A node as packets meet it: the ports of its bridges, and where they lead.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::bond::XBond;
use super::hash::two_words;
use super::tunnel::XTunnel;
use crate::action::Action;
use crate::field::names::port;
use crate::field::proto::ethertype;
use crate::field::slot::word;
use crate::model::bridge::Bridge;
use crate::model::node::Node;
use crate::model::node_facts::{BridgeFacts, InterfaceFacts, value};
use crate::model::store::Shape;

/// The bridges of a node with their ports, ready for traces.
#[derive(Debug)]
pub struct World<'a> {
    /// The node.
    pub node: &'a Node,
    /// Whether the datapath is the kernel's, which numbers queues in its own way.
    pub(super) is_kernel: bool,
    pub(super) bridges: Vec<BridgeWorld<'a>>,
}

/// A bridge with its ports.
#[derive(Debug)]
pub(super) struct BridgeWorld<'a> {
    pub bridge: &'a Bridge,
    /// The ports: LOCAL first, then by number.
    pub ports: Vec<XPort>,
    by_number: FxHashMap<u32, usize>,
    /// The ports by their places, in the order in which FLOOD and ALL serve them.
    pub flooding: Vec<usize>,
    /// The first of the numbers that the datapath gives to the bridge's meters.
    pub first_meter: u32,
    /// Whether a table miss goes to a controller.
    pub miss_to_controller: bool,
    /// Whether reserved addresses are forwarded, too.
    pub forward_bpdu: bool,
    /// Whether groups of receivers are learned, which no capture tells.
    pub snoops: bool,
    /// Whether the switch itself puts tunnels together, rather than the kernel.
    pub is_native: bool,
    /// Whether ports and their VLANs are known.
    pub knows_vlans: bool,
    /// Whether a list of its ports was captured. Without one, those that its flows name are taken to be there.
    pub knows_ports: bool,
}

/// A port of a bridge.
#[derive(Debug, Clone, Default)]
pub(super) struct XPort {
    /// Its OpenFlow number.
    pub number: u32,
    /// Its name.
    pub name: Arc<str>,
    /// Its number in the datapath; a patch port has none.
    pub dp: Option<u32>,
    /// The bridge and port at the other end of a patch port.
    pub peer: Option<(usize, u32)>,
    /// Where packets go that are sent into a tunnel.
    pub tunnel: Option<XTunnel>,
    pub no_forward: bool,
    pub no_receive: bool,
    pub no_flood: bool,
    pub is_up: bool,
    /// The port of the database it belongs to: several interfaces of a bond share one.
    pub group: Arc<str>,
    /// That bond.
    pub bond: Option<Arc<XBond>>,
    pub vlan: Vlan,
}

/// The VLANs of a port (ovs-vswitchd.conf.db(5), Port, "VLAN Configuration").
#[derive(Debug, Clone, Default)]
pub(super) struct Vlan {
    pub mode: VlanMode,
    pub tag: u16,
    pub trunks: Vec<u16>,
    /// The inner VLANs of a dot1q-tunnel; empty means all.
    pub cvlans: Vec<u16>,
    /// The Ethernet type of the tags that a dot1q-tunnel puts on.
    pub qinq: u16,
    pub priority_tags: PriorityTags,
}

/// When packets of VLAN 0 are sent with a tag that holds their priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum PriorityTags {
    #[default]
    Never,
    IfNonzero,
    Always,
}

/// How a port deals with VLAN tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum VlanMode {
    Access,
    #[default]
    Trunk,
    NativeTagged,
    NativeUntagged,
    Dot1qTunnel,
}

impl<'a> World<'a> {
    /// Of a node.
    pub fn of(node: &'a Node) -> World<'a> {
        let mut bridges: Vec<BridgeWorld<'a>> = node.bridges.iter().map(|b| BridgeWorld::of(node, b)).collect();
        let mut meters = 0;
        for bridge in &mut bridges {
            bridge.first_meter = meters;
            meters += bridge.bridge.meters.len() as u32;
        }
        let is_kernel = node.datapaths.iter().any(|d| d.name.starts_with("system@"));
        let mut world = World { node, is_kernel, bridges };
        world.connect();
        world
    }

    /// The place of a bridge.
    pub fn bridge(&self, name: &str) -> Option<usize> {
        self.bridges.iter().position(|b| &*b.bridge.name == name)
    }

    /// Finds the other ends of patch ports.
    fn connect(&mut self) {
        let mut by_name: FxHashMap<Arc<str>, (usize, u32)> = FxHashMap::default();
        for (at, bridge) in self.bridges.iter().enumerate() {
            by_name.extend(bridge.ports.iter().map(|p| (p.name.clone(), (at, p.number))));
        }
        let node = self.node;
        for bridge in &mut self.bridges {
            for port in &mut bridge.ports {
                port.peer = peer(node, &port.name).and_then(|peer| by_name.get(&*peer).copied());
            }
        }
    }
}

/// The number that a port has in the datapath, from what is said of the datapath alone; the OpenFlow number if nothing
/// tells it.
fn dp_number(node: &Node, port: &XPort, interface: Option<&InterfaceFacts>) -> Option<u32> {
    if interface.is_some_and(|i| i.kind.as_deref() == Some("patch")) {
        return None;
    }
    if port.tunnel.is_some() {
        let tunnel = node.tunnels.iter().find(|t| *t.name == *port.name);
        return Some(tunnel.map_or(port.number, |t| t.dp_port));
    }
    let mut ports = node.datapaths.iter().flat_map(|d| &d.ports);
    Some(ports.find(|p| p.name == port.name).map_or(port.number, |p| p.number))
}

/// The name of the port at the other end of a patch port.
fn peer(node: &Node, name: &str) -> Option<Arc<str>> {
    if let Some((_, interface)) = node.facts.interface(name)
        && let Some(peer) = interface.option("peer")
    {
        return Some(peer.into());
    }
    let ports = node.datapaths.iter().flat_map(|d| &d.bridges).flat_map(|b| &b.ports);
    let mut options = ports.filter(|p| &*p.name == name).flat_map(|p| &p.options);
    options.find(|(key, _)| &**key == "peer").map(|(_, peer)| (**peer).into())
}

impl<'a> BridgeWorld<'a> {
    fn of(node: &'a Node, bridge: &'a Bridge) -> BridgeWorld<'a> {
        let facts = node.facts.bridge(&bridge.name);
        let dp_ports: Vec<_> = node
            .datapaths
            .iter()
            .flat_map(|d| &d.bridges)
            .filter(|b| b.name == bridge.name)
            .flat_map(|b| &b.ports)
            .collect();
        let mut ports: Vec<XPort> = bridge
            .ports
            .iter()
            .map(|p| XPort {
                number: p.number,
                name: p.name.clone(),
                no_forward: has(&p.config, "NO_FWD"),
                no_receive: has(&p.config, "NO_RECV"),
                no_flood: has(&p.config, "NO_FLOOD"),
                is_up: !has(&p.config, "PORT_DOWN") && !has(&p.state, "LINK_DOWN"),
                ..XPort::default()
            })
            .collect();
        let add = |ports: &mut Vec<XPort>, number: u32, name: &Arc<str>| {
            if !ports.iter().any(|p| p.number == number) {
                ports.push(XPort { number, name: name.clone(), is_up: true, ..XPort::default() });
            }
        };
        for port in &dp_ports {
            add(&mut ports, port.ofport, &port.name);
        }
        for interface in facts.iter().flat_map(|f| &f.interfaces) {
            if let Some(number) = interface.ofport {
                add(&mut ports, number, &interface.name);
            }
        }
        // A bridge has its own port at least, so a list without any is none.
        let knows_ports = !ports.is_empty();
        if !knows_ports {
            for number in named(bridge) {
                let name = bridge.names.port_name(number).map_or_else(|| number.to_string().into(), Into::into);
                add(&mut ports, number, &name);
            }
        }
        for port in &mut ports {
            port.group = port.name.clone();
            // Names in OpenFlow up to 1.4 are cut at 15 characters; the number is the safer link.
            let interface = facts.and_then(|f| {
                f.interfaces.iter().find(|i| i.ofport == Some(port.number) || i.ofport.is_none() && i.name == port.name)
            });
            if let Some(interface) = interface {
                port.describe(interface);
            }
            let known = dp_ports.iter().find(|p| p.ofport == port.number);
            port.dp = known.map_or_else(|| dp_number(node, port, interface), |p| p.dp_port);
        }
        bonds(node, facts, &mut ports);
        ports.sort_by_key(|p| (p.number != port::LOCAL, p.number));
        let flooding = hash_order(&ports);
        let by_number = ports.iter().enumerate().map(|(at, p)| (p.number, at)).collect();
        BridgeWorld {
            bridge,
            ports,
            by_number,
            flooding,
            first_meter: 0,
            miss_to_controller: facts.is_some_and(|f| {
                !f.controllers.is_empty() && matches!(&f.protocols[..], [only] if &**only == "OpenFlow10")
            }),
            forward_bpdu: facts.is_some_and(|f| value(&f.other_config, "forward-bpdu") == Some("true")),
            snoops: facts.is_some_and(|f| f.mcast_snooping == Some(true)),
            is_native: is_native(node, facts),
            knows_vlans: facts.is_some(),
            knows_ports,
        }
    }

    /// A port by its number.
    pub fn port(&self, number: u32) -> Option<&XPort> {
        self.by_number.get(&number).map(|at| &self.ports[*at])
    }

    /// The number that the datapath gives to a meter. Meters are numbered in the order in which they were added.
    pub fn dp_meter(&self, id: u32) -> Option<u32> {
        let at = self.bridge.meters.iter().position(|m| m.id == id)?;
        Some(self.first_meter + at as u32)
    }
}

/// The ports that flows and groups of a bridge name.
fn named(bridge: &Bridge) -> BTreeSet<u32> {
    let mut found: FxHashSet<u32> = bridge.names.learned().into_iter().map(|(number, _)| number).collect();
    for (_, segment) in bridge.flows.segments() {
        let in_port = |shape: &Arc<Shape>| shape.masks.iter().position(|word| *word == (word::IN_PORT, u32::MAX));
        let places: Vec<Option<usize>> = segment.shapes().iter().map(in_port).collect();
        for (row, shape) in segment.shape_ids().iter().enumerate() {
            found.extend(places[usize::from(*shape)].map(|at| segment.values(row)[at]));
        }
    }
    let mut visit = |action: &Action| match action {
        Action::Output(to) => found.extend([to.port]),
        Action::OutputTrunc(to) => found.extend([to.port]),
        Action::Enqueue(to) => found.extend([to.port]),
        Action::Bundle(bundle) => found.extend(&bundle.members),
        _ => {}
    };
    for (_, segment) in bridge.flows.segments() {
        segment.action_lists().iter().for_each(|list| list.actions.each(&mut visit));
    }
    bridge.groups.iter().flat_map(|group| &group.buckets).for_each(|bucket| bucket.actions.each(&mut visit));
    found.into_iter().filter(|number| (1..port::MAX).contains(number) || *number == port::LOCAL).collect()
}

impl XPort {
    /// Takes what the database says of the interface.
    fn describe(&mut self, interface: &InterfaceFacts) {
        let port = &interface.port;
        self.name = interface.name.clone();
        self.group = port.name.clone();
        let mode = match port.vlan_mode.as_deref() {
            Some("access") => VlanMode::Access,
            Some("native-tagged") => VlanMode::NativeTagged,
            Some("native-untagged") => VlanMode::NativeUntagged,
            Some("dot1q-tunnel") => VlanMode::Dot1qTunnel,
            Some(_) => VlanMode::Trunk,
            None if port.tag.is_some() => VlanMode::Access,
            None => VlanMode::Trunk,
        };
        self.vlan = Vlan {
            mode,
            tag: port.tag.unwrap_or(0),
            trunks: port.trunks.clone(),
            cvlans: port.cvlans.clone(),
            qinq: match value(&port.other_config, "qinq-ethtype") {
                Some("802.1q") => ethertype::VLAN,
                _ => ethertype::VLAN_8021AD,
            },
            priority_tags: match value(&port.other_config, "priority-tags") {
                Some("true" | "if-nonzero") => PriorityTags::IfNonzero,
                Some("always") => PriorityTags::Always,
                _ => PriorityTags::Never,
            },
        };
        let kind = interface.kind.as_deref().unwrap_or("");
        if interface.option("remote_ip").is_some() && kind != "patch" {
            self.tunnel = Some(XTunnel::of(kind, interface));
        }
    }
}

/// Tells ports of the bonds that they belong to.
fn bonds(node: &Node, facts: Option<&BridgeFacts>, ports: &mut [XPort]) {
    let Some(facts) = facts else { return };
    let mut by_port: BTreeMap<&str, Vec<&InterfaceFacts>> = BTreeMap::new();
    for interface in &facts.interfaces {
        by_port.entry(&interface.port.name).or_default().push(interface);
    }
    for (name, interfaces) in by_port.into_iter().filter(|(_, interfaces)| interfaces.len() > 1) {
        let mac = |port: &XPort| interfaces.iter().find(|i| i.name == port.name)?.mac_in_use;
        let members: Vec<_> = ports.iter().filter(|p| &*p.group == name).map(|p| (p, mac(p))).collect();
        let bond = Arc::new(XBond::of(node, &interfaces[0].port, &members));
        ports.iter_mut().filter(|p| &*p.group == name).for_each(|p| p.bond = Some(bond.clone()));
    }
}

/// Whether the switch itself puts tunnels together: it does if its datapath is its own.
fn is_native(node: &Node, facts: Option<&BridgeFacts>) -> bool {
    facts.is_none_or(|f| f.datapath_type.as_deref() == Some("netdev"))
        && node.datapaths.iter().any(|d| d.name.starts_with("netdev@"))
}

fn has(words: &[Box<str>], word: &str) -> bool {
    words.iter().any(|w| &**w == word)
}

impl World<'_> {
    /// A bridge by its place.
    pub fn at(&self, bridge: usize) -> &Bridge {
        self.bridges[bridge].bridge
    }
}

/// The order in which Open vSwitch walks through the ports of a bridge: through the hash table they were put in, LOCAL
/// first and then by number (lib/hmap.c). A new entry stands first in its bucket, and growing turns buckets around.
fn hash_order(ports: &[XPort]) -> Vec<usize> {
    let mut mask = 0;
    // Each bucket with its first entry last.
    let mut buckets: Vec<Vec<usize>> = vec![Vec::new()];
    for (at, port) in ports.iter().enumerate() {
        buckets[(two_words(port.number, 0) & mask) as usize].push(at);
        let n = at as u32 + 1;
        if n / 2 > mask {
            mask = (n / 2 + 1).next_power_of_two() - 1;
            mask |= (mask & 1) << 1;
            let old = std::mem::replace(&mut buckets, vec![Vec::new(); mask as usize + 1]);
            for entry in old.iter().flat_map(|bucket| bucket.iter().rev()) {
                buckets[(two_words(ports[*entry].number, 0) & mask) as usize].push(*entry);
            }
        }
    }
    buckets.iter().flat_map(|bucket| bucket.iter().rev()).copied().collect()
}

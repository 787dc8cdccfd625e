//! What Neutron's Open vSwitch agent made on a node: its bridges, its ports, and the flows of each port.

use rustc_hash::FxHashMap;

use crate::action::{Action, Actions};
use crate::check::{BridgeCx, Cx};
use crate::field::slot::{WordId, word};
use crate::model::bridge::FlowId;
use crate::model::flow::TableId;
use crate::model::naming::Kind;
use crate::model::node_facts::{InterfaceFacts, value};

/// reg5 carries the OpenFlow number of the port that is filtered (`REG_PORT`).
pub const REG_PORT: WordId = word::REG + 5;
/// reg6 carries the local VLAN (`REG_NET`).
pub const REG_NET: WordId = word::REG + 6;
/// reg7 carries the conjunction that let the packet in (`REG_REMOTE_GROUP`).
pub const REG_REMOTE: WordId = word::REG + 7;
/// The VLAN of ports that wait for the agent (`DEAD_VLAN_TAG`).
pub const DEAD_VLAN: u16 = 4095;

/// What the agent made.
pub struct Agent<'a> {
    /// The integration bridge, by its place in the node.
    pub int: usize,
    /// The tunnel bridge.
    pub tun: Option<usize>,
    /// The bridges to physical networks.
    pub providers: Vec<Provider>,
    /// The ports of Neutron on the integration bridge, as the database has them.
    pub ports: Vec<Vif<'a>>,
    /// The ports that table 60 takes packets from, by number.
    pub entries: Vec<Entry>,
    /// Whether the Open vSwitch firewall filters here.
    pub has_firewall: bool,
    /// Whether distributed routing is on.
    pub has_dvr: bool,
    /// Flows of the integration bridge that match reg5, by its value, in the order of the dump.
    by_port: FxHashMap<u32, Vec<FlowId>>,
    /// The place of each port among the ports, by its OpenFlow number.
    numbered: FxHashMap<u32, usize>,
}

/// A bridge to a physical network.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its place in the node; nothing if it is not there.
    pub at: Option<usize>,
    /// The port of the integration bridge that leads there.
    pub int_port: u32,
    /// Its name.
    pub int_name: String,
    /// The port that leads back.
    pub phy_port: Option<u32>,
}

/// A port of Neutron.
pub struct Vif<'a> {
    /// Its row.
    pub interface: &'a InterfaceFacts,
    /// The UUID of the Neutron port.
    pub id: &'a str,
}

/// A flow of table 60 that takes packets from a port (priority 100).
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The port.
    pub number: u32,
    /// The local VLAN that it writes into reg6.
    pub vlan: u16,
    /// Whether it leads to the firewall (71), and not around it (73).
    pub is_filtered: bool,
    /// The flow.
    pub flow: FlowId,
}

impl<'a> Vif<'a> {
    /// Its OpenFlow number.
    pub fn number(&self) -> Option<u32> {
        self.interface.ofport
    }

    /// Its local VLAN, if it is wired.
    pub fn vlan(&self) -> Option<u16> {
        self.interface.port.tag.filter(|t| (1..DEAD_VLAN).contains(t))
    }

    /// Something that the agent noted beside the port, such as `network_type`.
    pub fn note(&self, key: &str) -> Option<&'a str> {
        value(&self.interface.port.other_config, key).filter(|v| *v != "None")
    }

    /// The number of its network on the wire.
    pub fn segment(&self) -> Option<u32> {
        self.note("segmentation_id")?.parse().ok()
    }

    /// Whether its network goes through tunnels.
    pub fn is_tunnelled(&self) -> bool {
        matches!(self.note("network_type"), Some("vxlan" | "gre" | "geneve"))
    }

    /// The MAC address of what is behind it.
    pub fn mac(&self) -> Option<u64> {
        self.interface.external_id("attached-mac").and_then(crate::model::port::parse_mac)
    }
}

impl<'a> Agent<'a> {
    /// What the agent made on a node, if it wrote the integration bridge.
    pub fn of(cx: &Cx<'a>) -> Option<Agent<'a>> {
        let int = cx.kind(Kind::Integration).next()?;
        let facts = int.facts;
        let interfaces = facts.into_iter().flat_map(|f| &f.interfaces);
        let vif = |interface: &'a InterfaceFacts| Some(Vif { interface, id: interface.external_id("iface-id")? });
        let ports: Vec<Vif<'a>> = interfaces.filter_map(vif).collect();
        let numbered = ports.iter().enumerate().filter_map(|(at, p)| Some((p.number()?, at))).collect();
        let mut entries: Vec<Entry> = int.table(60).iter().filter_map(|id| entry(int, *id)).collect();
        entries.sort_by_key(|e| (e.number, e.flow));
        let mut agent = Agent {
            int: int.at,
            tun: cx.kind(Kind::Tunnel).next().map(|b| b.at),
            providers: providers(cx, int),
            ports,
            numbered,
            entries,
            has_firewall: [71, 72, 81, 82].iter().all(|t| !int.table(*t).is_empty()),
            has_dvr: int.table(1).len() > 1 || int.table(2).len() > 1 || !int.table(3).is_empty(),
            by_port: FxHashMap::default(),
        };
        for (start, segment) in int.bridge.flows.segments() {
            let at: Vec<Option<usize>> = segment
                .shapes()
                .iter()
                .map(|s| s.masks.iter().position(|(id, mask)| *id == REG_PORT && *mask == u32::MAX))
                .collect();
            for (row, shape) in segment.shape_ids().iter().enumerate() {
                if let Some(at) = at[usize::from(*shape)] {
                    agent.by_port.entry(segment.values(row)[at]).or_default().push(start + row as FlowId);
                }
            }
        }
        Some(agent)
    }

    /// The integration bridge.
    pub fn int<'c>(&self, cx: &'c Cx<'a>) -> &'c BridgeCx<'a> {
        &cx.bridges[self.int]
    }

    /// The tunnel bridge.
    pub fn tun<'c>(&self, cx: &'c Cx<'a>) -> Option<&'c BridgeCx<'a>> {
        self.tun.map(|at| &cx.bridges[at])
    }

    /// The flows of a port: those that match its number in reg5.
    pub fn flows_of(&self, number: u32) -> &[FlowId] {
        self.by_port.get(&number).map_or(&[], Vec::as_slice)
    }

    /// The numbers that flows match in reg5.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.by_port.keys().copied()
    }

    /// The flow of table 60 that takes packets from a port.
    pub fn entry(&self, number: u32) -> Option<&Entry> {
        let at = self.entries.binary_search_by_key(&number, |e| e.number).ok()?;
        Some(&self.entries[at])
    }

    /// The Neutron port with an OpenFlow number.
    pub fn port(&self, number: u32) -> Option<&Vif<'a>> {
        Some(&self.ports[*self.numbered.get(&number)?])
    }

    /// One port of each local VLAN in use.
    pub fn networks(&self) -> Vec<(u16, &Vif<'a>)> {
        let mut networks: Vec<(u16, &Vif<'a>)> = self.ports.iter().filter_map(|p| Some((p.vlan()?, p))).collect();
        networks.sort_by_key(|(vlan, _)| *vlan);
        networks.dedup_by_key(|(vlan, _)| *vlan);
        networks
    }
}

fn entry(int: &BridgeCx<'_>, id: FlowId) -> Option<Entry> {
    let flow = int.bridge.flow(id);
    let number = int.exact(id, word::IN_PORT)?;
    let actions = flow.actions();
    let to = next_table(actions)?;
    let vlan = u16::try_from(written(actions, REG_NET)?).ok()?;
    (written(actions, REG_PORT) == Some(number) && matches!(to, 71 | 73)).then_some(Entry {
        number,
        vlan,
        is_filtered: to == 71,
        flow: id,
    })
}

/// The patch ports `int-BRIDGE` of the integration bridge, each with the bridge behind it.
fn providers(cx: &Cx<'_>, int: &BridgeCx<'_>) -> Vec<Provider> {
    let mut named: Vec<(u32, String)> = Vec::new();
    for interface in int.facts.into_iter().flat_map(|f| &f.interfaces) {
        let is_provider = interface.kind.as_deref() == Some("patch")
            && interface.option("peer").is_some_and(|p| p.starts_with("phy-"));
        if let Some(number) = interface.ofport.filter(|_| is_provider || interface.name.starts_with("int-")) {
            named.push((number, interface.name.to_string()));
        }
    }
    for port in int.bridge.ports.iter().filter(|p| p.name.starts_with("int-")) {
        if !named.iter().any(|(n, _)| *n == port.number) {
            named.push((port.number, port.name.to_string()));
        }
    }
    let provider = |(int_port, int_name): (u32, String)| {
        let patch = int.interface(int_port).and_then(|i| i.option("peer"));
        let phy = patch.map_or_else(|| int_name.replacen("int-", "phy-", 1), str::to_owned);
        let found = cx.bridges.iter().find_map(|b| {
            let listed = b.bridge.ports.iter().find(|p| *p.name == *phy).map(|p| p.number);
            let noted = b.facts.and_then(|f| f.interface(&phy)).and_then(|i| i.ofport);
            Some((b.at, noted.or(listed)?))
        });
        Provider { at: found.map(|(at, _)| at), int_port, int_name, phy_port: found.map(|(_, n)| n) }
    };
    named.into_iter().map(provider).collect()
}

/// The value that actions write into the whole of a word.
pub fn written(actions: &Actions, id: WordId) -> Option<u32> {
    actions.0.iter().find_map(|action| match action {
        Action::SetField(set) => {
            let slot = set.field.slot;
            let mut parts = slot.spread(&set.value).zip(slot.spread(&set.mask));
            parts.find(|((word, _), (_, mask))| *word == id && *mask != 0).map(|((_, value), _)| value)
        }
        _ => None,
    })
}

/// The local VLAN that actions put on packets.
pub fn vlan_written(actions: &Actions) -> Option<u16> {
    written(actions, word::VLAN).map(|tci| (tci & 0xfff) as u16)
}

/// The first table that actions lead to.
pub fn next_table(actions: &Actions) -> Option<TableId> {
    actions.0.iter().find_map(|action| match action {
        Action::Resubmit(a) => a.table,
        Action::GotoTable(a) => Some(a.0),
        Action::Ct(ct) => ct.table,
        _ => None,
    })
}

/// The VLAN that a flow matches exactly; nothing for untagged packets and for any.
pub fn vlan_matched(bridge: &BridgeCx<'_>, id: FlowId) -> Option<u16> {
    let (value, mask) = bridge.bridge.flow(id).word(word::VLAN);
    (mask & 0xfff == 0xfff).then_some((value & 0xfff) as u16)
}

/// Whether a flow matches packets without a VLAN tag.
pub fn is_untagged(bridge: &BridgeCx<'_>, id: FlowId) -> bool {
    let (value, mask) = bridge.bridge.flow(id).word(word::VLAN);
    mask & 0x1000 != 0 && value & 0x1000 == 0
}

/// The destination MAC address that a flow matches exactly.
pub fn destination(bridge: &BridgeCx<'_>, id: FlowId) -> Option<u64> {
    mac(bridge, id, word::ETH_DST)
}

/// The source MAC address that a flow matches exactly.
pub fn source(bridge: &BridgeCx<'_>, id: FlowId) -> Option<u64> {
    mac(bridge, id, word::ETH_SRC)
}

fn mac(bridge: &BridgeCx<'_>, id: FlowId, first: WordId) -> Option<u64> {
    let flow = bridge.bridge.flow(id);
    let ((high, high_mask), (low, low_mask)) = (flow.word(first), flow.word(first + 1));
    (high_mask == 0xffff && low_mask == u32::MAX).then_some(u64::from(high) << 32 | u64::from(low))
}

/// The Ethernet type and the IP protocol that a flow matches; 0 for any.
pub fn protocol(bridge: &BridgeCx<'_>, id: FlowId) -> (u16, u8) {
    let (value, mask) = bridge.bridge.flow(id).word(word::TYPE);
    let kind = if mask >> 16 == 0xffff { value >> 16 } else { 0 };
    let proto = if mask >> 8 & 0xff == 0xff { value >> 8 & 0xff } else { 0 };
    (kind as u16, proto as u8)
}

/// The ICMPv6 type that a flow matches.
pub fn icmp6_type(bridge: &BridgeCx<'_>, id: FlowId) -> Option<u8> {
    let (value, mask) = bridge.bridge.flow(id).word(word::TP);
    (protocol(bridge, id) == (0x86dd, 58) && mask >> 16 != 0).then_some((value >> 16) as u8)
}

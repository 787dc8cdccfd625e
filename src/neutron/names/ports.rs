//! The ports of one bridge: what each is, and what people call it.

use std::net::Ipv4Addr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::signs;
use crate::field::names::port;
use crate::model::bridge::Bridge;
use crate::model::neutron_facts::{NeutronFacts, NeutronPort};
use crate::model::node::Node;
use crate::model::node_facts::TUNNELS;
use crate::model::ovsdb::Row;

/// A port of a bridge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortWord {
    /// Its name in the switch, such as `tapd36318fe-d4`.
    pub name: Arc<str>,
    /// What it is.
    pub kind: PortKind,
    /// The UUID of the Neutron port; empty if it is none.
    pub id: Arc<str>,
    /// What people call the Neutron port, or the server it belongs to; empty if nobody knows.
    pub title: Arc<str>,
    /// The MAC address of the instance behind it.
    pub mac: Option<u64>,
    /// The local VLAN.
    pub vlan: Option<u16>,
    /// The UUID of the instance behind it; empty if nobody knows.
    pub instance: Arc<str>,
}

/// What a port is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PortKind {
    /// Nobody knows.
    #[default]
    Other,
    /// The port of an instance.
    Instance,
    /// The port of a router, a DHCP server or another service of Neutron; in words.
    Service(&'static str),
    /// Leads to another bridge of the same switch.
    Patch {
        /// The port at the other end.
        peer: Arc<str>,
        /// The other bridge; empty if nobody knows.
        bridge: Arc<str>,
    },
    /// Leads through a tunnel to another host.
    Tunnel {
        /// Such as `vxlan`.
        kind: Arc<str>,
        /// The other end; empty if flows choose it.
        remote: Arc<str>,
    },
    /// The bridge's own port.
    Bridge,
}

impl PortWord {
    /// What people call it: its title, else its name in the switch.
    pub fn label(&self) -> &str {
        if self.title.is_empty() { &self.name } else { &self.title }
    }
}

/// Interface names that Neutron makes, by their beginning (`neutron_lib/constants.py`, `os_vif`).
const MADE: [(&str, Made); 12] = [
    ("tap", Made::Instance),
    ("qvo", Made::Instance),
    ("vhu", Made::Instance),
    ("qr-", Made::Service("the port of a router")),
    ("qg-", Made::Service("the gateway port of a router")),
    ("sg-", Made::Service("the SNAT port of a distributed router")),
    ("fg-", Made::Service("the floating IP gateway of distributed routers")),
    ("ha-", Made::Service("the port by which the hosts of a highly available router watch each other")),
    ("tpi-", Made::Instance),
    ("spi-", Made::Instance),
    ("tpt-", Made::Service("the parent port of a trunk")),
    ("spt-", Made::Service("a subport of a trunk")),
];

#[derive(Clone, Copy)]
enum Made {
    Instance,
    Service(&'static str),
}

/// The length of a Neutron port's UUID in the name of its interface: 14 characters with the prefix.
const ID_IN_NAME: usize = 11;

/// What is looked up for every bridge of a node, worked out once.
pub(super) struct Wiring<'a> {
    bridges: FxHashMap<String, signs::Ports<'a>>,
    /// Which bridge each interface belongs to, by the interface's name.
    of_interface: FxHashMap<String, Arc<str>>,
    /// The Neutron ports by the part of their UUID that interfaces are named after.
    by_start: FxHashMap<&'a str, &'a NeutronPort>,
}

impl<'a> Wiring<'a> {
    pub(super) fn of(node: &'a Node, facts: &'a NeutronFacts) -> Wiring<'a> {
        let bridges = node.database.as_deref().map(signs::wiring).unwrap_or_default();
        let mut of_interface = FxHashMap::default();
        for (bridge, ports) in &bridges {
            let bridge: Arc<str> = bridge.as_str().into();
            let interfaces = ports.iter().flat_map(|(_, interfaces)| interfaces);
            of_interface.extend(interfaces.filter_map(|i| Some((i.text("name")?, bridge.clone()))));
        }
        let by_start = facts.ports.values().filter_map(|p| Some((p.id.get(..ID_IN_NAME)?, p))).collect();
        Wiring { bridges, of_interface, by_start }
    }
}

/// The ports of a bridge by number.
pub(super) fn of(bridge: &Bridge, node: &Node, facts: &NeutronFacts, wiring: &Wiring<'_>) -> FxHashMap<u32, PortWord> {
    let mut ports: FxHashMap<u32, PortWord> = FxHashMap::default();
    let numbered = bridge.ports.iter().map(|p| (p.number, p.name.clone()));
    for (number, name) in numbered.chain(bridge.names.ports()).chain(bridge.names.learned()) {
        ports.entry(number).or_insert_with(|| by_name(number, name, bridge));
    }
    // OpenFlow cuts names at 15 characters, so a name may stand for several interfaces; then only numbers count.
    let mut by_name: FxHashMap<Arc<str>, Vec<u32>> = FxHashMap::default();
    ports.iter().for_each(|(number, p)| by_name.entry(p.name.clone()).or_default().push(*number));
    let wired = wiring.bridges.get(&*bridge.name).into_iter().flatten();
    for (row, interface) in wired.flat_map(|(row, interfaces)| interfaces.iter().map(move |i| (row, i))) {
        let name = interface.text("name").unwrap_or_default();
        let short: &str = &name.chars().take(15).collect::<String>();
        let told = interface.integer("ofport").and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        let named = match by_name.get(name.as_str()).or_else(|| by_name.get(short)).map(Vec::as_slice) {
            Some([one]) => Some(*one),
            _ => None,
        };
        let Some(number) = told.or(named) else { continue };
        let port = ports.entry(number).or_insert_with(|| self::by_name(number, name.as_str().into(), bridge));
        port.name = name.as_str().into();
        add_rows(port, number, row, interface, &wiring.of_interface);
    }
    for port in ports.values_mut() {
        add_facts(port, facts, &wiring.by_start);
    }
    for tunnel in &node.tunnels {
        for port in ports.values_mut().filter(|p| *p.name == *tunnel.name) {
            if let PortKind::Tunnel { remote, .. } = &mut port.kind
                && remote.is_empty()
                && &*tunnel.remote != "flow"
            {
                *remote = (&*tunnel.remote).into();
            }
        }
    }
    ports
}

/// What a name alone says.
fn by_name(number: u32, name: Arc<str>, bridge: &Bridge) -> PortWord {
    let made = MADE.iter().find(|(prefix, _)| name.starts_with(prefix) && name.len() > prefix.len());
    let kind = if number == port::LOCAL || name == bridge.name {
        PortKind::Bridge
    } else if let Some((_, made)) = made {
        match made {
            Made::Instance => PortKind::Instance,
            Made::Service(what) => PortKind::Service(what),
        }
    } else if let Some((kind, remote)) = tunnel_by_name(&name) {
        PortKind::Tunnel { kind: kind.into(), remote }
    } else if let Some((peer, to)) = patch_by_name(&name) {
        PortKind::Patch { peer, bridge: to }
    } else {
        PortKind::Other
    };
    PortWord { name, kind, ..PortWord::default() }
}

/// `vxlan-0a000005` leads to 10.0.0.5 (`OVSNeutronAgent.get_tunnel_name`); other ends are hashed into the name.
fn tunnel_by_name(name: &str) -> Option<(&'static str, Arc<str>)> {
    let (kind, rest) =
        ["vxlan", "gre", "geneve"].into_iter().find_map(|k| Some((k, name.strip_prefix(k)?.strip_prefix('-')?)))?;
    let address = u32::from_str_radix(rest, 16).ok().filter(|_| rest.len() == 8).map(Ipv4Addr::from);
    Some((kind, address.map_or_else(Arc::default, |a| a.to_string().into())))
}

/// The patch ports between the agent's bridges have fixed names.
fn patch_by_name(name: &str) -> Option<(Arc<str>, Arc<str>)> {
    match name {
        "patch-tun" => Some(("patch-int".into(), "br-tun".into())),
        "patch-int" => Some(("patch-tun".into(), "br-int".into())),
        _ => {
            let (peer, bridge) = name
                .strip_prefix("int-")
                .map(|b| (format!("phy-{b}"), b))
                .or_else(|| name.strip_prefix("phy-").map(|b| (format!("int-{b}"), "br-int")))?;
            Some((peer.into(), bridge.into()))
        }
    }
}

/// What the database says of a port.
fn add_rows(port: &mut PortWord, number: u32, row: &Row, interface: &Row, bridges: &FxHashMap<String, Arc<str>>) {
    let external = |key| interface.key("external_ids", key).unwrap_or_default();
    let option = |key| interface.key("options", key).unwrap_or_default();
    port.id = external("iface-id").into();
    port.mac = mac(&external("attached-mac")).or(port.mac);
    port.instance = ["vm-uuid", "vm-id"].map(external).into_iter().find(|v| !v.is_empty()).unwrap_or_default().into();
    port.vlan = row.integer("tag").and_then(|t| u16::try_from(t).ok());
    let kind = interface.text("type").unwrap_or_default();
    match kind.as_str() {
        "patch" => {
            let peer = option("peer");
            let bridge = bridges.get(&peer).cloned().unwrap_or_default();
            // The patch ports of a trunk bridge stand for Neutron ports, and matter as such.
            if port.id.is_empty() || !matches!(port.kind, PortKind::Instance) {
                port.kind = PortKind::Patch { peer: peer.into(), bridge };
            }
        }
        kind if TUNNELS.contains(&kind) => {
            let remote = Some(option("remote_ip")).filter(|r| r != "flow").unwrap_or_default();
            port.kind = PortKind::Tunnel { kind: kind.into(), remote: remote.into() };
        }
        _ if number == port::LOCAL => port.kind = PortKind::Bridge,
        _ if !port.id.is_empty() && port.kind == PortKind::Other => port.kind = PortKind::Instance,
        _ => {}
    }
}

/// What the networking API says of a port.
fn add_facts(port: &mut PortWord, facts: &NeutronFacts, by_start: &FxHashMap<&str, &NeutronPort>) {
    if port.id.is_empty() {
        let start = MADE.iter().find_map(|(prefix, _)| port.name.strip_prefix(prefix));
        let known = start.and_then(|rest| by_start.get(rest.get(..ID_IN_NAME)?));
        port.id = known.map(|p| p.id.clone()).unwrap_or_default();
    }
    let Some(known) = facts.ports.get(&port.id) else { return };
    port.title = super::title(facts, &port.id).unwrap_or_default();
    port.mac = port.mac.or(known.mac);
    let service = match &*known.device_owner {
        "network:dhcp" => Some("the port of a DHCP server"),
        "network:distributed" => Some("the port of the metadata service"),
        "network:router_gateway" => Some("the gateway port of a router"),
        owner if owner.starts_with("network:") && port.kind == PortKind::Instance => Some("a port of Neutron's own"),
        _ => None,
    };
    if let Some(what) = service {
        port.kind = PortKind::Service(what);
    }
}

/// Reads a MAC address of six bytes with two digits each.
pub(in super::super) fn mac(text: &str) -> Option<u64> {
    let mut mac = 0;
    let mut bytes = 0;
    for part in text.split(':') {
        if bytes == 6 || part.len() != 2 || !part.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        mac = mac << 8 | u64::from_str_radix(part, 16).ok()?;
        bytes += 1;
    }
    (bytes == 6).then_some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_alone_say_a_lot() {
        let bridge = Bridge { name: "br-int".into(), ..Bridge::default() };
        let kind = |name: &str| by_name(7, name.into(), &bridge).kind;
        assert_eq!(kind("tapd36318fe-d4"), PortKind::Instance);
        assert_eq!(kind("qr-3a0a1fcb-ca"), PortKind::Service("the port of a router"));
        assert_eq!(kind("vxlan-ac10000c"), PortKind::Tunnel { kind: "vxlan".into(), remote: "172.16.0.12".into() });
        assert_eq!(kind("int-br-ex"), PortKind::Patch { peer: "phy-br-ex".into(), bridge: "br-ex".into() });
        assert_eq!(kind("br-int"), PortKind::Bridge);
        assert_eq!(kind("eth0"), PortKind::Other);
        assert_eq!(by_name(port::LOCAL, "x".into(), &bridge).kind, PortKind::Bridge);
    }

    #[test]
    fn mac_addresses() {
        assert_eq!(mac("fa:16:3e:00:00:01"), Some(0xfa16_3e00_0001));
        for bad in ["", "fa:16:3e:00:00", "fa:16:3e:00:00:01:02", "fa:16:3e:00:00:+1"] {
            assert_eq!(mac(bad), None, "{bad}");
        }
    }
}

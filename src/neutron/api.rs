//! The JSON of the networking API, as far as flows can be named after it.
//!
//! Read is what `GET /v2.0/ports` and its neighbours answer, `{"ports": [..]}`, a bare list of the same, what
//! `openstack .. list -f json` prints, and the `topology.json` of a test lab. Keys that nobody needs are skipped;
//! values of the wrong shape are complaints, never failures.

mod security;

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::names::mac_address;
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::model::neutron_facts::{NeutronFacts, NeutronNetwork, NeutronPort, NeutronSubnet};
use crate::model::security::SecurityGroupRule;

/// What a file of the API holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Ports.
    Ports,
    /// Networks.
    Networks,
    /// Subnets.
    Subnets,
    /// Security groups.
    SecurityGroups,
    /// Routers.
    Routers,
    /// Servers.
    Servers,
    /// The topology of a test lab: hosts with their instances.
    Topology,
    /// Rules of security groups.
    SecurityGroupRules,
    /// Groups of addresses.
    AddressGroups,
    /// Firewall groups.
    FirewallGroups,
    /// Firewall policies.
    FirewallPolicies,
    /// Rules of firewall policies.
    FirewallRules,
    /// Floating IP addresses.
    FloatingIps,
    /// Quality of service policies.
    QosPolicies,
    /// Logs of security groups.
    Logs,
}

impl Kind {
    /// The kinds with the key that stands around them in the API.
    pub const NAMES: [(Kind, &'static str); 15] = [
        (Kind::Ports, "ports"),
        (Kind::Networks, "networks"),
        (Kind::Subnets, "subnets"),
        (Kind::SecurityGroups, "security_groups"),
        (Kind::Routers, "routers"),
        (Kind::Servers, "servers"),
        (Kind::Topology, "hosts"),
        (Kind::SecurityGroupRules, "security_group_rules"),
        (Kind::AddressGroups, "address_groups"),
        (Kind::FirewallGroups, "firewall_groups"),
        (Kind::FirewallPolicies, "firewall_policies"),
        (Kind::FirewallRules, "firewall_rules"),
        (Kind::FloatingIps, "floatingips"),
        (Kind::QosPolicies, "policies"),
        (Kind::Logs, "logs"),
    ];

    /// The key.
    pub fn name(self) -> &'static str {
        Kind::NAMES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

/// What was read, and what was wrong with the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read<T> {
    /// What was read.
    pub items: Vec<T>,
    /// What was not understood.
    pub found: Vec<Diagnostic>,
}

/// Complaints about one file, at most.
const COMPLAINTS: usize = 100;

/// A name with the UUID it belongs to.
pub type Named = (Arc<str>, Arc<str>);

/// Reads ports.
pub fn read_ports(text: &str) -> Read<NeutronPort> {
    read(text, Kind::Ports, port)
}

/// Reads networks.
pub fn read_networks(text: &str) -> Read<NeutronNetwork> {
    read(text, Kind::Networks, network)
}

/// Reads subnets.
pub fn read_subnets(text: &str) -> Read<NeutronSubnet> {
    read(text, Kind::Subnets, subnet)
}

/// Reads the names of security groups.
pub fn read_security_groups(text: &str) -> Read<Named> {
    read(text, Kind::SecurityGroups, named)
}

/// Reads the names of routers.
pub fn read_routers(text: &str) -> Read<Named> {
    read(text, Kind::Routers, named)
}

/// Reads the names of servers.
pub fn read_servers(text: &str) -> Read<Named> {
    read(text, Kind::Servers, named)
}

/// Reads the topology of a test lab: the port of each instance, under the instance's name.
pub fn read_topology(text: &str) -> Read<NeutronPort> {
    let mut found = Vec::new();
    let mut items = Vec::new();
    match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            let hosts = value.get(Kind::Topology.name()).and_then(Value::as_object);
            if hosts.is_none() {
                found.push(complaint("no-hosts", "no object `hosts` in a topology"));
            }
            for (host, value) in hosts.into_iter().flatten() {
                let instances = value.get("vms").and_then(Value::as_object).into_iter().flatten();
                items.extend(instances.filter_map(|(name, vm)| lab_port(host, name, vm.as_object()?)));
            }
        }
        Err(e) => found.push(broken(text, &e)),
    }
    Read { items, found }
}

/// What kind of file it is, by the key around it or the keys of its first element.
pub fn sniff(text: &str) -> Option<Kind> {
    let value: Value = serde_json::from_str(text).ok()?;
    kind_of(&value)
}

fn kind_of(value: &Value) -> Option<Kind> {
    if let Some(object) = value.as_object() {
        let around = |(_, name): &&(Kind, &str)| object.get(*name).is_some_and(|v| v.is_array() || v.is_object());
        return Kind::NAMES.iter().find(around).map(|(kind, _)| *kind);
    }
    let first = value.as_array()?.first()?.as_object()?;
    let has = |keys: &[&str]| keys.iter().any(|k| first.contains_key(*k));
    let signs: [(Kind, &[&str]); 8] = [
        (Kind::SecurityGroupRules, &["ethertype", "IP Protocol"]),
        (Kind::FloatingIps, &["floating_ip_address", "Floating IP Address"]),
        (Kind::Ports, &["mac_address", "MAC Address"]),
        (Kind::Subnets, &["cidr", "Subnet"]),
        (Kind::SecurityGroups, &["security_group_rules"]),
        (Kind::Routers, &["external_gateway_info", "Distributed"]),
        (Kind::Servers, &["OS-EXT-STS:vm_state", "Flavor", "Networks"]),
        (Kind::Networks, &["subnets", "Subnets"]),
    ];
    signs.into_iter().find(|(_, keys)| has(keys)).map(|(kind, _)| kind)
}

/// Adds what a file holds to what is known. Tells what kind of file it was, and what was wrong with it.
pub fn add(facts: &mut NeutronFacts, text: &str) -> (Option<Kind>, Vec<Diagnostic>) {
    fn keep<T>(read: Read<T>, mut put: impl FnMut(T)) -> Vec<Diagnostic> {
        read.items.into_iter().for_each(&mut put);
        read.found
    }
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        Err(e) => return (None, vec![broken(text, &e)]),
    };
    let Some(kind) = kind_of(&value) else {
        return (None, vec![complaint("unknown-kind", "no ports, networks or other things of the networking API")]);
    };
    let found = match kind {
        Kind::Ports => keep(list(&value, kind, port), |p| {
            facts.ports.insert(p.id.clone(), p);
        }),
        Kind::Networks => keep(list(&value, kind, network), |n| {
            facts.networks.insert(n.id.clone(), n);
        }),
        Kind::Subnets => keep(list(&value, kind, subnet), |s| {
            facts.subnets.insert(s.id.clone(), s);
        }),
        Kind::SecurityGroups => keep(list(&value, kind, group), |((id, name), rules)| {
            facts.security_groups.insert(id, name);
            facts.security_group_rules.extend(rules.into_iter().map(|r| (r.id.clone(), r)));
        }),
        Kind::SecurityGroupRules => keep(list(&value, kind, security::rule), |r| {
            facts.security_group_rules.insert(r.id.clone(), r);
        }),
        Kind::AddressGroups => keep(list(&value, kind, security::address_group), |g| {
            facts.address_groups.insert(g.id.clone(), g);
        }),
        Kind::FirewallGroups => keep(list(&value, kind, security::firewall_group), |g| {
            facts.firewall_groups.insert(g.id.clone(), g);
        }),
        Kind::FirewallPolicies => keep(list(&value, kind, security::firewall_policy), |p| {
            facts.firewall_policies.insert(p.id.clone(), p);
        }),
        Kind::FirewallRules => keep(list(&value, kind, security::firewall_rule), |r| {
            facts.firewall_rules.insert(r.id.clone(), r);
        }),
        Kind::FloatingIps => keep(list(&value, kind, security::floating_ip), |f| {
            facts.floating_ips.insert(f.id.clone(), f);
        }),
        Kind::QosPolicies => keep(list(&value, kind, named), |(id, name)| {
            facts.qos_policies.insert(id, name);
        }),
        Kind::Logs => keep(list(&value, kind, security::log), |log| {
            facts.logs.insert(log.id.clone(), log);
        }),
        Kind::Routers => keep(list(&value, kind, named), |(id, name)| {
            facts.routers.insert(id, name);
        }),
        Kind::Servers => keep(list(&value, kind, named), |(id, name)| {
            facts.servers.insert(id, name);
        }),
        // The lab's names only fill gaps: a port of the API knows more.
        Kind::Topology => keep(read_topology(text), |p| {
            let known = facts.ports.entry(p.id.clone()).or_insert_with(|| p.clone());
            if known.name.is_empty() {
                known.name = p.name;
            }
        }),
    };
    (Some(kind), found)
}

fn complaint(code: &'static str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::warning(code, Span::default(), message)
}

fn broken(text: &str, e: &serde_json::Error) -> Diagnostic {
    let line_start: usize = text.split_inclusive('\n').take(e.line().saturating_sub(1)).map(str::len).sum();
    let at = line_start + e.column().saturating_sub(1);
    Diagnostic::error("no-json", Span::new(at, at + 1), format!("the text is no JSON: {e}"))
}

fn read<T>(text: &str, kind: Kind, item: impl Fn(&Map<String, Value>) -> Result<T, String>) -> Read<T> {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => list(&value, kind, item),
        Err(e) => Read { items: Vec::new(), found: vec![broken(text, &e)] },
    }
}

/// The elements of a list, bare or below its key.
fn list<T>(value: &Value, kind: Kind, item: impl Fn(&Map<String, Value>) -> Result<T, String>) -> Read<T> {
    let mut out = Read { items: Vec::new(), found: Vec::new() };
    let Some(elements) = value.as_array().or_else(|| value.get(kind.name())?.as_array()) else {
        out.found.push(complaint("no-list", format!("no list `{}`", kind.name())));
        return out;
    };
    for (at, element) in elements.iter().enumerate() {
        let read = element.as_object().ok_or_else(|| "it is no object".to_owned()).and_then(&item);
        match read {
            Ok(read) => out.items.push(read),
            Err(why) if out.found.len() < COMPLAINTS => {
                out.found
                    .push(complaint("bad-element", format!("element {at} of `{}` is left out: {why}", kind.name())));
            }
            Err(_) => {}
        }
    }
    out
}

/// The text of the first key that is there; the second is the one that `openstack .. list` prints.
fn text(object: &Map<String, Value>, keys: &[&str]) -> Arc<str> {
    keys.iter().find_map(|k| object.get(*k)?.as_str()).unwrap_or_default().into()
}

/// The UUID, without which an element is good for nothing.
fn id(object: &Map<String, Value>) -> Result<Arc<str>, String> {
    let id = text(object, &["id", "ID"]);
    if id.is_empty() { Err("it has no `id`".to_owned()) } else { Ok(id) }
}

fn named(object: &Map<String, Value>) -> Result<Named, String> {
    Ok((id(object)?, text(object, &["name", "Name"])))
}

/// A security group with the rules that stand inside it.
fn group(object: &Map<String, Value>) -> Result<(Named, Vec<SecurityGroupRule>), String> {
    Ok((named(object)?, security::rules_inside(object)))
}

fn port(object: &Map<String, Value>) -> Result<NeutronPort, String> {
    let addresses = ["fixed_ips", "Fixed IP Addresses"].iter().find_map(|k| object.get(*k)?.as_array());
    let address = |ip: &Value| ip.get("ip_address")?.as_str()?.parse::<IpAddr>().ok();
    let groups = object.get("security_groups").and_then(Value::as_array);
    Ok(NeutronPort {
        id: id(object)?,
        name: text(object, &["name", "Name"]),
        mac: mac_address(&text(object, &["mac_address", "MAC Address"])),
        fixed_ips: addresses.into_iter().flatten().filter_map(address).collect(),
        network: text(object, &["network_id"]),
        device: text(object, &["device_id"]),
        device_owner: text(object, &["device_owner", "Device Owner"]),
        host: text(object, &["binding:host_id"]),
        security_groups: groups.into_iter().flatten().filter_map(|g| g.as_str().map(Arc::from)).collect(),
        port_security: object.get("port_security_enabled").and_then(Value::as_bool),
        address_pairs: security::address_pairs(object),
        qos_policy: text(object, &["qos_policy_id"]),
    })
}

fn network(object: &Map<String, Value>) -> Result<NeutronNetwork, String> {
    let segment = object.get("provider:segmentation_id").and_then(Value::as_u64);
    Ok(NeutronNetwork {
        id: id(object)?,
        name: text(object, &["name", "Name"]),
        kind: text(object, &["provider:network_type", "Network Type"]),
        physical: text(object, &["provider:physical_network"]),
        segment: segment.and_then(|n| u32::try_from(n).ok()),
    })
}

fn subnet(object: &Map<String, Value>) -> Result<NeutronSubnet, String> {
    Ok(NeutronSubnet {
        id: id(object)?,
        name: text(object, &["name", "Name"]),
        network: text(object, &["network_id", "Network"]),
        cidr: text(object, &["cidr", "Subnet"]),
        gateway: text(object, &["gateway_ip"]).parse().ok(),
    })
}

/// An instance of a lab; one without a port is left out.
fn lab_port(host: &str, name: &str, vm: &Map<String, Value>) -> Option<NeutronPort> {
    let id = Some(text(vm, &["port_id"])).filter(|id| !id.is_empty())?;
    let ips = vm.get("ips").and_then(Value::as_array).into_iter().flatten();
    Some(NeutronPort {
        id,
        name: name.into(),
        mac: mac_address(&text(vm, &["mac"])),
        fixed_ips: ips.filter_map(|ip| ip.as_str()?.parse().ok()).collect(),
        host: host.into(),
        ..NeutronPort::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_as_the_api_and_the_client_print_them() {
        let api = r#"{"ports": [{"id": "p1", "name": "db-2", "mac_address": "fa:16:3e:00:00:01", "network_id": "n",
            "fixed_ips": [{"ip_address": "10.0.0.12", "subnet_id": "s"}, {"ip_address": 7}], "device_id": "d",
            "device_owner": "compute:nova", "binding:host_id": "cmp-07", "security_groups": ["g"],
            "port_security_enabled": true, "never_heard_of": {"x": [1]}}]}"#;
        let read = read_ports(api);
        assert_eq!(read.found, []);
        let port = &read.items[0];
        assert_eq!((&*port.name, port.mac, port.fixed_ips.len()), ("db-2", Some(0xfa16_3e00_0001), 1));
        assert_eq!((&*port.host, port.port_security, port.security_groups.len()), ("cmp-07", Some(true), 1));
        let client = r#"[{"ID": "p1", "Name": "db-2", "MAC Address": "fa:16:3e:00:00:01",
            "Fixed IP Addresses": [{"subnet_id": "s", "ip_address": "10.0.0.12"}], "Status": "ACTIVE"}]"#;
        assert_eq!(sniff(client), Some(Kind::Ports));
        assert_eq!(read_ports(client).items[0].fixed_ips, port.fixed_ips);
    }

    #[test]
    fn wrong_shapes_are_complaints() {
        let messages = |text: &str| read_networks(text).found.into_iter().map(|d| d.message).collect::<Vec<_>>();
        assert_eq!(
            messages(r#"{"networks": [7, {"name": "x"}, {"id": "n"}]}"#),
            [
                "element 0 of `networks` is left out: it is no object",
                "element 1 of `networks` is left out: it has no `id`",
            ]
        );
        assert_eq!(messages(r#"{"networks": {}}"#), ["no list `networks`"]);
        let broken = read_networks("{\n  \"networks\": [}").found.remove(0);
        assert!(broken.is_error() && broken.span.start == 17, "{broken:?}");
        // As deep as a stack would hold, and deeper.
        let deep = "[".repeat(100_000);
        assert!(read_ports(&deep).found[0].is_error());
        assert_eq!(add(&mut NeutronFacts::default(), "{}").0, None);
    }

    #[test]
    fn files_are_put_together() {
        let mut facts = NeutronFacts::default();
        let files = [
            (r#"{"ports": [{"id": "p1", "name": "", "device_id": "vm"}, {"id": "p2", "name": "web"}]}"#, Kind::Ports),
            (
                r#"{"hosts": {"c1": {"vms": {"db": {"port_id": "p1", "ips": ["10.0.0.1", 3]}, "x": 5}}}}"#,
                Kind::Topology,
            ),
            (r#"{"security_groups": [{"id": "g", "name": "db"}]}"#, Kind::SecurityGroups),
            (r#"{"subnets": [{"id": "s", "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.254"}]}"#, Kind::Subnets),
            (r#"{"routers": [{"id": "r", "name": "r1"}]}"#, Kind::Routers),
            (r#"[{"ID": "vm", "Name": "db-server", "Networks": {}}]"#, Kind::Servers),
            (r#"{"networks": [{"id": "n", "name": "blue", "provider:segmentation_id": 1180}]}"#, Kind::Networks),
        ];
        for (text, kind) in files {
            assert_eq!(add(&mut facts, text), (Some(kind), Vec::new()));
        }
        assert_eq!(facts.port_name("p1").map(|n| &**n), Some("db"));
        assert_eq!(facts.networks["n"].segment, Some(1180));
        assert_eq!((facts.routers.len(), facts.servers.len(), facts.subnets.len()), (1, 1, 1));
    }
}

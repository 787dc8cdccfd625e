//! What the networking API of OpenStack says, as far as flows can be named after it.
//!
//! Plain values, as the API gives them: `neutron::api` reads them from JSON. Nothing here is checked against a switch.

use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::security::{
    AddressGroup, AddressPair, FirewallGroup, FirewallPolicy, FirewallRule, FloatingIp, SecurityGroupRule, SecurityLog,
};

/// What is known of ports, networks and the rest, each by its UUID.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NeutronFacts {
    /// The ports.
    pub ports: FxHashMap<Arc<str>, NeutronPort>,
    /// The networks.
    pub networks: FxHashMap<Arc<str>, NeutronNetwork>,
    /// The subnets.
    pub subnets: FxHashMap<Arc<str>, NeutronSubnet>,
    /// The names of security groups.
    pub security_groups: FxHashMap<Arc<str>, Arc<str>>,
    /// The names of routers.
    pub routers: FxHashMap<Arc<str>, Arc<str>>,
    /// The names of servers, by the UUID that ports have as their device.
    pub servers: FxHashMap<Arc<str>, Arc<str>>,
    /// The rules of security groups.
    pub security_group_rules: FxHashMap<Arc<str>, SecurityGroupRule>,
    /// Groups of addresses.
    pub address_groups: FxHashMap<Arc<str>, AddressGroup>,
    /// Firewall groups.
    pub firewall_groups: FxHashMap<Arc<str>, FirewallGroup>,
    /// Firewall policies.
    pub firewall_policies: FxHashMap<Arc<str>, FirewallPolicy>,
    /// Rules of firewall policies.
    pub firewall_rules: FxHashMap<Arc<str>, FirewallRule>,
    /// Floating IP addresses.
    pub floating_ips: FxHashMap<Arc<str>, FloatingIp>,
    /// The names of quality of service policies.
    pub qos_policies: FxHashMap<Arc<str>, Arc<str>>,
    /// Logs of security groups.
    pub logs: FxHashMap<Arc<str>, SecurityLog>,
}

/// A port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NeutronPort {
    /// Its UUID.
    pub id: Arc<str>,
    /// Its name; often empty.
    pub name: Arc<str>,
    /// Its MAC address.
    pub mac: Option<u64>,
    /// Its addresses.
    pub fixed_ips: Vec<IpAddr>,
    /// The UUID of its network.
    pub network: Arc<str>,
    /// The UUID of what it belongs to: a server, a router.
    pub device: Arc<str>,
    /// What kind of thing that is, such as `compute:nova` or `network:dhcp`.
    pub device_owner: Arc<str>,
    /// The host it is bound to; empty if it is not bound.
    pub host: Arc<str>,
    /// The UUIDs of its security groups.
    pub security_groups: Vec<Arc<str>>,
    /// Whether addresses are checked and groups apply; `None` where the API does not say.
    pub port_security: Option<bool>,
    /// What it may use beside its own addresses.
    pub address_pairs: Vec<AddressPair>,
    /// The UUID of its quality of service policy; empty if it has none.
    pub qos_policy: Arc<str>,
}

/// A network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NeutronNetwork {
    /// Its UUID.
    pub id: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// How it is made: `vxlan`, `vlan`, `flat`, `geneve`, `gre`, `local`; empty for those who may not see that.
    pub kind: Arc<str>,
    /// The physical network, for `vlan` and `flat`.
    pub physical: Arc<str>,
    /// Its VNI or VLAN.
    pub segment: Option<u32>,
}

/// A subnet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NeutronSubnet {
    /// Its UUID.
    pub id: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The UUID of its network.
    pub network: Arc<str>,
    /// Its addresses, as written.
    pub cidr: Arc<str>,
    /// Its gateway.
    pub gateway: Option<IpAddr>,
}

impl NeutronFacts {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty()
            && self.networks.is_empty()
            && self.subnets.is_empty()
            && self.security_groups.is_empty()
            && self.routers.is_empty()
            && self.servers.is_empty()
            && self.security_group_rules.is_empty()
            && self.address_groups.is_empty()
            && self.firewall_groups.is_empty()
            && self.firewall_policies.is_empty()
            && self.firewall_rules.is_empty()
            && self.floating_ips.is_empty()
            && self.qos_policies.is_empty()
            && self.logs.is_empty()
    }

    /// What people call a port: its own name, else that of its server or router; `None` if it has no name.
    pub fn port_name(&self, id: &str) -> Option<&Arc<str>> {
        let port = self.ports.get(id)?;
        let device = || self.servers.get(&port.device).or_else(|| self.routers.get(&port.device));
        Some(&port.name).filter(|n| !n.is_empty()).or_else(device).filter(|n| !n.is_empty())
    }

    /// The rules of a security group, in an order that does not change.
    pub fn rules_of(&self, group: &str) -> Vec<&SecurityGroupRule> {
        let mut rules: Vec<_> = self.security_group_rules.values().filter(|r| &*r.group == group).collect();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        rules
    }

    /// The name of a network; `None` if it has none.
    pub fn network_name(&self, id: &str) -> Option<&Arc<str>> {
        self.networks.get(id).map(|n| &n.name).filter(|n| !n.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_called_by_its_name_or_its_server() {
        let mut facts = NeutronFacts::default();
        let port = |name: &str| NeutronPort { name: name.into(), device: "d".into(), ..NeutronPort::default() };
        facts.ports.insert("a".into(), port("db-2"));
        facts.ports.insert("b".into(), port(""));
        assert_eq!(facts.port_name("a").map(|n| &**n), Some("db-2"));
        assert_eq!(facts.port_name("b"), None);
        facts.servers.insert("d".into(), "web-1".into());
        assert_eq!(facts.port_name("b").map(|n| &**n), Some("web-1"));
        assert_eq!(facts.port_name("c"), None);
    }
}

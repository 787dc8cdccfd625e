//! Who wanted a flow: an object of Neutron or OVN, an agent, or a person; and how that is known.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::bridge::FlowId;

/// The system that an owner belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    /// Neutron: ports, networks, routers, security groups.
    Neutron,
    /// Firewall as a service, beside Neutron.
    Fwaas,
    /// OVN's Northbound and Southbound.
    Ovn,
    /// A program on the node itself.
    Agent,
    /// A person.
    Hand,
    /// Nobody knows.
    Unknown,
}

impl System {
    /// The systems with their names in JSON and in filters.
    pub const NAMES: [(System, &'static str); 6] = [
        (System::Neutron, "neutron"),
        (System::Fwaas, "fwaas"),
        (System::Ovn, "ovn"),
        (System::Agent, "agent"),
        (System::Hand, "hand"),
        (System::Unknown, "unknown"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(system, _)| *system == self).map_or("", |(_, name)| name)
    }
}

/// What kind of object an owner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OwnerKind {
    /// A rule of a security group.
    SecurityGroupRule,
    /// A security group.
    SecurityGroup,
    /// A rule of a firewall policy.
    FirewallRule,
    /// A firewall policy.
    FirewallPolicy,
    /// A firewall group.
    FirewallGroup,
    /// An ACL of OVN's Northbound.
    Acl,
    /// Another row of OVN's Northbound.
    NorthboundRow,
    /// A logical flow of OVN's Southbound.
    LogicalFlow,
    /// Another row of OVN's Southbound, such as a port binding.
    SouthboundRow,
    /// A port.
    Port,
    /// A server.
    Server,
    /// A network.
    Network,
    /// A subnet.
    Subnet,
    /// A router.
    Router,
    /// A floating IP address.
    FloatingIp,
    /// A quality of service policy.
    QosPolicy,
    /// A log of a security group.
    Log,
    /// Another host at the end of a tunnel.
    TunnelPeer,
    /// What every bridge of this kind has: defaults, entries of pipelines.
    Base,
    /// A program, by the cookie it gives its flows.
    Agent,
    /// A person.
    Person,
}

impl OwnerKind {
    /// The kinds with their names in JSON.
    pub const NAMES: [(OwnerKind, &'static str); 21] = [
        (OwnerKind::SecurityGroupRule, "security-group-rule"),
        (OwnerKind::SecurityGroup, "security-group"),
        (OwnerKind::FirewallRule, "firewall-rule"),
        (OwnerKind::FirewallPolicy, "firewall-policy"),
        (OwnerKind::FirewallGroup, "firewall-group"),
        (OwnerKind::Acl, "acl"),
        (OwnerKind::NorthboundRow, "northbound-row"),
        (OwnerKind::LogicalFlow, "logical-flow"),
        (OwnerKind::SouthboundRow, "southbound-row"),
        (OwnerKind::Port, "port"),
        (OwnerKind::Server, "server"),
        (OwnerKind::Network, "network"),
        (OwnerKind::Subnet, "subnet"),
        (OwnerKind::Router, "router"),
        (OwnerKind::FloatingIp, "floating-ip"),
        (OwnerKind::QosPolicy, "qos-policy"),
        (OwnerKind::Log, "log"),
        (OwnerKind::TunnelPeer, "tunnel-peer"),
        (OwnerKind::Base, "base"),
        (OwnerKind::Agent, "agent"),
        (OwnerKind::Person, "person"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// Its name in running text.
    pub fn words(self) -> String {
        self.name().replace('-', " ")
    }
}

/// How an owner is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum How {
    /// The flow's cookie names it.
    Cookie,
    /// The flow has the shape that only it has: table, priority, registers, conjunction.
    Pattern,
    /// What the networking API says of the object leads to exactly this flow.
    NeutronFile,
    /// A database says so: Open_vSwitch, OVN's Northbound or Southbound.
    Database,
    /// It is likely, no more.
    Guessed,
}

impl How {
    /// The ways with what is said of them.
    pub const NAMES: [(How, &'static str); 5] = [
        (How::Cookie, "from cookie"),
        (How::Pattern, "from pattern"),
        (How::NeutronFile, "from the neutron file"),
        (How::Database, "from the database"),
        (How::Guessed, "guessed"),
    ];

    /// What is said of it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(how, _)| *how == self).map_or("", |(_, name)| name)
    }
}

/// Who wanted a flow.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner {
    /// The system it belongs to.
    pub system: System,
    /// What kind of object it is.
    pub kind: OwnerKind,
    /// Its UUID, or what else it is found by; empty if that is not known.
    pub id: Arc<str>,
    /// What people call it, in words; empty if nobody knows.
    pub name: Arc<str>,
    /// How it is known.
    pub why: How,
}

impl Owner {
    /// The id that stands beside the name in texts, where it tells more than the name does.
    pub fn id_beside_name(&self) -> Option<&str> {
        let tells_more = !self.id.is_empty() && !self.name.is_empty() && self.kind != OwnerKind::Base;
        tells_more.then_some(&*self.id)
    }

    /// Whether it is a rule that wanted the flow and that the networking API, which was captured too, no longer has.
    pub fn is_gone(&self) -> bool {
        self.kind == OwnerKind::SecurityGroupRule && self.id.is_empty() && self.why == How::NeutronFile
    }

    /// What people call it, or else its id, or else its kind.
    pub fn label(&self) -> String {
        match (self.name.is_empty(), self.id.is_empty()) {
            (false, _) => self.name.to_string(),
            (true, false) => format!("{} {}", self.kind.words(), self.id),
            (true, true) => self.kind.words(),
        }
    }
}

/// The owners of all flows of a bridge. Many flows have the same owners, so each list of owners is kept once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnerTable {
    lists: Vec<Box<[Owner]>>,
    of: Vec<u32>,
}

impl OwnerTable {
    /// The owners of flows, in the order of the flows.
    pub fn new(flows: impl IntoIterator<Item = Vec<Owner>>) -> OwnerTable {
        let mut known: FxHashMap<Vec<Owner>, u32> = FxHashMap::default();
        let mut table = OwnerTable::default();
        for owners in flows {
            let next = table.lists.len() as u32;
            let at = *known.entry(owners).or_insert_with_key(|owners| {
                table.lists.push(owners.clone().into());
                next
            });
            table.of.push(at);
        }
        table
    }

    /// The different lists of owners.
    pub fn lists(&self) -> &[Box<[Owner]>] {
        &self.lists
    }

    /// Which of the lists a flow has; `None` for a flow that is not of this bridge.
    pub fn list(&self, flow: FlowId) -> Option<usize> {
        self.of.get(flow as usize).map(|at| *at as usize)
    }

    /// The owners of a flow, the most specific one first.
    pub fn of(&self, flow: FlowId) -> &[Owner] {
        self.list(flow).map_or(&[], |at| &self.lists[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lists_of_owners_are_kept_once() {
        let owner = |id: &str| Owner {
            system: System::Neutron,
            kind: OwnerKind::Port,
            id: id.into(),
            name: "".into(),
            why: How::Pattern,
        };
        let table = OwnerTable::new([vec![owner("a")], vec![], vec![owner("a")]]);
        assert_eq!(table.lists().len(), 2);
        assert_eq!(table.of(2), [owner("a")]);
        assert_eq!((table.of(1).len(), table.of(3).len()), (0, 0));
        assert_eq!(owner("a").label(), "port a");
    }

    #[test]
    fn every_value_has_a_name_of_its_own() {
        let mut names: Vec<&str> = OwnerKind::NAMES.iter().map(|(_, n)| *n).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), OwnerKind::NAMES.len());
        assert_eq!((System::Hand.name(), How::NeutronFile.name()), ("hand", "from the neutron file"));
    }
}

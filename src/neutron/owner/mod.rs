//! Who wanted each flow of a bridge: rules of security groups and firewalls, ports, networks, OVN's rows, agents, people.
//!
//! [`Owners`] is built once for a bridge and then asked flow by flow. A flow has several owners, the most specific one
//! first: the rule, its group, the port, the network, the agent that wrote it. Each says how it is known. What nobody can
//! know, such as the rules where no list of the networking API is there, is left out or said as a guess.

mod base;
mod firewall;
pub mod fwaas;
mod objects;
mod ovn;

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

pub use firewall::SecurityGroups;
pub use objects::Objects;
pub use ovn::{Acl, OvnRows};

use super::NodeNames;
use super::security_group::{Missing, audit};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::naming::{Kind, Naming};
use crate::model::neutron_facts::NeutronFacts;
use crate::model::node::Node;
use crate::model::owner::{How, Owner, OwnerKind, OwnerTable, System};
use crate::model::snapshot::Snapshot;

/// Who wanted the flows of one bridge.
#[derive(Debug)]
pub struct Owners {
    bridge: Arc<Bridge>,
    facts: Arc<NeutronFacts>,
    kind: Kind,
    system: Arc<str>,
    objects: Objects,
    groups: SecurityGroups,
    ovn: OvnRows,
    /// How many flows have each cookie.
    cookies: FxHashMap<u64, u32>,
    table: OnceLock<OwnerTable>,
}

impl Owners {
    /// Of a bridge, from everything that the snapshot has.
    pub fn of_bridge(
        bridge: &Arc<Bridge>,
        node: &Node,
        names: &NodeNames,
        naming: &Naming,
        snapshot: &Snapshot,
    ) -> Owners {
        let facts = snapshot.neutron.clone().unwrap_or_default();
        let mut cookies = FxHashMap::default();
        for (_, segment) in bridge.flows.segments() {
            for head in segment.head_ids() {
                let head = &segment.heads()[usize::from(*head)];
                *cookies.entry(head.cookie).or_insert(0) += 1;
            }
        }
        let groups = match naming.kind {
            Kind::Integration => SecurityGroups::of(bridge, names, &facts),
            _ => SecurityGroups::default(),
        };
        Owners {
            bridge: bridge.clone(),
            kind: naming.kind,
            system: naming.system.clone(),
            objects: Objects::of(bridge, node, names, &facts),
            groups,
            ovn: if naming.kind == Kind::OvnIntegration {
                OvnRows::of(bridge, snapshot, &facts)
            } else {
                OvnRows::default()
            },
            facts,
            cookies,
            table: OnceLock::new(),
        }
    }

    /// The owners of a flow, the most specific one first.
    pub fn of(&self, flow: FlowId) -> Vec<Owner> {
        let flow = self.bridge.flow(flow);
        let mut found = Vec::new();
        match self.kind {
            Kind::OvnIntegration => {
                self.ovn.owners(&self.facts, flow, &mut found);
                self.objects.owners(self.kind, flow, &mut found);
            }
            Kind::Unknown | Kind::OvnProvider => {}
            kind => {
                if kind == Kind::Integration {
                    self.groups.owners(&self.facts, flow, &mut found);
                    fwaas::owners(&self.facts, &self.groups.ports, flow, &mut found);
                }
                let base = base::owner(kind, flow);
                let is_known = !found.is_empty() || base.is_some();
                found.extend(base);
                self.objects.owners(kind, flow, &mut found);
                found.push(self.agent(flow.cookie(), is_known));
            }
        }
        found
    }

    /// The owners of all flows.
    pub fn table(&self) -> &OwnerTable {
        self.table.get_or_init(|| OwnerTable::new((0..self.bridge.flows.len() as FlowId).map(|id| self.of(id))))
    }

    /// The same, if it was worked out before.
    pub fn table_if_known(&self) -> Option<&OwnerTable> {
        self.table.get()
    }

    /// What is known of security groups on the bridge.
    pub fn groups(&self) -> &SecurityGroups {
        &self.groups
    }

    /// The rules of security groups some of whose flows are missing, port by port.
    pub fn missing(&self) -> Vec<Missing<'_>> {
        let SecurityGroups { rules, ports, conjunctions } = &self.groups;
        audit::missing(&self.bridge, &self.facts, rules, ports, conjunctions)
    }

    /// The ACLs of OVN behind a flow.
    pub fn acls(&self, flow: FlowId) -> Vec<Acl> {
        self.ovn.acls(self.bridge.flow(flow))
    }

    /// The Neutron port or the end of a tunnel behind a number of the bridge.
    pub fn port(&self, number: u32) -> Option<&Owner> {
        self.objects.port(number)
    }

    /// Who wrote a flow, by its cookie. The agent's cookies are random numbers that many flows share; a flow without one,
    /// or one of an unknown kind that is alone with its cookie, came from somebody else.
    fn agent(&self, cookie: u64, is_known: bool) -> Owner {
        let shared = self.cookies.get(&cookie).copied().unwrap_or(0) > 1;
        if cookie == 0 || !shared && !is_known {
            return by_hand();
        }
        Owner {
            system: System::Agent,
            kind: OwnerKind::Agent,
            id: format!("{cookie:#x}").into(),
            name: self.system.clone(),
            why: How::Cookie,
        }
    }
}

/// An owner of Neutron's.
fn neutron(kind: OwnerKind, id: &str, name: impl Into<Arc<str>>, why: How) -> Owner {
    Owner { system: System::Neutron, kind, id: id.into(), name: name.into(), why }
}

/// Somebody who wrote a flow or an ACL without the system that owns the others.
fn by_hand() -> Owner {
    Owner {
        system: System::Hand,
        kind: OwnerKind::Person,
        id: "".into(),
        name: "somebody by hand".into(),
        why: How::Guessed,
    }
}

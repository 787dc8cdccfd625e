//! What the tables and registers of a bridge are called, and what they are for.
//!
//! Numbers mean something only to the program that installs the flows. Whoever knows that program, Neutron's agent or
//! ovn-controller, says it here; everything that shows or filters flows asks here.

use std::sync::Arc;

use super::flow::TableId;
use crate::field::FieldId;

/// The names for one bridge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Naming {
    /// What kind of bridge it is.
    pub kind: Kind,
    /// Who installs the flows, in words, such as `neutron openvswitch agent` or `OVN 23.03`; empty if nobody knows.
    pub system: Arc<str>,
    /// How that is known, in words.
    pub evidence: Arc<str>,
    /// What the bridge is for, in a sentence; empty if nobody knows.
    pub role: Arc<str>,
    /// The tables, by number.
    pub tables: Vec<TableWord>,
    /// The registers and other fields that carry something.
    pub registers: Vec<RegisterWord>,
    /// The logical datapaths of OVN, by key; empty for everybody else.
    pub datapaths: Vec<DatapathWord>,
}

/// The kinds of bridges that programs make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// Nobody knows.
    #[default]
    Unknown,
    /// ML2/OVS: the integration bridge, br-int.
    Integration,
    /// ML2/OVS: the tunnel bridge, br-tun.
    Tunnel,
    /// ML2/OVS: a bridge to a physical network.
    Provider,
    /// ML2/OVS: the bridge of a trunk port, tbr-ID.
    Trunk,
    /// A bridge to the outside that the L3 agent plugs its ports into.
    External,
    /// OVN: the integration bridge.
    OvnIntegration,
    /// OVN: a bridge to a physical network.
    OvnProvider,
}

impl Kind {
    /// Whether ovn-controller owns the flows, or those of the bridge beside it.
    pub fn is_ovn(self) -> bool {
        matches!(self, Kind::OvnIntegration | Kind::OvnProvider)
    }
}

/// What a logical datapath of OVN is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// A logical switch: a network of Neutron.
    Switch,
    /// A logical router.
    Router,
}

/// A logical datapath.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatapathWord {
    /// Its number, as the field `metadata` has it.
    pub key: u64,
    /// What it is, if that is known.
    pub scope: Option<Scope>,
    /// What people call it; empty if nobody knows.
    pub name: Arc<str>,
}

/// What a table is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableWord {
    /// Its number.
    pub id: TableId,
    /// Its name, as the source of the program has it, such as `RULES_INGRESS`. In OVN two stages may share a table;
    /// their names then stand beside each other, as in `ls_in_acl / lr_in_dnat`.
    pub name: Arc<str>,
    /// What it is for, in one or two sentences.
    pub doc: Arc<str>,
    /// The constant in the program's source, and since when it is there; empty if nobody knows.
    pub origin: Arc<str>,
}

impl TableWord {
    /// The part of the name that is about logical switches or routers, where it has two parts.
    pub fn name_in(&self, scope: Option<Scope>) -> &str {
        let prefix = match scope {
            Some(Scope::Switch) => "ls_",
            Some(Scope::Router) => "lr_",
            None => return &self.name,
        };
        self.name.split(" / ").find(|part| part.starts_with(prefix)).unwrap_or(&self.name)
    }
}

/// What some bits of a field carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterWord {
    /// The field.
    pub field: FieldId,
    /// The lowest bit, and how many.
    pub bits: (u16, u16),
    /// Its name, such as `REG_PORT`.
    pub name: Arc<str>,
    /// What it carries.
    pub doc: Arc<str>,
    /// What the number is, so that it can be shown as a name.
    pub carries: Carries,
    /// The datapaths in which it carries that; `None` for all.
    pub scope: Option<Scope>,
}

/// What kind of thing a number names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Carries {
    /// An OpenFlow port of this bridge.
    Port,
    /// A local VLAN, which stands for a network.
    LocalVlan,
    /// The number of a logical datapath.
    Datapath,
    /// The number of a logical port.
    LogicalPort,
    /// A conjunction.
    Conjunction,
    /// A zone of connection tracking.
    Zone,
    /// The number of a network on the wire, such as a VNI.
    Segment,
    /// An IPv4 address, if the packet is IPv4; one of IPv6 takes more than these bits.
    Ipv4,
    /// 1 when an earlier table refused the packet, so that the table which drops it has not decided about it.
    Refusal,
    /// Only bits.
    Bits,
}

impl Naming {
    /// What a table is called.
    pub fn table(&self, id: TableId) -> Option<&TableWord> {
        self.tables.iter().find(|t| t.id == id)
    }

    /// The number of a table by its name, in any case. Either part of a name with two parts will do, and so will a
    /// constant with its `_TABLE`.
    pub fn table_number(&self, name: &str) -> Option<TableId> {
        let same = |a: &str| a.eq_ignore_ascii_case(name);
        let known =
            |t: &&TableWord| same(&t.name) || t.name.split(" / ").any(same) || same(&format!("{}_TABLE", t.name));
        self.tables.iter().find(known).map(|t| t.id)
    }

    /// What the bits of a field carry, if they are known to carry one thing: the narrowest word that holds them all.
    pub fn register(&self, field: FieldId, offset: u16, width: u16) -> Option<&RegisterWord> {
        self.register_in(None, field, offset, width)
    }

    /// The same in a logical datapath of a kind; words for the other kind do not count.
    pub fn register_in(&self, scope: Option<Scope>, field: FieldId, offset: u16, width: u16) -> Option<&RegisterWord> {
        let end = offset.saturating_add(width);
        let holds = |r: &&RegisterWord| r.bits.0 <= offset && end <= r.bits.0.saturating_add(r.bits.1);
        let fits = |r: &&RegisterWord| scope.is_none() || r.scope.is_none() || r.scope == scope;
        self.registers.iter().filter(|r| r.field == field).filter(holds).filter(fits).min_by_key(|r| r.bits.1)
    }

    /// A logical datapath by its number.
    pub fn datapath(&self, key: u64) -> Option<&DatapathWord> {
        let at = self.datapaths.binary_search_by_key(&key, |d| d.key).ok()?;
        Some(&self.datapaths[at])
    }
}

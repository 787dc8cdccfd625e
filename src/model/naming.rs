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
}

/// What a table is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableWord {
    /// Its number.
    pub id: TableId,
    /// Its name, as the source of the program has it, such as `RULES_INGRESS`.
    pub name: Arc<str>,
    /// What it is for, in one or two sentences.
    pub doc: Arc<str>,
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
    /// Only bits.
    Bits,
}

impl Naming {
    /// What a table is called.
    pub fn table(&self, id: TableId) -> Option<&TableWord> {
        self.tables.iter().find(|t| t.id == id)
    }

    /// The number of a table by its name, in any case.
    pub fn table_number(&self, name: &str) -> Option<TableId> {
        self.tables.iter().find(|t| t.name.eq_ignore_ascii_case(name)).map(|t| t.id)
    }

    /// What the bits of a field carry, if they are known to carry one thing.
    pub fn register(&self, field: FieldId, offset: u16, width: u16) -> Option<&RegisterWord> {
        let holds = |r: &&RegisterWord| r.bits.0 <= offset && offset + width <= r.bits.0 + r.bits.1;
        self.registers.iter().filter(|r| r.field == field).find(holds)
    }
}

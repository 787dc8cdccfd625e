//! A bridge: its flows, and everything a switch says of it beside them.

use std::cmp::Reverse;
use std::sync::{Arc, OnceLock};

use super::change::Revision;
use super::classifier::{Classifier, Hit};
use super::flow::{Flow, Style, TableId};
use super::group::{Group, GroupStats};
use super::id::Ids;
use super::meter::{Meter, MeterStats};
use super::pipeline::Pipeline;
use super::port::{FdbEntry, Port, PortStats, TlvMapping};
use super::store::{FlowRef, FlowStore, Interner, Line, Segment, SegmentBuilder};
use super::table::{TableLimit, TableStats};
use crate::field::{Key, Names, Version};

/// A flow of a bridge by its number, in the order of the dump.
pub type FlowId = u32;

/// How a bridge deals with fragments of IP packets (`ovs-ofctl set-frags`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fragments {
    /// They are looked up as if they had no transport ports.
    #[default]
    Normal,
    /// They are dropped.
    Drop,
    /// They are put together first. No Open vSwitch does so.
    Reassemble,
    /// They are looked up as they are: the first one has ports, and flows may match `nw_frag`.
    NxMatch,
}

impl Fragments {
    const ALL: [(Fragments, &'static str); 4] = [
        (Fragments::Normal, "normal"),
        (Fragments::Drop, "drop"),
        (Fragments::Reassemble, "reassemble"),
        (Fragments::NxMatch, "nx-match"),
    ];

    /// By its name.
    pub fn by_name(name: &str) -> Option<Fragments> {
        Fragments::ALL.iter().find(|(_, known)| *known == name).map(|(mode, _)| *mode)
    }
}

/// A bridge, as it was at one moment.
#[derive(Debug, Clone, Default)]
pub struct Bridge {
    /// Its name.
    pub name: Arc<str>,
    /// Its ports and tables by name.
    pub names: Arc<Names>,
    /// The OpenFlow version its flows were dumped in, if that is known.
    pub version: Option<Version>,
    /// Its flows.
    pub flows: FlowStore,
    /// Whether there are more flows than were read.
    pub is_partial: bool,
    /// Whether its flows were captured at all.
    pub is_dumped: bool,
    /// Its ports, by number.
    pub ports: Vec<Port>,
    /// What was counted for each port.
    pub port_stats: Vec<PortStats>,
    /// Its groups, by number.
    pub groups: Vec<Group>,
    /// What was counted for each group.
    pub group_stats: Vec<GroupStats>,
    /// Its meters, by number.
    pub meters: Vec<Meter>,
    /// What was counted for each meter.
    pub meter_stats: Vec<MeterStats>,
    /// What the switch says of its tables.
    pub table_stats: Vec<TableStats>,
    /// How many flows its tables may hold, where that is limited.
    pub limits: Vec<TableLimit>,
    /// The addresses it has learned.
    pub fdb: Vec<FdbEntry>,
    /// Its tunnel options.
    pub tlvs: Vec<TlvMapping>,
    /// How it deals with fragments, if that is known.
    pub fragments: Option<Fragments>,
    /// The datapath id, if it is known.
    pub datapath_id: Option<u64>,
    /// What follows from the rest.
    pub derived: Derived,
}

/// What follows from a bridge's flows, worked out when it is first asked. A copy of a bridge may get other flows, so a
/// copy of this begins anew.
#[derive(Debug, Default)]
pub struct Derived {
    tables: OnceLock<Vec<Table>>,
    pipeline: OnceLock<Pipeline>,
    ids: OnceLock<Ids>,
    revision: OnceLock<Revision>,
}

impl Derived {
    /// Takes note of a revision that is known already.
    pub(super) fn know(&self, revision: Revision) {
        // Whoever was faster found the same.
        let _ = self.revision.set(revision);
    }
}

impl Clone for Derived {
    fn clone(&self) -> Derived {
        Derived::default()
    }
}

/// A flow table.
#[derive(Debug)]
pub struct Table {
    /// Its number.
    pub id: TableId,
    /// Its flows, highest priority first; among equals in the order of the dump.
    pub flows: Vec<FlowId>,
    classifier: OnceLock<Classifier>,
}

impl Bridge {
    /// The tables that have flows, by number.
    pub fn tables(&self) -> &[Table] {
        self.derived.tables.get_or_init(|| tables_of(&self.flows))
    }

    /// Where its flows lead.
    pub fn pipeline(&self) -> &Pipeline {
        self.derived.pipeline.get_or_init(|| Pipeline::of(self))
    }

    /// The short names of its flows.
    pub fn ids(&self) -> &Ids {
        self.derived.ids.get_or_init(|| Ids::of(&self.flows))
    }

    /// What its flows, groups and meters are, in one number.
    pub fn revision(&self) -> Revision {
        *self.derived.revision.get_or_init(|| Revision::of(self))
    }

    /// A table by its number, if it has flows.
    pub fn table(&self, id: TableId) -> Option<&Table> {
        let tables = self.tables();
        tables.binary_search_by_key(&id, |t| t.id).ok().map(|at| &tables[at])
    }

    /// A flow by its number; the number must be one of this bridge.
    pub fn flow(&self, id: FlowId) -> FlowRef<'_> {
        self.flows.get(id)
    }

    /// The classifier of a table, built when it is first asked.
    pub fn classifier<'a>(&self, table: &'a Table) -> &'a Classifier {
        table.classifier.get_or_init(|| Classifier::new(&self.flows, &table.flows))
    }

    /// The flow that a packet gets in a table.
    pub fn lookup(&self, table: TableId, key: &Key) -> Option<Hit> {
        self.classifier(self.table(table)?).lookup(&self.flows, key)
    }

    /// The bridge as it would be with more flows, which get the numbers after those that are there.
    pub fn with(&self, flows: &[Flow]) -> Bridge {
        let mut bridge = self.clone();
        let interner = Interner::default();
        let mut rows = SegmentBuilder::new(&interner);
        for flow in flows.iter().take(Segment::ROWS) {
            let shape = rows.shape(&flow.matches);
            let text = flow.actions_text(Names::none());
            let actions = interner.keep_actions(&text, flow.actions.clone(), Vec::new());
            rows.push(flow, shape, &actions, Line { number: 0, verbatim: None, style: Style::NoStats, names: false });
        }
        bridge.flows.push(Arc::new(rows.finish()));
        bridge
    }

    /// A port by its number.
    pub fn port(&self, number: u32) -> Option<&Port> {
        self.ports.iter().find(|p| p.number == number)
    }

    /// A group by its number.
    pub fn group(&self, id: u32) -> Option<&Group> {
        self.groups.iter().find(|g| g.id == id)
    }

    /// A meter by its number.
    pub fn meter(&self, id: u32) -> Option<&Meter> {
        self.meters.iter().find(|m| m.id == id)
    }
}

/// The tables of some flows, each with its flows in order of priority.
fn tables_of(flows: &FlowStore) -> Vec<Table> {
    let mut by_table: Vec<Vec<(Reverse<u32>, FlowId)>> = vec![Vec::new(); 256];
    for (start, segment) in flows.segments() {
        for ((id, table), priority) in (start..).zip(segment.tables()).zip(segment.priorities()) {
            by_table[usize::from(*table)].push((Reverse(*priority), id));
        }
    }
    let with_flows = (0..=TableId::MAX).zip(by_table).filter(|(_, flows)| !flows.is_empty());
    with_flows
        .map(|(id, mut flows)| {
            flows.sort_unstable();
            Table { id, flows: flows.into_iter().map(|(_, id)| id).collect(), classifier: OnceLock::new() }
        })
        .collect()
}

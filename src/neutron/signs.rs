//! What a bridge shows of who made it: its ports by name, where its tables lead, and flows of a known shape.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::action::Action;
use crate::action::pipeline::Resubmit;
use crate::field::names::port;
use crate::field::slot::WordId;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::node::Node;
use crate::model::ovsdb::{Database, Row};
use crate::model::pipeline::{Place, Way};
use crate::model::store::FlowRef;

/// Flows of one table that are looked at, at most: signs are common, so a few flows show them.
pub(super) const SAMPLE: usize = 2000;

/// A bridge that is looked at.
pub(super) struct Signs<'a> {
    /// The bridge.
    pub bridge: &'a Bridge,
    /// The Open_vSwitch database of its node.
    pub database: Option<&'a Database>,
    /// The names of its ports, wherever they are known from, with their numbers where those are known.
    pub ports: Vec<(Option<u32>, Arc<str>)>,
}

impl<'a> Signs<'a> {
    pub(super) fn of(bridge: &'a Bridge, node: &'a Node) -> Signs<'a> {
        let database = node.database.as_deref();
        let mut ports: Vec<(Option<u32>, Arc<str>)> = Vec::new();
        let mut seen = FxHashSet::default();
        let mut add = |number: Option<u32>, name: &Arc<str>| {
            if seen.insert((number, name.clone())) {
                ports.push((number, name.clone()));
            }
        };
        bridge.ports.iter().for_each(|p| add(Some(p.number), &p.name));
        bridge.names.ports().iter().for_each(|(n, name)| add(Some(*n), name));
        bridge.names.learned().iter().for_each(|(n, name)| add(Some(*n), name));
        if let Some(database) = database {
            for interface in interfaces(database, &bridge.name) {
                let number = interface.integer("ofport").and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
                if let Some(name) = interface.text("name") {
                    add(number, &name.into());
                }
            }
        }
        Signs { bridge, database, ports }
    }

    /// The first port whose name begins so.
    pub(super) fn port(&self, prefix: &str) -> Option<&Arc<str>> {
        self.ports.iter().map(|(_, name)| name).find(|name| name.starts_with(prefix))
    }

    /// The port of exactly that name.
    pub(super) fn port_called(&self, name: &str) -> Option<&Arc<str>> {
        self.ports.iter().map(|(_, known)| known).find(|known| &***known == name)
    }

    /// The row of the bridge in the database.
    pub(super) fn row(&self) -> Option<&'a Row> {
        self.database?.named("Bridge", &self.bridge.name)
    }

    /// The row of the switch in the database.
    pub(super) fn switch(&self) -> Option<&'a Row> {
        self.database?.rows("Open_vSwitch").first()
    }

    /// Whether a table has flows.
    pub(super) fn has(&self, table: TableId) -> bool {
        self.bridge.table(table).is_some()
    }

    /// Whether flows of one table lead to another.
    pub(super) fn leads(&self, from: TableId, to: TableId) -> bool {
        let is_way = |way| !matches!(way, Way::Learn | Way::None | Way::Output);
        self.bridge.pipeline().from(from).any(|e| e.jump.to == Place::Table(to) && is_way(e.jump.way))
    }

    /// Flows of a table, the first of them, highest priority first.
    pub(super) fn flows(&self, table: TableId) -> impl Iterator<Item = FlowRef<'a>> + use<'a> {
        let bridge = self.bridge;
        let ids: &[FlowId] = bridge.table(table).map_or(&[], |t| &t.flows);
        ids.iter().take(SAMPLE).map(move |id| bridge.flow(*id))
    }

    /// Whether the last flow of a table takes what the others leave, and drops it.
    pub(super) fn drops_the_rest(&self, table: TableId) -> bool {
        let last = self.bridge.table(table).and_then(|t| t.flows.last());
        last.map(|id| self.bridge.flow(*id)).is_some_and(|f| f.shape().masks.is_empty() && f.actions().is_drop())
    }
}

/// The ports of a bridge in the database, each with its interfaces.
pub(super) type Ports<'a> = Vec<(&'a Row, Vec<&'a Row>)>;

/// The interfaces of a bridge in the database.
pub(super) fn interfaces<'a>(database: &'a Database, bridge: &str) -> Vec<&'a Row> {
    ports(database, bridge).into_iter().flat_map(|(_, interfaces)| interfaces).collect()
}

/// The ports of a bridge in the database.
pub(super) fn ports<'a>(database: &'a Database, bridge: &str) -> Ports<'a> {
    wiring(database).remove(bridge).unwrap_or_default()
}

/// Which bridge has which ports, and each port which interfaces, by the names of the bridges.
pub(super) fn wiring(database: &Database) -> FxHashMap<String, Ports<'_>> {
    let by_id =
        |table: &str| -> FxHashMap<&str, &Row> { database.rows(table).iter().map(|row| (&*row.uuid, row)).collect() };
    let (port_rows, interface_rows) = (by_id("Port"), by_id("Interface"));
    let bridge = |row: &Row| {
        let ids = row.texts("ports");
        let ports = ids.iter().filter_map(|id| port_rows.get(id.as_str())).map(|port| {
            let ids = port.texts("interfaces");
            (*port, ids.iter().filter_map(|id| interface_rows.get(id.as_str())).copied().collect())
        });
        Some((row.text("name")?, ports.collect()))
    };
    database.rows("Bridge").iter().filter_map(bridge).collect()
}

/// The value that an action writes into the whole of a word, if it writes one.
pub(super) fn written(action: &Action, word: WordId) -> Option<u32> {
    let Action::SetField(set) = action else { return None };
    let slot = set.field.slot;
    if slot.n_words() == 1 {
        return (slot.word == word).then(|| (set.value.to_u64() as u32) << slot.shift);
    }
    let parts = slot.spread(&set.value).zip(slot.spread(&set.mask));
    let found = parts.map(|((id, value), (_, mask))| (id, value, mask)).find(|(id, _, mask)| *id == word && *mask != 0);
    found.map(|(_, value, _)| value)
}

/// The table that a plain `resubmit(,N)` or `goto_table:N` leads to.
pub(super) fn next_table(action: &Action) -> Option<TableId> {
    match action {
        Action::Resubmit(Resubmit { in_port: port::IN_PORT, table, .. }) => *table,
        Action::GotoTable(a) => Some(a.0),
        _ => None,
    }
}

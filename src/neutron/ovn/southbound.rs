//! What OVN's Southbound database says of datapaths, ports and stages.
//!
//! ovn-northd writes each logical flow with the name of its stage, so a captured Southbound tells which stage has which
//! number without knowing the release. ovn-sb(5) describes the tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::release::{Pipeline, Release};
use crate::model::naming::{DatapathWord, Scope};
use crate::model::ovsdb::{Database, Row};

/// The stages that a Southbound has logical flows of, by pipeline and number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stages {
    names: BTreeMap<(Pipeline, u8), Arc<str>>,
}

impl Stages {
    pub(super) fn of(southbound: &Database) -> Stages {
        let mut stages = Stages::default();
        for flow in southbound.rows("Logical_Flow") {
            let (Some(number), Some(name)) = (flow.integer("table_id"), flow.key("external_ids", "stage-name")) else {
                continue;
            };
            let known = Pipeline::ALL
                .into_iter()
                .find_map(|(p, prefix)| Some((p, name.strip_prefix(prefix)?.strip_prefix('_')?)));
            if let (Some((pipeline, stage)), Ok(number)) = (known, u8::try_from(number)) {
                stages.names.entry((pipeline, number)).or_insert_with(|| stage.into());
            }
        }
        stages
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The stages that have a number, switches first.
    pub(super) fn at(&self, is_out: bool, number: u8) -> Vec<(Pipeline, &str)> {
        let of_kind = Pipeline::ALL.into_iter().filter(|(p, _)| p.is_out() == is_out);
        of_kind.filter_map(|(p, _)| Some((p, &**self.names.get(&(p, number))?))).collect()
    }

    /// Whether a release has the same stages in the same places.
    pub(super) fn agree(&self, release: &Release) -> bool {
        let same = |((pipeline, number), name): (&(Pipeline, u8), &Arc<str>)| {
            release.stages(*pipeline).get(usize::from(*number)) == Some(&&**name)
        };
        self.names.iter().all(same)
    }
}

/// The version of ovn-northd, such as `23.03.1-20.27.0-70.6`.
pub(super) fn northd_version(southbound: &Database) -> Option<String> {
    southbound.rows("SB_Global").first()?.key("options", "northd_internal_version")
}

/// Whether a chassis with this id is one of the Southbound's; a Southbound without any chassis may be anybody's.
pub(super) fn knows_chassis(southbound: &Database, system_id: Option<&str>) -> bool {
    let chassis = southbound.rows("Chassis");
    match system_id {
        Some(id) if !chassis.is_empty() => chassis.iter().any(|c| c.text("name").as_deref() == Some(id)),
        _ => true,
    }
}

/// What a logical datapath is.
fn scope(row: &Row) -> Option<Scope> {
    let has = |key| row.key("external_ids", key).is_some();
    // From 25.09 on the kind has a column of its own.
    match row.text("type").as_deref() {
        Some("logical-switch") => Some(Scope::Switch),
        Some("logical-router") => Some(Scope::Router),
        _ if has("logical-switch") => Some(Scope::Switch),
        _ if has("logical-router") => Some(Scope::Router),
        _ => None,
    }
}

/// The logical datapaths, by number. Neutron notes its own name of a network or router as `name2`.
pub fn datapaths(southbound: &Database) -> Vec<DatapathWord> {
    let word = |row: &Row| {
        let name = ["name2", "name"].into_iter().filter_map(|key| row.key("external_ids", key)).find(|n| !n.is_empty());
        Some(DatapathWord {
            key: u64::try_from(row.integer("tunnel_key")?).ok()?,
            scope: scope(row),
            name: name.unwrap_or_default().into(),
        })
    };
    let mut words: Vec<DatapathWord> = southbound.rows("Datapath_Binding").iter().filter_map(word).collect();
    words.sort_by_key(|w| w.key);
    words.dedup_by_key(|w| w.key);
    words
}

/// A logical port, or a group of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogicalPort {
    /// The name that OVN uses: the UUID of the Neutron port, `lrp-UUID`, `provnet-UUID`, a multicast group.
    pub name: Arc<str>,
    /// What people call it; empty if nobody knows.
    pub label: Arc<str>,
    /// Its kind, such as `patch`, `localnet`, `localport`; empty for the port of an instance, `group` for a group.
    pub kind: Arc<str>,
}

/// The logical ports, by the numbers of their datapath and their own.
pub fn logical_ports(southbound: &Database) -> FxHashMap<(u64, u32), LogicalPort> {
    let key = |row: &Row| u64::try_from(row.integer("tunnel_key")?).ok();
    let datapaths: FxHashMap<&str, u64> =
        southbound.rows("Datapath_Binding").iter().filter_map(|row| Some((&*row.uuid, key(row)?))).collect();
    let place = |row: &Row| {
        let datapath = *datapaths.get(row.text("datapath")?.as_str())?;
        Some((datapath, u32::try_from(key(row)?).ok()?))
    };
    let mut ports = FxHashMap::default();
    for row in southbound.rows("Port_Binding") {
        let Some(place) = place(row) else { continue };
        let labels = ["neutron:port_name", "name"].into_iter().filter_map(|k| row.key("external_ids", k));
        let port = LogicalPort {
            name: row.text("logical_port").unwrap_or_default().into(),
            label: labels.into_iter().find(|l| !l.is_empty()).unwrap_or_default().into(),
            kind: row.text("type").unwrap_or_default().into(),
        };
        ports.insert(place, port);
    }
    for row in southbound.rows("Multicast_Group") {
        let Some(place) = place(row) else { continue };
        let name: Arc<str> = row.text("name").unwrap_or_default().into();
        ports.insert(place, LogicalPort { label: name.clone(), name, kind: "group".into() });
    }
    ports
}

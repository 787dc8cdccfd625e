//! Recognising the bridges of OVN, and what their tables mean.
//!
//! Which stage has which table depends on the release, so no number is taken for granted. The stages are read, in this
//! order, from the Southbound database if the snapshot has it; from a version that somebody noted in the Open_vSwitch
//! database; from the flows themselves, which fit some releases and not others (`fingerprint`). Where several
//! releases fit, only names on which they agree are given.
//!
//! Logical switches and logical routers share tables, so a table mostly has two names.

mod fingerprint;
pub mod opcodes;
mod registers;
pub mod release;
pub mod southbound;
mod words;

use std::sync::Arc;

use self::fingerprint::Fingerprint;
use self::release::{Pipeline, Release};
use self::southbound::Stages;
use super::signs::Signs;
use crate::model::flow::TableId;
use crate::model::naming::{DatapathWord, Kind, Naming, TableWord};
use crate::model::ovsdb::{Database, Row};
use crate::model::snapshot::Snapshot;

/// What is known of a bridge, if it is one of OVN.
pub(super) fn naming(signs: &Signs<'_>, snapshot: &Snapshot) -> Option<Naming> {
    integration(signs, snapshot).or_else(|| provider(signs))
}

/// Keys of the Open_vSwitch table in which a version of ovn-controller may be noted.
const VERSION_KEYS: [&str; 3] = ["ovn-version", "ovn-controller-version", "ovn-internal-version"];

fn integration(signs: &Signs<'_>, snapshot: &Snapshot) -> Option<Naming> {
    let print = Fingerprint::of(signs);
    let mut evidence = Vec::new();
    if let Some(table) = print.ingress {
        evidence.push(format!("table 0 gives packets a logical datapath and port, and leads to table {table}"));
    }
    if let Some(table) = print.to_phy {
        evidence.push(format!("table {table} sends packets out by logical datapath and port"));
    }
    if is_integration_bridge(signs) {
        evidence.push("the Open_vSwitch database names it as OVN's bridge".to_owned());
    }
    if evidence.is_empty() {
        return None;
    }
    let southbound = snapshot
        .database("OVN_Southbound")
        .filter(|sb| southbound::knows_chassis(sb, switch_key(signs, "system-id").as_deref()));
    let stages = southbound.map(|sb| Stages::of(sb)).unwrap_or_default();
    let releases = releases(&print, southbound.map(|sb| &**sb), &stages, signs, &mut evidence);
    let tables = table_words(&print, &stages, &releases, &mut evidence);
    Some(Naming {
        kind: Kind::OvnIntegration,
        system: system(&releases).into(),
        evidence: evidence.join("; ").into(),
        role: "The integration bridge of OVN: all logical switches and routers, as far as this chassis needs them."
            .into(),
        tables,
        registers: registers::words(&releases),
        datapaths: datapath_words(&print, southbound.map(|sb| &**sb), &releases),
    })
}

/// The name of the system, with the releases it may be.
fn system(releases: &[&Release]) -> String {
    match releases {
        [] => "OVN".to_owned(),
        [one] => format!("OVN {}", one.name),
        [first, .., last] => format!("OVN {} to {}", first.name, last.name),
    }
}

/// A key of the switch's external_ids, or else other_config.
fn switch_key(signs: &Signs<'_>, key: &str) -> Option<String> {
    let row = signs.switch()?;
    ["external_ids", "other_config"].into_iter().find_map(|column| row.key(column, key))
}

/// Whether the database says that this is the bridge ovn-controller works on: `br-int` unless it names another.
fn is_integration_bridge(signs: &Signs<'_>) -> bool {
    let has_ovn = switch_key(signs, "ovn-remote").is_some() || switch_key(signs, "ovn-encap-type").is_some();
    let named = switch_key(signs, "ovn-bridge").unwrap_or_else(|| "br-int".to_owned());
    let counts = |row: &Row| row.key("external_ids", "ovn-nb-cfg").is_some();
    has_ovn && named == *signs.bridge.name || signs.row().is_some_and(counts)
}

/// The releases that the bridge may be of; a sentence about them goes into the evidence.
fn releases(
    print: &Fingerprint,
    southbound: Option<&Database>,
    stages: &Stages,
    signs: &Signs<'_>,
    evidence: &mut Vec<String>,
) -> Vec<&'static Release> {
    let mut fitting = print.fitting();
    let northd = southbound.and_then(southbound::northd_version);
    if !stages.is_empty() {
        evidence.push(match &northd {
            Some(version) => format!("the stages are those of the Southbound database, of ovn-northd {version}"),
            None => "the stages are those of the Southbound database".to_owned(),
        });
        fitting.retain(|r| stages.agree(r));
    }
    let noted = VERSION_KEYS.into_iter().find_map(|key| Some((key, switch_key(signs, key)?)));
    let versions = noted.iter().map(|(_, v)| v.as_str()).chain(northd.as_deref());
    let told = versions.into_iter().find_map(release::release).filter(|r| fitting.contains(r));
    if let Some((key, version)) = &noted {
        evidence.push(format!("the Open_vSwitch database has {key}={version}"));
    }
    if let Some(release) = told {
        return vec![release];
    }
    let names: Vec<&str> = fitting.iter().map(|r| r.name).collect();
    evidence.push(match names[..] {
        [] => "the tables fit no release that is known".to_owned(),
        [one] => format!("the tables fit OVN {one} and no other release"),
        _ => format!("the tables fit OVN {} equally", names.join(", ")),
    });
    fitting
}

/// The names of the tables: stages of the Southbound first, then what all releases agree on.
fn table_words(
    print: &Fingerprint,
    stages: &Stages,
    releases: &[&Release],
    evidence: &mut Vec<String>,
) -> Vec<TableWord> {
    let mut unsure = Vec::new();
    let mut words: Vec<TableWord> = (0..=u8::MAX)
        .filter_map(|table| {
            from_southbound(print, stages, table).or_else(|| match agreed(releases, table) {
                Ok(word) => word,
                Err(()) => {
                    unsure.push(table.to_string());
                    None
                }
            })
        })
        .collect();
    match (releases.len(), unsure.is_empty()) {
        (2.., true) => evidence.push("these releases agree on every name".to_owned()),
        (2.., false) => {
            evidence.push(format!("without a name, because these releases differ: table {}", unsure.join(", ")));
        }
        _ => {}
    }
    // Two tables are known by what they do, whatever the release.
    for (table, name) in [(Some(0), "PHY_TO_LOG"), (print.to_phy, "LOG_TO_PHY")] {
        if let Some(id) = table.filter(|id| !words.iter().any(|w| w.id == *id)) {
            words.push(TableWord { id, name: name.into(), doc: words::table_doc(name).into(), origin: constant(name) });
        }
    }
    words.sort_by_key(|w| w.id);
    words
}

fn constant(name: &str) -> Arc<str> {
    format!("OFTABLE_{name} of ovn-controller").into()
}

fn from_southbound(print: &Fingerprint, stages: &Stages, table: TableId) -> Option<TableWord> {
    let start = |is_out| if is_out { print.egress } else { print.ingress };
    let at = |is_out| Some(stages.at(is_out, table.checked_sub(start(is_out)?)?));
    // Behind the start of the egress pipeline there are no ingress stages any more.
    let here = at(true).or_else(|| at(false)).filter(|here| !here.is_empty())?;
    Some(stage_word(table, &here))
}

fn stage_word(id: TableId, stages: &[(Pipeline, &str)]) -> TableWord {
    let names: Vec<String> = stages.iter().map(|(p, stage)| format!("{}_{stage}", p.prefix())).collect();
    TableWord {
        id,
        name: names.join(" / ").into(),
        doc: words::stages_doc(stages).into(),
        origin: "stage of ovn-northd".into(),
    }
}

/// The name that all releases give a table; an error if they differ.
fn agreed(releases: &[&Release], table: TableId) -> Result<Option<TableWord>, ()> {
    let Some((first, others)) = releases.split_first() else { return Ok(None) };
    let name = first.table_name(table);
    if others.iter().any(|r| r.table_name(table) != name) {
        return Err(());
    }
    let stages = first.stages_of(table);
    if !stages.is_empty() {
        return Ok(Some(stage_word(table, &stages)));
    }
    Ok(first.constant_of(table).map(|name| TableWord {
        id: table,
        name: name.into(),
        doc: words::table_doc(name).into(),
        origin: constant(name),
    }))
}

/// The logical datapaths: those of the Southbound, and what the flows show of others.
fn datapath_words(print: &Fingerprint, southbound: Option<&Database>, releases: &[&Release]) -> Vec<DatapathWord> {
    let mut words = southbound.map(southbound::datapaths).unwrap_or_default();
    let known: rustc_hash::FxHashSet<u64> = words.iter().map(|w| w.key).collect();
    let others = print.scopes(releases).into_iter().filter(|(key, _)| !known.contains(key));
    words.extend(others.map(|(key, scope)| DatapathWord { key, scope, name: "".into() }));
    words.sort_by_key(|w| w.key);
    words
}

/// A bridge to a physical network: the database maps the network to it, or patch ports lead to OVN's bridge.
fn provider(signs: &Signs<'_>) -> Option<Naming> {
    let mapping = switch_key(signs, "ovn-bridge-mappings").unwrap_or_default();
    let network = mapping.split(',').find_map(|pair| {
        let (network, bridge) = pair.trim().split_once(':')?;
        (bridge == &*signs.bridge.name).then(|| network.to_owned())
    });
    let is_patch =
        |name: &str| name.starts_with("patch-") && (name.ends_with("-to-br-int") || name.starts_with("patch-provnet"));
    let patch = signs.ports.iter().map(|(_, name)| name).find(|name| is_patch(name));
    let mut evidence = Vec::new();
    if let Some(network) = &network {
        evidence.push(format!("the Open_vSwitch database maps network {network} to it"));
    }
    if let Some(patch) = patch {
        evidence.push(format!("port {patch} leads to OVN's bridge"));
    }
    let role = match network {
        Some(network) => format!("The bridge to physical network {network}."),
        None => "The bridge to a physical network.".to_owned(),
    };
    (!evidence.is_empty()).then(|| Naming {
        kind: Kind::OvnProvider,
        system: "OVN".into(),
        evidence: evidence.join("; ").into(),
        role: role.into(),
        ..Naming::default()
    })
}

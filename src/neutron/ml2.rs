//! Recognising the bridges of ML2/OVS, the mechanism driver of Neutron whose agent writes the flows itself.
//!
//! A bridge's name proves nothing. What counts are signs: the patch ports that the agent makes between its bridges,
//! flows that only it writes, and what it notes in the database. Each sign is a sentence of the evidence.

use super::signs::{Signs, interfaces, next_table, written};
use super::{registers, tables};
use crate::action::Action;
use crate::field::slot::word;
use crate::model::flow::TableId;
use crate::model::naming::{Kind, Naming};

/// Who writes these flows.
const AGENT: &str = "neutron openvswitch agent (ML2/OVS)";
const L3_AGENT: &str = "neutron L3 agent";

/// What is known of a bridge, if it is one of ML2/OVS.
pub(super) fn naming(signs: &Signs<'_>) -> Option<Naming> {
    let kinds: [fn(&Signs<'_>) -> Option<Found>; 5] = [integration, tunnel, trunk, provider, external];
    let found = kinds.into_iter().find_map(|kind| kind(signs))?;
    let rows = tables::rows(found.kind, uses_58(signs)).filter(|r| found.has_dvr || !is_dvr_only(r));
    Some(Naming {
        kind: found.kind,
        system: if found.kind == Kind::External { L3_AGENT } else { AGENT }.into(),
        evidence: found.evidence.join("; ").into(),
        role: found.role.into(),
        tables: rows.map(tables::Row::word).collect(),
        registers: registers::words(found.kind),
        datapaths: Vec::new(),
    })
}

struct Found {
    kind: Kind,
    role: String,
    evidence: Vec<String>,
    has_dvr: bool,
}

/// Whether the bridge has the rate limits of 2023 and later, which begin in table 58.
fn uses_58(signs: &Signs<'_>) -> bool {
    signs.has(58) || signs.leads(0, 58)
}

/// Tables of a provider bridge that only distributed routing uses.
fn is_dvr_only(row: &tables::Row) -> bool {
    row.kind == Kind::Provider && matches!(row.id, 1..=3 | 22)
}

/// Keeps the sentences of signs that are there.
fn sentences(signs: impl IntoIterator<Item = Option<String>>) -> Vec<String> {
    signs.into_iter().flatten().collect()
}

fn integration(signs: &Signs<'_>) -> Option<Found> {
    let hub = [60, 59, 58].into_iter().find(|t| signs.leads(0, *t));
    let ports = sentences([
        signs.port_called("patch-tun").map(|_| "port patch-tun leads to the tunnel bridge".to_owned()),
        signs.port("int-").map(|name| format!("port {name} leads to a physical network")),
    ]);
    let flows = sentences([
        (signs.drops_the_rest(23) && signs.flows(23).count() == 1)
            .then(|| "table 23 holds the agent's canary flow".to_owned()),
        hub.filter(|_| signs.has(60)).map(|t| match t {
            60 => "table 0 leads to the hub, table 60".to_owned(),
            t => format!("table 0 leads through table {t} to the hub, table 60"),
        }),
        notes_ports(signs).then(|| "table 60 notes ports and networks in reg5 and reg6".to_owned()),
        (signs.drops_the_rest(93) && signs.has(71) && signs.has(82))
            .then(|| "tables 71 to 93 are the Open vSwitch firewall".to_owned()),
        has_dead_vlan(signs).then(|| "table 0 drops the dead VLAN, 4095".to_owned()),
    ]);
    let database = network_ports(signs).then(|| "the database has ports with net_uuid".to_owned());
    // One sign may be chance; flows or ports of two kinds are not.
    if ports.len() + flows.len() + usize::from(database.is_some()) < 2 || flows.is_empty() && database.is_none() {
        return None;
    }
    let evidence: Vec<String> = ports.into_iter().chain(flows).chain(database).collect();
    let has_dvr = signs.flows(1).next().is_some() && signs.has(2);
    let role = "The integration bridge: the ports of all instances, routers and DHCP servers of this host.".to_owned();
    Some(Found { kind: Kind::Integration, role, evidence, has_dvr })
}

/// Whether flows of table 60 write both reg5 and reg6 and then go on.
fn notes_ports(signs: &Signs<'_>) -> bool {
    signs.flows(60).any(|flow| {
        let actions = &flow.actions().0;
        let writes = |id| actions.iter().any(|a| written(a, word::REG + id).is_some());
        writes(5) && writes(6) && actions.iter().any(|a| next_table(a).is_some())
    })
}

/// Whether table 0 drops VLAN 4095, which the agent gives to ports that it has not wired yet.
fn has_dead_vlan(signs: &Signs<'_>) -> bool {
    let mut flows = signs.flows(0);
    flows.any(|f| f.priority() == 65535 && f.word(word::VLAN).0 & 0xfff == 0xfff && f.actions().is_drop())
}

/// Whether the database has ports whose network the agent noted.
fn network_ports(signs: &Signs<'_>) -> bool {
    let Some(database) = signs.database else { return false };
    super::signs::ports(database, &signs.bridge.name).iter().any(|(p, _)| p.key("other_config", "net_uuid").is_some())
}

fn tunnel(signs: &Signs<'_>) -> Option<Found> {
    let learns = signs.flows(10).any(|f| {
        let is_learn = |a: &Action| matches!(a, Action::Learn(l) if l.table == 20);
        f.actions().0.iter().any(is_learn)
    });
    let evidence = sentences([
        signs.port_called("patch-int").map(|_| "port patch-int leads to the integration bridge".to_owned()),
        ["vxlan-", "gre-", "geneve-"]
            .into_iter()
            .find_map(|prefix| signs.port(prefix))
            .map(|name| format!("port {name} is a tunnel")),
        [3, 4, 6]
            .into_iter()
            .all(|t| signs.drops_the_rest(t))
            .then(|| "tables 3, 4 and 6 drop what came through tunnels for unknown networks".to_owned()),
        learns.then(|| "table 10 learns senders into table 20".to_owned()),
        (signs.leads(2, 20) && signs.leads(2, 22)).then(|| "table 2 leads to tables 20 and 22".to_owned()),
    ]);
    let role = "The tunnel bridge: carries the packets of tunnelled networks between hosts.".to_owned();
    (evidence.len() >= 2).then(|| Found { kind: Kind::Tunnel, role, evidence, has_dvr: signs.leads(0, 1) })
}

fn trunk(signs: &Signs<'_>) -> Option<Found> {
    let evidence = sentences([
        signs.port("tpt-").map(|name| format!("port {name} leads to the trunk's parent port")),
        signs.port("spt-").map(|name| format!("port {name} leads to a subport")),
    ]);
    let role = "The bridge of a trunk: joins the VLANs that an instance uses with the networks of its subports.";
    (!evidence.is_empty()).then(|| Found { kind: Kind::Trunk, role: role.to_owned(), evidence, has_dvr: false })
}

fn provider(signs: &Signs<'_>) -> Option<Found> {
    let patch = signs.port("phy-").cloned().or_else(|| patch_to(signs, "int-"))?;
    let has_dvr = signs.leads(0, 1) && signs.leads(0, 3);
    let translates = |t: TableId| signs.flows(t).any(|f| f.word(word::IN_PORT).1 != 0 && f.actions().is_drop());
    let evidence = sentences([
        Some(format!("port {patch} leads to the integration bridge")),
        translates(0).then(|| "table 0 drops what comes from there for networks of other bridges".to_owned()),
        has_dvr.then(|| "tables 1 to 3 are those of distributed routing".to_owned()),
    ]);
    let outside = signs.ports.iter().map(|(_, n)| n).find(|n| is_outside(n, &signs.bridge.name));
    let role = match outside {
        Some(port) => format!("The bridge to a physical network, which lies behind port {port}."),
        None => "The bridge to a physical network.".to_owned(),
    };
    Some(Found { kind: Kind::Provider, role, evidence, has_dvr })
}

/// Whether a port is none that a program made: the network card of a provider bridge.
fn is_outside(name: &str, bridge: &str) -> bool {
    const MADE: [&str; 9] = ["phy-", "int-", "patch-", "tap", "qvo", "qr-", "qg-", "vxlan-", "gre-"];
    name != bridge && !MADE.iter().any(|prefix| name.starts_with(prefix))
}

/// A patch port of this bridge whose peer's name begins so.
fn patch_to(signs: &Signs<'_>, prefix: &str) -> Option<std::sync::Arc<str>> {
    let rows = interfaces(signs.database?, &signs.bridge.name);
    let patch = rows.into_iter().find(|r| r.key("options", "peer").is_some_and(|peer| peer.starts_with(prefix)))?;
    patch.text("name").map(Into::into)
}

/// Before Ocata the L3 agent could plug its gateway ports into a bridge of its own.
fn external(signs: &Signs<'_>) -> Option<Found> {
    let port = signs.port("qg-")?;
    let only_normal = signs.bridge.tables().len() == 1 && signs.bridge.pipeline().edges.len() == 1;
    let evidence = vec![format!("port {port} is the gateway of a router")];
    let role = "The bridge to the outside that routers are plugged into.".to_owned();
    only_normal.then_some(Found { kind: Kind::External, role, evidence, has_dvr: false })
}

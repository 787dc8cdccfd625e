//! OVN's rows behind flows: cookie to Southbound row, stage hint to Northbound row, ACL to the rule of a security group.
//!
//! A cookie is the first half-dozen digits of a UUID, 32 bits, and so is a stage hint. Two rows may begin alike; then every
//! one of them is named. (`controller/lflow.c` and `northd/northd.c` of OVN; `ovn_driver` of Neutron for the ACLs.)

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::security_group::words;
use super::neutron;
use crate::field::slot::word;
use crate::model::bridge::Bridge;
use crate::model::flow::TableId;
use crate::model::neutron_facts::NeutronFacts;
use crate::model::ovsdb::{Database, Row};
use crate::model::owner::{How, Owner, OwnerKind, System};
use crate::model::snapshot::Snapshot;
use crate::model::store::FlowRef;
use crate::neutron::security_group::conjunctions::clauses;

/// A row by its table and its place there.
type Place = (Arc<str>, u32);

/// The owners behind cookies that were met already.
pub(super) type Cache = FxHashMap<(u64, How), Vec<Owner>>;

/// The key of the rule in an ACL's `external_ids`.
const RULE_KEY: &str = "neutron:security_group_rule_id";
/// The port group whose ACLs drop what no rule allows.
const DROP_GROUP: &str = "neutron_pg_drop";

/// OVN's databases, arranged so that the rows behind a flow are found at once.
#[derive(Debug, Clone, Default)]
pub struct OvnRows {
    southbound: Option<Arc<Database>>,
    northbound: Option<Arc<Database>>,
    by_cookie: FxHashMap<u32, Vec<Place>>,
    by_hint: FxHashMap<u32, Vec<Place>>,
    /// The cookie of the flow that accepts a conjunction, by table and conjunction.
    accepting: FxHashMap<(TableId, u32), u64>,
    /// The networks and routers, by the number of their datapath.
    datapaths: FxHashMap<u32, Owner>,
    /// The ports, by the numbers of their datapath and their own.
    ports: FxHashMap<(u32, u32), Owner>,
    /// The port groups and logical switches that have ACLs, by the ACLs' UUIDs; whether each is a port group.
    entities: FxHashMap<String, (Arc<str>, bool)>,
    /// Whether Neutron wrote ACLs at all.
    has_rules: bool,
}

/// An ACL, as far as people ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acl {
    /// Its UUID.
    pub id: Arc<str>,
    /// Its name; empty for most.
    pub name: String,
    /// The logical switch or port group that has it; empty if none has.
    pub entity: String,
    /// Whether that is a port group.
    pub is_port_group: bool,
    /// `to-lport` or `from-lport`.
    pub direction: String,
    /// Its priority.
    pub priority: i64,
    /// What it matches.
    pub matches: String,
    /// What it does: `allow-related`, `drop`.
    pub action: String,
    /// The UUID of the rule of a security group that it stands for; empty if it stands for none.
    pub rule: String,
}

impl Acl {
    /// Whether it drops packets.
    pub fn is_denying(&self) -> bool {
        matches!(self.action.as_str(), "drop" | "reject")
    }

    /// Whether it is what Neutron writes for packets that no rule allows.
    pub fn is_default_drop(&self) -> bool {
        self.matches.contains(DROP_GROUP)
    }
}

/// The first 32 bits of a UUID.
fn prefix(uuid: &str) -> Option<u32> {
    u32::from_str_radix(uuid.get(..8)?, 16).ok()
}

fn index<'a>(database: &'a Database, tables: impl Fn(&str) -> bool + 'a) -> FxHashMap<u32, Vec<Place>> {
    let mut found: FxHashMap<u32, Vec<Place>> = FxHashMap::default();
    for (name, rows) in database.tables.iter().filter(|(name, _)| tables(name)) {
        for (at, row) in rows.iter().enumerate() {
            if let Some(prefix) = prefix(&row.uuid) {
                found.entry(prefix).or_default().push((name.clone(), at as u32));
            }
        }
    }
    found
}

/// The tables of the Southbound that cookies name.
const COOKIE_TABLES: [&str; 8] = [
    "Logical_Flow",
    "Port_Binding",
    "Multicast_Group",
    "MAC_Binding",
    "Static_MAC_Binding",
    "FDB",
    "Load_Balancer",
    "Chassis",
];

impl OvnRows {
    /// Of a bridge.
    pub fn of(bridge: &Bridge, snapshot: &Snapshot, facts: &NeutronFacts) -> OvnRows {
        let southbound = snapshot.database("OVN_Southbound").cloned();
        let northbound = snapshot.database("OVN_Northbound").cloned();
        let mut rows = OvnRows {
            by_cookie: southbound.as_ref().map(|d| index(d, |t| COOKIE_TABLES.contains(&t))).unwrap_or_default(),
            by_hint: northbound.as_ref().map(|d| index(d, |_| true)).unwrap_or_default(),
            ..OvnRows::default()
        };
        for table in bridge.tables() {
            for flow in table.flows.iter().map(|id| bridge.flow(*id)) {
                let (id, mask) = flow.word(word::CONJ_ID);
                if mask == u32::MAX {
                    rows.accepting.insert((table.id, id), flow.cookie());
                }
            }
        }
        if let Some(southbound) = &southbound {
            rows.add_southbound(southbound, facts);
        }
        for (table, is_group) in [("Logical_Switch", false), ("Port_Group", true)] {
            for row in northbound.iter().flat_map(|d| d.rows(table)) {
                let name: Arc<str> = row.text("name").unwrap_or_default().into();
                rows.entities.extend(row.texts("acls").into_iter().map(|id| (id, (name.clone(), is_group))));
            }
        }
        let acls = northbound.iter().flat_map(|d| d.rows("ACL"));
        rows.has_rules = acls.into_iter().any(|row| row.key("external_ids", RULE_KEY).is_some());
        (rows.southbound, rows.northbound) = (southbound, northbound);
        rows
    }

    fn add_southbound(&mut self, southbound: &Database, facts: &NeutronFacts) {
        let key = |row: &Row| u32::try_from(row.integer("tunnel_key")?).ok();
        let mut by_id: FxHashMap<&str, u32> = FxHashMap::default();
        for row in southbound.rows("Datapath_Binding") {
            let Some(key) = key(row) else { continue };
            by_id.insert(&row.uuid, key);
            let name = row.key("external_ids", "name").unwrap_or_default();
            let id = name.strip_prefix("neutron-").unwrap_or(&name);
            let is_router = row.key("external_ids", "logical-router").is_some();
            let known = if is_router { facts.routers.get(id) } else { facts.network_name(id) };
            let noted = || row.key("external_ids", "name2").unwrap_or_default().into();
            let kind = if is_router { OwnerKind::Router } else { OwnerKind::Network };
            let name: Arc<str> = known.cloned().unwrap_or_else(noted);
            self.datapaths.insert(key, neutron(kind, id, name, How::Database));
        }
        for row in southbound.rows("Port_Binding") {
            let datapath = row.text("datapath").and_then(|id| by_id.get(id.as_str()).copied());
            if let (Some(datapath), Some(key), Some(owner)) = (datapath, key(row), port(row, facts)) {
                self.ports.insert((datapath, key), owner);
            }
        }
    }

    /// Adds the owners of a flow: rule, group, ACL, logical flow; then its port and its network or router.
    pub(super) fn owners(&self, facts: &NeutronFacts, flow: FlowRef<'_>, cache: &mut Cache, found: &mut Vec<Owner>) {
        let mut cookies = vec![(flow.cookie(), How::Cookie)];
        if flow.cookie() == 0 {
            // Clauses carry no cookie; the flow that accepts their conjunction does.
            let accepting = clauses(flow).filter_map(|(id, ..)| self.accepting.get(&(flow.table(), id)));
            cookies = accepting.map(|cookie| (*cookie, How::Pattern)).collect();
            cookies.sort_unstable();
            cookies.dedup();
        }
        for (cookie, why) in &cookies {
            let known = cache.entry((*cookie, *why)).or_insert_with(|| {
                let mut known = Vec::new();
                self.cookie(facts, *cookie, *why, &mut known);
                known
            });
            known.iter().for_each(|owner| push(found, owner.clone()));
        }
        if cookies.is_empty() {
            let name = "what ovn-controller writes on every chassis".into();
            let id = Arc::default();
            found.push(Owner { system: System::Ovn, kind: OwnerKind::Base, id, name, why: How::Pattern });
        }
        let metadata = flow.word(word::METADATA + 1);
        if metadata.1 == u32::MAX {
            let whole =
                |n| Some(flow.word(word::REG + n)).filter(|(_, mask)| *mask == u32::MAX).map(|(value, _)| value);
            let ports = [14, 15].into_iter().filter_map(whole);
            let objects = ports.filter_map(|key| self.ports.get(&(metadata.0, key)));
            for owner in objects.chain(self.datapaths.get(&metadata.0)) {
                push(found, owner.clone());
            }
        }
    }

    fn cookie(&self, facts: &NeutronFacts, cookie: u64, why: How, found: &mut Vec<Owner>) {
        let places = u32::try_from(cookie).ok().and_then(|c| self.by_cookie.get(&c));
        let Some((places, southbound)) = places.zip(self.southbound.as_deref()) else {
            let id = format!("{cookie:08x}").into();
            let (system, kind) = (System::Ovn, OwnerKind::LogicalFlow);
            return push(found, Owner { system, kind, id, name: "".into(), why: How::Guessed });
        };
        for (table, at) in places {
            let row = &southbound.rows(table)[*at as usize];
            let hint = row.key("external_ids", "stage-hint").and_then(|h| u32::from_str_radix(&h, 16).ok());
            for (table, at) in hint.and_then(|h| self.by_hint.get(&h)).into_iter().flatten() {
                let Some(northbound) = self.northbound.as_deref() else { continue };
                self.northbound_row(facts, table, &northbound.rows(table)[*at as usize], found);
            }
            let is_flow = &**table == "Logical_Flow";
            let kind = if is_flow { OwnerKind::LogicalFlow } else { OwnerKind::SouthboundRow };
            let name = if is_flow { logical_flow_words(row) } else { row_words(table, row) };
            push(found, Owner { system: System::Ovn, kind, id: row.uuid.clone(), name: name.into(), why });
            if &**table == "Port_Binding" {
                port(row, facts).into_iter().for_each(|owner| push(found, owner));
            }
        }
    }

    fn northbound_row(&self, facts: &NeutronFacts, table: &str, row: &Row, found: &mut Vec<Owner>) {
        if table != "ACL" {
            if let Some(id) = row.key("external_ids", "neutron:fip_id") {
                let known = facts.floating_ips.get(id.as_str()).and_then(|f| f.address);
                let address = known.map(|a| a.to_string()).or_else(|| row.text("external_ip")).unwrap_or_default();
                push(found, neutron(OwnerKind::FloatingIp, &id, address, How::Database));
            }
            let name = row_words(table, row).into();
            let (system, kind, id) = (System::Ovn, OwnerKind::NorthboundRow, row.uuid.clone());
            return push(found, Owner { system, kind, id, name, why: How::Database });
        }
        let acl = self.acl(row);
        if !acl.rule.is_empty() {
            let known = facts.security_group_rules.get(acl.rule.as_str());
            let why = if known.is_some() { How::NeutronFile } else { How::Database };
            let name = known.map_or_else(String::new, |rule| words::sentence(facts, rule));
            push(found, neutron(OwnerKind::SecurityGroupRule, &acl.rule, name, why));
        }
        if let Some(group) = acl.entity.strip_prefix("pg_").map(|g| g.replace('_', "-")) {
            push(found, neutron(OwnerKind::SecurityGroup, &group, words::group_name(facts, &group), How::Database));
        }
        let name = if acl.is_default_drop() {
            format!("no rule allows it ({DROP_GROUP}): {} {} {}", acl.direction, acl.priority, acl.action)
        } else {
            let name = if acl.name.is_empty() { String::new() } else { format!("{}: ", acl.name) };
            format!("{name}{} {} {}: {}", acl.direction, acl.priority, acl.action, acl.matches)
        };
        let (system, kind) = (System::Ovn, OwnerKind::Acl);
        push(found, Owner { system, kind, id: row.uuid.clone(), name: name.into(), why: How::Database });
        if self.is_by_hand(&acl) {
            push(found, super::by_hand());
        }
    }

    /// Whether somebody made an ACL beside those of Neutron.
    fn is_by_hand(&self, acl: &Acl) -> bool {
        self.has_rules && acl.rule.is_empty() && !acl.is_default_drop() && !acl.matches.contains("fwg_")
    }

    fn acl(&self, row: &Row) -> Acl {
        let (entity, is_port_group) = self.entities.get(&*row.uuid).cloned().unwrap_or_default();
        let text = |column| row.text(column).unwrap_or_default();
        Acl {
            id: row.uuid.clone(),
            name: text("name"),
            entity: entity.to_string(),
            is_port_group,
            direction: text("direction"),
            priority: row.integer("priority").unwrap_or(0),
            matches: text("match"),
            action: text("action"),
            rule: row.key("external_ids", RULE_KEY).unwrap_or_default(),
        }
    }

    /// The ACLs behind a flow, the decisive ones of its table.
    pub fn acls(&self, flow: FlowRef<'_>) -> Vec<Acl> {
        let mut owners = Vec::new();
        self.owners(&NeutronFacts::default(), flow, &mut Cache::default(), &mut owners);
        let ids = owners.into_iter().filter(|o| o.kind == OwnerKind::Acl).map(|o| o.id);
        let Some(northbound) = self.northbound.as_deref() else { return Vec::new() };
        let row = |id: Arc<str>| {
            let places = self.by_hint.get(&prefix(&id)?)?;
            let rows = places.iter().filter(|(table, _)| &**table == "ACL");
            rows.map(|(table, at)| &northbound.rows(table)[*at as usize]).find(|row| row.uuid == id)
        };
        ids.filter_map(row).map(|row| self.acl(row)).collect()
    }
}

/// Adds an owner unless it is there already.
fn push(found: &mut Vec<Owner>, owner: Owner) {
    if !found.iter().any(|o| o.kind == owner.kind && o.id == owner.id) {
        found.push(owner);
    }
}

/// The Neutron port of a binding; `None` if it is no port of Neutron's.
fn port(row: &Row, facts: &NeutronFacts) -> Option<Owner> {
    let name = row.text("logical_port")?;
    let id = name.strip_prefix("lrp-").or_else(|| name.strip_prefix("cr-lrp-")).unwrap_or(&name);
    // Ports that Neutron did not make, such as `provnet-UUID`, are no ports of its own.
    let is_neutron = facts.ports.contains_key(id) || row.key("external_ids", "neutron:port_name").is_some();
    if !is_neutron {
        return None;
    }
    let known = super::super::names::title(facts, id);
    let noted = || row.key("external_ids", "neutron:port_name").unwrap_or_default().into();
    Some(neutron(OwnerKind::Port, id, known.unwrap_or_else(noted), How::Database))
}

fn logical_flow_words(row: &Row) -> String {
    let stage = row.key("external_ids", "stage-name").unwrap_or_else(|| row.text("pipeline").unwrap_or_default());
    let priority = row.integer("priority").unwrap_or(0);
    format!("{stage}, priority {priority}: {}", row.text("match").unwrap_or_default())
}

/// What a row is called: its name, or what identifies rows of its table.
fn row_words(table: &str, row: &Row) -> String {
    let text = |column| row.text(column).filter(|t: &String| !t.is_empty());
    let noted = |key| row.key("external_ids", key).filter(|t| !t.is_empty());
    let what = table.replace('_', " ");
    let name = match table {
        "NAT" => {
            let side = |column| text(column).unwrap_or_default();
            return format!("NAT {} {} for {}", side("type"), side("external_ip"), side("logical_ip"));
        }
        "MAC_Binding" | "Static_MAC_Binding" => text("ip"),
        "FDB" => text("mac"),
        "DHCP_Options" => text("cidr"),
        "Logical_Router_Static_Route" => text("ip_prefix"),
        "Logical_Router_Policy" | "QoS" => text("match"),
        "Port_Binding" => noted("neutron:port_name").or_else(|| text("logical_port")),
        "Logical_Switch_Port" => noted("neutron:port_name").or_else(|| text("name")),
        "Logical_Switch" => noted("neutron:network_name").or_else(|| text("name")),
        "Logical_Router" => noted("neutron:router_name").or_else(|| text("name")),
        _ => text("name"),
    };
    name.map_or(what.clone(), |name| format!("{what} {name}"))
}

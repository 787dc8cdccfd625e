//! What the database of a node says, in the words of Open vSwitch: bridges, interfaces, controllers.
//!
//! ovs-vswitchd.conf.db(5) describes every column. A fact is `None` if the source does not have it: `ovs-vsctl show`
//! shows few columns, and a database file has no counters. Lists and maps are then empty.
//!
//! Everything is sorted by name, so that the facts of one node are the same from whatever source they come.

use std::collections::HashMap;
use std::sync::Arc;

use super::ovsdb::{Atom, Database, Row};
use super::port::parse_mac;
use super::table::TableLimit;
use crate::field::Subfield;

/// Keys with their values, in the order of the keys.
pub type Pairs = Vec<(Arc<str>, Arc<str>)>;

/// What is known of one node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeFacts {
    /// The version of Open vSwitch, such as `3.1.0`.
    pub ovs_version: Option<Arc<str>>,
    /// The version of the schema, such as `8.3.1`.
    pub db_version: Option<Arc<str>>,
    /// The operating system, such as `ubuntu`.
    pub system_type: Option<Arc<str>>,
    /// Its version, such as `22.04`.
    pub system_version: Option<Arc<str>>,
    /// The node's own settings: `system-id`, `hostname`, and those of OVN (ovn-controller(8)).
    pub external_ids: Pairs,
    /// Settings of Open vSwitch.
    pub other_config: Pairs,
    /// Who may change the database.
    pub managers: Vec<Arc<ControllerFacts>>,
    /// The bridges.
    pub bridges: Vec<BridgeFacts>,
}

/// A connection to an OpenFlow controller or to a manager of the database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ControllerFacts {
    /// Where to, such as `tcp:127.0.0.1:6633`.
    pub target: Arc<str>,
    /// Whether it is connected.
    pub is_connected: Option<bool>,
    /// The role of an OpenFlow controller: `master`, `slave`, `other`.
    pub role: Option<Arc<str>>,
    /// `in-band` or `out-of-band`.
    pub connection_mode: Option<Arc<str>>,
    /// How it goes: `state`, `sec_since_connect`, `last_error` ..
    pub status: Pairs,
}

/// A bridge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BridgeFacts {
    /// Its name.
    pub name: Arc<str>,
    /// The id of its row.
    pub uuid: Arc<str>,
    /// `secure` or `standalone`; none means standalone.
    pub fail_mode: Option<Arc<str>>,
    /// `system`, `netdev` or `dummy`; an empty text means `system`.
    pub datapath_type: Option<Arc<str>>,
    /// The 64 bits by which OpenFlow knows it.
    pub datapath_id: Option<u64>,
    /// The version of the datapath.
    pub datapath_version: Option<Arc<str>>,
    /// The versions of OpenFlow it speaks, such as `OpenFlow13`; empty means all.
    pub protocols: Vec<Arc<str>>,
    /// Whether it takes part in the spanning tree protocol, and in the rapid one.
    pub stp: (Option<bool>, Option<bool>),
    /// Whether it watches multicast groups.
    pub mcast_snooping: Option<bool>,
    /// Names of flow tables by their number.
    pub tables: Vec<(u8, Arc<str>)>,
    /// How many flows tables may hold, where that is limited.
    pub limits: Vec<TableLimit>,
    /// Settings.
    pub other_config: Pairs,
    /// What the owner of the bridge wrote down.
    pub external_ids: Pairs,
    /// Its controllers.
    pub controllers: Vec<Arc<ControllerFacts>>,
    /// Its interfaces.
    pub interfaces: Vec<InterfaceFacts>,
}

/// A port of a bridge: one interface, or several that are bonded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PortFacts {
    /// Its name.
    pub name: Arc<str>,
    /// The id of its row.
    pub uuid: Arc<str>,
    /// The VLAN of an access port, or the native VLAN of a trunk.
    pub tag: Option<u16>,
    /// `access`, `trunk`, `native-tagged`, `native-untagged` or `dot1q-tunnel`; none means access if there is a tag,
    /// and trunk otherwise.
    pub vlan_mode: Option<Arc<str>>,
    /// The VLANs of a trunk; empty means all.
    pub trunks: Vec<u16>,
    /// The inner VLANs of a dot1q-tunnel port; empty means all.
    pub cvlans: Vec<u16>,
    /// How a bond chooses its interface, such as `active-backup`.
    pub bond_mode: Option<Arc<str>>,
    /// The MAC address of the active interface of a bond.
    pub bond_active_mac: Option<u64>,
    /// Whether LACP is spoken: `active`, `passive`, `off`.
    pub lacp: Option<Arc<str>>,
    /// Whether it is kept apart from other protected ports.
    pub protected: Option<bool>,
    /// Settings.
    pub other_config: Pairs,
    /// What the owner of the port wrote down.
    pub external_ids: Pairs,
}

/// An interface of a bridge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InterfaceFacts {
    /// Its name.
    pub name: Arc<str>,
    /// The id of its row.
    pub uuid: Arc<str>,
    /// The port it belongs to, with the VLANs.
    pub port: Arc<PortFacts>,
    /// Such as `internal`, `patch`, `vxlan`; an empty text means a device of the system.
    pub kind: Option<Arc<str>>,
    /// Its OpenFlow number; none if it has none yet or could not be opened.
    pub ofport: Option<u32>,
    /// The OpenFlow number that was asked for.
    pub ofport_request: Option<u32>,
    /// Options of its type, such as `remote_ip` and `peer`.
    pub options: Pairs,
    /// What the owner wrote down: `iface-id`, `attached-mac` ..
    pub external_ids: Pairs,
    /// Settings.
    pub other_config: Pairs,
    /// What the driver says.
    pub status: Pairs,
    /// The MAC address that was asked for.
    pub mac: Option<u64>,
    /// The MAC address it has.
    pub mac_in_use: Option<u64>,
    /// The largest packet it takes, in bytes.
    pub mtu: Option<u32>,
    /// Whether it is up by configuration.
    pub is_up: Option<bool>,
    /// Whether it has a link.
    pub has_link: Option<bool>,
    /// Why it could not be set up.
    pub error: Option<Arc<str>>,
    /// What it counted, such as `rx_packets`.
    pub statistics: Vec<(Arc<str>, i64)>,
}

impl NodeFacts {
    /// The bridge of that name.
    pub fn bridge(&self, name: &str) -> Option<&BridgeFacts> {
        self.bridges.iter().find(|bridge| &*bridge.name == name)
    }

    /// The interface of that name, with its bridge.
    pub fn interface(&self, name: &str) -> Option<(&BridgeFacts, &InterfaceFacts)> {
        self.bridges.iter().find_map(|bridge| Some((bridge, bridge.interface(name)?)))
    }

    /// One of the node's own settings, such as `ovn-encap-ip`.
    pub fn external_id(&self, key: &str) -> Option<&str> {
        value(&self.external_ids, key)
    }

    /// The name of the host.
    pub fn hostname(&self) -> Option<&str> {
        self.external_id("hostname")
    }

    /// The id under which the node is known; OVN calls it the chassis.
    pub fn system_id(&self) -> Option<&str> {
        self.external_id("system-id")
    }

    /// Which bridge leads to which physical network: `ovn-bridge-mappings` of ovn-controller(8).
    pub fn bridge_mappings(&self) -> Vec<(&str, &str)> {
        let mappings = self.external_id("ovn-bridge-mappings").unwrap_or("");
        mappings.split(',').filter_map(|mapping| mapping.trim().split_once(':')).collect()
    }
}

impl BridgeFacts {
    /// The interface of that name.
    pub fn interface(&self, name: &str) -> Option<&InterfaceFacts> {
        self.interfaces.iter().find(|interface| &*interface.name == name)
    }
}

/// The kinds of interfaces that are tunnels (ovs-vswitchd.conf.db(5), Interface, type).
pub const TUNNELS: [&str; 10] =
    ["geneve", "gre", "ip6gre", "vxlan", "lisp", "stt", "gtpu", "bareudp", "erspan", "ip6erspan"];

impl InterfaceFacts {
    /// Whether it leads through a tunnel.
    pub fn is_tunnel(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| TUNNELS.contains(&kind))
    }

    /// An option of its type, such as `remote_ip`.
    pub fn option(&self, key: &str) -> Option<&str> {
        value(&self.options, key)
    }

    /// What the owner wrote down, such as `iface-id`.
    pub fn external_id(&self, key: &str) -> Option<&str> {
        value(&self.external_ids, key)
    }
}

/// The value of a key.
pub fn value<'a>(pairs: &'a [(Arc<str>, Arc<str>)], key: &str) -> Option<&'a str> {
    pairs.iter().find(|(k, _)| &**k == key).map(|(_, v)| &**v)
}

/// What the database says of its node. A database of another schema says nothing. A port or an interface that two rows
/// claim belongs to the first, so that the facts are never larger than the database.
pub fn facts(database: &Database) -> NodeFacts {
    let mut index = Index::of(database);
    let mut facts = NodeFacts {
        bridges: database.rows("Bridge").iter().map(|row| bridge(row, &mut index)).collect(),
        ..NodeFacts::default()
    };
    facts.bridges.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(root) = database.rows("Open_vSwitch").first() {
        facts.ovs_version = text(root, "ovs_version");
        facts.db_version = text(root, "db_version");
        facts.system_type = text(root, "system_type");
        facts.system_version = text(root, "system_version");
        facts.external_ids = pairs(root, "external_ids");
        facts.other_config = pairs(root, "other_config");
        facts.managers = controllers(root, "manager_options", &index.managers);
    }
    facts
}

/// What rows refer to, by id, so that following a reference does not look through a table.
struct Index<'a> {
    ports: HashMap<&'a str, &'a Row>,
    interfaces: HashMap<&'a str, &'a Row>,
    controllers: HashMap<&'a str, Arc<ControllerFacts>>,
    managers: HashMap<&'a str, Arc<ControllerFacts>>,
    tables: HashMap<&'a str, &'a Row>,
}

impl<'a> Index<'a> {
    fn of(database: &'a Database) -> Index<'a> {
        let by_id = |table| database.rows(table).iter().map(|row| (&*row.uuid, row)).collect();
        let connections =
            |table| database.rows(table).iter().map(|row| (&*row.uuid, Arc::new(controller(row)))).collect();
        Index {
            ports: by_id("Port"),
            interfaces: by_id("Interface"),
            controllers: connections("Controller"),
            managers: connections("Manager"),
            tables: by_id("Flow_Table"),
        }
    }
}

/// The ids in a column.
fn ids<'a>(row: &'a Row, column: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    row.atoms(column).iter().filter_map(|atom| match atom {
        Atom::Uuid(id) => Some(&**id),
        _ => None,
    })
}

fn bridge(row: &Row, index: &mut Index<'_>) -> BridgeFacts {
    let mut interfaces = Vec::new();
    for port in ids(row, "ports").filter_map(|id| index.ports.remove(id)).collect::<Vec<_>>() {
        add_interfaces(port, index, &mut interfaces);
    }
    interfaces.sort_by(|a, b| a.name.cmp(&b.name));
    let tables = row.pairs("flow_tables").iter().filter_map(|(number, table)| match (number, table) {
        (Atom::Integer(n), Atom::Uuid(id)) => Some((u8::try_from(*n).ok()?, *index.tables.get(&**id)?)),
        _ => None,
    });
    let tables: Vec<(u8, &Row)> = tables.collect();
    BridgeFacts {
        name: text(row, "name").unwrap_or_default(),
        uuid: row.uuid.clone(),
        fail_mode: text(row, "fail_mode"),
        datapath_type: text(row, "datapath_type"),
        datapath_id: text(row, "datapath_id").and_then(|id| u64::from_str_radix(&id, 16).ok()),
        datapath_version: text(row, "datapath_version"),
        protocols: row.atoms("protocols").iter().map(Atom::shared).collect(),
        stp: (row.boolean("stp_enable"), row.boolean("rstp_enable")),
        mcast_snooping: row.boolean("mcast_snooping_enable"),
        tables: tables.iter().filter_map(|(number, table)| Some((*number, text(table, "name")?))).collect(),
        limits: tables.iter().filter_map(|(number, table)| limit(*number, table)).collect(),
        other_config: pairs(row, "other_config"),
        external_ids: pairs(row, "external_ids"),
        controllers: controllers(row, "controller", &index.controllers),
        interfaces,
    }
}

/// What a row says of the size of a table; nothing if it does not limit it.
fn limit(table: u8, row: &Row) -> Option<TableLimit> {
    let flows = row.integer("flow_limit").and_then(|n| u64::try_from(n).ok())?;
    let groups = row.atoms("groups").iter().filter_map(|group| Subfield::parse(&Atom::shared(group)).ok());
    let evicts = text(row, "overflow_policy").as_deref() == Some("evict");
    Some(TableLimit { table, flows, evicts, groups: groups.collect() })
}

fn controller(row: &Row) -> ControllerFacts {
    ControllerFacts {
        target: text(row, "target").unwrap_or_default(),
        is_connected: row.boolean("is_connected"),
        role: text(row, "role"),
        connection_mode: text(row, "connection_mode"),
        status: pairs(row, "status"),
    }
}

fn controllers(row: &Row, column: &str, known: &HashMap<&str, Arc<ControllerFacts>>) -> Vec<Arc<ControllerFacts>> {
    let mut controllers: Vec<_> = ids(row, column).filter_map(|id| known.get(id).cloned()).collect();
    controllers.sort_by(|a, b| a.target.cmp(&b.target));
    controllers
}

fn add_interfaces(row: &Row, index: &mut Index<'_>, interfaces: &mut Vec<InterfaceFacts>) {
    let port = Arc::new(PortFacts {
        name: text(row, "name").unwrap_or_default(),
        uuid: row.uuid.clone(),
        tag: number(row, "tag"),
        vlan_mode: text(row, "vlan_mode"),
        trunks: vlans(row, "trunks"),
        cvlans: vlans(row, "cvlans"),
        bond_mode: text(row, "bond_mode"),
        bond_active_mac: text(row, "bond_active_slave").and_then(|mac| parse_mac(&mac)),
        lacp: text(row, "lacp"),
        protected: row.boolean("protected"),
        other_config: pairs(row, "other_config"),
        external_ids: pairs(row, "external_ids"),
    });
    let rows = ids(row, "interfaces").filter_map(|id| index.interfaces.remove(id));
    interfaces.extend(rows.map(|row| interface(row, &port)));
}

fn interface(row: &Row, port: &Arc<PortFacts>) -> InterfaceFacts {
    let mac = |column| text(row, column).and_then(|mac| parse_mac(&mac));
    let up = |column| text(row, column).map(|state| &*state == "up");
    let statistics = row.pairs("statistics").iter().filter_map(|(name, n)| match n {
        Atom::Integer(n) => Some((name.shared(), *n)),
        _ => None,
    });
    InterfaceFacts {
        name: text(row, "name").unwrap_or_default(),
        uuid: row.uuid.clone(),
        port: port.clone(),
        kind: text(row, "type"),
        ofport: number(row, "ofport"),
        ofport_request: number(row, "ofport_request"),
        options: pairs(row, "options"),
        external_ids: pairs(row, "external_ids"),
        other_config: pairs(row, "other_config"),
        status: pairs(row, "status"),
        mac: mac("mac"),
        mac_in_use: mac("mac_in_use"),
        mtu: number(row, "mtu"),
        is_up: up("admin_state"),
        has_link: up("link_state"),
        error: text(row, "error"),
        statistics: statistics.collect(),
    }
}

fn text(row: &Row, column: &str) -> Option<Arc<str>> {
    row.atom(column).map(Atom::shared)
}

/// A number of the type that is wanted; none if it does not fit, as the -1 of an interface without a number.
fn number<N: TryFrom<i64>>(row: &Row, column: &str) -> Option<N> {
    row.integer(column).and_then(|n| N::try_from(n).ok())
}

fn vlans(row: &Row, column: &str) -> Vec<u16> {
    let vlan = |atom: &Atom| match atom {
        Atom::Integer(n) => u16::try_from(*n).ok(),
        _ => None,
    };
    row.atoms(column).iter().filter_map(vlan).collect()
}

fn pairs(row: &Row, column: &str) -> Pairs {
    let mut pairs: Pairs = row.pairs(column).iter().map(|(key, value)| (key.shared(), value.shared())).collect();
    pairs.sort();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ovsdb::Datum;

    fn row(uuid: &str, columns: &[(&str, Datum)]) -> Row {
        let columns = columns.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        Row { uuid: uuid.into(), columns }
    }

    fn strings(texts: &[&str]) -> Datum {
        Datum::Set(texts.iter().map(|text| Atom::String((*text).into())).collect())
    }

    fn ids(ids: &[&str]) -> Datum {
        Datum::Set(ids.iter().map(|id| Atom::Uuid((*id).into())).collect())
    }

    fn map(pairs: &[(&str, &str)]) -> Datum {
        let atom = |s: &&str| Atom::String((*s).into());
        Datum::Map(pairs.iter().map(|(k, v)| (atom(k), atom(v))).collect())
    }

    #[test]
    fn references_are_followed() {
        let mut database = Database::default();
        let mut add = |table: &str, row: Row| database.tables.entry(table.into()).or_default().push(row);
        let mappings = map(&[("hostname", "c1"), ("ovn-bridge-mappings", "physnet1:br-ex, p2:br-2,odd")]);
        add("Open_vSwitch", row("o", &[("external_ids", mappings), ("manager_options", ids(&["none"]))]));
        let tables = Datum::Map(vec![(Atom::Integer(3), Atom::Uuid("t".into()))]);
        let bridge = [
            ("name", strings(&["br-int"])),
            ("ports", ids(&["p"])),
            ("controller", ids(&["c"])),
            ("datapath_id", strings(&["0000b66ec4f56c49"])),
            ("fail_mode", strings(&[])),
            ("flow_tables", tables),
        ];
        add("Bridge", row("b", &bridge));
        add(
            "Flow_Table",
            row("t", &[("name", strings(&["classify"])), ("flow_limit", Datum::Set(vec![Atom::Integer(5)]))]),
        );
        add("Controller", row("c", &[("target", strings(&["tcp:1.2.3.4"]))]));
        let trunks = Datum::Set(vec![Atom::Integer(7), Atom::Integer(70_000)]);
        add("Port", row("p", &[("name", strings(&["bond"])), ("interfaces", ids(&["j", "i"])), ("trunks", trunks)]));
        let number = |n| Datum::Set(vec![Atom::Integer(n)]);
        let up = ("admin_state", strings(&["up"]));
        let mac = ("mac_in_use", strings(&["fa:16:3e:00:00:01"]));
        add("Interface", row("i", &[("name", strings(&["eth0"])), ("ofport", number(5)), up, mac]));
        add("Interface", row("j", &[("name", strings(&["eth1"])), ("ofport", number(-1))]));

        let facts = facts(&database);
        assert_eq!((facts.hostname(), facts.system_id(), facts.managers.len()), (Some("c1"), None, 0));
        assert_eq!(facts.bridge_mappings(), [("physnet1", "br-ex"), ("p2", "br-2")]);
        let bridge = facts.bridge("br-int").unwrap();
        assert_eq!((bridge.datapath_id, bridge.fail_mode.as_deref()), (Some(0xb66e_c4f5_6c49), None));
        assert_eq!(bridge.tables, [(3, "classify".into())]);
        assert_eq!(bridge.limits, [TableLimit { table: 3, flows: 5, ..TableLimit::default() }]);
        assert_eq!((&*bridge.controllers[0].target, bridge.controllers[0].is_connected), ("tcp:1.2.3.4", None));
        let names: Vec<_> = bridge.interfaces.iter().map(|i| (&*i.name, &*i.port.name, i.ofport)).collect();
        assert_eq!(names, [("eth0", "bond", Some(5)), ("eth1", "bond", None)]);
        let (_, eth0) = facts.interface("eth0").unwrap();
        assert_eq!((eth0.is_up, eth0.has_link, eth0.mac_in_use), (Some(true), None, Some(0xfa16_3e00_0001)));
        assert_eq!(eth0.port.trunks, [7]);
    }

    #[test]
    fn another_database_says_nothing() {
        assert_eq!(facts(&Database::default()), NodeFacts::default());
    }
}

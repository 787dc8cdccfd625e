//! Recognition and names, on captures of real nodes.

use std::sync::Arc;

use super::fixture::{bridge, snapshot};
use super::names::NetworkWord;
use super::*;
use crate::model::naming::{Carries, Kind, Scope};
use crate::model::ovsdb::{Atom, Database, Datum, Row as DatabaseRow};

/// The naming of a bridge of the one node.
fn named(snapshot: &Snapshot, bridge: &str) -> Naming {
    let node = &snapshot.nodes[0];
    naming(node.bridge(bridge).unwrap(), node, snapshot)
}

fn table(naming: &Naming, id: u8) -> &str {
    naming.table(id).map_or("", |t| &t.name)
}

#[test]
fn the_bridges_of_a_compute_node() {
    let snapshot = snapshot("ml2-compute");
    let int = named(&snapshot, "br-int");
    assert_eq!((int.kind, &*int.system), (Kind::Integration, "neutron openvswitch agent (ML2/OVS)"));
    assert_eq!(
        &*int.evidence,
        "port patch-tun leads to the tunnel bridge; port int-br-provider leads to a physical network; \
         table 23 holds the agent's canary flow; table 0 leads through table 59 to the hub, table 60; \
         table 60 notes ports and networks in reg5 and reg6; tables 71 to 93 are the Open vSwitch firewall; \
         table 0 drops the dead VLAN, 4095; the database has ports with net_uuid"
    );
    assert_eq!((table(&int, 60), table(&int, 82), table(&int, 65)), ("TRANSIENT", "RULES_INGRESS", "FW_RULES_EGRESS"));
    assert_eq!(table(&int, 59), "PACKET_RATE_LIMIT", "table 58 is not used, so the limits stand where they began");
    assert_eq!(int.table_number("rules_ingress_table"), Some(82));
    assert_eq!(int.register(crate::field::table::REG.nth(5), 0, 32).map(|r| r.carries), Some(Carries::Port));
    let tun = named(&snapshot, "br-tun");
    assert_eq!((tun.kind, table(&tun, 22)), (Kind::Tunnel, "FLOOD_TO_TUN"));
    let provider = named(&snapshot, "br-provider");
    assert_eq!((provider.kind, table(&provider, 0), table(&provider, 2)), (Kind::Provider, "LOCAL_SWITCHING", ""));
    assert_eq!(&*provider.role, "The bridge to a physical network, which lies behind port eth2.");
}

#[test]
fn distributed_routing_has_tables_of_its_own() {
    let snapshot = snapshot("ml2-dvr");
    assert_eq!(table(&named(&snapshot, "br-int"), 1), "DVR_TO_SRC_MAC");
    assert_eq!(table(&named(&snapshot, "br-tun"), 9), "DVR_NOT_LEARN");
    assert_eq!(table(&named(&snapshot, "br-provider"), 3), "DVR_NOT_LEARN_PHYSICAL");
    assert_eq!(named(&snapshot, "br-ex").kind, Kind::Provider);
}

#[test]
fn a_bridge_s_name_proves_nothing() {
    let switch = |name, ports| {
        let bridge = bridge(name, " table=0, priority=0 actions=NORMAL", ports);
        naming(&bridge, &Node::default(), &Snapshot::default())
    };
    assert_eq!(switch("br-int", " 1(eth0): addr:00:00:00:00:00:01"), Naming::default());
    assert_eq!(switch("br-tun", ""), Naming::default());
    assert_eq!(switch("x", " 1(phy-x): addr:00:00:00:00:00:01").kind, Kind::Provider);
    assert_eq!(switch("x", " 1(tpt-00112233-44): addr:00:00:00:00:00:01").kind, Kind::Trunk);
    assert_eq!(switch("br-ex", " 1(qg-00112233-44): addr:00:00:00:00:00:01").kind, Kind::External);
}

#[test]
fn without_a_database_the_flows_give_the_release_away() {
    let mut snapshot = snapshot("ovn-23.03");
    let with_southbound = named(&snapshot, "br-int");
    assert_eq!((with_southbound.kind, &*with_southbound.system), (Kind::OvnIntegration, "OVN 23.03"));
    assert!(with_southbound.evidence.ends_with("of the Southbound database, of ovn-northd 23.03.1-20.27.0-70.6"));
    // There is no router, so the Southbound has no stages of routers.
    assert_eq!((table(&with_southbound, 16), table(&with_southbound, 46)), ("ls_in_acl", "ls_out_acl"));
    assert_eq!(with_southbound.datapath(1).map(|d| (d.scope, &*d.name)), Some((Some(Scope::Switch), "net-a")));

    snapshot.databases.clear();
    let alone = named(&snapshot, "br-int");
    assert_eq!(&*alone.system, "OVN 22.12 to 23.03");
    assert!(alone.evidence.contains("the tables fit OVN 22.12, 23.03 equally; these releases agree on every name"));
    assert_eq!(table(&alone, 16), "ls_in_acl / lr_in_lb_aff_learn");
    assert_eq!(alone.table(16).unwrap().name_in(Some(Scope::Switch)), "ls_in_acl");
    assert_eq!(alone.datapath(1).map(|d| d.scope), Some(Some(Scope::Switch)));
}

#[test]
fn stages_move_between_releases() {
    let snapshot = snapshot("ovn-24.03");
    let naming = named(&snapshot, "br-int");
    assert_eq!(&*naming.system, "OVN 24.03");
    assert_eq!(table(&naming, 16), "ls_in_acl_eval / lr_in_lb_aff_learn");
    assert_eq!(
        (table(&naming, 37), table(&naming, 65), table(&naming, 85)),
        ("OUTPUT_LARGE_PKT_DETECT", "LOG_TO_PHY", "CT_STATE_SAVE")
    );
    let scopes: Vec<_> = naming.datapaths.iter().filter_map(|d| d.scope).collect();
    assert!(scopes.contains(&Scope::Switch) && scopes.contains(&Scope::Router));
    let doc = &naming.table(17).unwrap().doc;
    assert!(doc.starts_with("Logical switch, from its ports: does what the ACLs decided"), "{doc}");
    let reg13 = crate::field::table::REG.nth(13);
    assert_eq!(naming.register(reg13, 0, 16).map(|r| &*r.name), Some("ct zone"));
    assert_eq!(naming.register(reg13, 16, 16).map(|r| &*r.name), Some("encap id"));
}

#[test]
fn flows_of_an_unknown_release_get_only_the_names_that_are_sure() {
    let text = include_str!("../../fixtures/recognition/ovn-23.03/br-int.flows.txt");
    let moved = format!("{text} table=120, priority=0 actions=drop\n");
    let bridge = bridge("br-int", &moved, "");
    let naming = naming(&bridge, &Node::default(), &Snapshot::default());
    assert_eq!((naming.kind, &*naming.system), (Kind::OvnIntegration, "OVN"));
    assert!(naming.evidence.ends_with("the tables fit no release that is known"));
    let names: Vec<&str> = naming.tables.iter().map(|t| &*t.name).collect();
    assert_eq!(names, ["PHY_TO_LOG", "LOG_TO_PHY"]);
    assert!(naming.register(crate::field::table::REG.nth(14), 0, 32).is_some());
}

#[test]
fn the_southbound_of_another_deployment_does_not_count() {
    let mut snapshot = snapshot("ovn-23.03");
    let mut other = (*snapshot.databases[0]).clone();
    let chassis = DatabaseRow {
        uuid: "x".into(),
        columns: [("name".into(), Datum::Set(vec![Atom::String("somebody-else".into())]))].into(),
    };
    other.tables.insert("Chassis".into(), vec![chassis]);
    snapshot.databases = vec![Arc::new(other)];
    assert_eq!(&*named(&snapshot, "br-int").system, "OVN 22.12 to 23.03");
}

#[test]
fn numbers_become_names() {
    let snapshot = snapshot("ml2-compute");
    let names = NodeNames::of(&snapshot.nodes[0], &snapshot);
    let port = names.port("br-int", 3).unwrap();
    assert_eq!((port.label(), &*port.name, port.vlan), ("vm1", "tapd36318fe-d4", Some(1)));
    assert_eq!(&*port.id, "d36318fe-d4a9-4bae-9c46-c615bfefbf49");
    assert_eq!(names.network_of_vlan(1).map(NetworkWord::label).as_deref(), Some("blue"));
    assert_eq!(names.network_of_tunnel_key(1180).map(NetworkWord::label).as_deref(), Some("blue"));
    assert_eq!(names.owner_of_mac(port.mac.unwrap()).map(|n| &**n), Some("vm1"));
    assert_eq!(names.owner_of_address("10.10.1.4".parse().unwrap()).map(|n| &**n), Some("vm3"));
    let kind = |bridge, number| names.port(bridge, number).map(|p| p.kind.clone());
    assert_eq!(kind("br-int", 2), Some(names::PortKind::Patch { peer: "patch-int".into(), bridge: "br-tun".into() }));
    assert_eq!(kind("br-tun", 2), Some(names::PortKind::Tunnel { kind: "vxlan".into(), remote: "172.16.0.12".into() }));
    assert_eq!(kind("br-int", crate::field::names::port::LOCAL), Some(names::PortKind::Bridge));
}

#[test]
fn logical_ports_have_names_with_and_without_a_southbound() {
    let mut snapshot = snapshot("ovn-23.03");
    let names = |s: &Snapshot| NodeNames::of(&s.nodes[0], s);
    let all = names(&snapshot);
    assert_eq!(all.logical_port(1, 2).map(|p| &*p.label), Some("web1"));
    assert_eq!(all.logical_port(1, 0x8000).map(|p| (&*p.label, &*p.kind)), Some(("_MC_flood", "group")));
    assert_eq!(all.zone(3).map(|z| &**z), Some("web1"));
    assert_eq!(all.zone(1).map(|z| &**z), Some("SNAT of net-a"));
    snapshot.databases.clear();
    let alone = names(&snapshot);
    assert!(alone.logical_port(1, 2).is_some_and(|p| p.label.starts_with("tap") && !p.name.is_empty()));
}

#[test]
fn hostile_databases_and_dumps_are_harmless() {
    // Sets where maps are wanted, missing references, numbers out of range, names that are no names.
    let cell = |n: i64| Datum::Set(vec![Atom::Integer(n), Atom::String("\u{1b}[2J".into())]);
    let columns = [
        "external_ids",
        "other_config",
        "options",
        "ports",
        "interfaces",
        "name",
        "tag",
        "ofport",
        "tunnel_key",
        "table_id",
        "mac",
        "datapath",
        "type",
    ];
    let mut database = Database::default();
    for name in [
        "Open_vSwitch",
        "Bridge",
        "Port",
        "Interface",
        "Datapath_Binding",
        "Port_Binding",
        "Logical_Flow",
        "Multicast_Group",
        "SB_Global",
        "Chassis",
    ] {
        let rows = [-1, i64::MAX, i64::MIN, 0].map(|n| DatabaseRow {
            uuid: "u".into(),
            columns: columns.iter().map(|c| ((*c).into(), cell(n))).collect(),
        });
        database.tables.insert(name.into(), rows.into());
    }
    let flows = " table=0, in_port=1 actions=set_field:0xffffffffffffffff->metadata,set_field:1->reg14,resubmit(,253)\n \
                 table=253, metadata=0xffffffffffffffff actions=drop\n table=254, priority=0 actions=resubmit(,254)";
    let bridge = Arc::new(bridge("br-int", flows, " 1(tap\u{fc}): addr:00:00:00:00:00:01"));
    let node = Node { bridges: vec![bridge], database: Some(Arc::new(database.clone())), ..Node::default() };
    database.schema = "OVN_Southbound".into();
    let snapshot = Snapshot { nodes: vec![Arc::new(node)], databases: vec![Arc::new(database)], ..Snapshot::default() };
    let naming = named(&snapshot, "br-int");
    assert_eq!(naming.kind, Kind::OvnIntegration);
    NodeNames::of(&snapshot.nodes[0], &snapshot);
}

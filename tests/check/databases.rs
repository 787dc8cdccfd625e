//! Databases, datapaths and address tables: each file is read without a complaint, and what comes from one switch says the
//! same in every form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ofscope::base::diag::Report;
use ofscope::dump::{
    Part, Source, conntrack, datapath, dpif_show, fdb, ovn, ovsdb_file, ovsdb_json, ovsdb_text, vsctl,
};
use ofscope::field::Names;
use ofscope::model::datapath::DpFlow;
use ofscope::model::node_facts::{BridgeFacts, ControllerFacts, InterfaceFacts, NodeFacts, PortFacts, facts};
use ofscope::model::ovsdb::Database;

use super::text_of;

/// Reads a text and gives the number of things in it, and the text back where there is a printer.
type Reader = fn(&str, &mut Source<'_>) -> (usize, Option<String>);

struct Kind {
    name: &'static str,
    is: fn(&str) -> bool,
    read: Reader,
    /// What the names of such files have in them, so that a file of another kind is not taken for one.
    files: &'static [&'static str],
}

fn entries<T>(parts: &[Part<T>]) -> usize {
    parts.iter().filter_map(Part::entry).count()
}

fn rows(database: Database) -> (usize, Option<String>) {
    (database.tables.values().map(Vec::len).sum(), None)
}

fn printed(paint: impl FnOnce(&mut String)) -> Option<String> {
    let mut out = String::new();
    paint(&mut out);
    Some(out)
}

const KINDS: [Kind; 17] = [
    Kind {
        name: "fdb",
        is: fdb::is_fdb,
        read: |text, source| {
            let parts = fdb::read_fdb(text, source);
            (entries(&parts), printed(|out| fdb::paint_fdb(&parts, out)))
        },
        files: &["fdb"],
    },
    Kind {
        name: "tunnels",
        is: fdb::is_tunnels,
        read: |text, source| {
            let parts = fdb::read_tunnels(text, source);
            (entries(&parts), printed(|out| fdb::paint_tunnels(&parts, out)))
        },
        files: &["list-tunnels"],
    },
    Kind {
        name: "neighbours",
        is: fdb::is_tunnel_neighbours,
        read: |text, source| (fdb::read_tunnel_neighbours(text, source).len(), None),
        files: &["tnl-arp", "tnl-neigh"],
    },
    Kind {
        name: "database as text",
        is: ovsdb_text::is_ovsdb_text,
        read: |text, source| rows(ovsdb_text::read_ovsdb_text(text, source)),
        files: &["ovsdb"],
    },
    Kind {
        name: "database as JSON",
        is: ovsdb_json::is_ovsdb_json,
        read: |text, source| rows(ovsdb_json::read_ovsdb_json(text, source)),
        files: &["ovsdb"],
    },
    Kind {
        name: "database file",
        is: ovsdb_file::is_ovsdb_file,
        read: |text, source| rows(ovsdb_file::read_ovsdb_file(text, source)),
        files: &[".db"],
    },
    Kind {
        name: "vsctl show",
        is: vsctl::is_vsctl_show,
        read: |text, source| rows(vsctl::read_vsctl_show(text, source)),
        files: &["vsctl-show"],
    },
    Kind {
        name: "datapath flows",
        is: datapath::is_dp_flows,
        read: |text, source| {
            let flows = datapath::read_dp_flows(text, source);
            let has = |flow: &&DpFlow| ["recirc_id", "in_port"].iter().all(|part| flow.key.item(part).is_some());
            (flows.iter().filter(has).count(), None)
        },
        files: &["dpctl-dump-flows"],
    },
    Kind {
        name: "dpif/show",
        is: dpif_show::is_dpif_show,
        read: |text, source| (dpif_show::read_dpif_show(text, source).iter().flat_map(|d| &d.bridges).count(), None),
        files: &["dpif-show"],
    },
    Kind {
        name: "dpctl/show",
        is: dpif_show::is_dpctl_show,
        read: |text, source| (dpif_show::read_dpctl_show(text, source).iter().flat_map(|d| &d.ports).count(), None),
        files: &["dpctl-show"],
    },
    Kind {
        name: "connections",
        is: conntrack::is_conntrack,
        read: |text, source| {
            let parts = conntrack::read_conntrack(text, source);
            (entries(&parts), printed(|out| conntrack::paint_conntrack(&parts, out)))
        },
        files: &["conntrack"],
    },
    Kind {
        name: "ct zones",
        is: ovn::is_ct_zones,
        read: |text, source| (ovn::read_ct_zones(text, source).len(), None),
        files: &["ct-zone-list"],
    },
    Kind {
        name: "group table",
        is: ovn::is_group_table,
        read: |text, source| (ovn::read_group_table(text, source).len(), None),
        files: &["group-table-list"],
    },
    Kind {
        name: "meter table",
        is: ovn::is_meter_table,
        read: |text, source| (ovn::read_meter_table(text, source).len(), None),
        files: &["meter-table-list"],
    },
    Kind { name: "lflow-list", is: ovn::is_lflow_list, read: |_, _| (0, None), files: &["lflow-list"] },
    Kind { name: "nbctl show", is: ovn::is_nbctl_show, read: |_, _| (0, None), files: &["nbctl-show"] },
    Kind { name: "sbctl show", is: ovn::is_sbctl_show, read: |_, _| (0, None), files: &["sbctl-show"] },
];

/// Reads with a complaint being a failure.
fn quietly<T>(path: &Path, text: &str, read: impl FnOnce(&str, &mut Source<'_>) -> T) -> T {
    let file: Arc<str> = path.to_string_lossy().into();
    let mut report = Report::default();
    let out = read(text, &mut Source { file: &file, names: Names::none(), report: &mut report });
    let told: String = report.kept.iter().fold(String::new(), |mut told, located| {
        located.paint(&mut told);
        told
    });
    assert!(report.is_empty(), "{told}");
    out
}

/// The first 4 KB of a text, which is all that is needed to recognise it.
fn head(text: &str) -> &str {
    let mut end = text.len().min(4096);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Reads every file of a known kind, and counts files and entries by kind.
pub fn read_all(files: &[PathBuf]) -> BTreeMap<&'static str, (usize, usize)> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for path in files {
        let Some(text) = text_of(path) else {
            continue;
        };
        let kinds: Vec<_> = KINDS.iter().filter(|kind| (kind.is)(head(&text))).collect();
        assert!(kinds.len() <= 1, "{}: {:?}", path.display(), kinds.iter().map(|k| k.name).collect::<Vec<_>>());
        let file = path.file_name().unwrap().to_string_lossy();
        let Some(kind) = kinds.first() else {
            let is_named = KINDS.iter().any(|kind| kind.files.iter().any(|part| file.contains(part)));
            assert!(!is_named || text.trim().is_empty(), "{} is not recognised", path.display());
            continue;
        };
        assert!(kind.files.iter().any(|part| file.contains(part)), "{} is taken for {}", path.display(), kind.name);
        let (entries, out) = quietly(path, &text, kind.read);
        assert!(out.is_none_or(|out| out == text), "{} is printed otherwise", path.display());
        let count = counts.entry(kind.name).or_default();
        *count = (count.0 + 1, count.1 + entries);
    }
    counts
}

/// Reads a text as everything there is; only a panic or an endless wait is a failure.
pub fn read_as_everything(text: &str) {
    let file: Arc<str> = "f".into();
    for kind in &KINDS {
        (kind.is)(head(text));
        let mut report = Report::default();
        let mut source = Source { file: &file, names: Names::none(), report: &mut report };
        (kind.read)(text, &mut source);
        assert!(report.kept.iter().all(|l| l.diagnostic.message.len() < 300), "{:?}", report.kept.last());
    }
    for database in [ovsdb_text::read_ovsdb_text, ovsdb_json::read_ovsdb_json, ovsdb_file::read_ovsdb_file] {
        let mut report = Report::default();
        facts(&database(text, &mut Source { file: &file, names: Names::none(), report: &mut report }));
    }
}

/// A database with its rows in the order of their ids.
pub fn in_order(mut database: Database) -> Database {
    database.tables.values_mut().for_each(|rows| rows.sort_by(|a, b| a.uuid.cmp(&b.uuid)));
    database
}

pub fn database(path: &Path, read: fn(&str, &mut Source<'_>) -> Database) -> Option<Database> {
    path.exists().then(|| quietly(path, &text_of(path).unwrap(), read))
}

/// Compares the four forms in which a directory may have the database of a host.
pub fn compare_host(dir: &Path) {
    let text = database(&dir.join("ovsdb-dump.txt"), ovsdb_text::read_ovsdb_text).unwrap();
    let shown = dir.display();
    let whole = facts(&text);
    assert!(!whole.bridges.is_empty() && whole.bridges.iter().all(|b| !b.interfaces.is_empty()), "{shown}");
    if let Some(json) = database(&dir.join("ovsdb-dump.json"), ovsdb_json::read_ovsdb_json) {
        assert_eq!(text, json, "{shown}");
    }
    for name in ["ovsdb-backup.db", "conf.db"] {
        if let Some(file) = database(&dir.join(name), ovsdb_file::read_ovsdb_file) {
            compare_file(&file, &text, dir);
            assert_eq!(facts(&file), without_ephemeral(whole.clone()), "{shown}");
        }
    }
    if let Some(show) = database(&dir.join("vsctl-show.txt"), vsctl::read_vsctl_show) {
        assert_eq!(without_ids(facts(&show)), as_shown(whole), "{shown}");
    }
}

/// Every row and column of a file is in the dump; a column of the dump that is not in the file is an ephemeral one.
fn compare_file(file: &Database, dump: &Database, dir: &Path) {
    assert_eq!(file.schema, dump.schema);
    assert_eq!(file.tables.keys().collect::<Vec<_>>(), dump.tables.keys().collect::<Vec<_>>());
    for (table, rows) in &dump.tables {
        assert_eq!(rows.len(), file.rows(table).len(), "{} {table}", dir.display());
        for row in rows {
            let kept = file.row(table, &row.uuid).unwrap();
            for (column, value) in &row.columns {
                let is_ephemeral = EPHEMERAL.split(' ').any(|name| name == &**column);
                match kept.columns.get(column) {
                    Some(kept) => assert_eq!(kept, value, "{} {table} {column}", dir.display()),
                    None => assert!(is_ephemeral, "{} {table} {column}", dir.display()),
                }
            }
        }
    }
}

/// The columns that the schema of Open vSwitch 3.1 calls ephemeral.
const EPHEMERAL: &str = "admin_state bfd_status cfm_fault cfm_fault_status cfm_health cfm_remote_mpids \
    cfm_remote_opstate datapath_id duplex ifindex is_connected lacp_current link_resets link_speed link_state \
    mac_in_use mtu role rstp_statistics rstp_status statistics status";

/// Facts as a database file has them: without what the switch only measures.
fn without_ephemeral(facts: NodeFacts) -> NodeFacts {
    let controllers = |controllers: Vec<Arc<ControllerFacts>>| {
        let file = |c: Arc<ControllerFacts>| {
            Arc::new(ControllerFacts { is_connected: None, role: None, status: Vec::new(), ..(*c).clone() })
        };
        controllers.into_iter().map(file).collect()
    };
    let interface = |interface| InterfaceFacts {
        mac_in_use: None,
        mtu: None,
        is_up: None,
        has_link: None,
        status: Vec::new(),
        statistics: Vec::new(),
        ..interface
    };
    let bridge = |bridge: BridgeFacts| BridgeFacts {
        datapath_id: None,
        controllers: controllers(bridge.controllers),
        interfaces: bridge.interfaces.into_iter().map(interface).collect(),
        ..bridge
    };
    NodeFacts {
        managers: controllers(facts.managers),
        bridges: facts.bridges.into_iter().map(bridge).collect(),
        ..facts
    }
}

/// Facts as `ovs-vsctl show` has them.
fn as_shown(facts: NodeFacts) -> NodeFacts {
    let controllers = |controllers: Vec<Arc<ControllerFacts>>| {
        let shown = |c: Arc<ControllerFacts>| {
            let (target, is_connected) = (c.target.clone(), c.is_connected);
            Arc::new(ControllerFacts { target, is_connected, ..ControllerFacts::default() })
        };
        controllers.into_iter().map(shown).collect()
    };
    let interface = |interface: InterfaceFacts| {
        let port = &interface.port;
        let (name, tag, trunks) = (port.name.clone(), port.tag, port.trunks.clone());
        InterfaceFacts {
            name: interface.name,
            port: Arc::new(PortFacts { name, tag, trunks, ..PortFacts::default() }),
            kind: interface.kind,
            options: interface.options,
            error: interface.error,
            ..InterfaceFacts::default()
        }
    };
    let bridge = |bridge: BridgeFacts| BridgeFacts {
        name: bridge.name,
        fail_mode: bridge.fail_mode,
        datapath_type: bridge.datapath_type.filter(|kind| !kind.is_empty()),
        controllers: controllers(bridge.controllers),
        interfaces: bridge.interfaces.into_iter().map(interface).collect(),
        ..BridgeFacts::default()
    };
    NodeFacts {
        ovs_version: facts.ovs_version,
        managers: controllers(facts.managers),
        bridges: facts.bridges.into_iter().map(bridge).collect(),
        ..NodeFacts::default()
    }
}

/// Facts without the ids, which `ovs-vsctl show` does not have.
fn without_ids(mut facts: NodeFacts) -> NodeFacts {
    for bridge in &mut facts.bridges {
        bridge.uuid = Arc::default();
        for interface in &mut bridge.interfaces {
            interface.uuid = Arc::default();
            Arc::make_mut(&mut interface.port).uuid = Arc::default();
        }
    }
    facts
}

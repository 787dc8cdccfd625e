//! Nodes for tests, put together from raw captures: flows, port descriptions and databases as text.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::api;
use crate::base::progress::Progress;
use crate::dump::flows::load;
use crate::field::Names;
use crate::field::names::port;
use crate::model::bridge::Bridge;
use crate::model::neutron_facts::NeutronFacts;
use crate::model::node::Node;
use crate::model::ovsdb::{Atom, Database, Datum, Row};
use crate::model::port::Port;
use crate::model::snapshot::Snapshot;

/// A snapshot of the one node in a folder below `fixtures/recognition`: `BRIDGE.flows.txt` with `BRIDGE.ports.txt`,
/// `SCHEMA.ovsdb.json`, and the networking API's answers in any other `.json`.
pub(crate) fn snapshot(folder: &str) -> Snapshot {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recognition").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&path).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let mut snapshot = Snapshot::default();
    let mut node = Node { name: folder.into(), ..Node::default() };
    let mut facts = NeutronFacts::default();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        if let Some(bridge_name) = name.strip_suffix(".flows.txt") {
            let ports = read(&file.with_file_name(format!("{bridge_name}.ports.txt")));
            node.bridges.push(Arc::new(bridge(bridge_name, &read(&file), &ports)));
        } else if let Some(schema) = name.strip_suffix(".ovsdb.json") {
            let database = Arc::new(database(schema, &read(&file)));
            if schema == "Open_vSwitch" { node.database = Some(database) } else { snapshot.databases.push(database) }
        } else if name.ends_with(".json") {
            let (kind, found) = api::add(&mut facts, &read(&file));
            assert!(kind.is_some() && found.is_empty(), "{name}: {found:?}");
        }
    }
    snapshot.nodes = vec![Arc::new(node)];
    snapshot.neutron = (!facts.is_empty()).then(|| Arc::new(facts));
    snapshot
}

/// A bridge with these flows; `ports` is what `ovs-ofctl dump-ports-desc` prints.
pub(crate) fn bridge(name: &str, flows: &str, ports: &str) -> Bridge {
    let mut names = Names::default();
    let mut list = Vec::new();
    for line in ports.lines() {
        let Some((number, rest)) = line.trim_start().split_once('(') else { continue };
        let Some((port_name, _)) = rest.split_once("): addr:") else { continue };
        let number = if number == "LOCAL" { port::LOCAL } else { number.parse().unwrap() };
        names.add_port(number, port_name);
        list.push(Port { number, name: port_name.into(), ..Port::default() });
    }
    let loaded = load(flows.as_bytes(), &Arc::from("flows"), &names, &Progress::default(), |_| {});
    assert!(loaded.report.is_empty(), "{:?}", loaded.report.kept);
    Bridge { name: name.into(), names: Arc::new(names), flows: loaded.flows, ports: list, ..Bridge::default() }
}

/// A database from what `ovsdb-client dump --format=json` prints: one JSON value a table.
pub(crate) fn database(schema: &str, text: &str) -> Database {
    let mut database = Database { schema: schema.into(), ..Database::default() };
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.unwrap();
        let table = value["caption"].as_str().unwrap().trim_end_matches(" table").to_owned();
        let headings: Vec<&str> = value["headings"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let rows = value["data"].as_array().unwrap().iter().map(|cells| {
            let mut row = Row::default();
            for (heading, cell) in headings.iter().zip(cells.as_array().unwrap()) {
                match *heading {
                    "_uuid" => row.uuid = cell[1].as_str().unwrap().into(),
                    _ => {
                        row.columns.insert((*heading).into(), datum(cell));
                    }
                }
            }
            row
        });
        database.tables.insert(table.as_str().into(), rows.collect());
    }
    database
}

fn datum(value: &Value) -> Datum {
    match (value[0].as_str(), value[1].as_array()) {
        (Some("set"), Some(values)) => Datum::Set(values.iter().map(atom).collect()),
        (Some("map"), Some(pairs)) => Datum::Map(pairs.iter().map(|p| (atom(&p[0]), atom(&p[1]))).collect()),
        _ => Datum::Set(vec![atom(value)]),
    }
}

fn atom(value: &Value) -> Atom {
    match value {
        Value::String(s) => Atom::String(s.as_str().into()),
        Value::Bool(b) => Atom::Boolean(*b),
        Value::Number(n) if n.is_i64() => Atom::Integer(n.as_i64().unwrap()),
        Value::Array(pair) => Atom::Uuid(pair[1].as_str().unwrap().into()),
        other => Atom::Real(other.to_string().into()),
    }
}

//! throw-away
use super::fixture;
use super::*;
use crate::model::neutron_facts::NeutronFacts;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn read(p: &Path) -> Option<String> {
    if p.exists() {
        return std::fs::read_to_string(p).ok();
    }
    let gz = PathBuf::from(format!("{}.gz", p.display()));
    if gz.exists() {
        use std::io::Read;
        let mut s = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(gz).ok()?).read_to_string(&mut s).ok()?;
        return Some(s);
    }
    None
}

pub(crate) fn ml2(dir: &Path, host: &str) -> Snapshot {
    let mut node = Node { name: host.into(), ..Node::default() };
    let hostdir = dir.join(host);
    let mut names: Vec<_> =
        std::fs::read_dir(&hostdir).unwrap().map(|f| f.unwrap().path()).filter(|p| p.is_dir()).collect();
    names.sort();
    for b in names {
        let Some(flows) = read(&b.join("flows-of13.txt")) else { continue };
        let ports = read(&b.join("ports-desc-of13.txt")).or_else(|| read(&b.join("show-of10.txt"))).unwrap_or_default();
        node.bridges.push(Arc::new(fixture::bridge(b.file_name().unwrap().to_str().unwrap(), &flows, &ports)));
    }
    node.database = read(&hostdir.join("ovsdb-dump.json")).map(|t| Arc::new(fixture::database("Open_vSwitch", &t)));
    let mut facts = NeutronFacts::default();
    for e in std::fs::read_dir(dir.join("api")).unwrap() {
        let p = e.unwrap().path();
        let t = read(&p).unwrap();
        let name = p.file_name().unwrap().to_str().unwrap().to_owned();
        if ["ports", "networks", "subnets", "routers", "security-groups.json"].iter().any(|n| name.starts_with(n)) {
            let (k, f) = api::add(&mut facts, &t);
            assert!(k.is_some() && f.is_empty(), "{name} {k:?} {f:?}");
        }
    }
    if let Some(t) = read(&dir.join("topology.json")) {
        let (k, f) = api::add(&mut facts, &t);
        assert!(k.is_some() && f.is_empty(), "{k:?} {f:?}");
    }
    Snapshot { nodes: vec![Arc::new(node)], neutron: Some(Arc::new(facts)), ..Snapshot::default() }
}

pub(crate) fn ovn(dir: &Path, host: &str, with_sb: bool) -> Snapshot {
    let mut node = Node { name: host.into(), ..Node::default() };
    let h = dir.join(host);
    for b in ["br-int", "br-ex"] {
        let Some(flows) = read(&h.join(format!("dump-flows.{b}.of15.txt"))) else { continue };
        let ports = read(&h.join(format!("dump-ports-desc.{b}.of15.txt"))).unwrap_or_default();
        node.bridges.push(Arc::new(fixture::bridge(b, &flows, &ports)));
    }
    node.database = read(&h.join("ovsdb.Open_vSwitch.json")).map(|t| Arc::new(fixture::database("Open_vSwitch", &t)));
    let mut s = Snapshot { nodes: vec![Arc::new(node)], ..Snapshot::default() };
    if with_sb {
        let t = read(&dir.join("central/ovsdb.OVN_Southbound.json")).unwrap();
        s.databases.push(Arc::new(fixture::database("OVN_Southbound", &t)));
        let mut facts = NeutronFacts::default();
        for n in ["ports", "networks", "subnets", "routers", "security-groups"] {
            if let Some(t) = read(&dir.join(format!("neutron/{n}.json"))) {
                let (k, f) = api::add(&mut facts, &t);
                assert!(k.is_some() && f.is_empty(), "{n} {k:?} {f:?}");
            }
        }
        s.neutron = Some(Arc::new(facts));
    }
    s
}

#[test]
#[ignore]
fn list() {
    let root = std::env::var("CORPUS").unwrap();
    for kind in ["neutron", "ovn"] {
        let mut dirs: Vec<_> = std::fs::read_dir(Path::new(&root).join(kind))
            .unwrap()
            .map(|d| d.unwrap().path())
            .filter(|p| p.is_dir())
            .collect();
        dirs.sort();
        for dir in dirs {
            let mut hosts: Vec<String> = std::fs::read_dir(&dir)
                .unwrap()
                .map(|d| d.unwrap().path())
                .filter(|p| {
                    p.is_dir()
                        && p.join(if kind == "neutron" { "ovsdb-dump.json" } else { "ovsdb.Open_vSwitch.json" })
                            .exists()
                })
                .map(|p| p.file_name().unwrap().to_str().unwrap().to_owned())
                .collect();
            hosts.sort();
            for host in hosts {
                for variant in 0..(if kind == "neutron" { 2 } else { 3 }) {
                    let mut s = if kind == "neutron" { ml2(&dir, &host) } else { ovn(&dir, &host, variant == 0) };
                    if kind == "neutron" && variant == 1 || variant == 2 {
                        let mut n = (*s.nodes[0]).clone();
                        n.database = None;
                        s.nodes = vec![Arc::new(n)];
                    }
                    let node = s.nodes[0].clone();
                    let names = NodeNames::of(&node, &s);
                    for b in &node.bridges {
                        let t = std::time::Instant::now();
                        let n = naming(b, &node, &s);
                        let unnamed: Vec<u8> =
                            b.tables().iter().map(|t| t.id).filter(|t| n.table(*t).is_none()).collect();
                        println!(
                            "{}/{}/{host} v{variant} {}: {:?} | {} | {} | {} tables, unnamed {:?} | {} datapaths | {:?}",
                            kind,
                            dir.file_name().unwrap().to_str().unwrap(),
                            b.name,
                            n.kind,
                            n.system,
                            n.evidence,
                            n.tables.len(),
                            unnamed,
                            n.datapaths.len(),
                            t.elapsed()
                        );
                        let _ = &names;
                        if kind == "ovn" && &*b.name == "br-int" {
                            let full = ovn(&dir, &host, true);
                            let sb = full.database("OVN_Southbound").unwrap();
                            let mut checked = 0;
                            for row in sb.rows("Logical_Flow") {
                                let stage = row.key("external_ids", "stage-name").unwrap();
                                let at = row.integer("table_id").unwrap() as u8
                                    + if row.text("pipeline").unwrap() == "ingress" { 8 } else { 42 };
                                let name = n.table(at).map(|t| t.name.to_string()).unwrap_or_default();
                                assert!(name.split(" / ").any(|x| x == stage), "{at} {stage} {name}");
                                checked += 1;
                            }
                            for d in ovn::southbound::datapaths(sb) {
                                if let Some(mine) = n.datapath(d.key) {
                                    assert_eq!(mine.scope, d.scope, "{} {:?}", d.key, d.name);
                                }
                            }
                            assert!(checked > 100);
                        }
                    }
                }
            }
        }
    }
}

pub(crate) fn load_any(root: &str, what: &str) -> (Snapshot, String) {
    let parts: Vec<&str> = what.split('/').collect();
    let dir = Path::new(root).join(parts[0]).join(parts[1]);
    let s =
        if parts[0] == "neutron" { ml2(&dir, parts[2]) } else { ovn(&dir, parts[2], std::env::var("NOSB").is_err()) };
    (s, parts[3].to_owned())
}

#[test]
#[ignore]
fn show() {
    use crate::explain::{self, Cx, Index};
    let root = std::env::var("CORPUS").unwrap();
    let (s, bridge) = load_any(&root, &std::env::var("SHOW").unwrap());
    let node = s.nodes[0].clone();
    let b = node.bridge(&bridge).unwrap();
    let n = naming(b, &node, &s);
    let names = NodeNames::of(&node, &s);
    let index = Index::of(b);
    let cx = Cx::new(b, &n, &names, &index);
    let full = std::env::var("FULL").is_ok();
    let only: Option<u8> = std::env::var("TABLE").ok().map(|t| t.parse().unwrap());
    let mut seen = std::collections::HashSet::new();
    for (id, f) in b.flows.iter() {
        if only.is_some_and(|t| t != f.table()) {
            continue;
        }
        let acts: Vec<String> = f.actions().0.iter().map(|a| a.name()).collect();
        if !seen.insert((
            f.table(),
            f.priority(),
            std::sync::Arc::as_ptr(f.shape()) as usize,
            acts,
            f.word(crate::field::slot::word::CT),
            f.word(crate::field::slot::word::TP).0,
        )) && !full
        {
            continue;
        }
        let e = explain::flow(&cx, id);
        let line = f.line_text(&b.names);
        let line = line.split("table=").nth(1).unwrap();
        println!("T{}\n    => {}", line.chars().take(400).collect::<String>(), e.summary.text());
        if full {
            for x in &e.fields {
                println!("      F {:10} {:30} {}", x.name, x.value, x.means.text());
            }
            println!("      F {}", e.rest.text());
            for x in &e.needs {
                println!("      N {}", x.text());
            }
            for x in &e.actions {
                println!("      A {}{}  -- {}", "  ".repeat(x.depth), x.text, x.means.text());
            }
        }
        for x in &e.notes {
            println!("      * {}", x.text());
        }
    }
}

//! Who wanted which flow, against what Neutron's own agent held in memory when the flows were captured.

use std::path::Path;

use ofscope::base::progress::Progress;
use ofscope::model::naming::Kind;
use ofscope::model::owner::OwnerKind;
use ofscope::model::security::{Direction, Ethertype};
use ofscope::neutron::security_group::Pair;
use ofscope::session::{NodeScene, Scene, Source, open};
use serde_json::Value;

use super::Tally;

/// Opens a source.
pub fn scene(path: &Path) -> Scene {
    let source = Source::named(&path.to_string_lossy());
    Scene::new(open(&source, true, &Progress::default(), &mut |_| {}).unwrap())
}

/// Checks a directory that holds nodes.
pub fn check(path: &Path, tally: &mut Tally) {
    let scene = scene(path);
    for node in scene.nodes() {
        for at in 0..node.bridges().len() {
            if node.naming(at).kind == Kind::Integration {
                let state = path.join(&*node.node().name).join("agent-firewall-state.json");
                let is_damaged = path.to_string_lossy().contains("flow-deleted");
                integration(&format!("{} {}", path.display(), node.node().name), node, at, is_damaged, tally);
                if let Ok(text) = std::fs::read_to_string(state) {
                    conjunctions(path, node, at, &text, tally);
                }
            }
        }
    }
}

/// Every flow of the tables of rules has its rule, and every rule its flows.
fn integration(name: &str, node: &NodeScene, at: usize, is_damaged: bool, tally: &mut Tally) {
    let owners = node.owners(at);
    if owners.groups().rules.is_empty() {
        return;
    }
    let bridge = node.bridges()[at].bridge();
    for table in bridge.tables().iter().filter(|t| matches!(t.id, 72 | 82)) {
        for id in &table.flows {
            let flow = bridge.flow(*id);
            if !(70..=77).contains(&flow.priority()) {
                continue;
            }
            tally.count("flows of rules");
            let rules = owners.of(*id);
            let is_rule = |kind| rules.iter().any(|o| o.kind == kind && !o.id.is_empty());
            if !is_rule(OwnerKind::SecurityGroupRule) || !is_rule(OwnerKind::SecurityGroup) {
                tally.count("flows of rules that are gone");
                println!("{name}: {}", flow.line_text(&bridge.names));
            }
        }
    }
    let missing = owners.missing();
    for missing in &missing {
        tally.count("rules with missing flows");
        if !is_damaged {
            let texts: Vec<String> = missing.flows.iter().map(|f| f.text(&bridge.names)).collect();
            tally.fail(format!("{name}: port {}: {:?}\n{}", missing.ofport, missing.rule, texts.join("\n")));
        }
    }
    if is_damaged && missing.is_empty() && name.ends_with("compute2") {
        tally.fail(format!("{name}: nothing is missing"));
    }
}

/// The numbers of conjunctions stand for what the agent said.
fn conjunctions(path: &Path, node: &NodeScene, at: usize, state: &str, tally: &mut Tally) {
    let state: Value = serde_json::from_str(state).unwrap();
    let groups = node.owners(at).groups();
    for entry in state["conj_id_map"].as_array().into_iter().flatten() {
        let text = |key: &str| entry[key].as_str().unwrap();
        let pair = Pair {
            group: text("sg").into(),
            remote: text("remote").into(),
            direction: if text("direction") == "ingress" { Direction::Ingress } else { Direction::Egress },
            ethertype: if text("ethertype") == "IPv4" { Ethertype::Ipv4 } else { Ethertype::Ipv6 },
        };
        let number = entry["conj_id"].as_u64().unwrap() as u32;
        let Some(known) = groups.conjunctions.known(number).filter(|k| k.has_services) else {
            tally.count("conjunctions without services");
            continue;
        };
        tally.count("conjunctions");
        if groups.conjunctions.pair(number) != Some(&pair) {
            tally.fail(format!(
                "{} {}: conjunction {number} is {pair:?}, not {:?}",
                path.display(),
                node.node().name,
                known.pairs
            ));
        }
    }
}

//! Who wanted which flow, against what Neutron's own agent held in memory when the flows were captured.

use std::path::Path;

use ofscope::base::progress::Progress;
use ofscope::model::naming::Kind;
use ofscope::model::owner::{How, OwnerKind};
use ofscope::model::security::{Direction, Ethertype};
use ofscope::neutron::owner::Acl;
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
            if node.naming(at).kind == Kind::OvnIntegration && scene.snapshot().database("OVN_Southbound").is_some() {
                ovn(&format!("{} {}", path.display(), node.node().name), node, at, tally);
            }
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
    for entry in state["conj_id_map"].as_array().into_iter().flatten() {
        conjunction(&format!("{} {}", path.display(), node.node().name), node, at, entry, tally);
    }
}

/// The number of a conjunction stands for what the agent said.
pub fn conjunction(name: &str, node: &NodeScene, at: usize, entry: &Value, tally: &mut Tally) {
    let text = |key: &str| entry[key].as_str().unwrap();
    let pair = Pair {
        group: text("sg").into(),
        remote: text("remote").into(),
        direction: if text("direction") == "ingress" { Direction::Ingress } else { Direction::Egress },
        ethertype: if text("ethertype") == "IPv4" { Ethertype::Ipv4 } else { Ethertype::Ipv6 },
    };
    let number = entry["conj_id"].as_u64().unwrap() as u32;
    let conjunctions = &node.owners(at).groups().conjunctions;
    let Some(known) = conjunctions.known(number).filter(|k| k.has_services) else {
        return tally.count("conjunctions without services");
    };
    tally.count("conjunctions");
    if conjunctions.pair(number) != Some(&pair) {
        tally.fail(format!("{name}: conjunction {number} is {pair:?}, not {:?}", known.pairs));
    }
}

/// Every cookie leads to a row, and every flow of an ACL to the ACL, with the rule that it stands for.
fn ovn(name: &str, node: &NodeScene, at: usize, tally: &mut Tally) {
    let owners = node.owners(at);
    let bridge = node.bridges()[at].bridge();
    for id in 0..bridge.flows.len() as u32 {
        let flow = bridge.flow(id);
        let of = owners.of(id);
        let has = |kind| of.iter().any(|o| o.kind == kind && o.why != How::Guessed);
        tally.count("flows of OVN");
        let is_row = has(OwnerKind::LogicalFlow) || has(OwnerKind::SouthboundRow);
        let is_clause = flow.action_list().text.contains("conjunction(");
        if !is_row && (flow.cookie() != 0 || is_clause) {
            tally.fail(format!("{name}: no row for {}", flow.line_text(&bridge.names)));
        }
        let stage = of.iter().find(|o| o.kind == OwnerKind::LogicalFlow).map(|o| &*o.name).unwrap_or_default();
        let is_acl_stage = ["ls_in_acl", "ls_out_acl"].iter().any(|s| stage.starts_with(s));
        let by_priority = stage.contains("priority 2001:") || stage.contains("priority 2002:");
        if is_acl_stage && by_priority && !stage.contains("_acl_hint") && !stage.contains("_acl_action") {
            let acls = owners.acls(id);
            let drop = acls.iter().any(Acl::is_default_drop);
            tally.count(if drop { "flows of the default drop" } else { "flows of ACLs" });
            let is_rule = has(OwnerKind::SecurityGroupRule) && has(OwnerKind::SecurityGroup);
            let is_other = acls.iter().any(|a| a.rule.is_empty());
            if acls.is_empty() || !drop && !is_rule && !is_other {
                tally.fail(format!("{name}: {stage}: {:?}", of));
            }
        }
    }
}

//! Who wanted which flow, against what Neutron itself said.

use std::collections::BTreeSet;

use ofscope::dump::flow_line::{parse, split_actions};
use ofscope::field::Names;
use ofscope::model::neutron_facts::NeutronFacts;
use ofscope::model::security::SecurityGroupRule;
use ofscope::neutron::api;
use ofscope::neutron::security_group::{Intended, LocalPort, Pair, Part, Rules, Status, intended};
use ofscope::session::{Scene, Source, open};
use serde_json::{Value, json};

use crate::check::{Tally, owners};
use crate::fixtures;

#[test]
fn every_flow_of_a_rule_in_the_demos_leads_to_its_rule() {
    let mut tally = Tally::default();
    let mut demos: Vec<_> = std::fs::read_dir(fixtures().join("nodes")).unwrap().map(|d| d.unwrap().path()).collect();
    demos.sort();
    demos.iter().for_each(|demo| owners::check(demo, &mut tally));
    tally.finish();
    assert!(tally.counts["flows of rules"] > 500 && tally.counts["flows of ACLs"] > 300, "{:?}", tally.counts);
    assert_eq!(tally.counts.get("flows of rules that are gone"), None);
}

#[test]
fn the_numbers_of_conjunctions_stand_for_the_groups_that_the_agent_had() {
    let mut tally = Tally::default();
    for entry in lines("conjunctions.jsonl") {
        let demo = entry["demo"].as_str().unwrap();
        let scene = owners::scene(&fixtures().join("nodes").join(demo));
        let node = scene.nodes().iter().find(|n| *n.node().name == *entry["node"].as_str().unwrap()).unwrap();
        let at = node.bridges().iter().position(|b| &*b.bridge().name == "br-int").unwrap();
        owners::conjunction(demo, node, at, &entry, &mut tally);
    }
    tally.finish();
    assert_eq!(tally.counts["conjunctions"], 11);
}

fn lines(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(fixtures().join("owners").join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A flow as text, in a form that is the same for equal flows.
fn canonical(line: &str) -> String {
    let (_, actions) = split_actions(line);
    let reading = parse(line, Names::none(), ofscope::action::Mode::Dumped, false).unwrap();
    let flow = &reading.flow_mod.flow;
    format!("{} {} {:?} {}", flow.table, flow.priority, flow.matches, actions.unwrap_or_default())
}

/// The node of the steps: its ports, and the numbers that conjunctions get as they are first needed.
#[derive(Default)]
struct Node {
    facts: NeutronFacts,
    ports: Vec<LocalPort>,
    numbers: Vec<Pair>,
}

impl Node {
    fn change(&mut self, step: &Value) {
        let object = &step["api"];
        let name = step["name"].as_str().unwrap();
        let id: std::sync::Arc<str> = object["id"].as_str().unwrap().into();
        if name.starts_with("delete rule") {
            self.facts.security_group_rules.remove(&id);
            return;
        }
        let key = if object.get("mac_address").is_some() { "ports" } else { "security_group_rules" };
        let (kind, found) = api::add(&mut self.facts, &json!({ key: [object] }).to_string());
        assert!(kind.is_some() && found.is_empty(), "{found:?}");
        if let Some(port) = self.facts.ports.get(&id) {
            let local = LocalPort {
                id: id.clone(),
                ofport: self.ports.iter().position(|p| p.id == id).unwrap_or(self.ports.len()) as u32 + 3,
                vlan: 1,
                groups: port.security_groups.clone(),
                is_filtered: port.port_security != Some(false),
            };
            self.ports.retain(|p| p.id != id);
            self.ports.push(local);
            self.ports.sort_by_key(|p| p.ofport);
        }
    }

    /// The flows of rules that there should be now.
    fn flows(&mut self) -> Vec<Intended> {
        let rules = Rules::of(&self.facts);
        let mut flows = Vec::new();
        for port in &self.ports {
            let of_port = rules.of_port(port);
            for rule in &of_port {
                if let Some(pair) = Pair::of(rule).filter(|pair| !self.numbers.contains(pair)) {
                    self.numbers.push(pair);
                }
                let numbers = &self.numbers;
                let number = |pair: &Pair| numbers.iter().position(|p| p == pair).map(|at| 16 + 8 * at as u32);
                flows.extend(intended(&self.facts, port, rule, &of_port, number));
            }
        }
        flows
    }
}

#[test]
fn the_flows_of_rules_come_and_go_as_the_agent_wrote_them() {
    let groups = r#"{"address_groups": [{"id": "85e3566c-f763-4e9e-a6c1-18e805d22266", "name": "ag",
        "addresses": ["192.0.2.0/25", "198.51.100.4/32"]}]}"#;
    let remote = |id: &str, family: &str| {
        json!({"id": id, "security_group_id": "c0bbd5dc-6110-406e-8a8c-3596a474fea2",
            "direction": "egress", "ethertype": family})
    };
    let mut node = Node::default();
    api::add(&mut node.facts, groups);
    let rules = json!({"security_group_rules": [remote("a", "IPv4"), remote("b", "IPv6")]});
    api::add(&mut node.facts, &rules.to_string());
    let is_of_rule =
        |line: &&str| ["table=72, priority=7", "table=82, priority=7"].iter().any(|start| line.starts_with(start));
    let mut before: BTreeSet<(String, Part)> = BTreeSet::new();
    let mut lingering: BTreeSet<String> = BTreeSet::new();
    let mut counted = 0;
    for step in lines("steps.jsonl") {
        let name = step["name"].as_str().unwrap();
        let told = |key: &str| -> BTreeSet<String> {
            let lines = step[key].as_array().unwrap().iter().map(|l| l.as_str().unwrap());
            lines.filter(is_of_rule).map(canonical).collect()
        };
        node.change(&step);
        let after: BTreeSet<(String, Part)> =
            node.flows().iter().map(|f| (canonical(&f.text(Names::none())), f.part)).collect();
        let added: BTreeSet<String> = after.difference(&before).map(|(text, _)| text.clone()).collect();
        assert_eq!(added, told("added"), "{name}");
        // The agent leaves members where they are when the last rule about their group goes, and removes them with others.
        let gone: Vec<(String, Part)> = before.difference(&after).cloned().collect();
        let (left, removed): (Vec<_>, Vec<_>) =
            gone.into_iter().partition(|(text, part)| *part == Part::Member && !told("removed").contains(text));
        let removed: BTreeSet<String> = removed.into_iter().map(|(text, _)| text).collect();
        let late: BTreeSet<String> = told("removed").intersection(&lingering).cloned().collect();
        let wanted: BTreeSet<String> = told("removed").difference(&late).cloned().collect();
        assert_eq!(removed, wanted, "{name}");
        lingering.extend(left.into_iter().map(|(text, _)| text));
        counted += added.len() + removed.len();
        before = after;
    }
    assert!(counted > 150, "{counted}");
}

#[test]
fn flows_of_a_rule_that_the_api_no_longer_has_are_stale_and_those_of_others_are_not() {
    let progress = ofscope::base::progress::Progress::default();
    let mut snapshot = open(&Source::named("demo:sg-rich"), true, &progress, &mut |_| {}).unwrap();
    let facts = std::sync::Arc::make_mut(snapshot.neutron.as_mut().unwrap());
    let is_it = |id: &std::sync::Arc<str>| id.starts_with("6cde310f");
    let rule = facts.security_group_rules.keys().find(|id| is_it(id)).unwrap().clone();
    facts.security_group_rules.remove(&rule);
    let scene = Scene::new(snapshot);
    let node = scene.nodes().iter().find(|n| &*n.node().name == "compute1").unwrap();
    let at = node.bridges().iter().position(|b| &*b.bridge().name == "br-int").unwrap();
    let bridge = node.bridges()[at].bridge();
    let gone: Vec<u32> = (0..bridge.flows.len() as u32)
        .filter(|id| node.owners(at).of(*id).iter().any(ofscope::model::owner::Owner::is_gone))
        .collect();
    // A member that no other rule has, and three ports with a service and an accepting flow, each for new and for
    // established connections.
    assert_eq!(gone.len(), 14);
    for id in &gone {
        let text = bridge.flow(*id).line_text(&bridge.names);
        assert!(["tp_dst=5432", "conj_id=2", "nw_src="].iter().any(|word| text.contains(word)), "{text}");
    }
    let name = |at_end: usize| node.owners(at).of(gone[at_end])[0].name.to_string();
    assert!((0..14).all(|n| name(n).starts_with("a rule that is gone: ingress")), "{}", name(0));
}

#[test]
fn a_rule_whose_flows_somebody_removed_is_missing_and_no_other() {
    let progress = ofscope::base::progress::Progress::default();
    let mut snapshot = open(&Source::named("demo:sg-rich"), true, &progress, &mut |_| {}).unwrap();
    // As if a rule had come through the API and the agent had not heard of it.
    let facts = std::sync::Arc::make_mut(snapshot.neutron.as_mut().unwrap());
    let old = facts.security_group_rules.values().find(|r| r.id.starts_with("d68b1db5")).unwrap().clone();
    let new = SecurityGroupRule { id: "new".into(), ports: (Some(2222), Some(2223)), ..old };
    facts.security_group_rules.insert("new".into(), new);
    let scene = Scene::new(snapshot);
    let node = scene.nodes().iter().find(|n| &*n.node().name == "compute1").unwrap();
    let at = node.bridges().iter().position(|b| &*b.bridge().name == "br-int").unwrap();
    let missing = node.owners(at).missing();
    assert!(!missing.is_empty() && missing.iter().all(|m| &*m.rule.id == "new" && m.status == Status::Missing));
    let texts: Vec<String> = missing[0].flows.iter().map(|f| f.text(Names::none())).collect();
    assert_eq!(
        texts,
        [
            "table=82,priority=77,ct_state=+est-rel-rpl,tcp,reg5=0x3,tp_dst=0x8ae/0xfffe actions=output:3",
            "table=82,priority=77,ct_state=+new-est,tcp,reg5=0x3,tp_dst=0x8ae/0xfffe \
             actions=ct(commit,zone=NXM_NX_REG6[0..15]),output:3,resubmit(,92)",
        ]
    );
}

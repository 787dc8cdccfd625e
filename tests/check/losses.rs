//! Captures of broken nodes, each with a test packet: what is said of the packet names the true cause.

use std::path::Path;

use ofscope::base::progress::Progress;
use ofscope::packet::{Around, Asked, Book, parse};
use ofscope::session::{Scene, Source, Ways, open};
use ofscope::trace::Options;
use ofscope::why::journey::{findings, journey};
use serde_json::Value;

use crate::check::Tally;

/// What the capture's own `why.md` says, in the words that must come.
const CAUSES: &[(&str, &[&str])] = &[
    ("broken-01-rule-missing", &["No security group rule of bastion", "tcp connection to port 443"]),
    ("broken-02-flow-deleted", &["ingress tcp 443", "flows for shop1 are not in table 82"]),
    ("broken-03-address-not-allowed", &["front may not send from 10.110.0.240", "allowed address pair"]),
    ("broken-04-provider-vlan-flow", &["VLAN 150", "int-br-provider", "the flow that translates it is gone"]),
    ("broken-05-flood-port-missing", &["not flooded to vxlan-ac10000d"]),
    ("broken-deny-acl", &["emergency-block", "priority 1003", "by hand"]),
    ("broken-deny-acl-ovn2403", &["emergency-block", "priority 1003", "by hand"]),
    ("broken-localnet-mapping", &["physnet1", "`physnet-1:br-ex`", "compute2"]),
    ("broken-missing-acl", &["No security group rule of pg1", "port 5432"]),
    ("broken-port-unbound", &["redis1 is bound to no chassis", "tap61abb32e-1a", "iface-id"]),
    ("broken-spoof", &["Port security of guest7", "10.50.4.222"]),
];

/// Checks a scenario that is broken.
pub fn check(scenario: &Path, tally: &mut Tally) {
    let name = scenario.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some((_, words)) = CAUSES.iter().find(|(known, _)| *known == name) else {
        if scenario.join("why.md").exists() {
            tally.fail(format!("{name} has a why.md, and nobody wrote down what must be said of it"));
        }
        return;
    };
    let said = said(scenario);
    tally.count("broken captures whose cause is named");
    for word in *words {
        if !said.contains(word) {
            tally.fail(format!("{name}: `{word}` is not in `{said}`"));
        }
    }
}

/// What is said of the test packet: the sentence of a lost one, and what checks found on its way.
fn said(scenario: &Path) -> String {
    let file = ["test.json", "test-packet.json"].map(|f| scenario.join(f)).into_iter().find(|p| p.exists());
    let text = std::fs::read_to_string(file.expect("it has a test packet")).expect("it can be read");
    let test: Value = serde_json::from_str(&text).expect("it is JSON");
    let text = |key: &str| test[key].as_str().map(str::to_owned);
    let packet = text("packet").unwrap_or_else(|| {
        format!("in_port={},{}", text("in_port").unwrap_or_default(), text("flow").unwrap_or_default())
    });
    let source = Source::named(&scenario.to_string_lossy());
    let scene = Scene::new(open(&source, true, &Progress::default(), &mut |_| {}).expect("it loads"));
    let ways = Ways::of(&scene);
    let nodes = ways.around();
    let (host, bridge) = (text("host").unwrap_or_default(), text("bridge").unwrap_or_default());
    let node = nodes.iter().position(|cx| *cx.world.node.name == *host).expect("the host was captured");
    let at = nodes[node].world.bridge(&bridge).expect("the bridge was captured");
    let names: Vec<_> = nodes.iter().map(|cx| cx.names).collect();
    let book = Book::of(scene.snapshot(), &names);
    let around = Around { snapshot: scene.snapshot(), book: &book, chosen: Some((node, at)) };
    let Ok(Asked::Packet(sent)) = parse(&packet, &around) else { panic!("{packet} is a packet") };
    let found = journey(&nodes, sent.start, &Options::default());
    let mut said = String::new();
    if let Some(why) = found.lost.and_then(|leg| found.legs[leg].why.as_ref()) {
        said.push_str(&why.sentence);
    }
    for (_, finding) in findings(&nodes, &found) {
        said.push(' ');
        said.push_str(&finding.sentence);
    }
    said
}

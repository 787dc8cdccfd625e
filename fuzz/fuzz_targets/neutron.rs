//! Lists of Neutron's API, and what they name on a small node.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ofscope::model::neutron_facts::NeutronFacts;
use ofscope::model::snapshot::Snapshot;
use ofscope::neutron::{NodeNames, api};
use ofscope_fuzz::text;
use std::sync::{Arc, LazyLock};

use ofscope::base::progress::Progress;
use ofscope::session::{Source, open};

static NODE: LazyLock<Snapshot> = LazyLock::new(|| {
    let demo = Source::named("demo:vxlan-two-hosts");
    let mut snapshot = open(&demo, false, &Progress::default(), &mut |_| {}).expect("the demo opens");
    snapshot.nodes.truncate(1);
    snapshot
});

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    api::sniff(&text);
    api::read_ports(&text);
    api::read_networks(&text);
    api::read_subnets(&text);
    api::read_security_groups(&text);
    api::read_routers(&text);
    api::read_servers(&text);
    api::read_topology(&text);
    let mut facts = NeutronFacts::default();
    let (kind, found) = api::add(&mut facts, &text);
    assert!(kind.is_some() || facts.is_empty(), "{found:?}");
    if !facts.is_empty() {
        let snapshot = Snapshot { neutron: Some(Arc::new(facts)), ..NODE.clone() };
        NodeNames::of(&snapshot.nodes[0], &snapshot);
    }
});

//! Bytes through a pipe, packed or not, one file or a whole archive: they become a snapshot or are refused in words, and
//! everything that the first screens show follows from the snapshot.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ofscope::base::progress::Progress;
use ofscope::dump::archive::{Request, load_stream};
use ofscope::explain;
use ofscope::model::neutron_facts::NeutronFacts;
use ofscope::neutron::api;
use ofscope::session::Scene;
use ofscope_fuzz::{input, paint, unpacked};

fuzz_target!(|data: &[u8]| {
    // A packed text may hold far more than the fuzzer should wait for.
    if unpacked(data, 1 << 20).is_some_and(|bytes| bytes.len() == 1 << 20) {
        return;
    }
    let Some(input) = input(data) else { return };
    let progress = Progress::default();
    let request = Request { name: "stdin".into(), fill: true, progress: &progress };
    let Ok(mut snapshot) = load_stream(input, &request, &mut |_| {}) else { return };
    paint(&snapshot.sources.report);
    let mut facts = NeutronFacts::default();
    for list in &snapshot.sources.lists {
        api::add(&mut facts, &list.text);
    }
    snapshot.neutron = Some(facts.into());
    let scene = Scene::new(snapshot);
    for node in scene.nodes() {
        for (at, bridge) in node.bridges().iter().enumerate() {
            bridge.bridge().pipeline();
            let cx = node.explain(at);
            for flow in 0..bridge.bridge().flows.len().min(2) as u32 {
                explain::flow(&cx, flow);
            }
        }
    }
});

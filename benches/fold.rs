//! Folding flows into templates: `cargo bench --bench fold`.
//!
//! 57,012 firewall flows of a node with 1,000 ports, and a million of them.

mod neutron_like;

use std::time::Instant;

use ofscope::base::progress::Progress;
use ofscope::dump::flows;
use ofscope::field::Names;
use ofscope::model::bridge::{Bridge, FlowId};
use ofscope::model::naming::Naming;
use ofscope::query::{By, Scope, fold};

/// How often each fold is measured; the middle one is told.
const RUNS: usize = 9;

fn main() {
    measure(1_000);
    measure(neutron_like::ports_for(1_000_000));
}

fn measure(ports: usize) {
    let text = neutron_like::dump(ports);
    let loaded = flows::load(text.as_bytes(), &"bench".into(), Names::none(), &Progress::default(), |_| {});
    let bridge = Bridge { flows: loaded.flows, ..Bridge::default() };
    drop(text);
    let naming = Naming::default();
    let scope = Scope::new(&bridge, &naming);
    let rows: Vec<FlowId> = (0..bridge.flows.len() as FlowId).collect();
    println!("{} flows", rows.len());
    for by in [By::Template, By::Cookie, By::Port, By::Conjunction] {
        let mut times = Vec::new();
        let mut groups = 0;
        for _ in 0..RUNS {
            let start = Instant::now();
            let folded = fold(&scope, &rows, by, &Progress::default());
            times.push(start.elapsed());
            groups = folded.map_or(0, |fold| fold.groups.len());
        }
        times.sort_unstable();
        println!("  by {:11} {:6.1} ms, {groups} groups", by.word().name, times[RUNS / 2].as_secs_f64() * 1e3);
    }
}

//! Filtering a million flows: `cargo bench --bench filter`.

mod neutron_like;

use std::time::Instant;

use ofscope::base::progress::Progress;
use ofscope::dump::flows;
use ofscope::field::Names;
use ofscope::model::bridge::Bridge;
use ofscope::model::naming::Naming;
use ofscope::query::{Filter, Scope, complete};

/// How often each filter is measured; the middle one is told.
const RUNS: usize = 15;

/// Up to five plain terms, as people type them.
const PLAIN: [&str; 12] = [
    "drop",
    "tcp",
    "table = 82",
    "n_packets > 100",
    "reg5 = 0x15",
    "tcp,reg5=0x15,tp_dst=5432",
    "nw_src in 10.0.0.0/16",
    "nw_src hits 10.0.3.7 and table in {71, 82}",
    "tp_dst in 8000..8099",
    "ct_state hits +new-est, priority > 70, tcp, n_packets > 0",
    "table = 82, tcp, tp_dst = 22, ct_state = +new-est, n_packets > 100",
    "dead or not ip or reg6[0..15] = 0x2 or out = 300 or resubmit = 93",
];

/// Regular expressions on actions.
const REGEX: [&str; 3] =
    ["actions ~ /resubmit\\(,9[23]\\)/", "actions ~ \"output:1[0-9]+5\"", "not actions ~ /CT|drop/i"];

/// What looks at the whole text of flows.
const WHOLE: [&str; 2] = ["\"10.0.3.7\"", "match ~ \"nw_src=10\\.0\\.3\\.\""];

fn main() {
    let ports = neutron_like::ports_for(1_000_000);
    let text = neutron_like::dump(ports);
    let loaded = flows::load(text.as_bytes(), &"bench".into(), Names::none(), &Progress::default(), |_| {});
    let mut names = Names::default();
    for port in 10..10 + ports as u32 {
        names.add_port(port, &format!("tap{port:x}"));
    }
    let bridge = Bridge { flows: loaded.flows, names: names.into(), ..Bridge::default() };
    drop(text);
    let naming = Naming::default();
    let scope = Scope::new(&bridge, &naming);
    println!("{} flows", bridge.flows.len());
    for (what, texts) in [("plain", &PLAIN[..]), ("regular expressions", &REGEX), ("whole text", &WHOLE)] {
        println!("{what}");
        let mut worst = 0.0f64;
        for text in texts {
            let filter = Filter::parse(text, &scope).expect("the filters above are right");
            let mut found = 0;
            let ms = middle(|| found = filter.rows(&scope, None, &Progress::default()).len());
            println!("  {ms:7.1} ms {found:8} flows  {text}");
            worst = worst.max(ms);
        }
        println!("  {worst:7.1} ms is the slowest");
    }
    println!("completion");
    for text in
        ["", "n", "nw_src = 10.", "table = ", "cookie = ", "reg5 = ", "next port 1", "in_port = tap2", "ct.zone = "]
    {
        let mut found = 0;
        let ms = middle(|| found = complete(text, text.len(), &scope).items.len());
        println!("  {ms:7.2} ms {found:8} items  `{text}`");
    }
}

/// The middle one of some runs, in milliseconds.
fn middle(mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[RUNS / 2]
}

//! A million flows: `cargo bench --bench million`.

mod neutron_like;

use std::time::Instant;

use ofscope::base::progress::Progress;
use ofscope::dump::flows;
use ofscope::field::Names;

fn main() {
    let ports = neutron_like::ports_for(1_000_000);
    let text = neutron_like::dump(ports);
    println!("{} flows, {:.0} MB", text.lines().count() - 1, text.len() as f64 / 1e6);
    for _ in 0..3 {
        let before = resident();
        let start = Instant::now();
        let mut first = None;
        let loaded = flows::load(text.as_bytes(), &"bench".into(), Names::none(), &Progress::default(), |_| {
            first.get_or_insert_with(|| start.elapsed());
        });
        let all = start.elapsed();
        println!(
            "load {:.2} s, first {:.1} ms, {} flows, {} found, {} verbatim, {} B/flow",
            all.as_secs_f64(),
            first.unwrap_or_default().as_secs_f64() * 1e3,
            loaded.flows.len(),
            loaded.report.len(),
            loaded.flows.iter().filter(|(_, f)| f.verbatim().is_some()).count(),
            resident().saturating_sub(before) / loaded.flows.len() as u64,
        );
    }
}

/// Resident memory in bytes (proc(5), `VmRSS`).
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 1024
}

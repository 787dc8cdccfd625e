//! Traces: what a real switch said of packets, in `fixtures/traces`.

use crate::check::{Tally, traces};
use crate::fixtures;

#[test]
fn every_trace_is_the_switchs_own_line_for_line() {
    let mut tally = Tally::default();
    let sets = std::fs::read_dir(fixtures().join("traces")).unwrap();
    let mut sets: Vec<_> = sets.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    sets.sort();
    for set in sets {
        traces::check(&set, &mut tally);
    }
    tally.finish();
}

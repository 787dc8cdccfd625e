//! Every dump, node and oracle file below a directory: `tests/run --corpus DIR`.
//!
//! Not part of an ordinary test run, which knows `fixtures/` alone.

mod captured;
mod check;
#[path = "check/losses.rs"]
mod losses;

use std::path::PathBuf;

use check::{Tally, databases, files_below, findings, fmt, nodes, oracle, owners, parts, traces};

fn corpus() -> PathBuf {
    let dir = std::env::var("OFSCOPE_CORPUS").expect("OFSCOPE_CORPUS names a directory; use tests/run --corpus DIR");
    PathBuf::from(dir)
}

#[test]
fn every_document_comes_back() {
    let mut tally = Tally::default();
    for path in files_below(&corpus()) {
        parts::check(&path, &mut tally);
    }
    tally.finish();
}

#[test]
fn every_line_of_the_oracle_is_read_and_printed_as_the_switch_did() {
    let mut tally = Tally::default();
    for path in files_below(&corpus()) {
        oracle::check(&path, &path.with_file_name("br-int.ports-desc"), &mut tally);
    }
    tally.finish();
}

#[test]
fn every_node_is_loaded_without_a_complaint() {
    let mut tally = Tally::default();
    for path in nodes::scenarios(&corpus()) {
        nodes::check(&path, &mut tally);
    }
    tally.finish();
}

#[test]
fn only_what_is_broken_has_errors_and_warnings() {
    let mut tally = Tally::default();
    for path in nodes::scenarios(&corpus()) {
        findings::check(&path, &mut tally);
    }
    tally.finish();
}

#[test]
fn every_file_comes_out_of_fmt_as_it_was() {
    let mut tally = Tally::default();
    for path in files_below(&corpus()) {
        fmt::check(&path, &mut tally);
    }
    tally.finish();
}

#[test]
fn every_database_and_datapath_is_read_without_a_complaint() {
    for (kind, (files, entries)) in databases::read_all(&files_below(&corpus())) {
        println!("{files:>8} {kind}, {entries} entries");
    }
}

#[test]
fn the_sources_of_a_host_say_the_same() {
    let files = files_below(&corpus());
    let hosts: Vec<_> = files.iter().filter(|path| path.ends_with("ovsdb-dump.txt")).collect();
    hosts.iter().filter_map(|path| path.parent()).for_each(databases::compare_host);
    println!("{:>8} hosts", hosts.len());
}

#[test]
fn traces_are_the_switchs_own_line_for_line() {
    let mut tally = Tally::default();
    let files = files_below(&corpus());
    let sets: Vec<_> = files.iter().filter(|path| path.ends_with("results.jsonl")).collect();
    sets.iter().filter_map(|path| path.parent()).for_each(|set| traces::check(set, &mut tally));
    let captured = files.iter().filter_map(|path| {
        let dir = path.parent()?;
        (path.ends_with("trace.txt") || dir.ends_with("traces"))
            .then(|| if dir.ends_with("traces") { dir.parent() } else { Some(dir) })?
    });
    let scenarios: std::collections::BTreeSet<_> = captured.collect();
    scenarios.iter().for_each(|scenario| captured::check(scenario, &mut tally));
    tally.finish();
}

#[test]
fn flows_of_rules_lead_to_the_rules_that_the_agent_had() {
    let mut tally = Tally::default();
    for path in nodes::scenarios(&corpus()) {
        owners::check(&path, &mut tally);
    }
    tally.finish();
}

#[test]
fn the_cause_of_every_broken_capture_is_named() {
    let mut tally = Tally::default();
    for path in nodes::scenarios(&corpus()) {
        losses::check(&path, &mut tally);
    }
    tally.finish();
}

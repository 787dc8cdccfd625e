//! The captures of `fixtures/`: they load without a complaint, and print as they are.

use std::path::PathBuf;

use crate::check::{Tally, files_below, fmt, nodes};

fn captures() -> [PathBuf; 2] {
    [crate::fixtures().join("nodes"), crate::fixtures().join("archives")]
}

#[test]
fn every_node_is_loaded_without_a_complaint() {
    let mut tally = Tally::default();
    for root in captures() {
        for path in nodes::scenarios(&root) {
            nodes::check(&path, &mut tally);
        }
    }
    tally.finish();
}

#[test]
fn every_file_comes_out_of_fmt_as_it_was() {
    let mut tally = Tally::default();
    for path in captures().iter().flat_map(|root| files_below(root)) {
        fmt::check(&path, &mut tally);
    }
    tally.finish();
}

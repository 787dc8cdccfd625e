//! The words against what a real switch said: `fixtures/words`.

use crate::check::{Tally, oracle};
use crate::fixtures;

#[test]
fn every_line_is_read_and_printed_as_a_switch_does() {
    let dir = fixtures().join("words");
    for (name, _) in oracle::KINDS {
        let mut tally = Tally::default();
        oracle::check(&dir.join(format!("{name}.zst")), &dir.join("ports-desc.txt"), &mut tally);
        println!("{name}");
        tally.finish();
    }
}

//! What the generator makes: every action that there is.

use std::collections::BTreeSet;

use ofscope::action::words;

use super::random::Random;
use super::tables::{self, BRIDGES};

/// Actions that it leaves out, with the reason.
const NEVER: [(&str, &str); 2] = [
    ("debug_recirc", "for Open vSwitch's own tests: `ovs-ofctl` cannot read a dump that has it"),
    ("debug_slow", "the same"),
];

#[test]
fn the_generator_makes_every_action_of_the_table() {
    let mut made: BTreeSet<String> = BTreeSet::new();
    for seed in 0..300 {
        let mut r = Random::new(seed);
        for version in ["OpenFlow10", "OpenFlow13", "OpenFlow15"] {
            for plan in &BRIDGES {
                for line in tables::flows(plan, version, &mut r) {
                    let (_, actions) = line.split_once("actions=").unwrap();
                    let parts = actions.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                    made.extend(parts.map(str::to_owned));
                }
            }
        }
    }
    let missing: Vec<&str> = words().map(|word| word.name).filter(|name| !made.contains(*name)).collect();
    assert_eq!(missing, NEVER.map(|(name, _)| name));
}

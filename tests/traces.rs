//! Traces: what a real switch said of packets, in `fixtures/traces`.

use ofscope::base::progress::Progress;
use ofscope::field::slot::word;
use ofscope::session::{Source, open};
use ofscope::trace::{Options, Trace, What, World, spec, trace};

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

/// Where a packet goes in its first pass: the tables with their flows, and the ports.
type Way = (Vec<(u16, u8, String)>, Vec<(usize, u32)>);

fn way(found: &Trace<'_>) -> Way {
    let tables = found.passes[0].steps.iter().filter_map(|step| match &step.what {
        What::Table { table, found } => Some((step.bridge, *table, format!("{found:?}"))),
        _ => None,
    });
    let outputs = found.outputs.iter().filter(|o| o.pass == 0).map(|o| (o.bridge, o.port));
    (tables.collect(), outputs.collect())
}

#[test]
fn packets_that_differ_only_in_bits_that_did_not_matter_go_the_same_way() {
    let (mut same, mut other) = (0, 0);
    for set in ["p01", "p08", "p17", "p22", "p23"] {
        let dir = fixtures().join("traces").join(set);
        let source = Source::named(&dir.to_string_lossy());
        let snapshot = open(&source, true, &Progress::default(), &mut |_| {}).unwrap();
        let world = World::of(&snapshot.nodes[0]);
        let results = std::fs::read_to_string(dir.join("results.jsonl")).unwrap();
        for row in results.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()) {
            let Some(at) = row["bridge"].as_str().and_then(|name| world.bridge(name)) else { continue };
            let Ok(packet) = spec::parse(row["packet"].as_str().unwrap(), &world.at(at).names) else { continue };
            let options = Options::default();
            let found = trace(&world, at, &packet, &options);
            let before = way(&found);
            // Addresses, ports, VLAN, times to live: what a sender can choose without making another kind of packet.
            let words = [word::METADATA, word::PKT_MARK, word::VLAN, word::IP_SRC, word::IP_DST, word::TP];
            let words = words.into_iter().chain(word::REG..word::REG + 4).chain(word::ETH_SRC..word::VLAN);
            for id in words.chain(word::IPV6_SRC..word::IPV6_LABEL).chain([word::TTL]) {
                for bit in [0, 3, 8, 12, 16, 20, 27].map(|at| 1_u32 << at) {
                    if id == word::TTL && bit & 0xff00_0000 == 0 || id == word::VLAN && bit > 0xffff {
                        continue;
                    }
                    let mut changed = packet.clone();
                    changed.key.set_word(id, !packet.key.word(id), bit);
                    let after = way(&trace(&world, at, &changed, &options));
                    let (_, mask) = found.relevant.word(id);
                    if mask & bit != 0 {
                        other += usize::from(after != before);
                        continue;
                    }
                    same += 1;
                    assert_eq!(after, before, "{set}: {}: bit {bit:#x} of word {id} matters", packet.text());
                }
            }
        }
    }
    assert!(same > 1000 && other > 100, "{same} bits that did not matter, {other} that did");
}

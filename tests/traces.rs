//! Traces: what a real switch said of packets, in `fixtures/traces`.

use ofscope::base::progress::Progress;
use ofscope::field::Names;
use ofscope::field::matches::DEFAULT_PRIORITY;
use ofscope::field::slot::{WordId, word};
use ofscope::model::store::FlowRef;
use ofscope::session::{Source, open};
use ofscope::trace::{Egress, Found, Options, Packet, Trace, What, World, spec, trace};

use crate::check::{Tally, traces};
use crate::fixtures;
use crate::live::random::Random;

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

/// Where a packet goes: the tables with their flows, the ports with their tunnels, and whether a limit was met.
#[derive(Debug, PartialEq)]
struct Way {
    tables: Vec<(usize, u16, u8, Option<u32>)>,
    outputs: Vec<(usize, usize, u32, Option<String>)>,
    failures: usize,
}

fn way(found: &Trace<'_>) -> Way {
    let steps = found.passes.iter().enumerate().flat_map(|(pass, p)| p.steps.iter().map(move |step| (pass, step)));
    let tables = steps.filter_map(|(pass, step)| match &step.what {
        What::Table { table, found: Found::Flow { flow, .. } } => Some((pass, step.bridge, *table, Some(*flow))),
        What::Table { table, .. } => Some((pass, step.bridge, *table, None)),
        _ => None,
    });
    let tunnel = |out: &Egress| out.tunnel.as_ref().map(|t| format!("{:?} {}", t.key, t.remote));
    let outputs = found.outputs.iter().map(|o| (o.pass, o.bridge, o.port, tunnel(o)));
    let failures = found.passes.iter().filter(|p| p.failure.is_some()).count();
    Way { tables: tables.collect(), outputs: outputs.collect(), failures }
}

/// The words of a packet that a sender chooses, and metadata.
fn words() -> impl Iterator<Item = WordId> {
    let metadata = (word::REG..word::TUN_ID).chain([word::PKT_MARK]);
    metadata.chain(word::CT..word::CT_NW_SRC).chain(word::ETH_SRC..word::NSH).filter(|id| *id != word::MPLS)
}

/// The bits of a word that mean something.
fn meant(id: WordId) -> u32 {
    match id {
        word::VLAN => 0xffff,
        word::ETH_SRC | word::ETH_DST | word::ARP_SHA | word::ARP_THA => 0xffff,
        word::TTL => 0xff03_0fff,
        word::IPV6_LABEL => 0xf_ffff,
        word::ND_OPTIONS => 0xff,
        _ => u32::MAX,
    }
}

/// Each packet of the recorded traces, in its bridge.
fn each_packet(sets: &[&str], mut ask: impl FnMut(&World<'_>, usize, &Packet)) {
    for set in sets {
        let dir = fixtures().join("traces").join(set);
        let source = Source::named(&dir.to_string_lossy());
        let snapshot = open(&source, true, &Progress::default(), &mut |_| {}).unwrap();
        let world = World::of(&snapshot.nodes[0]);
        let results = std::fs::read_to_string(dir.join("results.jsonl")).unwrap();
        for row in results.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()) {
            let Some(at) = row["bridge"].as_str().and_then(|name| world.bridge(name)) else { continue };
            if let Ok(packet) = spec::parse(row["packet"].as_str().unwrap(), &world.at(at).names) {
                ask(&world, at, &packet);
            }
        }
    }
}

const SETS: [&str; 5] = ["p01", "p08", "p17", "p22", "p23"];

#[test]
fn packets_that_differ_only_in_bits_that_did_not_matter_go_the_same_way() {
    let (mut asked, mut left_open) = (0, 0);
    let mut r = Random::new(7);
    let mut wrong = Vec::new();
    each_packet(&SETS, |world, at, packet| {
        let options = Options::default();
        let found = trace(world, at, packet, &options);
        let before = way(&found);
        let relevance = found.relevant(world);
        // One bit, several, and all of them at once.
        for n in 0..60 {
            let density = [1, 4, 16, 64][n % 4];
            let mut changed = packet.clone();
            for id in words() {
                let open = meant(id) & !relevance.matches.word(id).1;
                let flips = (0..32).filter(|_| r.below(64) < density).fold(0, |mask, bit| mask | 1 << bit) & open;
                left_open += flips.count_ones();
                changed.key.set_word(id, r.below(1 << 32) as u32, flips);
            }
            asked += 1;
            let after = way(&trace(world, at, &changed, &options));
            if after != before {
                let mut mask = String::new();
                relevance.matches.paint(DEFAULT_PRIORITY, Names::none(), &mut mask);
                wrong.push(format!("{}\n  {mask}\n  {}\n  {before:?}\n  {after:?}", packet.text(), changed.text()));
            }
        }
    });
    assert!(wrong.is_empty(), "{} of {asked}: {}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
    assert!(asked > 1000 && left_open > 500_000, "{asked} packets, {left_open} bits");
}

#[test]
fn no_bit_that_decided_can_be_left_out() {
    let (mut needed, mut unsure, mut undecided) = (0, 0, Vec::new());
    each_packet(&SETS, |world, at, packet| {
        let options = Options::default();
        let found = trace(world, at, packet, &options);
        let before = way(&found);
        let relevance = found.relevant(world);
        let bits = words().flat_map(|id| (0..32).map(move |bit| (id, 1_u32 << bit)));
        for (id, bit) in bits.filter(|(id, bit)| relevance.matches.word(*id).1 & bit != 0) {
            let open = |w: WordId| !relevance.matches.word(w).1 | if w == id { bit } else { 0 };
            let differs = |changed: &Packet| way(&trace(world, at, changed, &options)) != before;
            let mut flipped = packet.clone();
            flipped.key.set_word(id, !packet.key.word(id), bit);
            // A packet that would go another way is one that some flow wants, as far as the rest allows.
            let wanted = |flow: FlowRef<'_>| {
                let mut changed = flipped.clone();
                for ((w, mask), value) in flow.shape().masks.iter().zip(flow.values()) {
                    let free = if *w == word::IN_PORT { 0 } else { mask & open(*w) };
                    changed.key.set_word(*w, *value, free);
                }
                changed.key.set_word(id, !packet.key.word(id), bit);
                changed
            };
            let flows = (0..world.node.bridges.len()).flat_map(|b| {
                let flows = &world.at(b).flows;
                (0..flows.len() as u32).map(|flow| flows.get(flow))
            });
            // Or one that is sent to a port whose number a register names.
            let ports = world.at(at).ports.iter().map(|port| port.number);
            let sent = |number: u32| {
                let mut changed = flipped.clone();
                (word::REG..word::REG + 4).for_each(|w| changed.key.set_word(w, number, open(w)));
                changed.key.set_word(id, !packet.key.word(id), bit);
                changed
            };
            let is_needed = differs(&flipped)
                || flows.into_iter().any(|flow| differs(&wanted(flow)))
                || ports.into_iter().any(|number| differs(&sent(number)));
            if is_needed {
                needed += 1;
            } else if !relevance.is_minimal {
                unsure += 1;
            } else {
                let mut mask = String::new();
                relevance.matches.paint(DEFAULT_PRIORITY, Names::none(), &mut mask);
                undecided.push(format!("{}\n  bit {bit:#x} of word {id}: {mask}\n  {before:?}", packet.text()));
            }
        }
    });
    println!("{needed} bits are needed, {unsure} may not be, of {} no packet was found", undecided.len());
    // What only a packet shows that two flows and the rest of its way ask for together is not found by this search.
    let n = undecided.len();
    assert!(needed > 1000 && n * 200 < needed, "{n} of {needed}: {}", undecided[..n.min(8)].join("\n"));
}

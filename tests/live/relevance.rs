//! What decided, on random tables with every action: whether packets that differ elsewhere go the same way, and how much
//! less it is than what the switch looks at.

use ofscope::action::Mode;
use ofscope::base::progress::Progress;
use ofscope::dump::flow_line;
use ofscope::field::slot::word;
use ofscope::field::{Match, Names};
use ofscope::session::{Source, open};
use ofscope::trace::{Options, World, spec, trace};

use super::random::Random;
use super::switch::{self, Switch};
use super::traces::{Question, tables_of};
use super::{packets, prepared};
use crate::traces::{meant, way, words};

/// What stands in a line.
fn megaflow(line: &str, names: &Names) -> Option<Match> {
    let reading = flow_line::parse(&format!("{line} actions=drop"), names, Mode::Dumped, false).ok()?;
    Some(reading.flow_mod.flow.matches)
}

/// How many sets of tables, and how many packets each gets.
const SETS: (u64, u64) = (8, 25);

/// Bits that are counted: of one packet, of all.
#[derive(Default)]
struct Counts {
    compared: usize,
    fewer: usize,
    more: usize,
    ours: u32,
    theirs: u32,
    only_ours: u32,
}

#[test]
fn what_decided_is_less_than_what_a_real_switch_looked_at() {
    if !Switch::is_installed() {
        eprintln!("Open vSwitch is not installed; `tests/run` installs it");
        return;
    }
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (sets, each) = (number("OFSCOPE_SETS", SETS.0), number("OFSCOPE_EACH", SETS.1));
    let first: u64 = number("OFSCOPE_SEED", 1);
    let dir = switch::directory("relevance");
    let mut switch = prepared(&dir);
    let mut counts = Counts::default();
    let (mut tried, mut wrong) = (0, Vec::new());
    for seed in first..first + sets {
        let mut r = Random::new(seed);
        if tables_of(&switch, &dir, "OpenFlow15", &mut r).is_err() {
            continue;
        }
        let source = Source::named(&dir.join("node").to_string_lossy());
        let snapshot = open(&source, true, &Progress::default(), &mut |_| {}).unwrap();
        let world = World::of(&snapshot.nodes[0]);
        for _ in 0..each {
            let question = Question::random(&mut r);
            let at = world.bridge(question.bridge).unwrap();
            let Ok(packet) = spec::parse(&question.packet, &world.at(at).names) else { continue };
            let options = Options { ct_next: packets::answers(&question.ct_next), ..Options::default() };
            let found = trace(&world, at, &packet, &options);
            if found.passes.len() > 50 || found.passes.iter().any(|p| p.steps.len() > 5000 || p.failure.is_some()) {
                continue;
            }
            let before = way(&found);
            let relevance = found.relevant(&world);
            for density in [1, 8, 64, 64] {
                let mut changed = packet.clone();
                for id in words().filter(|id| *id != word::VLAN || packet.key.word(word::VLAN) != 0) {
                    let open = meant(id) & !relevance.matches.word(id).1;
                    let flips = (0..32).filter(|_| r.below(64) < density).fold(0, |mask, bit| mask | 1 << bit) & open;
                    changed.key.set_word(id, r.below(1 << 32) as u32, flips);
                }
                tried += 1;
                if way(&trace(&world, at, &changed, &options)) != before {
                    wrong.push(format!("seed {seed}: {}: {}\n  {}", question.text(), relevance.text, changed.text()));
                }
            }
            let Ok(Ok(theirs_text)) = switch.ask("ofproto/trace", &question.params()) else { continue };
            if found.passes.len() == 1
                && let Some((_, line)) = theirs_text.split_once("Megaflow: ")
                && let Some(megaflow) = megaflow(line.lines().next().unwrap_or_default(), &world.at(at).names)
            {
                // Registers are none of a datapath's; the port and the kind of header are given.
                let counted =
                    (word::PKT_MARK..word::NSH).filter(|id| !matches!(*id, word::RECIRC_ID | word::PACKET_TYPE));
                let (mut ours, mut theirs) = (0, 0);
                for id in counted {
                    let (a, b) = (relevance.matches.word(id).1, megaflow.word(id).1);
                    ours += a.count_ones();
                    theirs += b.count_ones();
                    counts.only_ours += (a & !b).count_ones();
                }
                if ours > theirs && std::env::var_os("OFSCOPE_SHOW").is_some() {
                    println!("{}\n  ours   {}\n{}", question.text(), relevance.text, theirs_text);
                }
                counts.compared += 1;
                counts.fewer += usize::from(ours < theirs);
                counts.more += usize::from(ours > theirs);
                counts.ours += ours;
                counts.theirs += theirs;
            }
        }
    }
    drop(switch);
    let _ = std::fs::remove_dir_all(&dir);
    let Counts { compared, fewer, more, ours, theirs, only_ours } = counts;
    println!(
        "{tried} changed packets, {} went another way; {compared} megaflows: ours has fewer bits in {fewer}, more in {more}; \
         {ours} bits to {theirs}, {only_ours} of ours not among theirs",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{} of {tried}: {}", wrong.len(), wrong[..wrong.len().min(6)].join("\n"));
    assert!(tried > 300 && compared > 50 && ours < theirs && fewer > 4 * more, "see the figures above");
}

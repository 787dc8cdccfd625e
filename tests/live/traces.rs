//! Traces against a real switch: random tables with every action, and random packets.
//!
//! `OFSCOPE_LONG=1` asks a million packets. `OFSCOPE_SEED` is the first seed, `OFSCOPE_PACKETS` how many packets are
//! asked, `OFSCOPE_KEEP` a directory where the nodes of disagreements are kept.

use std::path::Path;
use std::time::{Duration, Instant};

use ofscope::base::progress::Progress;
use ofscope::session::{Source, open};
use ofscope::trace::paint::{as_ovs, parse_ct_state};
use ofscope::trace::{Options, World, spec, trace};

use super::random::Random;
use super::switch::{self, Switch};
use super::tables::BRIDGES;
use super::{load, packets, prepared, tables};
use crate::check::trace_lines::difference;

/// How many packets each set of tables gets in a short run, and in a long one.
const PACKETS: [u64; 2] = [400, 2000];
/// How long the short run takes.
const SHORT: Duration = Duration::from_secs(12);
/// How many packets the long run asks.
const LONG: u64 = 1_000_000;
/// How many questions are under way at once: the switch works while the answers before are compared.
const UNDER_WAY: usize = 20;
/// Answers beyond this are not compared: they are the same few lines again and again.
const LARGEST: usize = 4 << 20;
/// After so many of these the next set of tables is taken: its packets go round and round.
const MANY: u64 = 4;
/// After so many disagreements a run ends.
const ENOUGH: usize = 200;

/// What was found.
#[derive(Default)]
struct Found {
    asked: u64,
    large: u64,
    refused: u64,
    /// How many tables have no dump that can be read.
    undumped: u64,
    /// On which tables the switch ended, and how.
    lost: Vec<String>,
    wrong: Vec<String>,
    /// How long tables were loaded, our own traces took, and answers were waited for.
    times: [Duration; 3],
}

/// A set of tables.
struct Round<'a> {
    dir: &'a Path,
    seed: u64,
    packets: u64,
    under_way: usize,
}

/// Where a round stopped, because the switch was gone: what was asked when it went.
struct Gone(String);

#[test]
fn random_packets_go_where_a_real_switch_sends_them() {
    if !Switch::is_installed() {
        eprintln!("Open vSwitch is not installed; `tests/run` installs it");
        return;
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let is_long = std::env::var("OFSCOPE_LONG").is_ok_and(|v| !v.is_empty());
    let wanted = number("OFSCOPE_PACKETS").unwrap_or(if is_long { LONG } else { u64::MAX });
    let is_timed = wanted == u64::MAX;
    let first = number("OFSCOPE_SEED").unwrap_or(1);
    let dir = switch::directory("random");
    let start = Instant::now();
    let mut told = start;
    let mut found = Found::default();
    let mut switch = prepared(&dir);
    for seed in first.. {
        if found.asked >= wanted || is_timed && start.elapsed() > SHORT || found.wrong.len() >= ENOUGH {
            break;
        }
        let known = found.wrong.len();
        let (asked_before, refused_before) = (found.asked, found.refused);
        let packets = PACKETS[usize::from(is_long)].min(wanted - found.asked);
        let mut round = Round { dir: &dir, seed, packets, under_way: UNDER_WAY };
        while let Err(Gone(asked)) = run(&mut switch, &round, &mut found) {
            // A switch that ends over a trace is none to compare with. Of several questions under way it is not known
            // which it was, so they are asked again, one by one.
            let is_known = round.under_way == 1;
            let end = switch.end();
            drop(switch);
            switch = prepared(&dir);
            if is_known {
                let text = format!("seed {seed}: the switch ended: {end}: {asked}");
                println!("{text}");
                found.lost.push(text);
                break;
            }
            round.under_way = 1;
            found.wrong.truncate(known);
            (found.asked, found.refused) = (asked_before, refused_before);
        }
        for wrong in &found.wrong[known..] {
            println!("{wrong}");
        }
        if found.wrong.len() > known
            && let Ok(keep) = std::env::var("OFSCOPE_KEEP")
        {
            copy(&dir.join("node"), &Path::new(&keep).join(seed.to_string()));
        }
        if is_long && told.elapsed() > Duration::from_secs(60) {
            told = Instant::now();
            println!("seed {seed}: {}", found.summary(start.elapsed()));
        }
    }
    drop(switch);
    let _ = std::fs::remove_dir_all(&dir);
    println!("{}", found.summary(start.elapsed()));
    assert!(found.wrong.is_empty(), "{}", found.wrong.join("\n\n"));
    assert!(found.asked > 100 && found.refused * 2 < found.asked, "hardly anything was asked");
}

impl Found {
    fn summary(&self, took: Duration) -> String {
        let Found { asked, large, refused, undumped, lost, wrong, times: [load, ours, wait] } = self;
        format!(
            "{asked} packets, {refused} refused by both, {large} with answers too large to compare, {undumped} tables \
             without a dump, {} tables on which the switch ended, {} disagreements, {took:.0?} (tables {load:.0?}, our traces {ours:.0?}, waiting {wait:.0?})",
            lost.len(),
            wrong.len(),
        )
    }
}

/// One set of tables, and its packets.
fn run(switch: &mut Switch, round: &Round<'_>, found: &mut Found) -> Result<(), Gone> {
    let start = Instant::now();
    let Round { dir, seed, .. } = *round;
    let mut r = Random::new(seed);
    let version = r.of(&["OpenFlow15", "OpenFlow15", "OpenFlow13", "OpenFlow10"]);
    match tables_of(switch, dir, version, &mut r) {
        Err(what) if what == "no dump" => {
            found.undumped += 1;
            return Ok(());
        }
        loaded => loaded.map_err(Gone)?,
    }
    let node = dir.join("node");
    let source = Source::named(&node.to_string_lossy());
    let snapshot = open(&source, true, &Progress::default(), &mut |_| {}).unwrap();
    assert_eq!(snapshot.nodes.len(), 1, "{:?}", snapshot.nodes.iter().map(|n| &n.name).collect::<Vec<_>>());
    let world = World::of(&snapshot.nodes[0]);
    found.times[0] += start.elapsed();
    let mut left = round.packets;
    let mut large = 0;
    while left > 0 && large < MANY {
        let n = left.min(round.under_way as u64);
        left -= n;
        let questions: Vec<Question> = (0..n).map(|_| Question::random(&mut r)).collect();
        let all = || questions.iter().map(Question::text).collect::<Vec<_>>().join("\n    ");
        for question in &questions {
            switch.send("ofproto/trace", &question.params()).map_err(|e| Gone(format!("{e}: {}", all())))?;
        }
        let start = Instant::now();
        let ours: Vec<_> = questions.iter().map(|q| q.ours(&world)).collect();
        found.times[1] += start.elapsed();
        for (question, ours) in questions.iter().zip(ours) {
            let start = Instant::now();
            let theirs = switch.receive().map_err(|e| Gone(format!("{e}: {}", question.text())))?;
            found.times[2] += start.elapsed();
            found.asked += 1;
            let place = || format!("seed {seed}, {}: ", question.text());
            match (theirs, ours) {
                (Err(_), Err(_)) => found.refused += 1,
                (Ok(theirs), Ok(_)) if theirs.len() > LARGEST => large += 1,
                (Ok(theirs), Ok(ours)) => {
                    if let Some(difference) = difference(&theirs, &ours) {
                        if let Ok(keep) = std::env::var("OFSCOPE_KEEP") {
                            let _ = std::fs::create_dir_all(&keep);
                            let name = format!("{seed}-{}.txt", found.asked);
                            let _ = std::fs::write(Path::new(&keep).join(&name), format!("{theirs}\n>>>>\n{ours}"));
                        }
                        found.wrong.push(format!("{}{difference}", place()));
                    }
                }
                (Ok(_), Err(e)) => found.wrong.push(format!("{}we refuse it: {e}", place())),
                (Err(e), Ok(_)) => found.wrong.push(format!("{}the switch refuses it: {e}", place())),
            }
        }
    }
    found.large += large;
    Ok(())
}

/// Loads random tables into every bridge, and dumps what became of them.
fn tables_of(switch: &Switch, dir: &Path, version: &str, r: &mut Random) -> Result<(), String> {
    let node = dir.join("node");
    let gone = |e: std::io::Error| e.to_string();
    for plan in &BRIDGES {
        let name = plan.bridge;
        switch.ofctl("OpenFlow15", "del-flows", name, &[])?;
        switch.ofctl("OpenFlow15", "del-groups", name, &[])?;
        let groups = tables::groups(plan, r);
        load(switch, dir, "OpenFlow15", "add-groups", name, groups).map_err(gone)?;
        let mode = r.of(&["normal", "normal", "drop", "nx-match"]);
        switch.ofctl("OpenFlow15", "set-frags", name, &[mode])?;
        let told = switch.ofctl("OpenFlow15", "get-frags", name, &[])?;
        std::fs::write(node.join(format!("{name}.get-frags")), told).map_err(gone)?;
        let flows = tables::flows(plan, version, r);
        load(switch, dir, version, "add-flows", name, flows).map_err(gone)?;
        for (version, what) in [(version, "dump-flows"), ("OpenFlow15", "dump-groups")] {
            let dump = switch.ofctl(version, what, name, &[])?;
            if dump.contains("decode error") {
                // `ovs-ofctl` cannot read what the switch itself says.
                return Err("no dump".to_owned());
            }
            std::fs::write(node.join(format!("{name}.{what}")), dump).map_err(gone)?;
        }
    }
    Ok(())
}

/// A packet that comes into a bridge, and what connection tracking is to say.
struct Question {
    bridge: &'static str,
    packet: String,
    ct_next: Vec<&'static str>,
}

impl Question {
    fn random(r: &mut Random) -> Question {
        let plan = &BRIDGES[r.below(5).saturating_sub(2) as usize];
        let packet = packets::packet(plan, r);
        Question { bridge: plan.bridge, packet, ct_next: packets::ct_next(r) }
    }

    fn text(&self) -> String {
        format!("{} {} {:?}", self.bridge, self.packet, self.ct_next)
    }

    fn params(&self) -> Vec<&str> {
        let answers = self.ct_next.iter().flat_map(|answer| ["--ct-next", answer]);
        [self.bridge, &self.packet].into_iter().chain(answers).collect()
    }

    fn ours(&self, world: &World<'_>) -> Result<String, String> {
        let at = world.bridge(self.bridge).ok_or("no such bridge")?;
        let packet = spec::parse(&self.packet, &world.at(at).names).map_err(|d| d.message)?;
        let ct_next = self.ct_next.iter().filter_map(|text| parse_ct_state(text)).collect();
        let mut text = String::new();
        as_ovs(&trace(world, at, &packet, &Options { ct_next, ..Options::default() }), world, &mut text);
        Ok(text)
    }
}

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::create_dir_all(to);
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        let _ = std::fs::copy(entry.path(), to.join(entry.file_name()));
    }
}

//! Differences against a real switch: the lines that `ofscope diff --format ofctl` prints make one state of the other,
//! and one state is the same however it is printed.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use super::random::Random;
use super::switch::{self, Switch};
use super::tables::{self, BRIDGES};
use super::{load, prepared};
use crate::cli::run;

/// How long the random pairs take, unless the run is a long one.
const SHORT: Duration = Duration::from_secs(10);
/// How many pairs a long run tries.
const LONG: u64 = 1000;

/// Flows, groups and meters as lines.
struct State {
    flows: Vec<String>,
    groups: Vec<String>,
    meters: Vec<String>,
}

#[test]
fn the_lines_for_ovs_ofctl_make_one_state_of_a_real_switch_of_another() {
    if !Switch::is_installed() {
        eprintln!("Open vSwitch is not installed; `tests/run` installs it");
        return;
    }
    let is_long = std::env::var("OFSCOPE_LONG").is_ok_and(|v| !v.is_empty());
    let first = std::env::var("OFSCOPE_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let dir = switch::directory("diffs");
    let switch = prepared(&dir);
    let start = Instant::now();
    let mut lines = 0;
    let mut tried = 0;
    while if is_long { tried < LONG } else { start.elapsed() < SHORT } {
        lines += pair(&switch, &dir, first + tried);
        tried += 1;
    }
    drop(switch);
    let _ = std::fs::remove_dir_all(&dir);
    println!("{tried} pairs of states, {lines} lines");
    assert!(lines > 20, "hardly anything differed");
}

/// Makes one random state of another with the lines; how many there were.
fn pair(switch: &Switch, dir: &Path, seed: u64) -> usize {
    let mut r = Random::new(seed);
    let version = r.of(&["OpenFlow10", "OpenFlow13", "OpenFlow15"]);
    let plan = &BRIDGES[0];
    let a = State {
        flows: tables::flows(plan, version, &mut r),
        groups: tables::groups(plan, &mut r),
        meters: meters(&mut r),
    };
    let b = changed(&a, version, &mut r);
    let (left, right) = (dir.join("a"), dir.join("b"));
    let names = [r.of(&["--names", "--no-names"]), r.of(&["--names", "--no-names"])];
    // The second state is captured first, so that the switch holds the first one when it gets the lines.
    put(switch, dir, version, &b);
    capture(switch, version, names[1], &right);
    let wanted = flows(switch);
    let wanted_others = others(switch);
    put(switch, dir, version, &a);
    capture(switch, version, names[0], &left);
    let before = flows(switch);

    let with_cookie = r.once_in(2);
    let [left, right] = [&left, &right].map(|path| path.to_str().unwrap());
    let mut args = vec!["diff", left, right, "--format", "ofctl"];
    args.extend(["--with", "cookie"].iter().filter(|_| with_cookie));
    let out = run(&args);
    assert!(out.code < 2, "seed {seed}: {}", out.err);
    give(switch, dir, version, &out.out).unwrap_or_else(|e| panic!("seed {seed} {version}: {e}\n{}", out.out));

    let place = || format!("seed {seed} {version} {names:?}, with cookie: {with_cookie}\n{}", out.out);
    let now = flows(switch);
    // Where nothing was to be changed, the switch may spell the flow as before, and keep its cookie.
    let odd: Vec<&String> = now.difference(&wanted).filter(|line| !before.contains(*line)).collect();
    let missing: Vec<&String> = wanted.difference(&now).collect();
    assert!(odd.is_empty(), "{}\nneither before nor wanted: {odd:#?}, missing: {missing:#?}", place());
    let matches = |lines: &BTreeSet<String>| -> Vec<String> { lines.iter().map(|line| identity(line)).collect() };
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    assert_eq!(sorted(matches(&now)), sorted(matches(&wanted)), "{}", place());
    assert_eq!(others(switch), wanted_others, "{}", place());
    if with_cookie {
        let cookies =
            |lines: &BTreeSet<String>| lines.iter().map(|l| (identity(l), cookie(l))).collect::<BTreeSet<_>>();
        let (now, wanted) = (cookies(&now), cookies(&wanted));
        assert!(now == wanted, "{}\n{:#?}", place(), now.symmetric_difference(&wanted).collect::<Vec<_>>());
    }
    // And we see no difference any more.
    let reached = dir.join("c");
    capture(switch, version, "--no-names", &reached);
    let again = run(&["diff", reached.to_str().unwrap(), right]);
    assert_eq!(again.code, 0, "{}\n{}", place(), again.out);
    out.out.lines().count()
}

fn cookie(line: &str) -> String {
    line.split("cookie=").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or("0x0").to_owned()
}

/// A flow's line without its cookie and actions.
fn identity(line: &str) -> String {
    let head = line.split("actions=").next().unwrap_or_default();
    head.split([' ', ',']).filter(|word| !word.is_empty() && !word.starts_with("cookie=")).collect::<Vec<_>>().join(",")
}

fn meters(r: &mut Random) -> Vec<String> {
    let meter = |id: u64, r: &mut Random| {
        let unit = r.of(&["kbps", "pktps", "kbps,burst", "pktps,stats"]);
        let burst = if unit.contains("burst") { ",burst_size=9" } else { "" };
        let mut text = format!("meter={id},{unit},bands=type=drop,rate={}{burst}", 1 + r.below(3));
        if r.once_in(3) {
            text += &format!(",type=drop,rate=9{burst}");
        }
        text
    };
    (3..6).filter_map(|id| (!r.once_in(3)).then(|| meter(id, r))).collect()
}

/// A state that has much in common with another.
fn changed(a: &State, version: &str, r: &mut Random) -> State {
    let plan = &BRIDGES[0];
    let (fresh, fresh_groups) = (tables::flows(plan, version, r), tables::groups(plan, r));
    let mut flows = Vec::new();
    for line in &a.flows {
        let other = fresh[r.below(fresh.len() as u64) as usize].clone();
        let line = match r.below(10) {
            0 => continue,
            1 => other,
            // The same flow with what another one does.
            2 => {
                let matching = line.split("actions=").next().unwrap_or_default();
                format!("{matching}actions={}", other.split("actions=").nth(1).unwrap_or_default())
            }
            3 if !line.contains("cookie=") => format!("cookie={:#x},{line}", r.below(9)),
            4 => format!("idle_timeout=6000{},{line}", r.below(3)),
            // OpenFlow 1.0 does not tell of flags.
            5 if version != "OpenFlow10" => format!("send_flow_rem,{line}"),
            6 if version == "OpenFlow15" => format!("importance={},{line}", r.below(3)),
            _ => line.clone(),
        };
        flows.push(line);
    }
    let mut groups = Vec::new();
    for (line, other) in a.groups.iter().zip(&fresh_groups) {
        match r.below(6) {
            0 => {}
            1 => groups.push(other.clone()),
            _ => groups.push(line.clone()),
        }
    }
    // Groups go in a bundle, which OpenFlow 1.0 has none of, and words such as `mod_vlan_vid` mean something else later.
    if r.once_in(3) || version == "OpenFlow10" {
        groups = a.groups.clone();
    }
    State { flows, groups, meters: if r.once_in(2) { a.meters.clone() } else { meters(r) } }
}

/// Makes the switch hold a state, as far as it takes its lines.
fn put(switch: &Switch, dir: &Path, version: &str, state: &State) {
    let name = BRIDGES[0].bridge;
    for what in ["del-flows", "del-groups"] {
        switch.ofctl("OpenFlow15", what, name, &[]).unwrap();
    }
    for id in 3..6 {
        switch.ofctl("OpenFlow15", "del-meter", name, &[&format!("meter={id}")]).unwrap();
    }
    for meter in &state.meters {
        switch.ofctl("OpenFlow15", "add-meter", name, &[meter]).unwrap();
    }
    load(switch, dir, "OpenFlow15", "add-groups", name, state.groups.clone()).unwrap();
    load(switch, dir, version, "add-flows", name, state.flows.clone()).unwrap();
}

/// Captures what the switch holds.
fn capture(switch: &Switch, version: &str, names: &str, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    let name = BRIDGES[0].bridge;
    for (version, what) in [
        (version, "dump-flows"),
        ("OpenFlow15", "dump-groups"),
        ("OpenFlow15", "dump-meters"),
        ("OpenFlow15", "dump-ports-desc"),
    ] {
        let text = switch.ofctl(version, what, name, &[names]).unwrap();
        std::fs::write(to.join(format!("{name}.{what}")), text).unwrap();
    }
}

/// The flows that the switch holds, as it prints them in the version that spells least of them in two ways.
fn flows(switch: &Switch) -> BTreeSet<String> {
    let text = switch.ofctl("OpenFlow15", "dump-flows", BRIDGES[0].bridge, &["--no-stats", "--no-names"]).unwrap();
    text.lines().filter(|line| line.contains("actions=")).map(str::to_owned).collect()
}

/// The groups and meters that the switch holds, as it prints them.
fn others(switch: &Switch) -> Vec<String> {
    let mut all = Vec::new();
    for what in ["dump-groups", "dump-meters"] {
        let text = switch.ofctl("OpenFlow15", what, BRIDGES[0].bridge, &["--no-names"]).unwrap();
        // The first line tells of the message, and meters stand apart from each other. The order is the switch's own.
        let text = text.split_once('\n').map_or("", |(_, rest)| rest);
        let between = if what == "dump-meters" { "\n\n" } else { "\n" };
        all.extend(text.split(between).map(|one| one.trim_end().to_owned()));
    }
    all.sort();
    all
}

/// Does what the lines say.
fn give(switch: &Switch, dir: &Path, version: &str, text: &str) -> Result<(), String> {
    let (file, name) = (dir.join("lines"), BRIDGES[0].bridge);
    std::fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    let commands = |of: &'static [&'static str]| {
        text.lines().filter_map(|line| line.strip_prefix("# ovs-ofctl -O OpenFlow15 ")).filter_map(move |line| {
            let words: Vec<&str> = line.split(' ').collect();
            of.contains(&words[0]).then_some(words)
        })
    };
    for words in commands(&["add-meter", "mod-meter"]) {
        switch.ofctl("OpenFlow15", words[0], words[1], &words[2..])?;
    }
    if commands(&["bundle"]).count() > 0 {
        switch.ofctl("OpenFlow15", "bundle", name, &[path])?;
    } else {
        let bundle: &[&str] = if version == "OpenFlow15" { &["--bundle"] } else { &[] };
        switch.ofctl(version, "add-flows", name, &[&[path], bundle].concat())?;
    }
    for words in commands(&["del-meter"]) {
        switch.ofctl("OpenFlow15", words[0], words[1], &words[2..])?;
    }
    Ok(())
}

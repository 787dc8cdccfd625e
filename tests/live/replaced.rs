//! `ovs-ofctl replace-flows` against a real ovs-vswitchd: the same file is given to the switch and planned here, and both
//! must have the same flows then; those that we say stay as they are must be older than the ones that came.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ofscope::action::Mode;
use ofscope::base::progress::Progress;
use ofscope::dump::input::Input;
use ofscope::dump::{change_file, flow_line, flows};
use ofscope::field::{Names, Version};
use ofscope::model::Flow;
use ofscope::model::bridge::Bridge;
use ofscope::model::change::{ChangeSet, Request};
use ofscope::model::flow::FlowKey;

use super::random::Random;
use super::requests;
use super::switch::{self, Switch};

/// How many pairs of states are tried.
const PAIRS: u64 = 9;
/// How much older at least what stays is than what comes: far more than it takes to print a dump.
const REST: Duration = Duration::from_millis(400);

/// A line of a flow that can stand in a file of flows.
fn lines(r: &mut Random, version: Version, n: u64) -> Vec<String> {
    let mut lines = Vec::new();
    while (lines.len() as u64) < n {
        let mut line = requests::plain_flow(r, version);
        if r.once_in(3) {
            line = format!("cookie={},{line}", r.below(3));
        }
        if r.once_in(4) {
            line = format!("idle_timeout={},{line}", 1000 * r.below(3));
        }
        let read = change_file::replace(&Bridge::default(), &line, Some(version));
        let is_there = !line.contains("group:") && !line.contains("meter:");
        if is_there && read.is_ok_and(|file| file.requests.len() == 1) {
            lines.push(line);
        }
    }
    lines
}

fn by_key(dump: &str) -> BTreeMap<FlowKey, Flow> {
    let printed = dump.lines().filter(|line| line.contains("actions="));
    let of = |line: &str| {
        let flow = flow_line::parse(line, Names::none(), Mode::Dumped, false).unwrap().flow_mod.flow;
        (flow.key(), flow)
    };
    printed.map(of).collect()
}

fn plain(flow: &Flow) -> Flow {
    Flow { stats: None, ..flow.clone() }
}

#[test]
fn a_file_of_flows_replaces_those_of_a_real_switch_as_planned() {
    if !Switch::is_installed() {
        eprintln!("Open vSwitch is not installed; `tests/run` installs it");
        return;
    }
    let dir = switch::directory("replaced");
    let switch = Switch::start(&dir);
    switch.vsctl(&"add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure".split(' ').collect::<Vec<_>>());
    let file = dir.join("flows");
    let path = file.to_string_lossy().into_owned();
    let (mut kept, mut changed) = (0, 0);
    for pair in 0..PAIRS {
        let mut r = Random::new(0x4e_70 + pair);
        let version = [Version::V12, Version::V13, Version::V15][pair as usize % 3];
        let ofctl = |what: &str, more: &[&str]| switch.ofctl(version.name(), what, "br0", more).unwrap();
        ofctl("del-flows", &[]);
        let before = lines(&mut r, version, 12);
        std::fs::write(&file, before.join("\n") + "\n").unwrap();
        ofctl("add-flows", &[&path]);
        let dump = ofctl("dump-flows", &[]);
        // Some lines stay, of which some are changed, some go and some come; a dump can be given back as it is.
        let printed: Vec<&str> = dump.lines().filter(|line| line.contains("actions=")).collect();
        let mut wanted: Vec<String> = printed.iter().filter(|_| !r.once_in(4)).map(|line| (*line).to_owned()).collect();
        wanted.extend(before.iter().filter(|_| r.once_in(4)).cloned());
        wanted.extend(lines(&mut r, version, 4));
        let text = wanted.join("\n") + "\n";
        let input = Input::new(std::io::Cursor::new(dump.clone().into_bytes())).unwrap();
        let loaded = flows::load(input.into_reader(), &"dump".into(), Names::none(), &Progress::default(), |_| {});
        let base = Bridge { flows: loaded.flows, version: Some(version), ..Bridge::default() };
        let asked = change_file::replace(&base, &text, Some(version)).unwrap();
        let asked: Vec<Request> = asked.requests.into_iter().map(|(_, request)| request).collect();
        let change = ChangeSet::plan(&base, asked).unwrap();
        let planned = change.apply(&base).unwrap();
        // Whatever is added again is younger than what stays.
        std::thread::sleep(REST);
        std::fs::write(&file, &text).unwrap();
        let start = Instant::now();
        ofctl("replace-flows", &[&path]);
        let now = by_key(&ofctl("dump-flows", &[]));
        let since = start.elapsed().as_nanos() as u64;
        let ours: BTreeMap<FlowKey, Flow> = planned
            .flows
            .iter()
            .map(|(_, flow)| {
                let mut line = flow.to_flow().text(ofscope::model::flow::Style::NoStats, Names::none());
                line.insert(0, ' ');
                by_key(&line).into_iter().next().unwrap()
            })
            .collect();
        let shown = |flows: &BTreeMap<FlowKey, Flow>| -> Vec<String> {
            let text = |flow: &Flow| plain(flow).text(ofscope::model::flow::Style::NoStats, Names::none());
            flows.values().map(text).collect()
        };
        assert_eq!(shown(&ours), shown(&now), "pair {pair} in {version}\nbefore:\n{dump}\nfile:\n{text}");
        let touched: Vec<FlowKey> =
            change.edits.iter().flat_map(|edit| &edit.flows).filter_map(|r| r.either().map(Flow::key)).collect();
        let then = by_key(&dump);
        for (key, flow) in &now {
            if !then.contains_key(key) {
                continue;
            }
            // What was added again cannot be older than the command that added it.
            let stays = flow.stats.map_or(0, |stats| stats.duration_ns) > since;
            assert_eq!(stays, !touched.contains(key), "pair {pair} in {version}: {flow:?}\n{text}");
            if stays { kept += 1 } else { changed += 1 }
        }
    }
    assert!(kept > 20 && changed > 5, "{kept} stayed, {changed} were added again");
    drop(switch);
    let _ = std::fs::remove_dir_all(&dir);
}

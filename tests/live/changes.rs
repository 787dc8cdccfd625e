//! Changes against a real ovs-vswitchd: random sequences of flow-mods, group-mods and meter-mods are given to a switch
//! and planned here, and the same tables must be left, and the same requests refused for the same reasons.
//!
//! What is expected to go well is sent together, by `ovs-ofctl add-flows`, `add-groups` or `bundle`; what is expected to
//! be refused is sent alone. `OFSCOPE_LONG=1` runs ten thousand sequences, `OFSCOPE_SEED` is the first one, and
//! `OFSCOPE_SEQUENCES` how many there are.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use ofscope::action::{Mode, Walk, carry};
use ofscope::base::progress::Progress;
use ofscope::dump::input::Input;
use ofscope::dump::{change_file, flow_line, flows, group_line, meters};
use ofscope::field::{Match, Names, Version};
use ofscope::model::Flow;
use ofscope::model::bridge::Bridge;
use ofscope::model::change::{ChangeSet, Request};
use ofscope::model::flow::FlowKey;
use ofscope::model::flow_mod::Command;
use ofscope::model::group::Group;
use ofscope::model::meter::Meter;
use ofscope::model::refusal::Refusal;
use ofscope::model::table::TableLimit;

use super::random::Random;
use super::requests::{self, Asked};
use super::switch::{self, Switch};

/// How long the short run takes.
const SHORT: Duration = Duration::from_secs(6);
/// How many sequences the long run has.
const LONG: u64 = 10_000;
/// How many bridges take sequences at the same time.
const BRIDGES: usize = 2;

/// What was found.
#[derive(Default)]
struct Found {
    sequences: u64,
    requests: u64,
    refused: BTreeMap<&'static str, u64>,
    evicted: u64,
    lost: u64,
    left: usize,
    wrong: Vec<String>,
}

#[test]
fn random_changes_leave_the_tables_that_a_real_switch_has() {
    if !Switch::is_installed() {
        eprintln!("Open vSwitch is not installed; `tests/run` installs it");
        return;
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let is_long = std::env::var("OFSCOPE_LONG").is_ok_and(|v| !v.is_empty());
    let wanted = number("OFSCOPE_SEQUENCES").unwrap_or(if is_long { LONG } else { u64::MAX });
    let first = number("OFSCOPE_SEED").unwrap_or(1);
    let dir = switch::directory("changes");
    let switch = prepared(&dir);
    let start = Instant::now();
    let found = Mutex::new(Found::default());
    let next = Mutex::new(first);
    std::thread::scope(|scope| {
        for bridge in 0..BRIDGES {
            let (switch, dir, found, next) = (&switch, &dir, &found, &next);
            scope.spawn(move || {
                let file = dir.join(format!("lines{bridge}"));
                let place = Place { switch, bridge: format!("br{bridge}"), file, had_meters: Cell::new(true) };
                loop {
                    let seed = {
                        let mut next = next.lock().unwrap();
                        *next += 1;
                        *next - 1
                    };
                    let is_over = wanted == u64::MAX && start.elapsed() > SHORT;
                    if seed - first >= wanted || is_over || found.lock().unwrap().wrong.len() > 5 {
                        break;
                    }
                    sequence(&place, seed, found);
                    if is_long && seed % 100 == 0 {
                        let found = found.lock().unwrap();
                        println!(
                            "seed {seed}: {} requests, {} wrong, {:?}",
                            found.requests,
                            found.wrong.len(),
                            start.elapsed()
                        );
                    }
                }
            });
        }
    });
    drop(switch);
    let _ = std::fs::remove_dir_all(&dir);
    let found = found.into_inner().unwrap();
    let refused: u64 = found.refused.values().sum();
    println!(
        "{} sequences of {} requests, {refused} refused by both {:?}, {} flows made room, {} flows, groups and meters \
         left, {} lost, {} disagreements, {:?}",
        found.sequences,
        found.requests,
        found.refused,
        found.evicted,
        found.left,
        found.lost,
        found.wrong.len(),
        start.elapsed()
    );
    assert!(found.wrong.is_empty(), "{}", found.wrong.join("\n\n"));
    assert!(found.requests > 50 && refused * 2 < found.requests, "hardly anything was asked");
}

#[test]
fn counters_start_again_where_a_real_switch_lets_them() {
    if !Switch::is_installed() {
        eprintln!("Open vSwitch is not installed; `tests/run` installs it");
        return;
    }
    let dir = switch::directory("counters");
    let mut switch = prepared(&dir);
    let frame = "in_port(1),eth(src=fa:16:3e:00:00:01,dst=fa:16:3e:00:00:02),eth_type(0x88cc)";
    let cases = [
        (Version::V10, "add in_port=1,actions=output:2", 0),
        (Version::V11, "add in_port=1,actions=output:2", 0),
        (Version::V12, "add in_port=1,actions=output:2", 3),
        (Version::V13, "add reset_counts,in_port=1,actions=output:2", 0),
        (Version::V15, "add in_port=1,actions=drop", 3),
        (Version::V10, "modify in_port=1,actions=output:2", 3),
        (Version::V11, "modify_strict in_port=1,actions=output:2", 3),
        (Version::V13, "modify in_port=1,actions=output:2", 3),
        (Version::V13, "modify reset_counts,actions=output:2", 0),
        (Version::V15, "modify_strict reset_counts,in_port=1,actions=drop", 0),
    ];
    for (version, line, wanted) in cases {
        let ofctl =
            |version: Version, what: &str, more: &[&str]| switch.ofctl(version.name(), what, "br0", more).unwrap();
        ofctl(Version::V15, "del-flows", &[]);
        ofctl(Version::V15, "add-flow", &["in_port=1,actions=drop"]);
        for _ in 0..3 {
            switch.ask("netdev-dummy/receive", &["p01", frame]).unwrap().unwrap();
        }
        // Packets are counted by the datapath first, and told by its revalidators.
        let start = Instant::now();
        let dump = loop {
            switch.ask("revalidator/purge", &[]).unwrap().unwrap();
            let dump = switch.ofctl("OpenFlow15", "dump-flows", "br0", &[]).unwrap();
            if dump.contains("n_packets=3,") {
                break dump;
            }
            assert!(start.elapsed() < SHORT * 3, "the packets are not counted: {dump}");
        };
        let input = Input::new(std::io::Cursor::new(dump.into_bytes())).unwrap();
        let loaded = flows::load(input.into_reader(), &"dump".into(), Names::none(), &Progress::default(), |_| {});
        let base = Bridge { flows: loaded.flows, ..Bridge::default() };
        let change = ChangeSet::plan(&base, [understood(line, version).unwrap()]).unwrap();
        let planned = change.apply(&base).unwrap().flow(0).n_packets();
        let file = dir.join("counted");
        std::fs::write(&file, format!("{line}\n")).unwrap();
        switch.ofctl(version.name(), "add-flows", "br0", &[&file.to_string_lossy()]).unwrap();
        let dump = switch.ofctl("OpenFlow15", "dump-flows", "br0", &[]).unwrap();
        assert!(dump.contains(&format!("n_packets={wanted},")), "{version} {line}: {dump}");
        assert_eq!(planned, Some(wanted), "{version} {line}");
    }
    drop(switch);
    let _ = std::fs::remove_dir_all(&dir);
}

#[test]
fn an_exact_match_of_openflow_1_0_has_the_priority_that_a_real_switch_gives_it() {
    if !Switch::is_installed() {
        eprintln!("Open vSwitch is not installed; `tests/run` installs it");
        return;
    }
    let dir = switch::directory("exact");
    let switch = prepared(&dir);
    let exact = "in_port=1,dl_vlan=10,dl_vlan_pcp=3,dl_src=fa:16:3e:00:00:01,dl_dst=fa:16:3e:00:00:02,tcp,\
                 nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,tp_src=80,tp_dst=81";
    let changed = [
        ("", ""),
        ("in_port", "table=1,in_port"),
        ("dl_vlan=10,dl_vlan_pcp=3", "dl_vlan=65535"),
        ("dl_vlan=10,dl_vlan_pcp=3", "vlan_tci=0"),
        ("dl_vlan_pcp=3,", ""),
        ("tcp", "icmp"),
        ("tcp", "ip"),
        ("tcp", "ip,nw_proto=47"),
        ("tcp", "arp,nw_proto=1"),
        ("tp_src=80,", ""),
        ("nw_tos=0,", ""),
        ("nw_dst=10.0.0.2", "nw_dst=10.0.0.2/31"),
        ("in_port", "reg0=1,in_port"),
    ];
    let mut found = [0, 0];
    for (from, to) in changed {
        for actions in ["drop", "resubmit(,3)", "set_field:5->reg1", "ct(commit)"] {
            let line = format!("priority=5,{},actions={actions}", exact.replacen(from, to, 1));
            // Connection tracking takes no ARP.
            let Some(Request::Flow(asked)) = understood(&line, Version::V10) else { continue };
            let file = dir.join("exact");
            std::fs::write(&file, format!("{line}\n")).unwrap();
            switch.ofctl("OpenFlow15", "del-flows", "br0", &[]).unwrap();
            switch.ofctl("OpenFlow10", "add-flows", "br0", &[&file.to_string_lossy()]).unwrap();
            let dump = switch.ofctl("OpenFlow15", "dump-flows", "br0", &[]).unwrap();
            assert!(dump.contains(&format!("priority={},", asked.flow.priority)), "{line}: {dump}");
            found[usize::from(asked.flow.priority == 5)] += 1;
        }
    }
    assert!(found.iter().all(|n| *n > 10), "{found:?}");
    drop(switch);
    let _ = std::fs::remove_dir_all(&dir);
}

/// A switch with bridges and ports, and a table that holds few flows.
fn prepared(dir: &Path) -> Switch {
    let switch = Switch::start(dir);
    for bridge in 0..BRIDGES {
        let name = format!("br{bridge}");
        let set = format!("set bridge {name} datapath_type=dummy fail_mode=secure");
        let mut words: Vec<&str> = vec!["add-br", &name, "--"];
        words.extend(set.split(' '));
        switch.vsctl(&words);
        for port in 1..4 {
            let text = format!(
                "add-port {name} p{bridge}{port} -- set interface p{bridge}{port} type=dummy ofport_request={port}"
            );
            switch.vsctl(&text.split(' ').collect::<Vec<_>>());
        }
        for (table, limit) in [(3, "flow_limit=4"), (4, "flow_limit=3 overflow_policy=evict")] {
            let text = format!("-- --id=@t create Flow_Table {limit} -- set bridge {name} flow_tables:{table}=@t");
            switch.vsctl(&text.split(' ').collect::<Vec<_>>());
        }
    }
    switch
}

/// The tables that hold few flows, as [`prepared`] makes them.
fn limits() -> Vec<TableLimit> {
    vec![
        TableLimit { table: 3, flows: 4, ..TableLimit::default() },
        TableLimit { table: 4, flows: 3, evicts: true, ..TableLimit::default() },
    ]
}

/// Where a sequence goes.
struct Place<'a> {
    switch: &'a Switch,
    bridge: String,
    file: PathBuf,
    had_meters: Cell<bool>,
}

impl Place<'_> {
    fn ofctl(&self, version: Version, what: &str, more: &[&str]) -> Result<String, String> {
        let target = self.switch.bridge(&self.bridge);
        let mut args = vec!["--timeout=30", "-O", version.name(), what, &target];
        args.extend(more);
        self.switch.try_run("ovs-ofctl", &args)
    }

    /// Takes away what the last sequence left.
    fn empty(&self) {
        std::fs::write(&self.file, "flow delete\ngroup delete\n").unwrap();
        let path = self.file.to_string_lossy().into_owned();
        self.patiently("bundle", &[&path]);
        if self.had_meters.replace(false) {
            self.patiently("del-meters", &[]);
        }
    }

    /// Asks what can be asked again, since now and then `ovs-ofctl` waits for ever.
    fn patiently(&self, what: &str, more: &[&str]) -> String {
        let ask = || self.ofctl(Version::V15, what, more);
        ask().or_else(|_| ask()).or_else(|_| ask()).unwrap()
    }

    /// Sends requests together. They are all flows, or all groups, or one meter, or a bundle.
    fn send(&self, way: Way, asked: &[&Asked]) -> Result<(), String> {
        let version = asked[0].version;
        let path = self.file.to_string_lossy().into_owned();
        let kind = |one: &Asked| one.line.split(' ').next().unwrap_or_default().to_owned();
        let rest = |one: &Asked| one.line.split_once(' ').map_or("", |(_, rest)| rest).to_owned();
        let (command, lines): (&str, Vec<String>) = match way {
            Way::Bundle => ("bundle", asked.iter().map(|one| one.line.clone()).collect()),
            Way::Apart if kind(asked[0]) == "group" => ("add-groups", asked.iter().map(|one| rest(one)).collect()),
            Way::Apart if kind(asked[0]) == "meter" => {
                let text = rest(asked[0]);
                let (word, meter) = text.split_once(' ').unwrap_or((&text, ""));
                let command = match (word, meter) {
                    ("add", _) => "add-meter",
                    ("modify", _) => "mod-meter",
                    (_, "") => "del-meters",
                    _ => "del-meter",
                };
                let more = if meter.is_empty() { vec![] } else { vec![meter] };
                return self.ofctl(version, command, &more).map(drop);
            }
            Way::Apart => ("add-flows", asked.iter().map(|one| rest(one)).collect()),
        };
        std::fs::write(&self.file, lines.join("\n") + "\n").unwrap();
        self.ofctl(version, command, &[&path]).map(drop)
    }
}

/// How requests are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Bundle,
    Apart,
}

/// One sequence: both do it, and what they have then is compared.
fn sequence(place: &Place<'_>, seed: u64, found: &Mutex<Found>) {
    let mut r = Random::new(seed);
    let asked = requests::sequence(&mut r);
    place.empty();
    let base = Bridge { limits: limits(), ..Bridge::default() };
    let (change, refused) = ChangeSet::plan_each(&base, asked.iter().map(|one| one.request.clone()));
    let ours = change.apply(&base).unwrap();
    let mut wrong = sent(place, &asked, &refused, &mut r);
    let has = |kind: &str| asked.iter().any(|one| one.line.starts_with(kind));
    if !wrong.is_empty() && wrong[0].contains("Alarm clock") {
        // It waited for ever, which says nothing of tables.
        return found.lock().unwrap().lost += 1;
    }
    let left = state(place, has("group"), has("meter"));
    let planned = planned(&ours);
    if wrong.is_empty() && left != planned {
        wrong.push(format!("the switch has\n{}\nwe have\n{}", left.show(), planned.show()));
    }
    let mut found = found.lock().unwrap();
    found.sequences += 1;
    found.requests += asked.len() as u64;
    for refusal in &refused {
        *found.refused.entry(refusal.error.name()).or_default() += 1;
    }
    let is_eviction = |request: &Request, flows: usize| matches!(request, Request::Flow(f) if f.command.has_actions() && flows > 1 && f.table == Some(4));
    found.evicted += change
        .edits
        .iter()
        .filter(|edit| is_eviction(&edit.request, edit.flows.len()) && edit.flows[0].after.is_none())
        .count() as u64;
    found.left += planned.flows.len() + planned.groups.len() + planned.meters.len();
    if !wrong.is_empty() {
        let lines: Vec<String> = (asked.iter().enumerate())
            .map(|(n, one)| {
                let refused = refused.iter().find(|refusal| refusal.index == n).map_or("", |r| r.error.name());
                format!("{} {} {refused}", one.version, one.line)
            })
            .collect();
        found.wrong.push(format!("seed {seed}: {}\nof\n{}", wrong.join("; "), lines.join("\n")));
    }
}

/// Sends a sequence; tells where the switch answers otherwise than expected.
fn sent(place: &Place<'_>, asked: &[Asked], refused: &[Refusal], r: &mut Random) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut at = 0;
    while at < asked.len() && wrong.is_empty() {
        let refusal = refused.iter().find(|refusal| refusal.index == at);
        let kind = |n: usize| asked[n].line.split(' ').next().unwrap_or_default();
        let may_bundle = asked[at].version >= Version::V14 && kind(at) != "meter";
        let way = if may_bundle && r.once_in(2) { Way::Bundle } else { Way::Apart };
        let mut end = at + 1;
        let goes_along = |n: usize| {
            let is_alike = match way {
                // Within a bundle Open vSwitch 3.1 does not look for flows that the bundle added, if none matched the
                // same bits before (`ofproto_table_classifier_defer`).
                Way::Bundle => kind(n) != "meter" && !looks_around(&asked[n].request),
                Way::Apart => kind(n) == kind(at) && kind(n) != "meter",
            };
            is_alike && asked[n].version == asked[at].version && refused.iter().all(|refusal| refusal.index != n)
        };
        while refusal.is_none() && end < asked.len() && goes_along(end) {
            end += 1;
        }
        let some: Vec<&Asked> = asked[at..end].iter().collect();
        let lines = || some.iter().map(|one| &*one.line).collect::<Vec<_>>().join(" | ");
        match (place.send(way, &some), refusal) {
            (Ok(()), None) => {}
            (Err(e), Some(refusal))
                if e.contains(&format!(" {} ", refusal.error.name()))
                    || e.contains(&format!(": {}\n", refusal.error.name())) => {}
            (Ok(()), Some(refusal)) => wrong.push(format!("the switch takes `{}`, we say {}", lines(), refusal.error)),
            (Err(e), Some(refusal)) => {
                wrong.push(format!("the switch says `{e}` of `{}`, we say {}", lines(), refusal.error));
            }
            (Err(e), None) => wrong.push(format!("the switch says `{e}` of one of `{}`", lines())),
        }
        at = end;
    }
    wrong
}

/// Whether a request looks at flows other than the one it names.
fn looks_around(request: &Request) -> bool {
    let Request::Flow(flow) = request else { return false };
    flow.check_overlap() || matches!(flow.command, Command::Modify | Command::Delete)
}

/// What a switch has.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    flows: BTreeMap<FlowKey, Flow>,
    groups: BTreeMap<u32, Group>,
    meters: BTreeMap<u32, Meter>,
}

impl State {
    fn show(&self) -> String {
        let mut text = String::new();
        for flow in self.flows.values() {
            text.push_str(&flow.text(ofscope::model::flow::Style::NoStats, Names::none()));
            text.push('\n');
        }
        for group in self.groups.values() {
            group.paint(Names::none(), &mut text);
            text.push('\n');
        }
        for meter in self.meters.values() {
            meter.paint(&mut text);
            text.push('\n');
        }
        text
    }
}

/// What the switch has, as it prints it in OpenFlow 1.5.
fn state(place: &Place<'_>, has_groups: bool, has_meters: bool) -> State {
    let mut state = State::default();
    let dump = |what: &str| place.patiently(what, &[]);
    for line in dump("dump-flows").lines().filter(|line| line.contains("actions=")) {
        let reading = flow_line::parse(line, Names::none(), Mode::Dumped, false).unwrap();
        assert!(reading.found.is_empty(), "{line}: {:?}", reading.found);
        let flow = Flow { stats: None, ..reading.flow_mod.flow };
        state.flows.insert(flow.key(), flow);
    }
    let groups = if has_groups { dump("dump-groups") } else { String::new() };
    for line in groups.lines().filter(|line| line.trim_start().starts_with("group_id=")) {
        let reading = group_line::parse(line, Names::none(), Mode::Dumped).unwrap();
        let group = reading.line.group().unwrap().clone();
        state.groups.insert(group.id, group);
    }
    let text = if has_meters { dump("dump-meters") } else { String::new() };
    place.had_meters.set(has_meters);
    let mut report = ofscope::base::diag::Report::default();
    let file = "meters".into();
    let mut source = ofscope::dump::Source { file: &file, names: Names::none(), report: &mut report };
    for part in meters::read_meters(&text, &mut source) {
        if let ofscope::dump::Part::Entry(entry) = part {
            state.meters.insert(entry.meter.id, entry.meter);
        }
    }
    state
}

/// What we say that it has, in the words of OpenFlow 1.5.
fn planned(bridge: &Bridge) -> State {
    let mut state = State::default();
    for (_, flow) in bridge.flows.iter() {
        let mut flow = Flow { stats: None, ..flow.to_flow() };
        flow.actions = carry(&flow.actions, Version::V15, &Walk::new(&flow.matches, flow.table)).unwrap();
        state.flows.insert(flow.key(), flow);
    }
    for group in &bridge.groups {
        let mut group = group.clone();
        for bucket in &mut group.buckets {
            bucket.actions = carry(&bucket.actions, Version::V15, &Walk::new(&Match::any(), 255)).unwrap();
        }
        state.groups.insert(group.id, group);
    }
    state.meters.extend(bridge.meters.iter().map(|meter| (meter.id, meter.clone())));
    state
}

/// Whether a line says something in a version.
pub(super) fn understood(line: &str, version: Version) -> Option<Request> {
    let requests = change_file::read(line, Names::none(), version).ok()?;
    requests.into_iter().next().map(|(_, request)| request)
}

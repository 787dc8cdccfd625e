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
    capture(switch, version, names[1], &right).unwrap();
    let wanted = flows(switch);
    let wanted_others = others(switch);
    put(switch, dir, version, &a);
    capture(switch, version, names[0], &left).unwrap();
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
    capture(switch, version, "--no-names", &reached).unwrap();
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
    let chosen: Vec<u64> = (3..6).filter(|_| !r.once_in(3)).collect();
    chosen.into_iter().map(|id| meter(id, r)).collect()
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

/// Captures what the switch holds. Not every version can tell of everything.
fn capture(switch: &Switch, version: &str, names: &str, to: &Path) -> Result<(), String> {
    std::fs::create_dir_all(to).unwrap();
    let name = BRIDGES[0].bridge;
    for (version, what) in [
        (version, "dump-flows"),
        ("OpenFlow15", "dump-groups"),
        ("OpenFlow15", "dump-meters"),
        ("OpenFlow15", "dump-ports-desc"),
    ] {
        let text = switch.ofctl(version, what, name, &[names])?;
        std::fs::write(to.join(format!("{name}.{what}")), text).unwrap();
    }
    Ok(())
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

/// What a flow is called by different people: the match and the actions, in words that mean the same.
const SPELLINGS: &[&[&str]] = &[
    &[
        "ip actions=mod_dl_dst:fa:16:3e:00:00:01",
        "ip actions=set_field:fa:16:3e:00:00:01->eth_dst",
        "ip actions=load:0xfa163e000001->NXM_OF_ETH_DST[]",
    ],
    &["ip actions=mod_dl_src:fa:16:3e:00:00:01", "ip actions=set_field:fa:16:3e:00:00:01->dl_src"],
    &[
        "ip actions=mod_nw_src:10.0.0.1",
        "ip actions=set_field:10.0.0.1->ip_src",
        "ip actions=load:0x0a000001->NXM_OF_IP_SRC[]",
    ],
    &["ip actions=mod_nw_dst:10.0.0.1", "ip actions=set_field:10.0.0.1->nw_dst"],
    &[
        "ip actions=mod_nw_tos:184",
        "ip actions=set_field:184->nw_tos",
        "ip actions=set_field:46->ip_dscp",
        "ip actions=load:46->OXM_OF_IP_DSCP[]",
    ],
    &["ip actions=mod_nw_ecn:2", "ip actions=set_field:2->nw_ecn"],
    &["ip actions=mod_nw_ttl:9", "ip actions=set_field:9->nw_ttl", "ip actions=load:9->NXM_NX_IP_TTL[]"],
    &["tcp actions=mod_tp_dst:80", "tcp actions=set_field:80->tcp_dst", "tcp actions=load:80->NXM_OF_TCP_DST[]"],
    &["udp actions=mod_tp_src:53", "udp actions=set_field:53->udp_src"],
    &["dl_vlan=5 actions=strip_vlan,output:1", "dl_vlan=5 actions=pop_vlan,output:1"],
    &["vlan_tci=0x1005/0x1fff actions=strip_vlan", "dl_vlan=5,dl_vlan_pcp=0/0 actions=pop_vlan"],
    &[
        "dl_vlan=6 actions=mod_vlan_vid:7",
        "dl_vlan=6 actions=set_field:4103->vlan_vid",
        "vlan_tci=0x1006/0x1fff actions=set_field:0x1007->vlan_vid",
    ],
    &[
        "dl_vlan=8 actions=mod_vlan_pcp:3",
        "dl_vlan=8 actions=set_field:3->vlan_pcp",
        "dl_vlan=8 actions=load:3->OXM_OF_VLAN_PCP[]",
    ],
    &["arp actions=drop", "arp actions="],
    &["arp,in_port=1 actions=goto_table:5", "in_port=1,arp actions=goto_table:5"],
    &[
        "arp,in_port=2 actions=load:1->NXM_NX_REG0[],resubmit(,5)",
        "arp,in_port=2 actions=set_field:0x1->reg0,resubmit(,5)",
    ],
    &["arp,in_port=3 actions=load:5->NXM_NX_REG1[0..7]", "arp,in_port=3 actions=set_field:0x5/0xff->reg1"],
    &["arp,in_port=4 actions=load:5->OXM_OF_METADATA[0..7]", "arp,in_port=4 actions=set_field:5/0xff->metadata"],
    &[
        "arp,in_port=5 actions=move:NXM_NX_REG0[0..15]->NXM_NX_REG1[16..31]",
        "arp,in_port=5 actions=move:reg0[0..15]->reg1[16..31]",
    ],
    &["arp,in_port=6 actions=all", "arp,in_port=6 actions=ALL", "arp,in_port=6 actions=output:ALL"],
    &["arp,in_port=7 actions=local,in_port,normal", "arp,in_port=p7 actions=LOCAL,output:IN_PORT,output:NORMAL"],
    &["arp,in_port=8 actions=output:1,2", "in_port=p8,arp actions=p1,output:p2"],
    &["arp,in_port=100 actions=output:101", "arp,in_port=patch-tun actions=\"int-br-ex\""],
    &[
        "tcp,tp_dst=80,nw_src=10.0.0.0/8 actions=drop",
        "nw_src=10.9.9.9/255.0.0.0,tcp,tcp_dst=80/0xffff actions=drop",
        "dl_type=0x0800,nw_proto=6,tp_dst=0x50,ip_src=10.0.0.0/8 actions=",
    ],
    &["ipv6,ipv6_dst=fd00::/64 actions=1", "eth_type=0x86dd,ipv6_dst=fd00::9/ffff:ffff:ffff:ffff:: actions=output:1"],
    &["dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 actions=2", "eth_dst=ff:00:00:00:00:00/01:00:00:00:00:00 actions=2"],
    &["reg1=1,reg0=5/0xf,metadata=3 actions=1", "metadata=0x3/0xffffffffffffffff,reg0=0x5/0xf,reg1=0x1 actions=1"],
    &["ip,nw_tos=184 actions=drop", "ip,ip_dscp=46 actions=drop"],
    &["icmp,icmp_type=8 actions=1", "ip,nw_proto=1,tp_src=8 actions=1", "icmp,tp_src=8 actions=output:1"],
    &["tun_id=5 actions=1", "tunnel_id=0x5/0xffffffffffffffff actions=1"],
    &[
        "tun_id=6 actions=set_tunnel:7,output:1",
        "tun_id=6 actions=set_field:7->tun_id,output:1",
        "tun_id=6 actions=load:7->NXM_NX_TUN_ID[],output:1",
    ],
    &[
        "ip,nw_dst=10.0.0.9 actions=ct(commit,exec(load:1->NXM_NX_CT_MARK[]))",
        "ip,nw_dst=10.0.0.9 actions=ct(commit,exec(set_field:0x1->ct_mark))",
    ],
    &[
        "ip,nw_dst=10.0.0.10 actions=dec_ttl,note:01.02",
        "ip,nw_dst=10.0.0.10 actions=dec_ttl(0),note:01.02.00.00.00.00",
    ],
    &["ip,nw_dst=10.0.0.11 actions=controller", "ip,nw_dst=10.0.0.11 actions=CONTROLLER:65535"],
    &[
        "ct_state=+trk+new,ip actions=ct(table=3,zone=5)",
        "ip,ct_state=+new+trk actions=ct(zone=5,table=3)",
        "ip,ct_state=0x21/0x21 actions=ct(zone=0x5,table=3)",
    ],
    &[
        "mpls,dl_src=fa:16:3e:00:00:01 actions=set_mpls_label:5",
        "mpls,eth_src=fa:16:3e:00:00:01 actions=set_field:5->mpls_label",
    ],
    &[
        "mpls,dl_src=fa:16:3e:00:00:02 actions=set_mpls_ttl:5",
        "mpls,eth_src=fa:16:3e:00:00:02 actions=set_field:5->mpls_ttl",
    ],
    &[
        "vlan_tci=0/0x1000,dl_src=fa:16:3e:00:00:05 actions=mod_vlan_vid:7",
        "vlan_tci=0/0x1000,dl_src=fa:16:3e:00:00:05 actions=push_vlan:0x8100,set_field:4103->vlan_vid",
    ],
];

/// The versions that a switch speaks.
const VERSIONS: [&str; 6] = ["OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"];

/// The dumps that a switch can make of what it holds in these versions, with and without names.
fn dumps(switch: &Switch, dir: &Path, versions: &[&str]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for version in versions {
        for names in ["--names", "--no-names"] {
            let to = dir.join(format!("{version}{names}"));
            if capture(switch, version, names, &to).is_ok() {
                all.push((format!("{version} {names}"), to.to_str().unwrap().to_owned()));
            }
        }
    }
    all
}

/// A switch whose bridge speaks every version.
fn fluent(dir: &Path) -> Switch {
    let switch = prepared(dir);
    switch.vsctl(&["set", "bridge", BRIDGES[0].bridge, &format!("protocols=[{}]", VERSIONS.join(","))]);
    switch
}

#[test]
fn spellings_that_a_real_switch_holds_to_be_the_same_flow_are_no_difference() {
    if !Switch::is_installed() {
        eprintln!("Open vSwitch is not installed; `tests/run` installs it");
        return;
    }
    let dir = switch::directory("spellings");
    let switch = fluent(&dir);
    let most = SPELLINGS.iter().map(|same| same.len()).max().unwrap();
    let mut wrong = Vec::new();
    let mut first = None;
    for nth in 0..most {
        switch.ofctl("OpenFlow10", "del-flows", BRIDGES[0].bridge, &[]).unwrap();
        for (at, same) in SPELLINGS.iter().enumerate() {
            let line = format!("priority={},{}", at + 1, same[nth.min(same.len() - 1)]);
            switch
                .ofctl("OpenFlow10,OpenFlow13,OpenFlow15", "add-flow", BRIDGES[0].bridge, &[&line])
                .unwrap_or_else(|e| panic!("{line}: {e}"));
        }
        for (what, path) in dumps(&switch, &dir.join(nth.to_string()), &VERSIONS) {
            let first = first.get_or_insert_with(|| path.clone());
            let found = run(&["diff", first, &path]);
            if found.code != 0 || !found.out.contains(&format!("; {} flows are the same", SPELLINGS.len())) {
                wrong.push(format!("spelling {nth}, {what}: {}{}", found.out, found.err));
            }
        }
    }
    drop(switch);
    let _ = std::fs::remove_dir_all(&dir);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_dump_of_one_state_of_a_real_switch_is_the_same() {
    if !Switch::is_installed() {
        eprintln!("Open vSwitch is not installed; `tests/run` installs it");
        return;
    }
    let is_long = std::env::var("OFSCOPE_LONG").is_ok_and(|v| !v.is_empty());
    let first = std::env::var("OFSCOPE_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let dir = switch::directory("dumps");
    let switch = fluent(&dir);
    let start = Instant::now();
    let (mut tried, mut compared, mut wrong) = (0, 0, Vec::new());
    while if is_long { tried < LONG } else { start.elapsed() < SHORT } {
        let seed = first + tried;
        tried += 1;
        let mut r = Random::new(seed);
        let version = r.of(&["OpenFlow10", "OpenFlow13", "OpenFlow15"]);
        let plan = &BRIDGES[0];
        let state = State {
            flows: tables::flows(plan, version, &mut r),
            groups: tables::groups(plan, &mut r),
            meters: meters(&mut r),
        };
        put(&switch, &dir, version, &state);
        // Earlier versions cannot tell of meters, of what is written, and of masks.
        let all = dumps(&switch, &dir, &VERSIONS[3..]);
        let (_, reference) = all.last().unwrap();
        for (what, path) in &all {
            let found = run(&["diff", path, reference]);
            compared += 1;
            if found.code != 0 {
                wrong.push(format!("seed {seed} {version}, {what}: {}{}", found.out, found.err));
            }
        }
    }
    drop(switch);
    let _ = std::fs::remove_dir_all(&dir);
    println!("{tried} states, {compared} dumps");
    assert!(compared > 10, "hardly anything was compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

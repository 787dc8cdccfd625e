//! Traces against a real ovs-vswitchd, which the test starts itself: random tables with every action, and random packets.
//!
//! A short run belongs to every test run; `OFSCOPE_LONG=1` (`tests/run --long`) asks a million packets. `OFSCOPE_SEED` is
//! the first seed, `OFSCOPE_PACKETS` how many packets are asked, `OFSCOPE_KEEP` a directory where the nodes of
//! disagreements are kept.

mod changes;
mod format;
mod packets;
mod random;
mod requests;
mod switch;
mod tables;

use std::path::Path;
use std::time::{Duration, Instant};

use ofscope::base::progress::Progress;
use ofscope::session::{Source, open};
use ofscope::trace::paint::{as_ovs, parse_ct_state};
use ofscope::trace::{Options, World, spec, trace};

use crate::check::trace_lines::difference;
use random::Random;
use switch::Switch;
use tables::{BRIDGES, Plan};

/// How many packets each set of tables gets.
const PACKETS: u64 = 400;
/// How long the short run takes.
const SHORT: Duration = Duration::from_secs(12);
/// How many packets the long run asks.
const LONG: u64 = 1_000_000;
/// Answers beyond this are not compared: they are the same few lines again and again.
const LARGEST: usize = 4 << 20;

/// After so many of these the next set of tables is taken: its packets go round and round.
const MANY: u64 = 4;

/// What was found.
#[derive(Default)]
struct Found {
    asked: u64,
    large: u64,
    refused: u64,
    lost: u64,
    wrong: Vec<String>,
}

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
    let mut found = Found::default();
    let mut switch = prepared(&dir);
    for seed in first.. {
        if found.asked >= wanted || is_timed && start.elapsed() > SHORT || found.wrong.len() > 20 {
            break;
        }
        let known = found.wrong.len();
        if round(&mut switch, &dir, seed, &mut found).is_err() || !switch.is_alive() {
            // A switch that ends over a trace is none to compare with.
            found.lost += 1;
            drop(switch);
            switch = prepared(&dir);
        }
        if found.wrong.len() > known
            && let Ok(keep) = std::env::var("OFSCOPE_KEEP")
        {
            copy(&dir.join("node"), &Path::new(&keep).join(seed.to_string()));
        }
        if is_long && seed % 100 == 0 {
            println!(
                "seed {seed}: {} packets, {} disagreements, {:?}",
                found.asked,
                found.wrong.len(),
                start.elapsed()
            );
        }
    }
    drop(switch);
    let _ = std::fs::remove_dir_all(&dir);
    println!(
        "{} packets, {} refused by both, {} with answers too large to compare, {} tables on which the switch ended, \
         {} disagreements, {:?}",
        found.asked,
        found.refused,
        found.large,
        found.lost,
        found.wrong.len(),
        start.elapsed()
    );
    assert!(found.wrong.is_empty(), "{}", found.wrong.join("\n\n"));
    assert!(found.asked > 100 && found.refused * 2 < found.asked, "hardly anything was asked");
}

/// A switch with bridges and ports.
fn prepared(dir: &Path) -> Switch {
    let mut switch = Switch::start(dir);
    let set = |switch: &Switch, text: String| {
        let words: Vec<&str> = text.split_whitespace().collect();
        switch.vsctl(&words);
    };
    // One port after the other: the switch keeps those of one transaction in an order of its own.
    for (at, plan) in BRIDGES.iter().enumerate() {
        let protocols = "protocols=[OpenFlow10,OpenFlow13,OpenFlow15]";
        let id = at + 1;
        let settings = format!("datapath_type=dummy fail_mode=secure {protocols} other-config:datapath-id={id:016x}");
        set(&switch, format!("add-br {0} -- set bridge {0} {settings}", plan.bridge));
    }
    for plan in &BRIDGES {
        for number in plan.ports {
            let (name, port, interface) = described(plan, *number);
            let add = format!("add-port {} {name} {port}", plan.bridge);
            set(&switch, format!("{add} -- set interface {name} ofport_request={number} {interface}"));
        }
    }
    // As with the kernel's datapath: no routes are needed then.
    switch.ask("dpif/set-dp-features", &["br-tun", "tnl_push_pop", "false"]).unwrap().unwrap();
    switch.ofctl("OpenFlow13", "mod-port", "br-int", &["5", "no-flood"]).unwrap();
    switch.ofctl("OpenFlow13", "mod-port", "br-int", &["6", "no-forward"]).unwrap();
    switch.ofctl("OpenFlow13", "mod-port", "br-int", &["8", "down"]).unwrap();
    for plan in &BRIDGES {
        for meter in 1..3 {
            let text = format!("meter={meter},kbps,band=type=drop,rate={}", meter * 1000);
            switch.ofctl("OpenFlow15", "add-meter", plan.bridge, &[&text]).unwrap();
        }
    }
    let learned = [
        ("br-int", "p1", 0, 0),
        ("br-int", "p2", 0, 1),
        ("br-int", "p3", 10, 2),
        ("br-int", "p4", 20, 3),
        ("br-ex", "e1", 0, 4),
    ];
    for (bridge, port, vlan, last) in learned {
        let mac = format!("fa:16:3e:00:00:{last:02x}");
        switch.ask("fdb/add", &[bridge, port, &vlan.to_string(), &mac]).unwrap().unwrap();
    }
    let node = dir.join("node");
    std::fs::create_dir_all(&node).unwrap();
    let write = |name: &str, text: String| std::fs::write(node.join(name), text).unwrap();
    write("ovsdb.json", switch.run("ovsdb-client", &["-f", "json", "dump", "unix:db.sock", "Open_vSwitch"]));
    write("dpif-show", switch.ask("dpif/show", &[]).unwrap().unwrap());
    for plan in &BRIDGES {
        let name = plan.bridge;
        write(&format!("{name}.ports-desc"), switch.ofctl("OpenFlow15", "dump-ports-desc", name, &[]).unwrap());
        write(&format!("{name}.dump-meters"), switch.ofctl("OpenFlow15", "dump-meters", name, &[]).unwrap());
        write(&format!("{name}.fdb-show"), switch.ask("fdb/show", &[name]).unwrap().unwrap());
    }
    switch
}

/// A port: its name, what is set of the port, and what of the interface.
fn described(plan: &Plan, number: u32) -> (String, String, String) {
    let patch = |name: &str, peer: &str| (name.to_owned(), String::new(), format!("type=patch options:peer={peer}"));
    let tunnel = |name: &str, rest: &str| (name.to_owned(), String::new(), rest.to_owned());
    match (plan.bridge, number) {
        ("br-int", 100) => patch("patch-tun", "patch-int"),
        ("br-tun", 100) => patch("patch-int", "patch-tun"),
        ("br-int", 101) => patch("int-br-ex", "phy-br-ex"),
        ("br-ex", 100) => patch("phy-br-ex", "int-br-ex"),
        (_, 110) => tunnel("vxlan-flow", "type=vxlan options:remote_ip=flow options:key=flow"),
        (_, 111) => tunnel(
            "gre-flow",
            "type=gre options:remote_ip=flow options:key=flow options:tos=inherit options:ttl=inherit",
        ),
        (_, 112) => tunnel("geneve-fix", "type=geneve options:remote_ip=192.0.2.8 options:key=flow options:csum=true"),
        (_, 113) => tunnel(
            "vxlan-fix",
            "type=vxlan options:remote_ip=192.0.2.9 options:local_ip=192.0.2.1 options:key=77 options:dst_port=4790 options:df_default=false",
        ),
        (bridge, number) => {
            let name = format!("{}{number}", if bridge == "br-ex" { "e" } else { "p" });
            let vlan = match (bridge, number) {
                ("br-int", 2) => "trunks=[0,10,20]",
                ("br-int", 3) => "tag=10",
                ("br-int", 4) => "tag=20 vlan_mode=native-untagged",
                ("br-int", 5) => "tag=10 vlan_mode=native-tagged trunks=[10,30]",
                ("br-int", 6) => "tag=10 other_config:priority-tags=true",
                ("br-int", 7) => "tag=30 vlan_mode=dot1q-tunnel",
                ("br-ex", 2) => "tag=20",
                _ => "",
            };
            (name, vlan.to_owned(), "type=dummy".to_owned())
        }
    }
}

/// One set of tables, and its packets. An error means that the switch is gone.
fn round(switch: &mut Switch, dir: &Path, seed: u64, found: &mut Found) -> std::io::Result<()> {
    let mut r = Random::new(seed);
    let version = r.of(&["OpenFlow15", "OpenFlow15", "OpenFlow13", "OpenFlow10"]);
    let node = dir.join("node");
    for plan in &BRIDGES {
        let name = plan.bridge;
        let gone = |e: String| std::io::Error::other(e);
        switch.ofctl("OpenFlow15", "del-flows", name, &[]).map_err(gone)?;
        switch.ofctl("OpenFlow15", "del-groups", name, &[]).map_err(gone)?;
        let groups = tables::groups(plan, &mut r);
        load(switch, dir, "OpenFlow15", "add-groups", name, groups)?;
        let flows = tables::flows(plan, version, &mut r);
        load(switch, dir, version, "add-flows", name, flows)?;
        let dump = switch.ofctl(version, "dump-flows", name, &[]).map_err(gone)?;
        std::fs::write(node.join(format!("{name}.dump-flows")), dump)?;
        let dump = switch.ofctl("OpenFlow15", "dump-groups", name, &[]).map_err(gone)?;
        std::fs::write(node.join(format!("{name}.dump-groups")), dump)?;
    }
    let source = Source::named(&node.to_string_lossy());
    let snapshot = open(&source, true, &Progress::default(), &mut |_| {}).unwrap();
    assert_eq!(snapshot.nodes.len(), 1, "{:?}", snapshot.nodes.iter().map(|n| &n.name).collect::<Vec<_>>());
    let world = World::of(&snapshot.nodes[0]);
    let large = found.large;
    for _ in 0..PACKETS {
        if found.large - large == MANY {
            break;
        }
        let plan = &BRIDGES[r.below(5).saturating_sub(2) as usize];
        let packet = packets::packet(plan, &mut r);
        let ct_next = packets::ct_next(&mut r);
        let mut params = vec![plan.bridge, &packet];
        for answer in &ct_next {
            params.extend(["--ct-next", answer]);
        }
        let theirs = switch.ask("ofproto/trace", &params)?;
        found.asked += 1;
        let ours = ours(&world, plan.bridge, &packet, &ct_next);
        let place = || format!("seed {seed}, {} {packet} {ct_next:?}: ", plan.bridge);
        match (theirs, ours) {
            (Err(_), Err(_)) => found.refused += 1,
            (Ok(theirs), Ok(_)) if theirs.len() > LARGEST => found.large += 1,
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
    Ok(())
}

fn ours(world: &World<'_>, bridge: &str, packet: &str, ct_next: &[&str]) -> Result<String, String> {
    let at = world.bridge(bridge).ok_or("no such bridge")?;
    let packet = spec::parse(packet, &world.at(at).names).map_err(|d| d.message)?;
    let ct_next = ct_next.iter().filter_map(|text| parse_ct_state(text)).collect();
    let mut text = String::new();
    as_ovs(&trace(world, at, &packet, &Options { ct_next, ..Options::default() }), world, &mut text);
    Ok(text)
}

/// Gives lines to the switch, without those that `ovs-ofctl` refuses.
fn load(
    switch: &Switch,
    dir: &Path,
    version: &str,
    what: &str,
    bridge: &str,
    mut lines: Vec<String>,
) -> std::io::Result<()> {
    let file = dir.join("lines");
    let path = file.to_string_lossy().into_owned();
    for _ in 0..100 {
        std::fs::write(&file, lines.join("\n") + "\n")?;
        let Err(complaint) = switch.ofctl(version, what, bridge, &[&path]) else { return Ok(()) };
        if std::env::var_os("OFSCOPE_SHOW").is_some() {
            eprintln!("{complaint}");
        }
        // `ovs-ofctl: FILE:LINE: ..`, or what the switch says of one flow.
        let number =
            complaint.split_once(&format!("{path}:")).and_then(|(_, rest)| rest.split(':').next()?.parse().ok());
        match number {
            Some(number @ 1..) if number <= lines.len() => drop(lines.remove(number - 1)),
            _ => return one_by_one(switch, dir, version, what, bridge, lines),
        }
    }
    Err(std::io::Error::other("too many lines are refused"))
}

/// Gives lines one by one, whatever becomes of each.
fn one_by_one(
    switch: &Switch,
    dir: &Path,
    version: &str,
    what: &str,
    bridge: &str,
    lines: Vec<String>,
) -> std::io::Result<()> {
    let file = dir.join("line");
    let path = file.to_string_lossy().into_owned();
    for line in lines {
        std::fs::write(&file, line + "\n")?;
        let _ = switch.ofctl(version, what, bridge, &[&path]);
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::create_dir_all(to);
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        let _ = std::fs::copy(entry.path(), to.join(entry.file_name()));
    }
}

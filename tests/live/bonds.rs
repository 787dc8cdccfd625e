//! Bonds against a real switch: which member takes a packet, and which packets are taken from a member.

use std::path::Path;

use ofscope::base::progress::Progress;
use ofscope::session::{Source, open};
use ofscope::trace::paint::as_ovs;
use ofscope::trace::{Assumption, Options, World, spec, trace};

use super::switch::{self, Switch};
use crate::check::trace_lines::difference;

/// The bonds: their names, their members by number, and how they are set.
const BONDS: [(&str, [u32; 2], &str); 5] = [
    ("backup", [3, 4], "bond_mode=active-backup"),
    ("slb", [5, 6], "bond_mode=balance-slb"),
    ("tcp", [7, 8], "bond_mode=balance-tcp"),
    ("fallback", [9, 10], "bond_mode=balance-tcp lacp=active other_config:lacp-fallback-ab=true"),
    ("alone", [11, 12], "bond_mode=active-backup lacp=passive"),
];

/// What is done before packets are asked.
const STATES: [&[&[&str]]; 5] = [
    &[],
    &[&["bond/set-active-member", "backup", "m4"], &["bond/set-active-member", "slb", "m5"]],
    &[&["netdev-dummy/set-admin-state", "m4", "down"]],
    &[&["netdev-dummy/set-admin-state", "m5", "down"], &["netdev-dummy/set-admin-state", "m3", "down"]],
    &[&["netdev-dummy/set-admin-state", "m5", "up"], &["netdev-dummy/set-admin-state", "m10", "down"]],
];

fn prepared(dir: &Path) -> Switch {
    let mut switch = Switch::start(dir);
    let set = |text: &str| switch.vsctl(&text.split_whitespace().collect::<Vec<_>>());
    set("add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure");
    for number in 1..3 {
        set(&format!("add-port br0 p{number} -- set interface p{number} type=dummy ofport_request={number}"));
    }
    for (name, members, settings) in BONDS {
        let interface = |n: u32| format!("-- set interface m{n} type=dummy ofport_request={n}");
        let [a, b] = members;
        set(&format!("add-bond br0 {name} m{a} m{b} {} {} -- set port {name} {settings}", interface(a), interface(b)));
    }
    switch.ask("netdev-dummy/set-admin-state", &["up"]).unwrap().unwrap();
    for (port, mac) in [("p1", "02:00:00:00:00:01"), ("m3", "02:00:00:00:00:03"), ("m5", "02:00:00:00:00:05")] {
        switch.ask("fdb/add", &["br0", port, "0", mac]).unwrap().unwrap();
    }
    let flows = dir.join("flows");
    std::fs::write(&flows, "in_port=2,ip actions=output:3,output:6\nactions=NORMAL\n").unwrap();
    switch.ofctl("OpenFlow10", "add-flows", "br0", &[&flows.to_string_lossy()]).unwrap();
    switch
}

fn capture(switch: &mut Switch, node: &Path) {
    std::fs::create_dir_all(node).unwrap();
    let write = |name: &str, text: String| std::fs::write(node.join(name), text).unwrap();
    write("ovsdb.json", switch.run("ovsdb-client", &["-f", "json", "dump", "unix:db.sock", "Open_vSwitch"]));
    write("dpif-show", switch.ask("dpif/show", &[]).unwrap().unwrap());
    write("bond-show", switch.ask("bond/show", &[]).unwrap().unwrap());
    write("br0.fdb-show", switch.ask("fdb/show", &["br0"]).unwrap().unwrap());
    write("br0.ports-desc", switch.ofctl("OpenFlow10", "dump-ports-desc", "br0", &[]).unwrap());
    write("br0.dump-flows", switch.ofctl("OpenFlow10", "dump-flows", "br0", &[]).unwrap());
}

/// A trace without its last line, and the ports in that.
fn parts(text: &str) -> (String, Vec<u32>) {
    let (rest, actions) = text.rsplit_once("Datapath actions: ").unwrap();
    (rest.to_owned(), actions.trim().split(',').filter_map(|n| n.parse().ok()).collect())
}

#[test]
fn bonds_take_and_give_packets_as_a_real_switch_has_it() {
    if !Switch::is_installed() {
        eprintln!("Open vSwitch is not installed; `tests/run` installs it");
        return;
    }
    let dir = switch::directory("bonds");
    let mut switch = prepared(&dir);
    let (mut asked, mut refused, mut chosen) = (0, 0, 0);
    for state in STATES {
        for command in state {
            switch.ask(command[0], &command[1..]).unwrap().unwrap();
        }
        // The switch takes note of a state a moment later.
        std::thread::sleep(std::time::Duration::from_millis(300));
        let node = dir.join("node");
        capture(&mut switch, &node);
        let snapshot = open(&Source::named(&node.to_string_lossy()), true, &Progress::default(), &mut |_| {}).unwrap();
        let world = World::of(&snapshot.nodes[0]);
        for in_port in 1..=12 {
            for (from, to) in [(1, 3), (2, 5), (3, 9), (5, 1), (9, 0xff), (1, 0xff), (5, 0xff)] {
                for more in ["", ",ip", ",arp,arp_op=2", ",arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.1"] {
                    let to =
                        if to == 0xff { "ff:ff:ff:ff:ff:ff".to_owned() } else { format!("02:00:00:00:00:{to:02x}") };
                    let packet = format!("in_port={in_port},dl_src=02:00:00:00:00:{from:02x},dl_dst={to}{more}");
                    let theirs = switch.ask("ofproto/trace", &["br0", &packet]).unwrap().unwrap();
                    let found =
                        trace(&world, 0, &spec::parse(&packet, &world.at(0).names).unwrap(), &Options::default());
                    let mut ours = String::new();
                    as_ovs(&found, &world, &mut ours);
                    asked += 1;
                    refused += usize::from(theirs.contains("bonding refused") || theirs.contains("looped back"));
                    let is_chosen = found.assumed.iter().any(|a| matches!(a, Assumption::Member(_)));
                    if !is_chosen {
                        assert_eq!(difference(&theirs, &ours), None, "{state:?}: {packet}: {theirs}\n{ours}");
                        continue;
                    }
                    // The switch's own choice is one of our outcomes, and all else is the same.
                    chosen += 1;
                    let ((theirs, at), (ours, _)) = (parts(&theirs), parts(&ours));
                    assert_eq!(difference(&theirs, &ours), None, "{state:?}: {packet}");
                    let outputs =
                        || found.outputs.iter().filter_map(|o| Some((o.pass, snapshot_dp(&snapshot, o.port)?)));
                    let sure = outputs().filter(|(pass, _)| *pass == 0).count();
                    assert!(
                        at.iter().all(|dp| outputs().any(|(_, known)| known == *dp)),
                        "{state:?}: {packet}: {at:?}, ours {:?}",
                        found.outputs
                    );
                    assert_eq!(at.len(), sure + 1, "{state:?}: {packet}: {at:?}, ours {:?}", found.outputs);
                }
            }
        }
    }
    drop(switch);
    let _ = std::fs::remove_dir_all(&dir);
    assert!(asked > 1000 && refused > 100 && chosen > 100, "{asked} asked, {refused} refused, {chosen} chosen");
}

/// A port's number in the datapath.
fn snapshot_dp(snapshot: &ofscope::model::snapshot::Snapshot, number: u32) -> Option<u32> {
    let mut ports = snapshot.nodes[0].datapaths.iter().flat_map(|d| &d.bridges).flat_map(|b| &b.ports);
    ports.find(|p| p.ofport == number)?.dp_port
}

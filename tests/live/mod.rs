//! Against a real ovs-vswitchd, which the tests start themselves. A short run belongs to every test run; `OFSCOPE_LONG=1`
//! (`tests/run --long`) makes it a long one.

mod changes;
mod covered;
mod diffs;
mod format;
mod packets;
pub mod random;
mod replaced;
pub mod requests;
mod switch;
mod tables;
mod traces;

use std::path::Path;

use switch::Switch;
use tables::{BRIDGES, Plan};

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
    // One tunnel option, so that there is something for `delete_field`.
    switch.ofctl("OpenFlow15", "add-tlv-map", "br-tun", &["{class=0xffff,type=0,len=4}->tun_metadata0"]).unwrap();
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
        write(&format!("{name}.get-frags"), switch.ofctl("OpenFlow15", "get-frags", name, &[]).unwrap());
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
            _ => return by_halves(switch, dir, version, what, bridge, &lines),
        }
    }
    Err(std::io::Error::other("too many lines are refused"))
}

/// Gives lines, and where some are refused, each half of them: few are.
fn by_halves(
    switch: &Switch,
    dir: &Path,
    version: &str,
    what: &str,
    bridge: &str,
    lines: &[String],
) -> std::io::Result<()> {
    let file = dir.join("line");
    let path = file.to_string_lossy().into_owned();
    std::fs::write(&file, lines.join("\n") + "\n")?;
    if switch.ofctl(version, what, bridge, &[&path]).is_err() && lines.len() > 1 {
        let (first, second) = lines.split_at(lines.len() / 2);
        by_halves(switch, dir, version, what, bridge, first)?;
        by_halves(switch, dir, version, what, bridge, second)?;
    }
    Ok(())
}

//! `ofscope flows --format ofctl` and `ofctl-del` against a real ovs-vswitchd: given to `ovs-ofctl`, the lines delete and
//! add again exactly the flows that were chosen.

use std::collections::BTreeSet;
use std::process::Command;

use super::switch::{self, Switch};

/// Flows that are easily taken for one another: the same match at two priorities, in two tables, with and without a mask.
const FLOWS: &str = "\
cookie=0x1,table=0,priority=100,in_port=1 actions=load:0x5->NXM_NX_REG5[],resubmit(,5)
cookie=0x2,table=0,priority=99,in_port=1 actions=drop
cookie=0x2,table=0,priority=0 actions=NORMAL
cookie=0x1,table=5,priority=0 actions=drop
cookie=0x7,table=5,priority=77,ct_state=+est-rel-rpl,tcp,reg5=0x5,tp_dst=22 actions=output:2
cookie=0x7,table=5,priority=77,ct_state=+new-est,tcp,reg5=0x5,tp_dst=22 actions=ct(commit,zone=NXM_NX_REG6[0..15]),output:2,resubmit(,6)
cookie=0x7,table=5,priority=77,tcp,reg5=0x5,tp_dst=0x50/0xfff0 actions=output:2
cookie=0x7,table=5,priority=77,tcp,reg5=0x5,tp_dst=80 actions=output:1
cookie=0x7,table=5,priority=77,tcp6,reg5=0x5,tp_dst=80 actions=output:1
cookie=0x8,table=5,priority=76,ip,nw_src=10.0.0.0/24 actions=conjunction(7,1/2),conjunction(8,1/3)
cookie=0x8,table=5,priority=76,ip,nw_dst=10.0.0.0/255.0.255.0 actions=conjunction(7,2/2)
cookie=0x8,table=5,priority=76,conj_id=7,ip actions=output:1
cookie=0x9,table=5,idle_timeout=600,priority=50,arp,arp_spa=10.0.0.1,arp_op=1 actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],mod_dl_src:fa:16:3e:00:00:01,IN_PORT
cookie=0x9,table=6,hard_timeout=900,send_flow_rem priority=7,dl_vlan=3 actions=strip_vlan,output:2
cookie=0x9,table=6,priority=7,vlan_tci=0x0000/0x1fff actions=learn(table=7,hard_timeout=300,priority=1,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),output:2
cookie=0xffffffffffffffff,table=6,priority=65535,icmp6,icmp_type=135,nd_target=fe80::1 actions=CONTROLLER:65535
cookie=0x0,table=6,priority=1,tun_id=0x10/0xf0 actions=set_tunnel:0x20,enqueue:2:1
";

const CHOSEN: [&str; 7] = [
    "table=5",
    "cookie=0x7",
    "priority=77",
    "priority=0",
    "tcp, tp_dst covers 80",
    "table=6 or cookie=0x2",
    "not drop",
];

/// What the switch has, without what it counts.
fn held(switch: &Switch) -> BTreeSet<String> {
    let dump = switch.run("ovs-ofctl", &["-O", "OpenFlow13", "--no-stats", "dump-flows", &switch.bridge("br0")]);
    dump.lines().map(|line| line.trim().to_owned()).filter(|line| line.contains("actions=")).collect()
}

/// Lines for `ovs-ofctl` of the flows that a filter chooses.
fn lines(dump: &std::path::Path, filter: &str, format: &str) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_ofscope"))
        .args(["flows".as_ref(), dump.as_os_str()])
        .args(["-f", filter, "--format", format])
        .output()
        .expect("the program starts");
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stdout).expect("text")
}

#[test]
fn printed_lines_delete_and_add_exactly_the_chosen_flows() {
    if !Switch::is_installed() {
        eprintln!("Open vSwitch is not installed; `tests/run` installs it");
        return;
    }
    let dir = switch::directory("format");
    let switch = Switch::start(&dir);
    let set = "add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure protocols=[OpenFlow13,OpenFlow14]";
    switch.vsctl(&set.split_whitespace().collect::<Vec<_>>());
    for port in ["1", "2"] {
        let add = format!("add-port br0 p{port} -- set interface p{port} type=dummy ofport_request={port}");
        switch.vsctl(&add.split_whitespace().collect::<Vec<_>>());
    }
    let (file, dump) = (dir.join("lines"), dir.join("dump-flows"));
    // Over older versions the switch would note `reset_counts` of each flow that is added.
    let send = |text: &str| {
        std::fs::write(&file, text).unwrap();
        switch.ofctl("OpenFlow13", "add-flows", "br0", &[&file.display().to_string()]).unwrap();
    };
    send(FLOWS);
    let all = held(&switch);
    assert_eq!(all.len(), FLOWS.lines().count());
    // Before OpenFlow 1.3 a dump does not tell flags, and from 1.5 on it spells `load` otherwise.
    for version in ["OpenFlow13", "OpenFlow14"] {
        std::fs::write(&dump, switch.ofctl(version, "dump-flows", "br0", &[]).unwrap()).unwrap();
        for filter in CHOSEN {
            let (delete, add) = (lines(&dump, filter, "ofctl-del"), lines(&dump, filter, "ofctl"));
            let count = delete.lines().count();
            assert!(count > 0 && count < all.len() && add.lines().count() == count, "{filter}: {delete}");
            send(&delete);
            let left = held(&switch);
            assert!(left.is_subset(&all), "{filter}: {left:?}");
            assert_eq!(left.len(), all.len() - count, "{filter}: {delete}");
            send(&add);
            assert_eq!(held(&switch), all, "{version} {filter}: {add}");
        }
    }
    drop(switch);
    let _ = std::fs::remove_dir_all(&dir);
}

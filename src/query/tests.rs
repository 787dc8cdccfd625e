//! Filters against a small dump: for each text the lines it keeps, and what it says where it is wrong.

mod errors;
mod laws;
mod rows;

use std::collections::BTreeMap;

use super::{Answer, Filter, Rate, Scope};
use crate::base::progress::Progress;
use crate::dump::flows;
use crate::field::table::REG;
use crate::field::{Names, table};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::group::{Bucket, Group, GroupType};
use crate::model::naming::{Carries, Naming, RegisterWord, TableWord};

/// The dump. The tests name its flows by their line, from 0.
const DUMP: &str = "\
 cookie=0x5, duration=187341.2s, table=0, n_packets=1000, n_bytes=74000, idle_age=0, priority=0 actions=goto_table:60
 cookie=0x5, duration=187341.2s, table=0, n_packets=0, n_bytes=0, idle_age=65534, priority=65535,dl_vlan=4095 actions=drop
 cookie=0x5, duration=3600.5s, table=60, n_packets=500, n_bytes=37000, idle_age=12, priority=100,in_port=5 actions=load:0x5->NXM_NX_REG5[],load:0x284->NXM_NX_REG6[],resubmit(,71)
 cookie=0xa1b2000000000001, duration=3600.5s, table=60, n_packets=300, n_bytes=22200, idle_age=12, priority=90,dl_vlan=644,dl_dst=fa:16:3e:00:00:01 actions=load:0x5->NXM_NX_REG5[],strip_vlan,resubmit(,81)
 cookie=0xa1b2000000000001, duration=60s, table=60, n_packets=7, n_bytes=518, priority=3 actions=NORMAL
 cookie=0xa1b2000000000001, duration=60s, table=71, n_packets=4, n_bytes=168, priority=95,arp,reg5=0x5,in_port=5,dl_src=fa:16:3e:00:00:01,arp_spa=10.0.0.11 actions=resubmit(,94)
 cookie=0xa1b2000000000001, duration=60s, table=71, n_packets=490, n_bytes=36260, priority=65,ip,reg5=0x5,in_port=5,dl_src=fa:16:3e:00:00:01,nw_src=10.0.0.11 actions=ct(table=72,zone=NXM_NX_REG6[0..15])
 cookie=0xa1b2000000000001, duration=60s, table=71, n_packets=6, n_bytes=444, priority=10,ct_state=-trk,reg5=0x5 actions=drop
 cookie=0xa1b2000000000001, duration=60s, table=72, n_packets=20, n_bytes=1480, priority=77,ct_state=+new-est,tcp,reg5=0x5,tp_dst=22 actions=ct(commit,zone=NXM_NX_REG6[0..15]),output:5,resubmit(,92)
 cookie=0xa1b2000000000001, duration=60s, table=72, n_packets=0, n_bytes=0, priority=77,ct_state=+est-rel-rpl,tcp,reg5=0x5,tp_dst=0x1f40/0xffc0 actions=output:5
 cookie=0xa1b2000000000001, duration=60s, table=72, n_packets=0, n_bytes=0, priority=77,ct_state=+est-rel-rpl,tcp,reg5=0x5,tp_dst=0x1f80/0xffe0 actions=output:5
 cookie=0xa1b2000000000002, duration=60s, table=72, n_packets=15, n_bytes=1110, idle_timeout=300, priority=76,udp,nw_dst=10.0.0.0/24,tp_dst=53 actions=output:6
 cookie=0xa1b2000000000002, duration=60s, table=72, n_packets=2, n_bytes=172, send_flow_rem priority=75,icmp6,icmp_type=135 actions=NORMAL
 cookie=0xa1b2000000000002, duration=60s, table=72, n_packets=1, n_bytes=86, priority=74,tcp6,ipv6_src=fe80::/64,tp_dst=80 actions=output:7
 cookie=0xa1b2000000000002, duration=60s, table=72, n_packets=9, n_bytes=666, priority=73,conj_id=18,ip,reg5=0x5 actions=load:0x12->NXM_NX_REG7[],output:5
 cookie=0xa1b2000000000002, duration=60s, table=72, n_packets=0, n_bytes=0, priority=73,ip,reg6=0x284,nw_src=10.0.0.14 actions=conjunction(18,1/2)
 cookie=0xa1b2000000000002, duration=60s, table=72, n_packets=0, n_bytes=0, priority=73,tcp,reg5=0x5,tp_dst=5432 actions=conjunction(18,2/2)
 cookie=0xa1b2000000000002, duration=60s, table=72, n_packets=3, n_bytes=222, priority=50,ct_state=+inv+trk actions=resubmit(,93)
 cookie=0xa1b2000000000002, duration=60s, table=72, n_packets=0, n_bytes=0, priority=0 actions=drop
 cookie=0xa1b2000000000002, duration=60s, table=93, n_packets=287, n_bytes=21238, priority=0 actions=drop
 cookie=0xa1b2000000000002, duration=60s, table=94, n_packets=4, n_bytes=168, priority=1 actions=NORMAL
 cookie=0x7123, duration=60s, table=99, n_packets=?, n_bytes=?, priority=5,ip,nw_src=10.1.0.0/16 actions=meter:3,group:7
 cookie=0x7123, duration=60s, table=99, n_packets=0, n_bytes=0, importance=4, priority=4,ip,nw_src=10.9.9.9 actions=learn(table=100,NXM_OF_VLAN_TCI[0..11],output:NXM_OF_IN_PORT[])
 cookie=0x7123, duration=60s, table=99, n_packets=0, n_bytes=0, hard_timeout=90, priority=3,metadata=0x1,tun_id=0x5 actions=clone(output:9),note:00.11.22.00.00.00
 cookie=0x0, duration=60s, table=81, n_packets=0, n_bytes=0, priority=1,ip actions=resubmit(,82)
 cookie=0x0, duration=60s, table=82, n_packets=0, n_bytes=0, priority=2,tcp,nw_src=10.0.0.0/8 actions=resubmit(,81)
 cookie=0x0, duration=60s, table=82, n_packets=0, n_bytes=0, priority=1,tcp,nw_src=10.0.0.5,tp_dst=80 actions=mod_nw_src:10.0.0.9,ct(commit,nat(src=10.0.0.1-10.0.0.9)),controller(id=7)
 cookie=0x0, duration=60s, table=82, n_packets=0, n_bytes=0, priority=1,ip,nw_src=10.0.0.0/7 actions=move:NXM_NX_REG0[]->NXM_NX_REG1[],IN_PORT,FLOOD
";

/// How many flows the dump has.
const FLOWS: u32 = 28;

/// The bridge of the dump, what its tables and registers are called, and some aliases.
pub(super) struct World {
    pub bridge: Bridge,
    pub naming: Naming,
    pub aliases: BTreeMap<String, String>,
}

pub(super) fn world_of(dump: &str) -> World {
    let mut names = Names::default();
    for (number, name) in [(2, "patch-tun"), (5, "tap-db-1"), (6, "tap-db-2"), (7, "tap web")] {
        names.add_port(number, name);
    }
    let loaded = flows::load(dump.as_bytes(), &"test".into(), &names, &Progress::default(), |_| {});
    assert!(loaded.report.is_empty(), "{:?}", loaded.report);
    let bucket = |text: &str| {
        let (actions, found) = crate::dump::flow_line::parse_actions(text, Names::none());
        assert!(found.is_empty());
        Bucket { actions, ..Bucket::default() }
    };
    let mut bridge = Bridge { name: "br-int".into(), names: names.into(), flows: loaded.flows, ..Bridge::default() };
    bridge.groups.push(Group {
        id: 7,
        kind: GroupType::All,
        selection_method: "".into(),
        selection_method_param: 0,
        fields: Vec::new(),
        buckets: vec![bucket("output:3"), bucket("resubmit(,93)")],
    });
    let table = |(id, name): (u8, &str)| TableWord { id, name: name.into(), doc: "".into(), origin: "".into() };
    let register = |n: u8, bits, carries| RegisterWord {
        field: REG.nth(n),
        bits,
        name: "REG".into(),
        doc: "".into(),
        carries,
        scope: None,
    };
    let naming = Naming {
        tables: [(60, "TRANSIENT"), (72, "RULES_INGRESS"), (93, "DROPPED")].map(table).to_vec(),
        registers: vec![register(5, (0, 32), Carries::Port), register(6, (0, 16), Carries::LocalVlan)],
        ..Naming::default()
    };
    let alias = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    let aliases = [
        ("web", "tcp, tp_dst in {80, 443}"),
        ("busy", "n_packets > 100 or web"),
        ("round", "dead and round"),
        ("broken", "nw_src ="),
        ("nothing", ""),
    ];
    World { bridge, naming, aliases: aliases.map(alias).into() }
}

pub(super) fn world() -> World {
    let world = world_of(DUMP);
    assert_eq!(world.bridge.flows.len(), FLOWS as usize);
    world
}

impl World {
    pub(super) fn scope(&self) -> Scope<'_> {
        Scope { node: Some("cmp-07"), aliases: &self.aliases, ..Scope::new(&self.bridge, &self.naming) }
    }

    pub(super) fn answer(&self, text: &str) -> Answer {
        let scope = self.scope();
        let filter = Filter::parse(text, &scope).unwrap_or_else(|d| panic!("{text}: {d}"));
        filter.answer(&scope, None, &Progress::default())
    }

    pub(super) fn rows(&self, text: &str) -> Vec<FlowId> {
        self.answer(text).rows
    }

    fn notes(&self, text: &str) -> Vec<String> {
        self.answer(text).notes.into_iter().map(|n| n.message).collect()
    }
}

fn all_but(left_out: &[FlowId]) -> Vec<FlowId> {
    (0..FLOWS).filter(|id| !left_out.contains(id)).collect()
}

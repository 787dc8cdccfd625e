//! Text that looks like `ovs-ofctl -O OpenFlow13 dump-flows br-int` on a compute node whose security groups are
//! implemented by Neutron's OpenFlow firewall driver.
//!
//! The flows of one port are those that the driver makes for a port with one address, with rules for ping, ssh, two web
//! ports, a range of ports and one remote group; `fixtures/nodes` has real ones to compare with. Every measurement
//! of this project is made on this text, so that figures can be repeated anywhere.

use std::fmt::Write;

/// Flows that each port adds.
pub(crate) const FLOWS_A_PORT: usize = 57;

/// A dump of a node with `ports` ports.
pub(crate) fn dump(ports: usize) -> String {
    let mut out = String::with_capacity(ports * FLOWS_A_PORT * 190 + 4096);
    out.push_str("OFPST_FLOW reply (OF1.3) (xid=0x2):\n");
    for flow in FIXED {
        line(&mut out, 0, flow);
    }
    for port in 0..ports {
        add_port(&mut out, port);
    }
    out
}

/// The number of ports that give about as many flows.
pub(crate) fn ports_for(flows: usize) -> usize {
    (flows - FIXED.len()).div_ceil(FLOWS_A_PORT)
}

fn add_port(out: &mut String, n: usize) {
    let ofport = n + 10;
    let (net, a, b) = (n / 250 + 1, n >> 8 & 0xff, n & 0xff);
    let mac = format!("fa:16:3e:{:02x}:{a:02x}:{b:02x}", n >> 16 & 0xff);
    let lla = format!("fe80::f816:3eff:fe{:02x}:{:x}", n >> 16 & 0xff, 0x100 + (n & 0xfeff));
    let ip = format!("10.{}.{a}.{b}", n >> 16 & 0xff);
    let conj = 16 * (n / 50) + 2;
    for template in EACH_PORT {
        let flow = template
            .replace("{ofport}", &ofport.to_string())
            .replace("{hexport}", &format!("{ofport:#x}"))
            .replace("{net}", &net.to_string())
            .replace("{hexnet}", &format!("{net:#x}"))
            .replace("{mac}", &mac)
            .replace("{lla}", &lla)
            .replace("{ip}", &ip)
            .replace("{conj}", &conj.to_string())
            .replace("{conj+1}", &(conj + 1).to_string())
            .replace("{hexconj}", &format!("{conj:#x}"))
            .replace("{hexconj+1}", &format!("{:#x}", conj + 1));
        line(out, n, &flow);
    }
}

fn line(out: &mut String, n: usize, flow: &str) {
    let (table, rest) = flow.split_once(' ').expect("a table and a flow");
    // Most flows of a real node never saw a packet; some saw many.
    let seed = (n as u64 * 2_654_435_761 + rest.len() as u64 * 40_503) % 999;
    let packets = if seed < 700 { 0 } else { seed * seed % 99_991 };
    let _ = writeln!(
        out,
        " cookie=0x8e5de429c6ff624e, duration={}.{:03}s, table={table}, n_packets={packets}, n_bytes={}, {rest}",
        3600 + n / 7,
        seed + 1,
        packets * 74,
    );
}

const FIXED: [&str; 12] = [
    "0 priority=65535,dl_vlan=4095 actions=drop",
    "0 priority=0 actions=goto_table:59",
    "23 priority=0 actions=drop",
    "59 priority=0 actions=goto_table:60",
    "60 priority=3 actions=NORMAL",
    "71 reset_counts priority=110,ct_state=+trk actions=ct_clear,resubmit(,71)",
    "71 reset_counts priority=0 actions=drop",
    "72 priority=50,ct_state=+inv+trk actions=resubmit(,93)",
    "72 reset_counts priority=0 actions=drop",
    "82 priority=50,ct_state=+inv+trk actions=resubmit(,93)",
    "82 reset_counts priority=0 actions=drop",
    "92 reset_counts priority=0 actions=drop",
];

const EACH_PORT: [&str; FLOWS_A_PORT] = [
    "60 priority=100,in_port={ofport} actions=set_field:{hexport}->reg5,set_field:{hexnet}->reg6,resubmit(,71)",
    "60 priority=90,dl_vlan={net},dl_dst={mac} actions=set_field:{hexport}->reg5,set_field:{hexnet}->reg6,pop_vlan,resubmit(,81)",
    "71 priority=95,arp,reg5={hexport},in_port={ofport},dl_src={mac},arp_spa={ip} actions=resubmit(,94)",
    "71 priority=65,ip,reg5={hexport},in_port={ofport},dl_src={mac},nw_src={ip} actions=ct(table=72,zone=NXM_NX_REG6[0..15])",
    "71 priority=95,icmp6,reg5={hexport},in_port={ofport},dl_src={mac},ipv6_src={lla},icmp_type=130 actions=resubmit(,94)",
    "71 priority=95,icmp6,reg5={hexport},in_port={ofport},dl_src={mac},ipv6_src={lla},icmp_type=133 actions=resubmit(,94)",
    "71 priority=95,icmp6,reg5={hexport},in_port={ofport},dl_src={mac},ipv6_src={lla},icmp_type=135 actions=resubmit(,94)",
    "71 priority=95,icmp6,reg5={hexport},in_port={ofport},icmp_type=136,nd_target={lla} actions=resubmit(,94)",
    "71 priority=80,udp,reg5={hexport},in_port={ofport},dl_src={mac},nw_src={ip},tp_src=68,tp_dst=67 actions=resubmit(,73)",
    "71 priority=80,udp,reg5={hexport},in_port={ofport},dl_src={mac},nw_src=0.0.0.0,tp_src=68,tp_dst=67 actions=resubmit(,73)",
    "71 priority=80,udp6,reg5={hexport},in_port={ofport},dl_src={mac},ipv6_src={lla},tp_src=546,tp_dst=547 actions=resubmit(,73)",
    "71 priority=70,udp,reg5={hexport},in_port={ofport},tp_src=67,tp_dst=68 actions=resubmit(,93)",
    "71 priority=70,udp6,reg5={hexport},in_port={ofport},tp_src=547,tp_dst=546 actions=resubmit(,93)",
    "71 priority=70,icmp6,reg5={hexport},in_port={ofport},icmp_type=134 actions=resubmit(,93)",
    "71 priority=65,ipv6,reg5={hexport},in_port={ofport},dl_src={mac},ipv6_src={lla} actions=ct(table=72,zone=NXM_NX_REG6[0..15])",
    "71 priority=10,reg5={hexport},in_port={ofport} actions=ct_clear,resubmit(,93)",
    "72 priority=74,ct_state=+est-rel-rpl,ip,reg5={hexport} actions=resubmit(,73)",
    "72 priority=74,ct_state=+est-rel-rpl,ipv6,reg5={hexport} actions=resubmit(,73)",
    "72 priority=74,ct_state=+new-est,ip,reg5={hexport} actions=resubmit(,73)",
    "72 priority=74,ct_state=+new-est,ipv6,reg5={hexport} actions=resubmit(,73)",
    "72 priority=50,ct_mark=0x1,reg5={hexport} actions=resubmit(,93)",
    "72 priority=50,ct_state=+est-rel+rpl,ct_zone={net},ct_mark=0,reg5={hexport} actions=resubmit(,94)",
    "72 priority=50,ct_state=-new-est+rel-inv,ct_zone={net},ct_mark=0,reg5={hexport} actions=resubmit(,94)",
    "72 priority=40,ct_state=-est,reg5={hexport} actions=resubmit(,93)",
    "72 priority=40,ct_state=+est,ip,reg5={hexport} actions=ct(commit,zone=NXM_NX_REG6[0..15],exec(set_field:0x1->ct_mark))",
    "72 priority=40,ct_state=+est,ipv6,reg5={hexport} actions=ct(commit,zone=NXM_NX_REG6[0..15],exec(set_field:0x1->ct_mark))",
    "73 priority=100,reg6={hexnet},dl_dst={mac} actions=set_field:{hexport}->reg5,resubmit(,81)",
    "73 priority=90,ct_state=+new-est,ip,reg5={hexport} actions=ct(commit,zone=NXM_NX_REG6[0..15]),resubmit(,91)",
    "73 priority=90,ct_state=+new-est,ipv6,reg5={hexport} actions=ct(commit,zone=NXM_NX_REG6[0..15]),resubmit(,91)",
    "73 priority=80,reg5={hexport} actions=resubmit(,94)",
    "81 priority=100,arp,reg5={hexport} actions=output:{ofport}",
    "81 priority=100,icmp6,reg5={hexport},icmp_type=130 actions=output:{ofport}",
    "81 priority=100,icmp6,reg5={hexport},icmp_type=135 actions=output:{ofport}",
    "81 priority=100,icmp6,reg5={hexport},icmp_type=136 actions=output:{ofport}",
    "81 priority=95,udp,reg5={hexport},tp_src=67,tp_dst=68 actions=output:{ofport}",
    "81 priority=95,udp6,reg5={hexport},tp_src=547,tp_dst=546 actions=output:{ofport}",
    "81 priority=90,ct_state=-trk,ip,reg5={hexport} actions=ct(table=82,zone=NXM_NX_REG6[0..15])",
    "81 priority=90,ct_state=-trk,ipv6,reg5={hexport} actions=ct(table=82,zone=NXM_NX_REG6[0..15])",
    "81 priority=80,ct_state=+trk,reg5={hexport} actions=resubmit(,82)",
    "82 priority=77,ct_state=+est-rel-rpl,tcp,reg5={hexport},tp_dst=22 actions=output:{ofport}",
    "82 priority=77,ct_state=+est-rel-rpl,tcp,reg5={hexport},tp_dst=0x1f40/0xffc0 actions=output:{ofport}",
    "82 priority=77,ct_state=+est-rel-rpl,tcp,reg5={hexport},tp_dst=0x1f80/0xffe0 actions=output:{ofport}",
    "82 priority=77,ct_state=+new-est,tcp,reg5={hexport},tp_dst=22 actions=ct(commit,zone=NXM_NX_REG6[0..15]),output:{ofport},resubmit(,92)",
    "82 priority=77,ct_state=+new-est,tcp,reg5={hexport},tp_dst=0x1f40/0xffc0 actions=ct(commit,zone=NXM_NX_REG6[0..15]),output:{ofport},resubmit(,92)",
    "82 priority=77,ct_state=+new-est,tcp,reg5={hexport},tp_dst=0x1f80/0xffe0 actions=ct(commit,zone=NXM_NX_REG6[0..15]),output:{ofport},resubmit(,92)",
    "82 priority=75,ct_state=+est-rel-rpl,icmp,reg5={hexport} actions=output:{ofport}",
    "82 priority=75,ct_state=+new-est,icmp,reg5={hexport} actions=ct(commit,zone=NXM_NX_REG6[0..15]),output:{ofport},resubmit(,92)",
    "82 priority=73,conj_id={conj},ct_state=+est-rel-rpl,ip,reg5={hexport} actions=set_field:{hexconj}->reg7,output:{ofport}",
    "82 priority=73,conj_id={conj+1},ct_state=+new-est,ip,reg5={hexport} actions=set_field:{hexconj+1}->reg7,ct(commit,zone=NXM_NX_REG6[0..15]),output:{ofport},resubmit(,92)",
    "82 priority=73,ct_state=+est-rel-rpl,ip,reg6={hexnet},nw_src={ip} actions=conjunction({conj},1/2)",
    "82 priority=73,ct_state=+new-est,ip,reg6={hexnet},nw_src={ip} actions=conjunction({conj+1},1/2)",
    "82 priority=73,ct_state=+est-rel-rpl,tcp,reg5={hexport},tp_dst=5432 actions=conjunction({conj},2/2)",
    "82 priority=73,ct_state=+new-est,tcp,reg5={hexport},tp_dst=5432 actions=conjunction({conj+1},2/2)",
    "82 priority=50,ct_state=+est-rel+rpl,ct_zone={net},ct_mark=0,reg5={hexport} actions=output:{ofport}",
    "82 priority=50,ct_state=-new-est+rel-inv,ct_zone={net},ct_mark=0,reg5={hexport} actions=output:{ofport}",
    "82 priority=40,ct_state=-est,reg5={hexport} actions=resubmit(,93)",
    "82 priority=40,ct_state=+est,ip,reg5={hexport} actions=ct(commit,zone=NXM_NX_REG6[0..15],exec(set_field:0x1->ct_mark))",
];

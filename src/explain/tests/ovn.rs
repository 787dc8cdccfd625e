//! Sentences about the integration bridge of OVN.

use super::Stage;

#[test]
fn packets_come_into_the_logical_network() {
    Stage::of("ovn-23.03", "br-int").says(&[
        (
            0,
            "in_port=1 ",
            "Every packet that came in by ovn-f16c4b-0 has tun_id[0..23] (datapath) copied into metadata[0..23] \
             (datapath), tun_metadata0[16..30] (inport) copied into reg14[0..14] (inport) and \
             tun_metadata0[0..15] (outport) copied into reg15[0..15] (outport), and goes on in table 40 \
             (LOCAL_OUTPUT).",
        ),
        (
            0,
            "in_port=2 ",
            "Every packet that came in by tapd5310983-8e gets reg13=0x3 (zone 3 (web1)), reg11=0x2 (zone 2 \
             (DNAT of net-a)), reg12=0x1 (zone 1 (SNAT of net-a)), metadata 0x1 (logical switch net-a) and \
             reg14=0x2 (logical port web1), and goes on in table 8 (ls_in_check_port_sec).",
        ),
        (0, "priority=0 ", "Every packet that no other flow of this table takes is dropped."),
        (8, "vlan_tci=0x1000/0x1000", "Every packet in logical switch net-a with any VLAN tag is dropped."),
        (
            8,
            "priority=50,metadata=0x1",
            "Every packet in logical switch net-a that no flow above this one takes has \"port security \
             failed\" cleared, is looked up in table 73 (CHK_IN_PORT_SEC), has reg10[12] (port security failed) \
             copied into xxreg0[111] (port security failed) and goes on in table 9 (ls_in_apply_port_sec).",
        ),
        (
            9,
            "reg0=0x8000",
            "Every packet in logical switch net-a for which \"port security failed\" is set is dropped.",
        ),
        (10, "priority=0,", "Every packet in logical switch net-a goes on in table 11 (ls_in_put_fdb)."),
    ]);
}

#[test]
fn a_logical_switch_is_told_on_the_way_in() {
    Stage::of("ovn-23.03", "br-int").says(&[
        (
            12,
            "priority=100,ip,",
            "Every IPv4 packet in logical switch net-a that no flow above this one takes has \"conntrack \
             wanted\" set and goes on in table 13 (ls_in_pre_lb).",
        ),
        (
            14,
            "ip,reg0=0x4/0x4",
            "Every IPv4 packet in logical switch net-a for which \"NAT wanted\" is set goes through connection \
             tracking in the zone in reg13, gets the addresses that its connection was given before and goes on \
             in table 15 (ls_in_acl_hint).",
        ),
        (
            14,
            "ip,reg0=0x1/0x1",
            "Every IPv4 packet in logical switch net-a for which \"conntrack wanted\" is set and that no flow \
             above this one takes goes through connection tracking in the zone in reg13 and on to table 15 \
             (ls_in_acl_hint).",
        ),
        (
            15,
            "ct_state=+new-est+trk",
            "Every packet in logical switch net-a that begins a new connection has \"ACL hint: allow new\" and \
             \"ACL hint: drop\" set and goes on in table 16 (ls_in_acl).",
        ),
        (
            15,
            "ct_state=-trk",
            "Every packet in logical switch net-a that connection tracking has not seen has \"ACL hint: allow\" \
             and \"ACL hint: drop\" set and goes on in table 16 (ls_in_acl).",
        ),
        (
            16,
            "ct_state=+inv+trk",
            "Every packet in logical switch net-a that connection tracking finds invalid is dropped.",
        ),
        (
            16,
            "ct_state=-new+est-rel+rpl-inv+trk",
            "Every packet in logical switch net-a that replies in an accepted connection and whose connection \
             has ct_mark=0/0x1 (\"blocked\" is not set) has \"ACL hint: drop\" and \"ACL hint: block\" cleared, \
             has \"ACL hint: allow related\" set and goes on in table 17 (ls_in_qos_mark).",
        ),
        (
            16,
            ",ip,reg0=0x80/0x80,reg14=0x2",
            "Every IPv4 packet in logical switch net-a from logical port web1 for which \"ACL hint: allow new\" \
             is set and that no flow above this one takes has \"commit wanted\" set and goes on in table 17 \
             (ls_in_qos_mark).",
        ),
        (
            16,
            ",ip,reg0=0x200/0x200,reg14=0x2",
            "Every IPv4 packet in logical switch net-a from logical port web1 for which \"ACL hint: drop\" is \
             set and that no flow above this one takes is dropped.",
        ),
        (
            16,
            ",ip,reg0=0x400/0x400,reg14=0x2",
            "Every IPv4 packet in logical switch net-a from logical port web1 for which \"ACL hint: block\" is \
             set and that no flow above this one takes has its connection committed in the zone in reg13 and \
             gets a source address only if its connection was given one before and connection mark 0x1 \
             (\"blocked\" is set). Nothing sends it on, so it is dropped.",
        ),
        (
            26,
            "ip,reg0=0x2/0x2002",
            "Every IPv4 packet in logical switch net-a for which \"commit wanted\" is set and \"ACL label\" is \
             not set has its connection committed in the zone in reg13, gets a source address only if its \
             connection was given one before and connection mark 0 (\"blocked\" is not set) and goes on in \
             table 27 (ls_in_arp_rsp).",
        ),
        (
            27,
            "arp_tpa=10.10.0.58",
            "Every ARP request in logical switch net-a that asks about 10.10.0.58 (db1) becomes the ARP reply \
             that 10.10.0.58 (db1) is at fa:16:3e:b1:82:4f (db1), has reg14 (inport) copied into reg15 \
             (outport), has \"loopback\" set and goes on in table 37 (OUTPUT_LARGE_PKT_DETECT).",
        ),
        (
            27,
            "arp,reg14=0x2",
            "Every ARP request in logical switch net-a from logical port web1 that asks about 10.10.0.187 \
             (web1) goes on in table 28 (ls_in_dhcp_options).",
        ),
        (
            28,
            "nw_src=0.0.0.0",
            "Every DHCP request in logical switch net-a from logical port web1, fa:16:3e:3d:6d:83 (web1) and \
             0.0.0.0 (no address yet) to 255.255.255.255 (broadcast) goes to ovn-controller (which makes the \
             DHCP answer from it and hands it back) and goes on in table 29 (ls_in_dhcp_response).",
        ),
        (
            29,
            "udp,reg0=0x8/0x8,reg14=0x2",
            "Every DHCP request in logical switch net-a from logical port web1 and fa:16:3e:3d:6d:83 (web1) for \
             which \"DHCP answered\" is set has its headers rewritten (5 fields), has reg14 (inport) copied \
             into reg15 (outport), has \"loopback\" set and goes on in table 37 (OUTPUT_LARGE_PKT_DETECT).",
        ),
        (
            33,
            "dl_dst=01:00:00:00:00:00/01",
            "Every packet in logical switch net-a to a group of stations (multicast or broadcast) gets \
             reg15=0x8000 (the ports of _MC_flood) and goes on in table 37 (OUTPUT_LARGE_PKT_DETECT).",
        ),
        (
            33,
            "dl_dst=fa:16:3e:3d:6d:83",
            "Every packet in logical switch net-a to fa:16:3e:3d:6d:83 (web1) gets reg15=0x2 (logical port \
             web1) and goes on in table 37 (OUTPUT_LARGE_PKT_DETECT).",
        ),
        (
            33,
            "priority=0,",
            "Every packet in logical switch net-a that no flow above this one takes gets reg15=0 (no logical \
             port), is looked up in table 71 (GET_FDB), which has no flows, and goes on in table 34 \
             (ls_in_l2_unknown), which drops it.",
        ),
        (34, "reg15=0,", "Every packet in logical switch net-a whose logical port is not known is dropped."),
    ]);
}

#[test]
fn a_logical_switch_is_told_on_the_way_out() {
    Stage::of("ovn-23.03", "br-int").says(&[
        (
            39,
            "reg10=0x2/0x3",
            "Every packet for which \"loopback\" is not set and \"from a ramp switch\" is set goes on in table \
             40 (LOCAL_OUTPUT).",
        ),
        (
            39,
            "reg15=0x4,",
            "Every packet in logical switch net-a to logical port db1 that no flow above this one takes gets \
             tunnel key 0x1 (logical switch net-a) and tun_metadata0 0x4, has reg14[0..14] (inport) copied into \
             tun_metadata0[16..30] (inport), leaves by ovn-f16c4b-0 (the geneve tunnel to 10.0.0.12, port 1) \
             and goes on in table 40 (LOCAL_OUTPUT), where nothing more happens.",
        ),
        (
            40,
            "reg15=0x2,",
            "Every packet in logical switch net-a to logical port web1 gets reg13=0x3 (zone 3 (web1)), \
             reg11=0x2 (zone 2 (DNAT of net-a)) and reg12=0x1 (zone 1 (SNAT of net-a)), and goes on in table 41 \
             (CHECK_LOOPBACK).",
        ),
        (
            40,
            "reg15=0x8000,",
            "Every packet in logical switch net-a to the ports of _MC_flood goes through table 41 \
             (CHECK_LOOPBACK) once for each of 2 logical ports (web2 and web1).",
        ),
        (
            41,
            "reg14=0x2,reg15=0x2",
            "Every packet in logical switch net-a from logical port web1 to logical port web1 for which \
             \"loopback\" is not set is dropped.",
        ),
        (
            41,
            "priority=0 ",
            "Every packet that no other flow of this table takes has 10 registers cleared and goes on in table \
             42 (ls_out_pre_acl).",
        ),
        (
            46,
            ",ip,reg0=0x100/0x100,reg15=0x2",
            "Every IPv4 packet in logical switch net-a to logical port web1 for which \"ACL hint: allow\" is \
             set and that no flow above this one takes meets clause 2 of 2 of conjunction 4267607608. When the \
             other clauses are met as well, the flow with conj_id=4267607608 counts.",
        ),
        (
            64,
            "priority=100,",
            "Every packet in logical switch net-a to logical port web1 for which \"loopback\" is set forgets \
             the port it came in by, so that it may leave there again, and goes on in table 65 (LOG_TO_PHY), \
             where it is delivered to tapd5310983-8e (instance 59605010.., port 2).",
        ),
        (
            65,
            "reg15=0x2,",
            "Every packet in logical switch net-a to logical port web1 is delivered to tapd5310983-8e (instance \
             59605010.., port 2).",
        ),
    ]);
}

#[test]
fn a_logical_router_is_told() {
    Stage::of("ovn-24.03", "br-int").says(&[
        (
            9,
            "arp,metadata",
            "Every ARP reply in logical router 4 has ARP sender address copied into reg0 (next hop) and ARP \
             sender MAC address copied into source MAC address, has \"MAC found\" cleared, is looked up in \
             table 67 (MAC_LOOKUP), has reg10[6] (MAC found) copied into xreg4[2] (neighbour known), gets back \
             source MAC address and reg0 (next hop), has \"neighbour address known\" set and goes on in table \
             10 (lr_in_learn_neighbor).",
        ),
        (
            10,
            "arp,metadata",
            "Every ARP message in logical router 4 that no flow above this one takes has ARP sender address \
             copied into reg0 (next hop) and ARP sender MAC address copied into source MAC address, goes to \
             ovn-controller (which notes which MAC address the sender's IPv4 address has), gets back source MAC \
             address and reg0 (next hop) and goes on in table 11 (lr_in_ip_input).",
        ),
        (
            11,
            "arp_tpa=",
            "Every ARP request in logical router 4 from logical port 1 that asks about 203.0.113.185 is \
             dropped.",
        ),
        (
            21,
            "ip,reg7=0,",
            "Every IPv4 packet in logical router 4 to 172.16.50.0/24 with reg7=0 has its time to live lowered \
             by one, gets reg8=0/0xffff, next hop 10.30.2.156 in reg0, source address 10.30.2.1 in reg1, source \
             MAC address fa:16:3e:f7:31:11 and reg15=0x5 (logical port 5), has \"loopback\" set, and goes on in \
             table 22 (lr_in_ip_routing_ecmp).",
        ),
        (
            25,
            "reg0=0x",
            "Every packet in logical router 4 to logical port 4 with reg0=0x20010db8, reg1=0x300001, \
             reg2=0xf8163eff and reg3=0xfe4152c9 that no flow above this one takes gets destination MAC address \
             fa:16:3e:41:52:c9 and goes on in table 26 (lr_in_chk_pkt_len).",
        ),
        (
            65,
            "clone(",
            "Every packet in logical switch 3 to logical port 2 is copied (the copy loses what connection \
             tracking said of it, has 14 registers cleared, gets reg13=0 (zone 0), reg11=0x7 (zone 7), \
             reg12=0x6 (zone 6), metadata 0x4 (logical router 4) and reg14=0x5 (logical port 5), and goes on in \
             table 8 (lr_in_admission)).",
        ),
    ]);
}

//! Sentences about the bridges of Neutron's Open vSwitch agent.

use super::Stage;

#[test]
fn the_integration_bridge_tells_whose_packets_it_takes() {
    Stage::of("ml2-compute", "br-int").says(&[
        (0, "dl_vlan=4095", "Every packet with VLAN 4095 (the dead VLAN, of ports that are not wired) is dropped."),
        (
            0,
            "priority=2,in_port=1",
            "Every packet that came in by int-br-provider and that belongs to no network of this host is \
             dropped.",
        ),
        (
            0,
            "priority=0 ",
            "Every packet that no other flow of this table takes goes on in table 59 (PACKET_RATE_LIMIT), which \
             hands it on to table 60 (TRANSIENT).",
        ),
        (
            60,
            "priority=100,in_port=4",
            "Every packet that came in by vm2 gets reg5=0x4 (port vm2) and reg6=0x1 (network blue) and goes on \
             in table 71 (BASE_EGRESS).",
        ),
        (
            60,
            "priority=90,dl_vlan=1,dl_dst=fa:16:3e:bc:72:60",
            "Every packet to fa:16:3e:bc:72:60 (vm2) with VLAN 1 (network blue) gets reg5=0x4 (port vm2) and \
             reg6=0x1 (network blue), loses its VLAN tag and goes on in table 81 (BASE_INGRESS).",
        ),
        (60, "priority=3 ", "Every packet that no other flow of this table takes is switched by MAC address (NORMAL)."),
        (
            91,
            "priority=1 ",
            "Every packet goes on in table 94 (ACCEPTED_EGRESS_TRAFFIC_NORMAL), where it is switched by MAC \
             address (NORMAL).",
        ),
        (92, "priority=0 ", "Every packet ends here; it was sent out before it came to this table."),
        (93, "priority=0 ", "Every packet is dropped."),
        (94, "priority=1 ", "Every packet is switched by MAC address (NORMAL)."),
    ]);
}

#[test]
fn what_a_port_sends_goes_through_its_egress_tables() {
    Stage::of("ml2-compute", "br-int").says(&[
        (
            71,
            "ct_state=+trk",
            "Every packet that connection tracking has seen loses what connection tracking said of it and goes \
             once more through table 71 (BASE_EGRESS).",
        ),
        (
            71,
            "arp,reg5=0x4,in_port=4",
            "Every ARP message from fa:16:3e:bc:72:60 (vm2) that came in by vm2 and that claims the address \
             10.10.1.51 (vm2) goes on in table 94 (ACCEPTED_EGRESS_TRAFFIC_NORMAL), where it is switched by MAC \
             address (NORMAL).",
        ),
        (
            71,
            "priority=65,ip,reg5=0x4",
            "Every IPv4 packet from fa:16:3e:bc:72:60 (vm2) and 10.10.1.51 (vm2) that came in by vm2 goes \
             through connection tracking in the zone of its network and on to table 72 (RULES_EGRESS).",
        ),
        (
            71,
            "icmp_type=136,nd_target",
            "Every ICMPv6 neighbour advertisement that came in by vm2 and that is about \
             fe80::f816:3eff:febc:7260 (link-local of vm2) goes on in table 94 \
             (ACCEPTED_EGRESS_TRAFFIC_NORMAL), where it is switched by MAC address (NORMAL).",
        ),
        (
            71,
            "priority=80,udp,reg5=0x4",
            "Every DHCP request from fa:16:3e:bc:72:60 (vm2) and 10.10.1.51 (vm2) that came in by vm2 goes on \
             in table 73 (ACCEPT_OR_INGRESS).",
        ),
        (
            71,
            "priority=70,udp,reg5=0x4",
            "Every DHCP answer that came in by vm2 goes on in table 93 (DROPPED_TRAFFIC), which drops it.",
        ),
        (
            71,
            "icmp_type=134",
            "Every ICMPv6 router advertisement that came in by vm2 goes on in table 93 (DROPPED_TRAFFIC), which \
             drops it.",
        ),
        (
            71,
            "priority=10,reg5=0x4",
            "Every packet that came in by vm2 and that does not have the port's own addresses loses what \
             connection tracking said of it and goes on in table 93 (DROPPED_TRAFFIC), which drops it.",
        ),
        (
            72,
            "priority=74,ct_state=+est-rel-rpl,ipv6,reg5=0x4",
            "Every IPv6 packet sent by vm2 that continues an accepted connection goes on in table 73 \
             (ACCEPT_OR_INGRESS).",
        ),
        (
            72,
            "priority=74,ct_state=+new-est,ipv6,reg5=0x4",
            "Every IPv6 packet sent by vm2 that begins a new connection goes on in table 73 \
             (ACCEPT_OR_INGRESS).",
        ),
        (
            72,
            "ct_state=+inv+trk",
            "Every packet that connection tracking finds invalid goes on in table 93 (DROPPED_TRAFFIC), which \
             drops it.",
        ),
        (
            72,
            "ct_mark=0x1,reg5=0x4",
            "Every packet sent by vm2 whose connection lost its rule (ct_mark=0x1) and that no security group \
             rule accepts goes on in table 93 (DROPPED_TRAFFIC), which drops it.",
        ),
        (
            72,
            "ct_state=+est-rel+rpl,ct_zone=1,ct_mark=0,reg5=0x4",
            "Every packet sent by vm2 tracked in the zone of network blue that replies in an accepted \
             connection and whose connection is not marked goes on in table 94 \
             (ACCEPTED_EGRESS_TRAFFIC_NORMAL), where it is switched by MAC address (NORMAL).",
        ),
        (
            72,
            "ct_state=-new-est+rel-inv,ct_zone=1,ct_mark=0,reg5=0x4",
            "Every packet sent by vm2 tracked in the zone of network blue that is related to an accepted \
             connection and whose connection is not marked goes on in table 94 \
             (ACCEPTED_EGRESS_TRAFFIC_NORMAL), where it is switched by MAC address (NORMAL).",
        ),
        (
            72,
            "priority=40,ct_state=-est,reg5=0x4",
            "Every packet sent by vm2 that belongs to no accepted connection and that no security group rule \
             accepts goes on in table 93 (DROPPED_TRAFFIC), which drops it.",
        ),
        (
            72,
            "priority=40,ct_state=+est,ip,reg5=0x4",
            "Every IPv4 packet sent by vm2 that belongs to an accepted connection and that no security group \
             rule accepts has its connection committed in the zone of its network and has its connection marked \
             as one that lost its rule (ct_mark=0x1). Nothing sends it on, so it is dropped.",
        ),
        (
            73,
            "priority=100,reg6=0x1,dl_dst=fa:16:3e:bc:72:60",
            "Every packet of network blue to fa:16:3e:bc:72:60 (vm2) gets reg5=0x4 (port vm2) and goes on in \
             table 81 (BASE_INGRESS).",
        ),
        (
            73,
            "priority=90,ct_state=+new-est,ip,reg5=0x4",
            "Every IPv4 packet sent by vm2 that begins a new connection and that is for no port of this host \
             has its connection committed in the zone of its network and goes on in table 91 \
             (ACCEPTED_EGRESS_TRAFFIC), which hands it on to table 94 (ACCEPTED_EGRESS_TRAFFIC_NORMAL).",
        ),
        (
            73,
            "priority=80,reg5=0x4",
            "Every packet sent by vm2 that is for no port of this host goes on in table 94 \
             (ACCEPTED_EGRESS_TRAFFIC_NORMAL), where it is switched by MAC address (NORMAL).",
        ),
    ]);
}

#[test]
fn what_a_port_gets_goes_through_its_ingress_tables() {
    Stage::of("ml2-compute", "br-int").says(&[
        (81, "arp,reg5=0x4", "Every ARP message for vm2 is delivered to vm2 (tapf250797f-1d, port 4)."),
        (
            81,
            "icmp_type=135",
            "Every ICMPv6 neighbour solicitation for vm2 is delivered to vm2 (tapf250797f-1d, port 4).",
        ),
        (81, "udp,reg5=0x4,tp_src=67", "Every DHCP answer for vm2 is delivered to vm2 (tapf250797f-1d, port 4)."),
        (
            81,
            "ct_state=-trk,ip,reg5=0x4",
            "Every IPv4 packet for vm2 that connection tracking has not seen and that no flow above this one \
             takes goes through connection tracking in the zone of its network and on to table 82 \
             (RULES_INGRESS).",
        ),
        (
            81,
            "ct_state=+trk,reg5=0x4",
            "Every packet for vm2 that connection tracking has seen and that no flow above this one takes goes \
             on in table 82 (RULES_INGRESS).",
        ),
        (81, "priority=0 ", "Every packet that no other flow of this table takes is dropped."),
        (
            82,
            "ct_state=+est-rel-rpl,ip,reg5=0x4 actions=conjunction",
            "Every IPv4 packet for vm2 that continues an accepted connection meets clause 2 of 2 of conjunction \
             16. When the other clauses are met as well, the flow with conj_id=16 counts.",
        ),
        (
            82,
            "conj_id=16,",
            "Every IPv4 packet for vm2 for which every clause of conjunction 16 is met and that continues an \
             accepted connection gets reg7=0x10 (conjunction 16) and is delivered to vm2 (tapf250797f-1d, port \
             4).",
        ),
        (
            82,
            "conj_id=17,",
            "Every IPv4 packet for vm2 for which every clause of conjunction 17 is met and that begins a new \
             connection gets reg7=0x11 (conjunction 17), has its connection committed in the zone of its \
             network, is delivered to vm2 (tapf250797f-1d, port 4) and goes on in table 92 \
             (ACCEPTED_INGRESS_TRAFFIC), where nothing more happens.",
        ),
        (
            82,
            "ct_state=+new-est,ip,reg6=0x1,nw_src=10.10.1.161",
            "Every IPv4 packet of network blue from 10.10.1.161 (vm1) that begins a new connection meets clause \
             1 of 2 of conjunction 17. When the other clauses are met as well, the flow with conj_id=17 counts.",
        ),
        (
            82,
            "priority=40,ct_state=-est,reg5=0x4",
            "Every packet for vm2 that belongs to no accepted connection and that no security group rule \
             accepts goes on in table 93 (DROPPED_TRAFFIC), which drops it.",
        ),
        (
            82,
            "ct_state=+est-rel+rpl,ct_zone=1,ct_mark=0,reg5=0x4",
            "Every packet for vm2 tracked in the zone of network blue that replies in an accepted connection \
             and whose connection is not marked is delivered to vm2 (tapf250797f-1d, port 4).",
        ),
    ]);
}

#[test]
fn the_tunnel_bridge_tells_networks_and_hosts() {
    Stage::of("ml2-compute", "br-tun").says(&[
        (0, "in_port=1", "Every packet that came in by patch-int goes on in table 2 (PATCH_LV_TO_TUN)."),
        (0, "priority=0 ", "Every packet that no other flow of this table takes is dropped."),
        (2, "arp,", "Every ARP message to every station (broadcast) goes on in table 21 (ARP_RESPONDER)."),
        (
            2,
            "dl_dst=00:00:00:00:00:00/01",
            "Every packet to a single station (unicast) goes on in table 20 (UCAST_TO_TUN).",
        ),
        (
            2,
            "dl_dst=01:00:00:00:00:00/01",
            "Every packet to a group of stations (multicast or broadcast) goes on in table 22 (FLOOD_TO_TUN).",
        ),
        (
            4,
            "tun_id=",
            "Every packet with tunnel key 0x49c (network blue) gets VLAN 1 (network blue) and goes on in table \
             10 (LEARN_FROM_TUN).",
        ),
        (4, "priority=0 ", "Every packet that belongs to no network of this host is dropped."),
        (
            10,
            "learn(",
            "Every packet makes table 20 (UCAST_TO_TUN) learn a flow (for 300 s) and leaves by patch-int (the \
             patch port to bridge br-int, port 1).",
        ),
        (
            20,
            "priority=2,",
            "Every packet to fa:16:3e:fe:a3:9c (vm3) with VLAN 1 (network blue) loses its VLAN tag, gets tunnel \
             key 0x49c (network blue) and leaves by vxlan-ac10000c (the vxlan tunnel to 172.16.0.12, port 2).",
        ),
        (
            20,
            "hard_timeout",
            "Every packet to fa:16:3e:fe:a3:9c (vm3) with VLAN 1 (network blue) loses its VLAN tag, gets tunnel \
             key 0x49c (network blue) and leaves by vxlan-ac10000c (the vxlan tunnel to 172.16.0.12, port 2).",
        ),
        (20, "priority=0 ", "Every packet that no other flow of this table takes goes on in table 22 (FLOOD_TO_TUN)."),
        (
            21,
            "arp_tpa=10.10.1.4",
            "Every ARP message with VLAN 1 (network blue) that asks about 10.10.1.4 (vm3) becomes the ARP reply \
             that 10.10.1.4 (vm3) is at fa:16:3e:fe:a3:9c (vm3) and goes back out of the port it came in by.",
        ),
        (
            22,
            "dl_vlan=1",
            "Every packet with VLAN 1 (network blue) loses its VLAN tag, gets tunnel key 0x49c (network blue) \
             and leaves by vxlan-ac10000c (the vxlan tunnel to 172.16.0.12, port 2).",
        ),
        (22, "priority=0 ", "Every packet that belongs to no network with tunnels is dropped."),
    ]);
}

#[test]
fn distributed_routing_is_told() {
    Stage::of("ml2-dvr", "br-int").says(&[
        (
            0,
            "arp_tha=",
            "Every ARP reply to fa:16:3f:a0:39:bf (the DVR MAC address of a host) that is meant for the MAC \
             address fa:16:3e:b7:be:e5 gets destination MAC address fa:16:3e:b7:be:e5 and goes on in table 59 \
             (PACKET_RATE_LIMIT), which hands it on to table 60 (TRANSIENT).",
        ),
        (
            0,
            "priority=4,",
            "Every packet from fa:16:3f:6a:ad:26 (the DVR MAC address of a host) that came in by \
             int-br-provider goes on in table 2 (DVR_TO_SRC_MAC_PHYSICAL).",
        ),
        (
            0,
            "priority=3,in_port=1",
            "Every packet with VLAN 140 that came in by int-br-provider gets VLAN 3 and goes on in table 59 \
             (PACKET_RATE_LIMIT), which hands it on to table 60 (TRANSIENT).",
        ),
        (
            0,
            "vlan_tci=0x0000/0x1fff",
            "Every packet with no VLAN tag that came in by int-br-ex gets VLAN 4 and goes on in table 59 \
             (PACKET_RATE_LIMIT), which hands it on to table 60 (TRANSIENT).",
        ),
        (
            1,
            "priority=20,",
            "Every packet to fa:16:3e:c6:b3:7c with VLAN 2 gets source MAC address fa:16:3e:2d:55:e9 and goes \
             on in table 59 (PACKET_RATE_LIMIT), which hands it on to table 60 (TRANSIENT).",
        ),
        (1, "priority=1 ", "Every packet that no local instance of a routed network waits for is dropped."),
        (
            2,
            "priority=20,",
            "Every packet to fa:16:3e:4d:04:cd with VLAN 140 gets source MAC address fa:16:3e:b7:be:e5 and goes \
             on in table 59 (PACKET_RATE_LIMIT), which hands it on to table 60 (TRANSIENT).",
        ),
        (
            3,
            "priority=5,",
            "Every packet to fa:16:3f:a0:39:bf (the DVR MAC address of a host) with VLAN 2 gets destination MAC \
             address fa:16:3e:2d:55:e9, loses its VLAN tag and is handed to qr-427dccc6-ac (the port of a \
             router, port 8).",
        ),
        (
            60,
            "priority=20,",
            "Every packet to fa:16:3e:4d:04:cd with VLAN 140 loses its VLAN tag and is delivered to \
             tap509e7b3c-e1 (port 6).",
        ),
    ]);
}

#[test]
fn tunnels_of_distributed_routing_are_told() {
    Stage::of("ml2-dvr", "br-tun").says(&[
        (1, "priority=2,", "Every packet to fa:16:3e:2d:55:e9 with VLAN 2 is dropped."),
        (
            1,
            "priority=1,dl_vlan",
            "Every packet from fa:16:3e:2d:55:e9 with VLAN 2 gets source MAC address fa:16:3f:a0:39:bf (the DVR \
             MAC address of a host) and goes on in table 2 (PATCH_LV_TO_TUN).",
        ),
        (
            9,
            "dl_src=",
            "Every packet from fa:16:3f:6a:ad:26 (the DVR MAC address of a host) leaves by patch-int (the patch \
             port to bridge br-int, port 1).",
        ),
        (22, "arp_tpa=", "Every ARP message with VLAN 2 that asks about 10.70.2.1 is dropped."),
        (
            22,
            "dl_vlan=2 ",
            "Every packet with VLAN 2 loses its VLAN tag, gets tunnel key 0x4d7 and leaves by vxlan-ac100015 (the \
             vxlan tunnel to 172.16.0.21, port 2) and vxlan-ac10000c (the vxlan tunnel to 172.16.0.12, \
             port 3).",
        ),
    ]);
}

#[test]
fn a_provider_bridge_translates_vlans() {
    Stage::of("ml2-dvr", "br-provider").says(&[
        (0, "priority=2,", "Every packet that came in by phy-br-provider goes on in table 1 (DVR_PROCESS_PHYSICAL)."),
        (
            0,
            "priority=1 ",
            "Every packet that no other flow of this table takes goes on in table 3 (DVR_NOT_LEARN_PHYSICAL).",
        ),
        (
            1,
            "priority=1,dl_vlan",
            "Every packet from fa:16:3e:b7:be:e5 with VLAN 3 gets source MAC address fa:16:3f:a0:39:bf (the DVR \
             MAC address of a host) and goes on in table 2 (LOCAL_VLAN_TRANSLATION).",
        ),
        (
            2,
            "priority=4,",
            "Every packet with VLAN 3 that came in by phy-br-provider gets VLAN 140 and is switched by MAC \
             address (NORMAL).",
        ),
        (
            2,
            "priority=2,",
            "Every packet that came in by phy-br-provider and that belongs to no network of this bridge is \
             dropped.",
        ),
        (
            3,
            "dl_src=",
            "Every packet from fa:16:3f:6a:ad:26 (the DVR MAC address of a host) leaves by phy-br-provider (the \
             patch port to bridge br-int, port 2).",
        ),
    ]);
}

//! Random packets, as `ofproto/trace` takes them.

use super::random::Random;
use super::tables::Plan;

/// A packet that comes into a bridge.
pub fn packet(plan: &Plan, r: &mut Random) -> String {
    let in_port = match r.below(40) {
        0 => 77,
        1 => 65534,
        _ => r.of(plan.ports),
    };
    let mut parts = vec![format!("in_port={in_port}")];
    let kind = r.of(&[
        "tcp", "tcp", "tcp", "udp", "icmp", "ip", "sctp", "tcp6", "udp6", "icmp6", "nd", "ipv6", "arp", "mpls", "",
        "0x88cc", "nsh",
    ]);
    // One that begins with something else than an Ethernet header.
    let is_frame = !r.once_in(24);
    match kind {
        "tcp" | "udp" | "icmp" | "ip" | "sctp" if !is_frame => parts.push("packet_type=(1,0x800)".to_owned()),
        "tcp6" | "udp6" | "icmp6" | "nd" | "ipv6" if !is_frame => parts.push("packet_type=(1,0x86dd)".to_owned()),
        "mpls" if !is_frame => parts.push("packet_type=(1,0x8847)".to_owned()),
        "nsh" if !is_frame => parts.push("packet_type=(1,0x894f)".to_owned()),
        _ => {}
    }
    let is_frame = !parts.last().is_some_and(|part| part.starts_with("packet_type"));
    match kind {
        "nsh" if is_frame => parts.push("dl_type=0x894f".to_owned()),
        "mpls" | "nsh" if !is_frame => {}
        _ if !is_frame => {
            let proto = [("tcp", 6), ("udp", 17), ("icmp", 1), ("sctp", 132), ("tcp6", 6), ("udp6", 17)];
            let known = proto.iter().find(|(name, _)| *name == kind).map(|(_, n)| *n);
            let v6 = matches!(kind, "icmp6" | "nd").then_some(58);
            parts.extend(known.or(v6).map(|n| format!("nw_proto={n}")));
            if kind == "nd" {
                parts.push("icmpv6_type=136,icmpv6_code=0".to_owned());
            }
        }
        "" => {}
        "nd" => parts.push("icmp6,icmpv6_type=136,icmpv6_code=0".to_owned()),
        "0x88cc" => parts.push("dl_type=0x88cc".to_owned()),
        _ => parts.push(kind.to_owned()),
    }
    if (110..120).contains(&in_port) {
        parts.push(format!("tun_id={}", r.of(&[0, 5, 77])));
        parts.push(format!("tun_src=192.0.2.{}", 1 + r.below(3)));
        parts.push(format!("tun_dst=192.0.2.{}", 1 + r.below(3)));
    }
    if r.once_in(12) {
        parts.push(format!("pkt_mark={}", r.below(3)));
    }
    if r.once_in(20) {
        parts.push(format!("reg{}={}", r.below(3), r.below(3)));
    }
    if is_frame {
        parts.push(format!("dl_src={}", r.mac()));
        parts.push(format!("dl_dst={}", r.mac()));
    }
    match r.below(12) {
        _ if !is_frame => {}
        0..3 => parts.push(format!("dl_vlan={},dl_vlan_pcp={}", r.vid(), r.of(&[0, 0, 3, 7]))),
        3 => parts.push(format!("vlan_tci={:#06x}", r.of(&[0x1000, 0x100a, 0xf014, 0]))),
        _ => {}
    }
    let is_v6 = matches!(kind, "tcp6" | "udp6" | "icmp6" | "ipv6" | "nd");
    let is_ip = matches!(kind, "tcp" | "udp" | "icmp" | "ip" | "sctp") || is_v6;
    if is_v6 {
        parts.push(format!("ipv6_src={},ipv6_dst={}", r.ipv6(), r.ipv6()));
        if r.once_in(6) {
            parts.push(format!("ipv6_label={}", r.below(0x10_0000)));
        }
    } else if is_ip {
        parts.push(format!("nw_src={},nw_dst={}", r.ipv4(), r.ipv4()));
    }
    let mut is_later = false;
    if is_ip {
        if !r.once_in(6) {
            parts.push(format!("nw_ttl={}", r.of(&[64, 64, 64, 1, 2, 0, 255])));
        }
        if r.once_in(6) {
            parts.push(format!("nw_tos={}", r.of(&[0, 4, 184, 252])));
        }
        if r.once_in(6) {
            parts.push(format!("nw_ecn={}", r.below(4)));
        }
        if r.once_in(5) {
            is_later = r.once_in(2);
            parts.push(format!("nw_frag={}", if is_later { "later" } else { "first" }));
        }
        if (kind == "ip" || kind == "ipv6") && r.once_in(2) {
            parts.push(format!("nw_proto={}", r.of(&[0, 2, 47, 50, 89, 255])));
        }
    }
    let (src, dst) = (r.port_number(), r.port_number());
    match kind {
        _ if is_later => {}
        "tcp" | "tcp6" => {
            parts.push(format!("tcp_src={src},tcp_dst={dst}"));
            if r.once_in(3) {
                parts.push(format!("tcp_flags={}", r.of(&["syn", "ack", "syn|ack", "fin|ack", "rst"])));
            }
        }
        "udp" | "udp6" => parts.push(format!("udp_src={src},udp_dst={dst}")),
        "sctp" => parts.push(format!("sctp_src={src},sctp_dst={dst}")),
        "icmp" => parts.push(format!("icmp_type={},icmp_code={}", r.of(&[0, 3, 8]), r.below(2))),
        "icmp6" => parts.push(format!("icmpv6_type={},icmpv6_code=0", r.of(&[1, 128, 129, 134]))),
        "nd" => parts.push(format!("nd_target={},nd_tll={}", r.ipv6(), r.mac())),
        "arp" => parts.push(format!(
            "arp_op={},arp_spa={},arp_tpa={},arp_sha={},arp_tha={}",
            1 + r.below(2),
            r.ipv4(),
            r.ipv4(),
            r.mac(),
            r.mac()
        )),
        "nsh" => parts.push(format!(
            "nsh_ttl={},nsh_mdtype=1,nsh_np={},nsh_spi={},nsh_si={},nsh_c1={}",
            r.of(&[0, 1, 2, 63]),
            r.below(6),
            r.of(&[0, 5, 0x1234]),
            r.of(&[0, 1, 255]),
            r.below(3)
        )),
        "mpls" => parts.push(format!(
            "mpls_label={},mpls_tc={},mpls_ttl={},mpls_bos=1",
            r.below(200),
            r.below(8),
            r.of(&[0, 1, 2, 64])
        )),
        _ => {}
    }
    if r.once_in(10) && is_ip {
        let state = r.of(&["trk|new", "trk|est", "trk|est|rpl", "trk|inv", "new|trk|snat"]);
        parts.push(format!("ct_state={state},ct_zone={},ct_mark={}", r.below(2), r.below(2)));
    }
    parts.join(",")
}

/// What connection tracking answers.
pub fn ct_next(r: &mut Random) -> Vec<&'static str> {
    let n = if r.once_in(2) { 0 } else { r.below(3) };
    (0..n).map(|_| r.of(&["trk,new", "trk,est", "trk,est,rpl", "trk,inv", "trk,rel", "trk,est,dnat"])).collect()
}

//! Which flows filters hold for.

use super::*;
use crate::model::id::FlowHash;

/// Checks rows of filter and lines.
#[track_caller]
fn check(rows: &[(&str, &[FlowId])]) {
    let world = world();
    let differs = |(text, wanted): &&(&str, &[FlowId])| world.rows(text) != *wanted;
    let shown = |(text, wanted): &(&str, &[FlowId])| format!("{text}: {:?}, not {wanted:?}\n", world.rows(text));
    let wrong: String = rows.iter().filter(differs).map(shown).collect();
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_table_of_comparisons_with_match_fields() {
    // Line 21 matches nw_src=10.1.0.0/16, line 22 10.9.9.9; 23 has none. ux.md, 5.2.
    let world = world();
    let here = |text: &str| world.rows(&format!("table = 99 and ({text})"));
    const NONE: [FlowId; 0] = [];
    assert_eq!(here("nw_src = 10.1.0.0/16"), [21]);
    assert_eq!(here("nw_src = 10.1.2.3/16"), [21], "bits outside of the mask do not count");
    assert_eq!(here("nw_src = 10.1.0.0"), NONE);
    assert_eq!(here("nw_src in 10.0.0.0/8"), [21, 22]);
    assert_eq!(here("nw_src in 10.1.0.0/17"), NONE);
    assert_eq!(here("nw_src covers 10.1.2.3"), [21, 23]);
    assert_eq!(here("nw_src covers 10.0.0.0/8"), [23]);
    assert_eq!(here("nw_src hits 10.1.2.0/23"), [21, 23]);
    assert_eq!(here("nw_src hits 10.0.0.0/8"), [21, 22, 23]);
    assert_eq!(here("nw_src ~= 10.1.2.3"), [21]);
    assert_eq!(here("has nw_src"), [21, 22]);
    assert_eq!(here("nw_src"), [21, 22]);
    assert_eq!(here("nw_src != 10.9.9.9"), [21]);
    assert_eq!(here("not nw_src = 10.9.9.9"), [21, 23]);
    assert_eq!(here("nw_src not in 10.1.0.0/16"), [22, 23]);
    assert_eq!(here("nw_src not hits 10.1.0.0/16"), [22]);
    assert_eq!(here("nw_src not covers 10.9.9.9"), [21]);
    assert_eq!(here("nw_src = 0.0.0.0/0"), [23], "a flow without the field accepts everything");
    assert_eq!(here("nw_src in 0.0.0.0/0"), [21, 22]);
}

#[test]
fn match_fields() {
    check(&[
        // Ranges, although the flows use masks: 8000..8063, 8064..8095.
        ("tp_dst in 8000..8099", &[9, 10]),
        ("tp_dst in 8000..8063", &[9]),
        ("tp_dst in 8001..8099", &[10]),
        ("tp_dst in {8000..8031, 8032..8070}", &[9]),
        ("tp_dst in {22, 53, 8064/0xffe0}", &[8, 10, 11]),
        ("has tp_dst and tp_dst hits 8060..8070", &[9, 10]),
        ("has tp_dst and tp_dst covers 8010..8020", &[9]),
        ("tp_dst ~= 8070", &[10]),
        ("tp_dst > 5000", &[9, 10, 16]),
        ("tp_dst <= 53", &[8, 11]),
        ("tp_dst < 53, tp_dst >= 22", &[8]),
        ("tp_dst = 0x1f40/0xffc0", &[9]),
        ("tp_dst = 8000/0xffc0", &[9]),
        // Names of one protocol, and of several.
        ("tcp_dst", &[8, 9, 10, 13, 16, 26]),
        ("tp_dst", &[8, 9, 10, 11, 13, 16, 26]),
        ("udp_dst = 53", &[11]),
        ("tcp_dst = 53", &[]),
        ("icmp_type = 135", &[12]),
        ("icmpv6_type = 135", &[12]),
        ("NXM_OF_TCP_DST = 22", &[8]),
        // An address of ARP is no address of IPv4.
        ("nw_src = 10.0.0.11", &[6]),
        ("arp_spa = 10.0.0.11", &[5]),
        ("ip_src = 10.0.0.11", &[6]),
        ("arp,arp_spa=10.0.0.11", &[5]),
        // Flags.
        ("ct_state = +new-est", &[8]),
        ("has ct_state, ct_state hits +new-est", &[7, 8, 17]),
        ("ct_state covers +new-est-trk", &all_but(&[9, 10, 17])),
        ("ct_state in +est", &[9, 10]),
        ("ct_state = +est-rel-rpl", &[9, 10]),
        ("ct_state in -rel", &[9, 10]),
        ("ct_state ~= +new-est+trk", &[8]),
        // Bits, and registers that overlap.
        ("reg6[0..15] = 0x284", &[15]),
        ("reg6[0..7] = 0x84", &[15]),
        ("reg6[0..15] = 0x84/0xff", &[]),
        ("reg6[0..15] in 0x84/0xff", &[15]),
        ("reg6 = 0x284", &[15]),
        ("reg6[16] = 0", &[15]),
        ("xreg3[32..63] = 0x284", &[15]),
        ("xreg3 = 0x28400000000/0xffffffff00000000", &[15]),
        ("has xxreg1", &[5, 6, 7, 8, 9, 10, 14, 15, 16]),
        ("metadata[0..7] = 1", &[23]),
        ("metadata = 1, tun_id = 5", &[23]),
        ("tunnel_id > 4", &[23]),
        // MAC addresses and IPv6.
        ("dl_src = fa:16:3e:00:00:01", &[5, 6]),
        ("dl_src in fa:16:3e:00:00:00/ff:ff:ff:00:00:00", &[5, 6]),
        ("eth_dst[40..47] = 0xfa", &[3]),
        ("ipv6_src = fe80::/64", &[13]),
        ("ipv6_src ~= fe80::1", &[13]),
        ("ipv6_src in fe80::/10", &[13]),
        ("ipv6_src = fe80::1", &[]),
        // VLAN.
        ("dl_vlan = 644", &[3]),
        ("dl_vlan", &[1, 3]),
        ("dl_vlan > 4000", &[1]),
        ("vlan_tci = 0x1284/0x1fff", &[3]),
        ("dl_vlan = 0xffff", &[]),
        // Ports by number and name.
        ("in_port = 5", &[2, 5, 6]),
        ("in_port = tap-db-1", &[2, 5, 6]),
        ("in_port = \"tap-db-1\"", &[2, 5, 6]),
        ("in_port in {tap-db-1, LOCAL, 9}", &[2, 5, 6]),
        // Text of values.
        ("nw_src ~ /^10\\.1\\./", &[21]),
        ("nw_src !~ \"^10\"", &[]),
        ("in_port ~ \"5\"", &[2, 5, 6]),
        ("tp_dst ~ \"0x1f\"", &[9, 10]),
        ("not nw_src ~ \"10\", ip, table = 99", &[]),
        // Written by actions.
        ("set.reg5 = 5", &[2, 3]),
        ("set.reg6[0..15] = 0x284", &[2]),
        ("set.reg6", &[2]),
        ("set.nw_src in 10.0.0.0/8", &[26]),
        ("set.reg1", &[27]),
        ("set.reg5 != 5", &[]),
        // Everything about 5432.
        ("tcp,reg5=0x5,tp_dst=5432", &[16]),
    ]);
}

#[test]
fn a_flow_without_the_field_accepts_every_value() {
    let world = world();
    let without: Vec<FlowId> = world.rows("not tp_dst");
    assert_eq!(world.rows("not has tp_dst and tp_dst hits 80"), without);
    assert_eq!(world.rows("not has tp_dst and tp_dst covers 1..65535"), without);
}

#[test]
fn keywords() {
    check(&[
        ("ip", &[6, 8, 9, 10, 11, 14, 15, 16, 21, 22, 24, 25, 26, 27]),
        ("tcp", &[8, 9, 10, 16, 25, 26]),
        ("TCP or udp", &[8, 9, 10, 11, 16, 25, 26]),
        ("tcp6", &[13]),
        ("ipv6", &[12, 13]),
        ("icmp6", &[12]),
        ("arp", &[5]),
        ("ip and not tcp", &[6, 11, 14, 15, 21, 22, 24, 27]),
        ("eth", &all_but(&[])),
        ("drop", &[1, 7, 18, 19]),
        ("normal", &[4, 12, 20]),
        ("flood", &[27]),
        ("in_port_out", &[27]),
        ("miss", &[0, 18, 19]),
        ("dead", &[1, 9, 10, 18, 22, 23, 24, 25, 26, 27]),
        ("hot", &[0]),
        ("unreachable", &[21, 22, 23]),
        ("loop", &[24, 25]),
        ("shadowed", &[26]),
        ("marked", &[]),
    ]);
}

#[test]
fn place_counters_time_and_identity() {
    check(&[
        ("table = 93", &[19]),
        ("table in {TRANSIENT, 93}", &[2, 3, 4, 19]),
        ("table = dropped", &[19]),
        ("table in 93..99", &[19, 20, 21, 22, 23]),
        ("table > 81, table < 94", &[19, 25, 26, 27]),
        ("table != 72, table != 82, table <= 93, table >= 71", &[5, 6, 7, 19, 24]),
        ("table ~ \"^9\"", &[19, 20, 21, 22, 23]),
        ("table ~ /ingress/i, miss", &[18]),
        ("table hits 93", &[19]),
        ("table", &all_but(&[])),
        ("bridge = br-int, table = 93", &[19]),
        ("bridge != br-int", &[]),
        ("bridge in {br-ex, br-tun}", &[]),
        ("bridge ~ \"^br\", table = 93", &[19]),
        ("node = cmp-07, table = 93", &[19]),
        ("node = cmp-08", &[]),
        ("priority = 65535", &[1]),
        ("priority in {100, 90..95}", &[2, 3, 5]),
        ("priority > 90, priority != 100", &[1, 5]),
        ("priority ~ \"^9\"", &[3, 5]),
        ("n_packets > 400", &[0, 2, 6]),
        ("n_packets >= 1k", &[0]),
        ("packets = 287", &[19]),
        ("n_packets in {3, 4, 6..7}", &[4, 5, 7, 17, 20]),
        ("n_packets != 0, table = 99", &[]),
        ("not n_packets = 0, table = 99", &[]),
        ("n_packets, table = 99", &[22, 23]),
        ("not n_packets", &[]),
        ("n_bytes > 36KiB", &[0, 2]),
        ("n_bytes > 36KiB, n_bytes < 70k", &[2]),
        ("share > 80, table = 71", &[6]),
        ("share > 0.5%, share < 2, table = 71", &[5, 7]),
        ("age > 1d", &[0, 1]),
        ("duration = 2d", &[0, 1]),
        ("age = 1h", &[2, 3]),
        ("age = 60m", &[2, 3]),
        ("age > 1h", &[0, 1, 2, 3]),
        ("age <= 1m, table = 93", &[19]),
        ("age in 1h..2d", &[2, 3]),
        ("age != 60s", &[0, 1, 2, 3]),
        ("age ~ \"[.]500s\"", &[2, 3]),
        ("idle > 10s", &[1, 2, 3]),
        ("idle = 0", &[0]),
        ("not idle > 10s", &[0]),
        ("has idle", &[0, 1, 2, 3]),
        ("hard_age", &[]),
        ("idle_timeout", &[11]),
        ("idle_timeout = 5m", &[11]),
        ("idle_timeout > 10m", &[]),
        ("hard_timeout <= 2m, hard_timeout", &[23]),
        ("cookie = 0x7123", &[21, 22, 23]),
        ("cookie=0x7000/0xf000", &[21, 22, 23]),
        ("cookie in {0, 5}", &[0, 1, 2, 24, 25, 26, 27]),
        ("not cookie", &[24, 25, 26, 27]),
        ("cookie = 0xa1b2000000000000/0xffff000000000000, cookie != 0xa1b2000000000001, miss", &[18, 19]),
        ("cookie > 5, cookie < 0x8000", &[21, 22, 23]),
        ("cookie ~ \"^0xa.*1$\", table = 60", &[3, 4]),
        ("importance = 4", &[22]),
        ("importance", &[22]),
        ("flags", &[12]),
        ("flags = send_flow_rem", &[12]),
        ("flags != send_flow_rem", &[]),
        ("flags in {check_overlap, SEND_FLOW_REM}", &[12]),
    ]);
}

#[test]
fn arguments_of_actions() {
    check(&[
        ("out = 5", &[8, 9, 10, 14]),
        ("out = tap-db-2", &[11]),
        ("out in {6, 7, 9}", &[11, 13, 23]),
        ("out = NORMAL", &[4, 12, 20]),
        ("output", &[4, 8, 9, 10, 11, 12, 13, 14, 20, 23, 26, 27]),
        ("out ~ \"db-2\"", &[11]),
        ("goto = 60", &[0]),
        ("goto = TRANSIENT", &[0]),
        ("resubmit = 93", &[17]),
        ("resubmit", &[2, 3, 5, 8, 17, 24, 25]),
        ("resubmit != 93, resubmit < 90", &[2, 3, 24, 25]),
        ("group = 7", &[21]),
        ("group", &[21]),
        ("meter = 3", &[21]),
        ("ct", &[6, 8, 26]),
        ("ct.zone = reg6[0..15]", &[6, 8]),
        ("ct.zone = 0", &[26]),
        ("ct.zone != reg6[0..15]", &[26]),
        ("ct.table = 72", &[6]),
        ("ct.commit", &[8, 26]),
        ("ct.nat", &[26]),
        ("ct.nat = src", &[26]),
        ("ct.nat = 10.0.0.1", &[26]),
        ("ct.nat ~ \"^10\"", &[26]),
        ("conj", &[15, 16]),
        ("conj.id = 18", &[15, 16]),
        ("not conj, table = 72, priority = 73", &[14]),
        ("learn", &[22]),
        ("learn.table = 100", &[22]),
        ("note = 00.11.22.00.00.00", &[23]),
        ("move", &[27]),
        ("move = reg1", &[27]),
        ("move ~ \"REG0\"", &[27]),
        ("clone", &[23]),
        ("controller", &[26]),
        ("controller = 7", &[26]),
        ("actions ~ /resubmit\\(,9[23]\\)/", &[8, 17]),
        ("actions !~ \"output|resubmit\", table = 72", &[12, 15, 16, 18]),
        ("actions = \"drop\"", &[1, 7, 18, 19]),
        ("actions in {NORMAL, \"goto_table:60\"}", &[0, 4, 12, 20]),
    ]);
}

#[test]
fn text() {
    check(&[
        ("match ~ \"tp_dst=5\"", &[11, 16]),
        ("match = \"udp,nw_dst=10.0.0.0/24,tp_dst=53\"", &[11]),
        ("match = \"\", table = 60", &[4]),
        ("match != \"\", table = 60", &[2, 3]),
        ("text ~ \"n_packets=287,.*drop\"", &[19]),
        ("\"conjunction(18,1\"", &[15]),
        ("\"priority=65535,dl_vlan\"", &[1]),
        ("'actions=drop'", &[1, 7, 18, 19]),
        ("not \"actions\"", &[]),
        ("\"TCP\"", &[]),
        ("\"\"", &all_but(&[])),
    ]);
}

#[test]
fn everything_about_a_port() {
    check(&[
        // Matched as in_port or in reg5, written to reg5, or output to.
        ("port = 5", &[2, 3, 5, 6, 7, 8, 9, 10, 14, 16]),
        ("port = tap-db-1, table = 60", &[2, 3]),
        ("port = tap-db-2", &[11]),
        ("port in {6, 7}", &[11, 13]),
        ("port ~ \"tap-db\", table = 72", &[8, 9, 10, 11, 14, 16]),
        ("port, not port = 5", &[11, 13, 23]),
        ("port != 5", &[11, 13, 23]),
        ("port !~ \"tap\"", &[23]),
    ]);
}

#[test]
fn packets() {
    check(&[
        ("table = 72, hits{tcp,tcp_dst=22}", &[8, 14, 15, 17, 18]),
        ("table = 72, hits{tcp_dst=22,tcp}", &[8, 14, 15, 17, 18]),
        ("table = 72, hits{tp_dst=80}", &[13, 14, 15, 17, 18]),
        ("table = 72, hits{udp_dst=53}", &[11, 14, 15, 17, 18]),
        ("table = 72, hits{in_port=9,reg5=6,tcp,tp_dst=22}", &[15, 17, 18]),
        ("table = 99, hits{nw_src=10.1.2.3}", &[21, 23]),
        ("table = 99, hits{ip,nw_src=10.0.0.0/8}", &[21, 22, 23]),
        ("table = 99, hits{ipv6}", &[23]),
        ("table = 60, hits{in_port=tap-db-1, dl_vlan=0xffff}", &[2, 4]),
        ("table = 60, hits{in_port=6,dl_vlan=644}", &[3, 4]),
        ("table = 99, not hits{ip}", &[]),
        ("table = 0, hits{eth}", &[0, 1]),
    ]);
}

#[test]
fn packets_that_win() {
    check(&[
        // Line 8 takes new ssh packets; nothing else of its set is left below.
        ("table = 72, wins{ct_state=+trk+new-est-rel-inv,tcp,reg5=5,tp_dst=22}", &[8]),
        // Of all packets, lines 9 and 10 take theirs, and the rest goes on.
        ("table = 72, wins{ct_state=+trk+est-rel-rpl-inv-new,tcp,reg5=5,tp_dst=8000}", &[9]),
        ("table = 72, wins{ct_state=+trk+est-rel-rpl-inv-new,tcp,reg5=5,tp_dst=0x1f00/0xff00}", &[9, 10, 18]),
        // A conjunction: both clauses are met, and the flow for its id wins.
        ("table = 72, wins{tcp,reg5=5,reg6=0x284,nw_src=10.0.0.14,tp_dst=5432,ct_state=-inv+trk+est}", &[14]),
        // One clause only.
        ("table = 72, wins{tcp,reg5=5,reg6=0x284,nw_src=10.0.0.15,tp_dst=5432,ct_state=-inv+trk+est}", &[18]),
        ("table = 72, wins{tcp,reg5=5,reg6=0x284,nw_src=10.0.0.14/31,tp_dst=5432,ct_state=-inv+trk+est}", &[14, 18]),
        // The shadowed flow gets nothing, the one below gets what the others leave: 11.0.0.0/8.
        ("table = 82, wins{ip}", &[25, 27]),
        ("table = 82, wins{tcp,nw_src=10.0.0.5,tp_dst=80}", &[25]),
        ("table = 99, wins{ip,nw_src=10.9.9.9,metadata=1,tun_id=5}", &[22]),
        ("table = 60, wins{in_port=5}", &[2]),
        ("table = 60, wins{in_port=6}", &[3, 4]),
    ]);
}

#[test]
fn references() {
    check(&[
        ("next table 72", &[6]),
        ("next 72", &[6]),
        ("next RULES_INGRESS", &[6]),
        ("next 81", &[3, 25]),
        ("prev table 60", &[5, 6, 7, 24]),
        ("prev 71, priority > 76", &[8, 9, 10]),
        ("reaches table 72", &[0, 2, 6]),
        ("reaches normal", &[0, 2, 4, 5, 6, 12, 20]),
        ("next normal", &[4, 12, 20]),
        ("next drop", &[1, 7, 18, 19]),
        ("reaches drop, not drop", &[0, 2, 6, 17, 21]),
        ("next port 3", &[21]),
        ("next port tap-db-2", &[11]),
        ("reaches port 6", &[0, 2, 6, 11]),
        ("next group 7", &[21]),
        ("reaches group 7", &[21]),
        ("prev group 7", &[19]),
        ("reached-by group 7", &[19]),
        ("next controller", &[26]),
        ("reaches controller", &[0, 3, 24, 25, 26]),
        ("reached-by table 81", &[24, 25, 26, 27]),
        ("reached-by table 71, not table = 72", &[19, 20]),
        // Table 92 has no flow at all, 71 none for other packets.
        ("next miss", &[2, 3, 8, 24, 25]),
        ("reaches miss, table = 0", &[0]),
        ("prev port 5", &[0, 1]),
        ("reached-by port 5, table < 71", &[0, 1, 2, 3, 4]),
        ("reaches drop, hits{in_port=5,dl_vlan=0xffff}, table = 60", &[2]),
        ("prev drop", &[]),
    ]);
}

#[test]
fn references_to_one_flow_look_at_the_packets() {
    let world = world();
    let id = |row: FlowId| FlowHash::of(world.bridge.flow(row)).digits(8);
    // Line 2 writes reg5=5, line 3 strips the VLAN.
    assert_eq!(world.rows(&format!("next flow {}", id(6))), [2]);
    assert_eq!(world.rows(&format!("next flow {}", id(24))), [3, 25]);
    // After line 2 packets have reg5=5, so all of table 71 can get them.
    assert_eq!(world.rows(&format!("prev flow {}", id(2))), [5, 6, 7]);
    // After line 6 they are IPv4 from 10.0.0.11: no udp from elsewhere, no IPv6, no clause for 10.0.0.14.
    assert_eq!(world.rows(&format!("prev flow {}", id(6))), [8, 9, 10, 11, 14, 16, 17, 18]);
    assert_eq!(world.rows(&format!("reaches flow {}", id(19))), [0, 2, 6, 17, 21]);
    assert_eq!(world.rows(&format!("reached-by flow {}", id(17))), [19]);
    assert_eq!(world.rows(&format!("id = {}", id(9))), [9]);
    assert_eq!(world.rows(&format!("id in {{{}, {}}}", id(9), id(3))), [3, 9]);
    assert_eq!(world.rows(&format!("id != {}", id(9))), all_but(&[9]));
}

#[test]
fn logic() {
    check(&[
        ("", &all_but(&[])),
        ("not (tcp or udp), table = 72, priority > 73", &[12, 13]),
        ("not (table = 72 and priority > 10), table = 72", &[18]),
        ("arp or drop and table = 93", &[5, 19]),
        ("(arp or drop) and table = 93", &[19]),
        ("!drop !resubmit table=71", &[6]),
        ("not not arp", &[5]),
    ]);
}

#[test]
fn aliases() {
    check(&[
        ("web", &[26]),
        ("tcp6 or busy", &[0, 2, 3, 6, 13, 19, 26]),
        ("not busy, table = 60", &[4]),
        ("nothing, arp", &[5]),
    ]);
}

#[test]
fn what_is_not_known_is_neither_true_nor_false() {
    check(&[
        ("sg = db", &[]),
        ("not sg = db", &[]),
        ("sg = db or arp", &[5]),
        ("not (sg = db and arp), table = 93", &[19]),
        ("rate > 5", &[]),
        ("not rate > 5", &[]),
        ("owner != l2", &[]),
        ("new", &[]),
        ("not new", &[]),
        ("kind = refuse", &[]),
        ("not dead, table = 99", &[]),
    ]);
}

#[test]
fn rates_and_marks_where_they_are_known() {
    let world = world();
    let mut rates = vec![Rate { packets: 0.0, bytes: 0.0, peak: 2.0 }; FLOWS as usize];
    rates[7] = Rate { packets: 12.5, bytes: 900.0, peak: 411.0 };
    rates[8] = Rate { packets: f32::NAN, bytes: f32::NAN, peak: f32::NAN };
    let marked = [3, 9];
    let scope = Scope { rates: Some(&rates), marked: Some(&marked), ..world.scope() };
    let rows = |text: &str| Filter::parse(text, &scope).unwrap().rows(&scope, None, &Progress::default());
    assert_eq!(rows("rate > 0"), [7]);
    assert_eq!(rows("rate > 12, rate < 13"), [7]);
    assert_eq!(rows("rate = 0"), all_but(&[7, 8]));
    assert_eq!(rows("not rate = 0"), [7]);
    assert_eq!(rows("rate != 0"), [7]);
    assert_eq!(rows("rate in 10..20"), [7]);
    assert_eq!(rows("brate >= 0.9k"), [7]);
    assert_eq!(rows("peak > 400"), [7]);
    assert_eq!(rows("has rate"), all_but(&[8]));
    assert_eq!(rows("hot"), [7]);
    assert_eq!(rows("drop and rate > 0"), [7]);
    assert_eq!(rows("marked"), [3, 9]);
    assert_eq!(rows("not marked, table = 60"), [2, 4]);
    assert!(Filter::parse("rate > 0", &scope).unwrap().notes().is_empty());
}

#[test]
fn only_the_given_rows_are_looked_at() {
    let world = world();
    let scope = world.scope();
    let filter = Filter::parse("table = 72", &scope).unwrap();
    let progress = Progress::default();
    assert_eq!(filter.rows(&scope, Some(&[17, 3, 8, 8, 999]), &progress), [8, 17]);
    assert_eq!(filter.rows(&scope, Some(&[]), &progress), [0; 0]);
    assert!(filter.holds(&scope, 17) && !filter.holds(&scope, 3) && !filter.holds(&scope, 999));
    assert_eq!(Filter::any().rows(&scope, None, &progress).len(), FLOWS as usize);
    assert!(Filter::any().is_any() && Filter::parse(" ", &scope).unwrap().is_any() && !filter.is_any());
}

#[test]
fn cancelled_work_ends_with_what_was_found() {
    let world = world();
    let scope = world.scope();
    let progress = Progress::default();
    progress.cancel();
    let answer = Filter::parse("tcp and shadowed", &scope).unwrap().answer(&scope, None, &progress);
    assert!(answer.is_partial && answer.rows.is_empty());
}

#[test]
fn a_pasted_line_becomes_its_id_or_its_match() {
    let world = world();
    let scope = world.scope();
    for (n, line) in DUMP.lines().enumerate() {
        let filter = Filter::parse(line, &scope).unwrap_or_else(|d| panic!("{line}: {d}"));
        assert_eq!(filter.rows(&scope, None, &Progress::default()), [n as FlowId], "{line}");
        assert!(filter.text().starts_with("id = "), "{}", filter.text());
        assert_eq!(filter.notes()[0].code, "pasted-line");
    }
    let other =
        Filter::parse("cookie=0x1, table=93, priority=7,udp,in_port=\"tap-db-2\",tp_dst=53 actions=drop", &scope);
    let other = other.unwrap();
    assert_eq!(other.text(), "table=93,priority=7,udp,in_port=\"tap-db-2\",tp_dst=53");
    assert_eq!(other.rows(&scope, None, &Progress::default()), [0; 0]);
    assert_eq!(world.rows("priority=0 actions=goto_table:60"), [0], "without a table it is table 0");
    // Filters about actions are no lines of a dump.
    for text in ["actions=\"drop\"", "drop and actions=\"drop\"", "tcp or actions=drop"] {
        assert!(!world.answer(text).notes.iter().any(|n| n.code == "pasted-line"), "{text}");
    }
}

#[test]
fn the_match_of_every_flow_is_a_filter_that_finds_it() {
    let world = world();
    for id in 0..FLOWS {
        let flow = world.bridge.flow(id).to_flow();
        let text = flow.match_text(Names::none());
        assert!(world.rows(&text).contains(&id), "{text}");
        let with_place = format!("table={},priority={},{text}", flow.table, flow.priority);
        let found = world.rows(with_place.trim_end_matches(','));
        let same = |other: &FlowId| {
            let other = world.bridge.flow(*other);
            (other.table(), other.priority()) == (flow.table, flow.priority)
        };
        assert!(found.contains(&id) && found.iter().all(same), "{with_place}: {found:?}");
    }
}

#[test]
fn notes_tell_what_the_rows_cannot() {
    let world = world();
    for (text, wanted) in [
        ("tcp", vec![]),
        ("udp and tcp_dst=80", vec!["never true: tcp_dst needs tcp or tcp6, and what stands before it says otherwise"]),
        ("arp, nw_src=10.0.0.1", vec!["never true: nw_src needs ip, and what stands before it says otherwise"]),
        (
            "icmp, tp_dst=80",
            vec![
                "never true: tp_dst needs tcp or tcp6 or udp or udp6 or sctp or sctp6, and what stands before it says otherwise",
            ],
        ),
        ("tcp and udp", vec!["never true: this and what stands before it exclude each other"]),
        (
            "tp_dst = 80, tcp, tp_dst = 81",
            vec![
                "never true: tp_dst needs tcp or tcp6 or udp or udp6 or sctp or sctp6, and what stands before it says otherwise",
            ],
        ),
        ("reg0 = 1 and reg0 = 2", vec!["never true: this and what stands before it exclude each other"]),
        ("tcp6, tcp_dst = 80", vec![]),
        ("udp or tcp_dst = 80", vec![]),
        ("udp and not tcp_dst = 80", vec![]),
        ("hits{tcp,udp}", vec!["never true: what is said of the packet contradicts itself"]),
        ("prev drop", vec!["nothing comes after `drop`, so no flow stands there"]),
        ("ip, nw_src != 10.9.9.9, table = 99", vec![]),
        ("nw_src != 10.9.9.9, table = 99", vec!["1 flow without nw_src is left out; not (nw_src = ..) keeps them"]),
        ("tp_dst != 22, table = 72", vec!["5 flows without tp_dst are left out; not (tp_dst = ..) keeps them"]),
        ("not tp_dst = 22, table = 72", vec![]),
        (
            "sg = db",
            vec!["`sg` needs the objects of Neutron or OVN that the flows were made for; what it asks is not known"],
        ),
        (
            "rate > 5 or rate < 1",
            vec!["`rate` needs two readings of the counters, as a live switch gives them; what it asks is not known"],
        ),
        ("restamped", vec!["`restamped` needs a baseline to compare with; what it asks is not known"]),
        ("staged", vec!["`staged` needs staged changes; what it asks is not known"]),
        (
            "since < 1h",
            vec!["`since` needs readings over some time, as a live switch gives them; what it asks is not known"],
        ),
        ("hot", vec!["rates need two readings, so `hot` goes by packets"]),
        ("marked", vec!["nothing is marked here"]),
        (
            "dead, table = 72",
            vec![
                "clauses of conjunctions are never counted, so `dead` leaves them out",
                "flows whose dump has no counter are left out",
            ],
        ),
        ("idle > 5", vec!["flows whose dump has no idle_age are left out; OpenFlow 1.0 dumps have it"]),
    ] {
        assert_eq!(world.notes(text), wanted, "{text}");
    }
}

#[test]
fn every_term_from_a_cell_holds_for_its_flow() {
    use crate::query::{Cell, term};
    let world = world();
    let scope = world.scope();
    let plain = [
        Cell::Table,
        Cell::Priority,
        Cell::Cookie,
        Cell::Packets,
        Cell::Bytes,
        Cell::Age,
        Cell::Idle,
        Cell::IdleTimeout,
        Cell::HardTimeout,
        Cell::Flags,
        Cell::Importance,
        Cell::Id,
        Cell::Match,
        Cell::Actions,
        Cell::Out,
    ];
    for id in 0..FLOWS {
        let fields = world.bridge.flow(id).matches().fields().into_iter().map(Cell::Field);
        for cell in plain.into_iter().chain(fields) {
            let Some(text) = term(&scope, id, cell) else { continue };
            assert!(world.rows(&text).contains(&id), "{cell:?} of {id}: {text}");
            assert!(!world.rows(&crate::query::add_not("", &text)).contains(&id), "{cell:?} of {id}: not {text}");
        }
    }
    let texts = |id, cells: &[Cell]| cells.iter().map(|c| term(&scope, id, *c)).collect::<Vec<_>>();
    let text = |t: &str| Some(t.to_owned());
    assert_eq!(
        texts(8, &[Cell::Table, Cell::Field(table::ETH_TYPE), Cell::Field(table::TCP_DST), Cell::Field(table::IP_SRC)]),
        [text("table = RULES_INGRESS"), text("tcp"), text("tp_dst=22"), None]
    );
    assert_eq!(
        texts(3, &[Cell::Field(table::DL_VLAN), Cell::Field(table::ETH_DST), Cell::Cookie, Cell::Flags]),
        [text("dl_vlan=644"), text("dl_dst=fa:16:3e:00:00:01"), text("cookie = 0xa1b2000000000001"), text("not flags")]
    );
    assert_eq!(texts(11, &[Cell::Out, Cell::Idle]), [text("out = \"tap-db-2\""), None]);
    assert_eq!(texts(21, &[Cell::Packets, Cell::Out]), [None, None]);
}

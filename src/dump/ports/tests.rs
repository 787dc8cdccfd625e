use super::*;
use crate::dump::lines::tests::round;
use crate::field::names::port;

const FEATURES_10: &str = "OFPT_FEATURES_REPLY (xid=0x2): dpid:00000000000000a1\nn_tables:254, n_buffers:0\n\
                           capabilities: FLOW_STATS ARP_MATCH_IP\nactions: output enqueue\n";
const PORTS: &str = " 1(tap-1): addr:aa:55:aa:55:00:0f
     config:     NO_FWD NO_PACKET_IN
     state:      LIVE
     current:    10GB-FD COPPER
     advertised: 10GB-FD
     supported:  10GB-FD 1GB-FD
     peer:       0x10000
     speed: 10000 Mbps now, 0 Mbps max
 LOCAL(odd): addr:x (y)): addr:aa:55:aa:55:00:01
     config:     0
     state:      STP_FORWARDLIVE
     speed: 0 Mbps now, 0 Mbps max
";
const CONFIG: &str = "OFPT_GET_CONFIG_REPLY (OF1.3) (xid=0x5): frags=normal miss_send_len=0\n";

fn show(text: &str) -> (Vec<Shown>, Vec<String>) {
    let (parts, out, told) = round(text, Names::none(), read_show, paint_show);
    assert_eq!(out, text);
    (parts.iter().filter_map(Part::entry).cloned().collect(), told)
}

fn desc(text: &str) -> (Vec<Port>, Vec<String>) {
    let (parts, out, told) = round(text, Names::none(), read_ports_desc, paint_ports_desc);
    assert_eq!(out, text);
    (parts.iter().filter_map(Part::entry).cloned().collect(), told)
}

#[test]
fn show_with_the_ports_in_the_features() {
    let text = format!("{FEATURES_10}{PORTS}{}", CONFIG.replace("(OF1.3) ", ""));
    for text in [text.clone(), text.replace('\n', "\r\n"), text.trim_end().to_owned()] {
        assert!(is_show(&text) && !is_ports_desc(&text));
        let (entries, told) = show(&text);
        assert_eq!((entries.len(), told), (3, vec![]));
        let Shown::Features(features) = &entries[0] else { panic!("{entries:?}") };
        assert_eq!((features.version, features.datapath_id, features.n_tables), (Version::V10, 0xa1, 254));
        assert_eq!(features.capabilities.len(), 2);
        assert_eq!(features.actions.as_ref().map(Vec::len), Some(2));
    }
}

#[test]
fn show_with_the_ports_in_a_message_of_their_own() {
    let text = format!(
        "OFPT_FEATURES_REPLY (OF1.3) (xid=0x2): dpid:0000d6ac7b505d42\nn_tables:254, n_buffers:256, auxiliary_id:1\n\
         capabilities: 0\nOFPST_PORT_DESC reply (OF1.3) (xid=0x3):\n{PORTS}{CONFIG}"
    );
    let (entries, told) = show(&text);
    assert_eq!((entries.len(), told), (3, vec![]));
    let Shown::Features(features) = &entries[0] else { panic!("{entries:?}") };
    assert_eq!((features.version, features.xid, features.auxiliary_id), (Version::V13, 2, 1));
    assert_eq!((features.capabilities.len(), &features.actions), (0, &None));
}

#[test]
fn ports() {
    let text = format!("OFPST_PORT_DESC reply (OF1.5) (xid=0x2):\n{PORTS}");
    assert!(is_ports_desc(&text) && is_ports_desc(PORTS) && !is_show(&text));
    let (entries, told) = desc(&text);
    assert_eq!((entries.len(), told), (2, vec![]));
    let [first, local] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((first.number, &*first.name, first.mac), (1, "tap-1", 0xaa55_aa55_000f));
    assert_eq!(first.config, ["NO_FWD".into(), "NO_PACKET_IN".into()]);
    assert_eq!((first.features.len(), first.speed), (4, (10000, 0)));
    assert_eq!((local.number, &*local.name), (port::LOCAL, "odd): addr:x (y)"));
    assert_eq!((local.config.len(), &local.state[..]), (0, &["STP_FORWARD".into(), "LIVE".into()][..]));
}

#[test]
fn wrong_ports() {
    for (text, message) in [
        (" 1(a): addr:aa:55:aa:55:00", "1:13: `aa:55:aa:55:00` is no MAC address"),
        (" 70000(a): addr:aa:55:aa:55:00:01", "1:2: port numbers go up to 65535: `70000`"),
        (" tap(a): addr:aa:55:aa:55:00:01", "1:2: no port `tap`"),
        (" 1(a): addr:aa:55:aa:55:00:01\n     speed: x", "2:13: `x` is no number"),
        (" 1(a): addr:aa:55:aa:55:00:01\n     config:     0", "2:19: this would print differently, it is kept as text"),
        ("     config:     0", "1:6: this is none of the ports"),
    ] {
        let (entries, told) = desc(text);
        assert_eq!((entries.len(), told), (0, vec![message.to_owned()]), "{text}");
    }
    for (text, message) in [
        ("OFPT_FEATURES_REPLY (OF 0x07) (xid=0x2): dpid:01", "1:1: this is no version that is known"),
        ("OFPT_FEATURES_REPLY (xid=0x2): dpid:x", "1:37: this is no datapath id"),
        ("OFPT_FEATURES_REPLY (xid=0x2): dpid:01\nn_tables:256", "2:10: this number is at most 255: `256`"),
        ("OFPT_FEATURES_REPLY (xid=0x2): dpid:01", "1:38: this would print differently, it is kept as text"),
    ] {
        let (entries, told) = show(text);
        assert_eq!((entries.len(), told), (0, vec![message.to_owned()]), "{text}");
    }
}

fn counts(text: &str, names: &Names) -> (Vec<PortStats>, Vec<String>) {
    let (parts, out, told) = round(text, names, read_ports, paint_ports);
    assert_eq!(out, text);
    (parts.iter().filter_map(Part::entry).cloned().collect(), told)
}

const COUNTS: &str = ": rx pkts=1, bytes=106, drop=?, errs=?, frame=?, over=?, crc=0
           tx pkts=2, bytes=3, drop=4, errs=5, coll=6
";

#[test]
fn counters_of_old_versions() {
    let text = format!("OFPST_PORT reply (xid=0x2): 3 ports\n  port  1{COUNTS}  port 12{COUNTS}  port LOCAL{COUNTS}");
    assert!(is_ports(&text));
    let (entries, told) = counts(&text, Names::none());
    assert_eq!((entries.len(), told), (3, vec![]));
    assert_eq!(entries[1].number, 12);
    assert_eq!(entries[1].rx, [Some(1), Some(106), None, None, None, None, Some(0)]);
    assert_eq!(entries[1].tx, [Some(2), Some(3), Some(4), Some(5), Some(6)]);
    assert_eq!((entries[2].number, entries[2].duration_ns), (port::LOCAL, None));
}

#[test]
fn counters_of_new_versions() {
    let text = format!(
        "OFPST_PORT reply (OF1.4) (xid=0x2): flags=[more] 1 ports\n  port 20{COUNTS}           duration=38.024s
           rx rfc2819 1_to_64_packets=1, broadcast_packets=2, 
           tx rfc2819 1_to_64_packets=3, 
           CUSTOM Statistics
                      rx_custom_1=4, a name=5, [0]: q=6,
                      rx_q0=7,
"
    );
    for text in [text.clone(), text.replace('\n', "\r\n")] {
        let (entries, told) = counts(&text, Names::none());
        assert_eq!((entries.len(), told), (1, vec![]));
        let stats = &entries[0];
        assert_eq!(stats.duration_ns, Some(38_024_000_000));
        assert_eq!(stats.rx_rfc2819, [("1_to_64_packets".into(), 1), ("broadcast_packets".into(), 2)]);
        assert_eq!((stats.tx_rfc2819.len(), stats.custom.len()), (1, 4));
        assert_eq!(stats.custom[2], ("[0]: q".into(), 6));
    }
}

#[test]
fn counters_with_ports_by_name() {
    let text = format!("  port  \"tap-1\"{COUNTS}  port \"tap: rx 2\"{COUNTS}  port p3{COUNTS}");
    let (entries, told) = counts(&text, &Names::default().learning());
    assert_eq!((entries.len(), told), (3, vec![]));
    assert!(entries[0].is_below_ten && entries[0].number >= port::NAMED && !entries[2].is_below_ten);

    let mut names = Names::default();
    [(1, "tap-1"), (20, "tap: rx 2"), (30, "p3")].iter().for_each(|(n, name)| names.add_port(*n, name));
    let (entries, told) = counts(&text, &names);
    assert_eq!((entries.iter().map(|e| e.number).collect::<Vec<_>>(), told), (vec![1, 20, 30], vec![]));
}

#[test]
fn a_dump_by_number_comes_back_by_number() {
    let mut names = Names::default();
    names.add_port(12, "tap-12");
    let text = format!("  port 12{COUNTS}");
    let (parts, out, told) = round(&text, &names, read_ports, |parts, _, p| paint_ports(parts, Names::none(), p));
    assert_eq!((parts.len(), out, told), (1, text, vec![]));
}

#[test]
fn wrong_counters() {
    for (text, message) in [
        ("  port  1: rx pkts=x", "1:20: `x` is no number"),
        ("  port  1: rx packets=1", "1:15: no counter `packets` of a port"),
        ("  port  1: rx pkts=1\n           what=1", "2:12: no counters `what=1` of a port"),
        ("  port  1: rx pkts=1\n           duration=1", "2:21: `1` is no duration"),
        ("  port  1: rx pkts=1", "1:21: this would print differently, it is kept as text"),
    ] {
        let (entries, told) = counts(text, Names::none());
        assert_eq!((entries.len(), told), (0, vec![message.to_owned()]), "{text}");
    }
}

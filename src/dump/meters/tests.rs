use super::*;
use crate::dump::lines::tests::round;

fn meters(text: &str) -> (Vec<MeterEntry>, Vec<String>) {
    let (parts, out, told) = round(text, Names::none(), read_meters, paint_meters);
    assert_eq!(out, text);
    (parts.iter().filter_map(Part::entry).cloned().collect(), told)
}

const DROP: Band = Band { kind: BandKind::Drop, rate: 100, burst_size: None };

#[test]
fn a_dump() {
    let text = "OFPST_METER_CONFIG reply (OF1.3) (xid=0x2):\nmeter=1 kbps bands=\ntype=drop rate=100\n\n\
                meter=controller pktps burst stats bands=\ntype=drop rate=100 burst_size=5\n\
                type=dscp_remark rate=200 burst_size=6 prec_level=1\n";
    for text in [text.to_owned(), text.replace('\n', "\r\n"), text.trim_end().to_owned()] {
        assert!(is_meters(&text) && !is_meter_stats(&text));
        let (entries, told) = meters(&text);
        assert_eq!((entries.len(), told), (2, vec![]));
        assert_eq!(entries[0].meter, Meter { id: 1, unit: Unit::Kbps, burst: false, stats: false, bands: vec![DROP] });
        let remark = Band { kind: BandKind::DscpRemark(1), rate: 200, burst_size: Some(6) };
        assert_eq!((entries[1].meter.id, &entries[1].meter.bands[1]), (0xffff_fffe, &remark));
    }
}

#[test]
fn lines_as_add_meter_takes_them() {
    let text = "# limits\nmeter=1,kbps,band=type=drop,rate=100\nmeter=2 pktps,burst,bands=type=drop,rate=0x64 # why\n";
    assert!(is_meters(text));
    let (entries, told) = meters(text);
    assert_eq!((entries.len(), told), (2, vec![]));
    assert_eq!((&entries[0].meter.bands[..], &entries[1].meter.bands[..]), (&[DROP][..], &[DROP][..]));
    assert!(entries[1].meter.burst && entries[1].written.is_some());
}

#[test]
fn wrong_meters() {
    for (line, message) in [
        ("meter=0x1 kbps bands=", "1:7: `0x1` is no meter"),
        ("meter=unknown kbps bands=", "1:7: `unknown` is no meter"),
        ("meter=1 bands=", "1:1: the line does not say the unit, kbps or pktps"),
        ("meter=1 kbps flags:0x10 bands=", "1:14: no word `flags` in a meter"),
        ("meter=1 kbps bands=rate=5", "1:20: a band begins with its type"),
        ("meter=1 kbps bands=\ntype=65535 rate=5", "2:6: no band type `65535`"),
        ("meter=1 kbps bands=\ntype=drop rate=5000000000", "2:16: rate is a number up to 4294967295"),
        ("meter=1 kbps bands=\ntype=drop", "2:10: this would print differently, it is kept as text"),
        ("meter=1 stats kbps bands=", "1:9: this would print differently, it is kept as text"),
    ] {
        let (entries, told) = meters(line);
        assert_eq!((entries.len(), told), (0, vec![message.to_owned()]), "{line}");
    }
}

#[test]
fn counters() {
    let text = "OFPST_METER reply (OF1.4) (xid=0x2): flags=[more]\n\
                meter:5 flow_count:1 packet_in_count:2 byte_in_count:3 duration:0.027s bands:\n\
                0: packet_count:4 byte_count:5\n1: packet_count:6 byte_count:7\n\n\
                meter:slowpath flow_count:0 packet_in_count:0 byte_in_count:0 duration:9s bands:\n";
    assert!(is_meter_stats(text) && !is_meters(text));
    let read = |text: &str| {
        let (parts, out, told) = round(text, Names::none(), read_meter_stats, paint_meter_stats);
        assert_eq!(out, text);
        (parts.iter().filter_map(Part::entry).cloned().collect::<Vec<_>>(), told)
    };
    let (entries, told) = read(text);
    assert_eq!((entries.len(), told), (2, vec![]));
    assert_eq!(
        entries[0],
        MeterStats { id: 5, flow_count: 1, packets: 2, bytes: 3, duration_ns: 27_000_000, bands: vec![(4, 5), (6, 7)] }
    );
    let (entries, told) = read("meter:5 flow_count:1 bands:\n1: packet_count:4 byte_count:x\nmeter:? bands:\n");
    assert_eq!((entries.len(), told), (0, vec!["2:30: `x` is no number".into(), "3:7: `?` is no meter".into()]));
}

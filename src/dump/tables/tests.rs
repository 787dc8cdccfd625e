use super::*;
use crate::dump::lines::tests::round;

fn read(text: &str) -> (Vec<Part<TableEntry>>, Vec<String>) {
    let (parts, out, told) = round(text, Names::none(), read_tables, paint_tables);
    assert_eq!(out, text);
    (parts, told)
}

const OF13: &str = "OFPST_TABLE reply (OF1.3) (xid=0x2):
  table 0:
    active=3, lookup=134, matched=133

  table 1:
    active=0, lookup=0, matched=0

  tables 2...22: ditto

  table 23:
    active=1, lookup=0, matched=0

  table 24: ditto
";

#[test]
fn tables_and_ditto() {
    for text in [OF13.to_owned(), OF13.replace('\n', "\r\n"), OF13.trim_end().to_owned()] {
        assert!(is_tables(&text));
        let (parts, told) = read(&text);
        assert_eq!((parts.iter().filter_map(Part::entry).count(), told), (5, vec![]));
        let all = tables(&parts);
        assert_eq!(all.len(), 25);
        assert_eq!((all[0].active, all[0].lookups, all[0].matched), (3, 134, 133));
        assert_eq!((all[22].id, all[22].active, all[24].id, all[24].active), (22, 0, 24, 1));
    }
}

#[test]
fn names_limits_and_features() {
    let text = "OFPST_TABLE reply (xid=0x2):
  table 0:
    active=0, lookup=1, matched=0
    max_entries=1000000
    matching:
      exact match or wildcard: in_port eth_{src,dst,type}

  table 1 (\"odd\"): name\"):
    active=0, lookup=0, matched=0
    (same features)

  table 2 (\"b\"): ditto
  table 3:
    active=0, lookup=0, matched=0
    max_entries=10
    (same matching)
";
    let (parts, told) = read(text);
    assert_eq!(told, [""; 0]);
    let all = tables(&parts);
    assert_eq!(all.iter().map(|t| t.max_entries).collect::<Vec<_>>(), [1_000_000, 1_000_000, 1_000_000, 10].map(Some));
    assert_eq!(all.iter().map(|t| &*t.name).collect::<Vec<_>>(), ["", "odd\"): name", "b", ""]);
    assert_eq!(all[0].features.len(), 3);
}

#[test]
fn wrong_tables() {
    for (text, message) in [
        ("  tables 2...99999999: ditto\n", "1:14: this number is at most 255: `99999999`"),
        ("  tables 2: ditto\n", "1:10: `2: ditto` is no number"),
        ("  table 256:\n", "1:9: this number is at most 255: `256`"),
        ("  table x:\n", "1:9: `` is no number"),
        ("  table 1:\n", "1:3: the table's counters are missing"),
        ("  table 1:\n    active=x\n", "2:12: `x` is no number"),
        ("  table 1:\n    wild=1\n", "2:5: no counter `wild` of a table"),
        ("  table 1:\n    active=1\n", "2:13: this would print differently, it is kept as text"),
        ("what\n", "1:1: this is none of the tables"),
    ] {
        let (parts, told) = read(text);
        assert_eq!((parts.iter().filter_map(Part::entry).count(), told), (0, vec![message.to_owned()]), "{text}");
    }
}

#[test]
fn ditto_is_bounded() {
    let text = "  table 0:\n    active=3, lookup=0, matched=0\n".to_owned() + &"  tables 0...255: ditto\n".repeat(1000);
    assert_eq!(tables(&read(&text).0).len(), 256);
    assert_eq!(tables(&read("  tables 9...3: ditto\n").0).len(), 0);
    assert_eq!(tables(&read("  tables 3...9: ditto\n").0).len(), 0);
}

#[test]
fn tunnel_options() {
    let text = "NXT_TLV_TABLE_REPLY (OF1.3) (xid=0x2):
 max option space=256 max fields=64
 allocated option space=128

 mapping table:
  class  type  length  match field
 ------  ----  ------  --------------
  0x102  0x80       4  tun_metadata0
      0     0     124  tun_metadata63
 0xffff  0xff       1  tun_metadata64000
";
    assert!(is_tlv_map(text) && !is_tables(text));
    let (parts, out, told) = round(text, Names::none(), read_tlv_map, paint_tlv_map);
    assert_eq!((out.as_str(), told), (text, vec!["10:36: this number is at most 255: `64000`".to_owned()]));
    let entries: Vec<_> = parts.iter().filter_map(Part::entry).collect();
    assert_eq!(entries[0], &TlvMapping { class: 0x102, kind: 0x80, length: 4, index: 0 });
    assert_eq!(entries[1], &TlvMapping { class: 0, kind: 0, length: 124, index: 63 });
}

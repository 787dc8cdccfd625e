use super::*;
use crate::dump::group_line::Change;
use crate::dump::lines::tests::round;
use crate::model::group_mod::GroupMod;

fn groups(text: &str, names: &Names) -> (Vec<GroupLine>, Vec<String>) {
    let (parts, out, told) = round(text, names, read_groups, paint_groups);
    assert_eq!(out, text);
    (parts.iter().filter_map(Part::entry).cloned().collect(), told)
}

#[test]
fn a_dump_of_each_version() {
    for (heading, entry) in [
        ("NXST_GROUP_DESC reply (xid=0x2):", " group_id=1,type=all,bucket=bucket_id:0,actions=load:0x1->NXM_NX_REG0[]"),
        ("OFPST_GROUP_DESC reply (OF1.1) (xid=0x2):", " group_id=1,type=select,bucket=weight:5,actions=output:1"),
        ("OFPST_GROUP_DESC reply (OF1.5) (xid=0x2): flags=[more]", " group_id=1,type=indirect"),
    ] {
        let text = format!("{heading}\n{entry}\n{heading}\n");
        assert!(is_groups(&text));
        let (entries, told) = groups(&text, Names::none());
        assert_eq!((entries.len(), told), (1, vec![]));
        assert_eq!(entries[0].group().map(|g| g.id), Some(1));
    }
}

#[test]
fn ports_by_name() {
    let text = "OFPST_GROUP_DESC reply (OF1.5) (xid=0x2):\n \
                group_id=3,type=ff,bucket=bucket_id:0,watch_port:\"tap-1\",actions=output:\"tap-1\"\n \
                group_id=4,type=all,bucket=bucket_id:0,actions=output:7\n";
    let names = Names::default().learning();
    let (entries, told) = groups(text, &names);
    assert_eq!((entries.len(), told.len()), (2, 0));
    assert_eq!(entries[0].group().unwrap().buckets[0].watch_port, names.port_number("tap-1"));
    // Without names the action cannot be read, and the port to watch even less.
    let (entries, told) = groups(text, Names::none());
    assert_eq!((entries.len(), told), (1, vec!["2:51: no port `\"tap-1\"`".to_owned()]));
}

#[test]
fn a_file_of_groups() {
    let text = "# two groups\r\n\r\ngroup_id=1,type=all,bucket=output:LOCAL\r\ndelete group_id=2\r\nnonsense\r\n";
    assert!(is_groups(text));
    let (entries, told) = groups(text, Names::none());
    assert_eq!(told, ["5:1: no word `nonsense` in a group"]);
    assert!(matches!(entries[0].change, Change::Asked(GroupMod::Add(_))) && entries[0].written.is_some());
    assert_eq!((entries.len(), &entries[1].change), (2, &Change::Asked(GroupMod::Delete(Some(2)))));
}

#[test]
fn lines_of_a_dump_without_its_heading() {
    let text = " group_id=1,type=all,bucket=actions=output:1\n group_id=2,type=all\n";
    assert!(is_groups(text) && !is_group_stats(text));
    let (entries, told) = groups(text, Names::none());
    assert!(matches!(entries[..], [GroupLine { change: Change::Is(_), written: None }, _]) && told.is_empty());
}

fn stats(text: &str) -> (Vec<GroupStats>, Vec<String>) {
    let (parts, out, told) = round(text, Names::none(), read_group_stats, paint_group_stats);
    assert_eq!(out, text);
    (parts.iter().filter_map(Part::entry).cloned().collect(), told)
}

#[test]
fn counters() {
    let text = "OFPST_GROUP reply (OF1.5) (xid=0x6):\n \
                group_id=3,duration=98.672s,ref_count=2,packet_count=6,byte_count=282,\
                bucket0:packet_count=2,byte_count=94,bucket2:packet_count=4,byte_count=188\n \
                group_id=4,ref_count=0,packet_count=18446744073709551615,byte_count=0\n";
    assert!(is_group_stats(text) && !is_groups(text));
    let (entries, told) = stats(text);
    assert_eq!(told, [""; 0]);
    assert_eq!(
        entries[0],
        GroupStats {
            id: 3,
            duration_ns: Some(98_672_000_000),
            ref_count: Some(2),
            packets: Some(6),
            bytes: Some(282),
            buckets: vec![(Some(2), Some(94)), (None, None), (Some(4), Some(188))],
        }
    );
    assert_eq!((entries[1].duration_ns, entries[1].packets, entries[1].bytes), (None, None, Some(0)));
}

#[test]
fn wrong_counters() {
    let head = " group_id=1,ref_count=0,packet_count=0,byte_count=0";
    for (tail, message) in [
        (",bucket99999999999:packet_count=1", "1:59: this number is at most 4095: `99999999999`"),
        (",bucket4096:packet_count=1", "1:59: this number is at most 4095: `4096`"),
        (",bucket0", "1:53: no counter `` of a group"),
        (",packets=1", "1:53: no counter `packets` of a group"),
        (",byte_count=1", "1:51: this would print differently, it is kept as text"),
        (",duration=1", "1:62: `1` is no duration"),
    ] {
        let (entries, told) = stats(&format!("{head}{tail}\n"));
        assert_eq!((entries.len(), told), (0, vec![message.to_owned()]), "{tail}");
    }
}

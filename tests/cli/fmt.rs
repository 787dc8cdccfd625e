//! `ofscope fmt`.

use std::io::Read;

use ofscope::dump::input::Input;

use super::{fed, run};

#[test]
fn a_dump_comes_out_byte_for_byte() {
    let path = crate::fixtures().join("nodes/sg-rich/compute1/br-int");
    let mut seen = 0;
    for entry in std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()) {
        let mut text = Vec::new();
        Input::open(&entry).unwrap().into_reader().read_to_end(&mut text).unwrap();
        let said = run(&["fmt", entry.to_str().unwrap()]).ends(0);
        assert!(said.out.as_bytes() == text, "{entry:?}");
        assert!(said.err.is_empty(), "{}", said.err);
        assert!(fed(&["fmt"], &text).ends(0).out.as_bytes() == text, "{entry:?} on standard input");
        seen += 1;
    }
    assert!(seen > 3);
}

#[test]
fn a_typed_flow_comes_out_as_a_switch_prints_it_in_each_version() {
    let typed = b"table=1,tcp,tp_dst=0x16,actions=mod_nw_src:10.0.0.1,output:2\n";
    let printed = |version| fed(&["fmt", "-O", version], typed).ends(0).out;
    assert_eq!(printed("OpenFlow10"), " table=1, tcp,tp_dst=22 actions=mod_nw_src:10.0.0.1,output:2\n");
    assert_eq!(printed("OpenFlow13"), " table=1, tcp,tp_dst=22 actions=set_field:10.0.0.1->ip_src,output:2\n");
    assert_eq!(printed("OpenFlow15"), printed("OpenFlow13"));
    assert_eq!(printed("1.5"), printed("OpenFlow15"));
}

#[test]
fn wrong_lines_are_left_out_and_the_exit_code_says_whether_any_was_right() {
    let some = fed(&["fmt", "-O", "OpenFlow13"], b"actions=1\nfoo=1,actions=2\n").ends(4);
    assert_eq!(some.out, " actions=output:1\n");
    assert!(some.err.starts_with("-:2:1: error: no field `foo`\n  foo=1,actions=2\n  ^^^"), "{}", some.err);
    let none = fed(&["fmt", "-O", "OpenFlow13"], b"tcp,tp_dst=99999,actions=2\n").ends(2);
    assert!(none.out.is_empty() && none.err.contains("99999"), "{}", none.err);
    assert_eq!(fed(&["fmt", "-O", "OpenFlow99"], b"actions=1\n").ends(2).out, "");
}

#[test]
fn a_line_that_open_vswitch_bends_is_told_and_strict_refuses_it() {
    let typed = b"nw_src=10.0.0.1,actions=1\n";
    let lax = fed(&["fmt", "-O", "OpenFlow13"], typed).ends(0);
    assert_eq!(lax.out, " actions=output:1\n");
    assert!(lax.err.contains("warning"), "{}", lax.err);
    assert_eq!(fed(&["fmt", "-O", "OpenFlow13", "--strict"], typed).ends(2).out, "");
    assert!(fed(&["fmt", "-q", "-O", "OpenFlow13"], typed).ends(0).err.is_empty());
}

#[test]
fn ports_groups_and_meters_of_a_switch_give_meaning_to_references() {
    let ports = "words/ports-desc.txt";
    let names = std::fs::read_to_string(crate::fixtures().join(ports)).unwrap();
    let line = names.lines().find(|l| l.starts_with(" 1(")).unwrap();
    let name = line.split(['(', ')']).nth(1).unwrap().trim_matches('"');
    let typed = format!("in_port={name},actions=drop\n");
    let said = fed(&["fmt", "-O", "OpenFlow13", "--ports", ports], typed.as_bytes()).ends(0);
    assert_eq!(said.out, " in_port=1 actions=drop\n");
    let unknown = fed(&["fmt", "-O", "OpenFlow13"], typed.as_bytes()).ends(2);
    assert!(unknown.err.contains("no port"), "{}", unknown.err);

    let groups = std::env::temp_dir().join(format!("ofscope-groups-{}", std::process::id()));
    std::fs::write(&groups, "OFPST_GROUP_DESC reply (OF1.3) (xid=0x2):\n group_id=7,type=all,bucket=actions=drop\n")
        .unwrap();
    let with = |n: u32| {
        let line = format!("actions=group:{n}\n");
        fed(&["fmt", "-O", "OpenFlow13", "--groups", groups.to_str().unwrap()], line.as_bytes())
    };
    with(7).ends(0);
    assert!(with(8).ends(2).err.contains("no group 8"));
    std::fs::remove_file(groups).unwrap();
    fed(&["fmt", "-O", "OpenFlow13", "--ports", "README.md"], b"actions=1\n").ends(3);
}

#[test]
fn a_file_that_is_not_there_is_told_apart_from_one_that_is_wrong() {
    assert!(run(&["fmt", "nowhere.txt"]).ends(3).err.contains("`nowhere.txt` cannot be opened"));
    assert!(run(&["fmt", "nodes"]).ends(3).err.contains("a directory"));
}

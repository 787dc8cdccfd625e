//! `ofscope plan`.

use std::path::PathBuf;

use super::{Run, fed, run};

const DUMP: &str = "priority=9,in_port=1,actions=output:2\npriority=5,ip,actions=output:3\npriority=0,actions=drop\n";

/// A directory of a test's own, with a dump in it.
fn place(name: &str) -> PathBuf {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("plan-{name}"));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("dump.txt"), DUMP).unwrap();
    dir
}

fn plan(name: &str, changes: &str, more: &[&str]) -> Run {
    let dump = place(name).join("dump.txt");
    let mut args = vec!["plan", dump.to_str().unwrap(), "-"];
    args.extend(more);
    fed(&args, changes.as_bytes())
}

#[test]
fn each_request_is_told_with_what_it_does_and_what_to_think_of() {
    let text =
        plan("told", "add priority=9,ip,actions=drop\ndelete_strict priority=0\ndelete table=4\n", &[]).ends(0).out;
    assert!(text.contains(": 3 requests in OpenFlow15, 1 flow added, 1 deleted\n"), "{text}");
    assert!(text.contains("  1  add priority=9,ip,actions=drop\n     + priority=9,ip actions=drop\n"), "{text}");
    assert!(text.contains("warning overlap: 1 flow of the same priority"), "{text}");
    assert!(text.contains("         priority=9,in_port=1 actions=output:2\n"), "{text}");
    assert!(text.contains("  2  delete_strict priority=0\n     - priority=0 actions=drop\n"), "{text}");
    assert!(text.contains("note nothing: no flow is there to be deleted"), "{text}");
}

#[test]
fn a_file_with_wrong_lines_is_refused_whole_with_every_one_of_them() {
    let dir = place("wrong");
    let out = dir.join("after.txt");
    let changes = "add in_prot=1,actions=drop\nadd actions=drop\n\nmodify tcp\n";
    let found = plan("wrong", changes, &["-o", out.to_str().unwrap()]).ends(2);
    assert!(found.err.contains("-:1:5: error: no field `in_prot`") && found.err.contains("-:4:"), "{}", found.err);
    assert!(found.err.contains("2 lines of `-` are wrong, so none is taken"), "{}", found.err);
    assert!(found.out.is_empty() && !out.exists());
}

#[test]
fn what_the_switch_would_refuse_is_told_by_its_name_and_nothing_is_written() {
    let out = place("refused").join("after.txt");
    let _ = std::fs::remove_file(&out);
    let changes =
        "add priority=9,ip,check_overlap,actions=drop\nadd table=1,actions=group:7\nadd table=254,actions=drop\n";
    let found = plan("refused", changes, &["--json", "-o", out.to_str().unwrap()]).ends(1).json();
    let errors: Vec<_> = found["requests"].as_array().unwrap().iter().map(|r| r["refused"]["error"].clone()).collect();
    assert_eq!(errors, ["OFPFMFC_OVERLAP", "OFPBAC_BAD_OUT_GROUP", "OFPBRC_EPERM"]);
    assert_eq!((&found["refused"], &found["flows"]["after"]), (&3.into(), &3.into()));
    assert!(!out.exists());
}

#[test]
fn the_result_is_written_as_a_dump_that_is_read_again() {
    let out = place("out").join("after.txt");
    std::fs::write(&out, "what was there").unwrap();
    let changes = "modify ip,actions=output:7\nadd table=2,priority=3,arp,actions=drop\n";
    plan("out", changes, &["-o", out.to_str().unwrap()]).ends(0);
    let lines: Vec<String> =
        std::fs::read_to_string(&out).unwrap().lines().map(|line| line.trim().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "priority=9,in_port=1 actions=output:2",
            "priority=5,ip actions=output:7",
            "priority=0 actions=drop",
            "table=2, priority=3,arp actions=drop"
        ]
    );
    run(&["flows", out.to_str().unwrap()]).ends(0);
    let nowhere = plan("out", changes, &["-o", "/nowhere/at/all.txt"]).ends(3);
    assert!(nowhere.err.contains("`/nowhere/at/all.txt` cannot be written"), "{}", nowhere.err);
}

#[test]
fn packets_are_sent_before_and_after() {
    let dump = place("packets").join("dump.txt");
    let asked =
        ["plan", dump.to_str().unwrap(), "-", "--packet", "in_port=5,arp", "--packet", "in_port=1,arp", "--json"];
    let found = fed(&asked, b"add priority=4,arp,actions=controller\n").ends(0).json();
    let packets = found["packets"].as_array().unwrap();
    assert_eq!((&packets[0]["changed"], &packets[1]["changed"]), (&true.into(), &false.into()), "{packets:#?}");
    assert_eq!(packets[0]["after"]["verdict"], "controller");
    // One more is made for the new flow.
    assert_eq!((packets.len(), &packets[2]["made_for"], &packets[2]["changed"]), (3, &1.into(), &true.into()));
    let hits: Vec<_> =
        found["hits"].as_array().unwrap().iter().map(|h| (h["priority"].clone(), h["after"].clone())).collect();
    assert_eq!(hits, [(0.into(), 0.into()), (4.into(), 2.into())]);
}

#[test]
fn a_request_without_packets_says_why() {
    let found = plan(
        "without",
        "add priority=1,ip,actions=drop
add table=7,actions=drop
",
        &["--json"],
    )
    .ends(0)
    .json();
    let without = found["without_packet"].as_array().unwrap();
    assert_eq!((without.len(), found["packets"].as_array().unwrap().len()), (2, 0), "{found:#}");
    assert!(
        without[0]["reason"].as_str().unwrap().contains("1 flow above it takes all that it matches"),
        "{without:?}"
    );
    assert!(without[1]["reason"].as_str().unwrap().contains("nothing leads there"), "{without:?}");
}

#[test]
fn versions_differ_in_what_modifying_does() {
    let planned = |version: &str| {
        let found = plan("versions", "modify table=6,actions=drop", &["-O", version, "--json"]).ends(0).json();
        found["requests"][0]["added"].as_array().unwrap().len()
    };
    assert_eq!(["OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow15"].map(planned), [1, 1, 0, 0]);
    plan("versions", "add actions=drop", &["-O", "OpenFlow16"]).ends(2);
}

#[test]
fn on_a_captured_node_the_agent_and_the_owners_of_flows_are_told() {
    let args = ["plan", "demo:sg-rich", "-", "--node", "compute1", "--bridge", "br-int", "--json"];
    let found = fed(&args, b"delete table=82,tcp\n").ends(0).json();
    let request = &found["requests"][0];
    assert!(!request["deleted"].as_array().unwrap().is_empty(), "{request:#}");
    let ids: Vec<_> = request["warnings"].as_array().unwrap().iter().map(|w| w["id"].clone()).collect();
    assert!(ids.contains(&"agent".into()), "{ids:?}");
    let rule = |name: &str| {
        let rules = found["rules"].as_array().unwrap();
        let rule = rules.iter().find(|r| r["rule"]["name"].as_str().unwrap().contains(name));
        rule.unwrap_or_else(|| panic!("{rules:#?}"))["deleted"].as_u64().unwrap()
    };
    assert_eq!((rule("ingress tcp 22 from anywhere"), rule("ingress tcp 80 from anywhere")), (6, 2));
    let packet = &found["packets"][0];
    let ends = (&packet["made_for"], &packet["before"]["verdict"], &packet["after"]["verdict"]);
    assert_eq!(ends, (&1.into(), &"delivered".into(), &"dropped".into()));
}

#[test]
fn a_file_of_flows_can_take_the_place_of_all_of_them() {
    let flows = "priority=9,in_port=1,actions=output:2\npriority=5,ip,actions=output:4\ntable=1,actions=drop\n";
    let text = plan("replaced", flows, &["--replace"]).ends(0).out;
    assert!(text.contains(": 3 requests in OpenFlow15, 1 flow added, 1 modified, 1 deleted\n"), "{text}");
    // What goes stands in no line of the file.
    assert!(text.contains("  1  delete_strict table=0, priority=0\n     - priority=0 actions=drop\n"), "{text}");
    assert!(text.contains("  2  priority=5,ip,actions=output:4\n     - priority=5,ip actions=output:3\n"), "{text}");
    assert!(!text.contains("in_port=1"), "{text}");
    let found = plan("replaced", flows, &["--replace", "--json"]).ends(0).json();
    let lines: Vec<_> = found["requests"].as_array().unwrap().iter().map(|r| r["line"].clone()).collect();
    assert_eq!(lines, [serde_json::Value::Null, 2.into(), 3.into()]);
    assert_eq!(found["requests"][0]["text"], "delete_strict table=0, priority=0");
    let same = plan("replaced", DUMP, &["--replace"]).ends(0).out;
    assert!(same.contains("0 requests"), "{same}");
    let wrong = plan("replaced", "add actions=drop\ndelete tcp\n", &["--replace"]).ends(2);
    assert!(
        wrong.err.contains("`add` is not taken here") && wrong.err.contains("2 lines of `-` are wrong"),
        "{}",
        wrong.err
    );
}

#[test]
fn what_many_flows_share_is_told_once_and_json_has_all_of_it() {
    let dir = place("shared");
    let flows: String = (1..=40).map(|n| format!("table=7,priority=5,reg0={n},actions=output:2\n")).collect();
    std::fs::write(dir.join("many.txt"), flows).unwrap();
    let dump = dir.join("many.txt");
    let dump = dump.to_str().unwrap();
    let text = fed(&["plan", dump, "-"], b"delete table=7\n").ends(0).out;
    let miss: Vec<&str> = text.lines().filter(|line| line.contains("warning miss")).collect();
    assert_eq!(miss, ["     warning miss: what 40 flows of table 7 match matches no flow of it then"], "{text}");
    assert!(text.contains("         priority 5 reg0=0x1\n") && text.contains("         and 37 flows more\n"), "{text}");
    // Over many requests as well.
    let lines: String = (1..=40).map(|n| format!("delete_strict table=7,priority=5,reg0={n}\n")).collect();
    let text = fed(&["plan", dump, "-"], lines.as_bytes()).ends(0).out;
    let wanted =
        "warning miss: what 40 flows of table 7 match matches no flow of it then (requests 1, 2, 3 and 37 more)";
    assert_eq!(text.lines().filter(|line| line.contains("warning miss")).collect::<Vec<_>>(), [wanted], "{text}");
    let found = fed(&["plan", dump, "-", "--json"], lines.as_bytes()).ends(0).json();
    let all = found["requests"].as_array().unwrap().iter().map(|r| r["warnings"].as_array().unwrap().len());
    assert_eq!(all.sum::<usize>(), 40);
    // A few of them stand where they are.
    let text = fed(&["plan", dump, "-"], b"delete table=7,reg0=3\ndelete table=7,reg0=4\n").ends(0).out;
    assert!(text.contains("     warning miss: reg0=0x3 matches no flow of table 7 then\n"), "{text}");
    assert!(text.contains("     warning miss: reg0=0x4 matches no flow of table 7 then\n"), "{text}");
}

#[test]
fn a_word_that_nobody_knows_is_told_before_what_is_missing() {
    let err = plan("word", "add tabl=3\n", &[]).ends(2).err;
    assert!(err.contains("no field `tabl`") && err.contains("did you mean `table`?"), "{err}");
    let err = plan("word", "add table=3,actoins=drop\n", &[]).ends(2).err;
    assert!(err.contains("no field `actoins`") && err.contains("did you mean `actions`?"), "{err}");
    assert!(plan("word", "add table=3\n", &[]).ends(2).err.contains("the actions are missing"));
}

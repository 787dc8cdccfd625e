//! `ofscope parse` and `check-input`, and inputs that are broken or hostile.

use super::{fed, has_keys, run};

const HALF: &[u8] = b" cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, priority=1,ip actions=drop\n \
    cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, priority=1,frob=3 actions=output:1,whirl(2)\n";

#[test]
fn parse_tells_what_was_understood_and_where_not() {
    let typed = b"delete tcp,tp_dst=22\ntable=3,tcp,tp_dts=1,actions=drop\nadd priority=5,actions=2\n";
    let document = fed(&["parse", "-", "--json"], typed).ends(4).json();
    assert_eq!(document["schema"], "ofscope.parse/1");
    let flows = document["flows"].as_array().unwrap();
    assert_eq!(flows.iter().map(|f| f["command"].as_str().unwrap()).collect::<Vec<_>>(), ["delete", "add"]);
    assert_eq!((&flows[0]["every_table"], &flows[1]["priority"]), (&true.into(), &5.into()));
    let wrong = &document["diagnostics"][0];
    has_keys(wrong, "line column message hint severity code");
    assert_eq!((&wrong["line"], &wrong["column"]), (&2.into(), &13.into()));
    assert_eq!(wrong["hint"], "did you mean `tp_dst`?");
    assert_eq!(fed(&["parse", "--json"], b"actions=drop\n").ends(0).json()["diagnostics"], serde_json::json!([]));
    assert!(fed(&["parse"], b"frob=1,actions=drop\n").ends(2).err.contains("no field `frob`"));
    let lines = fed(&["parse", "--jsonl"], HALF).ends(4);
    assert!(lines.out.lines().count() == 2 && lines.err.contains("whirl"), "{}", lines.err);
}

#[test]
fn what_could_be_read_is_printed_and_the_rest_is_told() {
    let half = fed(&["flows", "-"], HALF).ends(4);
    assert_eq!(half.out.as_bytes(), HALF);
    assert!(half.err.contains("frob") && half.err.contains("whirl"), "{}", half.err);
    let document = fed(&["flows", "-", "--json"], HALF).ends(4).json();
    assert_eq!(document["flows"][1]["unknown"], serde_json::json!(["frob=3"]));
    assert!(fed(&["flows", "-", "-q"], HALF).ends(4).err.is_empty());
}

#[test]
fn check_input_lists_every_complaint_with_its_place() {
    let file = std::env::temp_dir().join(format!("ofscope-half-{}.txt", std::process::id()));
    std::fs::write(&file, HALF).unwrap();
    let name = file.to_str().unwrap();
    let said = run(&["check-input", name]).ends(4).out;
    assert!(said.contains(":2:") && said.contains("^^^^") && said.contains("2 could not be read: 2 flows"), "{said}");
    let document = run(&["check-input", name, "--json"]).ends(4).json();
    assert_eq!((&document["errors"], &document["flows"]), (&2.into(), &2.into()));
    let summary = run(&["node", name]).ends(4).err;
    assert!(summary.contains(&format!("`ofscope check-input {name}` lists all of them")), "{summary}");
    std::fs::remove_file(file).unwrap();
    assert!(run(&["check-input", "nodes"]).ends(0).out.starts_with("everything was understood"));
}

#[test]
fn a_flow_file_becomes_the_flows_that_a_switch_would_hold() {
    let file = b"# web\ntable=0,tcp,tp_dst=80,actions=2\ntable=0,tcp,tp_dst=81,actions=mod_tp_dst:80,2\ndelete tcp,tp_dst=80\n";
    let said = fed(&["flows", "-"], file).ends(0);
    assert_eq!(said.out, " tcp,tp_dst=81 actions=set_field:80->tcp_dst,output:2\n");
    let told = fed(&["check-input", "-"], file).ends(0).out;
    assert!(told.contains("-:4:1: note: this deletes 1 of the flows above"), "{told}");
}

#[test]
fn inputs_that_hold_nothing_are_refused_with_a_hint() {
    for (input, what) in [(&b""[..], "nothing"), (b"\n\n", "nothing"), (b"a\0b", "no text"), (b"hello\n", "other text")]
    {
        let said = fed(&["flows", "-"], input).ends(3);
        assert!(said.err.contains(&format!("`-` holds {what}")) && said.err.contains("dump-flows"), "{}", said.err);
    }
}

#[test]
fn lines_ends_of_windows_and_utf_16_are_read() {
    let text = " priority=1,ip actions=drop\r\n priority=2,arp actions=NORMAL\r\n";
    assert_eq!(fed(&["flows", "-"], text.as_bytes()).ends(0).out, text.replace('\r', ""));
    let mut wide = vec![0xff, 0xfe];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(fed(&["flows", "-"], &wide).ends(0).out, text.replace('\r', ""));
}

#[test]
fn a_line_of_a_hundred_megabytes_is_left_out_and_told() {
    let mut text = b" priority=1,ip actions=drop\n priority=2,ip actions=note:".to_vec();
    text.resize(text.len() + (100 << 20), b'0');
    text.extend(b"\n priority=3,ip actions=drop\n");
    let said = fed(&["flows", "-"], &text).ends(4);
    assert_eq!(said.out, " priority=1,ip actions=drop\n priority=3,ip actions=drop\n");
    assert!(said.err.contains("-:2:1: error: the line is longer than 8 MiB"), "{}", said.err);
}

#[test]
fn control_characters_of_an_input_never_reach_standard_error_or_columns() {
    let hostile = " priority=1,in_port=\"\x1b[2Jevil\" actions=drop\n priority=1,\x1b]0;x\x07=3 actions=drop\n";
    for args in [&["flows", "-", "--columns", "match"][..], &["node", "-"], &["check-input", "-"], &["parse", "-"]] {
        let said = fed(args, hostile.as_bytes());
        assert!(!said.err.contains(['\x1b', '\x07']), "{args:?} {:?}", said.err);
        let is_text = args != ["check-input", "-"];
        assert!(!is_text || !said.out.contains(['\x1b', '\x07']), "{args:?} {:?}", said.out);
    }
    let typed = run(&["explain", "frob\x1b[2J=1,actions=drop"]).ends(2);
    assert!(!typed.err.contains('\x1b') && typed.err.contains("\\x1b"), "{}", typed.err);
}

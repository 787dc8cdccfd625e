//! `ofscope flows`, `show` and `explain`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::{DEMO, fed, has_keys, on_demo, program, run};

/// The keys that the contract with scripts promises of a flow.
const FLOW: &str = "node bridge table priority match actions cookie n_packets n_bytes duration idle_timeout \
    hard_timeout flags importance text origin owners";

fn dump() -> String {
    on_demo("flows", &[]).ends(0).out
}

#[test]
fn flows_are_printed_as_the_dump_has_them() {
    let file = "nodes/sg-rich/compute1";
    let said = run(&["flows", file]).ends(0).out;
    assert!(said.lines().count() > 600 && said.lines().all(|line| line.starts_with(" cookie=0x")));
    // What is printed is a dump again.
    assert_eq!(fed(&["flows", "-"], said.as_bytes()).ends(0).out, said);
    assert_eq!(fed(&["flows"], said.as_bytes()).ends(0).out, said);
}

#[test]
fn a_filter_a_table_an_order_and_a_limit_choose_flows() {
    let all = dump();
    let drops = on_demo("flows", &["-f", "drop"]).ends(0).out;
    assert!(!drops.is_empty() && drops.lines().all(|l| l.ends_with("actions=drop")));
    let of_table = on_demo("flows", &["-t", "82"]).ends(0).out;
    assert_eq!(of_table.lines().count(), all.lines().filter(|l| l.contains(" table=82,")).count());
    assert_eq!(on_demo("flows", &["-t", "rules_ingress"]).ends(0).out, of_table);
    let few = on_demo("flows", &["--sort", "packets", "--limit", "5"]).ends(0).out;
    let packets =
        |line: &str| -> u64 { line.split("n_packets=").nth(1).unwrap().split(',').next().unwrap().parse().unwrap() };
    let counts: Vec<u64> = few.lines().map(packets).collect();
    assert_eq!(counts.len(), 5);
    assert!(counts.is_sorted_by(|a, b| a >= b) && counts[0] == all.lines().map(packets).max().unwrap());
    let reversed = on_demo("flows", &["--sort", "packets", "--reverse", "--limit", "1"]).ends(0).out;
    assert!(reversed.contains("n_packets=0"));
}

#[test]
fn no_flow_is_the_answer_no_and_a_wrong_filter_gets_a_caret() {
    let none = on_demo("flows", &["-f", "tcp_dst = 4711"]).ends(1);
    assert!(none.out.is_empty());
    let wrong = on_demo("flows", &["-f", "tcp_dts = 80"]).ends(2);
    assert!(wrong.err.contains("\n  tcp_dts = 80\n  ^^^^^^^ did you mean `tcp_dst`?"), "{}", wrong.err);
    assert!(wrong.out.is_empty());
    let table = on_demo("flows", &["-t", "rules_ingres"]).ends(2);
    assert!(table.err.contains("did you mean `RULES_INGRESS`?"), "{}", table.err);
}

#[test]
fn json_has_what_the_contract_promises() {
    let document = on_demo("flows", &["-f", "table=82", "--limit", "3", "--json"]).ends(0).json();
    assert_eq!(document["schema"], "ofscope.flows/1");
    assert_eq!((&document["node"], &document["bridge"]), (&"compute1".into(), &"br-int".into()));
    let flows = document["flows"].as_array().unwrap();
    assert_eq!(flows.len(), 3);
    for flow in flows {
        has_keys(flow, FLOW);
        assert!(flow["table"] == 82 && flow["cookie"].is_u64() && flow["duration"].is_f64());
        assert!(flow["origin"]["line"].as_u64().unwrap() > 1);
        for owner in flow["owners"].as_array().unwrap() {
            has_keys(owner, "system kind id name why");
        }
        let text = flow["text"].as_str().unwrap();
        assert!(text.starts_with("cookie=0x") && text.contains(flow["match"].as_str().unwrap()), "{text}");
        assert!(text.ends_with(&format!("actions={}", flow["actions"].as_str().unwrap())));
    }
    assert_eq!(on_demo("flows", &["-f", "tcp_dst=4711", "--json"]).ends(1).json()["flows"], Value::Array(Vec::new()));
}

#[test]
fn json_lines_are_the_same_objects() {
    let document = on_demo("flows", &["--json"]).ends(0).json();
    let lines = on_demo("flows", &["--jsonl"]).ends(0).out;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(document["flows"], Value::Array(lines));
    assert_eq!(document["count"], dump().lines().count());
}

#[test]
fn columns_are_aligned_and_show_what_was_asked_for() {
    let said = on_demo("flows", &["-t", "0", "--columns", "id,table,priority,match,actions"]).ends(0).out;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["ID", "TBL", "PRIO", "MATCH", "ACTIONS"]);
    let at = lines[0].find("ACTIONS").unwrap();
    assert!(lines[1..].iter().all(|line| line.as_bytes()[at - 1] == b' ' && line.as_bytes()[at] != b' '), "{said}");
}

#[test]
fn lines_for_ovs_ofctl_add_the_same_flows_or_delete_exactly_them() {
    let args = ["-f", "table=82 and tcp", "--limit", "20"];
    let add = on_demo("flows", &[&args[..], &["--format", "ofctl"]].concat()).ends(0).out;
    let delete = on_demo("flows", &[&args[..], &["--format", "ofctl-del"]].concat()).ends(0).out;
    assert_eq!((add.lines().count(), delete.lines().count()), (20, 20));
    assert!(delete.lines().all(|l| l.starts_with("delete_strict table=82,priority=")));
    // Both are read as `ovs-ofctl` reads them: nothing stays.
    fed(&["fmt", "-O", "OpenFlow13"], add.as_bytes()).ends(0);
    assert_eq!(fed(&["flows", "-"], add.as_bytes()).ends(0).out.lines().count(), 20);
    assert_eq!(fed(&["flows", "-"], format!("{add}{delete}").as_bytes()).ends(1).out, "");
}

#[test]
fn flows_fold_into_templates() {
    let said = on_demo("flows", &["--group", "template"]).ends(0).out;
    let counts = said.lines().skip(1).filter_map(|l| l.split_whitespace().next()?.parse::<usize>().ok());
    let counts: Vec<usize> = counts.collect();
    let (flows, groups) = (dump().lines().count(), counts.len() - 1);
    assert!(said.ends_with(&format!("{flows} flows in {groups} groups\n")), "{said}");
    assert_eq!(counts[..groups].iter().sum::<usize>(), flows);
    let document = on_demo("flows", &["--group", "cookie", "--json"]).ends(0).json();
    has_keys(&document["groups"][0], "count table priority n_packets n_bytes text flows");
    let nobodys = " cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, actions=drop\n";
    let sg = fed(&["flows", "-", "--group", "sg"], nobodys.as_bytes()).ends(2);
    assert!(sg.err.contains("needs the objects of Neutron") && sg.err.contains("template"), "{}", sg.err);
}

#[test]
fn a_reader_that_leaves_ends_the_work_quietly() {
    let args = ["flows"].into_iter().chain(DEMO);
    let mut child = program().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::with_capacity(1, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with(" cookie="));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_flow_is_shown_by_its_id_its_match_and_its_line() {
    let flow = &on_demo("flows", &["-f", "table=82 and packets > 0", "--limit", "1", "--json"]).json()["flows"][0];
    let id = flow["id"].as_str().unwrap();
    let by_id = on_demo("show", &[id]).ends(0).out;
    assert!(by_id.contains(flow["text"].as_str().unwrap()) && by_id.contains("MATCHES") && by_id.contains("DOES"));
    assert!(by_id.starts_with(&format!("flow {id} of compute1 br-int, table 82 RULES_INGRESS, priority ")), "{by_id}");
    assert_eq!(on_demo("show", &[flow["text"].as_str().unwrap()]).ends(0).out, by_id);
    let by_match = format!("table=82,priority={},{}", flow["priority"], flow["match"].as_str().unwrap());
    assert_eq!(on_demo("show", &[&by_match]).ends(0).out, by_id);
    let document = on_demo("show", &[id, "--json"]).ends(0).json();
    has_keys(&document, "schema flow summary fields actions notes from to");
    has_keys(&document["flow"], FLOW);
    assert_eq!(document["flow"]["id"], id);
}

#[test]
fn a_flow_that_is_not_there_or_not_the_only_one_is_told() {
    on_demo("show", &["ffffffffffffffff"]).ends(1);
    let several = on_demo("show", &["table=82"]).ends(2);
    assert!(several.err.contains("flows") && several.err.contains("by its id"), "{}", several.err);
}

#[test]
fn a_pasted_flow_is_explained_without_a_source() {
    let said = run(&["explain", "table=0,tcp,tp_dst=22,actions=drop"]).ends(0).out;
    assert!(said.contains("SSH") && said.contains("dropped"), "{said}");
    let wrong = run(&["explain", "tcp,tp_dst=22,actions=frob"]).ends(2);
    assert!(wrong.err.contains("^^^^") && wrong.err.contains("no action `frob`"), "{}", wrong.err);
    let document = fed(&["explain", "-", "--json"], b"actions=drop\n\n# note\nip,actions=normal\n").ends(0).json();
    assert_eq!(document["flows"].as_array().unwrap().len(), 2);
    has_keys(&document["flows"][0], "flow summary fields actions");
    fed(&["explain", "-"], b"actions=drop\nfrob\n").ends(4);
}

#[test]
fn a_flow_of_a_rule_names_the_rule_its_group_and_the_port() {
    let filter = "table=82, priority=73, tcp, tp_dst=5432, ct_state=+new-est, reg5=3";
    let words = ["flows", "demo:sg-rich", "--node", "compute1", "-f", filter, "--json"];
    let document = run(&words).ends(0).json();
    let owners = document["flows"][0]["owners"].as_array().unwrap().clone();
    let of_kind = |kind: &str| owners.iter().find(|o| o["kind"] == kind).unwrap().clone();
    let rule = of_kind("security-group-rule");
    assert_eq!(rule["name"], "security group many: ingress tcp 5432 from group clients");
    assert_eq!((&rule["system"], &rule["why"]), (&"neutron".into(), &"from the neutron file".into()));
    assert!(rule["id"].as_str().unwrap().starts_with("6cde310f-"), "{rule}");
    assert_eq!((&of_kind("security-group")["name"], &of_kind("port")["name"]), (&"many".into(), &"srv".into()));
    assert_eq!(of_kind("agent")["why"], "from cookie");
}

#[test]
fn a_flow_of_ovn_names_the_rule_and_the_acl_even_where_it_has_no_cookie() {
    let names = |filter: &str| {
        let words =
            ["flows", "demo:ovn-sg-rich-ovn2403", "--node", "compute1", "-f", filter, "--jsonl", "--limit", "1"];
        let flow: Value = serde_json::from_str(run(&words).ends(0).out.lines().next().unwrap()).unwrap();
        let owners = flow["owners"].as_array().unwrap();
        owners
            .iter()
            .map(|o| format!("{} {}", o["kind"].as_str().unwrap(), o["name"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let whole = names("table=46, priority=2002, tcp, tp_dst=80");
    assert_eq!(whole[0], "security-group-rule security group web: ingress tcp 80 from anywhere");
    assert!(whole.iter().any(|o| o.starts_with("acl ") && o.contains("to-lport 1002 allow-related: ")), "{whole:?}");
    assert!(whole.iter().any(|o| o.starts_with("logical-flow ls_out_acl_eval, priority 2002: ")), "{whole:?}");
    let clause = names("table=46, cookie=0, conj");
    assert!(clause[0].starts_with("security-group-rule security group "), "{clause:?}");
}

#[test]
fn a_flow_of_a_firewall_names_the_rule_by_its_place_in_the_policy() {
    let names = |filter: &str| {
        let ran = run(&["flows", "demo:fwaas-l2", "--node", "compute1", "--bridge", "br-int", "-f", filter, "--json"]);
        let flows = ran.json()["flows"].as_array().unwrap().clone();
        flows.iter().map(|f| f["owners"][0]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        names("table=69, priority=78, reg5=3, ct_state=+new-est"),
        ["firewall rule deny-bad: deny tcp 80 from 10.60.0.66 (the driver leaves out the addresses)"]
    );
    assert_eq!(
        names("table=69, priority=72, reg5=3, ct_state=+new-est"),
        ["firewall rule disabled-one: allow tcp 9999 (disabled, and installed all the same)"]
    );
    assert_eq!(names("fwrule = c9907efb"), Vec::<String>::new());
    let of_rules = names("fwrule and table = 65").len();
    assert!(of_rules > 20 && of_rules == names("table = 65, fw in {fg-fwa, fg-fwb}").len(), "{of_rules}");
}

#[test]
fn flows_are_found_and_folded_by_the_security_group_they_were_made_for() {
    let lines = |filter: &str| {
        let ran = run(&["flows", "demo:sg-rich", "--node", "compute1", "-f", filter]);
        ran.out.lines().count()
    };
    let (of_group, of_any, of_others) = (lines("sg = many"), lines("sg"), lines("sg != many"));
    assert!(of_group > 100 && of_any == of_group + of_others, "{of_group} {of_any} {of_others}");
    assert_eq!(lines("sg = many, not sg = many"), 0);
    assert_eq!(lines("sg = 2eb62036"), of_group, "a group goes by the beginning of its UUID, too");
    assert!(lines("sgrule = 6cde310f") > 5 && lines("vm = srv") > 50 && lines("owner = l2") > 500);
    assert_eq!((lines("stale"), lines("hand"), lines("orphan")), (0, 0, 0));
    let folded = run(&["flows", "demo:sg-rich", "--node", "compute1", "--group", "sg"]).ends(0);
    assert!(folded.out.lines().any(|line| line.ends_with("sg = many, sg = web")), "{}", folded.out);
}

//! `ofscope diff`.

use super::{fed, run};

const BEFORE: &str = "diffs/flow-deleted/before";
const AFTER: &str = "diffs/flow-deleted/after";

#[test]
fn a_capture_is_the_same_as_itself() {
    let found = run(&["diff", "demo:sg-rich", "demo:sg-rich"]).ends(0);
    assert!(found.out.starts_with("no flow differs; 975 flows are the same"), "{}", found.out);
}

#[test]
fn deleted_flows_are_told_by_table_and_nothing_else_is() {
    let text = run(&["diff", BEFORE, AFTER]).ends(1).out;
    let removed: Vec<&str> = text.lines().filter(|line| line.starts_with("  - ")).collect();
    assert_eq!(removed.len(), 2, "{text}");
    assert!(removed.iter().all(|line| line.contains("tcp,reg5=0x3,tp_dst=443 actions=")), "{text}");
    assert!(
        text.contains("  table 82 RULES_INGRESS\n") && text.contains("\n2 removed; 174 flows are the same\n"),
        "{text}"
    );
    assert!(!text.contains("  + ") && !text.contains("  ~ "), "{text}");
    let back = run(&["diff", AFTER, BEFORE]).ends(1).out;
    assert_eq!(back.lines().filter(|line| line.starts_with("  + ")).count(), 2, "{back}");
}

#[test]
fn a_witness_is_delivered_before_and_dropped_after() {
    let found = run(&["diff", BEFORE, AFTER, "--meaning", "--json"]).ends(1).json();
    let witnesses = found["witnesses"].as_array().unwrap();
    // Both flows are to blame for the same, so one packet shows it.
    let [witness] = &witnesses[..] else { panic!("{witnesses:#?}") };
    assert_eq!(witness["before"]["verdict"], "delivered", "{witness}");
    assert_eq!(witness["after"]["verdict"], "dropped", "{witness}");
    assert!(witness["packet"].as_str().unwrap().contains("tp_dst=443"), "{witness}");
    assert_eq!(witness["flows"].as_array().unwrap().len(), 2, "{witness}");
    let text = run(&["diff", BEFORE, AFTER, "--meaning"]).ends(1).out;
    assert!(text.contains("\n     before  delivered: ") && text.contains("\n     after   dropped: "), "{text}");
    assert!(text.contains("packets fare otherwise in 1 way; 2 flows are to blame\n"), "{text}");
}

#[test]
fn flows_that_change_nothing_for_any_packet_found_are_said_to_mean_the_same_and_no_more() {
    let rest = "priority=1,in_port=1 actions=output:2\npriority=0 actions=drop";
    let more = format!("priority=5,tcp,in_port=1,tp_dst=80 actions=output:2\n{rest}");
    let text = with_files("means", rest, &more, &["--meaning"]).ends(1).out;
    assert!(text.contains("same in meaning as far as 1 packet showed\n"), "{text}");
    let hidden = format!("{rest}\npriority=0,tcp,in_port=1 actions=output:3");
    let text = with_files("hidden", rest, &hidden, &["--meaning"]).ends(1).out;
    assert!(text.contains("1 flow gets no packet, others of the table take all\n"), "{text}");
}

#[test]
fn the_answer_has_the_fields_of_the_contract() {
    let found = run(&["diff", BEFORE, AFTER, "--json"]).ends(1).json();
    assert_eq!(found["schema"], "ofscope.diff/1");
    assert_eq!(found["same"], false);
    let sizes = ["added", "removed", "modified", "witnesses"].map(|key| found[key].as_array().unwrap().len());
    assert_eq!(sizes, [0, 2, 0, 0]);
    assert_eq!(found["removed"][0]["table"], 82);
    assert_eq!(found["ignored"]["cookie"], 0);
    assert!(found["ignored"]["n_packets"].as_u64().unwrap() > 0);
    let changed =
        with_files("a", "arp,idle_timeout=3 actions=drop", "arp actions=output:1", &["--json"]).ends(1).json();
    assert_eq!(changed["modified"][0]["fields"], serde_json::json!(["actions", "idle_timeout"]));
    assert_eq!(changed["modified"][0]["old"]["actions"], "drop");
    assert_eq!(changed["modified"][0]["new"]["actions"], "output:1");
}

/// Compares two dumps of these lines.
fn with_files(name: &str, a: &str, b: &str, more: &[&str]) -> super::Run {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("diff-{name}"));
    std::fs::create_dir_all(&dir).unwrap();
    let (left, right) = (dir.join("a.txt"), dir.join("b.txt"));
    std::fs::write(&left, format!("{a}\n")).unwrap();
    std::fs::write(&right, format!("{b}\n")).unwrap();
    let mut args = vec!["diff", left.to_str().unwrap(), right.to_str().unwrap()];
    args.extend(more);
    run(&args)
}

#[test]
fn an_agent_that_restarts_makes_no_difference() {
    let path = crate::fixtures().join(AFTER).join("compute2/br-int/flows-of13.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let own = "cookie=0xc92d56ef64e78c7c";
    assert!(text.matches(own).count() > 100, "the agent has another cookie");
    let again = text.replace(own, "cookie=0x1");
    let found = with_files("restart", &text, &again, &["--json"]).ends(0).json();
    assert_eq!(found["ignored"]["cookie"], text.matches(own).count());
    let strict = with_files("restart", &text, &again, &["--with", "cookie", "--json"]).ends(1).json();
    assert_eq!(strict["modified"].as_array().unwrap().len(), text.matches(own).count());
    assert!(strict["modified"].as_array().unwrap().iter().all(|m| m["fields"] == serde_json::json!(["cookie"])));
}

#[test]
fn what_is_to_be_ignored_is_counted() {
    let (a, b) = ("arp,idle_timeout=3 actions=drop", "arp,hard_timeout=3 actions=drop");
    with_files("ignore", a, b, &[]).ends(1);
    let found = with_files("ignore", a, b, &["--ignore", "timeouts", "--json"]).ends(0).json();
    assert_eq!((&found["ignored"]["idle_timeout"], &found["ignored"]["hard_timeout"]), (&1.into(), &1.into()));
    let wrong = with_files("ignore", a, b, &["--ignore", "cokie"]).ends(2);
    assert!(wrong.err.contains("'cookie'"), "{}", wrong.err);
}

#[test]
fn two_nodes_of_one_cloud_are_the_same_by_role_where_only_numbers_and_addresses_tell_them_apart() {
    let nodes = ["diff", "demo:vxlan-two-hosts", "demo:vxlan-two-hosts", "--node", "compute1", "--node-b", "compute2"];
    let asked = |more: &[&str]| run(&[&nodes, more].concat());
    let plain = asked(&["--bridge", "br-int"]).ends(1).out;
    assert!(plain.contains("24 removed, 24 added"), "{plain}");
    let text = asked(&["--bridge", "br-int", "--by-role"]).ends(0).out;
    assert!(text.contains("(vm1) = port 3 tapa4e8ba16-92 (vm3)\n") && text.contains("no flow differs; 138"), "{text}");
    // Behind the tunnel of each are the instances of the other.
    let tunnels = asked(&["--bridge", "br-tun", "--by-role", "--json"]).ends(0).json();
    assert_eq!(tunnels["bridges"][0]["same"], 21);
    assert_eq!(tunnels["bridges"][0]["roles"][2]["what"], "vxlan tunnel", "{tunnels:#}");
}

#[test]
fn a_port_that_only_one_node_has_is_told_by_role_and_other_differences_stay() {
    let asked = |more: &[&str]| {
        let nodes = ["diff", "demo:sg-rich", "demo:sg-rich", "--node", "compute1", "--node-b", "compute2"];
        run(&[&nodes, ["--bridge", "br-int", "--by-role"].as_slice(), more].concat())
    };
    let text = asked(&[]).ends(1).out;
    assert!(text.contains("security groups db: - = port 5"), "{text}");
    // What comes with that port is all there is to add: the others do as their counterparts.
    let added = asked(&["--json"]).json()["added"].clone();
    let is_own = |flow: &serde_json::Value| {
        let text = flow["text"].as_str().unwrap();
        ["reg5=0x5", "in_port=5", "fa:16:3e:a3:d9:70"].iter().any(|own| text.contains(own))
    };
    assert!(added.as_array().unwrap().iter().all(is_own), "{added:#}");
}

#[test]
fn large_dumps_whose_texts_are_compared_first_differ_in_the_same_as_when_all_of_them_is_understood() {
    let line = |n: u32, cookie: u32, packets: u32, more: &str| {
        format!(
            " cookie={cookie:#x}, duration={packets}.5s, table={}, n_packets={packets}, n_bytes=0, \
             priority={},tcp,reg5={:#x},tp_dst={} actions=mod_dl_dst:fa:16:3e:00:00:01,resubmit(,9){more}\n",
            n % 7,
            n % 5,
            n / 100,
            n % 100
        )
    };
    let a: String = (0..4000).map(|n| line(n, 1, n, "")).collect();
    let b = (3..4003).map(|n| match n % 500 {
        0 => line(n, 2, n, ",output:1"),
        // Another word for the same.
        1 => line(n, 1, n, "").replace("mod_dl_dst:fa:16:3e:00:00:01", "set_field:fa:16:3e:00:00:01->eth_dst"),
        2 => line(n, 2, n, ""),
        3 => line(n, 1, n + 1, ""),
        _ => line(n, 1, n, ""),
    });
    let b: String = b.collect();
    assert!(a.len() > 1 << 18, "too small for the quick way");
    for more in [&[][..], &["--with", "cookie"], &["--ignore", "actions"]] {
        let text = with_files("large", &a, &b, more).out;
        let json = with_files("large", &a, &b, &[more, &["--json"]].concat()).json();
        let count = |key: &str| json[key].as_array().unwrap().len();
        for (key, sign) in [("removed", "  - "), ("added", "  + "), ("modified", "  ~ ")] {
            let told: Vec<&str> = text.lines().filter(|line| line.starts_with(sign)).collect();
            assert_eq!(told.len(), count(key), "{more:?} {key}: {}", &text[text.len() - 300..]);
        }
        let grouped = |n: u64| ofscope::base::number::grouped(n);
        let same = json["bridges"][0]["same"].as_u64().unwrap();
        assert!(text.contains(&format!("; {} flows are the same\n", grouped(same))), "{more:?} {same} {text}");
        for (name, n) in json["ignored"].as_object().unwrap() {
            let told = format!("{} in {name}", grouped(n.as_u64().unwrap()));
            assert!(*n == 0 || text.contains(&told), "{more:?} {told}");
        }
    }
}

/// How many lines of `ovs-ofctl diff-flows` begin with a sign.
fn told(text: &str, sign: char) -> usize {
    text.lines().filter(|line| line.starts_with(sign)).count()
}

#[test]
fn as_many_flows_differ_as_ovs_ofctl_says() {
    let said = std::fs::read_to_string(crate::fixtures().join("diffs/ovn-200.expected")).unwrap();
    let found =
        run(&["diff", "diffs/ovn-200.a.txt", "diffs/ovn-200.b.txt", "--with", "cookie", "--json"]).ends(1).json();
    let count = |key: &str| found[key].as_array().unwrap().len();
    assert_eq!(count("removed") + count("modified"), told(&said, '-'));
    assert_eq!(count("added") + count("modified"), told(&said, '+'));
    for (key, sign) in [("removed", '-'), ("added", '+')] {
        for flow in found[key].as_array().unwrap() {
            let matching = flow["match"].as_str().unwrap();
            let is_it = |line: &str| line.starts_with(sign) && line.contains(matching);
            assert!(said.lines().any(is_it), "{flow}");
        }
    }
}

#[test]
fn the_lines_for_ovs_ofctl_make_one_of_the_other() {
    let lines = run(&["diff", "diffs/ovn-200.a.txt", "diffs/ovn-200.b.txt", "--format", "ofctl"]).ends(1).out;
    let starts = |word: &str| lines.lines().filter(|line| line.starts_with(word)).count();
    let found = run(&["diff", "diffs/ovn-200.a.txt", "diffs/ovn-200.b.txt", "--json"]).json();
    let count = |key: &str| found[key].as_array().unwrap().len();
    assert_eq!(starts("delete_strict "), count("removed"));
    assert_eq!(starts("add ") + starts("modify_strict "), count("added") + count("modified"));
    assert_eq!(lines.lines().count(), starts("delete_strict ") + count("added") + count("modified"));
    // What is added or modified are flows of the second file.
    let comes = lines.lines().filter_map(|l| l.strip_prefix("add ").or_else(|| l.strip_prefix("modify_strict ")));
    let added: String = comes.map(|line| format!("{line}\n")).collect();
    let of_b = fed(&["diff", "diffs/ovn-200.b.txt", "-", "--json"], added.as_bytes()).json();
    assert_eq!((of_b["added"].as_array().unwrap().len(), of_b["modified"].as_array().unwrap().len()), (0, 0));
}

#[test]
fn lines_for_several_bridges_are_refused() {
    let wrong = run(&["diff", "demo:sg-rich", BEFORE, "--format", "ofctl"]).ends(2);
    assert!(wrong.err.contains("several bridges changed") && wrong.err.contains("--bridge"), "{}", wrong.err);
    assert!(wrong.out.is_empty(), "{}", wrong.out);
}

#[test]
fn a_field_without_brackets_is_no_port() {
    with_files("field", "arp actions=output:reg7", "arp actions=output:NXM_NX_REG7[]", &[]).ends(0);
    with_files("quoted", "arp actions=output:\"reg7\"", "arp actions=output:NXM_NX_REG7[]", &[]).ends(1);
}

#[test]
fn a_dump_is_compared_with_the_bridge_of_a_node_that_is_called_alike_or_named() {
    let dump = "diffs/flow-deleted/after/compute2/br-int/flows-of13.txt";
    let found = run(&["diff", BEFORE, dump, "--json"]).ends(1).json();
    assert_eq!((found["removed"].as_array().unwrap().len(), found["bridges"].as_array().unwrap().len()), (2, 1));
    let wrong = run(&["diff", "demo:sg-rich", "demo:sg-rich", "--node", "compute9"]).ends(2);
    assert!(wrong.err.contains("there is no node `compute9`"), "{}", wrong.err);
    let wrong = run(&["diff", "demo:sg-rich", "demo:sg-rich", "--bridge", "br-imt"]).ends(2);
    assert!(wrong.err.contains("there is no bridge `br-imt`"), "{}", wrong.err);
}

#[test]
fn a_bridge_that_only_one_side_has_is_a_difference() {
    let found = run(&["diff", "demo:sg-rich", BEFORE, "--node", "compute1", "--json"]).ends(1).json();
    let gone: Vec<_> = found["bridges"].as_array().unwrap().iter().map(|b| b["in"].as_str().unwrap()).collect();
    assert!(!gone.is_empty() && gone.iter().all(|side| *side == "a"), "{gone:?}");
    assert!(!found["removed"].as_array().unwrap().is_empty());
}

#[test]
fn a_side_that_is_not_there_or_comes_twice_is_refused() {
    run(&["diff", "no-such-file", BEFORE]).ends(3);
    run(&["diff", BEFORE, "no-such-file"]).ends(3);
    let wrong = run(&["diff", "-", "-"]).ends(2);
    assert!(wrong.err.contains("standard input can be read only once"), "{}", wrong.err);
    let partial = with_files("partial", "arp actions=drop", "arp actions=drop\ntable=x actions=drop", &[]);
    assert_eq!(partial.code, 4, "{}{}", partial.out, partial.err);
}

//! `ofscope trace`: there and back, by name, for a flow, and what is typed wrong.

use super::run;

const HOSTS: &str = "nodes/vxlan-two-hosts";

#[test]
fn a_packet_by_name_goes_through_the_tunnel_to_the_other_node() {
    let answer = run(&["trace", HOSTS, "from vm1 to vm3 tcp 80", "--json"]).ends(0).json();
    assert_eq!(answer["schema"], "ofscope.trace/1");
    assert_eq!(answer["verdict"], "delivered");
    let legs = answer["legs"].as_array().unwrap();
    let at: Vec<_> = legs.iter().map(|leg| (leg["node"].as_str().unwrap(), leg["bridge"].as_str().unwrap())).collect();
    assert_eq!(at, [("compute1", "br-int"), ("compute2", "br-tun")]);
    let last = answer["outputs"].as_array().unwrap().last().unwrap();
    assert_eq!((last["node"].as_str(), last["bridge"].as_str()), (Some("compute2"), Some("br-int")));
    assert!(answer["drop"].is_null());
}

#[test]
fn the_reply_finds_the_connection_that_the_packet_made() {
    let run = run(&["trace", HOSTS, "from vm1 to vm3 tcp 80", "--reply", "--json"]).ends(0);
    let back = &run.json()["reply"];
    assert_eq!(back["verdict"], "delivered");
    assert_eq!(back["legs"][0]["node"], "compute2");
    let assumed = back["assumed"].to_string();
    assert!(assumed.contains("of which this is a reply"), "{assumed}");
    // Without the connection, the far end would not be let through as a reply.
    let steps = back["steps"].as_array().unwrap();
    assert!(steps.iter().any(|s| s["table"] == 72 && s["match"].as_str().unwrap().contains("+rpl")), "{steps:?}");
}

#[test]
fn what_connection_tracking_answers_is_counted_over_the_nodes() {
    let way = |answers: &[&str]| {
        let mut args = vec!["trace", HOSTS, "from vm1 to vm3 tcp 80", "--json"];
        answers.iter().for_each(|answer| args.extend(["--ct-next", answer]));
        run(&args).ends(0).json()
    };
    // The first node asks once, so the second answer is for the second node.
    assert_eq!(way(&["trk,new", "trk,new"])["verdict"], "delivered");
    let lost = way(&["trk,new", "trk,inv"]);
    assert_eq!((&lost["verdict"], &lost["drop"]["node"]), (&"dropped".into(), &"compute2".into()));
    let lost = way(&["trk,inv", "trk,new"]);
    assert_eq!((&lost["verdict"], &lost["drop"]["node"]), (&"dropped".into(), &"compute1".into()));
}

#[test]
fn what_is_expected_decides_the_exit_code() {
    run(&["trace", HOSTS, "from vm1 to vm3 tcp 80", "--expect", "drop"]).ends(1);
    run(&["trace", HOSTS, "from vm1 to vm3 tcp 80", "--expect", "port=tapa4e8ba16-92"]).ends(0);
    run(&["trace", HOSTS, "from vm1 to vm3 tcp 80,nw_src=10.9.9.9", "--expect", "drop"]).ends(0);
}

#[test]
fn a_packet_is_found_for_a_flow_and_comes_by_it() {
    let at = ["--node", "compute1", "--bridge", "br-int"];
    let flow = "table=82,priority=70,conj_id=17,reg5=0x3";
    let answer = run(&[&["trace", HOSTS, "--flow", flow, "--json"][..], &at].concat()).ends(0).json();
    let steps = answer["steps"].as_array().unwrap();
    let hit = steps.iter().find(|s| s["table"] == 82).expect("it comes to table 82");
    assert!(hit["match"].as_str().unwrap().contains("conj_id=17"), "{hit}");
    assert!(!hit["via"].as_array().unwrap().is_empty(), "clauses led to it");
}

#[test]
fn a_shadowed_flow_is_told_with_those_that_shadow_it() {
    let dump = " table=0, priority=2,ip actions=drop\n table=0, priority=1,tcp,tp_dst=80 actions=output:2\n";
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("shadowed.txt");
    std::fs::write(&path, dump).unwrap();
    let said = run(&["trace", path.to_str().unwrap(), "--flow", "priority=1,tcp"]).ends(1).out;
    assert!(said.contains("no packet gets this flow") && said.contains("priority=2,ip"), "{said}");
}

#[test]
fn what_is_typed_wrong_is_shown_with_a_caret() {
    for (packet, wrong) in [
        ("in_port=3,tcp,dl_type=0x0806", "contradicts"),
        ("in_port=99,tcp", "no port `99`"),
        ("from vm1 to vm9 tcp 80", "nobody is called `vm9`"),
        ("from vm1 to vm3 tpc 80", "did you mean `tcp`"),
        ("ffff00", "14 bytes"),
    ] {
        let said = run(&["trace", HOSTS, "--node", "compute1", packet]).ends(2).err;
        assert!(said.contains(wrong) && said.contains('^'), "{packet}: {said}");
    }
    run(&["trace", HOSTS, "--node", "compute1", "@no-such-file.pcap"]).ends(3);
}

#[test]
fn a_loop_ends_at_the_limits_of_the_switch_and_says_so() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("loop.txt");
    std::fs::write(&path, " table=0, priority=1 actions=resubmit(,0)\n").unwrap();
    let said = run(&["trace", path.to_str().unwrap(), "in_port=1,tcp"]).ends(0).out;
    assert!(said.contains("Recursion too deep") && said.contains("flow-loop"), "{said}");
}

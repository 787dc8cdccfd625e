//! `ofscope check`.

use super::run;

#[test]
fn a_healthy_node_has_neither_errors_nor_warnings() {
    for demo in
        ["demo:sg-rich", "demo:vxlan-two-hosts", "demo:fwaas-l2", "demo:ovn-two-chassis", "demo:ovn-sg-rich-ovn2403"]
    {
        run(&["check", demo, "--least", "warning"]).ends(0);
    }
}

#[test]
fn findings_have_the_fields_of_the_contract() {
    let found = run(&["check", "demo:fwaas-l2", "--json"]).ends(1).json();
    assert_eq!(found["schema"], "ofscope.check/1");
    let findings = found["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for finding in findings {
        for key in ["id", "severity", "sentence", "node", "bridge", "flows", "object", "hint"] {
            assert!(finding.get(key).is_some(), "{key} of {finding}");
        }
        for flow in finding["flows"].as_array().unwrap() {
            assert!(flow["text"].as_str().is_some_and(|text| text.contains("actions=")), "{flow}");
        }
    }
}

#[test]
fn the_list_names_every_check_with_its_sentence() {
    let list = run(&["check", "--list"]).ends(0).out;
    for row in ofscope::check::FINDINGS {
        let line = list.lines().find(|line| line.split_whitespace().next() == Some(row.id));
        assert!(line.is_some_and(|line| line.contains(row.severity.word())), "{}", row.id);
    }
    assert_eq!(
        run(&["check", "--list", "--json"]).json()["checks"].as_array().unwrap().len(),
        ofscope::check::FINDINGS.len()
    );
}

#[test]
fn only_some_checks_are_run_and_a_slip_of_the_finger_is_told() {
    let found = run(&["check", "demo:fwaas-l2", "--only", "shadowed-flow,flow-loop", "--json"]).ends(1).json();
    assert!(found["findings"].as_array().unwrap().iter().all(|f| f["id"] == "shadowed-flow"));
    let wrong = run(&["check", "demo:fwaas-l2", "--only", "shadowd-flow"]).ends(2);
    assert!(wrong.err.contains("'shadowed-flow'"), "{}", wrong.err);
    run(&["check", "demo:fwaas-l2", "--only", "flow-loop"]).ends(0);
}

#[test]
fn people_get_the_flows_and_what_to_do() {
    let text = run(&["check", "demo:fwaas-l2", "--only", "shadowed-flow"]).ends(1).out;
    for words in
        ["notes\n", "shadowed-flow  compute1 br-int", "priority=105,in_port=3", "-> ", "more flows: --json has them"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let one = run(&["check", "demo:fwaas-l2", "--bridge", "br-tun", "--only", "shadowed-flow"]).ends(0).out;
    assert_eq!(one, "nothing was found\n");
}

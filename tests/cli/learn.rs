//! `ofscope learn` and `sandbox:`.

use std::fs;
use std::path::PathBuf;

use super::{Run, fed, program, run};

/// A directory of its own for what is kept.
fn state(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("learn").join(name);
    let _ = fs::remove_dir_all(&dir);
    dir
}

fn run_in(state: &PathBuf, args: &[&str]) -> Run {
    let output = program().env("XDG_STATE_HOME", state).args(args).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn the_course_is_listed_and_a_lesson_is_shown() {
    let list = run(&["learn", "--list"]).ends(0);
    assert!(list.out.contains("priorities") && list.out.contains("Incidents"), "{}", list.out);
    let json = run(&["learn", "--list", "--json"]).ends(0).json();
    assert_eq!(json["schema"], "ofscope.learn/1");
    assert!(json["lessons"].as_array().unwrap().len() >= 40);
    let page = run(&["learn", "priorities"]).ends(0);
    assert!(page.out.contains("ssh from web-1 to db-2 is dropped") && page.out.contains("2 db-2"), "{}", page.out);
    assert_eq!(run(&["learn", "3"]).ends(0).out, page.out);
    let wrong = run(&["learn", "prioritys"]).ends(2);
    assert!(wrong.err.contains("did you mean `priorities`?"), "{}", wrong.err);
}

#[test]
fn edits_are_checked_by_packets_and_the_failing_one_is_explained() {
    let solved = fed(&["learn", "priorities", "--check", "-"], b"priority=20,tcp,tcp_dst=22,actions=drop\n");
    assert!(solved.ends(0).out.contains("solved"));
    let lazy = fed(&["learn", "priorities", "--try", "-", "--json"], b"priority=20,tcp,actions=drop\n").ends(1).json();
    assert_eq!(lazy["passed"], false);
    let goals = lazy["goals"].as_array().unwrap();
    let failed: Vec<_> = goals.iter().filter(|goal| goal["passed"] == false).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0]["packet"].as_str().unwrap().contains("tcp"), "{failed:?}");
    let nothing = fed(&["learn", "table-miss", "--check", "-"], b"in_port=1,actions=output:2\n").ends(1);
    assert!(
        nothing.out.contains("nearest: table 0") && nothing.out.contains("it wants in_port \"web-1\""),
        "{}",
        nothing.out
    );
}

#[test]
fn wrong_edits_are_refused_whole_with_every_wrong_line() {
    let text = b"priority=20,tcp,tcp_dst=22,actions=drop\ntcp_dts=3,actions=drop\npriority=x,actions=drop\n";
    let refused = fed(&["learn", "priorities", "--check", "-"], text).ends(2);
    assert!(refused.err.contains("-:2:1") && refused.err.contains("-:3:"), "{}", refused.err);
    run(&["learn", "priorities", "--check", "no/such/file"]).ends(3);
}

#[test]
fn questions_are_answered_by_value() {
    run(&["learn", "read-a-flow", "--answer", "2", "--answer", "0x3", "--answer", "30"]).ends(0);
    let wrong = run(&["learn", "read-a-flow", "--answer", "2", "--answer", "2", "--answer", "30"]).ends(1);
    assert!(wrong.out.contains("`2` is not right"), "{}", wrong.out);
    run(&["learn", "read-a-flow", "--answer", "1", "--answer", "2", "--answer", "3", "--answer", "4"]).ends(2);
}

#[test]
fn hints_and_solutions_are_given_and_a_solution_solves_its_lesson() {
    let hint = run(&["learn", "masks", "--hint", "2"]).ends(0);
    assert_eq!(hint.out.lines().filter(|line| line.starts_with(['1', '2', '3'])).count(), 2, "{}", hint.out);
    run(&["learn", "masks", "--hint", "4"]).ends(2);
    let solution = run(&["learn", "lost-on-arrival", "--solution", "--json"]).ends(0).json();
    let edits = solution["solution"]["edits"].as_str().unwrap();
    let answers: Vec<&str> =
        solution["solution"]["answers"].as_array().unwrap().iter().map(|a| a["answer"].as_str().unwrap()).collect();
    let mut args = vec!["learn", "lost-on-arrival", "--check", "-"];
    answers.iter().for_each(|answer| args.extend(["--answer", answer]));
    fed(&args, edits.as_bytes()).ends(0);
}

#[test]
fn progress_is_kept_and_forgotten() {
    let state = state("kept");
    let solved = |id: &str| {
        let list = run_in(&state, &["learn", "--list", "--json"]).ends(0).json();
        let lessons = list["lessons"].as_array().unwrap().clone();
        lessons.into_iter().find(|lesson| lesson["id"] == id).unwrap()["solved"].as_bool().unwrap()
    };
    assert!(!solved("read-a-flow"));
    run_in(&state, &["learn", "read-a-flow", "--answer", "2", "--answer", "3", "--answer", "30"]).ends(0);
    assert!(solved("read-a-flow"));
    run_in(&state, &["learn", "read-a-flow", "--reset"]).ends(0);
    assert!(!solved("read-a-flow"));
}

#[test]
fn progress_that_cannot_be_kept_stops_nothing() {
    let answers = ["learn", "read-a-flow", "--answer", "2", "--answer", "3", "--answer", "30"];
    run_in(&PathBuf::from("/dev/null"), &answers).ends(0);
    let state = state("broken");
    fs::create_dir_all(state.join("ofscope")).unwrap();
    fs::write(state.join("ofscope/learn.json"), b"\xff\x00{").unwrap();
    run_in(&state, &["learn", "--list"]).ends(0);
    run_in(&state, &answers).ends(0);
}

#[test]
fn a_lesson_file_is_proved_and_lessons_are_taken_from_a_directory() {
    let dir = state("lessons");
    fs::create_dir_all(&dir).unwrap();
    let text = fs::read_to_string(crate::fixtures().join("lessons/03-priorities.toml")).unwrap();
    let path = dir.join("ours.toml");
    fs::write(&path, &text).unwrap();
    run(&["learn", "--check", path.to_str().unwrap()]).ends(0);
    let from = ["learn", "--from", dir.to_str().unwrap(), "--list", "--json"];
    assert_eq!(run(&from).ends(0).json()["lessons"].as_array().unwrap().len(), 1);
    fs::write(&path, text.replace("actions=drop\"\n\n[solution]", "actions=drop\"\nedit = 3\n\n[solution]")).unwrap();
    let wrong = run(&["learn", "--check", path.to_str().unwrap(), "--json"]).ends(2).json();
    assert!(wrong["diagnostics"][0]["line"].as_u64().unwrap() > 40, "{wrong}");
    run(&from).ends(4);
    run(&["learn", "--from", "no/such/directory"]).ends(3);
}

#[test]
fn a_sandbox_is_a_source_and_that_of_a_lesson_is_broken() {
    run(&["flows", "sandbox:dvr", "--node", "compute1", "-f", "table=1", "--limit", "3"]).ends(0);
    let wrong = run(&["flows", "sandbox:nonsense"]).ends(3);
    assert!(wrong.err.contains("there is no sandbox `nonsense`"), "{}", wrong.err);
    let trace = |source: &str| run(&["trace", source, "from vm1 to vm3 ping", "--json"]).ends(0).json();
    assert_eq!(trace("sandbox:vxlan-two-hosts")["verdict"], "delivered");
    assert_eq!(trace("sandbox:lost-on-arrival")["verdict"], "dropped");
    // What is broken in the database is seen by whoever looks there.
    let ports = |args: &[&str]| run(&[&["ports"], args].concat()).ends(0).out;
    let dead = ports(&["sandbox:never-wired", "--node", "compute2", "--bridge", "br-int"]);
    assert!(dead.lines().any(|line| line.contains("vm4") && line.contains("4095")), "{dead}");
    let trunk = ports(&["sandbox:wrong-tag-in-the-trunk", "--bridge", "tbr-bdfc270d-2"]);
    assert!(trunk.lines().any(|line| line.contains("spt-65cb8d17-e8") && line.contains(" 11 ")), "{trunk}");
    let reply = run(&["trace", "sandbox:marked", "from front to shop1 tcp 80", "--reply", "--json"]).ends(0).json();
    assert_eq!((&reply["verdict"], &reply["reply"]["drop"]["table"]), (&"delivered".into(), &72.into()));
}

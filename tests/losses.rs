//! Lost packets, and what is said of them: a node, a packet, perhaps a fault, and the words that must come.
//!
//! A case is a file below `fixtures/losses`, in the manner of `fixtures/findings`:
//!
//! ```text
//! base nodes/vxlan-two-hosts    a directory below fixtures
//! at compute1 br-int            where the packet begins, if it does not say so itself
//! packet from vm1 to vm3 tcp 80
//! ct-next inv,trk               what connection tracking answers
//! then WORDS                    what follows is done to the node first, as in `fixtures/findings`
//! verdict dropped               the default
//! says WORDS                    the sentence contains them
//! near FIELD VALUE              a near miss wants it; without a value, wants something of the field
//! fix WORDS                     a command contains them
//! finding ID                    a check found it on the way
//! ```
//!
//! Where a fault is put in, the packet must not be lost without it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::{Run, run};
use crate::findings::{change, copy};

/// A case.
#[derive(Default)]
struct Case {
    base: String,
    at: Vec<String>,
    packet: String,
    options: Vec<String>,
    verdict: String,
    steps: Vec<(String, String)>,
    wants: Vec<(String, String)>,
}

fn case(text: &str) -> Case {
    let mut case = Case { verdict: "dropped".into(), ..Case::default() };
    for line in text.lines().filter(|l| !l.is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "base" => case.base = rest.into(),
            "at" => case.at = rest.split(' ').map(str::to_owned).collect(),
            "packet" => case.packet = rest.into(),
            "ct-next" => case.options = vec!["--ct-next".into(), rest.into()],
            "verdict" => case.verdict = rest.into(),
            "then" => {}
            "says" | "near" | "fix" | "finding" => case.wants.push((word.into(), rest.into())),
            _ => case.steps.push((word.into(), rest.into())),
        }
    }
    case
}

fn trace(case: &Case, dir: &Path) -> Run {
    let mut args = vec!["trace", dir.to_str().unwrap(), &case.packet, "--json"];
    if let [node, bridge] = &case.at[..] {
        args.extend(["--node", node, "--bridge", bridge]);
    }
    args.extend(case.options.iter().map(String::as_str));
    run(&args)
}

/// Whether a near miss wants a field to have a value.
fn wants(miss: &Value, field: &str, value: &str) -> bool {
    let differs = miss["differs"].as_array().unwrap();
    differs.iter().any(|d| d["field"] == field && (value.is_empty() || d["flow"] == value))
}

fn is_said(answer: &Value, kind: &str, words: &str) -> bool {
    let list = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
    match kind {
        "says" => answer["drop"]["sentence"].as_str().is_some_and(|s| s.contains(words)),
        "near" => {
            let (field, value) = words.split_once(' ').unwrap_or((words, ""));
            list("near_misses").iter().any(|miss| wants(miss, field, value))
        }
        "fix" => list("fix").iter().any(|fix| fix["command"].as_str().unwrap().contains(words)),
        _ => list("findings").iter().any(|f| f["id"] == words),
    }
}

#[test]
fn every_loss_is_explained_by_its_cause() {
    let dir = crate::fixtures().join("losses");
    let mut names: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let mut wrong = Vec::new();
    for path in &names {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let case = case(&fs::read_to_string(path).unwrap());
        let base = crate::fixtures().join(&case.base);
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("losses").join(&name);
        let _ = fs::remove_dir_all(&scratch);
        let dir = if case.steps.is_empty() { base.clone() } else { scratch.clone() };
        if !case.steps.is_empty() {
            let healthy = trace(&case, &base).ends(0).json();
            if healthy["verdict"] != "delivered" {
                wrong.push(format!("{name}: it is lost without the fault: {}", healthy["drop"]["sentence"]));
            }
            copy(&base, &scratch);
            change(&scratch, &name, &case.steps);
        }
        let answer = trace(&case, &dir).ends(0).json();
        if answer["verdict"] != *case.verdict {
            wrong.push(format!("{name}: verdict {}", answer["verdict"]));
        }
        for (kind, words) in case.wants.iter().filter(|(kind, words)| !is_said(&answer, kind, words)) {
            let said = [&answer["drop"]["sentence"], &answer["near_misses"], &answer["fix"], &answer["findings"]];
            wrong.push(format!("{name}: `{kind} {words}` is not said: {said:#?}"));
        }
        // What is offered was tried, and a packet that was changed for a near miss gets through.
        let verdicts =
            |key: &str| answer[key].as_array().cloned().unwrap_or_default().into_iter().map(|v| v["verdict"].clone());
        if verdicts("near_misses").chain(verdicts("fix")).any(|v| v == "dropped") {
            wrong.push(format!("{name}: something is offered that does not help"));
        }
    }
    assert!(names.len() >= 15, "{} cases", names.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! What was typed wrong, and help.

use super::{fed, program, run};

#[test]
fn wrong_options_end_with_2_and_go_to_standard_error() {
    for args in
        [&["flows", "--frob"][..], &["flows", "demo:", "--sort", "x"], &["fmt", "-O"], &["graph", "--format", "x"]]
    {
        let said = run(args).ends(2);
        assert!(said.out.is_empty() && said.err.starts_with("error: "), "{args:?} {}", said.err);
    }
    let hostile = run(&["flows", "--\x1b[2J"]).ends(2);
    assert!(!hostile.err.contains('\x1b'));
}

#[test]
fn a_mistyped_subcommand_gets_a_hint() {
    for (typed, meant) in [("flos", "flows"), ("grap", "graph"), ("chek-input", "check-input")] {
        let said = run(&[typed]).ends(2);
        assert!(said.err.contains(&format!("did you mean the subcommand `{meant}`?")), "{}", said.err);
    }
    let file = run(&["flows", "READMEE.md"]).ends(3);
    assert!(file.err.contains("did you mean `README.md`?"), "{}", file.err);
    assert!(run(&["demo:sg-rich", "flows"]).ends(2).err.contains("write the subcommand first"));
}

#[test]
fn a_file_that_is_called_like_a_subcommand_is_opened_by_its_path() {
    let directory = std::env::temp_dir().join(format!("ofscope-usage-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("fmt"), " priority=1,ip actions=drop\n").unwrap();
    let output = program().current_dir(&directory).args(["flows", "./fmt"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), " priority=1,ip actions=drop\n");
    let output = program().current_dir(&directory).arg("./fmt").output().unwrap();
    assert!(output.status.success());
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_switch_is_refused_with_the_command_that_sends_its_dump() {
    for (name, bridge) in
        [("br-int", "br-int"), ("br-ex2", "br-ex2"), ("unix:/run/x.mgmt", "br-int"), ("tcp:10.0.0.1:6653", "br-int")]
    {
        for args in [&["flows", name][..], &[name]] {
            let said = run(args).ends(3);
            assert!(said.err.contains(&format!("ovs-ofctl dump-flows {bridge} | ofscope -")), "{}", said.err);
        }
    }
}

#[test]
fn a_missing_source_is_asked_for() {
    let said = run(&["flows"]).ends(2);
    assert!(said.err.contains("which source?") && said.err.contains("| ofscope flows -"), "{}", said.err);
    assert!(run(&["flows", "demo:nonsense"]).ends(3).err.contains("demo `nonsense`"));
}

#[test]
fn help_is_short_and_long_and_the_version_is_told() {
    let (short, long) = (run(&["-h"]).ends(0).out, run(&["--help"]).ends(0).out);
    assert!(
        short.len() < long.len()
            && long.contains("Exit codes")
            && long.contains("ovs-ofctl dump-flows br-int | ofscope -")
    );
    for command in ["flows", "show", "explain", "node", "ports", "tunnels", "tables", "graph", "fmt", "parse"] {
        assert!(short.contains(&format!("\n  {command} ")), "{command}");
        assert!(run(&[command, "--help"]).ends(0).out.contains("Usage: ofscope "));
    }
    assert_eq!(run(&["--version"]).ends(0).out, format!("ofscope {}\n", env!("CARGO_PKG_VERSION")));
    assert!(fed(&["-h"], b"").ends(0).err.is_empty());
}

#[test]
fn completions_and_manual_pages_know_every_subcommand() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell]).ends(0).out;
        assert!(script.contains("check-input") && script.contains("tunnels"), "{shell}");
    }
    let page = run(&["man"]).ends(0).out;
    assert!(page.contains(".TH ofscope 1") && page.contains("flows"));
    let directory = std::env::temp_dir().join(format!("ofscope-man-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    run(&["man", "--dir", directory.to_str().unwrap()]).ends(0);
    let page = std::fs::read_to_string(directory.join("ofscope-check-input.1")).unwrap();
    assert!(page.contains("caret"), "{page}");
    std::fs::remove_dir_all(&directory).unwrap();
    assert!(run(&["man", "--dir", directory.to_str().unwrap()]).ends(3).err.contains("cannot be written"));
}

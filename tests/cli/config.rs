//! The configuration, read as people have it.

use std::path::PathBuf;

use super::{DEMO, finish, on_demo, program};

/// A configuration in a file of its own.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("the file can be written");
    path
}

#[test]
fn an_alias_is_a_filter_on_the_command_line() {
    let path = file("alias.toml", "[alias]\nlost = 'drop and n_packets > 0'\n");
    let plain = on_demo("flows", &["-f", "drop and n_packets > 0"]).ends(0);
    let config = path.to_str().expect("a path of text");
    assert_eq!(on_demo("flows", &["-f", "lost", "--config", config]).ends(0).out, plain.out);
    assert_eq!(on_demo("show", &["lost", "--config", config]).ends(2).out, "");
    let refused = on_demo("flows", &["-f", "lost"]).ends(2);
    assert!(refused.err.contains("no field `lost`"), "{}", refused.err);
    assert!(on_demo("flows", &["-f", "lost", "--no-config"]).ends(2).err.contains("no field `lost`"));
}

#[test]
fn the_file_is_found_by_the_environment() {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("home");
    std::fs::create_dir_all(home.join("ofscope")).expect("a directory can be made");
    std::fs::write(home.join("ofscope/config.toml"), "[alias]\nhere = 'drop'\n").expect("the file can be written");
    let other = file("other.toml", "[alias]\nthere = 'drop'\n");
    let flows = |alias: &str, no: &[&str]| {
        let mut command = program();
        command.env("XDG_CONFIG_HOME", &home).arg("flows").args(DEMO).args(["--limit", "1", "-f", alias]).args(no);
        command
    };
    finish(flows("here", &[]).output().expect("it runs")).ends(0);
    finish(flows("here", &["--no-config"]).output().expect("it runs")).ends(2);
    finish(flows("there", &[]).env("OFSCOPE_CONFIG", &other).output().expect("it runs")).ends(0);
    finish(flows("here", &[]).env("OFSCOPE_CONFIG", &other).output().expect("it runs")).ends(2);
}

#[test]
fn what_is_wrong_in_it_is_told_and_refuses_nothing() {
    let path = file("wrong.toml", "mouse = true\ncolour = 'dark'\n[keys]\nq = 'quti'\n[alias]\nlost = 'drop'\n");
    let config = path.to_str().expect("a path of text");
    let run = on_demo("flows", &["-f", "lost", "--limit", "1", "--config", config]).ends(0);
    assert!(run.err.contains("wrong.toml:2:1: warning: no key `colour`"), "{}", run.err);
    assert!(run.err.contains("wrong.toml:4:5: warning: no command `quti`"), "{}", run.err);
    assert!(run.err.contains("did you mean `quit`?"), "{}", run.err);
    assert_eq!(on_demo("flows", &["-f", "lost", "--limit", "1", "--config", config, "-q"]).ends(0).err, "");
    // A file that the environment names may be missing; one that was typed may not.
    let output = program().env("OFSCOPE_CONFIG", "nowhere.toml").arg("flows").args(DEMO).args(["-f", "drop"]).output();
    assert!(
        finish(output.expect("it runs")).ends(0).err.contains("nowhere.toml: warning: the configuration cannot be")
    );
    let run = on_demo("flows", &["-f", "drop", "--config", "nowhere.toml"]).ends(3);
    assert!(run.err.contains("`nowhere.toml` cannot be read: no such file or directory"), "{}", run.err);
}

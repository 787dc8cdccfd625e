//! `docs/cli.md` is what the table of subcommands says.

use std::path::Path;

use super::run;

#[test]
fn the_page_of_the_command_line_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    let wanted = ofscope::cli::docs::page();
    if std::env::var_os("OFSCOPE_WRITE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "write it anew: OFSCOPE_WRITE=1 cargo test --test main cli::docs");
}

#[test]
fn the_page_names_every_subcommand_option_and_exit_code() {
    let page = ofscope::cli::docs::page();
    let help = run(&["-h"]).ends(0).out;
    let commands = help.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
    let own = commands.filter(|line| !line.starts_with("   "));
    for command in own.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        assert!(page.contains(&format!("\n## `ofscope {command}`\n")), "{command}");
    }
    for word in ["--filter", "--columns", "ofctl-del", "--strict", "| 130 |", "--color"] {
        assert!(page.contains(word), "{word}");
    }
}

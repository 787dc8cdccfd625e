//! `docs/cli.md`, made from the table of subcommands.

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::failure::Outcome;

/// The page.
pub fn page() -> String {
    let mut command = super::Cli::command();
    command.build();
    let mut out = String::from("# The command line\n\nGenerated from `src/cli/`; `ofscope --help` says the same.\n");
    section(&mut out, "## `ofscope`", &command);
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        section(&mut out, &format!("## `ofscope {}`", sub.get_name()), sub);
    }
    out.push_str("\n## Options everywhere\n\n");
    options(&mut out, command.get_arguments().filter(|arg| arg.is_global_set()));
    out.push_str("\n## Exit codes\n\n| Code | Meaning |\n| ---: | --- |\n");
    for (outcome, meaning) in Outcome::ALL {
        out.push_str(&format!("| {} | {meaning} |\n", outcome.code()));
    }
    out.push_str(
        "\nThe answer goes to standard output, everything else to standard error. A reader that closes its end of the \
         pipe ends the work quietly.\n",
    );
    out
}

fn section(out: &mut String, heading: &str, command: &Command) {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let stop = if about.trim().ends_with('.') { "" } else { "." };
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").trim();
    out.push_str(&format!("\n{heading}\n\n{}{stop}\n\n```text\n{usage}\n```\n\n", about.trim()));
    options(out, command.get_arguments().filter(|arg| !arg.is_global_set()));
    let after = command.get_after_long_help().or(command.get_after_help());
    if let Some(after) = after.map(ToString::to_string) {
        out.push_str(&format!("\n```text\n{}\n```\n", after.trim_end()));
    }
}

/// A list of options, those that clap adds by itself left out.
fn options<'a>(out: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    for arg in arguments.filter(|arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str())) {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        out.push_str(&format!("- {}: {help}{}\n", spelling(arg), values(arg)));
    }
}

/// An argument as it is typed.
fn spelling(arg: &Arg) -> String {
    let takes_value = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let value = arg.get_value_names().into_iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    if arg.is_positional() {
        return format!("`{value}`");
    }
    let names = [arg.get_short().map(|c| format!("-{c}")), arg.get_long().map(|name| format!("--{name}"))];
    let names = names.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if takes_value { format!("`{names} {value}`") } else { format!("`{names}`") }
}

/// The values that an option may have, if they are few, and the default.
fn values(arg: &Arg) -> String {
    let takes_value = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let values: Vec<String> = arg.get_possible_values().iter().map(|v| format!("`{}`", v.get_name())).collect();
    let default: Vec<String> = arg.get_default_values().iter().map(|v| format!("`{}`", v.to_string_lossy())).collect();
    let mut out = String::new();
    if takes_value && !values.is_empty() {
        out.push_str(&format!(" One of {}.", values.join(", ")));
    }
    if takes_value && !default.is_empty() {
        out.push_str(&format!(" Default: {}.", default.join(", ")));
    }
    if !out.is_empty() { format!(".{out}") } else { out }
}

//! `ofscope check-input`: what could not be read.

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::failure::{CommandResult, Outcome};
use super::json as answers;
use crate::base::diag::Report;
use crate::base::number::grouped;
use crate::base::paint::{Painter, Role};

/// List what could not be read in files or directories.
///
/// Each complaint has its file, line and column, with a caret under the word. Ends with 0 if all was understood, with 4 if something was not.
#[derive(Debug, Args)]
pub struct CheckInputArgs {
    /// Dumps, directories of captures, or `-` for standard input.
    #[arg(required = true, value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Lists the complaints.
pub fn run(args: &CheckInputArgs, cx: &Context) -> CommandResult {
    let mut report = Report::default();
    let (mut flows, mut files) = (0, 0);
    for source in &args.sources {
        let scene = cx.open(Some(source))?;
        let snapshot = scene.snapshot();
        report.append(snapshot.sources.report.clone());
        flows += snapshot.flow_count() as u64;
        files += snapshot.sources.files.len() as u64;
    }
    let mut out = cx.out();
    if args.json {
        let parts = json!({
            "files": files, "flows": flows, "errors": report.errors(),
            "diagnostics": answers::diagnostics(&report), "more": report.more,
        });
        out.bytes(answers::text(&answers::document("check-input", parts)).as_bytes());
    } else {
        for located in &report.kept {
            located.paint(&mut out);
        }
        if report.more > 0 {
            out.put(Role::Warn, &format!("{} more\n", grouped(report.more as u64)));
        }
        let (role, word) = match (report.errors(), report.len()) {
            (0, 0) => (Role::Ok, "everything was understood".to_owned()),
            (0, _) => (Role::Ok, "everything was understood".to_owned()),
            (errors, _) => (Role::Bad, format!("{} could not be read", grouped(errors as u64))),
        };
        out.put(role, &word);
        let plural = |n: u64, word: &str| format!("{} {word}{}", grouped(n), if n == 1 { "" } else { "s" });
        out.text(&format!(": {} in {}\n", plural(flows, "flow"), plural(files, "file")));
    }
    out.finish()?;
    Ok(if report.errors() > 0 { Outcome::Partial } else { Outcome::Done })
}

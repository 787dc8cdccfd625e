//! `ofscope sources`: the files of a source, and what each was used for.

use clap::Args;
use serde_json::{Value, json};

use super::columns::{Columns, Side, field};
use super::context::Context;
use super::failure::{CommandResult, Outcome};
use super::json as answers;
use crate::base::paint::Role;
use crate::model::snapshot::{Fate, SourceFile};

/// List the files of a source, each with what it was used for, or why it was not.
#[derive(Debug, Args)]
pub struct SourcesArgs {
    /// A dump, a directory of captures, `-` for standard input, or `demo:NAME`.
    pub source: Option<String>,
    /// Only the files that were not used.
    #[arg(long)]
    pub unused: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Lists the files.
pub fn run(args: &SourcesArgs, cx: &Context) -> CommandResult {
    let (sources, failure) = cx.files(args.source.as_deref())?;
    let is_asked = |file: &&SourceFile| !args.unused || matches!(file.fate, Fate::Unused(_));
    let files: Vec<&SourceFile> = sources.files.iter().filter(is_asked).collect();
    let mut out = cx.out();
    if args.json {
        let files: Vec<Value> = files.iter().map(|file| file_json(file)).collect();
        let parts = json!({"source": &*sources.name, "files": files});
        out.bytes(answers::text(&answers::document("sources", parts)).as_bytes());
    } else {
        let heads = [("FILE", Side::Left), ("HOLDS", Side::Left), ("USED FOR", Side::Left)];
        let mut columns = Columns::new(&heads).wrapping();
        for file in &files {
            let (role, what) = match &file.fate {
                Fate::Read { node, bridge } if node.is_empty() && bridge.is_empty() => (Role::Ok, "names".to_owned()),
                Fate::Read { node, bridge } => (Role::Ok, format!("{node} {bridge}").trim().to_owned()),
                Fate::Filled(what) => (Role::Ok, what.to_string()),
                Fate::Unused(why) => (Role::Dim, format!("unused: {why}")),
            };
            columns.push([field(Role::Text, &file.path), field(Role::Text, file.kind), field(role, what)]);
        }
        columns.paint(cx.width(), &mut out);
    }
    out.finish()?;
    match failure {
        Some(failure) => Err(failure.into()),
        None => Ok(Outcome::Done),
    }
}

fn file_json(file: &SourceFile) -> Value {
    let (fate, node, bridge, reason) = match &file.fate {
        Fate::Read { node, bridge } => ("read", Some(&**node), Some(&**bridge), None),
        Fate::Filled(what) => ("filled", None, None, Some(&**what)),
        Fate::Unused(why) => ("unused", None, None, Some(&**why)),
    };
    json!({"path": &*file.path, "kind": file.kind, "fate": fate, "node": node, "bridge": bridge, "reason": reason})
}

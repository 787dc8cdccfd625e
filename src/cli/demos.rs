//! `ofscope demos`: the captured nodes that come with the program.

use clap::Args;
use serde_json::{Value, json};

use super::columns::{Columns, Side, field};
use super::context::Context;
use super::failure::{CommandResult, Outcome};
use super::json as answers;
use crate::base::paint::Role;
use crate::dump::demo;

/// List the captured nodes that come with the program.
///
/// Each is opened as `demo:NAME`; `demo:` alone is the first that people see.
#[derive(Debug, Args)]
pub struct DemosArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Lists them.
pub fn run(args: &DemosArgs, cx: &Context) -> CommandResult {
    let mut out = cx.out();
    if args.json {
        let one = |(name, about)| json!({"source": format!("demo:{name}"), "about": about, "is_default": name == demo::DEFAULT});
        let demos: Vec<Value> = demo::names().map(one).collect();
        out.bytes(answers::text(&answers::document("demos", json!({ "demos": demos }))).as_bytes());
    } else {
        let mut columns = Columns::new(&[("SOURCE", Side::Left), ("WHAT IT IS", Side::Left)]).wrapping();
        for (name, about) in demo::names() {
            columns.push([field(Role::Accent, format!("demo:{name}")), field(Role::Text, about)]);
        }
        columns.paint(cx.width(), &mut out);
    }
    out.finish()?;
    Ok(Outcome::Done)
}

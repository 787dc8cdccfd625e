//! Answers as JSON: the objects that the contract with scripts names.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::context::Chosen;
use crate::base::diag::{Located, Report};
use crate::base::paint::Pieces;
use crate::field::Names;
use crate::model::bridge::FlowId;
use crate::model::flow::{Flow, Style};
use crate::model::owner::Owner;
use crate::model::snapshot::{Fate, Sources};
use crate::model::store::FlowRef;

/// A document with its schema.
pub fn document(name: &str, parts: Value) -> Value {
    let mut out = Map::new();
    out.insert("schema".to_owned(), format!("ofscope.{name}/1").into());
    if let Value::Object(parts) = parts {
        out.extend(parts);
    }
    Value::Object(out)
}

/// A document as text, with a line end.
pub fn text(value: &Value) -> String {
    format!("{value:#}\n")
}

/// The names a flow was printed with.
pub fn names_of<'a>(flow: FlowRef<'_>, names: &'a Names) -> &'a Names {
    if flow.head().names { names } else { Names::none() }
}

/// Where the flows of a bridge were read.
#[derive(Debug, Clone)]
pub struct Origin(Arc<str>);

impl Origin {
    /// The file that the flows of a bridge come from.
    pub fn of(sources: &Sources, chosen: Chosen<'_>) -> Origin {
        let is_it = |fate: &Fate| {
            matches!(fate, Fate::Read { node, bridge }
                if **node == *chosen.node.node().name && **bridge == *chosen.bridge().name)
        };
        let file = sources.files.iter().find(|f| f.kind == "flows" && is_it(&f.fate));
        Origin(file.map_or(sources.name.clone(), |file| path_of(sources, &file.path)))
    }

    /// The file as people would open it.
    pub fn file(&self) -> &str {
        &self.0
    }
}

/// A file of a source as people would open it.
fn path_of(sources: &Sources, path: &Arc<str>) -> Arc<str> {
    let root = std::path::Path::new(&*sources.name);
    match path.is_empty() || *path == sources.name || !root.is_dir() {
        true if path.is_empty() => sources.name.clone(),
        true => path.clone(),
        false => root.join(&**path).to_string_lossy().into(),
    }
}

/// A flow of a bridge.
pub fn flow(chosen: Chosen<'_>, id: FlowId, origin: &Origin) -> Value {
    let bridge = chosen.bridge();
    let row = bridge.flow(id);
    let names = names_of(row, &bridge.names);
    let mut value = of_flow(&row.to_flow(), names);
    let word = chosen.node.naming(chosen.at).table(row.table());
    value["id"] = bridge.ids().short(crate::model::id::FlowHash::of(row)).into();
    value["node"] = chosen.node.node().name.as_ref().into();
    value["bridge"] = bridge.name.as_ref().into();
    value["table_name"] = word.map(|word| word.name.as_ref()).into();
    value["actions"] = row.action_list().text.as_ref().into();
    value["text"] = row.line_text(&bridge.names).trim_start().into();
    value["origin"] = json!({"file": origin.file(), "line": row.line()});
    value["owners"] = chosen.node.owners(chosen.at).of(id).iter().map(owner).collect();
    value
}

/// Who wanted a flow.
pub fn owner(owner: &Owner) -> Value {
    json!({
        "system": owner.system.name(),
        "kind": owner.kind.name(),
        "id": &*owner.id,
        "name": &*owner.name,
        "why": owner.why.name(),
    })
}

/// A flow that stands nowhere.
pub fn of_flow(flow: &Flow, names: &Names) -> Value {
    let stats = flow.stats.unwrap_or_default();
    let style = if flow.stats.is_some() { Style::Stats } else { Style::NoStats };
    json!({
        "id": null,
        "node": null,
        "bridge": null,
        "table": flow.table,
        "table_name": null,
        "priority": flow.priority,
        "match": flow.match_text(names),
        "actions": flow.actions_text(names),
        "cookie": flow.cookie,
        "n_packets": stats.n_packets,
        "n_bytes": stats.n_bytes,
        "duration": flow.stats.map(|s| s.duration_ns as f64 / 1e9),
        "idle_timeout": flow.idle_timeout,
        "hard_timeout": flow.hard_timeout,
        "idle_age": stats.idle_age,
        "hard_age": stats.hard_age,
        "flags": flow.flags.names().collect::<Vec<_>>(),
        "importance": flow.importance,
        "text": flow.text(style, names).trim_start(),
        "unknown": flow.residue,
        "origin": null,
        "owners": [],
    })
}

/// What was wrong with a text.
pub fn diagnostics(report: &Report) -> Value {
    report.kept.iter().map(diagnostic).collect()
}

/// One thing that was wrong with a text.
pub fn diagnostic(located: &Located) -> Value {
    let d = &located.diagnostic;
    json!({
        "file": &*located.file,
        "line": located.line,
        "column": if located.line == 0 { 0 } else { d.column(&located.text) },
        "severity": d.severity.word(),
        "code": d.code,
        "message": d.message,
        "hint": d.hint,
    })
}

/// Sentences as plain text.
pub fn plain(pieces: &Pieces) -> Value {
    pieces.text().into()
}

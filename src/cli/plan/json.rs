//! What a file would do, as JSON.

use serde_json::{Value, json};

use super::Answer;
use super::text::{asked, fate, kind};
use crate::cli::context::Stdout;
use crate::cli::json as answers;
use crate::field::Names;
use crate::model::change::{Edit, Replaced};
use crate::model::flow::Flow;
use crate::model::group::Group;
use crate::model::meter::Meter;
use crate::plan::{self, Way};

/// Prints the answer as a document.
pub(super) fn print(answer: &Answer<'_>, out: &mut Stdout) {
    let (node, bridge) = (answer.chosen.node.node(), answer.chosen.bridge());
    let names = &answer.after.names;
    let mut edits = answer.change.edits.iter().enumerate();
    let requests: Vec<Value> = (answer.file.requests.iter().enumerate())
        .map(|(index, (span, request))| {
            let line = 1 + answer.text[..span.start as usize].matches('\n').count();
            let mut row = json!({
                // What no line asks for has none.
                "line": (span.start < span.end).then_some(line),
                "text": asked(answer, *span, request),
                "kind": kind(request),
            });
            if let Some(refusal) = answer.refused.iter().find(|refusal| refusal.index == index) {
                row["refused"] = json!({"error": refusal.error.name(), "sentence": refusal.sentence});
            } else if let Some((number, edit)) = edits.next() {
                self::edit(edit, names, &mut row);
                let warnings = answer.warnings.iter().filter(|warning| warning.edit == number);
                row["warnings"] = warnings.map(|w| warning(w, names)).collect();
            }
            row
        })
        .collect();
    let effects: Vec<_> = answer.packets.iter().map(|sent| sent.effect.clone()).collect();
    let hits = plan::hits(&effects).into_iter().map(|hits| {
        json!({
            "bridge": &*node.bridges[hits.bridge].name, "table": hits.flow.table, "priority": hits.flow.priority,
            "match": Flow { matches: hits.flow.matches, ..Flow::default() }.match_text(names),
            "before": hits.before, "after": hits.after,
        })
    });
    let parts = json!({
        "node": &*node.name,
        "bridge": &*bridge.name,
        "version": answer.file.version.name(),
        "refused": answer.refused.len(),
        "flows": {
            "before": bridge.flows.len(),
            "after": if answer.refused.is_empty() { answer.after.flows.len() } else { bridge.flows.len() },
        },
        "requests": requests,
        "findings": answer.news.iter().map(|f| json!({
            "id": f.id, "severity": f.severity.word(), "sentence": f.sentence, "object": &*f.object, "hint": f.hint,
        })).collect::<Vec<_>>(),
        "packets": answer.packets.iter().map(|sent| json!({
            "packet": sent.text,
            "made_for": sent.made_for.map(|request| request + 1),
            "changed": sent.effect.ends_elsewhere(),
            "other_flows": sent.effect.is_another_way(),
            "before": way(answer, &sent.effect.before),
            "after": way(answer, &sent.effect.after),
        })).collect::<Vec<_>>(),
        "without_packet": answer.without.iter().map(|(request, reason)| json!({
            "request": request + 1, "reason": reason,
        })).collect::<Vec<_>>(),
        "rules": answer.rules.iter().map(|touched| json!({
            "rule": answers::owner(&touched.rule),
            "added": touched.flows[0], "changed": touched.flows[1], "deleted": touched.flows[2],
        })).collect::<Vec<_>>(),
        "hits": hits.collect::<Vec<_>>(),
    });
    out.bytes(answers::text(&answers::document("plan", parts)).as_bytes());
}

fn way(answer: &Answer<'_>, way: &Way) -> Value {
    json!({"verdict": way.verdict.name(), "sentence": fate(answer, way)})
}

fn warning(warning: &plan::Warning, names: &Names) -> Value {
    let flows: Vec<Value> = warning.flows.iter().map(|flow| answers::of_flow(flow, names)).collect();
    let severity = warning.kind.severity().word();
    json!({"id": warning.kind.name(), "severity": severity, "sentence": warning.sentence, "flows": flows})
}

/// What is done to flows, groups and meters.
fn edit(edit: &Edit, names: &Names, row: &mut Value) {
    let flow = |flow: &Flow| answers::of_flow(flow, names);
    let of = |is: fn(&Replaced<Flow>) -> bool| edit.flows.iter().filter(move |replaced| is(replaced));
    row["added"] = of(|r| r.before.is_none()).filter_map(|r| r.after.as_ref()).map(flow).collect();
    row["deleted"] = of(|r| r.after.is_none()).filter_map(|r| r.before.as_ref()).map(flow).collect();
    row["modified"] = of(|r| r.before.is_some() && r.after.is_some())
        .map(|r| json!({"old": r.before.as_ref().map(flow), "new": r.after.as_ref().map(flow)}))
        .collect();
    let group = |group: &Group| {
        let mut text = String::new();
        group.paint(names, &mut text);
        text
    };
    row["groups"] = (edit.groups.iter())
        .map(|r| json!({"old": r.before.as_ref().map(group), "new": r.after.as_ref().map(group)}))
        .collect();
    let meter = |meter: &Meter| crate::dump::meters::line(meter);
    row["meters"] = (edit.meters.iter())
        .map(|r| json!({"old": r.before.as_ref().map(meter), "new": r.after.as_ref().map(meter)}))
        .collect();
}

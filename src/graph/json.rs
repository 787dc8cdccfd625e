//! The graph for other programs: one document of the schema `ofscope.graph/1`.

use serde_json::{Value, json};

use super::{End, Graph};

/// The graph as JSON. Everything is in it, hidden or not. Counters that the dump did not tell are null.
pub fn json(graph: &Graph) -> Value {
    let counter = |n: u64| graph.has_counters.then_some(n);
    let tables: Vec<Value> = graph
        .nodes
        .iter()
        .map(|n| {
            json!({
                "table": n.id,
                "name": &*n.name,
                "flows": n.sum.flows,
                "packets": counter(n.sum.packets),
                "bytes": counter(n.sum.bytes),
                "missed": counter(n.missed),
                "dropped": counter(n.dropped),
                "conjunction_clauses": n.clauses,
                "idle": n.is_idle,
                "reachable": n.is_reachable,
                "share_by": n.share_by.name(),
            })
        })
        .collect();
    let edges: Vec<Value> = graph
        .edges
        .iter()
        .map(|e| {
            let ways: Vec<Value> = e
                .ways
                .iter()
                .map(|(way, sum)| {
                    json!({
                        "way": way.name(),
                        "flows": sum.flows,
                        "packets": counter(sum.packets),
                        "bytes": counter(sum.bytes),
                    })
                })
                .collect();
            let to = match e.to {
                End::Table(id) => json!(id),
                End::Sink(sink) => json!(sink.name()),
            };
            let mut edge = json!({
                "from": e.from,
                "to": to,
                "way": e.way_names(),
                "ways": ways,
                "flows": e.sum.flows,
                "packets": counter(e.sum.packets),
                "bytes": counter(e.sum.bytes),
                "share": e.share,
                "learn": e.is_learn,
                "loop": e.is_loop,
                "back": e.is_back,
            });
            match e.to {
                End::Sink(super::Sink::Out) => {
                    let ports: Vec<Value> = e
                        .numbers
                        .iter()
                        .map(|n| json!({ "port": n, "name": graph.names.port_name(*n).as_deref() }))
                        .collect();
                    edge["ports"] = json!(ports);
                }
                End::Sink(super::Sink::Group) => edge["groups"] = json!(e.numbers),
                _ => {}
            }
            edge
        })
        .collect();
    json!({
        "schema": "ofscope.graph/1",
        "bridge": &*graph.bridge,
        "counters": graph.has_counters,
        "loops": graph.loops,
        "tables": tables,
        "edges": edges,
    })
}

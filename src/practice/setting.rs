//! Where a lesson takes place: captured nodes, or bridges that the lesson describes.

use std::path::Path;
use std::sync::Arc;

use super::edits::{Place, put};
use super::lesson::{BridgeText, Lesson, Setting, Text};
use crate::base::diag::Diagnostic;
use crate::base::progress::Progress;
use crate::base::span::Span;
use crate::field::Names;
use crate::model::bridge::Bridge;
use crate::model::node::Node;
use crate::model::node_facts::{BridgeFacts, InterfaceFacts, PortFacts};
use crate::model::port::Port;
use crate::model::snapshot::{Snapshot, Sources};
use crate::session::{Source, open};

/// What a lesson takes place on, before anything is broken. `dir` is where its file lies.
pub fn snapshot(lesson: &Lesson, dir: Option<&Path>) -> Result<Snapshot, Vec<Diagnostic>> {
    match &lesson.setting {
        Setting::Captured(name) => captured(name, dir).map_err(|d| vec![d]),
        Setting::Described(bridges) => described(lesson, bridges),
    }
}

fn captured(name: &Text, dir: Option<&Path>) -> Result<Snapshot, Diagnostic> {
    let source = match (Source::named(&name.value), dir) {
        (Source::Path(path), Some(dir)) => Source::Path(dir.join(path)),
        (Source::Stdin | Source::Path(_), _) => {
            let d = Diagnostic::error("no-such-node", name.span, format!("`{}` is no sandbox", name.value));
            return Err(d.hint("write sandbox:NAME, or a file or directory beside the lesson"));
        }
        (source, _) => source,
    };
    open(&source, true, &Progress::default(), &mut |_| {})
        .map_err(|e| Diagnostic::error("no-such-node", name.span, e.to_string()))
}

fn described(lesson: &Lesson, bridges: &[BridgeText]) -> Result<Snapshot, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let mut node = Node { name: "switch".into(), ..Node::default() };
    for text in bridges {
        let (bridge, facts) = bridge(text, &mut found);
        node.bridges.push(Arc::new(bridge));
        node.facts.bridges.push(facts);
    }
    let sources = Sources { name: format!("lesson {}", lesson.id).into(), ..Sources::default() };
    let snapshot = Snapshot { nodes: vec![Arc::new(node)], sources: Arc::new(sources), ..Snapshot::default() };
    if found.is_empty() { Ok(snapshot) } else { Err(found) }
}

fn bridge(text: &BridgeText, found: &mut Vec<Diagnostic>) -> (Bridge, BridgeFacts) {
    let name: Arc<str> = text.name.as_str().into();
    let mut names = Names::default();
    let mut bridge = Bridge { name: name.clone(), is_dumped: true, ..Bridge::default() };
    let mut facts = BridgeFacts { name, ..BridgeFacts::default() };
    for text in &text.ports {
        match port(&text.value) {
            Ok((port, tag)) => {
                names.add_port(port.number, &port.name);
                let port_facts = PortFacts { name: port.name.clone(), tag, ..PortFacts::default() };
                facts.interfaces.push(InterfaceFacts {
                    name: port.name.clone(),
                    ofport: Some(port.number),
                    port: Arc::new(port_facts),
                    ..InterfaceFacts::default()
                });
                bridge.ports.push(port);
            }
            Err(d) => found.push(Diagnostic { span: text.place(d.span), ..d }),
        }
    }
    bridge.ports.sort_by_key(|port| port.number);
    facts.interfaces.sort_by(|a, b| a.name.cmp(&b.name));
    bridge.names = Arc::new(names);
    (bridge, facts)
}

/// `2 db-2 tag=10 down`
fn port(text: &str) -> Result<(Port, Option<u16>), Diagnostic> {
    let wrong = |part: &str, message: &str| {
        let d = Diagnostic::error("bad-port", Span::of(text, part), message);
        d.hint("write a number and a name, as `1 web-1`, and perhaps `tag=10` and `down`")
    };
    let mut words = text.split_whitespace();
    let (Some(number), Some(name)) = (words.next(), words.next()) else {
        return Err(wrong(text, "a port has a number and a name"));
    };
    let id: u32 = number.parse().map_err(|_| wrong(number, "this is no port number"))?;
    if !(1..0xff00).contains(&id) {
        return Err(wrong(number, "ports are numbered from 1 to 65279"));
    }
    let mut port = Port { number: id, name: name.into(), mac: 0x0200_0000_0000 | u64::from(id), ..Port::default() };
    let mut tag = None;
    for word in words {
        match word.strip_prefix("tag=") {
            Some(vlan) => {
                let vlan = vlan.parse().ok().filter(|vlan| (1..4095).contains(vlan));
                tag = Some(vlan.ok_or_else(|| wrong(word, "this is no VLAN"))?);
            }
            None if word == "down" => port.state.push("LINK_DOWN".into()),
            None => return Err(wrong(word, "nobody knows what this says of a port")),
        }
    }
    Ok((port, tag))
}

/// Takes ports down, by name or number.
pub fn take_down<'t>(snapshot: &mut Snapshot, (node, at): Place, ports: impl Iterator<Item = &'t str> + Clone) {
    if ports.clone().next().is_none() {
        return;
    }
    let mut bridge = (*snapshot.nodes[node].bridges[at]).clone();
    for port in &mut bridge.ports {
        if ports.clone().any(|text| *port.name == *text || port.number.to_string() == text) {
            port.state.push("LINK_DOWN".into());
        }
    }
    put(snapshot, (node, at), bridge);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_described_port_has_a_number_a_name_and_perhaps_a_vlan() {
        let (read, tag) = port("2 db-2 tag=10 down").unwrap();
        assert_eq!((read.number, &*read.name, tag), (2, "db-2", Some(10)));
        assert_eq!(&*read.state[0], "LINK_DOWN");
        for wrong in ["", "1", "x web", "0 web", "1 web tag=4095", "1 web up"] {
            assert!(port(wrong).is_err(), "{wrong}");
        }
    }
}

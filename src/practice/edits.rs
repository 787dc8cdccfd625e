//! What a learner changes: lines of a change file, for one bridge or for several.
//!
//! A line `# on NODE BRIDGE`, or `# on BRIDGE`, says where the lines below it go; to `ovs-ofctl` it is a comment.

use std::sync::Arc;

use crate::base::diag::{Diagnostic, nearest};
use crate::base::span::Span;
use crate::dump::change_file;
use crate::model::change::{ChangeSet, Request};
use crate::model::snapshot::Snapshot;

/// A bridge, by the places of its node and of itself.
pub type Place = (usize, usize);

/// What is asked of one bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The bridge.
    pub place: Place,
    /// What is asked, each with its place in the text.
    pub requests: Vec<(Span, Request)>,
}

/// The bridge of a text `BRIDGE` or `NODE BRIDGE`. An empty text means the given one.
pub fn place(text: &str, snapshot: &Snapshot, otherwise: Option<Place>) -> Result<Place, Diagnostic> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let wrong = |word: &str, message: String, known: Vec<&str>| {
        let d = Diagnostic::error("no-such-place", Span::of(text, word), message);
        match nearest(word, known.iter().copied()) {
            Some(near) => d.hint(format!("did you mean `{near}`?")),
            None => d.hint(format!("there are {}", known.join(", "))),
        }
    };
    let nodes = &snapshot.nodes;
    let (node, bridge) = match words[..] {
        [] => {
            return otherwise.ok_or_else(|| {
                let d = Diagnostic::error("no-such-place", Span::default(), "nothing says which bridge is meant");
                d.hint("write `# on NODE BRIDGE` above the lines")
            });
        }
        [bridge] => match (otherwise, &nodes[..]) {
            (Some((node, _)), _) => (node, bridge),
            (None, [_]) => (0, bridge),
            _ => {
                let with = |(at, node): (usize, &Arc<crate::model::node::Node>)| node.bridge(bridge).map(|_| at);
                let having: Vec<usize> = nodes.iter().enumerate().filter_map(with).collect();
                let [one] = having[..] else {
                    let names = nodes.iter().map(|n| &*n.name).collect();
                    return Err(wrong(bridge, format!("nothing says on which node `{bridge}` is meant"), names));
                };
                (one, bridge)
            }
        },
        [node, bridge] => {
            let Some(at) = nodes.iter().position(|n| *n.name == *node) else {
                return Err(wrong(node, format!("no node `{node}`"), nodes.iter().map(|n| &*n.name).collect()));
            };
            (at, bridge)
        }
        [.., last] => return Err(wrong(last, "write NODE BRIDGE".to_owned(), Vec::new())),
    };
    let bridges = &nodes[node].bridges;
    match bridges.iter().position(|b| *b.name == *bridge) {
        Some(at) => Ok((node, at)),
        None => Err(wrong(bridge, format!("no bridge `{bridge}`"), bridges.iter().map(|b| &*b.name).collect())),
    }
}

/// Reads lines. Wrong ones are all told.
pub fn read(text: &str, snapshot: &Snapshot, default: Option<Place>) -> Result<Vec<Asked>, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let mut asked = Vec::new();
    let mut here = Ok(default);
    // Each part, with the place of its beginning in the text.
    let mut part = String::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n').chain([""]) {
        let on = line.trim().strip_prefix("# on ");
        if on.is_some() || line.is_empty() {
            take(&part, start, &here, snapshot, &mut asked, &mut found);
            part.clear();
            start = at + line.len();
        } else {
            part.push_str(line);
        }
        if let Some(on) = on {
            here = place(on, snapshot, default).map(Some);
            if let Err(d) = &here {
                found.push(Diagnostic { span: d.span.shifted(Span::of(text, on).start as usize), ..d.clone() });
            }
        }
        at += line.len();
    }
    if found.is_empty() { Ok(asked) } else { Err(found) }
}

/// Reads the lines for one bridge.
fn take(
    part: &str,
    start: usize,
    here: &Result<Option<Place>, Diagnostic>,
    snapshot: &Snapshot,
    asked: &mut Vec<Asked>,
    found: &mut Vec<Diagnostic>,
) {
    let is_empty = part.lines().all(|line| line.trim().is_empty() || line.trim().starts_with('#'));
    let Ok(here) = here else { return };
    if is_empty {
        return;
    }
    let Some((node, bridge)) = *here else {
        let d = Diagnostic::error("no-such-place", Span::new(start, start + 1), "nothing says which bridge is meant");
        found.push(d.hint("write `# on NODE BRIDGE` above the lines"));
        return;
    };
    let names = &snapshot.nodes[node].bridges[bridge].names;
    match change_file::read_in(part, names, None) {
        Ok(file) => {
            let requests = file.requests.into_iter().map(|(span, request)| (span.shifted(start), request)).collect();
            asked.push(Asked { place: (node, bridge), requests });
        }
        Err(wrong) => found.extend(wrong.into_iter().map(|d| Diagnostic { span: d.span.shifted(start), ..d })),
    }
}

/// The snapshot as it is after the edits; what a switch would refuse is told, and then nothing is done.
pub fn apply(snapshot: &Snapshot, asked: &[Asked]) -> Result<Snapshot, Vec<Diagnostic>> {
    let mut changed = snapshot.clone();
    let mut found = Vec::new();
    for Asked { place: (node, at), requests } in asked {
        let bridge = &changed.nodes[*node].bridges[*at];
        let set = match ChangeSet::plan(bridge, requests.iter().map(|(_, request)| request.clone())) {
            Ok(set) => set,
            Err(refused) => {
                for refusal in refused {
                    let span = requests.get(refusal.index).map_or(Span::default(), |(span, _)| *span);
                    let message = format!("the switch refuses it: {}", refusal.sentence);
                    found.push(Diagnostic::error("refused", span, message).hint(refusal.error.name()));
                }
                continue;
            }
        };
        let after = set.apply(bridge).expect("the changes were planned on this bridge");
        put(&mut changed, (*node, *at), after);
    }
    if found.is_empty() { Ok(changed) } else { Err(found) }
}

/// Puts a bridge into the place of another.
pub fn put(snapshot: &mut Snapshot, (node, at): Place, bridge: crate::model::bridge::Bridge) {
    let mut there = (*snapshot.nodes[node]).clone();
    there.bridges[at] = Arc::new(bridge);
    snapshot.nodes[node] = Arc::new(there);
}

/// The lines of requests, with where they go.
pub fn lines(snapshot: &Snapshot, asked: &[(Place, Vec<Request>)]) -> String {
    let mut out = String::new();
    for ((node, at), requests) in asked.iter().filter(|(_, requests)| !requests.is_empty()) {
        let node = &snapshot.nodes[*node];
        let bridge = &node.bridges[*at];
        out.push_str(&format!("# on {} {}\n", node.name, bridge.name));
        out.push_str(&change_file::write(requests.iter(), &bridge.names));
    }
    out
}

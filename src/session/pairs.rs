//! Which bridge of one source is compared with which of the other.

use std::sync::Arc;

use super::scene::{Choice, Chosen, NoChoice, NodeScene, Scene, unknown};
use crate::diff::{Aspects, Options};
use crate::model::bridge::Bridge;
use crate::model::snapshot::Fate;

/// A bridge of each side; `None` on the side that does not have it.
#[derive(Debug, Clone)]
pub struct Pair<'a> {
    /// The node's name.
    pub node: Arc<str>,
    /// The bridge's name.
    pub bridge: Arc<str>,
    /// Before.
    pub a: Option<Chosen<'a>>,
    /// After.
    pub b: Option<Chosen<'a>>,
    none: Arc<Bridge>,
}

impl<'a> Pair<'a> {
    /// Both bridges; one without flows on the side that does not have it.
    pub fn bridges(&self) -> (&Bridge, &Bridge) {
        let of = |chosen: &Option<Chosen<'a>>| chosen.map(|chosen| &**chosen.bridge());
        (of(&self.a).unwrap_or(&self.none), of(&self.b).unwrap_or(&self.none))
    }

    /// Whether both sides have the bridge.
    pub fn is_whole(&self) -> bool {
        self.a.is_some() && self.b.is_some()
    }

    /// What is compared: groups, meters and ports only where both sides captured them.
    pub fn options(&self, ignore: Aspects, is_asked: impl Fn(&str) -> bool) -> Options {
        let (a, b) = self.bridges();
        let both = |word: &str, sizes: (usize, usize)| {
            let has = |chosen: &Option<Chosen<'a>>, n: usize| n > 0 || chosen.is_some_and(|c| captured(c, word));
            is_asked(word) && has(&self.a, sizes.0) && has(&self.b, sizes.1)
        };
        Options {
            ignore,
            groups: both("groups", (a.groups.len(), b.groups.len())),
            meters: both("meters", (a.meters.len(), b.meters.len())),
            ports: both("ports", (a.ports.len(), b.ports.len())),
        }
    }
}

/// Whether a bridge has a file of that kind.
fn captured(chosen: Chosen<'_>, kind: &str) -> bool {
    let is_it = |fate: &Fate| {
        matches!(fate, Fate::Read { node, bridge }
            if **node == *chosen.node.node().name && **bridge == *chosen.bridge().name)
    };
    chosen.node.snapshot().sources.files.iter().any(|file| file.kind == kind && is_it(&file.fate))
}

/// Whether a source is one file with one bridge.
fn is_dump(scene: &Scene) -> bool {
    let is_one = matches!(scene.nodes(), [node] if node.bridges().len() == 1);
    is_one && scene.snapshot().sources.files.len() <= 1
}

/// What a person chose of two sources.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// The node and the bridge.
    pub choice: Choice<'a>,
    /// The node of the second source, if it is another one.
    pub node_b: Option<&'a str>,
}

/// The pairs of two sources, in the order of the first one.
pub fn pairs<'a>(a: &'a Scene, b: &'a Scene, chosen: Wanted<'_>) -> Result<Vec<Pair<'a>>, NoChoice> {
    let mut found = Vec::new();
    for (name, (left, right)) in nodes(a, b, chosen)? {
        found.extend(bridges(&name, (left, is_dump(a)), (right, is_dump(b)), chosen.choice.bridge)?);
    }
    Ok(found)
}

/// Something of both sides, of one, or of the other.
type Both<T> = (Option<T>, Option<T>);

/// Something with its name.
type Named<T> = (Arc<str>, T);

fn nodes<'a>(a: &'a Scene, b: &'a Scene, chosen: Wanted<'_>) -> Result<Vec<Named<Both<&'a NodeScene>>>, NoChoice> {
    let (left, right) = (a.nodes(), b.nodes());
    let (choice, wanted) = (chosen.choice, chosen.choice.node);
    // Two nodes that are called differently.
    if let Some(name) = chosen.node_b {
        let (one, other) = (a.node(choice)?, b.node(Choice { node: Some(name), ..choice })?);
        let names = format!("{} > {}", one.node().name, other.node().name);
        return Ok(vec![(names.into(), (Some(one), Some(other)))]);
    }
    if let ([one], [other]) = (left, right) {
        // A file has no node of its own, so any name fits it; of two nodes the first must have the name that was asked.
        if wanted.is_some_and(|name| [one, other].iter().all(|node| *node.node().name != *name)) {
            a.node(choice)?;
        }
        return Ok(vec![(one.node().name.clone(), (Some(one), Some(other)))]);
    }
    // One dump is compared with the node that is meant, whatever its own node is called.
    if is_dump(a) {
        let node = b.node(choice)?;
        return Ok(vec![(node.node().name.clone(), (left.first(), Some(node)))]);
    }
    if is_dump(b) {
        let node = a.node(choice)?;
        return Ok(vec![(node.node().name.clone(), (Some(node), right.first()))]);
    }
    let names: Vec<Arc<str>> = names(left.iter().chain(right).map(|node| &node.node().name));
    let find = |nodes: &'a [NodeScene], name: &str| nodes.iter().find(|node| *node.node().name == *name);
    let pair = |name: Arc<str>| {
        let both = (find(left, &name), find(right, &name));
        (name, both)
    };
    let all: Vec<_> =
        names.into_iter().filter(|name| wanted.is_none_or(|wanted| wanted == &**name)).map(pair).collect();
    if all.is_empty() {
        a.node(choice)?;
    }
    Ok(all)
}

/// Names, each once, in the order in which they come.
fn names<'n>(all: impl Iterator<Item = &'n Arc<str>>) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::new();
    for name in all {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn bridges<'a>(
    node: &Arc<str>,
    (left, is_left_dump): (Option<&'a NodeScene>, bool),
    (right, is_right_dump): (Option<&'a NodeScene>, bool),
    wanted: Option<&str>,
) -> Result<Vec<Pair<'a>>, NoChoice> {
    let none = Arc::new(Bridge::default());
    let all = |node: Option<&'a NodeScene>| -> Vec<Chosen<'a>> {
        let chosen = |node: &'a NodeScene| (0..node.bridges().len()).map(move |at| Chosen { node, at });
        node.into_iter().flat_map(chosen).collect()
    };
    let pair = |bridge: &Arc<str>, a: Option<Chosen<'a>>, b: Option<Chosen<'a>>| Pair {
        node: node.clone(),
        bridge: bridge.clone(),
        a,
        b,
        none: none.clone(),
    };
    let (left, right) = (all(left), all(right));
    let named = |side: &[Chosen<'a>], name: &str| side.iter().copied().find(|c| *c.bridge().name == *name);
    let lone = |side: &[Chosen<'a>]| if side.len() == 1 { Some(side[0]) } else { None };
    // A dump that stands alone is compared with the bridge that is meant: the named one, else the one that is called
    // like it, else `br-int`.
    let meant = |side: &[Chosen<'a>], other: Chosen<'a>| {
        let by_name = |name: &str| named(side, name);
        match wanted {
            Some(name) => by_name(name).or_else(|| lone(side)),
            None => lone(side).or_else(|| by_name(&other.bridge().name)).or_else(|| by_name("br-int")),
        }
    };
    match (lone(&left), lone(&right)) {
        (Some(one), other) if !right.is_empty() && (is_left_dump || other.is_some()) => {
            if let Some(other) = meant(&right, one) {
                return Ok(vec![pair(&other.bridge().name, Some(one), Some(other))]);
            }
        }
        (_, Some(other)) if !left.is_empty() && is_right_dump => {
            if let Some(one) = meant(&left, other) {
                return Ok(vec![pair(&one.bridge().name, Some(one), Some(other))]);
            }
        }
        _ => {}
    }
    let mut all = names(left.iter().chain(&right).map(|chosen| &chosen.bridge().name));
    all.retain(|name| wanted.is_none_or(|wanted| wanted == &**name));
    if let (true, Some(name)) = (all.is_empty(), wanted) {
        let names = names(left.iter().chain(&right).map(|chosen| &chosen.bridge().name));
        return Err(unknown("bridge", name, names.iter().map(ToString::to_string).collect()));
    }
    Ok(all.iter().map(|name| pair(name, named(&left, name), named(&right, name))).collect())
}

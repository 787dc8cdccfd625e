//! Where data comes from, as people name it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::progress::Progress;
use crate::dump::archive::{self, LoadError, Request};
use crate::dump::demo;
use crate::dump::input::Input;
use crate::model::neutron_facts::NeutronFacts;
use crate::model::snapshot::Snapshot;
use crate::neutron::api;

/// A source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Captured nodes inside the program: `demo:NAME`.
    Demo(String),
    /// The same and more nodes, to be changed and tried out in memory: `sandbox:NAME`.
    Sandbox(String),
    /// Standard input: `-`.
    Stdin,
    /// A file or a directory.
    Path(PathBuf),
}

impl Source {
    /// The source that goes by this name. A file called like a demo is opened as `./demo:NAME`.
    pub fn named(name: &str) -> Source {
        if let Some(sandbox) = name.strip_prefix("sandbox:") {
            let node = if sandbox.is_empty() { demo::DEFAULT } else { sandbox };
            return Source::Sandbox(node.to_owned());
        }
        match name.strip_prefix("demo:") {
            _ if name == "-" => Source::Stdin,
            Some("") => Source::default(),
            Some(demo) => Source::Demo(demo.to_owned()),
            None => Source::Path(PathBuf::from(name)),
        }
    }

    /// What it is called.
    pub fn name(&self) -> Arc<str> {
        match self {
            Source::Demo(name) => format!("demo:{name}").into(),
            Source::Sandbox(name) => format!("sandbox:{name}").into(),
            Source::Stdin => "-".into(),
            Source::Path(path) => path.to_string_lossy().into(),
        }
    }

    /// Whether what is opened may be changed: nothing but memory changes.
    pub fn is_sandbox(&self) -> bool {
        matches!(self, Source::Sandbox(_))
    }

    /// Whether it can be read a second time.
    pub fn is_repeatable(&self) -> bool {
        !matches!(self, Source::Stdin)
    }
}

impl Default for Source {
    fn default() -> Source {
        Source::Demo(demo::DEFAULT.to_owned())
    }
}

/// Reads a source. `publish` sees the snapshot as it grows; `fill` also reads the smaller dumps of a bridge for what
/// the richest one lacks.
pub fn open(
    source: &Source,
    fill: bool,
    progress: &Progress,
    publish: &mut dyn FnMut(Snapshot),
) -> Result<Snapshot, LoadError> {
    let name = source.name();
    let request = Request { name: name.clone(), fill, progress };
    let snapshot = match source {
        Source::Path(path) => archive::load(path, &request, publish),
        Source::Stdin => {
            let input = Input::new(io::stdin()).map_err(|error| LoadError::Unreadable { name, error })?;
            archive::load_stream(input, &request, publish)
        }
        Source::Demo(node) | Source::Sandbox(node) => {
            let found = if source.is_sandbox() { demo::open_practice(node) } else { demo::open(node) };
            let unknown = || Err(io::Error::new(io::ErrorKind::NotFound, no_such_node(source, node)));
            let input = found.unwrap_or_else(unknown).map_err(|error| LoadError::Unreadable { name, error })?;
            archive::load_stream(input, &request, publish)
        }
    }?;
    Ok(with_neutron(snapshot))
}

fn no_such_node(source: &Source, name: &str) -> String {
    let names = |all: &mut dyn Iterator<Item = (&'static str, &'static str)>| -> String {
        all.map(|(name, _)| name).collect::<Vec<_>>().join(", ")
    };
    match source.is_sandbox() {
        true => format!("there is no sandbox `{name}`; there are {}", names(&mut demo::practice())),
        false => format!("there is no demo `{name}`; the demos are {}", names(&mut demo::names())),
    }
}

/// Reads the lists of Neutron's API that came with a source.
fn with_neutron(mut snapshot: Snapshot) -> Snapshot {
    let mut facts = NeutronFacts::default();
    for list in &snapshot.sources.lists {
        api::add(&mut facts, &list.text);
    }
    if !facts.is_empty() {
        snapshot.neutron = Some(Arc::new(facts));
    }
    snapshot
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_sources() {
        assert_eq!(Source::named("-"), Source::Stdin);
        assert_eq!(Source::named("demo:fwaas-l2"), Source::Demo("fwaas-l2".into()));
        assert_eq!(Source::named("demo:"), Source::default());
        assert_eq!(Source::named("sandbox:dvr"), Source::Sandbox("dvr".into()));
        assert!(Source::named("sandbox:").is_sandbox() && !Source::named("demo:").is_sandbox());
        assert_eq!(Source::named("./demo:x"), Source::Path("./demo:x".into()));
    }

    #[test]
    fn a_demo_that_is_not_there_is_refused_with_the_names_of_those_that_are() {
        let e = open(&Source::named("demo:nonsense"), true, &Progress::default(), &mut |_| {}).unwrap_err();
        assert!(e.to_string().contains(demo::DEFAULT), "{e}");
        let e = open(&Source::named("sandbox:nonsense"), true, &Progress::default(), &mut |_| {}).unwrap_err();
        assert!(e.to_string().contains("there is no sandbox `nonsense`") && e.to_string().contains("dvr"), "{e}");
        assert!(open(&Source::named("sandbox:dvr"), true, &Progress::default(), &mut |_| {}).is_ok());
        assert!(open(&Source::named("demo:dvr"), true, &Progress::default(), &mut |_| {}).is_err());
    }

    #[test]
    fn the_lists_of_the_networking_api_become_facts() {
        let snapshot = open(&Source::default(), true, &Progress::default(), &mut |_| {}).unwrap();
        assert!(snapshot.neutron.is_some_and(|facts| !facts.is_empty()));
    }
}

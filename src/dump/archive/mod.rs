//! A whole source becomes a snapshot: one file, a directory of captures, a sos report, packed or not.
//!
//! Every file is told by what stands in it ([`super::kind`]); its path only says which node and bridge it is about
//! ([`super::place`]). A directory often holds one bridge several times: the richest dump is read, and the others fill
//! what it lacks (`bridge`); dumps that were made alike are of different moments, and each moment is a node of its own
//! (`moments`). Whatever was not used is listed with the reason.

mod bridge;
mod moments;
mod node;
mod survey;
mod tree;

use std::io;
use std::path::Path;
use std::sync::Arc;

use self::bridge::Reading;
use self::survey::Survey;
use self::tree::Tree;
use super::flow_file;
use super::input::Input;
use super::kind::Kind;
use crate::base::diag::{Diagnostic, Located, Report};
use crate::base::progress::Progress;
use crate::base::span::Span;
use crate::field::Names;
use crate::model::bridge::Bridge;
use crate::model::node::Node;
use crate::model::snapshot::{Fate, Snapshot, SourceFile, Sources};

/// What to read, and how.
pub struct Request<'a> {
    /// The source as the person knows it.
    pub name: Arc<str>,
    /// Whether smaller dumps of a bridge fill gaps of the richest one; that costs the time to read them.
    pub fill: bool,
    /// How far it is, and whether to stop.
    pub progress: &'a Progress,
}

/// Why a source gives no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be opened.
    #[error("`{name}` cannot be opened: {error}")]
    Unreadable {
        /// The source.
        name: Arc<str>,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// There is nothing in it that is known.
    #[error("`{name}` holds {what}")]
    Nothing {
        /// The source.
        name: Arc<str>,
        /// What it holds instead, in words.
        what: String,
        /// What was looked at, each with the reason why it was not used.
        sources: Box<Sources>,
    },
}

/// Reads what lies at a path. `publish` sees the snapshot as it grows.
pub fn load(path: &Path, request: &Request<'_>, publish: &mut dyn FnMut(Snapshot)) -> Result<Snapshot, LoadError> {
    let unreadable = |error| LoadError::Unreadable { name: request.name.clone(), error };
    let tree = Tree::of(path).map_err(unreadable)?;
    request.progress.expect(tree.entries.iter().map(|e| e.size).sum());
    let survey = Survey::of(tree, request.progress);
    assemble(survey, path, request, publish)
}

/// Understands a file whose text was read already.
pub fn load_text(path: &Path, text: Vec<u8>, request: &Request<'_>) -> Result<Snapshot, LoadError> {
    let survey = Survey::of(Tree::of_text(path, text), request.progress);
    assemble(survey, path, request, &mut |_| {})
}

/// Reads a text that cannot be read twice, such as standard input. Flows are shown as they come.
pub fn load_stream(
    input: Input,
    request: &Request<'_>,
    publish: &mut dyn FnMut(Snapshot),
) -> Result<Snapshot, LoadError> {
    let kind = Kind::of(input.head());
    if kind != Kind::Flows {
        let unreadable = |error| LoadError::Unreadable { name: request.name.clone(), error };
        let tree = Tree::of_pipe(input).map_err(unreadable)?;
        return assemble(Survey::of(tree, request.progress), Path::new("stdin"), request, publish);
    }
    let mut sources = Sources { name: request.name.clone(), ..Sources::default() };
    let bridge_name: Arc<str> = "bridge".into();
    let bridge =
        Bridge { name: bridge_name.clone(), names: Arc::new(Names::default().learning()), ..Bridge::default() };
    let node_name: Arc<str> = "stdin".into();
    let fate = Fate::Read { node: node_name.clone(), bridge: bridge_name };
    sources.files.push(SourceFile { path: request.name.clone(), kind: kind.name(), fate });
    let snapshot = |bridge: Bridge, sources: &Sources| {
        let is_partial = bridge.is_partial;
        let node = Node { name: node_name.clone(), bridges: vec![Arc::new(bridge)], ..Node::default() };
        let sources = Arc::new(sources.clone());
        Snapshot { nodes: vec![Arc::new(node)], sources, is_partial, ..Snapshot::default() }
    };
    let loaded = flow_file::load(input, &request.name, &bridge.names, request.progress, |loaded| {
        publish(snapshot(bridge::with_flows(&bridge, loaded.flows.clone(), loaded.version, true), &sources));
    });
    sources.report = loaded.report;
    Ok(snapshot(bridge::with_flows(&bridge, loaded.flows, loaded.version, loaded.is_partial), &sources))
}

/// Puts the nodes together from what the files are.
fn assemble(
    survey: Survey,
    path: &Path,
    request: &Request<'_>,
    publish: &mut dyn FnMut(Snapshot),
) -> Result<Snapshot, LoadError> {
    let mut reading = Reading { progress: request.progress, report: Report::default(), fill: request.fill };
    let mut assembly = node::Assembly::of(&survey, path, &mut reading);
    let mut nodes: Vec<Arc<Node>> = Vec::new();
    let name = request.name.clone();
    for at in 0..assembly.nodes.len() {
        if request.progress.is_cancelled() {
            break;
        }
        let done = nodes.clone();
        let node = assembly.nodes[at].read(&mut reading, &mut |node: Node| {
            let nodes = done.iter().cloned().chain([Arc::new(node)]).collect();
            let sources = Arc::new(Sources { name: name.clone(), ..Sources::default() });
            publish(Snapshot { nodes, sources, is_partial: true, ..Snapshot::default() });
        });
        nodes.push(Arc::new(node));
    }
    nodes.sort_by(|a, b| a.name.cmp(&b.name));
    let lists = std::mem::take(&mut assembly.lists);
    let mut sources = Sources { name: name.clone(), files: assembly.files(&survey), report: reading.report, lists };
    for (path, why) in &survey.left_out {
        let file: Arc<str> = if path.is_empty() { name.clone() } else { path.as_str().into() };
        let d = Diagnostic::note("left-out", Span::default(), why.clone());
        sources.report.push(Located::file(&file, d));
    }
    let databases = std::mem::take(&mut assembly.databases);
    if nodes.is_empty() && databases.is_empty() {
        let what = nothing(&survey);
        return Err(LoadError::Nothing { name, what, sources: Box::new(sources) });
    }
    let is_partial = request.progress.is_cancelled() || nodes.iter().any(|n| n.bridges.iter().any(|b| b.is_partial));
    Ok(Snapshot { nodes, databases, sources: Arc::new(sources), is_partial, ..Snapshot::default() })
}

/// What a source holds that is of no use.
fn nothing(survey: &Survey) -> String {
    let mut kinds: Vec<Kind> = survey.found.iter().map(|f| f.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    match &kinds[..] {
        [] => "no files".to_owned(),
        [one] => one.name().to_owned(),
        many => format!("no dump of a switch, only {}", many.iter().map(|k| k.name()).collect::<Vec<_>>().join(", ")),
    }
}

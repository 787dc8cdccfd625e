//! Everything that was read, as it was at one moment.

use std::sync::Arc;

use super::neutron_facts::NeutronFacts;
use super::node::Node;
use super::ovsdb::Database;
use crate::base::diag::Report;

/// Counts the snapshots of a session, so that an answer can be told from one for an older snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u64);

/// Some nodes, and where they were read. It never changes; new data is a new snapshot.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The nodes, by name.
    pub nodes: Vec<Arc<Node>>,
    /// Databases that belong to no node: OVN's Northbound and Southbound.
    pub databases: Vec<Arc<Database>>,
    /// What the networking API says of ports, networks and groups, if that was captured, too.
    pub neutron: Option<Arc<NeutronFacts>>,
    /// Where it was read, and what was wrong there.
    pub sources: Arc<Sources>,
    /// Which one of the session it is.
    pub revision: Revision,
    /// Whether there is more than was read: the load goes on, or was stopped.
    pub is_partial: bool,
}

/// What a snapshot was read from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// What the person asked for: a file, a directory, `-`, `demo:NAME`.
    pub name: Arc<str>,
    /// The files that were found, each with what became of it.
    pub files: Vec<SourceFile>,
    /// What was not understood.
    pub report: Report,
    /// Lists of Neutron's API, as they were found, for those who know what stands in them.
    pub lists: Vec<SourceText>,
}

/// A text as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// Its path below the source.
    pub path: Arc<str>,
    /// The text.
    pub text: Arc<str>,
}

/// A file and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path below the source.
    pub path: Arc<str>,
    /// What it holds, such as `flows` or `ports`.
    pub kind: &'static str,
    /// What it was used for.
    pub fate: Fate,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was read; for which node, and bridge if it is about one.
    Read {
        /// The node.
        node: Arc<str>,
        /// The bridge; empty if the file is about the whole node.
        bridge: Arc<str>,
    },
    /// It only filled gaps that the others left: which ones.
    Filled(Box<str>),
    /// It was not used, and why.
    Unused(Box<str>),
}

impl Snapshot {
    /// A node by its name.
    pub fn node(&self, name: &str) -> Option<&Arc<Node>> {
        self.nodes.iter().find(|n| &*n.name == name)
    }

    /// How many flows there are.
    pub fn flow_count(&self) -> usize {
        self.nodes.iter().map(|n| n.flow_count()).sum()
    }

    /// A database by its schema's name.
    pub fn database(&self, schema: &str) -> Option<&Arc<Database>> {
        self.databases.iter().find(|d| &*d.schema == schema)
    }
}

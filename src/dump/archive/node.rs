//! Which files belong to which node and bridge, and one node read from them.

use std::path::Path;
use std::sync::Arc;

use super::bridge::{Draft, Reading};
use super::moments::{moment_of, moments, timed};
use super::survey::{Found, Survey};
use crate::dump::kind::{About, Kind};
use crate::dump::{Part, Source, conntrack, dpif_show, fdb, ovsdb_file, ovsdb_json, ovsdb_text, vsctl};
use crate::field::Names;
use crate::model::bridge::Bridge;
use crate::model::node::Node;
use crate::model::node_facts::facts;
use crate::model::ovsdb::Database;
use crate::model::snapshot::{Fate, SourceFile, SourceText};

/// The database that every node has.
const SCHEMA: &str = "Open_vSwitch";

/// A node and the files about it.
pub struct NodeDraft<'a> {
    key: String,
    name: Arc<str>,
    database: Option<Arc<Database>>,
    /// The files about the node as a whole.
    files: Vec<(&'a Found, Option<Fate>)>,
    bridges: Vec<Draft<'a>>,
    /// Bridges that the names of several files tell together.
    timed: Vec<String>,
}

/// Everything that a source holds, in its place.
pub struct Assembly<'a> {
    /// The nodes.
    pub nodes: Vec<NodeDraft<'a>>,
    /// Databases that belong to no node.
    pub databases: Vec<Arc<Database>>,
    /// Lists of Neutron's API.
    pub lists: Vec<SourceText>,
    /// The files that belong to no node, each with what became of it.
    aside: Vec<(&'a Found, Fate)>,
}

impl<'a> Assembly<'a> {
    /// Puts every file where it belongs, and reads the databases, which know the bridges.
    pub fn of(survey: &'a Survey, root: &Path, reading: &mut Reading<'_>) -> Assembly<'a> {
        let mut assembly = Assembly { nodes: Vec::new(), databases: Vec::new(), lists: Vec::new(), aside: Vec::new() };
        // The databases first, and JSON before its other forms: it is the quickest to read.
        let mut in_order: Vec<&Found> = survey.found.iter().collect();
        in_order.sort_by_key(|found| found.kind);
        let is_database = |found: &Found| {
            matches!(found.kind, Kind::DatabaseJson | Kind::DatabaseText | Kind::DatabaseFile | Kind::VsctlShow)
        };
        let (mut databases, others): (Vec<&Found>, Vec<&Found>) = in_order.into_iter().partition(|f| is_database(f));
        databases.sort_by_key(|found| match found.kind {
            Kind::DatabaseJson => 0,
            Kind::DatabaseText => 1,
            Kind::DatabaseFile => 2,
            _ => 3,
        });
        for found in databases {
            assembly.database(found, reading);
        }
        for found in others {
            assembly.place(found, reading);
        }
        assembly.nodes.sort_by(|a, b| a.key.cmp(&b.key));
        assembly.name_nodes(survey, root, reading);
        assembly.nodes = assembly.nodes.into_iter().flat_map(NodeDraft::moments).collect();
        for node in &mut assembly.nodes {
            node.share_out();
        }
        assembly
    }

    fn node(&mut self, key: &str) -> &mut NodeDraft<'a> {
        let at = self.nodes.iter().position(|n| n.key == key).unwrap_or_else(|| {
            self.nodes.push(NodeDraft {
                key: key.to_owned(),
                name: "".into(),
                database: None,
                files: Vec::new(),
                bridges: Vec::new(),
                timed: Vec::new(),
            });
            self.nodes.len() - 1
        });
        &mut self.nodes[at]
    }

    fn database(&mut self, found: &'a Found, reading: &mut Reading<'_>) {
        let known = self.nodes.iter().find(|n| n.key == found.place.node).is_some_and(|n| n.database.is_some());
        if known && found.kind != Kind::DatabaseJson {
            let why = format!("the {} is read from a fuller file", found.kind.name());
            let node = self.node(&found.place.node);
            return node.files.push((found, Some(Fate::Unused(why.into()))));
        }
        let read: fn(&str, &mut Source<'_>) -> Database = match found.kind {
            Kind::DatabaseJson => ovsdb_json::read_ovsdb_json,
            Kind::DatabaseText => ovsdb_text::read_ovsdb_text,
            Kind::DatabaseFile => ovsdb_file::read_ovsdb_file,
            _ => vsctl::read_vsctl_show,
        };
        let Some(mut database) = reading.document(found, Names::none(), read) else { return };
        if database.schema.is_empty() {
            database.schema = database.schema_of_tables().into();
        }
        if &*database.schema != SCHEMA && found.kind != Kind::VsctlShow {
            self.aside.push((found, Fate::Read { node: "".into(), bridge: "".into() }));
            return self.databases.push(Arc::new(database));
        }
        let node = self.node(&found.place.node);
        match node.database {
            Some(_) => node.files.push((found, Some(Fate::Unused("another file has this database".into())))),
            None => {
                node.database = Some(Arc::new(database));
                node.files.push((found, None));
            }
        }
    }

    fn place(&mut self, found: &'a Found, reading: &mut Reading<'_>) {
        match found.kind.about() {
            About::Bridge | About::Node => self.node(&found.place.node).files.push((found, None)),
            About::Site if found.kind == Kind::NeutronList => {
                let path: Arc<str> = found.entry.path.as_str().into();
                let text = reading.document(found, Names::none(), |text, _| text.into());
                self.lists.extend(text.map(|text| SourceText { path, text }));
                self.aside.push((found, Fate::Read { node: "".into(), bridge: "".into() }));
            }
            About::Site | About::Nothing => {
                let why = match found.kind {
                    Kind::LogicalFlows => "logical flows come from the Southbound database",
                    Kind::NbctlShow | Kind::SbctlShow => "the databases themselves say more",
                    Kind::Trace => "a trace of one packet says nothing of the others",
                    Kind::Empty => "it is empty",
                    Kind::Binary => "it is no text",
                    Kind::Json => "nobody here reads such JSON",
                    _ => "nothing of a switch stands in it",
                };
                self.aside.push((found, Fate::Unused(why.into())));
            }
        }
    }

    /// Names the nodes: by their directory, by more of the path if two would be called alike, or as the host of a sos
    /// report calls itself.
    fn name_nodes(&mut self, survey: &Survey, root: &Path, reading: &mut Reading<'_>) {
        let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let root_name = root.canonicalize().ok().and_then(|p| Some(p.file_name()?.to_string_lossy().into_owned()));
        let root_name = root_name.unwrap_or_else(|| "node".to_owned());
        let mut names: Vec<String> = Vec::new();
        for node in &self.nodes {
            let host = survey.found.iter().find(|f| f.place.node == node.key && f.place.file == "hostname");
            let host = host.and_then(|f| reading.document(f, Names::none(), |text, _| text.trim().to_owned()));
            let host = host.filter(|h| !h.is_empty() && h.len() < 256 && !h.contains(char::is_whitespace));
            names.push(host.unwrap_or_else(|| if node.key.is_empty() { root_name.clone() } else { last(&node.key) }));
        }
        for (at, node) in self.nodes.iter_mut().enumerate() {
            let is_shared = names.iter().filter(|n| **n == names[at]).count() > 1;
            let path = node.key.strip_prefix(survey.prefix.as_str()).unwrap_or(&node.key);
            node.name = if is_shared && !path.is_empty() { path } else { names[at].as_str() }.into();
        }
    }

    /// Every file with what became of it, in the order of the survey.
    pub fn files(&self, survey: &Survey) -> Vec<SourceFile> {
        let node_files = self.nodes.iter().flat_map(|n| {
            let own = n.files.iter().map(|(found, fate)| (*found, fate.clone()));
            let of_bridges = n.bridges.iter().flat_map(|b| b.files.iter().map(|(found, fate)| (*found, fate.clone())));
            own.chain(of_bridges)
        });
        let aside = self.aside.iter().map(|(found, fate)| (*found, Some(fate.clone())));
        let all: Vec<(&Found, Option<Fate>)> = node_files.chain(aside).collect();
        let mut files: Vec<SourceFile> = Vec::new();
        for found in &survey.found {
            let fates = all.iter().filter(|(f, _)| std::ptr::eq(*f, found)).filter_map(|(_, fate)| fate.clone());
            let unused = Fate::Unused("the load was stopped before it".into());
            let fate = fates.min_by_key(|fate| matches!(fate, Fate::Unused(_))).unwrap_or(unused);
            files.push(SourceFile { path: found.entry.path.as_str().into(), kind: found.kind.name(), fate });
        }
        files
    }
}

impl<'a> NodeDraft<'a> {
    /// The node at each moment at which its bridges were dumped; itself if there is one only.
    fn moments(mut self) -> Vec<NodeDraft<'a>> {
        self.timed = timed(self.files.iter().map(|(found, _)| *found), &self.bridge_names());
        let known = self.bridge_names();
        let dumps = self.files.iter().map(|(found, _)| (*found, found.place.bridge(&known).unwrap_or_default()));
        let names = moments(dumps);
        // Dumps whose names tell no moment are of one of their own.
        let moment = |found: &Found| moment_of(found, &names);
        let is_dump = |found: &Found| found.kind == Kind::Flows && !found.traits.is_typed;
        let is_plain = |found: &Found| is_dump(found) && moment(found).is_none();
        let told: Vec<&Found> = self.files.iter().map(|(found, _)| *found).filter(|f| is_dump(f)).collect();
        if names.is_empty() {
            return vec![self];
        }
        // A dump without a moment beside one of the same bridge with a moment is a moment, too: the file and the file.old.
        let same = |a: &Found, b: &Found| a.place.bridge(&known) == b.place.bridge(&known) && a.traits == b.traits;
        let is_own = |found: &Found| is_plain(found) && told.iter().any(|b| moment(b).is_some() && same(found, b));
        let mut all: Vec<Option<usize>> = (0..names.len()).map(Some).collect();
        if told.iter().any(|found| is_own(found)) {
            all.insert(0, None);
        }
        let at = |which: Option<usize>| {
            let is_of = |found: &Found| match which {
                None => moment(found).is_none(),
                Some(_) => moment(found) == which || moment(found).is_none() && !is_own(found),
            };
            let suffix = which.map_or(String::new(), |at| format!("@{}", names[at]));
            NodeDraft {
                key: format!("{}{suffix}", self.key),
                name: format!("{}{suffix}", self.name).into(),
                database: self.database.clone(),
                files: self.files.iter().filter(|(found, _)| is_of(found)).cloned().collect(),
                bridges: Vec::new(),
                timed: self.timed.clone(),
            }
        };
        all.into_iter().map(at).collect()
    }

    /// Gives the files about bridges to their bridges.
    fn share_out(&mut self) {
        let known = self.bridge_names();
        let (of_bridges, of_node): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.files).into_iter().partition(|(f, _)| f.kind.about() == About::Bridge);
        self.files = of_node;
        for name in &known {
            self.bridges.push(Draft { name: name.clone(), files: Vec::new() });
        }
        for (found, _) in of_bridges {
            match found.local.clone().or_else(|| found.place.bridge(&known)) {
                Some(name) => self.give(&name, found),
                // What names no bridge is about the only one there is, or about all of them.
                None if known.len() == 1 => self.give(&known[0], found),
                None if found.kind == Kind::Fdb && !known.is_empty() => {
                    known.iter().for_each(|name| self.give(name, found));
                }
                None => self.give("bridge", found),
            }
        }
        // The integration bridge is what people come for.
        let rank = |name: &str| match name {
            "br-int" => 0,
            "br-tun" => 1,
            _ => 2,
        };
        self.bridges.sort_by(|a, b| (rank(&a.name), &a.name).cmp(&(rank(&b.name), &b.name)));
    }

    /// The bridges whose names are beyond doubt: from the database, and from what bridges say of themselves.
    fn bridge_names(&self) -> Vec<String> {
        let rows = self.database.iter().flat_map(|d| d.rows("Bridge"));
        let mut names: Vec<String> = rows.filter_map(|row| row.text("name")).collect();
        names.extend(self.files.iter().filter_map(|(found, _)| found.local.clone()));
        names.extend(self.timed.iter().cloned());
        names.sort();
        names.dedup();
        names
    }

    fn give(&mut self, name: &str, found: &'a Found) {
        match self.bridges.iter_mut().find(|b| b.name == name) {
            Some(bridge) => bridge.files.push((found, None)),
            None => self.bridges.push(Draft { name: name.to_owned(), files: vec![(found, None)] }),
        }
    }

    /// Reads the node. `publish` sees it as it grows.
    pub fn read(&mut self, reading: &mut Reading<'_>, publish: &mut dyn FnMut(Node)) -> Node {
        let mut node = Node {
            name: self.name.clone(),
            database: self.database.clone(),
            facts: self.database.as_deref().map(facts).unwrap_or_default(),
            ..Node::default()
        };
        self.read_node_files(reading, &mut node);
        for at in 0..self.bridges.len() {
            let facts = node.facts.bridge(&self.bridges[at].name).cloned();
            let so_far = node.clone();
            let bridge = self.bridges[at].read(facts.as_ref(), &self.name, reading, &mut |bridge: Bridge| {
                let mut node = so_far.clone();
                node.bridges.push(Arc::new(bridge));
                publish(node);
            });
            node.bridges.push(Arc::new(bridge));
        }
        node
    }

    fn read_node_files(&mut self, reading: &mut Reading<'_>, node: &mut Node) {
        let fate = || Some(Fate::Read { node: self.name.clone(), bridge: "".into() });
        for (found, outcome) in &mut self.files {
            if outcome.is_some() {
                continue;
            }
            *outcome = fate();
            match found.kind {
                Kind::Conntrack => {
                    let parts = reading.document(found, Names::none(), conntrack::read_conntrack);
                    let connections = parts.into_iter().flatten().filter_map(Part::into_entry);
                    let before = node.connections.take().map(|c| c.to_vec()).unwrap_or_default();
                    node.connections = Some(Arc::new(before.into_iter().chain(connections).collect()));
                }
                Kind::Tunnels => {
                    let parts = reading.document(found, Names::none(), fdb::read_tunnels).unwrap_or_default();
                    node.tunnels.extend(parts.iter().filter_map(Part::entry).cloned());
                }
                Kind::TunnelNeighbours => {
                    let read = reading.document(found, Names::none(), fdb::read_tunnel_neighbours);
                    node.neighbours.extend(read.unwrap_or_default());
                }
                Kind::DpifShow => {
                    node.datapaths
                        .extend(reading.document(found, Names::none(), dpif_show::read_dpif_show).unwrap_or_default());
                }
                Kind::DpctlShow => {
                    node.datapaths
                        .extend(reading.document(found, Names::none(), dpif_show::read_dpctl_show).unwrap_or_default());
                }
                Kind::DatapathFlows => {
                    *outcome = Some(Fate::Unused("flows of the datapath follow from those of the bridges".into()));
                }
                Kind::CtZones | Kind::GroupTable | Kind::MeterTable => {
                    *outcome = Some(Fate::Unused("the databases of OVN say it too".into()));
                }
                _ => {}
            }
        }
    }
}

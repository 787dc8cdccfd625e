//! One bridge from the files about it: the richest of each kind is read, the others fill what it lacks.

use std::sync::Arc;

use super::survey::Found;
use crate::base::diag::{Diagnostic, Located, Report};
use crate::base::progress::Progress;
use crate::dump::flow_file;
use crate::dump::flows::Loaded;
use crate::dump::kind::Kind;
use crate::dump::ports::Shown;
use crate::dump::{Part, Source, fdb, fragments, groups, meters, ports, tables};
use crate::field::names::port;
use crate::field::{Names, Version};
use crate::model::bridge::Bridge;
use crate::model::node_facts::BridgeFacts;
use crate::model::port::Port;
use crate::model::snapshot::Fate;
use crate::model::store::FlowStore;

/// Documents other than flows are read up to this size, in bytes: 65280 ports with all their counters take less.
pub const DOCUMENT_LIMIT: u64 = 128 << 20;

/// What the reading of files needs and tells.
pub struct Reading<'a> {
    /// How far it is, and whether it should stop.
    pub progress: &'a Progress,
    /// What was not understood.
    pub report: Report,
    /// Whether smaller dumps fill gaps of the richest one.
    pub fill: bool,
}

impl Reading<'_> {
    /// Reads a document of a file; nothing if it cannot be read.
    pub fn document<T>(
        &mut self,
        found: &Found,
        names: &Names,
        read: impl FnOnce(&str, &mut Source<'_>) -> T,
    ) -> Option<T> {
        let file: Arc<str> = found.entry.path.as_str().into();
        let text = found.entry.open(self.progress).and_then(|input| input.read_text(DOCUMENT_LIMIT));
        match text {
            Ok((text, is_cut)) => {
                if is_cut {
                    self.complain(&file, format!("only its first {} MiB are read", DOCUMENT_LIMIT >> 20));
                }
                Some(read(&text, &mut Source { file: &file, names, report: &mut self.report }))
            }
            Err(e) => {
                self.complain(&file, format!("it cannot be read: {e}"));
                None
            }
        }
    }

    fn complain(&mut self, file: &Arc<str>, message: String) {
        let d = Diagnostic::error("unreadable", crate::base::span::Span::default(), message);
        self.report.push(Located::file(file, d.hint("what was read before is shown")));
    }
}

/// A bridge and the files about it.
pub struct Draft<'a> {
    /// Its name.
    pub name: String,
    /// The files, each with what became of it.
    pub files: Vec<(&'a Found, Option<Fate>)>,
}

fn entries<T>(parts: Vec<Part<T>>) -> Vec<T> {
    parts.into_iter().filter_map(Part::into_entry).collect()
}

impl<'a> Draft<'a> {
    /// Reads the bridge. `publish` sees it while its flows are coming.
    pub fn read(
        &mut self,
        facts: Option<&BridgeFacts>,
        node: &str,
        reading: &mut Reading<'_>,
        publish: &mut dyn FnMut(Bridge),
    ) -> Bridge {
        let mut bridge = Bridge { name: self.name.as_str().into(), ..Bridge::default() };
        let mut names = Names::default();
        self.ports(facts, node, reading, &mut bridge, &mut names);
        self.tables(facts, node, reading, &mut bridge, &mut names);
        let names = names.learning();
        if let Some(parts) = self.richest(Kind::Groups, node, reading, &names, groups::read_groups) {
            bridge.groups = entries(parts).iter().filter_map(|line| line.group().cloned()).collect();
            bridge.groups.sort_by_key(|g| g.id);
        }
        if let Some(parts) = self.richest(Kind::GroupStats, node, reading, &names, groups::read_group_stats) {
            bridge.group_stats = entries(parts);
        }
        if let Some(parts) = self.richest(Kind::Meters, node, reading, &names, meters::read_meters) {
            bridge.meters = entries(parts).into_iter().map(|entry| entry.meter).collect();
            bridge.meters.sort_by_key(|m| m.id);
        }
        if let Some(parts) = self.richest(Kind::MeterStats, node, reading, &names, meters::read_meter_stats) {
            bridge.meter_stats = entries(parts);
        }
        if let Some(parts) = self.richest(Kind::TlvMap, node, reading, &names, tables::read_tlv_map) {
            bridge.tlvs = entries(parts);
        }
        let mode = self.richest(Kind::Fragments, node, reading, &names, |text, _| fragments::read_get_frags(text));
        bridge.fragments = mode.flatten().or(bridge.fragments);
        if let Some(parts) = self.richest(Kind::Fdb, node, reading, &names, fdb::read_fdb) {
            bridge.fdb = entries(parts);
        }
        if let Some(parts) = self.richest(Kind::Ports, node, reading, &names, ports::read_ports) {
            bridge.port_stats = entries(parts);
        }
        bridge.names = Arc::new(names);
        self.flows(node, reading, bridge, publish)
    }

    /// The files of a kind, the richest first.
    fn of_kind(&self, kind: Kind) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.files.len()).filter(|at| self.files[*at].0.kind == kind).collect();
        // Of equals, the one with the last name: people number and date what they capture.
        found.sort_by(|a, b| {
            let key = |at: &usize| (self.files[*at].0.traits.rank(), self.files[*at].0.entry.path.as_str());
            key(b).cmp(&key(a))
        });
        found
    }

    /// Reads the richest file of a kind, and says of the others why they were not needed.
    fn richest<T>(
        &mut self,
        kind: Kind,
        node: &str,
        reading: &mut Reading<'_>,
        names: &Names,
        read: impl Fn(&str, &mut Source<'_>) -> T,
    ) -> Option<T> {
        let order = self.of_kind(kind);
        let (&first, rest) = order.split_first()?;
        let out = reading.document(self.files[first].0, names, &read);
        self.mark_read(first, node);
        for &other in rest {
            self.mark_poorer(other, first);
        }
        out
    }

    fn mark_read(&mut self, at: usize, node: &str) {
        self.files[at].1 = Some(Fate::Read { node: node.into(), bridge: self.name.as_str().into() });
    }

    fn mark_poorer(&mut self, poorer: usize, richer: usize) {
        let (poor, rich) = (self.files[poorer].0, self.files[richer].0);
        let why = format!(
            "{} of {} are read from {}, which {}",
            rich.kind.name(),
            self.name,
            rich.entry.path,
            poor.traits.less_than(&rich.traits)
        );
        self.files[poorer].1 = Some(Fate::Unused(why.into()));
    }

    /// Ports from `show`, `dump-ports-desc` and the database, each with what the others lack.
    fn ports(
        &mut self,
        facts: Option<&BridgeFacts>,
        node: &str,
        reading: &mut Reading<'_>,
        bridge: &mut Bridge,
        names: &mut Names,
    ) {
        let mut found: Vec<Port> = Vec::new();
        if let Some(parts) = self.richest(Kind::PortsDesc, node, reading, Names::none(), ports::read_ports_desc) {
            found = entries(parts);
        }
        if let Some(parts) = self.richest(Kind::Show, node, reading, Names::none(), ports::read_show) {
            bridge.fragments = fragments::in_show(&parts);
            for shown in entries(parts) {
                match shown {
                    Shown::Features(features) => bridge.datapath_id = Some(features.datapath_id),
                    Shown::Port(port) if !found.iter().any(|p| p.number == port.number) => found.push(port),
                    Shown::Port(_) => {}
                }
            }
        }
        for port in &found {
            names.add_port(port.number, &port.name);
        }
        for interface in facts.iter().flat_map(|f| &f.interfaces) {
            let Some(number) = interface.ofport else { continue };
            // OpenFlow cuts long names; the database has them whole.
            names.add_port(number, &interface.name);
            match found.iter_mut().find(|p| p.number == number) {
                Some(port) => port.name = interface.name.clone(),
                None => found.push(Port {
                    number,
                    name: interface.name.clone(),
                    mac: interface.mac_in_use.unwrap_or_default(),
                    ..Port::default()
                }),
            }
        }
        // LOCAL stands last, as `ovs-ofctl` has it.
        found.sort_by_key(|p| (p.number == port::LOCAL, p.number));
        bridge.ports = found;
        bridge.datapath_id = bridge.datapath_id.or_else(|| facts.and_then(|f| f.datapath_id));
    }

    /// Tables by name, from `dump-tables` and the database.
    fn tables(
        &mut self,
        facts: Option<&BridgeFacts>,
        node: &str,
        reading: &mut Reading<'_>,
        bridge: &mut Bridge,
        names: &mut Names,
    ) {
        if let Some(parts) = self.richest(Kind::Tables, node, reading, Names::none(), tables::read_tables) {
            bridge.table_stats = tables::tables(&parts);
        }
        bridge.limits = facts.map(|f| f.limits.clone()).unwrap_or_default();
        for (id, name) in facts.iter().flat_map(|f| &f.tables) {
            names.add_table(*id, name);
        }
        for table in &bridge.table_stats {
            // Tables without a name of their own are printed as `table0`, `classifier`, or not at all.
            let is_own = !table.name.is_empty()
                && &*table.name != "classifier"
                && table.name.strip_prefix("table").is_none_or(|n| n.parse::<u8>().is_err());
            if is_own {
                names.add_table(table.id, &table.name);
            }
        }
    }

    fn flows(
        &mut self,
        node: &str,
        reading: &mut Reading<'_>,
        bridge: Bridge,
        publish: &mut dyn FnMut(Bridge),
    ) -> Bridge {
        let order = self.of_kind(Kind::Flows);
        let Some((&first, rest)) = order.split_first() else { return bridge };
        let file = self.files[first].0;
        let version = file.traits.version;
        self.mark_read(first, node);
        let loaded = load_flows(file, &bridge.names, reading, &mut |loaded| {
            publish(with_flows(&bridge, loaded.flows.clone(), version.or(loaded.version), true));
        });
        let mut bridge = with_flows(&bridge, loaded.flows, version.or(loaded.version), loaded.is_partial);
        for &other in rest {
            self.mark_poorer(other, first);
        }
        if reading.fill {
            self.fill(first, rest, &mut bridge, reading);
        }
        bridge
    }

    /// Fills what the richest dump does not have: how long flows are idle, and what hardware counted.
    fn fill(&mut self, first: usize, rest: &[usize], bridge: &mut Bridge, reading: &mut Reading<'_>) {
        let has = self.files[first].0.traits;
        let with_ages = rest.iter().copied().find(|at| self.files[*at].0.traits.has_ages && !has.has_ages);
        let with_offload =
            rest.iter().copied().find(|at| self.files[*at].0.traits.is_bridge_dump && !has.is_bridge_dump);
        for at in with_ages.into_iter().chain(with_offload) {
            let mut aside = Reading { progress: reading.progress, report: Report::default(), fill: false };
            let other = load_flows(self.files[at].0, &bridge.names, &mut aside, &mut |_| {});
            let filled = bridge.flows.fill_from(&other.flows);
            if filled.ages + filled.offloaded > 0 {
                let of = |n: usize, what: &str| if n > 0 { format!("{what} of {n} flows") } else { String::new() };
                let parts = [of(filled.ages, "ages"), of(filled.offloaded, "hardware counters")];
                let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
                self.files[at].1 = Some(Fate::Filled(parts.join(", ").into()));
            }
        }
    }
}

fn load_flows(found: &Found, names: &Names, reading: &mut Reading<'_>, publish: &mut dyn FnMut(&Loaded)) -> Loaded {
    let file: Arc<str> = found.entry.path.as_str().into();
    match found.entry.open(reading.progress) {
        Ok(input) => {
            let mut loaded = flow_file::load(input, &file, names, reading.progress, publish);
            reading.report.append(std::mem::take(&mut loaded.report));
            loaded
        }
        Err(e) => {
            reading.complain(&file, format!("it cannot be read: {e}"));
            Loaded { is_partial: true, ..Loaded::default() }
        }
    }
}

/// The bridge with some flows.
pub fn with_flows(bridge: &Bridge, flows: FlowStore, version: Option<Version>, is_partial: bool) -> Bridge {
    Bridge { flows, version, is_partial, is_dumped: true, ..bridge.clone() }
}

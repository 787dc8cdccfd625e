//! What a finding is, and what a row of the table of findings says.

use super::cx::{BridgeCx, Cx};
use crate::model::bridge::FlowId;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Packets are lost, or go where they should not.
    Error,
    /// It may hurt, or will soon.
    Warning,
    /// It does no harm by itself, and is good to know.
    Note,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// Something that deserves a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The id of its row.
    pub id: &'static str,
    /// How bad it is here.
    pub severity: Severity,
    /// What is the matter, with names filled in.
    pub sentence: String,
    /// The bridge it is about, by its place in the node.
    pub bridge: Option<usize>,
    /// Flows of that bridge that show it, the most telling first.
    pub flows: Vec<FlowId>,
    /// What it is about: a port, a network, a table; empty for the node itself.
    pub object: String,
    /// What to do next.
    pub hint: String,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Flows.
    Flows,
    /// The Open_vSwitch database.
    Database,
    /// The connections that the datapath tracks.
    Connections,
    /// The addresses that bridges have learned.
    Learned,
    /// Other nodes of the same capture.
    Peers,
    /// OVN's Southbound database.
    Southbound,
    /// OVN's Northbound database.
    Northbound,
}

impl Need {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Need::Flows => "flows",
            Need::Database => "the Open_vSwitch database",
            Need::Connections => "the tracked connections (`dpctl/dump-conntrack`)",
            Need::Learned => "the learned addresses (`fdb/show`)",
            Need::Peers => "other nodes of the same capture",
            Need::Southbound => "OVN's Southbound database",
            Need::Northbound => "OVN's Northbound database",
        }
    }

    /// Whether it was captured.
    pub fn is_met(self, cx: &Cx<'_>) -> bool {
        match self {
            Need::Flows => cx.bridges.iter().any(|b| b.bridge.is_dumped || !b.bridge.flows.is_empty()),
            Need::Database => !cx.node.facts.bridges.is_empty(),
            Need::Connections => cx.node.connections.is_some(),
            Need::Learned => cx.bridges.iter().any(|b| !b.bridge.fdb.is_empty()),
            Need::Peers => cx.snapshot.nodes.len() > 1,
            Need::Southbound => cx.snapshot.database("OVN_Southbound").is_some(),
            Need::Northbound => cx.snapshot.database("OVN_Northbound").is_some(),
        }
    }
}

/// A check: one row of the table.
#[derive(Debug)]
pub struct Row {
    /// Its id, which people type.
    pub id: &'static str,
    /// The cases of the catalogue that it decides; empty for a check of any switch.
    pub catalogue: &'static str,
    /// How bad what it finds usually is.
    pub severity: Severity,
    /// What it is about in general: a sentence.
    pub sentence: &'static str,
    /// What it looks at. It is not run where one of these was not captured.
    pub needs: &'static [Need],
    /// Looks for it.
    pub run: fn(&Cx<'_>, &mut Found),
}

/// What the checks of a node found so far.
#[derive(Debug, Default)]
pub struct Found {
    /// The findings.
    pub findings: Vec<Finding>,
    /// How many of the row at work are not kept, because there are too many of them.
    pub more: usize,
    row: Option<&'static Row>,
    kept: usize,
}

impl Found {
    /// So many findings of one row are kept, so that a broken capture cannot grow without end.
    pub const LIMIT: usize = 200;
    /// So many flows of one finding are kept.
    pub const FLOWS: usize = 100;

    /// Begins with a row; whatever is added is its finding.
    pub(super) fn begin(&mut self, row: &'static Row) {
        (self.row, self.kept, self.more) = (Some(row), 0, 0);
    }

    /// Ends a row: what was not kept is told.
    pub(super) fn end(&mut self) {
        if let (Some(row), 1..) = (self.row, self.more) {
            let sentence = format!("There are {} more findings of this kind.", self.more);
            let hint = "Mend the first ones and capture again.".to_owned();
            let (severity, flows, object) = (row.severity, Vec::new(), String::new());
            self.findings.push(Finding { id: row.id, severity, sentence, bridge: None, flows, object, hint });
        }
    }

    /// Adds a finding as bad as its row says.
    pub fn add(&mut self, finding: Draft) {
        let Some(row) = self.row else { return };
        if self.kept == Self::LIMIT {
            self.more += 1;
            return;
        }
        self.kept += 1;
        let Draft { severity, sentence, bridge, mut flows, object, hint } = finding;
        flows.truncate(Self::FLOWS);
        let severity = severity.unwrap_or(row.severity);
        self.findings.push(Finding { id: row.id, severity, sentence, bridge, flows, object, hint });
    }
}

/// A finding that is being written down.
#[derive(Debug, Default)]
pub struct Draft {
    severity: Option<Severity>,
    sentence: String,
    bridge: Option<usize>,
    flows: Vec<FlowId>,
    object: String,
    hint: String,
}

impl Draft {
    /// With a sentence.
    pub fn new(sentence: impl Into<String>) -> Draft {
        Draft { sentence: sentence.into(), ..Draft::default() }
    }

    /// About a bridge.
    pub fn on(mut self, bridge: &BridgeCx<'_>) -> Draft {
        self.bridge = Some(bridge.at);
        self
    }

    /// Shown by these flows of the bridge.
    pub fn flows(mut self, flows: impl IntoIterator<Item = FlowId>) -> Draft {
        self.flows.extend(flows);
        self
    }

    /// About a port, a network, a table.
    pub fn about(mut self, object: impl Into<String>) -> Draft {
        self.object = object.into();
        self
    }

    /// What to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Draft {
        self.hint = hint.into();
        self
    }

    /// Worse or better than the row says.
    pub fn as_bad_as(mut self, severity: Severity) -> Draft {
        self.severity = Some(severity);
        self
    }
}

/// Names in a row, the first few of many.
pub fn listed<T: AsRef<str>>(names: &[T]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len() {
        0..=SHOWN => shown.join(", "),
        n => format!("{} and {} more", shown.join(", "), n - SHOWN),
    }
}

//! What is numbered how in each release of OVN.
//!
//! The numbers come from `fixtures/ovn/releases.txt`, which was taken from OVN's sources: `controller/lflow.h` has the
//! tables of ovn-controller, `northd` the logical stages. A stage's table is that of its pipeline plus its place.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::model::flow::TableId;
use crate::model::naming::Scope;

/// A release of OVN.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// Its name, such as `23.03`.
    pub name: &'static str,
    /// Tables of ovn-controller by the constant's name, without `OFTABLE_`.
    pub tables: FxHashMap<&'static str, TableId>,
    /// The stages of the four pipelines, without their prefix.
    stages: [Vec<&'static str>; 4],
}

/// One of the four logical pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pipeline {
    /// A logical switch, from the input port on.
    SwitchIn,
    /// A logical switch, towards the output port.
    SwitchOut,
    /// A logical router, from the input port on.
    RouterIn,
    /// A logical router, towards the output port.
    RouterOut,
}

impl Pipeline {
    /// All of them, with the prefix of their stages.
    pub const ALL: [(Pipeline, &'static str); 4] = [
        (Pipeline::SwitchIn, "ls_in"),
        (Pipeline::SwitchOut, "ls_out"),
        (Pipeline::RouterIn, "lr_in"),
        (Pipeline::RouterOut, "lr_out"),
    ];

    /// The prefix of its stages.
    pub fn prefix(self) -> &'static str {
        Pipeline::ALL[self as usize].1
    }

    /// Whether it ends at an output port.
    pub fn is_out(self) -> bool {
        matches!(self, Pipeline::SwitchOut | Pipeline::RouterOut)
    }

    /// What kind of datapath it belongs to.
    pub fn scope(self) -> Scope {
        match self {
            Pipeline::SwitchIn | Pipeline::SwitchOut => Scope::Switch,
            Pipeline::RouterIn | Pipeline::RouterOut => Scope::Router,
        }
    }
}

impl Release {
    /// The stages of a pipeline, in order, without their prefix.
    pub fn stages(&self, pipeline: Pipeline) -> &[&'static str] {
        &self.stages[pipeline as usize]
    }

    /// Where a pipeline begins.
    pub fn start(&self, pipeline: Pipeline) -> Option<TableId> {
        let name = if pipeline.is_out() { "LOG_EGRESS_PIPELINE" } else { "LOG_INGRESS_PIPELINE" };
        self.tables.get(name).copied()
    }

    /// The stages that a table holds.
    pub fn stages_of(&self, table: TableId) -> Vec<(Pipeline, &'static str)> {
        let stage = |(pipeline, _): (Pipeline, &str)| {
            let at = table.checked_sub(self.start(pipeline)?)?;
            Some((pipeline, *self.stages(pipeline).get(usize::from(at))?))
        };
        Pipeline::ALL.into_iter().filter_map(stage).collect()
    }

    /// The constant that a table of ovn-controller has; the starts of pipelines are none of their own.
    pub fn constant_of(&self, table: TableId) -> Option<&'static str> {
        let is_own = |name: &&str| !name.starts_with("LOG_INGRESS") && !name.starts_with("LOG_EGRESS");
        self.tables.iter().filter(|(name, n)| **n == table && is_own(name)).map(|(name, _)| *name).min()
    }

    /// What a table is called: its stages beside each other, or its constant; `None` if the release does not use it.
    pub fn table_name(&self, table: TableId) -> Option<String> {
        let stages = self.stages_of(table);
        if stages.is_empty() {
            return self.constant_of(table).map(str::to_owned);
        }
        let names: Vec<String> = stages.iter().map(|(p, stage)| format!("{}_{stage}", p.prefix())).collect();
        Some(names.join(" / "))
    }

    /// Whether the release is this one or a later one. Names of releases are years and months; what is not out yet
    /// comes last.
    pub fn is_from(&self, name: &str) -> bool {
        self.name >= name
    }
}

/// Every release that is known, oldest first.
pub static RELEASES: LazyLock<Vec<Release>> =
    LazyLock::new(|| read(include_str!("../../../fixtures/ovn/releases.txt")));

/// A release by its name, or by a version such as `23.03.1` or `23.03.1-20.27.0-70.6`.
pub fn release(version: &str) -> Option<&'static Release> {
    RELEASES
        .iter()
        .find(|r| version.strip_prefix(r.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-'])))
}

/// Reads the list, in which each release says what differs from the one before it.
fn read(text: &'static str) -> Vec<Release> {
    let mut releases: Vec<Release> = Vec::new();
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let mut words = line.split_ascii_whitespace();
        let Some(key) = words.next() else { continue };
        if key == "release" {
            let before = releases.last().cloned().unwrap_or_default();
            releases.push(Release { name: words.next().unwrap_or(""), ..before });
            continue;
        }
        let Some(release) = releases.last_mut() else { continue };
        match key {
            "tables" => {
                let numbered = words.filter_map(|w| w.split_once('='));
                release.tables.extend(numbered.filter_map(|(name, n)| Some((name, n.parse().ok()?))));
            }
            "without" => words.for_each(|w| {
                release.tables.remove(w);
            }),
            _ => {
                if let Some((pipeline, _)) = Pipeline::ALL.iter().find(|(_, prefix)| *prefix == key) {
                    release.stages[*pipeline as usize] = words.collect();
                }
            }
        }
    }
    releases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_move_from_release_to_release() {
        let name = |version, table| release(version).and_then(|r| r.table_name(table));
        assert_eq!(RELEASES.len(), 21);
        assert_eq!(name("20.03", 14).as_deref(), Some("ls_in_acl / lr_in_dnat"));
        assert_eq!(name("23.03.1-20.27.0-70.6", 16).as_deref(), Some("ls_in_acl / lr_in_lb_aff_learn"));
        assert_eq!(name("24.03", 16).as_deref(), Some("ls_in_acl_eval / lr_in_lb_aff_learn"));
        assert_eq!(name("24.03", 46).as_deref(), Some("ls_out_acl_eval / lr_out_post_snat"));
        assert_eq!(name("25.03", 51).as_deref(), Some("ls_out_acl_eval / lr_out_delivery"));
        assert_eq!(name("24.03", 65).as_deref(), Some("LOG_TO_PHY"));
        assert_eq!(name("main-2026-08", 89).as_deref(), Some("LOG_TO_PHY"));
        assert_eq!(name("24.03", 7), None);
        assert_eq!(name("2", 16), None);
        assert!(release("24.03").unwrap().is_from("23.06") && !release("22.09").unwrap().is_from("23.06"));
        assert!(release("main-2026-08").unwrap().is_from("26.03"));
    }

    #[test]
    fn the_pipelines_do_not_run_into_other_tables() {
        for release in RELEASES.iter() {
            let end = |p| release.start(p).unwrap() as usize + release.stages(p).len();
            let first = |name: &str| release.tables.get(name).copied().map(usize::from);
            let output = first("OUTPUT_LARGE_PKT_DETECT").or(first("REMOTE_OUTPUT")).unwrap();
            assert!(end(Pipeline::SwitchIn).max(end(Pipeline::RouterIn)) <= output, "{}", release.name);
            assert!(end(Pipeline::SwitchOut).max(end(Pipeline::RouterOut)) <= first("SAVE_INPORT").unwrap());
        }
    }
}

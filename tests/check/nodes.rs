//! Whole sources: every bridge, port and flow is there, and nothing was complained about without cause.

use std::path::Path;

use ofscope::base::progress::Progress;
use ofscope::dump::archive::{Request, load};
use ofscope::model::snapshot::{Fate, Snapshot};

use super::Tally;

/// Loads a source.
pub fn snapshot(path: &Path) -> Result<Snapshot, String> {
    let progress = Progress::default();
    let request = Request { name: path.to_string_lossy().into(), fill: true, progress: &progress };
    load(path, &request, &mut |_| {}).map_err(|e| e.to_string())
}

/// Checks a directory that holds nodes.
pub fn check(path: &Path, tally: &mut Tally) {
    let snapshot = match snapshot(path) {
        Ok(snapshot) => snapshot,
        Err(e) => return tally.fail(format!("{}: {e}", path.display())),
    };
    for node in &snapshot.nodes {
        tally.count("nodes");
        for bridge in &node.bridges {
            tally.count("bridges");
            *tally.counts.entry("flows of bridges".into()).or_default() += bridge.flows.len();
            *tally.counts.entry("ports of bridges".into()).or_default() += bridge.ports.len();
            if bridge.is_dumped && (bridge.flows.is_empty() && bridge.version.is_none() || bridge.ports.is_empty()) {
                tally.fail(format!("{} {}: no flows or no ports", node.name, bridge.name));
            }
        }
    }
    for located in &snapshot.sources.report.kept {
        let mut message = String::new();
        located.paint(&mut message);
        tally.fail(format!("{}: {message}", path.display()));
    }
    for file in &snapshot.sources.files {
        let how = match &file.fate {
            Fate::Read { .. } => "files that were read",
            Fate::Filled(_) => "files that filled gaps",
            Fate::Unused(why) => {
                if std::env::var_os("OFSCOPE_SHOW_UNUSED").is_some() {
                    println!("{}: {} ({why})", path.display(), file.path);
                }
                "files that were not used"
            }
        };
        tally.count(how);
    }
}

/// The directories in or below `root` that hold nodes, whole scenarios at a time: those whose own directories have a
/// file of flows directly or in a directory of a bridge.
pub fn scenarios(root: &Path) -> Vec<std::path::PathBuf> {
    let mut found = std::collections::BTreeSet::new();
    for file in super::files_below(root) {
        let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let is_flows = name.starts_with("flows") || name.contains("dump-flows.br") || name.starts_with("br-int.dump");
        let Some(dir) = file.parent().filter(|_| is_flows) else { continue };
        let is_bridge = dir.file_name().is_some_and(|n| n.to_string_lossy().starts_with("br-"));
        let node = if is_bridge { dir.parent().unwrap_or(dir) } else { dir };
        let node_name = node.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let is_member = ["compute", "network"].iter().any(|w| node_name.starts_with(w));
        found.insert(if is_member { node.parent().unwrap_or(node) } else { node }.to_owned());
    }
    found.into_iter().collect()
}

//! Which node and which bridge a file is about, as far as its path tells.
//!
//! People lay captures out in many ways: a directory for each node and one in it for each bridge, the bridge in the
//! file's name, everything in one directory, or a sos report with the command line in the file's name
//! (`sos_commands/openvswitch/ovs-ofctl_-O_OpenFlow13_dump-flows_br-int`). What a path says is only a hint: what a file
//! holds comes first.

use crate::field::Version;

/// A file's path below the source, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The directory of the node; empty for the source itself.
    pub node: String,
    /// The directory of the bridge, if the file's own directory looks like one.
    pub bridge_dir: Option<String>,
    /// The file's name, without what compression adds to it.
    pub file: String,
}

impl Place {
    /// Takes a path apart; its parts are set apart by `/`. `is_bridge` tells names of bridges that are known already.
    pub fn of(path: &str, is_bridge: impl Fn(&str) -> bool) -> Place {
        let (dirs, file) = path.rsplit_once('/').unwrap_or(("", path));
        let file = [".gz", ".zst", ".xz"].iter().find_map(|end| file.strip_suffix(end)).unwrap_or(file).to_owned();
        // In a sos report, commands lie two directories below the node's own.
        if let Some(at) = dirs.find("sos_commands") {
            return Place { node: dirs[..at].trim_end_matches('/').to_owned(), bridge_dir: None, file };
        }
        let (above, last) = dirs.rsplit_once('/').unwrap_or(("", dirs));
        if is_bridge(last) || looks_like_a_bridge(last) {
            return Place { node: above.to_owned(), bridge_dir: Some(last.to_owned()), file };
        }
        Place { node: dirs.to_owned(), bridge_dir: None, file }
    }

    /// The bridge that the path names: one of `known` if any of them stands in it, else a word that looks like one.
    pub fn bridge(&self, known: &[String]) -> Option<String> {
        if let Some(dir) = &self.bridge_dir {
            return Some(dir.clone());
        }
        let mut known: Vec<&String> = known.iter().filter(|name| contains_word(&self.file, name)).collect();
        known.sort_by_key(|name| std::cmp::Reverse(name.len()));
        if let Some(name) = known.first() {
            return Some((*name).clone());
        }
        let words = self.file.split(['.', '_', ' ', '/']);
        words.flat_map(bridge_in_word).next()
    }

    /// The OpenFlow version that the file's name tells: `of13`, `OpenFlow13`, `-O_OpenFlow15`.
    pub fn version(&self) -> Option<Version> {
        let name = self.file.to_ascii_lowercase();
        let digits = |at: usize| name.get(at..at + 2).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
        ["openflow", "of"].iter().find_map(|word| {
            name.match_indices(word).find_map(|(at, _)| digits(at + word.len()).and_then(Version::by_name))
        })
    }
}

/// Whether a name stands in a text as a word of its own.
fn contains_word(text: &str, name: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    !name.is_empty()
        && text
            .match_indices(name)
            .any(|(at, _)| is_edge(text[..at].chars().next_back()) && is_edge(text[at + name.len()..].chars().next()))
}

/// Whether a name looks like one that people give to bridges: `br-int`, `br0`, `ovsbr1`, `brcmp`, and `tbr-` with the
/// beginning of a trunk's id, which is what Neutron calls the bridges of trunks.
pub fn looks_like_a_bridge(name: &str) -> bool {
    let name = name.strip_prefix("tbr-").map_or(name, |_| &name[1..]);
    let rest = name.strip_prefix("ovs").unwrap_or(name);
    let Some(rest) = rest.strip_prefix("br") else { return false };
    let is_numbered = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
    is_numbered || rest.strip_prefix('-').is_some_and(|r| r.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// The part of a word that looks like a bridge: `br-int` of `flows-br-int`, and of `br-int-flows`.
fn bridge_in_word(word: &str) -> Option<String> {
    /// What stands beside a bridge's name in the names of files.
    const OTHERS: [&str; 12] =
        ["flows", "flow", "dump", "groups", "group", "meters", "ports", "port", "show", "fdb", "tables", "stats"];
    let mut parts: Vec<&str> = word.split('-').collect();
    let start = parts.iter().position(|p| matches!(*p, "br" | "tbr") || looks_like_a_bridge(p))?;
    parts.drain(..start);
    while parts.len() > 1 && parts.last().is_some_and(|p| OTHERS.contains(p)) {
        parts.pop();
    }
    let name = parts.join("-");
    looks_like_a_bridge(&name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_node_bridge_and_version() {
        let cases = [
            ("vxlan/compute1/br-int/flows-of13-names.txt", "vxlan/compute1", Some("br-int"), Some(Version::V13)),
            ("compute1/dump-flows.br-int.of15.no-stats.txt.gz", "compute1", Some("br-int"), Some(Version::V15)),
            ("br-tun.dump-of10", "", Some("br-tun"), Some(Version::V10)),
            (
                "sosreport-cmp-07/sos_commands/openvswitch/ovs-ofctl_-O_OpenFlow14_dump-flows_br-int",
                "sosreport-cmp-07",
                Some("br-int"),
                Some(Version::V14),
            ),
            ("sos_commands/openvswitch/ovs-appctl_fdb.show_br-ex", "", Some("br-ex"), None),
            ("flows-br-int.txt", "", Some("br-int"), None),
            ("br-int-flows.txt.zst", "", Some("br-int"), None),
            ("dump-flows_ovsbr0", "", Some("ovsbr0"), None),
            ("n/compute1/tbr-bdfc270d-2/flows-of13.txt", "n/compute1", Some("tbr-bdfc270d-2"), Some(Version::V13)),
            ("flows.txt", "", None, None),
            ("node/broken-bridge.txt", "node", None, None),
            ("offline.txt", "", None, None),
        ];
        for (path, node, bridge, version) in cases {
            let place = Place::of(path, |_| false);
            assert_eq!(
                (place.node.as_str(), place.bridge(&[]).as_deref(), place.version()),
                (node, bridge, version),
                "{path}"
            );
        }
    }

    #[test]
    fn known_bridges_are_found_whatever_they_are_called() {
        let known = ["alpha".to_owned(), "alpha-2".to_owned()];
        assert_eq!(Place::of("n/flows.alpha-2.txt", |_| false).bridge(&known).as_deref(), Some("alpha-2"));
        assert_eq!(Place::of("n/alphabet.txt", |_| false).bridge(&known), None);
        let place = Place::of("n/alpha/flows.txt", |name| name == "alpha");
        assert_eq!((place.node.as_str(), place.bridge(&[]).as_deref()), ("n", Some("alpha")));
    }
}

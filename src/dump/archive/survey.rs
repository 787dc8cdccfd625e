//! What each file of a source is, before any of them is read whole.

use super::tree::{Entry, Tree, sos_root};
use crate::base::progress::Progress;
use crate::dump::kind::{About, Kind, is_typed};
use crate::dump::place::Place;
use crate::field::Version;

/// A file, with what its beginning and its path tell.
#[derive(Debug, Clone)]
pub struct Found {
    /// The file.
    pub entry: Entry,
    /// What it holds.
    pub kind: Kind,
    /// What its path tells.
    pub place: Place,
    /// How its text was made.
    pub traits: Traits,
    /// The bridge that the text itself names.
    pub local: Option<String>,
}

/// How a text was made, which decides whether it is the richest of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traits {
    /// The OpenFlow version, as the heading or the file's name tells.
    pub version: Option<Version>,
    /// Whether a person wrote it, rather than a switch.
    pub is_typed: bool,
    /// Whether it has counters.
    pub has_stats: bool,
    /// Whether it is from `bridge/dump-flows`.
    pub is_bridge_dump: bool,
    /// Whether it names ports.
    pub has_names: bool,
    /// Whether it tells how long flows are idle.
    pub has_ages: bool,
}

/// The order in which texts are preferred; the greatest is the richest.
pub type Rank = (bool, bool, bool, bool, Option<Version>, bool);

impl Traits {
    /// What the beginning of a text tells.
    pub fn of(head: &str, place: &Place) -> Traits {
        let mut lines = head.lines().filter(|l| !l.trim().is_empty());
        let heading = lines.clone().next().and_then(crate::dump::lines::heading);
        let sample: Vec<&str> = lines.by_ref().take(200).collect();
        let any = |word: &str| sample.iter().any(|line| line.contains(word));
        let first = sample.iter().find(|l| l.contains("actions=")).copied().unwrap_or_default();
        Traits {
            version: heading.and_then(|h| h.version).or_else(|| place.version()),
            is_typed: is_typed(head),
            has_stats: any("n_packets="),
            is_bridge_dump: first.starts_with("duration=") || first.starts_with("table_id="),
            has_names: sample.iter().any(|line| names_a_port(line)),
            has_ages: any("idle_age="),
        }
    }

    /// How rich the text is: from a switch before typed, with counters before without, numbers before names (names may
    /// be cut, numbers are not), and the later the version the less it leaves out.
    pub fn rank(&self) -> Rank {
        let counters = self.has_stats && !self.is_bridge_dump;
        (!self.is_typed, counters, !self.is_bridge_dump, !self.has_names, self.version, self.has_ages)
    }

    /// What this text has less than a richer one, in words.
    pub fn less_than(&self, richer: &Traits) -> &'static str {
        match (self, richer) {
            (a, b) if a.is_typed && !b.is_typed => "is what the switch then held",
            (a, b) if !a.has_stats && b.has_stats => "has counters",
            (a, b) if a.is_bridge_dump && !b.is_bridge_dump => "has cookies and timeouts",
            (a, b) if a.has_names && !b.has_names => "has port numbers",
            (a, b) if a.version < b.version => "is of a later OpenFlow version",
            (a, b) if !a.has_ages && b.has_ages => "has ages",
            _ => "says the same",
        }
    }
}

/// Whether a line has a port by name where a number could stand.
fn names_a_port(line: &str) -> bool {
    ["in_port=", "output:"].iter().any(|word| {
        line.match_indices(word).any(|(at, _)| {
            let rest = &line[at + word.len()..];
            rest.starts_with('"') || rest.starts_with(|c: char| c.is_ascii_lowercase())
        })
    })
}

/// The name of the bridge's own port in a list of ports: ` LOCAL(br-int): addr:..`.
fn local_port(head: &str) -> Option<String> {
    let (_, rest) = head.split_once("LOCAL(")?;
    let (name, _) = rest.split_once("): ")?;
    crate::field::names::unquoted(name).filter(|name| !name.is_empty() && name.len() < 64).map(Into::into)
}

/// What the files of a source are.
pub struct Survey {
    /// The files.
    pub found: Vec<Found>,
    /// What was not looked at, and why.
    pub left_out: Vec<(String, String)>,
    /// Directories of sos reports, each with a `/` at its end unless it is the source itself.
    pub sos_roots: Vec<String>,
    /// Where the source itself lies.
    pub prefix: String,
}

impl Survey {
    /// Looks at the beginning of each file.
    pub fn of(tree: Tree, progress: &Progress) -> Survey {
        let sos_roots = sos_root(tree.entries.iter().map(|e| &e.path));
        let (left_out, prefix) = (tree.left_out, tree.prefix);
        let mut survey = Survey { found: Vec::new(), left_out, sos_roots, prefix };
        // Directories named after bridges of any name are told by what the files in them say, so paths come second.
        for entry in tree.entries {
            if progress.is_cancelled() {
                break;
            }
            // Looking is not reading: only what is read whole counts as progress.
            match entry.open(&Progress::default()) {
                Err(e) => survey.left_out.push((entry.path, format!("it cannot be read: {e}"))),
                Ok(input) => {
                    let kind = Kind::of(input.head());
                    let mut place = Place::of(&format!("{}{}", survey.prefix, entry.path), |_| false);
                    if let Some(root) = survey.sos_roots.iter().find(|root| entry.path.starts_with(root.as_str())) {
                        place.node = format!("{}{}", survey.prefix, root).trim_end_matches('/').to_owned();
                    }
                    let traits = match kind.about() {
                        About::Nothing => Traits::default(),
                        _ => Traits::of(&String::from_utf8_lossy(input.head()), &place),
                    };
                    let local = match kind {
                        Kind::Show | Kind::PortsDesc => local_port(&String::from_utf8_lossy(input.head())),
                        _ => None,
                    };
                    survey.found.push(Found { entry, kind, place, traits, local });
                }
            }
        }
        survey
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_richest_dump_is_preferred() {
        let traits = |path: &str, head: &str| Traits::of(head, &Place::of(path, |_| false));
        let stats = " cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, priority=1,in_port=1 actions=drop\n";
        let bridge = "duration=1s, n_packets=0, n_bytes=0, priority=1,in_port=1,actions=drop\n";
        let in_order = [
            traits("br.flows", "in_port=1,actions=drop\n"),
            traits("a", bridge),
            traits("flows-of15-nostats", " priority=1,in_port=1 actions=drop\n"),
            traits("flows-of13-names", &stats.replace("in_port=1", "in_port=\"tap1\"")),
            traits("flows-of10", &stats.replace("n_bytes=0, ", "n_bytes=0, idle_age=3, ")),
            traits("flows-of13", stats),
            traits("x", &format!("OFPST_FLOW reply (OF1.5) (xid=0x2):\n{stats}")),
        ];
        for pair in in_order.windows(2) {
            assert!(pair[0].rank() < pair[1].rank(), "{pair:?}");
        }
        assert_eq!(in_order[3].less_than(&in_order[5]), "has port numbers");
        assert_eq!(in_order[6].version, Some(Version::V15));
    }
}

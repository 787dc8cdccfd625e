//! Captured nodes inside the program itself: something to look at on any machine, with no switch, no root and no network.

use std::io::{self, Cursor};

use super::input::Input;

include!(concat!(env!("OUT_DIR"), "/demos.rs"));

/// The demo that is shown when nobody asks for another.
pub const DEFAULT: &str = "sg-rich";

/// The names of the demos, each with what it is.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    PACKED.iter().map(|(name, about, _)| (*name, *about))
}

/// The nodes to practise on: the demos, and those that are there for lessons.
pub fn practice() -> impl Iterator<Item = (&'static str, &'static str)> {
    PACKED.iter().chain(PRACTICE).map(|(name, about, _)| (*name, *about))
}

/// The files of a demo, packed; nothing if there is no such demo.
pub fn open(name: &str) -> Option<io::Result<Input>> {
    unpack(PACKED.iter(), name)
}

/// The files of a node to practise on, packed; nothing if there is no such node.
pub fn open_practice(name: &str) -> Option<io::Result<Input>> {
    unpack(PACKED.iter().chain(PRACTICE), name)
}

type Packed = (&'static str, &'static str, &'static [u8]);

fn unpack(mut all: impl Iterator<Item = &'static Packed>, name: &str) -> Option<io::Result<Input>> {
    let (.., bytes) = all.find(|(known, ..)| *known == name)?;
    Some(Input::new(Cursor::new(*bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Progress;
    use crate::dump::archive::{Request, load_stream};

    #[test]
    fn every_demo_opens_and_all_of_them_are_small() {
        assert!(PACKED.iter().chain(PRACTICE).map(|(.., bytes)| bytes.len()).sum::<usize>() < 2 << 20);
        assert!(open(DEFAULT).is_some() && open("nonsense").is_none());
        for (name, about) in practice() {
            let progress = Progress::default();
            let request = Request { name: name.into(), fill: true, progress: &progress };
            let snapshot = load_stream(open_practice(name).unwrap().unwrap(), &request, &mut |_| {}).unwrap();
            assert!(snapshot.sources.report.is_empty(), "{name}: {:?}", snapshot.sources.report.kept);
            assert!(!snapshot.nodes.is_empty() && snapshot.flow_count() > 40 && about.len() > 20, "{name}");
            for node in &snapshot.nodes {
                let integration = node.bridge("br-int").unwrap();
                assert!(integration.flows.len() > 10 && integration.ports.len() > 1, "{name} {}", node.name);
            }
        }
    }
}

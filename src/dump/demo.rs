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

/// The files of a demo, packed; nothing if there is no such demo.
pub fn open(name: &str) -> Option<io::Result<Input>> {
    let (.., bytes) = PACKED.iter().find(|(demo, ..)| *demo == name)?;
    Some(Input::new(Cursor::new(*bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Progress;
    use crate::dump::archive::{Request, load_stream};

    #[test]
    fn every_demo_opens_and_all_of_them_are_small() {
        assert!(PACKED.iter().map(|(.., bytes)| bytes.len()).sum::<usize>() < 2 << 20);
        assert!(open(DEFAULT).is_some() && open("nonsense").is_none());
        for (name, about) in names() {
            let progress = Progress::default();
            let request = Request { name: name.into(), fill: true, progress: &progress };
            let snapshot = load_stream(open(name).unwrap().unwrap(), &request, &mut |_| {}).unwrap();
            assert!(snapshot.sources.report.is_empty(), "{name}: {:?}", snapshot.sources.report.kept);
            assert!(snapshot.nodes.len() >= 2 && snapshot.flow_count() > 100 && about.len() > 20, "{name}");
            for node in &snapshot.nodes {
                let integration = node.bridge("br-int").unwrap();
                assert!(integration.flows.len() > 10 && integration.ports.len() > 1, "{name} {}", node.name);
            }
        }
    }
}

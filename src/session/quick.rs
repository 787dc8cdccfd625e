//! Two large dumps that are compared: what they have in common is found in their texts, and only the rest is understood.

use std::fs;
use std::path::Path;

use super::scene::Scene;
use super::source::Source;
use crate::base::progress::Progress;
use crate::diff::{Aspect, Aspects, Diff};
use crate::dump::archive::{self, Request};
use crate::dump::common::{Dump, PARTS, common};

/// What the parts of a line are called that may differ.
const ASPECTS: [Aspect; PARTS] = [Aspect::Cookie, Aspect::Duration, Aspect::Packets, Aspect::Bytes];

/// From this size on it is worth it, in bytes.
const LARGE: u64 = 1 << 18;

/// What is left of two dumps.
#[derive(Debug)]
pub struct Rest {
    /// The dumps without most of what they have in common.
    pub scenes: [Scene; 2],
    same: usize,
    differ: [usize; PARTS],
}

impl Rest {
    /// Counts what was left out.
    pub fn add_to(&self, found: &mut Diff) {
        found.same += self.same;
        for (aspect, n) in ASPECTS.iter().zip(self.differ) {
            found.ignored[*aspect as usize] += n;
        }
    }
}

/// The flows in which two files differ, if both are large dumps of flows, and a few of the others. Nothing if they are
/// anything else, or cannot be read: then they are read as ever, and that tells what is wrong.
pub fn rest(a: &Source, b: &Source, ignore: Aspects) -> Option<Rest> {
    let (Source::Path(a), Source::Path(b)) = (a, b) else { return None };
    let dumps = std::thread::scope(|scope| {
        let right = scope.spawn(|| dump(b));
        Some((dump(a)?, right.join().expect("a file is only read")?))
    });
    let (left, right) = dumps?;
    let found = common(&left, &right, ASPECTS.map(|aspect| !ignore.contains(aspect)))?;
    drop((left, right));
    let [left, right] = found.texts;
    let scene = |path: &Path, text: Vec<u8>| {
        let (name, progress) = (path.to_string_lossy().into(), Progress::default());
        archive::load_text(path, text, &Request { name, fill: true, progress: &progress }).ok().map(Scene::new)
    };
    let scenes = [scene(a, left)?, scene(b, right)?];
    Some(Rest { scenes, same: found.same, differ: found.differ })
}

/// A file, if it is a large dump of flows as `ovs-ofctl` prints it.
fn dump(path: &Path) -> Option<Dump> {
    let about = fs::metadata(path).ok().filter(|about| about.is_file() && about.len() > LARGE)?;
    let head = {
        use std::io::Read;
        let mut head = [0; 128];
        let n = fs::File::open(path).and_then(|mut file| file.read(&mut head)).ok()?;
        head[..n].to_vec()
    };
    let begins = ["NXST_FLOW reply", "OFPST_FLOW reply", " cookie=0x"];
    let text = begins.iter().any(|begin| head.starts_with(begin.as_bytes())).then(|| fs::read(path).ok())??;
    (text.len() as u64 >= about.len()).then(|| Dump::new(text))
}

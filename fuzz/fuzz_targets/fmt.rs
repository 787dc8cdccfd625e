//! Any document printed again: one that a switch printed comes out as it was, and what came out comes out the same the
//! next time, as it is and in the words of each version.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ofscope::dump::kind::Kind;
use ofscope::dump::reprint::{Options, reprint};
use ofscope::field::Version;
use ofscope_fuzz::{input, names, paint, unpacked};

/// What comes out, and how many lines were left out.
fn out(data: &[u8], options: &Options) -> Option<(Vec<u8>, usize)> {
    let (mut out, names) = (Vec::new(), names().learning());
    let outcome = reprint(input(data)?, &"f".into(), &names, options, &mut |bytes| {
        out.extend_from_slice(bytes);
        Ok(())
    });
    let outcome = outcome.ok()?;
    paint(&outcome.report);
    Some((out, outcome.left_out))
}

fuzz_target!(|data: &[u8]| {
    let Some(plain) = unpacked(data, 4 << 20).filter(|plain| plain.len() < 4 << 20) else { return };
    let Some((once, _)) = out(&plain, &Options::default()) else { return };
    if Kind::of(&plain[..plain.len().min(64 << 10)]) != Kind::Flows {
        // A text that is packed twice or begins with a byte-order mark is unpacked once more.
        let again = unpacked(&plain, 4 << 20);
        assert!(once == plain || again.is_some_and(|again| once == again), "{:?}", String::from_utf8_lossy(&plain));
    }
    let (twice, _) = out(&once, &Options::default()).expect("what was printed can be read");
    assert!(once == twice, "{:?}\nbecame\n{:?}", String::from_utf8_lossy(&once), String::from_utf8_lossy(&twice));
    for version in [Version::V10, Version::V13, Version::V15] {
        out(&plain, &Options { version: Some(version), strict: plain.len() % 2 == 0, ..Options::default() });
    }
});

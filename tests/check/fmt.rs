//! `ofscope fmt`: what a switch printed comes out byte for byte.

use std::io::Read;
use std::path::Path;

use ofscope::base::progress::Progress;
use ofscope::dump::flows;
use ofscope::dump::input::Input;
use ofscope::dump::kind::{Kind, is_typed};
use ofscope::dump::reprint::{Options, reprint};
use ofscope::field::Names;

use super::Tally;

/// Prints a file again, and reads its flows into a store that must print them without keeping a line.
pub fn check(path: &Path, tally: &mut Tally) {
    let Ok(input) = Input::open(path) else { return };
    let mut bytes = Vec::new();
    if input.into_reader().read_to_end(&mut bytes).is_err() {
        return;
    }
    let kind = Kind::of(&bytes[..bytes.len().min(64 << 10)]);
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(64 << 10)]).into_owned();
    if kind == Kind::Flows && is_typed(&head) {
        return tally.count("files of flows that a person wrote");
    }
    tally.count(kind.name());
    let mut out = Vec::new();
    let input = Input::open(path).expect("it was opened before");
    let names = Names::default().learning();
    let file = path.to_string_lossy().into();
    let outcome = reprint(input, &file, &names, &Options::default(), &mut |bytes| {
        out.extend_from_slice(bytes);
        Ok(())
    });
    match outcome {
        Err(e) => tally.fail(format!("{file}: {e}")),
        Ok(_) if out != bytes => tally.fail(format!("{file}: {} does not come back", kind.name())),
        Ok(outcome) => {
            for located in &outcome.report.kept {
                let mut message = String::new();
                located.paint(&mut message);
                tally.fail(message);
            }
        }
    }
    if kind == Kind::Flows {
        let loaded = flows::load(&bytes[..], &file, &names, &Progress::default(), |_| {});
        *tally.counts.entry("flows that print as they were".into()).or_default() += loaded.flows.len();
        for (_, flow) in loaded.flows.iter().filter(|(_, flow)| flow.verbatim().is_some()) {
            tally.fail(format!("{file}:{}: the line is kept, not printed", flow.line()));
        }
    }
}

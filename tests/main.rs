//! The one integration test binary. `tests/run` starts it with everything it needs.

mod bad_input;
mod captures;
mod changes;
mod check;
mod cli;
mod crashes;
mod databases;
mod docs;
mod dumps;
mod findings;
mod house;
mod laws;
mod lessons;
mod live;
mod losses;
mod memory;
mod owners;
mod properties;
mod pty;
mod screens;
mod traces;
mod words;

use std::path::{Path, PathBuf};

/// The directory of fixtures.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

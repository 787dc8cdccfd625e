//! The one integration test binary.

mod readers_openflow;
mod words;

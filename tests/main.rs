//! The one integration test binary.

mod readers_database;
mod words;

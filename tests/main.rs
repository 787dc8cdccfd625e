//! The one integration test binary.

mod words;

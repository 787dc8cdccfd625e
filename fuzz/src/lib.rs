//! What the fuzz targets run: the laws of the ordinary tests.

#[path = "../../tests/laws.rs"]
pub mod laws;

//! stub
/// x
#[derive(Debug)]
pub enum By {}
/// x
#[derive(Debug)]
pub struct Fold;
/// x
pub fn fold() {}

//! stub
use super::Scope;
use crate::base::span::Span;
/// x
#[derive(Debug)]
pub struct Completion {
    /// x
    pub replace: Span,
}
/// x
#[derive(Debug)]
pub struct Item;
/// x
#[derive(Debug)]
pub enum ItemKind {}
/// x
pub fn complete(_: &str, _: usize, _: &Scope<'_>) -> Completion {
    Completion { replace: Span::default() }
}

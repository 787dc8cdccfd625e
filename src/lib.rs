//! ofscope: the flow-table inspector and editor for Open vSwitch.

pub mod action;
pub mod base;
pub mod dump;
pub mod field;
pub mod model;
pub mod query;

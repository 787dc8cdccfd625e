//! ofscope: the flow-table inspector and editor for Open vSwitch.

pub mod base;
pub mod field;

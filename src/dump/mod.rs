//! Readers and writers of what people capture from a switch.

pub mod echo;
pub mod flow_line;

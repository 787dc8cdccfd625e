//! The `ofscope` command.

fn main() {}

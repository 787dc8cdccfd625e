//! The cases of OVN that a node shows by itself.

//! ofscope: the flow-table inspector and editor for Open vSwitch.
//!
//! A source, be it a dump, a directory or an archive, is read once and becomes a [`model::snapshot::Snapshot`]. What is
//! asked of it is a function of it. Modules stand on each other like storeys; each uses only those below.
//!
//! ```text
//! cli  tui                          what people touch
//! practice                          lessons, and switches to try things on
//! session                           a source, and what is known around a snapshot
//! edit                              help for flows that are typed
//! check  explain  graph  query      answers
//! diff                              what changed
//! why                               why they do not
//! packet                            packets as people have them
//! trace                             where packets go
//! dump  neutron                     reading captures; what numbers mean
//! model                             flows, groups, bridges, nodes, snapshots
//! action                            what flows do
//! field                             what flows match
//! base                              positions, diagnostics, painting, numbers
//! ```
//!
//! # Three abstractions
//!
//! **A field is a row, a match is masked bits.** Each row of [`field::table`] says how a field is called and written,
//! what it needs, and where its bits live. A [`field::Match`] is a list of words with values and masks and knows no
//! fields, so whether one flow covers another is bit algebra.
//!
//! **What is analysed never changes.** Readers produce snapshots; analyses are pure functions of them; a newer snapshot
//! takes the place of an older one. [`session::Scene`] keeps what was worked out.
//!
//! **The edges are machines without a world.** The screen is a state, an update and a view ([`tui`]); files, terminals
//! and clocks are known in few places only.
//!
//! And text is painted: printing code hands roles and links to a [`base::paint::Painter`], so that one code prints to a
//! file, in colour, and on a screen where a table's number can be followed.
//!
//! # Read in this order
//!
//! [`base::paint`], [`field::slot`] and [`field::table`], [`field::matches`], [`action`], [`model::flow`] and
//! [`model::store`], [`dump::flow_line`], [`model::pipeline`], [`explain`], [`session`]; then [`tui`] or [`cli`].
//! `docs/architecture.md` has the map with its invariants, `docs/decisions` the reasons.

// In the program itself an invariant is written down with `expect`; tests may `unwrap`.
#![warn(clippy::unwrap_used)]

pub mod action;
pub mod base;
pub mod check;
pub mod cli;
pub mod diff;
pub mod dump;
pub mod edit;
pub mod explain;
pub mod field;
pub mod graph;
pub mod model;
pub mod neutron;
pub mod packet;
pub mod plan;
pub mod practice;
pub mod query;
pub mod session;
pub mod trace;
pub mod tui;
pub mod why;

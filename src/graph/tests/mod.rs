//! Graphs for the tests, from flows as text and from chance.

use super::*;
use crate::base::progress::Progress;
use crate::dump::flows::load;
use crate::model::bridge::Bridge;
use crate::model::naming::{Naming, TableWord};

mod exports;
mod laws;
mod numbers;
mod pictures;

/// A bridge with these flows, a line each.
fn bridge(flows: &str) -> Bridge {
    let names = Arc::new(Names::default().learning());
    let loaded = load(flows.as_bytes(), &"test".into(), &names, &Progress::default(), |_| {});
    assert!(loaded.report.kept.is_empty(), "{:?}", loaded.report.kept[0]);
    let mut bridge = Bridge::default();
    (bridge.name, bridge.names, bridge.flows) = ("br-int".into(), names, loaded.flows);
    bridge
}

/// What tables are called.
fn naming(words: &[(TableId, &str)]) -> Naming {
    let word =
        |(id, name): &(TableId, &str)| TableWord { id: *id, name: (*name).into(), doc: "".into(), origin: "".into() };
    Naming { tables: words.iter().map(word).collect(), ..Naming::default() }
}

/// A graph of these flows, each `table packets actions`; everything is shown.
fn graph(flows: &str) -> Graph {
    Graph::of(&bridge(&lines(flows)), &Naming::default(), &Options::default())
}

/// Lines of a dump from `table packets actions`.
fn lines(flows: &str) -> String {
    let mut out = String::new();
    for (at, line) in flows.lines().map(str::trim).filter(|l| !l.is_empty()).enumerate() {
        let mut words = line.splitn(3, ' ');
        let mut word = || words.next().expect("three words");
        let (table, packets, actions) = (word(), word(), word());
        out.push_str(&format!(
            " cookie=0x0, duration=1s, table={table}, n_packets={packets}, n_bytes={packets}00, \
             priority={},in_port=1 actions={actions}\n",
            at + 1
        ));
    }
    out
}

/// A small generator (xorshift): the same numbers in every run.
struct Chance(u64);

impl Chance {
    /// A number below `n`.
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n.max(1)
    }

    /// Flows between so many tables, so many a table, of every kind there is.
    fn flows(&mut self, tables: u64, each: u64) -> String {
        let mut out = String::new();
        for table in 0..tables {
            for _ in 0..=self.below(each + 1) {
                let to = self.below(tables);
                let actions = match self.below(16) {
                    0 => "drop".to_owned(),
                    1 => "NORMAL".to_owned(),
                    2 => format!("output:{}", self.below(30) + 1),
                    3 => "CONTROLLER:65535".to_owned(),
                    4 => format!("learn(table={to},priority=1,in_port=1),output:2"),
                    5 => format!("ct(table={to})"),
                    6 => format!("resubmit(,{to}),resubmit(,{})", self.below(tables)),
                    7 => format!("group:{to}"),
                    // Most lead on, as in a real pipeline.
                    _ if self.below(8) > 0 => format!("resubmit(,{})", (table + 1 + self.below(4)).min(tables - 1)),
                    _ => format!("resubmit(,{to})"),
                };
                out.push_str(&format!("{table} {} {actions}\n", self.below(5) * self.below(100_000)));
            }
        }
        out
    }
}

//! Groups, meters and ports, paired by number.

use super::canon::{self, Step};
use super::key::{Ports, Side};
use crate::base::paint::Painter;
use crate::field::{Match, Names};
use crate::model::group::{Bucket, Group};
use crate::model::port::Port;

/// A group, meter or port that differs, as it is printed; `None` on the side that does not have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its number.
    pub id: u32,
    /// As it was.
    pub old: Option<String>,
    /// As it is now.
    pub new: Option<String>,
}

/// The sides whose groups, meters and ports are compared.
pub(super) struct Others<'a> {
    pub a: &'a Side<'a>,
    pub b: &'a Side<'a>,
}

impl Others<'_> {
    pub fn groups(&self) -> Vec<Change> {
        let text = |group: &Group, names: &Names| {
            let mut text = String::new();
            group.paint(names, &mut text);
            text
        };
        let (a, b) = (self.a, self.b);
        pairs(
            &a.bridge.groups,
            &b.bridge.groups,
            |group| group.id,
            |old, new| {
                let is_same =
                    old.is_some() && old.map(|g| Meant::of(g, &a.ports)) == new.map(|g| Meant::of(g, &b.ports));
                (!is_same).then(|| (old.map(|g| text(g, &a.bridge.names)), new.map(|g| text(g, &b.bridge.names))))
            },
        )
    }

    pub fn meters(&self) -> Vec<Change> {
        let text = |meter: &crate::model::meter::Meter| {
            let mut text = String::new();
            meter.paint(&mut text);
            text.replace('\n', " ")
        };
        pairs(
            &self.a.bridge.meters,
            &self.b.bridge.meters,
            |meter| meter.id,
            |old, new| (old != new).then(|| (old.map(text), new.map(text))),
        )
    }

    pub fn ports(&self) -> Vec<Change> {
        pairs(
            &self.a.bridge.ports,
            &self.b.bridge.ports,
            |port| port.number,
            |old, new| {
                let about = |port: &Port| (port.name.clone(), port.mac, port.config.clone(), port.state.clone());
                (old.map(about) != new.map(about)).then(|| (old.map(port_text), new.map(port_text)))
            },
        )
    }
}

/// The text of a port on one line.
fn port_text(port: &Port) -> String {
    let mut text = String::new();
    text.text(&format!("{}({}) addr:", port.number, port.name));
    crate::field::format::paint_mac(port.mac, &mut text);
    for (key, words) in [("config", &port.config), ("state", &port.state)] {
        text.push_str(&format!(" {key}:{}", if words.is_empty() { "0".to_owned() } else { words.join(",") }));
    }
    text
}

/// What a group does, whatever words say it: the number of a bucket is no part of it, nor is a weight of 1 that OpenFlow
/// 1.1 does not print.
#[derive(PartialEq)]
struct Meant {
    group: Group,
    buckets: Vec<(Bucket, Vec<Step>)>,
}

impl Meant {
    fn of(group: &Group, ports: &Ports) -> Meant {
        let bucket = |bucket: &Bucket| {
            let steps = canon::steps(&bucket.actions, u8::MAX, &Match::any(), ports);
            let plain = Bucket {
                id: None,
                weight: bucket.weight,
                watch_port: bucket.watch_port.map(|port| ports.shared(port)),
                watch_group: bucket.watch_group,
                actions: crate::action::Actions::default(),
            };
            (plain, steps)
        };
        let buckets = group.buckets.iter().map(bucket).collect();
        Meant { group: Group { buckets: Vec::new(), ..group.clone() }, buckets }
    }
}

/// Pairs things by number; `judge` gives the texts of those that differ.
fn pairs<T>(
    a: &[T],
    b: &[T],
    id: impl Fn(&T) -> u32,
    judge: impl Fn(Option<&T>, Option<&T>) -> Option<(Option<String>, Option<String>)>,
) -> Vec<Change> {
    let map = |side: &[T]| -> std::collections::BTreeMap<u32, usize> {
        side.iter().enumerate().map(|(at, one)| (id(one), at)).collect()
    };
    let (left, right) = (map(a), map(b));
    let mut ids: Vec<u32> = left.keys().chain(right.keys()).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let change = |id: u32| {
        let (old, new) = judge(left.get(&id).map(|at| &a[*at]), right.get(&id).map(|at| &b[*at]))?;
        Some(Change { id, old, new })
    };
    ids.into_iter().filter_map(change).collect()
}

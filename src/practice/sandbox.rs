//! A switch to practise on: it is changed, changes are taken back, packets are sent, and its counters move.

use std::collections::BTreeMap;

use super::edits::{Place, put};
use super::moves::{apply, deliver};
use crate::model::change::{ChangeSet, Conflict, History, Request};
use crate::model::refusal::Refusal;
use crate::model::snapshot::Snapshot;
use crate::packet::Start;
use crate::session::{Scene, Ways};
use crate::trace::{Options, Verdict};
use crate::why::conversation::Connections;

/// Nodes in memory, with all that was done to them. A real switch is never touched.
#[derive(Debug, Default)]
pub struct Sandbox {
    scene: Scene,
    /// What was changed, bridge by bridge.
    done: BTreeMap<Place, History>,
}

impl Sandbox {
    /// Of a snapshot.
    pub fn new(snapshot: Snapshot) -> Sandbox {
        Sandbox::of(Scene::new(snapshot))
    }

    /// Of a snapshot of which something is known already.
    pub fn of(scene: Scene) -> Sandbox {
        Sandbox { scene, ..Sandbox::default() }
    }

    /// The nodes as they are now.
    pub fn snapshot(&self) -> &Snapshot {
        self.scene.snapshot()
    }

    /// The same, with what follows from it.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    fn change_to(&mut self, change: impl FnOnce(&mut Snapshot)) {
        let mut snapshot = (**self.scene.snapshot()).clone();
        change(&mut snapshot);
        self.scene = self.scene.moved(snapshot);
    }

    /// Changes a bridge, or nothing if the switch would refuse any of it.
    pub fn change(&mut self, place: Place, requests: impl IntoIterator<Item = Request>) -> Result<(), Vec<Refusal>> {
        let bridge = &self.scene.snapshot().nodes[place.0].bridges[place.1];
        let set = ChangeSet::plan(bridge, requests)?;
        let made = self.done.entry(place).or_default().make(bridge, set);
        let after = made.expect("the change was planned on this bridge");
        self.change_to(|snapshot| put(snapshot, place, after));
        Ok(())
    }

    /// Takes the last change of a bridge back; false if there is none.
    pub fn undo(&mut self, place: Place) -> Result<bool, Vec<Conflict>> {
        self.step(place, History::undo)
    }

    /// Makes the change again that was taken back last; false if there is none.
    pub fn redo(&mut self, place: Place) -> Result<bool, Vec<Conflict>> {
        self.step(place, History::redo)
    }

    fn step(
        &mut self,
        place: Place,
        step: impl FnOnce(
            &mut History,
            &crate::model::bridge::Bridge,
        ) -> Option<Result<crate::model::bridge::Bridge, Vec<Conflict>>>,
    ) -> Result<bool, Vec<Conflict>> {
        let bridge = self.scene.snapshot().nodes[place.0].bridges[place.1].clone();
        match step(self.done.entry(place).or_default(), &bridge) {
            None => Ok(false),
            Some(after) => {
                let after = after?;
                self.change_to(|snapshot| put(snapshot, place, after));
                Ok(true)
            }
        }
    }

    /// Sends a packet, over all nodes that it comes to: flows count it, flows are learned, connections are remembered.
    pub fn send(&mut self, start: Start) -> Verdict {
        let ways = Ways::of(&self.scene);
        let nodes = ways.around();
        let delivery = deliver(&nodes, start, &Options::default(), &Connections::captured(&nodes));
        self.change_to(|snapshot| apply(snapshot, &delivery));
        delivery.verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Progress;
    use crate::dump::change_file;
    use crate::field::{Names, Version};
    use crate::packet::{self, Asked};
    use crate::session::{Source, open};

    fn sandbox() -> Sandbox {
        Sandbox::new(open(&Source::named("sandbox:vxlan-two-hosts"), true, &Progress::default(), &mut |_| {}).unwrap())
    }

    fn packet(sandbox: &Sandbox, text: &str) -> Start {
        let scene = Scene::new(sandbox.snapshot().clone());
        let Ok(Asked::Packet(sent)) = packet::parse(text, &scene.around(None)) else { panic!("{text}") };
        sent.start
    }

    fn counted(sandbox: &Sandbox, table: u8) -> Vec<u64> {
        let tables = sandbox.snapshot().nodes.iter().map(|node| {
            let flows = node.bridges.iter().flat_map(|b| b.flows.iter());
            flows.filter(|(_, f)| f.table() == table).filter_map(|(_, f)| f.n_packets()).sum()
        });
        tables.collect()
    }

    #[test]
    fn packets_are_counted_on_every_node_that_they_come_to() {
        let mut sandbox = sandbox();
        let before = [counted(&sandbox, 72), counted(&sandbox, 82)];
        let start = packet(&sandbox, "from vm1 to vm3 tcp 80");
        assert_eq!(sandbox.send(start), Verdict::Delivered);
        let after = [counted(&sandbox, 72), counted(&sandbox, 82)];
        assert_eq!((after[0][0] - before[0][0], after[0][1] - before[0][1]), (1, 0), "egress is on compute1");
        assert_eq!((after[1][0] - before[1][0], after[1][1] - before[1][1]), (0, 1), "ingress is on compute2");
    }

    #[test]
    fn changes_are_taken_back_and_made_again_whatever_was_counted_in_between() {
        let mut sandbox = sandbox();
        let br_int = sandbox.snapshot().nodes[0].bridges.iter().position(|b| &*b.name == "br-int").unwrap();
        let place = (0, br_int);
        let drop = change_file::read("priority=65535,actions=drop", Names::none(), Version::V13).unwrap();
        sandbox.change(place, drop.into_iter().map(|(_, request)| request)).unwrap();
        let ping = |sandbox: &mut Sandbox| {
            let start = packet(sandbox, "from vm1 to vm3 ping");
            sandbox.send(start)
        };
        assert_eq!(ping(&mut sandbox), Verdict::Dropped);
        assert_eq!(sandbox.undo(place), Ok(true));
        assert_eq!(sandbox.undo(place), Ok(false));
        assert_eq!(ping(&mut sandbox), Verdict::Delivered);
        assert_eq!(sandbox.redo(place), Ok(true));
        assert_eq!(ping(&mut sandbox), Verdict::Dropped);
        let wrong = change_file::read("actions=group:7", Names::none(), Version::V13).unwrap();
        assert!(sandbox.change(place, wrong.into_iter().map(|(_, request)| request)).is_err());
    }
}

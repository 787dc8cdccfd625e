//! The nodes of a scene as packets meet them: what traces and journeys stand on.

use super::scene::{NodeScene, Scene};
use crate::check::Finding;
use crate::model::naming::Naming;
use crate::neutron::owner::Owners;
use crate::trace::World;
use crate::why::{Cx, Known};

impl Known for NodeScene {
    fn naming(&self, bridge: usize) -> &Naming {
        NodeScene::naming(self, bridge)
    }

    fn owners(&self, bridge: usize) -> &Owners {
        NodeScene::owners(self, bridge)
    }

    fn findings(&self) -> &[Finding] {
        &NodeScene::findings(self).0
    }
}

/// The nodes of a scene, in its order, each ready for packets.
#[derive(Debug)]
pub struct Ways<'s> {
    scene: &'s Scene,
    worlds: Vec<World<'s>>,
}

impl<'s> Ways<'s> {
    /// Of a scene.
    pub fn of(scene: &'s Scene) -> Ways<'s> {
        Ways { scene, worlds: scene.nodes().iter().map(|node| World::of(node.node())).collect() }
    }

    /// The nodes, with what is known around their packets.
    pub fn around(&self) -> Vec<Cx<'_>> {
        let nodes = self.scene.nodes().iter().zip(&self.worlds);
        nodes
            .map(|(node, world)| Cx { world, known: node, names: node.names(), snapshot: self.scene.snapshot() })
            .collect()
    }
}

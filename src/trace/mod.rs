//! Where a packet goes: `ofproto/trace` without a switch.
//!
//! [`trace`] is a pure function of a node, a packet and what connection tracking is to answer. It does what
//! ovs-vswitchd does, in the same order (`ofproto/ofproto-dpif-xlate.c`): lookups and actions in `exec`, ports,
//! patch ports and tunnels in `output`, the learning switch in `normal`, groups in `group`, headers in
//! `headers`, connection tracking in `conntrack`. The limits are the switch's, so every trace ends.
//!
//! A [`Trace`] is a value: passes of nested [`Step`]s, which hold flows and actions and no text. [`paint::as_ovs`]
//! prints it as Open vSwitch does; what a packet is for the datapath is worked out in `commit` and
//! [`datapath`]. Which bits of the packet decided is worked out when it is asked, in `relevant`. What nothing tells, such as what a hash gives, is an [`Assumption`], and never looks like a fact.
//!
//! Read `step`, then `machine`, then `exec`.

mod commit;
mod conntrack;
pub mod datapath;
mod encap;
mod exec;
mod frozen;
mod group;
mod hash;
mod headers;
mod machine;
mod normal;
mod normal_ways;
mod origin;
mod output;
pub mod packet;
pub mod paint;
mod relevant;
mod rivals;
pub mod spec;
pub mod step;
pub mod tracked;
mod tracker;
mod tunnel;
mod verdict;
pub mod world;

pub use packet::Packet;
pub use relevant::Relevance;
pub use step::{
    Assumption, Commit, DropReason, Egress, Failure, Found, Lost, Pass, Remark, Resume, Slow, Step, Trace, TunnelOut,
    Verdict, What,
};
pub use tracked::Tracked;
pub use world::World;

use std::sync::Arc;

use self::machine::{Machine, Shared};

/// What a trace may take for granted.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What connection tracking says at the first, second .. recirculation, as bits of ct_state. After these it says
    /// that the connection is new. Over several nodes they are counted on.
    pub ct_next: Vec<u8>,
    /// Whether the packet is kept at each lookup, output and commit: `why` needs that, a mere verdict does not.
    pub keep: bool,
    /// The connections that are known. Where `ct_next` says nothing, a packet of one of them is told so.
    pub tracked: Option<Arc<Tracked>>,
}

/// Sends a packet into a bridge of a node and follows it.
pub fn trace<'a>(world: &World<'a>, bridge: usize, packet: &Packet, options: &Options) -> Trace<'a> {
    let mut shared = Shared { keep: options.keep, ..Shared::default() };
    let (passes, outcomes) = passes(world, bridge, packet, options, &mut shared);
    verdict::judge(verdict::Asked { bridge, packet, options }, passes, shared, &outcomes)
}

/// The passes, and for each the outcome of a hash that it belongs to, by the pass in which that begins.
fn passes<'a>(
    world: &World<'a>,
    bridge: usize,
    packet: &Packet,
    options: &Options,
    shared: &mut Shared<'a>,
) -> (Vec<Pass<'a>>, Vec<Option<usize>>) {
    let mut answers = options.ct_next.iter().copied();
    let mut passes = vec![Machine::new(world, bridge, 0, packet.clone(), shared).run(None)];
    let mut steps = passes[0].steps.len();
    let mut outcomes: Vec<Option<usize>> = vec![None];
    while let Some(fork) = shared.forks.pop_front().or_else(|| shared.outcomes.pop_front()) {
        if passes.len() >= conntrack::PASSES || steps >= machine::STEPS {
            shared.assumed.push(Assumption::Recirculation(fork.id));
            break;
        }
        shared.release(fork.id);
        let number = passes.len();
        outcomes.push(if fork.bucket.is_some() { Some(number) } else { outcomes[fork.pass] });
        let answer = if fork.bucket.is_some() { None } else { answers.next() };
        let (packet, resume, state) = conntrack::resume(fork, answer, options.tracked.as_deref(), &mut shared.assumed);
        let mut pass = Machine::new(world, bridge, number, packet, shared).run(Some((resume, state)));
        pass.outcome = outcomes[number];
        steps += pass.steps.len();
        passes.push(pass);
    }
    (passes, outcomes)
}

#[cfg(test)]
mod tests;

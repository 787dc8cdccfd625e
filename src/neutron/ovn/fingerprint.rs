//! Which releases of OVN write flows like these.
//!
//! The numbers of tables give a release away: where the two pipelines begin, how many stages each logical datapath
//! goes through (every stage has a flow for every datapath), which tables of ovn-controller are used, and where flows
//! stand that only one stage has. A release *fits* if nothing speaks against it; several may.

use std::collections::BTreeMap;

use super::super::signs::{Signs, next_table, written};
use super::opcodes::opcode;
use super::release::{Pipeline, RELEASES, Release};
use crate::action::Action;
use crate::field::slot::{WordId, word};
use crate::model::flow::TableId;
use crate::model::naming::Scope;
use crate::model::store::FlowRef;

/// What the flows of a bridge show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fingerprint {
    /// Where packets of local ports go on, once they have a datapath and a port.
    pub ingress: Option<TableId>,
    /// Where packets go on once their registers are cleared.
    pub egress: Option<TableId>,
    /// The table that sends packets out of the port of a logical port.
    pub to_phy: Option<TableId>,
    /// The tables that have flows.
    pub used: Vec<TableId>,
    /// The tables that have flows for each logical datapath.
    pub datapaths: BTreeMap<u64, Tables>,
    /// Stages that are known by what their flows do: the table, and the stages it can be.
    pub stages: Vec<(TableId, &'static [&'static str])>,
}

/// A set of tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tables([u64; 4]);

impl Tables {
    fn insert(&mut self, table: TableId) {
        self.0[usize::from(table / 64)] |= 1 << (table % 64);
    }

    fn has(&self, table: TableId) -> bool {
        self.0[usize::from(table / 64)] >> (table % 64) & 1 == 1
    }
}

impl FromIterator<TableId> for Tables {
    fn from_iter<I: IntoIterator<Item = TableId>>(tables: I) -> Tables {
        let mut set = Tables::default();
        tables.into_iter().for_each(|t| set.insert(t));
        set
    }
}

/// Logical datapaths that are looked at, at most: more than a deployment has, and a bound for hostile dumps.
const DATAPATHS: usize = 1 << 16;

const METADATA_LOW: WordId = word::METADATA + 1;
const REG14: WordId = word::REG + 14;
const REG15: WordId = word::REG + 15;

/// Stages that alone ask ovn-controller for something, by opcode.
const ASKING: &[(&str, &[&str])] = &[
    ("PUT_DHCP_OPTS", &["ls_in_dhcp_options"]),
    ("PUT_DHCPV6_OPTS", &["ls_in_dhcp_options"]),
    ("DNS_LOOKUP", &["ls_in_dns_lookup"]),
    ("ARP", &["lr_in_arp_request"]),
    ("ND_NS", &["lr_in_arp_request"]),
    ("PUT_ARP", &["lr_in_learn_neighbor"]),
    ("PUT_ND", &["lr_in_learn_neighbor"]),
    ("PUT_FDB", &["ls_in_put_fdb", "ls_out_put_fdb"]),
    ("PUT_ND_RA_OPTS", &["lr_in_nd_ra_options"]),
];

/// Tables that ovn-controller always fills, in releases that have them.
const ALWAYS: &[&str] = &["PHY_TO_LOG", "CHECK_LOOPBACK", "SAVE_INPORT", "LOG_TO_PHY", "CT_STATE_SAVE"];

impl Fingerprint {
    /// Reads the flows of a bridge.
    pub(super) fn of(signs: &Signs<'_>) -> Fingerprint {
        let used: Vec<TableId> = signs.bridge.tables().iter().map(|t| t.id).collect();
        let mut print = Fingerprint {
            ingress: entry(signs),
            egress: used.iter().find_map(|t| signs.flows(*t).filter(is_default).find_map(|f| cleared(&f))),
            to_phy: used.iter().copied().find(|t| signs.flows(*t).any(|f| sends_out(&f))),
            ..Fingerprint::default()
        };
        for &table in &used {
            for flow in signs.flows(table) {
                if let Some(stages) = known_stage(&flow).filter(|s| !print.stages.contains(&(table, *s))) {
                    print.stages.push((table, stages));
                }
            }
        }
        // A datapath's last stages show in flows of low priority, so here every flow counts.
        for (_, flow) in signs.bridge.flows.iter() {
            if let Some(key) = datapath(&flow)
                && (print.datapaths.len() < DATAPATHS || print.datapaths.contains_key(&key))
            {
                print.datapaths.entry(key).or_default().insert(flow.table());
            }
        }
        print.used = used;
        print
    }

    /// The releases that nothing speaks against.
    pub(super) fn fitting(&self) -> Vec<&'static Release> {
        let (Some(ingress), Some(egress)) = (self.ingress, self.egress) else { return Vec::new() };
        let begins =
            |r: &Release| r.start(Pipeline::SwitchIn) == Some(ingress) && r.start(Pipeline::SwitchOut) == Some(egress);
        RELEASES.iter().filter(|r| begins(r) && self.fits(r)).collect()
    }

    fn fits(&self, release: &Release) -> bool {
        let always = ALWAYS.iter().filter_map(|name| release.tables.get(name));
        let stage_names = |table| -> Vec<String> {
            release.stages_of(table).into_iter().map(|(p, stage)| format!("{}_{stage}", p.prefix())).collect()
        };
        self.used.iter().all(|t| release.table_name(*t).is_some())
            && always.into_iter().all(|t| self.used.contains(t))
            && self.to_phy.is_none_or(|t| release.tables.get("LOG_TO_PHY") == Some(&t))
            && self.stages.iter().all(|(t, stages)| stage_names(*t).iter().any(|n| stages.contains(&n.as_str())))
            && self.datapaths.values().all(|tables| !matches!(scope_of(tables, release), Extent::Strange))
    }

    /// What each logical datapath is, as far as releases agree.
    pub(super) fn scopes(&self, releases: &[&Release]) -> BTreeMap<u64, Option<Scope>> {
        let scope = |tables: &Tables| {
            let mut scopes = releases.iter().map(|r| match scope_of(tables, r) {
                Extent::Whole(scope) => Some(scope),
                Extent::None | Extent::Strange => None,
            });
            let first = scopes.next().flatten();
            first.filter(|first| scopes.all(|s| s == Some(*first)))
        };
        self.datapaths.iter().map(|(key, tables)| (*key, scope(tables))).collect()
    }
}

/// How a datapath goes through the pipelines of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// As a logical switch or router does.
    Whole(Scope),
    /// Through one of them at most: tunnels and ports know datapaths whose stages are not installed here.
    None,
    /// As no datapath of the release does.
    Strange,
}

/// The last stage that a datapath uses in a pipeline that begins in `start` and has `n` stages.
fn last_stage(tables: &Tables, start: TableId, n: usize) -> Option<usize> {
    (0..n).rev().find(|at| u8::try_from(usize::from(start) + at).is_ok_and(|t| tables.has(t)))
}

fn scope_of(tables: &Tables, release: &Release) -> Extent {
    let longest = |a, b| release.stages(a).len().max(release.stages(b).len());
    let last = |a, b| last_stage(tables, release.start(a)?, longest(a, b));
    let (Some(last_in), Some(last_out)) =
        (last(Pipeline::SwitchIn, Pipeline::RouterIn), last(Pipeline::SwitchOut, Pipeline::RouterOut))
    else {
        return Extent::None;
    };
    let ends = |a, b| release.stages(a).len() == last_in + 1 && release.stages(b).len() == last_out + 1;
    if ends(Pipeline::SwitchIn, Pipeline::SwitchOut) {
        Extent::Whole(Scope::Switch)
    } else if ends(Pipeline::RouterIn, Pipeline::RouterOut) {
        Extent::Whole(Scope::Router)
    } else {
        Extent::Strange
    }
}

/// Where flows of table 0 lead that give a packet its datapath and input port.
fn entry(signs: &Signs<'_>) -> Option<TableId> {
    let target = |flow: FlowRef<'_>| {
        let actions = &flow.actions().0;
        let writes = |id| actions.iter().any(|a| written(a, id).is_some());
        (writes(METADATA_LOW) && writes(REG14)).then(|| actions.iter().rev().find_map(next_table)).flatten()
    };
    signs.flows(0).find_map(target)
}

fn is_default(flow: &FlowRef<'_>) -> bool {
    flow.shape().masks.is_empty()
}

/// Where a flow leads that clears the registers of the pipeline.
fn cleared(flow: &FlowRef<'_>) -> Option<TableId> {
    let actions = &flow.actions().0;
    let clears = |id| actions.iter().any(|a| written(a, word::REG + id) == Some(0));
    (0..8).all(clears).then(|| actions.iter().find_map(next_table)).flatten()
}

/// The datapath that a flow matches, if it matches one exactly.
fn datapath(flow: &FlowRef<'_>) -> Option<u64> {
    let ((high, high_mask), (low, mask)) = (flow.word(word::METADATA), flow.word(METADATA_LOW));
    (mask == u32::MAX && high_mask == u32::MAX).then_some(u64::from(high) << 32 | u64::from(low))
}

/// Whether a flow sends packets for a logical port out of a port.
fn sends_out(flow: &FlowRef<'_>) -> bool {
    let is_plain = flow.shape().masks.iter().all(|(id, _)| [word::METADATA, METADATA_LOW, REG15].contains(id));
    let is_for_port = flow.word(REG15).1 == u32::MAX && datapath(flow).is_some();
    is_plain && is_for_port && matches!(flow.actions().0.first(), Some(Action::Output(_)))
}

/// The stage that a flow can only stand in.
fn known_stage(flow: &FlowRef<'_>) -> Option<&'static [&'static str]> {
    const COMMIT_WANTED: u32 = 2;
    let asks = |a: &Action| match a {
        Action::Controller(a) => {
            let name = opcode(&a.userdata)?.name;
            ASKING.iter().find(|(asking, _)| *asking == name).map(|(_, stages)| *stages)
        }
        Action::Ct(ct) if ct.commit && ct.table.is_none() => {
            let (value, mask) = flow.word(word::REG);
            let wanted = mask & value & COMMIT_WANTED != 0 && datapath(flow).is_some();
            wanted.then_some(&["ls_in_stateful", "ls_out_stateful"] as &[_])
        }
        _ => None,
    };
    flow.actions().0.iter().find_map(asks)
}

#[cfg(test)]
mod tests {
    use super::super::release::release;
    use super::*;

    /// What the flows of a release would show: every stage for one switch and one router.
    fn print(release: &Release) -> Fingerprint {
        let tables = |a, b| -> Vec<TableId> {
            let range = |p| {
                let start = release.start(p).unwrap();
                start..start + release.stages(p).len() as u8
            };
            range(a).chain(range(b)).collect()
        };
        let switch = tables(Pipeline::SwitchIn, Pipeline::SwitchOut);
        let router = tables(Pipeline::RouterIn, Pipeline::RouterOut);
        let own = release.tables.values().copied();
        let mut used: Vec<TableId> = switch.iter().chain(&router).copied().chain(own).collect();
        used.sort_unstable();
        used.dedup();
        Fingerprint {
            ingress: release.start(Pipeline::SwitchIn),
            egress: release.start(Pipeline::SwitchOut),
            to_phy: release.tables.get("LOG_TO_PHY").copied(),
            used,
            datapaths: [(1, switch.into_iter().collect()), (2, router.into_iter().collect())].into(),
            stages: Vec::new(),
        }
    }

    #[test]
    fn every_release_fits_itself_and_hardly_another() {
        for release in RELEASES.iter() {
            let fitting = print(release).fitting();
            assert!(fitting.contains(&release), "{}", release.name);
            let names: Vec<&str> = fitting.iter().map(|r| r.name).collect();
            assert!(fitting.len() <= 3, "{} looks like {names:?}", release.name);
        }
    }

    #[test]
    fn flows_that_only_one_stage_has_tell_two_releases_apart() {
        let mut print = print(release("21.12").unwrap());
        let names = |p: &Fingerprint| p.fitting().iter().map(|r| r.name).collect::<Vec<_>>();
        assert_eq!(names(&print), ["21.12", "22.03"]);
        print.stages.push((22, &["ls_in_stateful"]));
        assert_eq!(names(&print), ["21.12"]);
        print.used.push(100);
        assert_eq!(names(&print), [""; 0]);
    }

    #[test]
    fn a_datapath_is_what_it_goes_through() {
        let release = release("23.03").unwrap();
        let scopes = print(release).scopes(&[release]);
        assert_eq!(scopes, [(1, Some(Scope::Switch)), (2, Some(Scope::Router))].into());
    }
}

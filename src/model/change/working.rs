//! A bridge while requests change it, one after the other, as a switch does.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::eviction;
use super::index::Index;
use super::{Conflict, Edit, Replaced, Request, Revision};
use crate::action::output::Output;
use crate::action::{Action, Actions};
use crate::field::Version;
use crate::field::names::port;
use crate::field::slot::{WordId, word};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::{Flags, Flow, FlowKey, Stats, Style};
use crate::model::flow_mod::{Command, FlowMod, NO_COOKIE};
use crate::model::group::Group;
use crate::model::group_mod::{self, GroupMod};
use crate::model::meter::{BandKind, Meter};
use crate::model::meter_mod::MeterMod;
use crate::model::refusal::Error;
use crate::model::store::{FlowRef, RowEdits};

/// The table that Open vSwitch keeps for itself (`TBL_INTERNAL`), hidden and not to be written to.
pub(crate) const INTERNAL: u8 = 254;

/// How many bands a meter can have (`MAX_BANDS` in lib/dpif-netdev.c).
const MAX_BANDS: usize = 8;

/// What a refused request is answered with, and why.
pub type Refused = (Error, String);

/// A bridge, and what was changed of it so far.
#[derive(Debug)]
pub struct Working<'a> {
    bridge: &'a Bridge,
    /// What became of flows that were touched; `None` where there is none any more.
    touched: FxHashMap<FlowKey, Option<Flow>>,
    /// Their keys, in the order in which they were touched first.
    order: Vec<FlowKey>,
    /// The rows of the bridge that they stand for.
    hidden: FxHashSet<FlowId>,
    groups: BTreeMap<u32, Group>,
    meters: BTreeMap<u32, Meter>,
    /// How many flows each table has; only where a table's size is limited.
    counts: Option<Box<[u64; 256]>>,
    index: Index,
    has_stats: bool,
}

impl<'a> Working<'a> {
    /// The bridge as it is.
    pub fn new(bridge: &'a Bridge) -> Working<'a> {
        Working {
            bridge,
            touched: FxHashMap::default(),
            order: Vec::new(),
            hidden: FxHashSet::default(),
            groups: bridge.groups.iter().map(|group| (group.id, group.clone())).collect(),
            meters: bridge.meters.iter().map(|meter| (meter.id, meter.clone())).collect(),
            counts: (!bridge.limits.is_empty()).then(|| counts(bridge)),
            index: Index::default(),
            has_stats: bridge.flows.manner().0 != Style::NoStats,
        }
    }

    /// Does what is asked, and tells what that was; or tells why a switch refuses it.
    pub fn request(&mut self, request: Request) -> Result<Edit, Refused> {
        let mut edit = Edit::new(request);
        match &edit.request {
            Request::Flow(flow) => edit.flows = self.flow_mod(flow)?,
            Request::Group(GroupMod::Delete(which)) => {
                let ids: Vec<u32> = match which {
                    Some(id) => self.groups.get(id).map(|group| group.id).into_iter().collect(),
                    None => self.groups.keys().copied().collect(),
                };
                edit.flows = self.deleted(|flow| uses_group(flow, &ids));
                edit.groups = ids.iter().filter_map(|id| self.groups.remove(id)).map(Replaced::deleted).collect();
            }
            Request::Group(group) => edit.groups = vec![self.group_mod(group)?],
            Request::Meter(MeterMod::Delete(which)) => {
                let ids: Vec<u32> = match which {
                    Some(id) => self.meters.get(id).map(|meter| meter.id).into_iter().collect(),
                    None => self.meters.keys().copied().collect(),
                };
                edit.flows = self.deleted(|flow| uses_meter(flow, &ids));
                edit.meters = ids.iter().filter_map(|id| self.meters.remove(id)).map(Replaced::deleted).collect();
            }
            Request::Meter(meter) => edit.meters = vec![self.meter_mod(meter)?],
        }
        Ok(edit)
    }

    /// A flow as it is now.
    pub fn flow(&self, key: &FlowKey) -> Option<Flow> {
        match self.touched.get(key) {
            Some(now) => now.clone(),
            None => self.rows(key).last().map(|row| self.bridge.flow(*row).to_flow()),
        }
    }

    /// A group as it is now.
    pub fn group(&self, id: u32) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// A meter as it is now.
    pub fn meter(&self, id: u32) -> Option<&Meter> {
        self.meters.get(&id)
    }

    /// The rows of the bridge with a key; in a dump of a switch there is one at most.
    fn rows(&self, key: &FlowKey) -> SmallVec<[FlowId; 1]> {
        self.index.rows(&self.bridge.flows, key)
    }

    /// Puts a flow in the place of another, or where there was none.
    fn put(&mut self, key: FlowKey, now: Option<Flow>) {
        if let Some(counts) = self.counts.as_deref_mut() {
            let was = match self.touched.get(&key) {
                Some(was) => was.is_some(),
                None => !self.index.rows(&self.bridge.flows, &key).is_empty(),
            };
            let count = &mut counts[usize::from(key.table)];
            *count = *count + u64::from(now.is_some()) - u64::from(was);
        }
        if !self.touched.contains_key(&key) {
            self.hidden.extend(self.rows(&key));
            self.order.push(key.clone());
        }
        self.touched.insert(key, now);
    }

    /// The flows that pass, whether of the bridge or touched, in order.
    fn chosen(&self, row: impl Fn(FlowRef<'_>) -> bool, touched: impl Fn(&Flow) -> bool) -> Vec<Flow> {
        let rows = self.bridge.flows.iter().filter(|(id, flow)| !self.hidden.contains(id) && row(*flow));
        let mut flows: Vec<Flow> = rows.map(|(_, flow)| flow.to_flow()).collect();
        if flows.len() > 1 {
            // Of flows that stand twice in a dump the last one counts.
            let mut seen = FxHashSet::default();
            let mut last: Vec<Flow> = flows.into_iter().rev().filter(|flow| seen.insert(flow.key())).collect();
            last.reverse();
            flows = last;
        }
        let now = self.order.iter().filter_map(|key| self.touched.get(key)?.as_ref());
        flows.extend(now.filter(|flow| touched(flow)).cloned());
        flows
    }

    /// Deletes the flows whose actions pass.
    fn deleted(&mut self, is_it: impl Fn(&Actions) -> bool) -> Vec<Replaced<Flow>> {
        let gone = self.chosen(|row| is_it(row.actions()), |flow| is_it(&flow.actions));
        gone.iter().for_each(|flow| self.put(flow.key(), None));
        gone.into_iter().map(Replaced::deleted).collect()
    }

    fn flow_mod(&mut self, asked: &FlowMod) -> Result<Vec<Replaced<Flow>>, Refused> {
        if asked.command.has_actions() && asked.scope().unwrap_or(0) == INTERNAL {
            return Err(refused(Error::NotPermitted, format!("table {INTERNAL} is the switch's own")));
        }
        if asked.command == Command::Add {
            return self.add(asked);
        }
        let scope = asked.scope();
        // Flows that only `bridge/dump-flows` shows are out of reach.
        let is_within = |table: u8, priority: u32| {
            scope.is_none_or(|scope| scope == table) && table != INTERNAL && priority <= u16::MAX.into()
        };
        let chosen = match (asked.command.is_strict(), scope) {
            (true, Some(table)) => {
                let flow = self.flow(&FlowKey { table, ..asked.flow.key() });
                flow.filter(|flow| is_within(flow.table, flow.priority) && asked.selects_flow(flow))
                    .into_iter()
                    .collect()
            }
            _ => self.chosen(
                |row| is_within(row.table(), row.priority()) && asked.selects(row),
                |flow| is_within(flow.table, flow.priority) && asked.selects_flow(flow),
            ),
        };
        if chosen.is_empty() && is_refused_inside(asked, scope) {
            return Err(refused(Error::NotPermitted, format!("the flows of table {INTERNAL} are the switch's own")));
        }
        if !asked.command.has_actions() {
            chosen.iter().for_each(|flow| self.put(flow.key(), None));
            return Ok(chosen.into_iter().map(Replaced::deleted).collect());
        }
        if chosen.is_empty() {
            return if asked.may_add() { self.add(asked) } else { Ok(Vec::new()) };
        }
        self.check_references(&asked.flow.actions)?;
        let mut replaced = Vec::with_capacity(chosen.len());
        for before in chosen {
            let cookie = if asked.changes_cookie() { asked.flow.cookie } else { before.cookie };
            let stats = before.stats.map(|stats| self.counted_on(stats, asked));
            let after = Flow { actions: asked.flow.actions.clone(), cookie, stats, ..before.clone() };
            self.put(after.key(), Some(after.clone()));
            replaced.push(Replaced::modified(before, after));
        }
        Ok(replaced)
    }

    /// The counters of a flow that is changed.
    fn counted_on(&self, stats: Stats, asked: &FlowMod) -> Stats {
        let zero = |count: Option<u64>| count.map(|_| 0);
        match asked.reset_counts() {
            true => Stats { n_packets: zero(stats.n_packets), n_bytes: zero(stats.n_bytes), ..stats },
            false => stats,
        }
    }

    fn add(&mut self, asked: &FlowMod) -> Result<Vec<Replaced<Flow>>, Refused> {
        let table = asked.table.unwrap_or(0);
        self.check_references(&asked.flow.actions)?;
        let mut after = Flow { table, stats: None, residue: Vec::new(), ..self.held(asked) };
        if self.has_stats {
            after.stats = Some(Stats { n_packets: Some(0), n_bytes: Some(0), ..Stats::default() });
        }
        let key = after.key();
        let before = self.flow(&key);
        match &before {
            Some(before) => {
                // The highest number means that the cookie is not said.
                if after.cookie == NO_COOKIE {
                    after.cookie = before.cookie;
                }
                // The flow begins anew; what it counted is kept, if nothing else is asked.
                if let (Some(now), Some(stats)) = (&mut after.stats, before.stats) {
                    let kept = self.counted_on(stats, asked);
                    *now = Stats { n_packets: kept.n_packets, n_bytes: kept.n_bytes, ..*now };
                }
            }
            None if asked.check_overlap() => {
                if let Some(other) = self.overlapping(&after) {
                    let text = other.match_text(&self.bridge.names);
                    let what = if text.is_empty() { "the flow that matches everything" } else { &text };
                    let sentence = format!("{what} has the same priority, and packets can match both");
                    return Err(refused(Error::Overlap, sentence));
                }
            }
            None => {}
        }
        let mut replaced = Vec::with_capacity(1);
        if before.is_none()
            && let Some(evicted) = self.room(table)?
        {
            self.put(evicted.key(), None);
            replaced.push(Replaced::deleted(evicted));
        }
        self.put(key, Some(after.clone()));
        replaced.push(Replaced { before, after: Some(after) });
        Ok(replaced)
    }

    /// The flow that is added, with what a dump like that of the bridge tells of it.
    fn held(&self, asked: &FlowMod) -> Flow {
        let tells = |since: Version| self.bridge.version.is_none_or(|version| version >= since);
        let mut flow = asked.flow.clone();
        // Adding in the first versions means this flag, and the switch keeps it.
        if asked.command == Command::Add && asked.reset_counts() {
            flow.flags = flow.flags.with(Flags::RESET_COUNTS);
        }
        if !tells(Version::V13) {
            flow.flags = Flags::default();
        }
        if !tells(Version::V14) {
            flow.importance = 0;
        }
        flow
    }

    /// Whether a table takes one more flow, and which flow goes for it.
    fn room(&self, table: u8) -> Result<Option<Flow>, Refused> {
        let (Some(counts), Some(limit)) = (&self.counts, self.bridge.limits.iter().find(|l| l.table == table)) else {
            return Ok(None);
        };
        if counts[usize::from(table)] < limit.flows {
            return Ok(None);
        }
        let mut flows = self.chosen(|row| row.table() == table, |flow| flow.table == table);
        match eviction::victim(&flows, limit) {
            Some(at) => Ok(Some(flows.swap_remove(at))),
            None => Err(refused(Error::TableFull, format!("table {table} may hold {} flows", limit.flows))),
        }
    }

    /// A flow of the same table and priority that packets can match as well.
    fn overlapping(&self, with: &Flow) -> Option<Flow> {
        let is_like = |table: u8, priority: u32| table == with.table && priority == with.priority;
        let overlaps = self.chosen(
            |row| is_like(row.table(), row.priority()) && row.matches().overlaps(&with.matches),
            |flow| is_like(flow.table, flow.priority) && flow.matches.overlaps(&with.matches),
        );
        overlaps.into_iter().next()
    }

    /// Refuses actions that use what is not there (`ofproto_check_ofpacts`).
    fn check_references(&self, actions: &Actions) -> Result<(), Refused> {
        let mut missing = None;
        actions.each(&mut |action| match action {
            Action::Meter(a) if !self.meters.contains_key(&a.0) => {
                missing.get_or_insert((Error::InvalidMeter, format!("there is no meter {}", a.0)));
            }
            Action::Group(a) if !self.groups.contains_key(&a.0) => {
                missing.get_or_insert((Error::BadOutGroup, format!("there is no group {}", a.0)));
            }
            _ => {}
        });
        missing.map_or(Ok(()), Err)
    }

    fn group_mod(&mut self, asked: &GroupMod) -> Result<Replaced<Group>, Refused> {
        let id = asked.group().unwrap_or_default();
        let wrong = |error: Error| refused(error, error.sentence().to_owned());
        // What the message itself has wrong is told first.
        let sent = match asked {
            GroupMod::Add(group) | GroupMod::Modify(group) | GroupMod::AddOrModify(group) => {
                group_mod::held(group).map_err(wrong)?.buckets
            }
            GroupMod::InsertBuckets { buckets, .. } => group_mod::inserted(buckets).map_err(wrong)?,
            GroupMod::Delete(_) | GroupMod::RemoveBuckets { .. } => Vec::new(),
        };
        let before = self.groups.get(&id).cloned();
        let after = match (asked, &before) {
            (GroupMod::Add(_), Some(_)) => {
                return Err(refused(Error::GroupExists, format!("group {id} is there already")));
            }
            (GroupMod::Add(group) | GroupMod::AddOrModify(group), _) | (GroupMod::Modify(group), Some(_)) => {
                Group { buckets: sent, ..group.clone() }
            }
            (GroupMod::InsertBuckets { place, .. }, Some(old)) => {
                group_mod::with_buckets(old, *place, sent).map_err(wrong)?
            }
            (GroupMod::RemoveBuckets { place, .. }, Some(old)) => {
                group_mod::without_buckets(old, *place).map_err(wrong)?
            }
            _ => return Err(refused(Error::UnknownGroup, format!("there is no group {id}"))),
        };
        self.groups.insert(id, after.clone());
        Ok(Replaced { before, after: Some(after) })
    }

    fn meter_mod(&mut self, asked: &MeterMod) -> Result<Replaced<Meter>, Refused> {
        let id = asked.meter().unwrap_or_default();
        let is_special = Meter::NAMES.iter().any(|(special, name)| *special == id && *name != "all");
        if id == 0 || id > Meter::MAX && !is_special {
            return Err(refused(Error::InvalidMeter, format!("no meter can have the number {id}")));
        }
        if let MeterMod::Add(meter) | MeterMod::Modify(meter) = asked
            && meter.bands.len() > MAX_BANDS
        {
            return Err(refused(Error::OutOfBands, format!("a meter has {MAX_BANDS} bands at most")));
        }
        let before = self.meters.get(&id).cloned();
        let is_bad = |meter: &Meter| meter.bands.iter().any(|band| band.kind != BandKind::Drop);
        let after = match (asked, &before) {
            (MeterMod::Add(_), Some(_)) => {
                return Err(refused(Error::MeterExists, format!("meter {id} is there already")));
            }
            (MeterMod::Add(meter), None) | (MeterMod::Modify(meter), Some(_)) if is_bad(meter) => {
                return Err(refused(Error::BadBand, Error::BadBand.sentence().to_owned()));
            }
            (MeterMod::Add(meter), None) | (MeterMod::Modify(meter), Some(_)) => meter.clone(),
            _ => return Err(refused(Error::UnknownMeter, format!("there is no meter {id}"))),
        };
        self.meters.insert(id, after.clone());
        Ok(Replaced { before, after: Some(after) })
    }

    /// Does an edit again that was planned elsewhere, if everything that it changes is what it was; counters do not
    /// matter. Returns it with what is there now; otherwise tells what does not fit, and does nothing.
    pub(super) fn redo(&mut self, edit: &Edit, number: usize, conflicts: &mut Vec<Conflict>) -> Option<Edit> {
        let before = conflicts.len();
        let mut flows = Vec::with_capacity(edit.flows.len());
        for replaced in &edit.flows {
            let Some(flow) = replaced.either() else { continue };
            let now = self.flow(&flow.key());
            let is = |wanted: &Option<Flow>| match (wanted, &now) {
                (Some(wanted), Some(now)) => wanted.is_same_uncounted(now),
                (wanted, now) => wanted.is_none() && now.is_none(),
            };
            // Somebody else may have put there meanwhile what is wanted; a flow that is gone is never taken for that.
            let is_done = now.is_some() && !is(&replaced.before) && is(&replaced.after);
            match is_done || is(&replaced.before) {
                true if is_done => flows.push(Replaced { before: now.clone(), after: now }),
                true => flows.push(Replaced { before: now, after: replaced.after.clone() }),
                false => {
                    let (flow, now) = (Box::new(flow.clone()), now.map(Box::new));
                    conflicts.push(Conflict::Flow { edit: number, flow, now });
                }
            }
        }
        for replaced in &edit.groups {
            let Some(group) = replaced.either().map(|group| group.id) else { continue };
            if self.groups.get(&group) != replaced.before.as_ref() {
                conflicts.push(Conflict::Group { edit: number, group });
            }
        }
        for replaced in &edit.meters {
            let Some(meter) = replaced.either().map(|meter| meter.id) else { continue };
            if self.meters.get(&meter) != replaced.before.as_ref() {
                conflicts.push(Conflict::Meter { edit: number, meter });
            }
        }
        if conflicts.len() > before {
            return None;
        }
        for replaced in &flows {
            let Some(flow) = replaced.either() else { continue };
            self.put(flow.key(), replaced.after.clone());
        }
        for replaced in &edit.groups {
            let Some(group) = replaced.either() else { continue };
            set(&mut self.groups, group.id, &replaced.after);
        }
        for replaced in &edit.meters {
            let Some(meter) = replaced.either() else { continue };
            set(&mut self.meters, meter.id, &replaced.after);
        }
        Some(Edit { flows, ..edit.clone() })
    }

    /// The bridge as it is now; `revision` is what it is known to be.
    pub(super) fn bridge(&self, revision: Revision) -> Bridge {
        let mut edits = RowEdits::default();
        for key in &self.order {
            let rows = self.rows(key);
            let now = self.touched.get(key).and_then(Option::as_ref);
            match (rows.split_last(), now) {
                (Some((last, others)), Some(flow)) => {
                    edits.gone.extend(others);
                    edits.changed.insert(*last, flow.clone());
                }
                (Some(_), None) => edits.gone.extend(rows),
                (None, Some(flow)) => edits.added.push(flow.clone()),
                (None, None) => {}
            }
        }
        let mut bridge = self.bridge.clone();
        bridge.flows = self.bridge.flows.edited(&edits, &self.bridge.names);
        bridge.groups = self.groups.values().cloned().collect();
        bridge.meters = self.meters.values().cloned().collect();
        bridge.group_stats.retain(|stats| self.groups.contains_key(&stats.id));
        bridge.meter_stats.retain(|stats| self.meters.contains_key(&stats.id));
        bridge.is_dumped |= !bridge.flows.is_empty();
        bridge.derived.know(revision);
        bridge
    }
}

/// Whether a request that finds no other flow finds those that Open vSwitch keeps for itself, and is refused: if it names
/// their table, or none and a whole cookie, by which flows of every table are found (`add_internal_flows`).
fn is_refused_inside(asked: &FlowMod, scope: Option<u8>) -> bool {
    if !(scope == Some(INTERNAL) || scope.is_none() && asked.cookie.mask == u64::MAX) {
        return false;
    }
    let internal = |priority: u32, word: WordId, value: u32, actions: Vec<Action>| {
        let mut flow = Flow { table: INTERNAL, priority, actions: Actions(actions), ..Flow::default() };
        flow.matches.set_word(word, u32::MAX, value, u32::MAX);
        asked.selects_flow(&flow)
    };
    let to_controller = vec![Output { port: port::CONTROLLER, max_len: u16::MAX }.into()];
    internal(0, word::REG, 1, to_controller)
        || internal(0, word::REG, 2, Vec::new())
        || internal(0, word::REG, 3, Vec::new())
        || internal(2, word::RECIRC_ID, 0, Vec::new())
}

fn counts(bridge: &Bridge) -> Box<[u64; 256]> {
    let mut counts = Box::new([0; 256]);
    let tables = bridge.flows.segments().flat_map(|(_, segment)| segment.tables());
    tables.for_each(|table| counts[usize::from(*table)] += 1);
    counts
}

fn set<T: Clone>(all: &mut BTreeMap<u32, T>, id: u32, now: &Option<T>) {
    match now {
        Some(now) => _ = all.insert(id, now.clone()),
        None => _ = all.remove(&id),
    }
}

fn refused(error: Error, sentence: String) -> Refused {
    (error, sentence)
}

/// Whether actions hand packets to one of these groups.
pub(super) fn uses_group(actions: &Actions, ids: &[u32]) -> bool {
    let mut uses = false;
    actions.each(&mut |action| uses |= matches!(action, Action::Group(a) if ids.contains(&a.0)));
    uses
}

/// Whether a switch counts actions among those of one of these meters: only a meter in front does
/// (`ofpacts_get_meter`).
pub(super) fn uses_meter(actions: &Actions, ids: &[u32]) -> bool {
    matches!(actions.0.first(), Some(Action::Meter(a)) if ids.contains(&a.0))
}

//! What can be asked of a switch about its groups, and what becomes of a group's buckets.
//!
//! OpenFlow 1.5.1, sections 6.7 and 7.3.4.4; `handle_group_mod` in ofproto/ofproto.c of Open vSwitch.

use rustc_hash::FxHashSet;

use super::group::{Bucket, Group, GroupType};
use super::refusal::Error;
use crate::field::names::port;

/// What is done with groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupMod {
    /// Adds the group.
    Add(Group),
    /// Replaces the group of this number.
    Modify(Group),
    /// Adds the group, or replaces the one of this number.
    AddOrModify(Group),
    /// Deletes the group, and the flows that use it; every group for `None`.
    Delete(Option<u32>),
    /// Adds buckets to a group.
    InsertBuckets {
        /// The group.
        group: u32,
        /// The bucket behind which they come; or one of [`Bucket::PLACES`].
        place: u32,
        /// The buckets.
        buckets: Vec<Bucket>,
    },
    /// Takes buckets out of a group.
    RemoveBuckets {
        /// The group.
        group: u32,
        /// The bucket; or one of [`Bucket::PLACES`].
        place: u32,
    },
}

impl GroupMod {
    /// The group that it is about; `None` for every group.
    pub fn group(&self) -> Option<u32> {
        match self {
            GroupMod::Add(group) | GroupMod::Modify(group) | GroupMod::AddOrModify(group) => Some(group.id),
            GroupMod::Delete(group) => *group,
            GroupMod::InsertBuckets { group, .. } | GroupMod::RemoveBuckets { group, .. } => Some(*group),
        }
    }
}

/// The places among buckets (`OFPG15_BUCKET_FIRST` and so on).
const FIRST: u32 = Bucket::PLACES[0].0;
const LAST: u32 = Bucket::PLACES[1].0;
const ALL: u32 = Bucket::PLACES[2].0;

/// The number of a bucket: where a dump printed none, a switch counts from 0.
fn id_of(at: usize, bucket: &Bucket) -> u32 {
    bucket.id.unwrap_or(at as u32)
}

fn find(buckets: &[Bucket], id: u32) -> Option<usize> {
    buckets.iter().enumerate().position(|(at, bucket)| id_of(at, bucket) == id)
}

fn has_twice(buckets: &[Bucket]) -> bool {
    let mut ids: Vec<_> = buckets.iter().map(|bucket| bucket.id).collect();
    ids.sort_unstable();
    ids.windows(2).any(|pair| pair[0] == pair[1])
}

/// A group as a switch holds it and prints it in OpenFlow 1.5: every bucket has its number, and weights that need not
/// be said are not. What is wrong is found in the order in which a switch finds it.
pub(super) fn held(group: &Group) -> Result<Group, Error> {
    let mut buckets = numbered(&group.buckets)?;
    let is_select = group.kind == GroupType::Select;
    let has_method = !group.selection_method.is_empty();
    if has_method && (!is_select || !["hash", "dp_hash"].contains(&&*group.selection_method)) {
        return Err(Error::BadProperty);
    }
    if group.kind == GroupType::Indirect && group.buckets.len() != 1 {
        return Err(Error::InvalidGroup);
    }
    for bucket in &mut buckets {
        bucket.weight = bucket.weight.filter(|weight| *weight != u16::from(is_select));
        if bucket.weight.is_some() && !is_select {
            return Err(Error::InvalidGroup);
        }
        check_watch(bucket, group.kind)?;
    }
    Ok(Group { buckets, ..group.clone() })
}

fn check_watch(bucket: &Bucket, kind: GroupType) -> Result<(), Error> {
    let watches = bucket.watch_port.is_some() || bucket.watch_group.is_some();
    match kind {
        GroupType::All | GroupType::Indirect if watches => Err(Error::WatchUnsupported),
        GroupType::FastFailover if !watches => Err(Error::InvalidGroup),
        _ => Ok(()),
    }
}

/// The buckets as they are sent: those without a number get the lowest ones that are free, where free is what those
/// behind them leave (`ofputil_encode_ofp15_group_mod`).
fn numbered(buckets: &[Bucket]) -> Result<Vec<Bucket>, Error> {
    let first = buckets.iter().position(|bucket| bucket.id.is_none()).unwrap_or(buckets.len());
    let taken: FxHashSet<u32> = buckets[first..].iter().filter_map(|bucket| bucket.id).collect();
    let mut free = (0..=Bucket::MAX).filter(|id| !taken.contains(id));
    let mut sent = |bucket: &Bucket| {
        let watch_port = bucket.watch_port.filter(|port| *port != port::NONE);
        Bucket { id: bucket.id.or_else(|| free.next()), watch_port, ..bucket.clone() }
    };
    let out: Vec<Bucket> = buckets.iter().map(&mut sent).collect();
    if has_twice(&out) { Err(Error::BadBucket) } else { Ok(out) }
}

/// Buckets that are to be inserted as they are sent. The request does not tell the group's type, so they are looked at as
/// those of type `all`.
pub(super) fn inserted(buckets: &[Bucket]) -> Result<Vec<Bucket>, Error> {
    let buckets = numbered(buckets)?;
    buckets.iter().try_for_each(|bucket| check_watch(bucket, GroupType::All))?;
    Ok(buckets)
}

/// The group with more buckets (`copy_buckets_for_insert_bucket`).
pub(super) fn with_buckets(group: &Group, place: u32, mut new: Vec<Bucket>) -> Result<Group, Error> {
    let old = &group.buckets;
    let at = match place {
        FIRST => 0,
        LAST => old.len(),
        ALL => return Err(Error::BadBucket),
        id => find(old, id).ok_or(Error::UnknownBucket)? + 1,
    };
    for bucket in &mut new {
        let usual = u16::from(group.kind == GroupType::Select);
        bucket.weight = Some(bucket.weight.unwrap_or(0)).filter(|weight| *weight != usual);
    }
    // From here on each bucket says its number, so that the others keep theirs.
    let mut buckets: Vec<Bucket> = old.iter().enumerate().map(with_id).collect();
    buckets.splice(at..at, new);
    if has_twice(&buckets) { Err(Error::BucketExists) } else { Ok(Group { buckets, ..group.clone() }) }
}

fn with_id((at, bucket): (usize, &Bucket)) -> Bucket {
    Bucket { id: Some(id_of(at, bucket)), ..bucket.clone() }
}

/// The group without some of its buckets (`copy_buckets_for_remove_bucket`).
pub(super) fn without_buckets(group: &Group, place: u32) -> Result<Group, Error> {
    let old = &group.buckets;
    let gone = match place {
        ALL => 0..old.len(),
        FIRST => 0..old.len().min(1),
        LAST => old.len().saturating_sub(1)..old.len(),
        id => find(old, id).map(|at| at..at + 1).ok_or(Error::UnknownBucket)?,
    };
    let left = old.iter().enumerate().filter(|(at, _)| !gone.contains(at)).map(with_id);
    Ok(Group { buckets: left.collect(), ..group.clone() })
}

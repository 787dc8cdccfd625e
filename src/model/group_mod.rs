//! What can be asked of a switch about its groups, and what becomes of a group's buckets.
//!
//! OpenFlow 1.5.1, sections 6.7 and 7.3.4.4; `handle_group_mod` in ofproto/ofproto.c of Open vSwitch.

use super::group::{Bucket, Group};
use super::refusal::Error;

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

/// The buckets with others among them (`copy_buckets_for_insert_bucket`).
pub(super) fn with_buckets(old: &[Bucket], place: u32, new: &[Bucket]) -> Result<Vec<Bucket>, Error> {
    let at = match place {
        FIRST => 0,
        LAST => old.len(),
        // Open vSwitch puts them in front for want of a better place.
        ALL => 0,
        id => find(old, id).ok_or(Error::UnknownBucket)? + 1,
    };
    // From here on each bucket says its number, so that the others keep theirs.
    let numbered = |(at, bucket): (usize, &Bucket)| Bucket { id: Some(id_of(at, bucket)), ..bucket.clone() };
    let mut buckets: Vec<Bucket> = old.iter().enumerate().map(numbered).collect();
    let free = buckets.iter().filter_map(|b| b.id).max().map_or(0, |id| id.saturating_add(1));
    let news = new.iter().zip(free..).map(|(b, next)| Bucket { id: Some(b.id.unwrap_or(next)), ..b.clone() });
    buckets.splice(at..at, news);
    let mut ids: Vec<_> = buckets.iter().map(|b| b.id).collect();
    ids.sort_unstable();
    match ids.windows(2).any(|pair| pair[0] == pair[1]) {
        true => Err(Error::BucketExists),
        false => Ok(buckets),
    }
}

/// The buckets without some of them (`copy_buckets_for_remove_bucket`).
pub(super) fn without_buckets(old: &[Bucket], place: u32) -> Result<Vec<Bucket>, Error> {
    let gone = match place {
        ALL => return Ok(Vec::new()),
        FIRST => 0,
        LAST => old.len().saturating_sub(1),
        id => find(old, id).ok_or(Error::UnknownBucket)?,
    };
    let numbered = |(at, bucket): (usize, &Bucket)| Bucket { id: Some(id_of(at, bucket)), ..bucket.clone() };
    Ok(old.iter().enumerate().filter(|(at, _)| *at != gone).map(numbered).collect())
}

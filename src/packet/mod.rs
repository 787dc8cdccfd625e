//! Packets as people have them: bytes from a capture, hex from a terminal, or two names.
//!
//! [`frame()`] reads the bytes of a frame as Open vSwitch does; [`hex`] and [`pcap`] find those bytes in what people paste
//! and record. [`ask`] is the one grammar of all that a packet may be written as, and [`write()`] the way back to bytes.

pub mod ask;
mod between;
pub mod book;
pub mod complete;
mod expression;
pub mod frame;
pub mod hex;
pub mod pcap;
mod question;
pub mod write;

pub use self::ask::{Around, Asked, File, Sent, Start, is_expression, parse};
pub use self::book::Book;
pub use self::complete::{Candidate, Completion, complete};
pub use self::frame::{Framed, Note, VlanLimit, frame};
pub use self::write::{Written, write};

/// The checksum of RFC 1071: the ones' complement of the ones' complement sum. Over a header that has its own checksum
/// in it, it is 0.
fn checksum(bytes: &[u8]) -> u16 {
    let pairs = bytes.chunks(2).map(|pair| u64::from(pair[0]) << 8 | pair.get(1).copied().map_or(0, u64::from));
    let mut sum: u64 = pairs.sum();
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests;

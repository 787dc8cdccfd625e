//! Frames out of recordings: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), as `tcpdump -w` and
//! Wireshark write them.
//!
//! Only Ethernet is read. A length in the file never makes anything larger than the file, and what breaks off is told
//! with the offset of the byte.

/// What is wrong with a recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PcapError {
    /// It is none.
    #[error("it is neither pcap nor pcapng")]
    Unknown,
    /// It breaks off, or a length in it is wrong.
    #[error("it breaks off at byte {at}: {what}")]
    Broken {
        /// The offset of the first byte of what is wrong.
        at: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// Its packets are no Ethernet frames.
    #[error("its packets are {}, not Ethernet frames", link_name(*.0))]
    Link(u16),
    /// It has fewer packets.
    #[error("it has {} packet{}, not {wanted}", .found, if *.found == 1 { "" } else { "s" })]
    TooFew {
        /// The one that was asked for.
        wanted: usize,
        /// How many there are.
        found: usize,
    },
}

impl PcapError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            PcapError::Unknown => "record with `tcpdump -w FILE`; a compressed file has to be unpacked first",
            PcapError::Broken { .. } => "record again, or choose an earlier packet with `:N`",
            PcapError::Link(_) => "record on the port itself, as `tcpdump -i tap1 -w FILE`, not on `any`",
            PcapError::TooFew { .. } => "the first packet is `:1`",
        }
    }
}

/// Link types by number (the registry of draft-ietf-opsawg-pcaplinktype), those that people meet.
const LINKS: [(u16, &str); 9] = [
    (ETHERNET, "Ethernet"),
    (0, "of the BSD loopback (NULL)"),
    (12, "raw IP"),
    (101, "raw IP"),
    (105, "802.11 frames"),
    (113, "of the Linux device `any` (SLL)"),
    (276, "of the Linux device `any` (SLL2)"),
    (228, "raw IPv4"),
    (229, "raw IPv6"),
];
const ETHERNET: u16 = 1;

fn link_name(link: u16) -> String {
    LINKS
        .iter()
        .find(|(n, _)| *n == link)
        .map_or_else(|| format!("of link type {link}"), |(_, name)| (*name).to_owned())
}

/// A frame of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded<'a> {
    /// Its bytes, as many as were recorded.
    pub bytes: &'a [u8],
    /// How many bytes it had.
    pub length: u32,
}

/// The `n`-th packet of a recording, counted from 1.
pub fn packet(file: &[u8], n: usize) -> Result<Recorded<'_>, PcapError> {
    let magic = file.first_chunk::<4>().ok_or(PcapError::Unknown)?;
    // Microseconds and nanoseconds; the order of the bytes is that of the machine that recorded.
    const PCAP: [u32; 2] = [0xa1b2_c3d4, 0xa1b2_3c4d];
    const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
    if *magic == SECTION {
        return next_generation(file, n);
    }
    let [big, little] = [u32::from_be_bytes(*magic), u32::from_le_bytes(*magic)];
    if PCAP.contains(&big) {
        classic(file, true, n)
    } else if PCAP.contains(&little) {
        classic(file, false, n)
    } else {
        Err(PcapError::Unknown)
    }
}

/// Bytes with the order of their numbers.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    file: &'a [u8],
    at: usize,
    end: usize,
    is_big: bool,
}

impl<'a> Cursor<'a> {
    fn broken(&self, what: &'static str) -> PcapError {
        PcapError::Broken { at: self.at, what }
    }

    fn take(&mut self, n: usize, what: &'static str) -> Result<&'a [u8], PcapError> {
        let bytes = self.file[self.at..self.end].get(..n).ok_or_else(|| self.broken(what))?;
        self.at += n;
        Ok(bytes)
    }

    fn u16(&mut self, what: &'static str) -> Result<u16, PcapError> {
        let bytes = *self.take(2, what)?.first_chunk().expect("two bytes were taken");
        Ok(if self.is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&mut self, what: &'static str) -> Result<u32, PcapError> {
        let bytes = *self.take(4, what)?.first_chunk().expect("four bytes were taken");
        Ok(if self.is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// A length, which may be more than there is.
    fn length(&mut self, what: &'static str) -> Result<usize, PcapError> {
        Ok(usize::try_from(self.u32(what)?).unwrap_or(usize::MAX))
    }

    fn is_empty(&self) -> bool {
        self.at == self.end
    }
}

/// A file of one header and packets behind it.
fn classic(file: &[u8], is_big: bool, n: usize) -> Result<Recorded<'_>, PcapError> {
    let mut cursor = Cursor { file, at: 20, end: file.len(), is_big };
    if file.len() < 24 {
        return Err(PcapError::Broken { at: file.len(), what: "the header of the file has 24 bytes" });
    }
    // The upper bits tell of checksums at the end of frames.
    let link = (cursor.u32("the header of the file has 24 bytes")? & 0xffff) as u16;
    if link != ETHERNET {
        return Err(PcapError::Link(link));
    }
    let mut found = 0;
    while !cursor.is_empty() {
        const HEADER: &str = "the header of a packet has 16 bytes";
        cursor.take(8, HEADER)?;
        let kept = cursor.length(HEADER)?;
        let length = cursor.u32(HEADER)?;
        let bytes = cursor.take(kept, "a packet is longer than the file")?;
        found += 1;
        if found == n {
            return Ok(Recorded { bytes, length });
        }
    }
    Err(PcapError::TooFew { wanted: n, found })
}

/// A file of blocks.
fn next_generation(file: &[u8], n: usize) -> Result<Recorded<'_>, PcapError> {
    const SECTION: u32 = 0x0a0d_0d0a;
    const INTERFACE: u32 = 1;
    const OLD_PACKET: u32 = 2;
    const SIMPLE_PACKET: u32 = 3;
    const PACKET: u32 = 6;
    const HEAD: &str = "a block has 12 bytes or more";
    let mut cursor = Cursor { file, at: 0, end: file.len(), is_big: false };
    // Each interface with its link type and how many bytes of a packet it keeps; 0 for all.
    let mut interfaces: Vec<(u16, u32)> = Vec::new();
    let mut found = 0;
    while !cursor.is_empty() {
        let start = cursor.at;
        let kind = cursor.u32(HEAD)?;
        // The order of a section's numbers stands in the section's header, behind the length.
        if kind == SECTION {
            let mut order = cursor;
            order.take(4, HEAD)?;
            cursor.is_big = match *order.take(4, HEAD)? {
                [0x1a, 0x2b, 0x3c, 0x4d] => true,
                [0x4d, 0x3c, 0x2b, 0x1a] => false,
                _ => return Err(order.broken("a section says in which order its bytes are")),
            };
            interfaces.clear();
        }
        let total = cursor.length(HEAD)?;
        if total < 12 || !total.is_multiple_of(4) || total > file.len() - start {
            return Err(PcapError::Broken { at: start + 4, what: "the length of a block is wrong" });
        }
        let mut block = Cursor { end: start + total - 4, ..cursor };
        const SHORT: &str = "a block is shorter than what it should hold";
        let (interface, kept, length) = match kind {
            INTERFACE => {
                let link = block.u16(SHORT)?;
                block.take(2, SHORT)?;
                interfaces.push((link, block.u32(SHORT)?));
                (None, 0, 0)
            }
            PACKET => {
                let interface = block.length(SHORT)?;
                block.take(8, SHORT)?;
                (Some(interface), block.length(SHORT)?, block.u32(SHORT)?)
            }
            OLD_PACKET => {
                let interface = usize::from(block.u16(SHORT)?);
                block.take(10, SHORT)?;
                (Some(interface), block.length(SHORT)?, block.u32(SHORT)?)
            }
            SIMPLE_PACKET => {
                let length = block.u32(SHORT)?;
                let most = interfaces.first().map_or(0, |(_, most)| *most);
                let kept = if most == 0 { length } else { length.min(most) };
                (Some(0), usize::try_from(kept).unwrap_or(usize::MAX), length)
            }
            _ => (None, 0, 0),
        };
        if let Some(at) = interface {
            found += 1;
            if found == n {
                let (link, _) =
                    interfaces.get(at).ok_or_else(|| block.broken("the packet's interface is not described"))?;
                if *link != ETHERNET {
                    return Err(PcapError::Link(*link));
                }
                return Ok(Recorded { bytes: block.take(kept, "a packet is longer than its block")?, length });
            }
        }
        cursor.at = start + total;
    }
    Err(PcapError::TooFew { wanted: n, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMES: [&[u8]; 3] =
        [b"\xff\xff\xff\xff\xff\xffABCDEF\x08\x00", b"abcdefABCDEF\x08\x06x", b"0123456789abcdef"];

    fn number(n: u32, is_big: bool) -> [u8; 4] {
        if is_big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn classic(magic: u32, link: u32, is_big: bool) -> Vec<u8> {
        let numbers = [magic, 0x0002_0004, 0, 0, 65535, link];
        let mut file: Vec<u8> = numbers.into_iter().flat_map(|n| number(n, is_big)).collect();
        for frame in FRAMES {
            let header = [7, 9, frame.len() as u32, 1500];
            file.extend(header.into_iter().flat_map(|n| number(n, is_big)));
            file.extend(frame);
        }
        file
    }

    fn block(kind: u32, body: &[u8], is_big: bool) -> Vec<u8> {
        let padded = body.len().next_multiple_of(4);
        let total = number(padded as u32 + 12, is_big);
        let mut block = [&number(kind, is_big), &total, body].concat();
        block.resize(8 + padded, 0);
        block.extend(total);
        block
    }

    fn blocks(link: u8, is_big: bool) -> Vec<u8> {
        let words = |words: &[u32]| words.iter().flat_map(|n| number(*n, is_big)).collect::<Vec<u8>>();
        let section = words(&[0x1a2b_3c4d, if is_big { 1 << 16 } else { 1 }, u32::MAX, u32::MAX]);
        let link = if is_big { [0, link, 0, 0] } else { [link, 0, 0, 0] };
        let interface = [&link[..], &words(&[0])].concat();
        let enhanced = |frame: &[u8]| [&words(&[0, 0, 7, frame.len() as u32, 1500])[..], frame].concat();
        let simple = |frame: &[u8]| [&words(&[frame.len() as u32])[..], frame].concat();
        [
            block(0x0a0d_0d0a, &section, is_big),
            block(1, &interface, is_big),
            block(6, &enhanced(FRAMES[0]), is_big),
            block(5, b"statistics..", is_big),
            block(3, &simple(FRAMES[1]), is_big),
            block(6, &enhanced(FRAMES[2]), is_big),
        ]
        .concat()
    }

    #[test]
    fn every_packet_is_found_in_files_of_every_kind() {
        for is_big in [false, true] {
            let files = [classic(0xa1b2_c3d4, 1, is_big), classic(0xa1b2_3c4d, 1, is_big), blocks(1, is_big)];
            for (kind, file) in files.iter().enumerate() {
                for (n, frame) in FRAMES.iter().enumerate() {
                    assert_eq!(packet(file, n + 1).map(|p| p.bytes), Ok(*frame), "{kind}, {is_big}, {n}");
                }
                assert_eq!(packet(file, 4), Err(PcapError::TooFew { wanted: 4, found: 3 }));
            }
            assert_eq!(packet(&classic(0xa1b2_c3d4, 113, is_big), 1), Err(PcapError::Link(113)));
            assert_eq!(packet(&blocks(113, is_big), 1), Err(PcapError::Link(113)));
        }
        assert_eq!(packet(&classic(0xa1b2_c3d4, 1, true), 1).unwrap().length, 1500);
        let e = packet(&classic(0xa1b2_c3d4, 113, false), 1).unwrap_err();
        assert_eq!(e.to_string(), "its packets are of the Linux device `any` (SLL), not Ethernet frames");
    }

    #[test]
    fn a_file_that_breaks_off_says_where() {
        assert_eq!(packet(b"", 1), Err(PcapError::Unknown));
        assert_eq!(packet(b"\x1f\x8b\x08\0", 1), Err(PcapError::Unknown));
        let file = classic(0xa1b2_c3d4, 1, false);
        assert_eq!(packet(&file[..50], 1), Err(PcapError::Broken { at: 40, what: "a packet is longer than the file" }));
        for file in [file, blocks(1, true)] {
            for end in 0..file.len() {
                // What is cut is never found, and what lies before the cut is.
                let found = packet(&file[..end], 3);
                assert!(found.is_err(), "{end}: {found:?}");
            }
            let mut liar = file.clone();
            for at in 0..liar.len() {
                let kept = std::mem::replace(&mut liar[at], 0xff);
                let _ = packet(&liar, 3);
                liar[at] = kept;
            }
        }
    }
}

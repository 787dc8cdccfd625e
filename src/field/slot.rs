//! Where the bits of a field live.
//!
//! All fields together are views of one long row of 32-bit words, laid out so that fields which share storage in Open
//! vSwitch (`struct flow`, include/openvswitch/flow.h) share it here: `arp_spa` lies in the word of `ip_src`, `arp_op`
//! in that of `nw_proto`, `icmp_type` in that of `tcp_src`, `nd_sll` in that of `arp_sha`. Fields that most matches have
//! together share a word, because a stored match costs four bytes a word.

use super::bits::Bits;

/// The number of a 32-bit word.
pub type WordId = u16;

/// The words, by what lies in them.
pub mod word {
    use super::WordId;

    /// reg0 to reg31, one word each; xreg and xxreg are views of these, high half first.
    pub const REG: WordId = 0;
    /// metadata, 2 words.
    pub const METADATA: WordId = 32;
    /// tun_id, 2 words.
    pub const TUN_ID: WordId = 34;
    /// tun_src.
    pub const TUN_SRC: WordId = 36;
    /// tun_dst.
    pub const TUN_DST: WordId = 37;
    /// tun_ipv6_src, 4 words.
    pub const TUN_IPV6_SRC: WordId = 38;
    /// tun_ipv6_dst, 4 words.
    pub const TUN_IPV6_DST: WordId = 42;
    /// tun_gbp_id (16), tun_gbp_flags (8), tun_flags (1).
    pub const TUN_GBP: WordId = 46;
    /// tun_tos (8), tun_ttl (8), tun_gtpu_flags (8), tun_gtpu_msgtype (8).
    pub const TUN_MISC: WordId = 47;
    /// tun_erspan_idx.
    pub const TUN_ERSPAN_IDX: WordId = 48;
    /// tun_erspan_ver (8), tun_erspan_dir (8), tun_erspan_hwid (8).
    pub const TUN_ERSPAN: WordId = 49;
    /// in_port: an OpenFlow port number, or the id of a port known by name only.
    pub const IN_PORT: WordId = 50;
    /// actset_output.
    pub const ACTSET_OUTPUT: WordId = 51;
    /// skb_priority.
    pub const SKB_PRIORITY: WordId = 52;
    /// pkt_mark.
    pub const PKT_MARK: WordId = 53;
    /// recirc_id.
    pub const RECIRC_ID: WordId = 54;
    /// dp_hash.
    pub const DP_HASH: WordId = 55;
    /// packet_type.
    pub const PACKET_TYPE: WordId = 56;
    /// conj_id.
    pub const CONJ_ID: WordId = 57;
    /// ct_zone (16), ct_nw_proto (8), ct_state (8).
    pub const CT: WordId = 58;
    /// ct_mark.
    pub const CT_MARK: WordId = 59;
    /// ct_label, 4 words.
    pub const CT_LABEL: WordId = 60;
    /// ct_nw_src.
    pub const CT_NW_SRC: WordId = 64;
    /// ct_nw_dst.
    pub const CT_NW_DST: WordId = 65;
    /// ct_ipv6_src, 4 words.
    pub const CT_IPV6_SRC: WordId = 66;
    /// ct_ipv6_dst, 4 words.
    pub const CT_IPV6_DST: WordId = 70;
    /// ct_tp_src (16), ct_tp_dst (16).
    pub const CT_TP: WordId = 74;
    /// eth_src, 2 words (48 bits).
    pub const ETH_SRC: WordId = 75;
    /// eth_dst, 2 words (48 bits).
    pub const ETH_DST: WordId = 77;
    /// The 802.1Q tag control information of the outer tag (16).
    pub const VLAN: WordId = 79;
    /// eth_type (16), nw_proto (8), nw_tos with ECN (8).
    pub const TYPE: WordId = 80;
    /// nw_ttl (8), ip_frag (2), tcp_flags (12).
    pub const TTL: WordId = 81;
    /// The outer MPLS label stack entry.
    pub const MPLS: WordId = 82;
    /// ip_src, arp_spa.
    pub const IP_SRC: WordId = 83;
    /// ip_dst, arp_tpa.
    pub const IP_DST: WordId = 84;
    /// ipv6_src, 4 words.
    pub const IPV6_SRC: WordId = 85;
    /// ipv6_dst, 4 words.
    pub const IPV6_DST: WordId = 89;
    /// ipv6_label (20).
    pub const IPV6_LABEL: WordId = 93;
    /// tcp_src, udp_src, sctp_src, icmp_type, icmpv6_type (16); tcp_dst and so on (16).
    pub const TP: WordId = 94;
    /// arp_sha, nd_sll, 2 words (48 bits).
    pub const ARP_SHA: WordId = 95;
    /// arp_tha, nd_tll, 2 words (48 bits).
    pub const ARP_THA: WordId = 97;
    /// nd_target, 4 words.
    pub const ND_TARGET: WordId = 99;
    /// nd_reserved.
    pub const ND_RESERVED: WordId = 103;
    /// nd_options_type (8).
    pub const ND_OPTIONS: WordId = 104;
    /// nsh_flags (8), nsh_ttl (8), nsh_mdtype (8), nsh_np (8).
    pub const NSH: WordId = 105;
    /// nsh_spi (24), nsh_si (8).
    pub const NSH_PATH: WordId = 106;
    /// nsh_c1 to nsh_c4.
    pub const NSH_C: WordId = 107;

    /// The first word after those above.
    pub const BASE_END: WordId = 111;

    /// tun_metadata0 to 63 follow from here on, [`TUN_METADATA_WORDS`] words each.
    pub const TUN_METADATA: WordId = 128;
    /// One word that says whether the option is there, then 31 words of value.
    pub const TUN_METADATA_WORDS: WordId = 32;
    /// The number of words in all.
    pub const END: WordId = TUN_METADATA + 64 * TUN_METADATA_WORDS;
}

/// A range of bits: up to 32 of them somewhere in one word, or more in several words, the last of which holds the
/// lowest 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// The (first) word.
    pub word: WordId,
    /// How far up in the word; 0 if there are several words.
    pub shift: u8,
    /// How many bits.
    pub width: u16,
}

impl Slot {
    /// `width` bits from bit `shift` of `word` on.
    pub const fn new(word: WordId, shift: u8, width: u16) -> Slot {
        Slot { word, shift, width }
    }

    /// How many words the slot touches.
    pub const fn n_words(self) -> u16 {
        if self.width <= 32 { 1 } else { self.width.div_ceil(32) }
    }

    /// The words with the bits of each that belong to the slot.
    pub fn words(self) -> impl Iterator<Item = (WordId, u32)> {
        let n = self.n_words();
        (0..n).map(move |i| {
            let bits = if n == 1 { ones(self.width) << self.shift } else { ones(self.width - 32 * (n - 1 - i)) };
            (self.word + i, bits)
        })
    }

    /// Takes the slot's bits out of words, moved down to bit 0.
    pub fn read(self, word: impl Fn(WordId) -> u32) -> Bits {
        if self.n_words() == 1 {
            return Bits::from_words([word(self.word) >> self.shift & ones(self.width)]);
        }
        Bits::from_words(self.words().map(|(id, bits)| word(id) & bits))
    }

    /// The slot's bits of `value` as parts of words.
    pub fn spread(self, value: &Bits) -> impl Iterator<Item = (WordId, u32)> + '_ {
        let n = usize::from(self.n_words());
        let words = value.words();
        self.words().enumerate().map(move |(i, (id, bits))| {
            let from_end = n - 1 - i;
            let word = words.len().checked_sub(1 + from_end).map_or(0, |at| words[at]);
            (id, if n == 1 { word << self.shift & bits } else { word & bits })
        })
    }
}

/// The lowest `n` bits of a word.
pub const fn ones(n: u16) -> u32 {
    if n >= 32 { u32::MAX } else { (1 << n) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spread_is_read_back() {
        for slot in
            [Slot::new(1, 0, 32), Slot::new(1, 16, 16), Slot::new(1, 2, 6), Slot::new(1, 0, 48), Slot::new(1, 0, 128)]
        {
            let value = Bits::ones(slot.width.into());
            let mut words = [0u32; 8];
            for (id, part) in slot.spread(&value) {
                words[usize::from(id)] |= part;
            }
            assert_eq!(slot.read(|id| words[usize::from(id)]), value, "{slot:?}");
            assert!(slot.words().all(|(id, bits)| words[usize::from(id)] == bits));
        }
    }
}

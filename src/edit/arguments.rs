//! What the arguments of actions are: a row for each action whose arguments can be offered.

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Anything that cannot be guessed.
    Free,
    /// A port.
    Port,
    /// A table.
    Table,
    /// A group.
    Group,
    /// A meter.
    Meter,
    /// The number of a conjunction.
    Conjunction,
    /// A zone of connection tracking: a number or bits of a field.
    Zone,
    /// A field with its bits, as `reg0[0..15]`.
    Bits,
    /// A whole field.
    Field,
    /// A value of the field of that name.
    Value(&'static str),
    /// One of these words.
    Words(&'static [&'static str]),
    /// Actions.
    Actions,
    /// Nothing: the word stands alone.
    Nothing,
}

/// What an action takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// The action's word.
    pub action: &'static str,
    /// What follows `:`.
    pub colon: Takes,
    /// What stands in parentheses, by its place; what comes after the last one is like the last one.
    pub places: &'static [Takes],
    /// What stands in parentheses by name: the word with its `=`, `(` or nothing, and what it means.
    pub keys: &'static [(&'static str, Takes, &'static str)],
    /// What follows `->`.
    pub arrow: Takes,
}

const fn row(action: &'static str) -> Row {
    Row { action, colon: Takes::Free, places: &[], keys: &[], arrow: Takes::Free }
}

impl Row {
    const fn colon(self, colon: Takes) -> Row {
        Row { colon, ..self }
    }
    const fn places(self, places: &'static [Takes]) -> Row {
        Row { places, ..self }
    }
    const fn keys(self, keys: &'static [(&'static str, Takes, &'static str)]) -> Row {
        Row { keys, ..self }
    }
    const fn arrow(self, arrow: Takes) -> Row {
        Row { arrow, ..self }
    }
}

const ALGORITHMS: Takes = Takes::Words(&["active_backup", "hrw"]);
const HASHES: Takes =
    Takes::Words(&["eth_src", "symmetric_l4", "symmetric_l3l4", "symmetric_l3l4+udp", "nw_src", "nw_dst"]);

/// The rows. An action that has none takes nothing that could be offered.
const ROWS: &[Row] = &[
    row("output")
        .colon(Takes::Port)
        .keys(&[("port=", Takes::Port, "the port"), ("max_len=", Takes::Free, "only so many bytes of the packet")]),
    row("controller").keys(&[
        ("max_len=", Takes::Free, "only so many bytes of the packet"),
        ("reason=", Takes::Words(&["action", "no_match", "invalid_ttl"]), "what the controller is told"),
        ("id=", Takes::Free, "which controller"),
        ("userdata=", Takes::Free, "bytes for the controller, in hexadecimal"),
        ("pause", Takes::Nothing, "the controller may let it go on"),
        ("meter_id=", Takes::Meter, "through this meter"),
    ]),
    row("enqueue").colon(Takes::Port).places(&[Takes::Port, Takes::Free]),
    row("group").colon(Takes::Group),
    row("bundle").places(&[HASHES, Takes::Free, ALGORITHMS, Takes::Words(&["ofport"]), Takes::Port]),
    row("resubmit").colon(Takes::Port).places(&[Takes::Port, Takes::Table, Takes::Words(&["ct"])]),
    row("goto_table").colon(Takes::Table),
    row("write_actions").places(&[Takes::Actions]),
    row("clone").places(&[Takes::Actions]),
    row("exec").places(&[Takes::Actions]),
    row("meter").colon(Takes::Meter),
    row("conjunction").places(&[Takes::Conjunction, Takes::Words(&["1/2", "2/2", "1/3", "2/3", "3/3"])]),
    row("ct").keys(&[
        ("commit", Takes::Nothing, "keeps the connection"),
        ("force", Takes::Nothing, "this packet's direction is the one that began"),
        ("table=", Takes::Table, "looks the packet up again in this table, with ct_state known"),
        ("zone=", Takes::Zone, "which connections it is looked up among"),
        ("nat", Takes::Nothing, "translates as the connection says"),
        ("nat(", Takes::Free, "translates addresses from here on"),
        ("exec(", Takes::Actions, "writes ct_mark and ct_label"),
        ("alg=", Takes::Words(&["ftp", "tftp"]), "expects the connections that this protocol opens"),
    ]),
    row("nat").keys(&[
        ("src=", Takes::Free, "the source becomes one of these: IP[-IP][:PORT[-PORT]]"),
        ("dst=", Takes::Free, "the destination becomes one of these: IP[-IP][:PORT[-PORT]]"),
        ("persistent", Takes::Nothing, "the same after a restart"),
        ("hash", Takes::Nothing, "chosen by hashing"),
        ("random", Takes::Nothing, "chosen at random"),
    ]),
    row("set_field").arrow(Takes::Field),
    row("load").arrow(Takes::Bits),
    row("move").colon(Takes::Bits).arrow(Takes::Bits),
    row("push").colon(Takes::Bits),
    row("pop").colon(Takes::Bits),
    row("check_pkt_larger").arrow(Takes::Bits),
    row("mod_dl_src").colon(Takes::Value("dl_src")),
    row("mod_dl_dst").colon(Takes::Value("dl_dst")),
    row("mod_nw_src").colon(Takes::Value("nw_src")),
    row("mod_nw_dst").colon(Takes::Value("nw_dst")),
    row("mod_tp_src").colon(Takes::Value("tp_src")),
    row("mod_tp_dst").colon(Takes::Value("tp_dst")),
    row("mod_vlan_vid").colon(Takes::Value("dl_vlan")),
    row("set_vlan_vid").colon(Takes::Value("dl_vlan")),
    row("set_tunnel").colon(Takes::Value("tun_id")),
    row("set_tunnel64").colon(Takes::Value("tun_id")),
    row("push_vlan").colon(Takes::Words(&["0x8100", "0x88a8"])),
    row("push_mpls").colon(Takes::Words(&["0x8847", "0x8848"])),
    row("pop_mpls").colon(Takes::Words(&["0x0800", "0x86dd", "0x8847"])),
    row("encap").places(&[Takes::Words(&["ethernet", "mpls", "mpls_mc", "nsh"])]),
    row("fin_timeout").keys(&[
        ("idle_timeout=", Takes::Free, "seconds without a packet, once the connection ends"),
        ("hard_timeout=", Takes::Free, "seconds, once the connection ends"),
    ]),
    row("learn").keys(&[
        ("table=", Takes::Table, "where the flow is put"),
        ("priority=", Takes::Free, "its priority"),
        ("idle_timeout=", Takes::Free, "seconds without a packet after which it goes"),
        ("hard_timeout=", Takes::Free, "seconds after which it goes"),
        ("cookie=", Takes::Free, "the number that marks it"),
        ("send_flow_rem", Takes::Nothing, "the controller is told when it goes"),
        ("delete_learned", Takes::Nothing, "it goes with this flow"),
        ("limit=", Takes::Free, "at most so many flows"),
        ("result_dst=", Takes::Bits, "a bit that says whether it was added"),
        ("load:", Takes::Free, "what it writes: VALUE->FIELD[A..B]"),
        ("output:", Takes::Bits, "the port that it sends to: FIELD[A..B]"),
    ]),
];

/// The row of an action.
pub(super) fn of(action: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.action.eq_ignore_ascii_case(action))
}

/// Every row, for tests.
#[cfg(test)]
pub(super) fn rows() -> &'static [Row] {
    ROWS
}

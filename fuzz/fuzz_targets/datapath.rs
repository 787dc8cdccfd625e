//! What a datapath does and tracks: `dpctl/dump-flows`, and `dpctl/dump-conntrack`, which comes back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ofscope::dump::{conntrack, datapath};
use ofscope::field::Names;
use ofscope_fuzz::{comes_back, read, text};

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    read(&text, Names::none(), datapath::read_dp_flows);
    for line in text.lines().take(8) {
        let _ = datapath::parse_key(line);
        datapath::core(line);
    }
    comes_back(&text, conntrack::read_conntrack, |parts, _, out| conntrack::paint_conntrack(parts, out));
});

//! What `ovs-appctl`, `ovs-vsctl` and `ovn-appctl` print of a switch: addresses, tunnels, neighbours, datapath ports,
//! the database in short, numbers by name.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ofscope::dump::kind::Kind;
use ofscope::dump::{dpif_show, fdb, ovn, vsctl};
use ofscope::field::Names;
use ofscope::model::node_facts::facts;
use ofscope_fuzz::{comes_back, read, text};

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    Kind::of(text.as_bytes());
    comes_back(&text, fdb::read_fdb, |parts, _, out| fdb::paint_fdb(parts, out));
    comes_back(&text, fdb::read_tunnels, |parts, _, out| fdb::paint_tunnels(parts, out));
    read(&text, Names::none(), fdb::read_tunnel_neighbours);
    read(&text, Names::none(), dpif_show::read_dpif_show);
    read(&text, Names::none(), dpif_show::read_dpctl_show);
    let (shown, _) = read(&text, Names::none(), vsctl::read_vsctl_show);
    facts(&shown);
    read(&text, Names::none(), ovn::read_ct_zones);
    read(&text, Names::none(), ovn::read_group_table);
    read(&text, Names::none(), ovn::read_meter_table);
});

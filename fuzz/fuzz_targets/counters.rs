//! Ports, tables, meters and tunnel options, described and counted: seven documents that come back whatever they hold.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ofscope::dump::{Part, meters, ports, tables};
use ofscope::field::Names;
use ofscope_fuzz::{comes_back, read, text};

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    for is in [ports::is_show, ports::is_ports_desc, ports::is_ports, tables::is_tables, tables::is_tlv_map] {
        is(&text);
    }
    meters::is_meters(&text);
    meters::is_meter_stats(&text);
    comes_back(&text, ports::read_show, ports::paint_show);
    comes_back(&text, ports::read_ports_desc, ports::paint_ports_desc);
    comes_back(&text, ports::read_ports, ports::paint_ports);
    comes_back(&text, tables::read_tables, tables::paint_tables);
    comes_back(&text, tables::read_tlv_map, tables::paint_tlv_map);
    comes_back(&text, meters::read_meters, meters::paint_meters);
    comes_back(&text, meters::read_meter_stats, meters::paint_meter_stats);
    let (parts, _): (Vec<Part<tables::TableEntry>>, _) = read(&text, Names::none(), tables::read_tables);
    tables::tables(&parts);
});

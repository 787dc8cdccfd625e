#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ofscope_fuzz::laws::edit(data));

#![no_main]

#[path = "../bodies/sources.rs"]
mod sources;

libfuzzer_sys::fuzz_target!(|data: &[u8]| sources::run(data));

#![no_main]

#[path = "../bodies/certificates.rs"]
mod certificates;

libfuzzer_sys::fuzz_target!(|data: &[u8]| certificates::run(data));

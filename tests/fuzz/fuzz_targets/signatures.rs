#![no_main]

#[path = "../bodies/checks.rs"]
mod checks;
#[path = "../bodies/signatures.rs"]
mod signatures;

libfuzzer_sys::fuzz_target!(|data: &[u8]| signatures::run(data));

#![no_main]

#[path = "../bodies/checks.rs"]
mod checks;
#[path = "../bodies/keys.rs"]
mod keys;

libfuzzer_sys::fuzz_target!(|data: &[u8]| keys::run(data));

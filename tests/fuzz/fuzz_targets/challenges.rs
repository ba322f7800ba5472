#![no_main]

#[path = "../bodies/challenges.rs"]
mod challenges;

libfuzzer_sys::fuzz_target!(|data: &[u8]| challenges::run(data));

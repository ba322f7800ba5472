#![no_main]

#[path = "../bodies/answer.rs"]
mod answer;
#[path = "../bodies/checks.rs"]
mod checks;
#[path = "../bodies/metadata.rs"]
mod metadata;

libfuzzer_sys::fuzz_target!(|data: &[u8]| metadata::run(data));

#![no_main]

#[path = "../bodies/checks.rs"]
mod checks;
#[path = "../bodies/saved_token.rs"]
mod saved_token;

libfuzzer_sys::fuzz_target!(|data: &[u8]| saved_token::run(data));

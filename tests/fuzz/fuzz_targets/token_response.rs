#![no_main]

#[path = "../bodies/answer.rs"]
mod answer;
#[path = "../bodies/checks.rs"]
mod checks;
#[path = "../bodies/token_response.rs"]
mod token_response;

libfuzzer_sys::fuzz_target!(|data: &[u8]| token_response::run(data));

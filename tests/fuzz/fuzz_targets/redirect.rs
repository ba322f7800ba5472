#![no_main]

#[path = "../bodies/checks.rs"]
mod checks;
#[path = "../bodies/redirect.rs"]
mod redirect;

libfuzzer_sys::fuzz_target!(|data: &[u8]| redirect::run(data));

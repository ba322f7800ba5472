#![no_main]

#[path = "../bodies/abi.rs"]
mod abi;
#[path = "../bodies/answer.rs"]
mod answer;
#[path = "../bodies/c_entry.rs"]
mod c_entry;
#[path = "../bodies/c_handles.rs"]
mod c_handles;
#[path = "../bodies/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| c_entry::run(data));

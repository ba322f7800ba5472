#![no_main]

#[path = "../bodies/checks.rs"]
mod checks;
#[path = "../bodies/device.rs"]
mod device;

libfuzzer_sys::fuzz_target!(|data: &[u8]| device::run(data));

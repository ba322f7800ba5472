//! Any bytes are a certificate or none, and any file is some certificates or an error.

use oauthclient::transport::certificate::{Certificate, first_sequence};
use oauthclient::transport::certificates::parse_pem;

pub fn run(input: &[u8]) {
    certificate(input);
    if let Some(first) = first_sequence(input) {
        assert!(input.starts_with(first));
        certificate(first);
    }
    match parse_pem(input) {
        Ok(given) => {
            assert!(!given.good.is_empty());
            assert!(given.passed_over.iter().all(|(number, why)| *number > 0 && !why.is_empty()));
            given.good.iter().for_each(|der| certificate(der));
        }
        Err(why) => assert!(!why.is_empty()),
    }
}

/// Whatever can be read is the whole input, and each part is within it.
fn certificate(der: &[u8]) {
    let Some(read) = Certificate::read(der) else { return };
    assert_eq!(first_sequence(der), Some(der));
    let is_within = |part: &[u8]| der.windows(part.len().max(1)).any(|window| window == part) || part.is_empty();
    assert!(is_within(&read.public_key));
    assert!(read.common_names().iter().all(|name| is_within(name.as_bytes())));
    let year_0_to_10000 = -62_167_219_200..253_402_300_800;
    assert!(year_0_to_10000.contains(&read.not_before) && year_0_to_10000.contains(&read.not_after));
}

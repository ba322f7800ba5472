//! The values that must not stay behind. Each holds its mark twice, between characters that every encoding changes: a
//! part of it is found too, and so is every form of it.

use std::ffi::CStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA512, digest};

pub const CLIENT_SECRET: &CStr = c"cS9xQ2mVt7Lr+/%=&cS9xQ2mVt7Lr";
pub const CODE: &CStr = c"kD4wNz8yHj1P+/%=&kD4wNz8yHj1P";
pub const VERIFIER: &CStr = c"vF6bRu3eXs5M~.-_vF6bRu3eXs5M";
pub const PASSWORD: &CStr = c"pW7gAi2qTc9K+/%=&pW7gAi2qTc9K";
pub const HEADER: &CStr = c"hX3nEo8zDl4B+/%=&hX3nEo8zDl4B";
pub const PROXY_PASSWORD: &CStr = c"yG1mUb6fSk2J+/%=&yG1mUb6fSk2J";
pub const AUTHORIZATION: &CStr = c"Custom zL5tPw9aCd7Q+/%=&zL5tPw9aCd7Q";
pub const REFRESH_TOKEN: &CStr = c"rH8sYc4jGv6N+/%=&rH8sYc4jGv6N";

/// Part of what is saved and comes back in a redirect.
const STATE: &CStr = c"sT8aZe1uGh4D";

/// Marks of what only the server sends.
pub const DEVICE: &str = "dV3kXp7oWb9M";
pub const ACCESS: &str = "aT2kWf7pBm3X";
pub const NEW_REFRESH: &str = "nR5dJq1hZu8E";
pub const ID: &str = "iD9vOx6rKy4T";

/// A private key in PEM and as JWK.
pub const KEY_PEM: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9g\n-----END PRIVATE KEY-----\n";
pub const KEY_D: &str = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2A";
/// What both hold, and what signatures are made with.
const KEY_SEED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`";

pub const CLIENT_ID: &CStr = c"client";

/// What to look for.
pub fn marks() -> Vec<Vec<u8>> {
    let sent =
        [CLIENT_SECRET, CODE, VERIFIER, PASSWORD, HEADER, PROXY_PASSWORD, AUTHORIZATION, REFRESH_TOKEN].map(mark);
    let mut marks = sent.to_vec();
    marks.push(mark(STATE));
    marks.extend([ACCESS, NEW_REFRESH, ID, DEVICE].map(|mark| mark.as_bytes().to_vec()));
    // In a Basic header the secret is seen only in groups of three bytes.
    for secret in ["cS9xQ2mVt7Lr%2B/%25=&cS9xQ2mVt7Lr", "cS9xQ2mVt7Lr+/%=&cS9xQ2mVt7Lr"] {
        let header = STANDARD.encode(format!("client:{secret}"));
        marks.push(header.as_bytes()[12..28].to_vec());
    }
    marks.extend([&KEY_PEM.as_bytes()[48..80], &KEY_D.as_bytes()[8..40], &KEY_SEED[8..24]].map(<[u8]>::to_vec));
    marks.push(digest(&SHA512, KEY_SEED).as_ref()[40..56].to_vec());
    marks.push(b"JENHdOejh5SGoxUCsv".to_vec()); // the code, in the signed redirect of first_token.rs
    marks
}

fn mark(value: &CStr) -> Vec<u8> {
    let bytes = value.to_bytes();
    bytes[bytes.len() - 12..].to_vec()
}

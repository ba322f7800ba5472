//! The values that no text for people may show, and how they are looked for.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::byte_serialize;

pub const CLIENT_SECRET: &str = "Cl1ent/s3cret+of=the %program&";
pub const CODE: &str = "C0de/of+the=us3r %and&more";
pub const VERIFIER: &str = "V3rifier~of-the_exchange.which-is-long-enough";
pub const PASSWORD: &str = "Passw0rd/of+the=us3r %é&";
pub const HEADER: &str = "K3y/of+the=gateway";
pub const QUERY: &str = "K3yInTheQueryOfTheEndpoint";
pub const PROXY_PASSWORD: &str = "Pr0xy/passw0rd+of=the %program&";
pub const REFRESH_TOKEN: &str = "0ld/r3fresh+token= %&";
pub const NEW_REFRESH_TOKEN: &str = "N3w/refresh+t0ken= %&";
pub const ACCESS_TOKEN: &str = "4ccess/t0ken+of=the %us3r&";
pub const ID_TOKEN: &str = "1d.t0ken.of-the_user-which-is-long";
pub const AUTHORIZATION: &str = "Custom Cr3dential/of+a=scheme-nobody-knows";

pub const ALL: [&str; 12] = [
    CLIENT_SECRET,
    CODE,
    VERIFIER,
    PASSWORD,
    HEADER,
    QUERY,
    PROXY_PASSWORD,
    REFRESH_TOKEN,
    NEW_REFRESH_TOKEN,
    ACCESS_TOKEN,
    ID_TOKEN,
    AUTHORIZATION,
];

pub fn encoded(value: &str) -> String {
    byte_serialize(value.as_bytes()).collect()
}

/// The same with small hexadecimal digits.
pub fn encoded_small(value: &str) -> String {
    value
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02x}") })
        .collect()
}

/// Every way in which a value could stand in a text and still be used by who reads it.
fn forms(value: &str) -> Vec<String> {
    let form = encoded(value);
    let json = value.replace('/', "\\/");
    let pair = |secret: &str| STANDARD.encode(format!("client:{secret}"));
    let mut forms =
        vec![value.to_owned(), encoded_small(value), form.replace('+', "%20"), json, STANDARD.encode(value)];
    forms.extend([pair(value), pair(&form), form]);
    if let Some((_, credential)) = value.split_once(' ').filter(|_| value == AUTHORIZATION) {
        forms.push(credential.to_owned());
    }
    forms
}

#[track_caller]
pub fn check(text: &str) {
    if let Some(form) = found(text) {
        panic!("{form} is in: {text}");
    }
}

/// The first secret that is in there, in whatever form.
pub fn found(text: &str) -> Option<&'static str> {
    static FORMS: OnceLock<Vec<String>> = OnceLock::new();
    let all = || ALL.into_iter().flat_map(forms).chain(ALL.into_iter().map(beginning)).collect();
    FORMS.get_or_init(all).iter().map(String::as_str).find(|form| text.contains(form))
}

/// Up to the first sign that anybody encodes: telling enough.
fn beginning(value: &str) -> String {
    let value = value.strip_prefix("Custom ").unwrap_or(value);
    value.split(['/', ' ']).next().unwrap_or(value).to_owned()
}

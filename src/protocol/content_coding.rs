//! Unpacks a body that was compressed although `identity` was asked for (RFC 9110 section 8.4.1).

use std::io::{ErrorKind, Read};

use flate2::bufread::GzDecoder;
use flate2::read::{DeflateDecoder, ZlibDecoder};
use zeroize::Zeroize;

use crate::http::Response;
use crate::secret::SecretBytes;
use crate::text::push_visible;

/// Codings of one body that are taken off, at most.
const MOST: usize = 3;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a body cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Unpacked, it has more bytes than allowed.
    TooLarge,
    Damaged,
    /// The name of the coding.
    Unknown(String),
}

/// Unpacks the body, up to `limit` bytes. Returns whether there was anything to unpack.
pub fn unpack(response: &mut Response, limit: usize) -> Result<bool, Unreadable> {
    if response.body.first() == Some(&b'{') {
        return Ok(false); // JSON, whatever the header says
    }
    if response.headers.get("content-encoding").is_none() {
        // A server that forgot the header: no JSON, form or page begins so.
        let is_gzip = response.body.starts_with(&GZIP);
        if is_gzip {
            response.body = gunzip(&response.body, limit)?;
        }
        return Ok(is_gzip);
    }
    let fields = response.headers.fields().iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"content-encoding"));
    let codings: Vec<_> = fields.map(|(_, value)| String::from_utf8_lossy(value).to_ascii_lowercase()).collect();
    let names = codings.iter().flat_map(|codings| codings.split(','));
    let names = names.map(|name| name.split(';').next().unwrap_or_default().trim());
    let names: Vec<&str> = names.filter(|name| !matches!(*name, "" | "identity")).collect();
    if names.is_empty() || is_text(&response.body) {
        return Ok(!names.is_empty()); // whatever the header says, it is not packed
    }
    if names.len() > MOST {
        return Err(Unreadable::Unknown(shown(&names.join(", "))));
    }
    for name in names.into_iter().rev() {
        response.body = unpacked(&response.body, name, limit)?; // the last one was applied last
    }
    Ok(true)
}

#[inline(never)]
fn unpacked(body: &[u8], coding: &str, limit: usize) -> Result<SecretBytes, Unreadable> {
    // Servers mistake the one for the other; the bytes say which it is.
    match coding {
        "gzip" | "x-gzip" | "deflate" if body.starts_with(&GZIP) => gunzip(body, limit),
        "gzip" | "x-gzip" | "deflate" if is_zlib(body) => read(&mut ZlibDecoder::new(body), limit),
        "gzip" | "x-gzip" => Err(Unreadable::Damaged),
        "deflate" => read(&mut DeflateDecoder::new(body), limit), // as some servers understood the name
        other => Err(Unreadable::Unknown(shown(other))),
    }
}

/// One member after the other; zeros may follow (RFC 1952, and what gzip does).
#[inline(never)]
fn gunzip(mut packed: &[u8], limit: usize) -> Result<SecretBytes, Unreadable> {
    let mut body = SecretBytes::default();
    while packed.iter().any(|byte| *byte != 0) {
        let mut member = GzDecoder::new(packed);
        body.extend(&read(&mut member, limit - body.len())?);
        packed = member.into_inner();
    }
    Ok(body)
}

/// Whether it is what an unpacked body looks like, or nothing at all.
fn is_text(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok_and(|text| !text.contains(|c: char| c.is_control() && !c.is_whitespace()))
}

/// The header of RFC 1950.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..] if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0)
}

/// Not part of its callers, which run on small stacks.
#[inline(never)]
fn read(packed: &mut impl Read, limit: usize) -> Result<SecretBytes, Unreadable> {
    let mut body = SecretBytes::default();
    let mut piece = [0; 4096];
    let outcome = loop {
        match packed.read(&mut piece) {
            Ok(0) => break Ok(()),
            Ok(length) if body.len() + length > limit => break Err(Unreadable::TooLarge),
            Ok(length) => body.extend(&piece[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break Err(Unreadable::Damaged),
        }
    };
    piece.zeroize();
    outcome.map(|()| body)
}

/// The name of a coding in a line.
fn shown(name: &str) -> String {
    let mut line = String::new();
    name.chars().take(40).for_each(|character| push_visible(&mut line, character));
    line
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;
    use crate::http::Headers;

    const TEXT: &[u8] = br#"{"access_token":"at"}"#;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text).expect("memory");
        packed.finish().expect("memory")
    }

    fn zlib(text: &[u8]) -> Vec<u8> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text).expect("memory");
        packed.finish().expect("memory")
    }

    fn raw(text: &[u8]) -> Vec<u8> {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text).expect("memory");
        packed.finish().expect("memory")
    }

    fn outcome(codings: Option<&str>, body: &[u8], limit: usize) -> (Result<bool, Unreadable>, Vec<u8>) {
        let mut headers = Headers::default();
        if let Some(codings) = codings {
            headers.push(b"Content-Encoding", codings.as_bytes());
        }
        let mut response = Response { status: 200, headers, body: body.to_vec().into(), cut: false };
        (unpack(&mut response, limit), response.body.to_vec())
    }

    #[test]
    fn each_coding_is_taken_off() {
        for (codings, body) in [
            (Some("gzip"), gzip(TEXT)),
            (Some("GZip"), gzip(TEXT)),
            (Some("x-gzip"), gzip(TEXT)),
            (Some("deflate"), zlib(TEXT)),
            (Some("deflate"), raw(TEXT)),
            (Some("deflate"), gzip(TEXT)),
            (Some("gzip"), zlib(TEXT)),
            (Some("deflate, gzip"), gzip(&zlib(TEXT))),
            (Some("identity, gzip"), gzip(TEXT)),
            (None, gzip(TEXT)),
            (Some("gzip"), [gzip(&TEXT[..5]), gzip(&TEXT[5..])].concat()),
        ] {
            assert_eq!(outcome(codings, &body, 100), (Ok(true), TEXT.to_vec()), "{codings:?}");
        }
        for codings in [None, Some(""), Some("identity"), Some(" , ")] {
            assert_eq!(outcome(codings, TEXT, 100), (Ok(false), TEXT.to_vec()), "{codings:?}");
        }
        let padded = [gzip(TEXT), vec![0; 20]].concat();
        assert_eq!(outcome(Some("gzip"), &padded, 100), (Ok(true), TEXT.to_vec()), "padded");
        for codings in ["gzip", "deflate", "utf-8", "none", "br", "gzip;q=1, x, y, z, w"] {
            assert_eq!(outcome(Some(codings), TEXT, 100), (Ok(false), TEXT.to_vec()), "the header lies");
            assert_eq!(outcome(Some(codings), b" \n{}", 100), (Ok(true), b" \n{}".to_vec()), "the header lies");
            assert_eq!(outcome(Some(codings), b"", 100), (Ok(true), Vec::new()));
        }
    }

    #[test]
    fn what_cannot_be_unpacked_says_why() {
        let bomb = gzip(&vec![b' '; 1 << 20]);
        assert!(bomb.len() < 2000);
        assert_eq!(outcome(Some("gzip"), &bomb, 1 << 16).0, Err(Unreadable::TooLarge));
        assert_eq!(outcome(Some("gzip"), &gzip(TEXT)[..10], 100).0, Err(Unreadable::Damaged));
        assert_eq!(outcome(Some("gzip"), &[0, 1, 2], 100).0, Err(Unreadable::Damaged));
        assert_eq!(outcome(Some("deflate"), &[0xff, 0xfe, 0], 100).0, Err(Unreadable::Damaged));
        assert_eq!(outcome(Some("br"), &[0x8b, 2], 100).0, Err(Unreadable::Unknown("br".to_owned())));
        assert_eq!(outcome(Some("a\nb"), &[1], 100).0, Err(Unreadable::Unknown("a\\nb".to_owned())));
        let many = "gzip,".repeat(1000);
        assert!(matches!(outcome(Some(&many), &gzip(TEXT), 100).0, Err(Unreadable::Unknown(name)) if name.len() <= 40));
        let unchanged = outcome(Some("br"), &[0x8b, 2], 100);
        assert_eq!(unchanged.1, [0x8b, 2], "it is there to see");
    }
}

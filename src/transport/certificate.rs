//! One X.509 certificate (RFC 5280 section 4.1), as far as webpki does not show it: any version, its dates, the common
//! names of its subject, and its key. It judges nothing.

use rustls::pki_types::SubjectPublicKeyInfoDer;
use time::{Date, Month, Time};

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
/// UTF8String, PrintableString, TeletexString and IA5String: those that hold ASCII as it is.
const TEXTS: [u8; 4] = [0x0c, 0x13, 0x14, 0x16];

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];

/// The parts of a certificate.
pub struct Certificate<'a> {
    /// Seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
    pub public_key: SubjectPublicKeyInfoDer<'a>,
    pub has_alternative_names: bool,
    /// What basicConstraints say, if there are any.
    pub is_authority: Option<bool>,
    subject: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// `None` if it is no whole certificate.
    pub fn read(der: &'a [u8]) -> Option<Self> {
        let mut input = der;
        let mut certificate = take(&mut input, SEQUENCE)?.contents;
        let mut fields = take(&mut certificate, SEQUENCE)?.contents;
        take(&mut certificate, SEQUENCE)?; // the signature's algorithm
        take(&mut certificate, BIT_STRING)?;
        if fields.first() == Some(&VERSION) {
            take(&mut fields, VERSION)?;
        }
        take(&mut fields, INTEGER)?; // the serial number
        take(&mut fields, SEQUENCE)?; // the signature's algorithm once more
        take(&mut fields, SEQUENCE)?; // the issuer
        let mut validity = take(&mut fields, SEQUENCE)?.contents;
        let (not_before, not_after) = (moment(&next(&mut validity)?)?, moment(&next(&mut validity)?)?);
        let subject = take(&mut fields, SEQUENCE)?.contents;
        let public_key = take(&mut fields, SEQUENCE)?.whole.into();
        let (mut has_alternative_names, mut is_authority) = (false, None);
        while !fields.is_empty() {
            let field = next(&mut fields)?;
            if field.tag == EXTENSIONS {
                let extensions = extensions(field.contents)?;
                let find = |wanted: &[u8]| extensions.iter().find(|(name, _)| *name == wanted);
                has_alternative_names = find(SUBJECT_ALTERNATIVE_NAME).is_some();
                is_authority = find(BASIC_CONSTRAINTS).map(|(_, value)| says_authority(value));
            }
        }
        let is_whole = [input, certificate, validity].iter().all(|rest| rest.is_empty());
        is_whole.then_some(Self { not_before, not_after, public_key, has_alternative_names, is_authority, subject })
    }

    /// The common names of the subject that are text.
    pub fn common_names(&self) -> Vec<&'a str> {
        let mut names = Vec::new();
        let mut subject = self.subject;
        while let Some(mut set) = take(&mut subject, SET).map(|set| set.contents) {
            while let Some(mut attribute) = take(&mut set, SEQUENCE).map(|attribute| attribute.contents) {
                let kind = take(&mut attribute, OBJECT_IDENTIFIER).filter(|kind| kind.contents == COMMON_NAME);
                let value = kind.and_then(|_| next(&mut attribute)).filter(|value| TEXTS.contains(&value.tag));
                names.extend(value.and_then(|value| std::str::from_utf8(value.contents).ok()));
            }
        }
        names
    }
}

/// The first whole SEQUENCE: OpenSSL's trusted certificates have more behind it.
pub fn first_sequence(der: &[u8]) -> Option<&[u8]> {
    let mut input = der;
    take(&mut input, SEQUENCE).map(|sequence| sequence.whole)
}

/// One element of DER.
struct Element<'a> {
    tag: u8,
    contents: &'a [u8],
    whole: &'a [u8],
}

fn next<'a>(input: &mut &'a [u8]) -> Option<Element<'a>> {
    let whole = *input;
    let (&tag, rest) = whole.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // No length (0x80), and more than 16 MiB, are refused.
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    *input = rest;
    let (whole, _) = whole.split_at_checked(whole.len() - rest.len())?;
    Some(Element { tag, contents, whole })
}

fn take<'a>(input: &mut &'a [u8], tag: u8) -> Option<Element<'a>> {
    next(input).filter(|element| element.tag == tag)
}

/// Names and values.
fn extensions(mut input: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let mut input = take(&mut input, SEQUENCE)?.contents;
    let mut found = Vec::new();
    while !input.is_empty() {
        let mut extension = take(&mut input, SEQUENCE)?.contents;
        let name = take(&mut extension, OBJECT_IDENTIFIER)?.contents;
        if extension.first() == Some(&BOOLEAN) {
            take(&mut extension, BOOLEAN)?; // whether it is critical
        }
        found.push((name, take(&mut extension, OCTET_STRING)?.contents));
    }
    Some(found)
}

/// CA:TRUE (RFC 5280 section 4.2.1.9); without a word it is false.
fn says_authority(mut value: &[u8]) -> bool {
    let contents = take(&mut value, SEQUENCE).map_or(&[][..], |constraints| constraints.contents);
    take(&mut &*contents, BOOLEAN).is_some_and(|flag| flag.contents == [0xff])
}

/// Seconds since 1970 (RFC 5280 section 4.1.2.5): YYMMDDHHMMSSZ, or with four digits of the year.
fn moment(element: &Element<'_>) -> Option<i64> {
    let text = std::str::from_utf8(element.contents).ok()?;
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (year, rest): (i32, &str) = match (element.tag, digits.len()) {
        (UTC_TIME, 12) => {
            let year: i32 = digits.get(..2)?.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, digits.get(2..)?)
        }
        (GENERALIZED_TIME, 14) => (digits.get(..4)?.parse().ok()?, digits.get(4..)?),
        _ => return None,
    };
    let pair = |at: usize| rest.get(at..at + 2)?.parse::<u8>().ok();
    let date = Date::from_calendar_date(year, Month::try_from(pair(0)?).ok()?, pair(2)?).ok()?;
    let time = Time::from_hms(pair(4)?, pair(6)?, pair(8)?).ok()?;
    Some(date.with_time(time).assume_utc().unix_timestamp())
}

#[cfg(test)]
mod tests {
    use oauthclient_test_server::certificates::Authority;

    use super::*;

    #[test]
    fn the_parts_are_read() {
        let authority = Authority::new();
        let der = authority.der();
        let read = Certificate::read(&der).expect("a certificate");
        assert!(read.common_names()[0].starts_with("oauthclient test authority"));
        assert!(!read.has_alternative_names && read.not_before < read.not_after);
        assert_eq!(read.is_authority, Some(true));
        assert_eq!(first_sequence(&[&der[..], b"more"].concat()), Some(&der[..]));
    }

    #[test]
    fn dates_are_read() {
        for (tag, text, expected) in [
            (UTC_TIME, "700101000000Z", Some(0)),
            (UTC_TIME, "491231235959Z", Some(2_524_607_999)),
            (UTC_TIME, "500101000000Z", Some(-631_152_000)),
            (GENERALIZED_TIME, "99991231235959Z", Some(253_402_300_799)),
            (GENERALIZED_TIME, "20000229120000Z", Some(951_825_600)),
            (GENERALIZED_TIME, "20010229120000Z", None),
            (GENERALIZED_TIME, "20000229120060Z", None),
            (GENERALIZED_TIME, "200002291200Z", None),
            (UTC_TIME, "700101000000", None),
            (UTC_TIME, "7001010000+0Z", None),
            (UTC_TIME, "20000229120000Z", None),
            (UTC_TIME, "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}Z", None),
            (INTEGER, "700101000000Z", None),
        ] {
            let element = Element { tag, contents: text.as_bytes(), whole: &[] };
            assert_eq!(moment(&element), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_whole_certificate_is_refused() {
        let der = Authority::new().der();
        assert!((0..der.len()).all(|end| Certificate::read(&der[..end]).is_none()));
        assert!(Certificate::read(&[&der[..], &[0]].concat()).is_none());
        assert!(first_sequence(&[0x30, 0x84, 0, 0, 0, 0]).is_none() && first_sequence(&[0x30, 0x80, 0, 0]).is_none());
        // Any byte may be any other: what is read of it is shown or refused.
        for at in 0..der.len() {
            for byte in [0, 0x7f, 0x80, 0x83, 0xff, der[at] ^ 1] {
                let mut damaged = der.to_vec();
                damaged[at] = byte;
                if let Some(read) = Certificate::read(&damaged) {
                    read.common_names();
                }
            }
        }
    }
}

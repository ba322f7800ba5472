//! The little of DER that private keys and signatures need (X.690).

pub const INTEGER: u8 = 2;
pub const BIT_STRING: u8 = 3;
pub const OCTET_STRING: u8 = 4;
pub const OBJECT_IDENTIFIER: u8 = 6;
pub const SEQUENCE: u8 = 0x30;

/// A constructed element with a context-specific tag.
pub const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// What is left of the content of an element.
#[derive(Clone, Copy)]
pub struct Der<'a>(pub &'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next element, if it has this tag.
    pub fn next(&mut self, tag: u8) -> Option<Der<'a>> {
        let (&found, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if length > 127 {
            let digits = rest.split_off(..length - 128).filter(|digits| digits.len() <= 4)?;
            length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        }
        let content = rest.split_off(..length).filter(|_| found == tag)?;
        self.0 = rest;
        Some(Der(content))
    }

    /// An unsigned INTEGER, big-endian, without leading zeros.
    pub fn unsigned(&mut self) -> Option<&'a [u8]> {
        let Der(digits) = self.next(INTEGER)?;
        let is_positive = digits.first().is_some_and(|first| first & 0x80 == 0);
        is_positive.then(|| without_zeros(digits))
    }
}

/// A number without leading zeros.
pub fn without_zeros(digits: &[u8]) -> &[u8] {
    &digits[digits.iter().take_while(|digit| **digit == 0).count()..]
}

/// The two numbers of an ECDSA signature as DER, joined in fields of `size` bytes (RFC 7518 section 3.4).
pub fn joined_signature(der: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut outer = Der(der);
    let mut numbers = outer.next(SEQUENCE).filter(|_| outer.0.is_empty())?;
    let mut joined = vec![0; 2 * size];
    for field in joined.chunks_exact_mut(size) {
        let number = numbers.unsigned()?;
        let start = size.checked_sub(number.len())?;
        field[start..].copy_from_slice(number);
    }
    numbers.0.is_empty().then_some(joined)
}

/// An element of at most 64 KiB.
pub fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let [high, low] = u16::try_from(length).unwrap_or_default().to_be_bytes();
    let mut element = match length {
        0..128 => vec![tag, low],
        128..256 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    parts.iter().for_each(|part| element.extend_from_slice(part));
    element
}

/// An unsigned INTEGER.
pub fn unsigned(digits: &[u8]) -> Vec<u8> {
    let digits = without_zeros(digits);
    let is_zero_needed = digits.first().is_none_or(|first| first & 0x80 != 0);
    element(INTEGER, &[if is_zero_needed { &[0] } else { &[] }, digits])
}

/// The reverse of [`joined_signature`]: as TLS has it (RFC 8446 section 4.2.3).
pub fn signature(joined: &[u8]) -> Vec<u8> {
    let (r, s) = joined.split_at(joined.len() / 2);
    element(SEQUENCE, &[&unsigned(r), &unsigned(s)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_split() {
        for joined in [[0, 0, 0x80, 0, 0, 7], [1, 2, 3, 0xff, 0, 0], [0, 0, 0, 0, 0x7f, 1]] {
            assert_eq!(joined_signature(&signature(&joined), 3).as_deref(), Some(&joined[..]));
        }
        assert_eq!(signature(&[0, 0x80, 0, 7]), [0x30, 7, 2, 2, 0, 0x80, 2, 1, 7]);
    }

    #[test]
    fn lengths_have_as_many_digits_as_they_need() {
        for (length, head) in [(0, &[4, 0][..]), (127, &[4, 127]), (128, &[4, 0x81, 128]), (256, &[4, 0x82, 1, 0])] {
            let element = element(OCTET_STRING, &[&vec![1; length]]);
            assert_eq!(&element[..head.len()], head);
            let mut der = Der(&element);
            assert_eq!(der.next(OCTET_STRING).map(|content| content.0.len()), Some(length));
        }
    }

    #[test]
    fn signatures_are_joined() {
        let joined = |der: &[u8]| joined_signature(der, 3);
        assert_eq!(joined(&[0x30, 7, 2, 2, 0, 0x80, 2, 1, 7]), Some(vec![0, 0, 0x80, 0, 0, 7]));
        for bad in [
            &[][..],
            &[0x30],
            &[0x30, 6, 2, 1, 1, 2, 1],
            &[0x30, 6, 2, 1, 1, 2, 1, 2, 0],
            &[0x30, 8, 2, 4, 1, 1, 1, 1, 2, 0],
            &[0x30, 6, 2, 1, 0x80, 2, 1, 7],
            &[0x30, 7, 2, 1, 1, 2, 1, 1, 0],
            &[0x30, 0x85, 0, 0, 0, 0, 6, 2, 1, 1, 2, 1, 1],
            &[0x30, 0xff],
        ] {
            assert_eq!(joined(bad), None, "{bad:x?}");
        }
        assert_eq!(joined(&[0x30, 0x81, 6, 2, 1, 1, 2, 1, 1]), Some(vec![0, 0, 1, 0, 0, 1]));
    }
}

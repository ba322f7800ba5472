//! What a file of the store holds: a line, then the text.
//!
//! Without encryption the line is `oauthclient-record 1 SHA256`, with the digest of the text in hexadecimal digits: what
//! a disk has changed is not taken for a login.
//!
//! With encryption the line and the text are sealed, and the line is `oauthclient-record 1 SERIES NUMBER`. Each writing
//! has a higher number than the one before it. A series, 32 random hexadecimal digits, begins where there is nothing to go
//! on from. A process refuses what is older than what it has seen: somebody has put an old file back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use once_cell::race::OnceBox;

use crate::error::{Error, Result};
use crate::process::PerProcess;
use crate::secret::SecretBytes;
use crate::store::seal::{Seal, Unsealed, opened_by_digest};
use crate::store::{Key, digest};

const KIND: &[u8] = b"oauthclient-record ";
const VERSION: u32 = 1;
const LONGEST_LINE: usize = 128;

/// Writes and reads records, encrypted if a key was given.
pub struct Records {
    seal: Option<Seal>,
    /// The series of each key, as last seen.
    series: PerProcess<Mutex<HashMap<Key, u128>>>,
}

/// `None`: there is no file. An error: its bytes are of no use, or not to this store.
pub type Found = Option<std::result::Result<SecretBytes, Unsealed>>;

/// Where a sealed record stands among those before and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    series: u128,
    number: u64,
}

impl Records {
    pub fn new(seal: Option<Seal>) -> Self {
        Self { seal, series: PerProcess::default() }
    }

    /// The bytes of a record, and its stamp for [`Self::saw`] once they are written. `follows`: the record before was
    /// read.
    pub fn write(&self, key: &Key, text: &[u8], follows: bool) -> Result<(SecretBytes, Option<Stamp>)> {
        let Some(seal) = &self.seal else { return Ok((with_line(&digest(text, 32), text), None)) };
        let before = follows.then(|| self.series.lock().get(key).copied()).flatten();
        let stamp = match before {
            Some(series) => Stamp { series, number: highest().lock().get(&series).map_or(1, |number| number + 1) },
            None => Stamp { series: random()?, number: 1 },
        };
        let record = with_line(&format!("{:032x} {}", stamp.series, stamp.number), text);
        Ok((seal.seal(key, &record)?, Some(stamp)))
    }

    /// The text of the record that `bytes` reads. One that seems to be older is read again: it may have been replaced
    /// while it was read.
    pub fn find(&self, key: &Key, mut bytes: impl FnMut() -> Result<Found>) -> Result<Found> {
        let mut before = None;
        loop {
            let bytes = match bytes()? {
                Some(Ok(bytes)) => bytes,
                other => return Ok(other),
            };
            match self.read(key, &bytes) {
                Err(Unsealed::Older) if before.as_deref() != Some(&*bytes) => before = Some(bytes),
                text => return Ok(Some(text)),
            }
        }
    }

    fn read(&self, key: &Key, bytes: &[u8]) -> std::result::Result<SecretBytes, Unsealed> {
        let (stamp, text) = self.parts(&key.digest(), bytes)?;
        if stamp.is_none_or(|stamp| self.saw(key, stamp)) { Ok(text) } else { Err(Unsealed::Older) }
    }

    /// The text of a record of which only the digest of the key is known, whether or not there was a later one.
    pub fn look(&self, digest: &str, bytes: &[u8]) -> std::result::Result<SecretBytes, Unsealed> {
        self.parts(digest, bytes).map(|(_, text)| text)
    }

    fn parts(&self, key: &str, bytes: &[u8]) -> std::result::Result<(Option<Stamp>, SecretBytes), Unsealed> {
        let record = opened_by_digest(self.seal.as_ref(), key, copy(bytes))?;
        let (line, text) = split(&record)?;
        let stamp = match self.seal {
            Some(_) => Some(Stamp::read(line).ok_or(Unsealed::Damaged)?),
            None if line == digest(text, 32) => None,
            None => return Err(Unsealed::Damaged),
        };
        Ok((stamp, copy(text)))
    }

    /// Remembers a record that is in its place; false if a later one was there before.
    pub fn saw(&self, key: &Key, stamp: Stamp) -> bool {
        let (mut series, mut highest) = (self.series.lock(), highest().lock());
        let last = highest.entry(stamp.series).or_insert(stamp.number);
        if stamp.number < *last {
            return false;
        }
        *last = stamp.number;
        if let Some(before) = series.insert(key.clone(), stamp.series)
            && before != stamp.series
        {
            highest.insert(before, u64::MAX);
        }
        true
    }

    /// The record was deleted. It does not come back in this process.
    pub fn deleted(&self, key: &Key) {
        if let Some(series) = self.series.lock().remove(key) {
            highest().lock().insert(series, u64::MAX);
        }
    }
}

/// The highest number of each series that this process has seen, in whatever store.
fn highest() -> &'static PerProcess<Mutex<BTreeMap<u128, u64>>> {
    static HIGHEST: OnceBox<PerProcess<Mutex<BTreeMap<u128, u64>>>> = OnceBox::new();
    HIGHEST.get_or_init(Box::default)
}

impl Stamp {
    fn read(line: &str) -> Option<Self> {
        let (series, number) = line.split_once(' ')?;
        let number = number.parse().ok().filter(|number| *number < u64::MAX)?;
        Some(Self { series: u128::from_str_radix(series, 16).ok()?, number })
    }
}

fn with_line(line: &str, text: &[u8]) -> SecretBytes {
    let mut record = SecretBytes::with_capacity(LONGEST_LINE + text.len());
    record.extend_all([KIND, format!("{VERSION} {line}\n").as_bytes(), text]);
    record
}

/// The line without what all records have, and the text.
fn split(record: &[u8]) -> std::result::Result<(&str, &[u8]), Unsealed> {
    let rest = record.strip_prefix(KIND).ok_or(Unsealed::Damaged)?;
    let end = rest.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n').ok_or(Unsealed::Damaged)?;
    let line = std::str::from_utf8(&rest[..end]).map_err(|_| Unsealed::Damaged)?;
    let (version, line) = line.split_once(' ').ok_or(Unsealed::Damaged)?;
    match version.parse::<u32>() {
        Ok(VERSION) => Ok((line, &rest[end + 1..])),
        Ok(version) if version > VERSION => Err(Unsealed::Newer),
        _ => Err(Unsealed::Damaged),
    }
}

fn copy(text: &[u8]) -> SecretBytes {
    SecretBytes::from(text.to_vec())
}

fn random() -> Result<u128> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Error::no_randomness)?;
    Ok(u128::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::seal::KEY_LENGTH;

    const TEXT: &[u8] = b"{\"oauthclient_session\":1,\"token\":{\"access_token\":\"AT-1\"}}";

    fn records(sealed: bool) -> Records {
        Records::new(sealed.then(|| Seal::new(&[7; KEY_LENGTH]).expect("a seal")))
    }

    fn key() -> Key {
        Key::new("alice").expect("a key")
    }

    /// Writes one, as if the file was replaced by it.
    fn written(records: &Records, follows: bool) -> Vec<u8> {
        let (bytes, stamp) = records.write(&key(), TEXT, follows).expect("written");
        stamp.into_iter().for_each(|stamp| assert!(records.saw(&key(), stamp)));
        bytes.to_vec()
    }

    fn read(records: &Records, bytes: &[u8]) -> std::result::Result<Vec<u8>, Unsealed> {
        records.read(&key(), bytes).map(|text| text.to_vec())
    }

    /// Each byte changed in each bit, and the record cut at each place.
    #[test]
    fn no_changed_byte_of_a_plain_record_is_read() {
        let (records, good) = (records(false), written(&records(false), false));
        assert_eq!(read(&records, &good).as_deref(), Ok(TEXT));
        for at in 0..good.len() {
            assert_eq!(read(&records, &good[..at]), Err(Unsealed::Damaged), "cut at {at}");
            for bit in 0..8 {
                let mut changed = good.clone();
                changed[at] ^= 1 << bit;
                let why = read(&records, &changed).expect_err("changed");
                assert!(why == Unsealed::Damaged || at == KIND.len() && why == Unsealed::Newer, "{at} {bit} {why:?}");
            }
        }
        assert_eq!(read(&records, TEXT), Err(Unsealed::Damaged), "no line");
        assert_eq!(read(&records, b"oauthclient-record 2 what is to come\n"), Err(Unsealed::Newer));
    }

    #[test]
    fn an_older_sealed_record_is_refused_and_a_later_one_is_not() {
        let (here, elsewhere) = (records(true), records(true));
        let first = written(&here, false);
        assert_eq!(read(&elsewhere, &first).as_deref(), Ok(TEXT));
        let second = written(&here, true);
        assert_eq!(read(&here, &first), Err(Unsealed::Older));
        assert_eq!(read(&elsewhere, &first), Err(Unsealed::Older), "another store of the process has seen it");
        assert_eq!(read(&elsewhere, &second).as_deref(), Ok(TEXT));
        assert_eq!(read(&here, &second).as_deref(), Ok(TEXT), "again and again");
    }

    #[test]
    fn a_reader_that_is_overtaken_reads_again() {
        let records = records(true);
        let written: Vec<_> = (0..3).map(|_| written(&records, true)).collect();
        let find = |files: &[Option<usize>]| {
            let mut files = files.iter().map(|file| file.map(|file| Ok(SecretBytes::from(written[file].clone()))));
            let found = records.find(&key(), || Ok(files.next().expect("no more than these"))).expect("read");
            assert_eq!(files.next().map(drop), None, "all of these");
            found.map(|text| text.map(|text| text.to_vec()))
        };
        assert_eq!(find(&[Some(0), Some(1), Some(2)]), Some(Ok(TEXT.to_vec())));
        assert_eq!(find(&[Some(1), Some(1)]), Some(Err(Unsealed::Older)), "nobody is writing");
        assert_eq!(find(&[Some(1), None]), None);
    }

    #[test]
    fn what_was_replaced_or_deleted_does_not_come_back() {
        let records = records(true);
        let first = written(&records, false);
        let second = written(&records, false); // another process may have deleted it meanwhile
        assert_eq!((read(&records, &first), read(&records, &second).as_deref()), (Err(Unsealed::Older), Ok(TEXT)));
        records.deleted(&key());
        assert_eq!(read(&records, &second), Err(Unsealed::Older));
        let third = written(&records, true); // nothing to go on from
        assert_eq!(read(&records, &third).as_deref(), Ok(TEXT));
    }

    #[test]
    fn a_sealed_text_without_a_good_line_is_damaged() {
        let (records, seal) = (records(true), Seal::new(&[7; KEY_LENGTH]).expect("a seal"));
        for line in ["", "1 12", "1 x 1\n", "1 1 x\n", "1 1 18446744073709551615\n"] {
            let sealed = seal.seal(&key(), format!("oauthclient-record {line}").as_bytes()).expect("sealed");
            assert_eq!(read(&records, &sealed), Err(Unsealed::Damaged), "{line}");
        }
    }
}

//! Reads the answers of a server (RESP, version 2), within bounds: their size, their depth, and the time that one takes.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use redis::{ErrorKind, RedisError, RedisResult, Value};
use zeroize::Zeroize;

/// Most bytes of an answer: a record has at most 4 MiB.
const LONGEST: usize = 8 << 20;
/// Most arrays inside of each other: ROLE of a master with replicas has two.
const DEEPEST: usize = 4;
/// For one answer, however it trickles.
const PATIENCE: Duration = Duration::from_secs(10);
const PIECE: usize = 4096;

/// What came, and was not read yet.
#[derive(Default)]
pub struct Replies {
    buffer: Vec<u8>,
    /// Bytes of the buffer that are read.
    read: usize,
}

/// One answer that is being read.
struct Reply<'a> {
    replies: &'a mut Replies,
    stream: &'a mut dyn Read,
    began: Instant,
    left: usize,
}

impl Replies {
    /// Whether more came than was asked for: it would be taken for the next answer.
    pub fn has_more(&self) -> bool {
        self.read < self.buffer.len()
    }

    pub fn next(&mut self, stream: &mut dyn Read) -> RedisResult<Value> {
        let value = Reply { replies: self, stream, began: Instant::now(), left: LONGEST }.value(0);
        if !self.has_more() {
            self.buffer.zeroize();
            self.buffer.clear();
            self.read = 0;
        }
        value?.extract_error()
    }
}

impl Reply<'_> {
    fn value(&mut self, depth: usize) -> RedisResult<Value> {
        self.left = self.left.checked_sub(size_of::<Value>()).ok_or_else(unreadable)?;
        let line = self.line()?;
        let (kind, rest) = line.split_first().ok_or_else(unreadable)?;
        let number = || std::str::from_utf8(rest).ok()?.parse::<i64>().ok();
        let length = || number().ok_or_else(unreadable);
        match kind {
            b'+' | b'-' => {
                let whole = [&*line, b"\r\n"].concat();
                redis::parse_redis_value(&whole)
            }
            b':' => length().map(Value::Int),
            b'$' | b'*' if length()? == -1 => Ok(Value::Nil),
            b'$' => {
                let length = usize::try_from(length()?).map_err(|_| unreadable())?;
                let bytes = self.bytes(length)?;
                match self.bytes(2)?.as_slice() {
                    b"\r\n" => Ok(Value::BulkString(bytes)),
                    _ => Err(unreadable()),
                }
            }
            b'*' if depth < DEEPEST => {
                let count = usize::try_from(length()?).map_err(|_| unreadable())?;
                let mut values = Vec::new(); // not as many as it says: they have to come
                for _ in 0..count {
                    values.push(self.value(depth + 1)?);
                }
                Ok(Value::Array(values))
            }
            _ => Err(unreadable()),
        }
    }

    /// Without its end.
    fn line(&mut self) -> RedisResult<Vec<u8>> {
        let mut looked = 0;
        loop {
            let unread = &self.replies.buffer[self.replies.read..];
            if let Some(at) = unread[looked..].windows(2).position(|two| two == b"\r\n") {
                let line = self.bytes(looked + at)?;
                self.bytes(2)?;
                return Ok(line);
            }
            looked = unread.len().saturating_sub(1);
            self.more()?;
        }
    }

    fn bytes(&mut self, length: usize) -> RedisResult<Vec<u8>> {
        self.left = self.left.checked_sub(length).ok_or_else(unreadable)?;
        while self.replies.buffer.len() - self.replies.read < length {
            self.more()?;
        }
        let at = self.replies.read;
        self.replies.read += length;
        Ok(self.replies.buffer[at..at + length].to_vec())
    }

    fn more(&mut self) -> RedisResult<()> {
        let replies = &mut *self.replies;
        if self.began.elapsed() > PATIENCE {
            return Err(io::Error::from(io::ErrorKind::TimedOut).into());
        }
        if replies.buffer.len() - replies.read > LONGEST {
            return Err(unreadable());
        }
        let mut piece = [0; PIECE];
        let length = self.stream.read(&mut piece)?;
        if length == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        // A plain push would leave an unwiped copy behind when the buffer grows.
        if replies.buffer.capacity() - replies.buffer.len() < length {
            let mut larger = Vec::with_capacity((replies.buffer.len() + length) * 2);
            larger.extend_from_slice(&replies.buffer);
            replies.buffer.zeroize();
            replies.buffer = larger;
        }
        replies.buffer.extend_from_slice(&piece[..length]);
        piece.zeroize();
        Ok(())
    }
}

fn unreadable() -> RedisError {
    (ErrorKind::Parse, "an answer cannot be read").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            (into[0], self.0) = (*first, rest);
            Ok(1)
        }
    }

    fn read(text: &[u8]) -> RedisResult<Value> {
        let whole = Replies::default().next(&mut &*text);
        let pieces = Replies::default().next(&mut Trickle(text));
        assert_eq!(whole.is_ok(), pieces.is_ok(), "{}", String::from_utf8_lossy(text));
        whole
    }

    #[test]
    fn answers_are_read() {
        let text = |text: &str| Value::BulkString(text.into());
        for (sent, expected) in [
            (&b"+OK\r\n"[..], Value::Okay),
            (b":-7\r\n", Value::Int(-7)),
            (b"$-1\r\n", Value::Nil),
            (b"*-1\r\n", Value::Nil),
            (b"$0\r\n\r\n", text("")),
            (b"$4\r\na\r\nb\r\n", text("a\r\nb")),
            (b"*2\r\n$1\r\na\r\n*1\r\n:1\r\n", Value::Array(vec![text("a"), Value::Array(vec![Value::Int(1)])])),
        ] {
            assert_eq!(read(sent).expect("it can be read"), expected);
        }
        let error = read(b"-NOPERM no\r\n").expect_err("an error");
        assert_eq!((error.code(), error.detail()), (Some("NOPERM"), Some("no")));
    }

    #[test]
    fn what_would_cost_too_much_is_refused() {
        let nested = b"*1\r\n".repeat(6);
        let many = [b"*9000000\r\n".to_vec(), b"$0\r\n\r\n".repeat(10)].concat();
        for text in [
            &nested[..],
            &many,
            b"$9000000\r\n",
            b"$-2\r\n",
            b"*-9\r\n",
            b"$1\r\nab\r\n",
            b"%1\r\n",
            b"\r\n",
            b"+",
            b"",
        ] {
            assert!(read(text).is_err(), "{}", String::from_utf8_lossy(&text[..text.len().min(40)]));
        }
        let endless = Replies::default().next(&mut io::repeat(b'+'));
        assert_eq!(endless.expect_err("a line without end").kind(), ErrorKind::Parse);
    }

    #[test]
    fn what_nobody_asked_for_is_noticed() {
        let (mut replies, mut stream) = (Replies::default(), &b"+OK\r\n+EXTRA\r\n"[..]);
        assert_eq!(replies.next(&mut stream).expect("it can be read"), Value::Okay);
        assert!(replies.has_more());
    }
}

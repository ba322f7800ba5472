//! RESP, as far as the store speaks it.

use crate::redis::keys::Reply;

/// The first whole command, which is taken out.
pub fn take_command(bytes: &mut Vec<u8>) -> Option<Vec<Vec<u8>>> {
    let mut rest = &bytes[..];
    let count = line(&mut rest, b'*')?;
    let mut words = Vec::with_capacity(count);
    for _ in 0..count {
        let length = line(&mut rest, b'$')?;
        words.push(rest.get(..length)?.to_vec());
        rest = rest.get(length + 2..)?;
    }
    let left = rest.len();
    bytes.drain(..bytes.len() - left);
    Some(words)
}

fn line(rest: &mut &[u8], kind: u8) -> Option<usize> {
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    let text = rest.get(..end)?.strip_prefix(&[kind])?;
    *rest = &rest[end + 2..];
    std::str::from_utf8(text).ok()?.parse().ok()
}

pub fn write(reply: &Reply, into: &mut Vec<u8>) {
    match reply {
        Reply::Nil => into.extend(b"$-1\r\n"),
        Reply::Status(text) => into.extend(format!("+{text}\r\n").bytes()),
        Reply::Error(text) => into.extend(format!("-{text}\r\n").bytes()),
        Reply::Int(number) => into.extend(format!(":{number}\r\n").bytes()),
        Reply::Bulk(text) => {
            into.extend(format!("${}\r\n", text.len()).bytes());
            into.extend(text);
            into.extend(b"\r\n");
        }
        Reply::Array(parts) => {
            into.extend(format!("*{}\r\n", parts.len()).bytes());
            parts.iter().for_each(|part| write(part, into));
        }
    }
}

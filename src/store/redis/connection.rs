//! One connection to a Redis server: sends a command and reads the answer.

use std::io::Write;

use redis::{ErrorKind, Parser, RedisError, RedisResult, Value};
use zeroize::Zeroize;

use crate::secret::SecretBytes;
use crate::store::redis::address::Address;
use crate::transport::stream::{Connect, Place, Stream};

/// A connection that has logged in.
pub struct Connection {
    stream: Box<dyn Stream>,
    parser: Parser,
    /// Whether the user may ask for replicas, as far as is known.
    may_ask: bool,
}

impl Connection {
    /// Connects to the place, which is that of the address or of another node of its cluster.
    pub fn open(place: &Place, address: &Address, by: &dyn Connect) -> RedisResult<Self> {
        let mut connection = Self { stream: by.connect(place)?, parser: Parser::new(), may_ask: true };
        if let Some(password) = &address.password {
            let log_in: Vec<&[u8]> =
                [Some(&b"AUTH"[..]), address.user.as_deref(), Some(password)].into_iter().flatten().collect();
            connection.exchange(&log_in).map_err(refused)?;
        }
        if address.database != 0 {
            connection.exchange(&[b"SELECT", address.database.to_string().as_bytes()])?;
        }
        Ok(connection)
    }

    pub fn exchange(&mut self, command: &[&[u8]]) -> RedisResult<Value> {
        self.send(&[command])?;
        self.answer()
    }

    /// The same for a write, and asks in the same round trip for replicas, which come and go: `wait_for_replica` has to
    /// follow unless the connection is lost.
    pub fn exchange_and_ask_for_replicas(&mut self, command: &[&[u8]]) -> RedisResult<Value> {
        match self.may_ask {
            true => self.send(&[command, &[b"ROLE"]])?,
            false => self.send(&[command])?,
        }
        self.answer()
    }

    /// Waits until a replica has what was `written` over this connection, if there are any; not for long, for a replica
    /// that is slow or gone must stop nobody.
    pub fn wait_for_replica(&mut self, written: bool) -> RedisResult<()> {
        const PATIENCE_MS: &[u8] = b"500";
        if !self.may_ask {
            return Ok(());
        }
        let has_replicas = match self.answer() {
            Ok(Value::Array(parts)) => matches!(parts.get(2), Some(Value::Array(replicas)) if !replicas.is_empty()),
            Ok(_) => false,
            Err(error) if is_lost(&error) => return Err(error),
            Err(_) => {
                self.may_ask = false;
                false
            }
        };
        if has_replicas
            && written
            && let Err(error) = self.exchange(&[b"WAIT", b"1", PATIENCE_MS])
            && is_lost(&error)
        {
            return Err(error);
        }
        Ok(())
    }

    fn send(&mut self, commands: &[&[&[u8]]]) -> RedisResult<()> {
        let mut packed = SecretBytes::default();
        for command in commands {
            let mut words: Vec<Vec<u8>> = command.iter().map(|word| word.to_vec()).collect();
            packed.extend(&SecretBytes::from(redis::pack_command(&words)));
            words.iter_mut().for_each(|word| word.zeroize());
        }
        self.stream.write_all(&packed)?;
        self.stream.flush()?;
        Ok(())
    }

    fn answer(&mut self) -> RedisResult<Value> {
        self.parser.parse_value(&mut self.stream)?.extract_error()
    }
}

/// Whether the connection is useless now, and it is unknown what the server has done.
pub fn is_lost(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse)
}

/// Drops the server's words: a server that does not know the command repeats it, with the password.
fn refused(error: RedisError) -> RedisError {
    match error.code() {
        Some(code) => (ErrorKind::AuthenticationFailed, "the user or the password was refused", code.to_owned()).into(),
        None => error,
    }
}

/// The error in words. If a server repeats a command that runs a script, it repeats the beginning of the script.
pub fn words(error: &RedisError) -> String {
    match (error.kind(), error.code(), error.detail()) {
        (ErrorKind::AuthenticationFailed, _, Some(code)) => format!("the user or the password was refused ({code})"),
        (ErrorKind::Parse, ..) => "the answer was not Redis's".to_owned(),
        (_, Some(code), detail) => format!("{code} {}", detail.unwrap_or_default()).trim_end().to_owned(),
        _ if error.is_timeout() => "it did not answer in time".to_owned(),
        _ => error.to_string(),
    }
}

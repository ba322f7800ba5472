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
    /// The server has said that it has replicas. One that has none may get some at any time.
    has_replicas: bool,
}

impl Connection {
    /// Connects to the place, which is that of the address or of another node of its cluster.
    pub fn open(place: &Place, address: &Address, by: &dyn Connect) -> RedisResult<Self> {
        let mut connection = Self { stream: by.connect(place)?, parser: Parser::new(), has_replicas: false };
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
        let mut words: Vec<Vec<u8>> = command.iter().map(|word| word.to_vec()).collect();
        let packed = SecretBytes::from(redis::pack_command(&words));
        words.iter_mut().for_each(|word| word.zeroize());
        self.stream.write_all(&packed)?;
        self.stream.flush()?;
        self.parser.parse_value(&mut self.stream)?.extract_error()
    }

    /// After a write over this connection: waits until a replica has it too, if there are any; not for long, for a replica
    /// that is slow or gone must stop nobody.
    pub fn wait_for_replica(&mut self) -> RedisResult<()> {
        const PATIENCE_MS: &[u8] = b"500";
        if !self.has_replicas {
            self.has_replicas = match self.exchange(&[b"ROLE"]) {
                Ok(Value::Array(parts)) => matches!(parts.get(2), Some(Value::Array(replicas)) if !replicas.is_empty()),
                Err(error) if is_lost(&error) => return Err(error),
                _ => false, // perhaps the user may not ask
            };
        }
        if self.has_replicas
            && let Err(error) = self.exchange(&[b"WAIT", b"1", PATIENCE_MS])
            && is_lost(&error)
        {
            return Err(error);
        }
        Ok(())
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

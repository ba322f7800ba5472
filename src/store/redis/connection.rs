//! One connection to a Redis server: sends a command and reads the answer.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};
use zeroize::Zeroize;

use crate::host;
use crate::secret::SecretBytes;
use crate::source::Source;
use crate::store::redis::reply::Replies;
use crate::transport::limit::left;
use crate::transport::stream::{Connect, Place, Stream};

/// How to log in to a server.
pub struct Access {
    /// `None`: the default user.
    pub user: Option<Arc<SecretBytes>>,
    pub password: Password,
    pub database: u32,
}

pub enum Password {
    None,
    Fixed(Arc<SecretBytes>),
    From(Arc<dyn Source>),
}

impl Access {
    fn user_name(&self) -> Option<&[u8]> {
        self.user.as_ref().map(|user| &***user)
    }
}

/// Where else a write is than on the server that was asked.
#[derive(Clone, Copy)]
pub struct Copies {
    /// Replicas that the server has.
    pub replicas: usize,
    /// One of them has it.
    pub is_made: bool,
}

/// A connection that has logged in.
pub struct Connection {
    stream: Box<dyn Stream>,
    replies: Replies,
}

impl Connection {
    pub fn open(place: &Place, access: &Access, network: &dyn Connect) -> RedisResult<Self> {
        let mut connection = Self { stream: network.connect(place)?, replies: Replies::default() };
        match &access.password {
            Password::None => {}
            Password::Fixed(password) => connection.log_in(access.user_name(), password)?,
            Password::From(source) => {
                let process = host::generation();
                let password =
                    source.read().map_err(|why| client_error(format!("redis_password: {}", why.message.as_str())))?;
                if process != host::generation() {
                    return Err(client_error("the password's source has forked, and this is the child".to_owned()));
                }
                connection.log_in(access.user_name(), password.as_str().as_bytes())?;
            }
        }
        if access.database != 0 {
            connection.exchange(&[b"SELECT", access.database.to_string().as_bytes()])?;
        }
        Ok(connection)
    }

    fn log_in(&mut self, user: Option<&[u8]>, password: &[u8]) -> RedisResult<()> {
        let command: Vec<&[u8]> = [Some(&b"AUTH"[..]), user, Some(password)].into_iter().flatten().collect();
        self.exchange(&command).map(drop).map_err(refused)
    }

    pub fn exchange(&mut self, command: &[&[u8]]) -> RedisResult<Value> {
        self.send(&[command])?;
        self.receive()
    }

    /// Sends a command that writes, and waits until a replica has it too, if there are any; not for long, for a replica that
    /// is slow or gone must stop nobody. Which of several takes over is not known, so that all are waited for, for a shorter
    /// time. An error if what was written is lost with this server.
    pub fn write(&mut self, command: &[&[u8]]) -> RedisResult<(Value, Copies)> {
        const PATIENCE: Duration = Duration::from_secs(2);
        const PATIENCE_WITH_ALL: Duration = Duration::from_millis(200);
        self.send(&[command, &[b"ROLE"]])?; // at once: it costs no round trip
        let answer = self.receive();
        let answer = match answer {
            Err(error) if is_lost(&error) => return Err(error), // no second answer will come
            answer => answer,
        };
        let replicas = replicas(self.receive());
        let (answer, replicas) = (answer?, replicas?);
        if replicas == 0 {
            return Ok((answer, Copies { replicas, is_made: false }));
        }
        let is_made =
            (replicas > 1 && self.has_copies(replicas, PATIENCE_WITH_ALL)?) || self.has_copies(1, PATIENCE)?;
        if !is_made {
            self.check_master()?;
        }
        Ok((answer, Copies { replicas, is_made }))
    }

    /// Waits until that many replicas have what was written last, or the time is over; whether one has it.
    fn has_copies(&mut self, replicas: usize, patience: Duration) -> RedisResult<bool> {
        let time_ms = left(patience).as_millis().max(1).to_string(); // 0: without end
        match self.exchange(&[b"WAIT", replicas.to_string().as_bytes(), time_ms.as_bytes()]) {
            Ok(Value::Int(copies)) => Ok(copies > 0),
            Err(error) if is_lost(&error) || is_no_master(&error) => Err(error),
            _ => Ok(true), // perhaps the user may not
        }
    }

    /// Whether more came than was asked for: the next answer would be taken for another one.
    pub fn is_out_of_step(&self) -> bool {
        self.replies.has_more()
    }

    /// Fails at a server that is a replica. One that does not say counts as a master: perhaps the user may not ask.
    pub fn check_master(&mut self) -> RedisResult<()> {
        let role = self.exchange(&[b"ROLE"]);
        replicas(role).map(drop)
    }

    fn send(&mut self, commands: &[&[&[u8]]]) -> RedisResult<()> {
        let mut packed = SecretBytes::default();
        for command in commands {
            let mut words: Vec<Vec<u8>> = command.iter().map(|word| word.to_vec()).collect();
            packed.extend(&SecretBytes::from(redis::pack_command(&words)));
            words.iter_mut().for_each(|word| word.zeroize());
        }
        self.stream.write_all(&packed)?;
        Ok(self.stream.flush()?)
    }

    fn receive(&mut self) -> RedisResult<Value> {
        self.replies.next(&mut self.stream)
    }
}

/// How many replicas the master has that said its role; an error if it is a replica itself.
fn replicas(role: RedisResult<Value>) -> RedisResult<usize> {
    match role {
        Ok(Value::Array(parts)) => match (parts.first(), parts.get(2)) {
            (Some(Value::BulkString(role)), Some(Value::Array(replicas))) if role == b"master" => Ok(replicas.len()),
            (Some(Value::BulkString(role)), _) if role != b"master" => {
                Err((ErrorKind::Server(ServerErrorKind::ReadOnly), "it is a replica").into())
            }
            _ => Ok(0),
        },
        Err(error) if is_lost(&error) => Err(error),
        _ => Ok(0), // perhaps the user may not ask
    }
}

/// A server that is a replica, or has just become one, or is still loading: the name may mean another server by now.
pub fn is_no_master(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, MasterDown, ReadOnly};
    matches!(error.kind(), ErrorKind::Server(ReadOnly | BusyLoading | MasterDown)) || error.code() == Some("UNBLOCKED")
}

/// What went wrong on this side.
pub fn client_error(why: String) -> RedisError {
    (ErrorKind::Client, "", why).into()
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
        (ErrorKind::Client, _, Some(why)) => why.to_owned(),
        _ if error.is_timeout() => "it did not answer in time".to_owned(),
        _ => error.to_string(),
    }
}

//! Sessions of many machines over one Redis: what a renewal, a login, a waiter and an idle machine cost it.

pub mod away;
mod idle;
mod machines;
mod memory;
mod outcome;
mod rate;
mod redis;
mod renewal;
mod replica;
mod usage;
mod waiters;

use std::path::Path;

use crate::Result;
use crate::artifact;
use crate::driver::Driver;
use crate::load::{self, FIRST_REFRESH_TOKEN};
use crate::options::Options;
use crate::scratch::Scratch;
use crate::server_process::ServerProcess;
use crate::table::{self, Figure};
use crate::tool;
use redis::Redis;

/// In this order dropped: the servers go before the directory they write to.
struct Scale {
    runs: usize,
    /// Refreshes without a session.
    refresh: Driver,
    sessions: Driver,
    server: ServerProcess,
    redis: Redis,
    scratch: Scratch,
}

pub fn run(options: &Options) -> Result<()> {
    tool::check_scale()?;
    let scratch = Scratch::new()?;
    let (refresh, sessions) = artifact::over_redis(scratch.path())?;
    let server = ServerProcess::start(scratch.path())?;
    let redis = Redis::start(scratch.path(), &[])?;
    let mut scale = Scale { runs: options.runs, refresh, sessions, server, redis, scratch };
    let mut figures = Vec::new();
    for measure in [renewal::figures, replica::figures, memory::figures, rate::figures, waiters::figures, idle::figures]
    {
        scale.redis.ask(&["FLUSHALL"])?;
        figures.extend(measure(&mut scale)?);
    }
    print!("{}", table::list(&figures));
    Ok(())
}

impl Scale {
    fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// Arguments of a process over this Redis.
    fn arguments(&self, words: &str) -> Vec<String> {
        self.arguments_at(self.redis.port, "", words)
    }

    /// The same by another way to Redis, and with an endpoint that does something special.
    fn arguments_at(&self, redis_port: u16, suffix: &str, words: &str) -> Vec<String> {
        let redis = format!("redis=redis://127.0.0.1:{redis_port}");
        [vec![redis], self.arguments_in_memory(suffix, words)].concat()
    }

    fn arguments_in_memory(&self, suffix: &str, words: &str) -> Vec<String> {
        let mut arguments = load::client_arguments().to_vec();
        arguments.push(format!("url={}", load::endpoint(&self.server, suffix)));
        arguments.extend(words.split_whitespace().map(str::to_owned));
        arguments
    }
}

/// A session that has logged in: its first call renews with this.
fn log_in() -> String {
    format!("refresh_token={FIRST_REFRESH_TOKEN}")
}

fn figure(what: impl Into<String>, value: f64, decimals: usize) -> Figure {
    Figure { what: what.into(), value, decimals }
}

//! What Redis has done between two looks, as INFO counts it.

use std::collections::BTreeMap;

use crate::Result;
use crate::scale::redis::Redis;

/// Totals since the server's start, or the difference of two.
#[derive(Clone, Default)]
pub struct Usage {
    pub cpu_us: f64,
    pub bytes_in: f64,
    pub bytes_out: f64,
    pub connections: f64,
    /// Of each command, also of those that scripts ran.
    calls: BTreeMap<String, f64>,
    times_us: BTreeMap<String, f64>,
}

impl Usage {
    pub fn now(redis: &mut Redis) -> Result<Self> {
        let info = redis.info()?;
        let number = |name: &str| field(&info, name);
        let mut usage = Self {
            cpu_us: (number("used_cpu_user")? + number("used_cpu_sys")?) * 1e6,
            bytes_in: number("total_net_input_bytes")?,
            bytes_out: number("total_net_output_bytes")?,
            connections: number("total_connections_received")?,
            ..Self::default()
        };
        for line in info.lines().filter_map(|line| line.strip_prefix("cmdstat_")) {
            let (name, said) = line.split_once(':').ok_or("bad commandstats")?;
            let value = |wanted: &str| {
                said.split(',')
                    .filter_map(|pair| pair.split_once('='))
                    .find(|(name, _)| *name == wanted)?
                    .1
                    .parse()
                    .ok()
            };
            usage.calls.insert(name.to_owned(), value("calls").ok_or("bad commandstats")?);
            usage.times_us.insert(name.to_owned(), value("usec").ok_or("bad commandstats")?);
        }
        Ok(usage)
    }

    /// What `run` has caused: without what the looks themselves cost.
    pub fn of<T>(redis: &mut Redis, run: impl FnOnce(&mut Redis) -> Result<T>) -> Result<(T, Self)> {
        let first = Self::now(redis)?;
        let before = Self::now(redis)?;
        let done = run(redis)?;
        let after = Self::now(redis)?;
        let (look, mut all) = (before.since(&first), after.since(&before));
        all.cpu_us -= look.cpu_us;
        all.bytes_in -= look.bytes_in;
        all.bytes_out -= look.bytes_out;
        Ok((done, all))
    }

    fn since(&self, earlier: &Self) -> Self {
        let less = |now: &BTreeMap<String, f64>, then: &BTreeMap<String, f64>| {
            now.iter().map(|(name, value)| (name.clone(), value - then.get(name).unwrap_or(&0.0))).collect()
        };
        Self {
            cpu_us: self.cpu_us - earlier.cpu_us,
            bytes_in: self.bytes_in - earlier.bytes_in,
            bytes_out: self.bytes_out - earlier.bytes_out,
            connections: self.connections - earlier.connections,
            calls: less(&self.calls, &earlier.calls),
            times_us: less(&self.times_us, &earlier.times_us),
        }
    }

    pub fn calls(&self, command: &str) -> f64 {
        self.calls.get(command).copied().unwrap_or(0.0)
    }

    pub fn time_us(&self, command: &str) -> f64 {
        self.times_us.get(command).copied().unwrap_or(0.0)
    }

    /// Scripts, whether by name or whole.
    pub fn scripts(&self) -> f64 {
        self.calls("evalsha") + self.calls("eval")
    }
}

pub fn field(info: &str, name: &str) -> Result<f64> {
    let found = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    Ok(found.ok_or_else(|| format!("INFO has no {name}"))?.trim().parse()?)
}

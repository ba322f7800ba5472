//! Machines that have nothing to do but wait: with a good token, with one that is due, and for a holder that has died.

use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Result;
use crate::scale::machines::Machines;
use crate::scale::usage::{Usage, field};
use crate::scale::{Scale, figure, log_in};
use crate::table::Figure;

const PROCESSES: usize = 4;
const EACH: usize = 250;
const MANY: f64 = (PROCESSES * EACH) as f64;
/// Of each machine with a good token.
const CALLS: u32 = 1000;
const WAITS_FOR_S: u32 = 5;
/// Redis gives back what it does not need for a connection.
const BUFFERS_SHRINK: Duration = Duration::from_secs(4);

pub fn figures(scale: &mut Scale) -> Result<Vec<Figure>> {
    eprintln!("idle machines");
    let mut figures = good(scale)?;
    figures.extend(renewed_elsewhere(scale)?);
    scale.redis.ask(&["FLUSHALL"])?;
    figures.extend(due(scale)?);
    figures.extend(dead_holder(scale)?);
    Ok(figures)
}

/// The arguments of each process.
fn machines(scale: &Scale, words: &str) -> Vec<Vec<String>> {
    vec![scale.arguments(&format!("machines={EACH} {words}")); PROCESSES]
}

fn good(scale: &mut Scale) -> Result<Vec<Figure>> {
    drop(Machines::open(&scale.sessions, &[scale.arguments(&format!("{} calls=0", log_in()))])?);
    let arguments = machines(scale, &format!("calls={CALLS}"));
    let before = scale.redis.info()?;
    let (mut machines, first) = Usage::of(&mut scale.redis, |_| Machines::open(&scale.sessions, &arguments))?;
    sleep(BUFFERS_SHRINK);
    let after = scale.redis.info()?;
    let (_, usage) = Usage::of(&mut scale.redis, |_| machines.run())?;
    let more = |name: &str| -> Result<f64> { Ok((field(&after, name)? - field(&before, name)?) / MANY) };
    Ok(vec![
        figure("the first call of a machine: commands", commands(&first) / MANY, 2),
        figure("the first call of a machine: bytes from Redis", first.bytes_out / MANY, 0),
        figure("the first call of a machine: CPU of Redis, µs", first.cpu_us / MANY, 1),
        figure("an idle machine: connections", more("connected_clients")?, 2),
        figure("an idle machine: memory of Redis for them, bytes", more("used_memory")?, 0),
        figure(format!("a machine with a good token, {CALLS} calls: commands"), commands(&usage) / MANY, 2),
    ])
}

/// Where no script is run, each command is one that was sent.
fn commands(usage: &Usage) -> f64 {
    usage.calls("hmget") + usage.scripts()
}

fn renewed_elsewhere(scale: &mut Scale) -> Result<Vec<Figure>> {
    let arguments = machines(scale, "refused=1");
    let mut machines = Machines::open(&scale.sessions, &arguments)?;
    Machines::open(&scale.sessions, &[scale.arguments("refused=1")])?.run()?;
    let (_, usage) = Usage::of(&mut scale.redis, |_| machines.run())?;
    let name = "a machine whose token was renewed elsewhere";
    Ok(vec![
        figure(format!("{name}: commands"), commands(&usage) / MANY, 2),
        figure(format!("{name}: bytes to Redis"), usage.bytes_in / MANY, 0),
        figure(format!("{name}: bytes from Redis"), usage.bytes_out / MANY, 0),
        figure(format!("{name}: CPU of Redis, µs"), usage.cpu_us / MANY, 1),
    ])
}

/// The token is good for two minutes more of an hour, and a renewal is under way elsewhere that takes its time.
fn due(scale: &mut Scale) -> Result<Vec<Figure>> {
    let expires_at_s = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + 120;
    let token = format!(
        "token={{\"oauthclient_token\":2,\"access_token\":\"AT-due\",\"refresh_token\":\"RT-due\",\
         \"expires_in_s\":3600,\"expires_at_s\":{expires_at_s}}}"
    );
    drop(Machines::open(&scale.sessions, &[scale.arguments(&format!("{token} calls=0"))])?);
    let arguments = machines(scale, &format!("for_ms={} pause_ms=20", WAITS_FOR_S * 1000));
    let mut machines = Machines::open(&scale.sessions, &arguments)?;
    take_the_lock(scale)?;
    let (_, usage) = Usage::of(&mut scale.redis, |_| machines.run())?;
    Ok(waits("a token that is due, and renewed elsewhere", &usage))
}

/// The token is bad, and the lock is that of a holder that has died.
fn dead_holder(scale: &mut Scale) -> Result<Vec<Figure>> {
    let arguments = machines(scale, &format!("refused=1 deadline_ms={}", WAITS_FOR_S * 1000));
    let mut machines = Machines::open(&scale.sessions, &arguments)?;
    take_the_lock(scale)?;
    let (_, usage) = Usage::of(&mut scale.redis, |_| machines.run())?;
    Ok(waits("a token that is bad, its holder dead", &usage))
}

fn waits(name: &str, usage: &Usage) -> Vec<Figure> {
    let seconds = MANY * f64::from(WAITS_FOR_S);
    let reads = usage.calls("hmget") - usage.scripts();
    vec![
        figure(format!("{name}: scripts a second of a machine"), usage.scripts() / seconds, 2),
        figure(format!("{name}: reads a second of a machine"), reads / seconds, 2),
        figure(
            format!("{name}, {MANY} machines: share of a core that Redis takes, %"),
            usage.cpu_us / f64::from(WAITS_FOR_S) / 1e4,
            1,
        ),
    ]
}

fn take_the_lock(scale: &mut Scale) -> Result<()> {
    for login in scale.redis.keys("oauthclient:*:login:*")? {
        scale.redis.ask(&["SET", &login.replace(":login:", ":lock:"), "somebody", "PX", "60000"])?;
    }
    Ok(())
}

//! What a login takes in Redis, by MEMORY USAGE and by the server's total over many.

use std::thread::sleep;
use std::time::Duration;

use crate::Result;
use crate::load::ACCESS_SUFFIX;
use crate::scale::machines::Machines;
use crate::scale::usage::field;
use crate::scale::{Scale, figure, log_in};
use crate::table::Figure;

const LOGINS: usize = 10_000;
const LOOKED_AT: usize = 100;
/// As Redis has it, and so that the hash of a login is one piece of memory.
const USUAL_LISTPACK: &str = "64";
const LARGE_LISTPACK: &str = "4096";

pub fn figures(scale: &mut Scale) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (name, access_bytes, seal, listpack) in [
        ("access token of 40 bytes", 40, 0, USUAL_LISTPACK),
        ("access token of 1,024 bytes", 1024, 0, USUAL_LISTPACK),
        ("access token of 40 bytes, encrypted", 40, 1, USUAL_LISTPACK),
        ("access token of 40 bytes, hash-max-listpack-value 4096", 40, 0, LARGE_LISTPACK),
        ("access token of 1,024 bytes, hash-max-listpack-value 4096", 1024, 0, LARGE_LISTPACK),
    ] {
        eprintln!("memory: {name}");
        scale.redis.ask(&["FLUSHALL"])?;
        scale.redis.ask(&["CONFIG", "SET", "hash-max-listpack-value", listpack])?;
        figures.extend(of_logins(scale, name, access_bytes, seal)?);
    }
    scale.redis.ask(&["CONFIG", "SET", "hash-max-listpack-value", USUAL_LISTPACK])?;
    Ok(figures)
}

fn of_logins(scale: &mut Scale, name: &str, access_bytes: u32, seal: u32) -> Result<Vec<Figure>> {
    let words = format!("{} seal={seal} logins={LOGINS} threads=8 calls=0 first=1000000", log_in());
    let arguments = scale.arguments_at(scale.redis.port, &format!("{ACCESS_SUFFIX}{access_bytes}"), &words);
    let before = used(scale)?;
    drop(Machines::open(&scale.sessions, &[arguments])?);
    let all = used(scale)?;
    let logins = scale.redis.keys("oauthclient:*:login:*")?;
    if logins.len() != LOGINS {
        return Err(format!("{} logins", logins.len()).into());
    }
    let (mut value, mut login, mut fence) = (0, 0, 0);
    for key in logins.iter().take(LOOKED_AT) {
        value += scale.redis.number(&["HSTRLEN", key, "value"])?;
        login += scale.redis.number(&["MEMORY", "USAGE", key, "SAMPLES", "0"])?;
        fence += scale.redis.number(&["MEMORY", "USAGE", &key.replace(":login:", ":fence:"), "SAMPLES", "0"])?;
    }
    for key in &logins {
        scale.redis.number(&["DEL", &key.replace(":login:", ":fence:")])?; // as after a day
    }
    let later = used(scale)?;
    let mean = |sum: i64| sum as f64 / LOOKED_AT as f64;
    Ok(vec![
        figure(format!("{name}: record, bytes"), mean(value), 0),
        figure(format!("{name}: MEMORY USAGE of the login, bytes"), mean(login), 0),
        figure(format!("{name}: MEMORY USAGE of the fence, bytes"), mean(fence), 0),
        figure(format!("{name}: used_memory a login, bytes"), (all - before) / LOGINS as f64, 0),
        figure(format!("{name}: used_memory a login after a day, bytes"), (later - before) / LOGINS as f64, 0),
    ])
}

/// Without connections, which go a moment after their processes.
fn used(scale: &mut Scale) -> Result<f64> {
    sleep(Duration::from_millis(300));
    field(&scale.redis.info()?, "used_memory")
}

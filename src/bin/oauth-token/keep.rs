//! Keeps a file fresh: it is written anew before the token in it expires.

use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use oauthclient::clock::Clock;
use oauthclient::protocol::token::Token;
use oauthclient::secret::Secret;

use crate::arguments::Arguments;
use crate::failure::{Failure, OTHER, STORE, UNREACHABLE, say};
use crate::profile;
use crate::token;

/// The store is looked at so often: another program may have a new token, or the machine may have slept.
const LOOK_EVERY_S: i64 = 30;
const RETRY_AFTER: Duration = Duration::from_secs(5);

pub fn watch(arguments: &Arguments) -> Result<(), Failure> {
    let (name, options) = (arguments.name(), profile::usual_options(arguments));
    let mut last: Option<Arc<Token>> = None;
    loop {
        // Opened each time: the profile may have changed, and who logs in again is not kept waiting.
        let session = profile::open(name)?;
        let given = token::of_session(&session, name, &options).and_then(|token| {
            if !last.as_ref().is_some_and(|last| Secret::are_same(&last.access_token, &token.access_token)) {
                token::print(arguments, &token)?;
                last = Some(token);
            }
            Ok(())
        });
        let pause = match given {
            Ok(()) => {
                let due_s = session.login().next_renewal_at_s().unwrap_or(i64::MAX);
                let left_s = due_s.saturating_sub(Clock::default().now_s()).clamp(1, LOOK_EVERY_S);
                Duration::from_secs(left_s.unsigned_abs())
            }
            // A disk that is full for a moment is no reason to end, once the file was there.
            Err(failure) if failure.code == UNREACHABLE || [STORE, OTHER].contains(&failure.code) && last.is_some() => {
                say(&failure.message);
                RETRY_AFTER
            }
            Err(failure) => return Err(failure),
        };
        sleep(pause);
    }
}

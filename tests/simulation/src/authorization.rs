//! The authorization server: rotates refresh tokens, takes the last one again for a while, and revokes the login for
//! any other reuse.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use oauthclient::http::{Headers, Response};
use oauthclient::secret::SecretBytes;
use oauthclient::transport::{Call, Failure, FailureKind, Sending, Transport};

use crate::coroutine;
use crate::world::{self, Event, World};

/// How long the refresh token before is taken once more, after it was first used.
pub const REPLAY_MS: u64 = 30_000;

/// What the server gives for a refresh token that it takes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// The token that it gave for it before.
    Same,
    /// Another one, as good as the one before.
    Another,
    /// Another one, and the one before is no good any more.
    Instead,
}

/// A login at the server. Each use of its refresh token begins a new generation.
#[derive(Default)]
pub struct Family {
    pub generation: u32,
    /// The generation of each token, by its number.
    pub tokens: BTreeMap<u64, u32>,
    pub last: u64,
    rotated_at: u64,
    pub revoked: bool,
}

impl Family {
    pub fn new(first: u64) -> Self {
        Self { last: first, tokens: BTreeMap::from([(first, 0)]), ..Self::default() }
    }

    /// Whether the server takes this refresh token, at any time.
    pub fn takes(&self, token: u64) -> bool {
        !self.revoked && self.tokens.get(&token) == Some(&self.generation)
    }
}

/// A refresh request under way.
pub struct Exchange {
    pub machine: usize,
    pub process: u32,
    pub login: usize,
    token: u64,
    /// The holder's token with which the sender had the lock.
    pub tenure: Option<usize>,
    /// The sender knows how it ended.
    pub is_over: bool,
    /// The server has acted.
    pub has_acted: bool,
    outcome: Option<Result<(u16, String), ()>>,
    waker: Option<Waker>,
    answer_lost: bool,
    after_ms: u64,
}

/// What the next requests meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Refused,
    RequestLost,
    /// The server acts, and no answer comes. The connection breaks, or nothing is heard.
    AnswerLost(bool),
    /// The server takes this much longer to act.
    Slow(u64),
    Busy,
}

/// The way of a machine to the server.
pub struct Way;

/// Ends the exchange when its future ends.
struct Guard(usize);

impl Drop for Guard {
    fn drop(&mut self) {
        if !coroutine::is_dying() {
            world::with(|world| world.exchanges[self.0].is_over = true);
        }
    }
}

impl Transport for Way {
    fn send<'a>(&'a self, call: &'a Call<'a>) -> Sending<'a> {
        Box::pin(async move {
            let token = form_urlencoded::parse(call.request.body())
                .find(|(name, _)| name == "refresh_token")
                .and_then(|(_, token)| token.strip_prefix("RT-")?.parse().ok());
            let token = token.expect("a refresh token of this server");
            let begun = world::with(|world| world.begin_exchange(coroutine::machine(), token));
            let Some(number) = begun else {
                return Err(Failure { kind: FailureKind::Connect, cause: "refused".to_owned(), passing: true });
            };
            call.mark_sent();
            let guard = Guard(number);
            let outcome = poll_fn(|context| {
                world::with(|world| {
                    let exchange = &mut world.exchanges[number];
                    exchange.waker = Some(context.waker().clone());
                    exchange.outcome.take().map_or(Poll::Pending, Poll::Ready)
                })
            });
            let outcome = outcome.await;
            drop(guard);
            match outcome {
                Ok((status, body)) => {
                    let mut headers = Headers::default();
                    headers.push(b"content-type", b"application/json");
                    Ok(Response { status, headers, body: SecretBytes::from(body.into_bytes()), cut: false })
                }
                Err(()) => Err(Failure { kind: FailureKind::Lost, cause: "reset".to_owned(), passing: true }),
            }
        })
    }
}

impl World {
    /// The first token of a login.
    pub fn log_in(&mut self, login: usize) -> u64 {
        self.issued += 1;
        self.families.insert(login, Family::new(self.issued));
        self.owners.insert(self.issued, login);
        self.issued
    }

    fn begin_exchange(&mut self, machine: usize, token: u64) -> Option<usize> {
        let trouble = self.troubles.pop();
        if trouble == Some(Trouble::Refused) {
            return None;
        }
        let login = self.machines[machine].login;
        assert_eq!(self.owners.get(&token), Some(&login), "a token was sent for another login");
        self.check_no_other_request(machine, login, token);
        let number = self.exchanges.len();
        let way_ms = self.random.u64(1..=10);
        let (mut before_ms, mut status) = (self.random.u64(1..=20), 200);
        let (mut answer_lost, mut breaks, mut reaches) = (false, false, true);
        match trouble {
            Some(Trouble::RequestLost) => reaches = false,
            Some(Trouble::AnswerLost(is_heard)) => (answer_lost, breaks) = (true, is_heard),
            Some(Trouble::Slow(more_ms)) => before_ms += more_ms,
            Some(Trouble::Busy) => status = 503,
            Some(Trouble::Refused) | None => {}
        }
        let tenure = self.tenure_of(machine, login);
        let process = self.machines[machine].process;
        let exchange = Exchange {
            machine,
            process,
            login,
            token,
            tenure,
            is_over: false,
            has_acted: false,
            outcome: None,
            waker: None,
            answer_lost,
            after_ms: self.random.u64(1..=10),
        };
        self.exchanges.push(exchange);
        self.counts.requests += 1;
        self.note(|| format!("m{machine} sends RT-{token}: {trouble:?}"));
        if reaches {
            self.schedule(way_ms + before_ms, Event::Acts(number, status, breaks));
        }
        self.step(crate::faults::Step::Sent, machine);
        Some(number)
    }

    /// The server acts on a request, and answers.
    pub fn acts(&mut self, number: usize, status: u16, breaks: bool) {
        let (login, token, machine) =
            (self.exchanges[number].login, self.exchanges[number].token, self.exchanges[number].machine);
        let body = match status {
            200 => self.grant(login, token),
            _ => Err("temporarily_unavailable"),
        };
        let (status, body) = match body {
            Ok(next) => {
                let life_s = self.random.u32(self.life_s.0..=self.life_s.1);
                let token = format!(r#""access_token":"AT-{next}","refresh_token":"RT-{next}""#);
                (200, format!(r#"{{{token},"token_type":"Bearer","expires_in":{life_s}}}"#))
            }
            Err(why) => (if status == 200 { 400 } else { status }, format!(r#"{{"error":"{why}"}}"#)),
        };
        self.note(|| format!("server: RT-{token} of m{machine}: {status} {body}"));
        let exchange = &self.exchanges[number];
        let after_ms = exchange.after_ms;
        match exchange.answer_lost {
            false => self.schedule(after_ms, Event::Answers(number, Ok((status, body)))),
            true if breaks => self.schedule(after_ms, Event::Answers(number, Err(()))),
            true => {}
        }
        self.exchanges[number].has_acted = true;
        self.step(crate::faults::Step::Acted, machine);
    }

    pub fn answers(&mut self, number: usize, outcome: Result<(u16, String), ()>) {
        let exchange = &mut self.exchanges[number];
        exchange.outcome = Some(outcome);
        if let Some(waker) = exchange.waker.take() {
            waker.wake();
        }
        let machine = exchange.machine;
        self.step(crate::faults::Step::Answered, machine);
    }

    fn grant(&mut self, login: usize, token: u64) -> Result<u64, &'static str> {
        let now = self.now();
        let replay = self.replay;
        let family = self.families.get_mut(&login).expect("it has logged in");
        let generation = family.tokens.get(&token).copied();
        if family.revoked {
            return Err("invalid_grant");
        }
        let is_last = generation == Some(family.generation);
        let is_replay = generation.is_some_and(|generation| generation + 1 == family.generation);
        if is_last {
            family.generation += 1;
            family.rotated_at = now;
        } else if is_replay && now <= family.rotated_at + REPLAY_MS {
            self.counts.replays += 1;
            if replay == Replay::Same {
                return Ok(family.last);
            }
            if replay == Replay::Instead {
                family.tokens.insert(family.last, 0);
            }
        } else {
            family.revoked = true;
            let rotated_at = family.rotated_at;
            self.counts.revocations += 1;
            self.note(|| format!("server: RT-{token} was used again ({rotated_at}): login {login} is revoked"));
            self.revoked(login);
            return Err("invalid_grant");
        }
        self.issued += 1;
        self.counts.tokens += 1;
        self.owners.insert(self.issued, login);
        family.tokens.insert(self.issued, family.generation);
        family.last = self.issued;
        Ok(self.issued)
    }
}

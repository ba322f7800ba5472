//! The failures that the crates report, told apart by the errors inside.

use std::error::Error as StdError;
use std::io::ErrorKind;

use crate::transport::{Failure, FailureKind, refusal};

/// An error of a crate.
pub type Dyn = dyn StdError + 'static;

/// No connection was made. `timed_out`: it took too long.
#[cold]
pub fn not_connected(error: &Dyn, timed_out: bool) -> Failure {
    let kind = match tls(error) {
        Some(_) => FailureKind::Tls,
        None if timed_out => FailureKind::ConnectTimeout,
        None => FailureKind::Connect,
    };
    failure(kind, error)
}

/// The answer is missing. If the connection is not proven, it is the first one on it: in TLS 1.3 a server refuses the
/// client's certificate only now. It has not taken the request then.
#[cold]
pub fn without_answer(error: &Dyn, is_proven: bool) -> Failure {
    match tls(error) {
        Some(tls) if !is_proven && refusal::is_about_client(tls) => failure(FailureKind::Tls, error),
        _ => not_answered(error),
    }
}

/// The answer is missing, or is not complete.
#[cold]
pub fn not_answered(error: &Dyn) -> Failure {
    let is = |wanted: &dyn Fn(&hyper::Error) -> bool| chain(error).filter_map(|link| link.downcast_ref()).any(wanted);
    let kind = match () {
        // hyper has a method for this error only in servers.
        () if is(&|error| error.to_string() == "message head is too large") => FailureKind::TooLarge,
        () if is(&hyper::Error::is_parse) => FailureKind::NotHttp,
        () if tls(error).is_some() => FailureKind::Lost,
        () => match chain(error).find_map(|link| link.downcast_ref::<std::io::Error>()) {
            // of chunks and trailers
            Some(error) if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput) => {
                match error.to_string().contains("over limit") {
                    true => FailureKind::TooLarge,
                    false => FailureKind::NotHttp,
                }
            }
            _ => FailureKind::Lost,
        },
    };
    failure(kind, error)
}

fn failure(kind: FailureKind, error: &Dyn) -> Failure {
    let tls = tls(error);
    // Beyond the handshake, the client's certificate is all that a server refuses.
    let refused = tls.filter(|tls| kind == FailureKind::Tls || refusal::is_about_client(tls));
    let cause = refused.and_then(refusal::words).unwrap_or_else(|| words(error));
    Failure { kind, cause, passing: !tls.is_some_and(refusal::is_lasting) }
}

fn tls(error: &Dyn) -> Option<&rustls::Error> {
    chain(error).find_map(|link| link.downcast_ref())
}

/// The error and its causes; `source` leaves out the error inside an I/O error.
pub fn chain(error: &Dyn) -> impl Iterator<Item = &Dyn> {
    std::iter::successors(Some(error), |link| {
        let link = *link;
        let inside = link.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        inside.map(|inner| inner as &Dyn).or_else(|| link.source())
    })
}

/// The text of the innermost cause: the outer ones repeat the status, and name the URL.
fn words(error: &Dyn) -> String {
    match chain(error).last() {
        Some(innermost) if !innermost.is::<reqwest::Error>() => {
            let text = innermost.to_string();
            refusal::io_words(&text).map_or(text, str::to_owned)
        }
        _ => "no detail is known".to_owned(),
    }
}

/// The error of rustls when the TCP connection ends first (RFC 8446 section 6.1).
pub fn is_end_without_close_notify(error: &Dyn) -> bool {
    let is_end =
        |link: &std::io::Error| link.kind() == ErrorKind::UnexpectedEof && link.to_string().contains("close_notify");
    chain(error).any(|link| link.downcast_ref().is_some_and(is_end))
}

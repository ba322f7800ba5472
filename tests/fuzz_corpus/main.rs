//! What the fuzz targets have kept, as plain tests: every input of their corpora, and a few thousand bent ones.

#[path = "../fuzz/bodies/abi.rs"]
mod abi;
#[path = "../fuzz/bodies/answer.rs"]
mod answer;
#[path = "../fuzz/bodies/c_entry.rs"]
mod c_entry;
#[path = "../fuzz/bodies/c_handles.rs"]
mod c_handles;
#[path = "../fuzz/bodies/certificates.rs"]
mod certificates;
#[path = "../fuzz/bodies/challenges.rs"]
mod challenges;
#[path = "../fuzz/bodies/checks.rs"]
mod checks;
#[path = "../fuzz/bodies/device.rs"]
mod device;
#[path = "../fuzz/bodies/keys.rs"]
mod keys;
#[path = "../fuzz/bodies/metadata.rs"]
mod metadata;
#[path = "../fuzz/bodies/redirect.rs"]
mod redirect;
#[path = "../fuzz/bodies/saved_token.rs"]
mod saved_token;
#[path = "../fuzz/bodies/signatures.rs"]
mod signatures;
#[path = "../fuzz/bodies/sources.rs"]
mod sources;
#[path = "../fuzz/bodies/token_response.rs"]
mod token_response;

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use oauthclient::protocol::id_token::same_subject;
use oauthclient::protocol::json_value::Value;

fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let files = std::fs::read_dir(&directory).expect("a corpus").map(|file| file.expect("a file").path());
    let mut inputs: Vec<_> =
        files.map(|path| (path.display().to_string(), std::fs::read(&path).expect("readable"))).collect();
    inputs.sort();
    assert!(inputs.len() > 10, "{target} has {} inputs", inputs.len());
    inputs
}

/// Each input as it is, cut at each place, and with each byte turned into another.
fn run_all(target: &str, bent: usize, run: fn(&[u8])) {
    for (name, input) in inputs(target) {
        let on_panic = Named(&name);
        run(&input);
        let step = (input.len() / bent).max(1);
        for at in (0..input.len()).step_by(step) {
            run(&input[..at]);
            let mut other = input.clone();
            other[at] ^= [0x20, 0x80, 0x01, 0x0e][at % 4];
            run(&other);
        }
        std::mem::forget(on_panic);
    }
}

/// Says which input it was when a check fails.
struct Named<'a>(&'a str);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        eprintln!("with {} or a bent copy of it", self.0);
    }
}

#[test]
fn token_response_inputs_hold_the_invariants() {
    run_all("token_response", 60, token_response::run);
}

#[test]
fn saved_token_inputs_hold_the_invariants() {
    run_all("saved_token", 60, saved_token::run);
}

#[test]
fn certificate_inputs_hold_the_invariants() {
    run_all("certificates", 400, certificates::run);
}

#[test]
fn c_entry_inputs_hold_the_invariants() {
    run_all("c_entry", 20, c_entry::run);
}

#[test]
fn metadata_inputs_hold_the_invariants() {
    run_all("metadata", 60, metadata::run);
}

#[test]
fn device_inputs_hold_the_invariants() {
    run_all("device", 60, device::run);
}

#[test]
fn challenge_inputs_hold_the_invariants() {
    run_all("challenges", 60, challenges::run);
}

#[test]
fn redirect_inputs_hold_the_invariants() {
    run_all("redirect", 60, redirect::run);
}

#[test]
fn key_inputs_hold_the_invariants() {
    run_all("keys", 12, keys::run);
}

#[test]
fn signature_inputs_hold_the_invariants() {
    run_all("signatures", 60, signatures::run);
}

#[test]
fn source_inputs_hold_the_invariants() {
    run_all("sources", 60, sources::run);
}

/// A fraction of a second each; what grows with the square of the length would take many minutes.
#[test]
fn a_mebibyte_of_challenges_is_read_in_linear_time() {
    let pieces = [
        "a",
        "a,",
        "a=",
        "a=b ",
        "a b ",
        "a='b,",
        "a='b' ",
        "a=\"b,c=\"",
        "a=\"b, \\\"=\"",
        "\"",
        "\\\"",
        " ",
        "=",
        "'",
    ];
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for piece in pieces {
            let value = format!("Bearer x=y {}", piece.repeat((1 << 20) / piece.len()));
            let count = oauthclient::protocol::challenge::parse(value.as_bytes()).len();
            sender.send(count).expect("the test waits");
        }
    });
    for piece in pieces {
        let count = receiver.recv_timeout(Duration::from_secs(30));
        assert!(count.is_ok_and(|count| count > 0), "{piece}");
    }
}

/// The same for the audiences of a refreshed ID token, each of which must be among the new ones.
#[test]
fn many_audiences_are_compared_in_linear_time() {
    let audiences = (0..100_000).map(|number| format!("\"{number}\"")).collect::<Vec<_>>().join(",");
    let claims = Value::parse_object(&format!(r#"{{"iss":"i","sub":"s","aud":[{audiences}]}}"#)).expect("an object");
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(same_subject(&claims, &claims)).expect("the test waits"));
    assert_eq!(receiver.recv_timeout(Duration::from_secs(30)), Ok(true));
}

//! Answers of real servers, through the C ABI and a real socket: `cases/answers-2.jsonl`, by `tests/c/answers.c`.
//!
//! One case a line: what is asked, the answer, and what a client makes of it. In `body` and the values of `headers`,
//! `\n \r \t \\ \xHH` are escapes; any other backslash is one.

use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use oauthclient::protocol::deviation;
use oauthclient_test_server::scripted::{Answer, Exchange, Scripted, SeenRequest};
use serde_json::{Map, Value};

use crate::support::c::{Linkage, Program};
use crate::support::calls::authority;

/// What a case may expect; one that is not here would be looked at by nobody.
const EXPECTATIONS: &[&str] = &[
    "ok",
    "status",
    "advice",
    "access_token",
    "refresh_token",
    "expires_in",
    "expiry",
    "deviation",
    "error_class",
    "error",
    "error_description",
    "members",
    "session",
    "session_sends_next",
    "requests_at_most",
    "words_kept",
    "login_kept",
];
const ADVICES: &[&str] = &["RETRY_LATER", "LOG_IN_AGAIN", "FIX_REQUEST", "FIX_CONFIG", "OUTCOME_UNKNOWN"];
/// The bits that the cases name. A case that names none wants none of these.
const DEVIATIONS: &[(&str, u32)] = &[
    ("status", deviation::STATUS),
    ("content coding", deviation::CONTENT_CODING),
    ("truncation", deviation::NO_CLOSE_NOTIFY),
    ("expires_in", deviation::EXPIRES_IN_INVALID),
];
/// What begins a log-in of a device whose poll is the case.
const CODES: &str = r#"{"device_code":"d","user_code":"U","verification_uri":"https://as.example/d","interval":1}"#;
const LOGIN_REQUIRED: &str = "OAUTH_ERROR_LOGIN_REQUIRED";

#[derive(Clone)]
struct Case {
    id: String,
    call: String,
    http_status: u16,
    /// Header lines, each with its end.
    lines: Vec<Vec<u8>>,
    body: Vec<u8>,
    /// Over TLS; the end of the body is that of TCP.
    is_cut: bool,
    expect: Map<String, Value>,
    note: String,
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let (byte, length) = match (first, after) {
            (b'\\', [b'n', ..]) => (b'\n', 2),
            (b'\\', [b'r', ..]) => (b'\r', 2),
            (b'\\', [b't', ..]) => (b'\t', 2),
            (b'\\', [b'\\', ..]) => (b'\\', 2),
            (b'\\', [b'x', high, low, ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).expect("two hexadecimal digits");
                (u8::from_str_radix(digits, 16).expect("two hexadecimal digits"), 4)
            }
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    bytes
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text).expect("memory");
    packed.finish().expect("memory")
}

impl Case {
    fn read(line: &str) -> Self {
        let case: Value = serde_json::from_str(line).expect("each line is JSON");
        let id = text(&case["id"]).to_owned();
        let lines = case["headers"].as_object().expect("headers").iter().map(|(name, value)| {
            let value = unescaped(text(value));
            [name.as_bytes(), b": ", &value, b"\r\n"].concat()
        });
        let mut lines: Vec<_> = lines.collect();
        let body = text(&case["body"]);
        let body = match body.strip_prefix("gzip of ") {
            Some(body) => gzip(&unescaped(body)),
            None => unescaped(body),
        };
        let mut is_cut = false;
        // What only the note says.
        match id.as_str() {
            "body-05" => lines.extend((0..150).map(|number| format!("X-{number}: {number}\r\n").into_bytes())),
            "body-07" => is_cut = true,
            _ => {}
        }
        let expect = case["expect"].as_object().expect("expectations").clone();
        for name in expect.keys() {
            assert!(EXPECTATIONS.contains(&name.as_str()), "{id}: {name} is looked at by nobody");
        }
        Self {
            id,
            call: text(&case["call"]).to_owned(),
            http_status: case["status"].as_u64().and_then(|status| status.try_into().ok()).expect("a status"),
            lines,
            body,
            is_cut,
            expect,
            note: case["note"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// The case as it stands, and what its note asks for besides.
    fn variants(self) -> Vec<Self> {
        let mut all = vec![self.clone()];
        if self.id == "body-04" {
            let is_usual = |line: &[u8]| line.starts_with(b"Content-Type:");
            let (usual, odd): (Vec<_>, Vec<_>) = self.lines.iter().cloned().partition(|line| is_usual(line));
            assert!(usual.len() == 1 && odd.len() == 4, "each of these lines alone");
            all.extend(odd.into_iter().map(|line| {
                let id = format!("{} {}", self.id, String::from_utf8_lossy(&line).escape_debug());
                Self { id, lines: [usual.clone(), vec![line]].concat(), ..self.clone() }
            }));
        }
        if self.expect.contains_key("session_sends_next") {
            all.push(Self { id: format!("{} in a session", self.id), call: "session".to_owned(), ..self });
        }
        all
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {} Said\r\n", self.http_status).into_bytes();
        bytes.extend(self.lines.concat());
        bytes.extend(match self.is_cut {
            true => b"Connection: close\r\n".to_vec(),
            false => format!("Content-Length: {}\r\n", self.body.len()).into_bytes(),
        });
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Gives the answer of the case to all but what has to come before.
    fn server(&self) -> Scripted {
        let (bytes, is_cut, polls) = (Arc::new(self.bytes()), self.is_cut, self.call == "device_poll");
        let handler = move |mut exchange: Exchange| {
            while let Some(request) = exchange.read_request()? {
                if polls && request.target == "/device" {
                    exchange.answer(&Answer::json(200, CODES))?;
                    continue;
                }
                exchange.write(&bytes)?;
                if is_cut {
                    exchange.close_tcp();
                    break;
                }
            }
            Ok(())
        };
        match is_cut {
            true => Scripted::start_tls(handler, &authority().good()),
            false => Scripted::start(handler),
        }
    }

    fn run(&self, program: &Program) -> (Told, Vec<SeenRequest>) {
        let server = self.server();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (ca_file, endpoint) = (authority().pem_file(), server.url(""));
        let members = self.expect.get("members").and_then(Value::as_object);
        let members: Vec<_> = members.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        let printed = program.run(&[
            ("ENDPOINT", &endpoint),
            ("CALL", &self.call),
            ("STORE", directory.path().join("store").to_str().expect("UTF-8")),
            ("CA_FILE", ca_file.path().to_str().expect("UTF-8")),
            ("MEMBERS", &members.join(",")),
        ]);
        (Told::read(&printed), server.requests())
    }

    fn check(&self, program: &Program) {
        let (told, requests) = self.run(program);
        let path = match self.call.as_str() {
            "revoke" => "/revoke",
            "device" => "/device",
            "userinfo" => "/userinfo",
            _ => "/token",
        };
        let requests: Vec<_> = requests.into_iter().filter(|request| request.target == path).collect();
        match self.call.as_str() {
            "session" => self.check_session(&told, &requests),
            _ => {
                assert_eq!(requests.len(), 1, "{}: {told:#?}", self.id);
                self.check_call(&told);
            }
        }
    }

    /// One call, or the last one of a session.
    fn check_call(&self, told: &Told) {
        let (id, expect) = (&self.id, &self.expect);
        let status = told.last("status");
        match expect.get("ok").map(|ok| ok.as_bool().expect("a bool")) {
            Some(true) => {
                assert_eq!(status, Some("OAUTH_OK"), "{id}: {told:#?}");
                // Whatever else is expected: the token is that of the answer.
                let body = serde_json::from_slice::<Value>(&self.body).unwrap_or_default();
                if let Some(sent) = body["access_token"].as_str() {
                    assert_eq!(told.last("access_token"), Some(sent), "{id}: {told:#?}");
                }
            }
            Some(false) => self.check_failure(told),
            None => {}
        }
        if let Some(name) = expect.get("status") {
            assert_eq!(status, Some(format!("OAUTH_ERROR_{}", text(name)).as_str()), "{id}: {told:#?}");
            assert_eq!(told.last("http_status"), Some(self.http_status.to_string().as_str()), "{id}: {told:#?}");
        }
        for name in ["advice", "access_token", "refresh_token", "error", "error_description"] {
            if let Some(value) = expect.get(name) {
                assert_eq!(told.last(name), Some(text(value)), "{id}: {name}: {told:#?}");
            }
        }
        for (name, printed) in [("expires_in", "expires_in"), ("expiry", "expires_at")] {
            if let Some(value) = expect.get(name) {
                let value = if value.is_null() { -1 } else { value.as_i64().expect("a number") };
                assert_eq!(told.last(printed), Some(value.to_string().as_str()), "{id}: {name}: {told:#?}");
            }
        }
        for (name, value) in expect.get("members").and_then(Value::as_object).into_iter().flatten() {
            assert_eq!(told.last(&format!("text.{name}")), Some(text(value)), "{id}: {told:#?}");
            let raw = told.last(&format!("raw.{name}")).expect("it is printed");
            assert_eq!(serde_json::from_str::<Value>(raw).ok().as_ref(), Some(value), "{id}: {raw}");
        }
        if let Some(bits) = told.last("deviations") {
            let bits = u32::from_str_radix(bits, 16).expect("hexadecimal digits");
            let named = DEVIATIONS.iter().fold(0, |all, (_, bit)| all | bit);
            let wanted = expect.get("deviation").map_or(0, |name| {
                DEVIATIONS.iter().find(|(known, _)| *known == text(name)).expect("a deviation that is known").1
            });
            assert_eq!(bits & named, wanted, "{id}: {told:#?}");
        } else {
            assert!(!expect.contains_key("deviation"), "{id}: nothing says how it deviates: {told:#?}");
        }
        if self.call == "device" {
            let sent = |name: &str| {
                form_urlencoded::parse(&self.body).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
            };
            for name in ["user_code", "verification_uri"] {
                assert_eq!(told.last(name), sent(name).as_deref(), "{id}: {told:#?}");
            }
        }
    }

    fn check_failure(&self, told: &Told) {
        let status = told.last("status").unwrap_or_default();
        let statuses: &[&str] = match self.expect.get("error_class").map(text) {
            Some("oauth_error") => &["OAUTH_ERROR_PROVIDER"],
            Some("http_error") => &["OAUTH_ERROR_HTTP"],
            Some("parse_error" | "invalid_response") => &["OAUTH_ERROR_INVALID_RESPONSE"],
            None if self.expect.contains_key("error") => &["OAUTH_ERROR_PROVIDER"],
            None => &["OAUTH_ERROR_PROVIDER", "OAUTH_ERROR_HTTP"],
            other => panic!("unknown error class {other:?}"),
        };
        assert!(statuses.contains(&status), "{}: {told:#?}", self.id);
        // A session repeats the last failure during its pause, without the response.
        if self.call != "session" {
            assert_eq!(told.last("http_status"), Some(self.http_status.to_string().as_str()), "{}: {told:#?}", self.id);
        }
    }

    /// What two sessions made of it: the first one was asked five times, then the second one once.
    fn check_session(&self, told: &Told, requests: &[SeenRequest]) {
        let (id, expect) = (&self.id, &self.expect);
        let (first, second): (Vec<_>, Vec<_>) =
            requests.iter().partition(|request| request.header("user-agent") == Some("first"));
        let sent: Vec<_> = requests.iter().filter_map(|request| request.form_value("refresh_token")).collect();
        assert_eq!(sent.len(), requests.len(), "{id}: a request without a refresh token");
        assert_eq!(sent.first().map(String::as_str), Some("R1"), "{id}: {told:#?}");
        let statuses = told.all("status");
        assert_eq!((statuses.len(), told.all("second.status").len()), (5, 1), "{id}: {told:#?}");

        match expect.get("session").map(text) {
            Some("LOGIN_REQUIRED") => {
                let before = statuses.iter().take_while(|status| **status != LOGIN_REQUIRED).count();
                assert!(before < statuses.len(), "{id}: the login does not end: {told:#?}");
                assert!(statuses[before..].iter().all(|status| *status == LOGIN_REQUIRED), "{id}: {told:#?}");
                assert_eq!(told.last("second.status"), Some(LOGIN_REQUIRED), "{id}: {told:#?}");
                assert_eq!(told.last("advice"), Some("LOG_IN_AGAIN"), "{id}: {told:#?}");
            }
            Some("not LOGIN_REQUIRED") => {
                let all = statuses.iter().chain(&told.all("second.status")).copied().collect::<Vec<_>>();
                assert!(all.iter().all(|status| *status != LOGIN_REQUIRED), "{id}: {told:#?}");
            }
            Some(other) => panic!("{id}: unknown end {other}"),
            None => self.check_call(told),
        }
        if expect.get("ok") == Some(&Value::Bool(true)) {
            // One renewal gave a token that is good for all of them.
            assert_eq!((statuses, first.len()), (vec!["OAUTH_OK"; 5], 1), "{id}: {told:#?}");
            assert_eq!((told.last("second.status"), second.len()), (Some("OAUTH_OK"), 0), "{id}: {told:#?}");
            assert_eq!(told.last("second.access_token"), told.last("access_token"), "{id}: {told:#?}");
        }
        if let Some(most) = expect.get("requests_at_most") {
            assert!(requests.len() as u64 <= most.as_u64().expect("a number"), "{id}: {sent:?}: {told:#?}");
        }
        if expect.get("words_kept") == Some(&Value::Bool(true)) {
            assert!(second.is_empty(), "{id}: it asked again");
            for prefix in ["", "second."] {
                self.check_words(prefix, told);
            }
        }
        if expect.get("login_kept") == Some(&Value::Bool(true)) {
            assert!(first.len() > 1 && !second.is_empty(), "{id}: it was not asked again: {told:#?}");
            assert!(sent.iter().all(|sent| sent == "R1"), "{id}: {sent:?}: {told:#?}");
        }
        if let Some(next) = expect.get("session_sends_next") {
            assert!(first.len() > 1 && !second.is_empty(), "{id}: it was not asked again: {told:#?}");
            assert!(sent[1..].iter().all(|sent| sent == text(next)), "{id}: {sent:?}: {told:#?}");
        }
        // A note may name the advice.
        if let Some(advice) = ADVICES.iter().find(|advice| self.note.contains(*advice)) {
            for name in ["advice", "second.advice"] {
                assert!(told.all(name).iter().all(|said| said == advice), "{id}: not {advice}: {told:#?}");
            }
        }
    }

    /// The words of the server's error are in the error, and the message says the HTTP status.
    fn check_words(&self, prefix: &str, told: &Told) {
        fn collect(value: &Value, words: &mut Vec<String>) {
            match value {
                Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
                Value::Object(members) => {
                    for (name, member) in members {
                        let is_said = ["error", "errorType", "error_description", "message"].contains(&name.as_str());
                        match member.as_str() {
                            Some(text) if is_said => words.push(text.to_owned()),
                            _ => collect(member, words),
                        }
                    }
                }
                _ => {}
            }
        }
        let mut words = Vec::new();
        if !self.body.is_empty() {
            collect(&serde_json::from_slice(&self.body).expect("JSON"), &mut words);
            assert!(!words.is_empty(), "{}: there are no words to keep", self.id);
        }
        let said = [told.last(&format!("{prefix}error")), told.last(&format!("{prefix}error_description"))];
        for word in &words {
            assert!(said.contains(&Some(word)), "{}: {prefix}{word}: {told:#?}", self.id);
        }
        let message = told.last(&format!("{prefix}message")).unwrap_or_default();
        assert!(message.contains(&format!("HTTP {}", self.http_status)), "{}: {told:#?}", self.id);
    }
}

/// The lines that the program has printed, in order.
#[derive(Debug)]
struct Told(Vec<(String, String)>);

impl Told {
    fn read(printed: &str) -> Self {
        let lines = printed.lines().map(|line| line.split_once('=').expect("a name and a value"));
        Self(lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// What was said of the last call. `second.NAME` is of the second session's call, the others are of the first.
    fn last(&self, name: &str) -> Option<&str> {
        let status = if name.starts_with("second.") { "second.status" } else { "status" };
        let start = self.0.iter().rposition(|(known, _)| known == status)?;
        self.0[start..].iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[test]
fn every_answer_is_understood() {
    let cases: Vec<_> = include_str!("../cases/answers-2.jsonl").lines().map(Case::read).collect();
    assert!(cases.len() > 30);
    let program = Program::build("answers", Linkage::Shared);
    // Sessions wait for their own pauses, and do so side by side.
    let failed: Vec<String> = std::thread::scope(|scope| {
        let started = cases.into_iter().flat_map(Case::variants).map(|case| {
            let program = &program;
            (case.id.clone(), scope.spawn(move || case.check(program)))
        });
        let started: Vec<_> = started.collect();
        started.into_iter().filter_map(|(id, thread)| thread.join().is_err().then_some(id)).collect()
    });
    assert!(failed.is_empty(), "{failed:#?}");
}

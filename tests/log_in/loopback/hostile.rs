//! Crowds of clients that want no good, against a listener in a process of its own, so that its memory is its alone.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use oauthclient::transport::loopback::gate::Expected;
use oauthclient::transport::loopback::listener::Listener;

use crate::loopback::{EXPECTED, RIGHT, answer, connect, get, is_right, options, right, runtime, send};

const MODE: &str = "OAUTHCLIENT_TEST_LOOPBACK";
const CLIENTS: usize = 8;
const HOSTILE: usize = 10_000;
/// Descriptors of the listening process: its connections are fewer, whoever else comes.
const DESCRIPTORS: usize = 128;
/// Less than a refused client is seen off in, while which it keeps its descriptor.
const LITTLE_TIME: Duration = Duration::from_millis(700);

/// A field of this process in /proc, in KiB.
fn memory(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("the field");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("KiB")
}

/// Of this thread so far.
fn cpu_time() -> Duration {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(times.split(' ').next().and_then(|number| number.parse().ok()).expect("nanoseconds"))
}

fn say(what: &str, value: impl std::fmt::Display) {
    println!("\n{what}={value}");
}

/// Runs in a child of the tests below.
#[test]
fn child_listens() {
    let mode = std::env::var(MODE).unwrap_or_default();
    let mut options = options();
    options.check_browser = mode == "crowd";
    let mut listener = Listener::open(&options).expect("a free port");
    if mode == "crowd" {
        let before = memory("VmRSS");
        say("address", crate::loopback::address(&listener));
        say("browser_url", listener.browser_url().expect("it is checked").as_str());
        runtime().block_on(listener.wait(&EXPECTED)).expect("the right one");
        say("grown", memory("VmHWM") - before);
    } else if mode == "descriptors" {
        let taken = std::sync::Mutex::new(Vec::new());
        let take_all = |redirect: &str| {
            let mut taken = taken.lock().expect("no panic");
            while let Ok(file) = std::fs::File::open("/dev/null") {
                taken.push(file);
            }
            is_right(redirect)
        };
        say("address", crate::loopback::address(&listener));
        let runtime = runtime();
        let taking = Expected { is_answered_by: &take_all, ..EXPECTED };
        let while_full = async { tokio::time::timeout(LITTLE_TIME, listener.wait(&taking)).await };
        runtime.block_on(while_full).expect_err("nobody can be accepted");
        taken.lock().expect("no panic").clear();
        say("used_ms", cpu_time().as_millis());
        runtime.block_on(listener.wait(&EXPECTED)).expect("the right one");
    }
}

struct Listening {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Listening {
    fn start(mode: &str) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", &format!("ulimit -n {DESCRIPTORS}; exec \"$0\" \"$@\"")])
            .arg(std::env::current_exe().expect("this test's path"))
            .args(["--exact", "loopback::hostile::child_listens", "--nocapture", "--test-threads=1"])
            .env(MODE, mode)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, lines }
    }

    fn hears(&mut self, what: &str) -> String {
        let mut lines = self.lines.by_ref().lines().map(|line| line.expect("text"));
        let value = lines.find_map(|line| Some(line.strip_prefix(what)?.strip_prefix('=')?.to_owned()));
        value.unwrap_or_else(|| panic!("the child ended without {what}"))
    }

    fn ends_well(mut self) {
        assert!(self.child.wait().expect("it ends").success());
    }
}

/// Client `number`; what stays open is kept.
fn hostile(address: &str, number: usize) -> Option<TcpStream> {
    let form = "POST /cb HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let request = match number % 14 {
        0 => Vec::new(),
        1 => b"GET /cb?code=".to_vec(), // and silence
        2 => get("/elsewhere?code=s3cret&state=right"),
        3 => get("/favicon.ico"),
        4 | 5 => get(&format!("/cb?code=s3cret&state=wrong{number}")),
        6 => format!("GET /cb HTTP/1.1\r\nX: {}", "x".repeat(70_000)).into(),
        7 => (0..200).map(|at| (number * 31 + at * 17) as u8).collect(),
        8 => form.into(), // no length, and no end
        9 => format!("{form}Transfer-Encoding: chunked\r\n\r\n5\r\nstate").into(),
        10 => b"GET /cb?code=s3cret&state=right\r\n".to_vec(),
        11 => right(),
        12 => format!("{form}Content-Length: 60000\r\n\r\n{:x>1$}", RIGHT, 60_000).into(), // kept for its cookie
        _ => [get("/favicon.ico"), right()].concat(),
    };
    let mut socket = TcpStream::connect(address).expect("it listens");
    drop(socket.write_all(&request));
    let is_fifth = number.is_multiple_of(5);
    match number % 14 {
        0 | 6 | 8 if !is_fifth => None,
        0 | 1 | 6 | 8 => Some(socket),
        _ => {
            // Some wait for the answer, some are gone before it comes. It may be cut off in a crowd, not be another.
            let mut start = [0; 12];
            let answered = !is_fifth && socket.read_exact(&mut start).is_ok();
            let is = |status: &[u8]| start.ends_with(status);
            let expected = is(b" 400") || is(b" 403") && number % 14 == 11 || is(b" 303") && number % 14 == 12;
            assert!(!answered || expected, "{}", String::from_utf8_lossy(&start));
            None
        }
    }
}

/// The right redirect, from the browser that was opened.
fn right_with_cookie(address: &str, browser_url: &str) -> TcpStream {
    let path = browser_url.strip_prefix(&format!("http://{address}")).expect("of this listener");
    let begun = answer(send(address, &get(path)));
    let cookie = begun.lines().find_map(|line| line.strip_prefix("Set-Cookie: ")?.split(';').next()).expect("a cookie");
    send(address, format!("GET /cb?{RIGHT} HTTP/1.1\r\nCookie: other=1; {cookie}\r\n\r\n").as_bytes())
}

#[test]
fn the_redirect_is_found_among_ten_thousand_connections_in_bounded_memory() {
    let mut listening = Listening::start("crowd");
    let address = listening.hears("address");
    let browser_url = listening.hears("browser_url");
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let address = &address;
            scope.spawn(move || {
                let mut open = VecDeque::new();
                for number in (client..HOSTILE).step_by(CLIENTS) {
                    open.extend(hostile(address, number));
                    if open.len() > 40 {
                        open.pop_front();
                    }
                }
            });
        }
    });
    let _browser = right_with_cookie(&address, &browser_url);
    let grown: usize = listening.hears("grown").parse().expect("KiB");
    assert!(grown < 4 * 1024, "{grown} KiB");
    listening.ends_well();
}

/// More than there may be at once, and more than the process has descriptors.
#[test]
fn silent_connections_do_not_block_the_redirect() {
    let mut listening = Listening::start("crowd");
    let address = listening.hears("address");
    let browser_url = listening.hears("browser_url");
    let started = Instant::now();
    let _silent: Vec<_> = (0..200).map(|_| connect(&address)).collect();
    let _browser = right_with_cookie(&address, &browser_url);
    listening.hears("grown");
    assert!(started.elapsed() < Duration::from_secs(5), "it waited until their time was up");
    listening.ends_well();
}

#[test]
fn without_free_descriptors_the_listener_waits_without_spinning() {
    let mut listening = Listening::start("descriptors");
    let address = listening.hears("address");
    let mut refused = send(&address, &get("/cb?state=wrong"));
    refused.read_exact(&mut [0; 12]).expect("an answer"); // now there are none left
    let _browser = send(&address, &right());
    let used_ms: u64 = listening.hears("used_ms").parse().expect("ms");
    assert!(used_ms < 350, "{used_ms} ms of processor time in 700 ms without descriptors");
    listening.ends_well();
}

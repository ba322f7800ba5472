//! What `src/store/FORMAT.md` shows is what the code writes and reads.

use std::fs;

use oauthclient::protocol::owner::{Owner, Parts};
use oauthclient::protocol::saved_session::SavedSession;
use oauthclient::source::Source;
use oauthclient::source::file::File;
use oauthclient::store::file::Files;
use oauthclient::store::options::Options;
use oauthclient::store::{Key, Store};

use crate::contract::{key, load, locked, save};
use crate::file::{kept, names, open, place};

const PAGE: &str = include_str!("../../src/store/FORMAT.md");

/// The blocks of this kind, as they stand between their fences.
fn blocks(kind: &str) -> Vec<&'static str> {
    let block = |rest: &'static str| rest.split("\n```").next().expect("it has an end");
    PAGE.split(&format!("\n```{kind}")).skip(1).map(block).collect()
}

fn vector(name: &str) -> &'static str {
    let found = blocks(&format!("vector {name}\n"));
    assert_eq!(found.len(), 1, "{name}");
    found[0]
}

fn bytes(digits: &str) -> Vec<u8> {
    let digits: Vec<char> = digits.chars().filter(|digit| *digit != '\n').collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).expect("hexadecimal digits");
    digits.chunks(2).map(byte).collect()
}

fn owner() -> Owner {
    let issuer = Some("https://as.example");
    Owner::new(Parts { key: "work", issuer, client_id: Some("client"), ..Parts::default() })
}

/// Where the login of the vectors is kept.
fn login() -> Key {
    key("work").of(owner().as_json())
}

/// The text of the plain record, without its line.
fn text() -> &'static str {
    vector("plain").split_once('\n').expect("a line").1
}

#[test]
fn the_owner_and_the_place_are_those_of_the_page() {
    assert_eq!(owner().as_json(), vector("owner"));
    assert_eq!(login().as_str(), vector("place"));
}

#[test]
fn the_identity_of_a_source_is_that_of_the_page() {
    let source = File::new("/var/run/secrets/tokens/api", None).expect("a good source");
    assert_eq!(source.identity(), vector("source"));
    let other = File::new("/var/run/secrets/tokens/api", Some("")).expect("a good source");
    assert_ne!(other.identity(), source.identity());
}

#[test]
fn the_records_of_the_page_are_read_and_written_again_as_they_are() {
    for text in [text(), vector("refused")] {
        let (found, saved) = SavedSession::read(text.as_bytes()).expect("a record");
        assert_eq!(found, owner());
        assert_eq!(saved.write(&found).as_str(), Some(text));
    }
    let (_, saved) = SavedSession::read(text().as_bytes()).expect("a record");
    let token = saved.token.expect("a token");
    assert_eq!(token.access_token.as_ref().map(|token| token.as_str()), Some("AT-1"));
    assert_eq!((saved.renewal_began_s, token.expires_at_s), (Some(1_800_003_500), Some(1_800_003_600)));
    let (_, refused) = SavedSession::read(vector("refused").as_bytes()).expect("a record");
    assert!(!refused.login_required(), "the first refusal that is not final");
}

#[test]
fn a_plain_record_is_the_one_of_the_page_and_lies_where_it_says() {
    let (_outer, directory) = place();
    let store = open(&directory);
    save(&store, &login(), text().as_bytes());
    assert_eq!(fs::read_to_string(kept(&directory)).expect("a file"), vector("plain"));
    assert_eq!(kept(&directory).file_name().expect("a name"), vector("file"));
    fs::write(directory.join(vector("file")), vector("plain")).expect("written by somebody else");
    assert_eq!(load(&store, &login()).as_deref(), Some(text().as_bytes()));
}

#[test]
fn the_sealed_record_of_the_page_opens_and_the_next_one_follows_it() {
    let (_outer, directory) = place();
    let mut options = Options::default();
    options.set_encryption_key(&bytes(vector("encryption-key")));
    let store = Files::open(&directory, Options::check(Some(&options)).expect("good options")).expect("a store");
    let file = directory.join(vector("file"));
    let sealed = bytes(vector("sealed"));
    fs::write(&file, &sealed).expect("written by somebody else");
    assert_eq!(load(&store, &login()).as_deref(), Some(text().as_bytes()));
    save(&store, &login(), b"{}");
    let next = fs::read(&file).expect("a file");
    assert_eq!(next[..21], sealed[..21], "mark, version, check");
    assert_eq!(next.len() - 37 - 16, "oauthclient-record 1 00112233445566778899aabbccddeeff 4\n{}".len());
    fs::write(&file, &sealed).expect("put back");
    assert!(store.load(&login()).is_err(), "its series has a higher number");
}

/// The holder is named in 32 bytes while it has the lock, and nobody is afterwards.
#[cfg(target_os = "linux")]
#[test]
fn the_lock_file_says_who_has_it() {
    let (_outer, directory) = place();
    let lock = locked(&open(&directory), &login());
    let file = names(&directory, ".lock").remove(0);
    let stat = fs::read_to_string("/proc/self/stat").expect("it runs");
    let after_name = stat.rsplit_once(") ").expect("a name in parentheses").1;
    let started: u64 = after_name.split(' ').nth(19).expect("field 22").parse().expect("a number");
    let named = format!("{:010} {started:020}\n", std::process::id());
    assert_eq!(fs::read_to_string(&file).expect("a file"), named);
    assert_eq!(named.len(), 32);
    assert_eq!(fs::metadata(&names(&directory, ".alive")[0]).expect("a file").len(), 0);
    let digest = vector("file").trim_start_matches("work-").trim_end_matches(".session");
    assert_eq!(file.file_name().expect("a name"), format!(".{digest}.lock").as_str());
    drop(lock);
    assert_eq!(fs::read_to_string(&file).expect("a file"), format!("{:010} {:020}\n", 0, 0));
}

#[test]
fn the_scripts_of_the_page_are_those_that_are_sent() {
    let source = include_str!("../../src/store/redis/scripts.rs");
    let sent: Vec<&str> =
        source.split("Script::new(\n    \"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect();
    assert_eq!(blocks("lua"), sent);
    assert_eq!(sent.len(), 6);
}

#[cfg(feature = "redis")]
#[test]
fn redis_has_the_key_and_the_fields_of_the_page() {
    use crate::redis_server::{RedisServer, is_installed};
    use oauthclient::store::Written;
    use oauthclient::store::redis::Redis;
    use std::collections::BTreeMap;

    if !is_installed() {
        return;
    }
    let server = RedisServer::start(&[]);
    let store = Redis::open(&server.url(), Options::check(None).expect("good options")).expect("a store");
    let mut lock = locked(&store, &login());
    let Ok(Written::Done(first)) = lock.save(b"a token", None) else { panic!("saved") };
    let Ok(Written::Done(number)) = lock.save(b"the next token", None) else { panic!("saved") };
    assert_eq!(lock.write(text().as_bytes(), Some(number), None).expect("saved"), Written::Done(number));
    let mut admin = server.admin();
    let mut ask = |words: &[&str]| redis::cmd(words[0]).arg(&words[1..]).query::<redis::Value>(&mut admin);
    let answer = ask(&["HGETALL", vector("redis")]).expect("it is there");
    let fields: BTreeMap<String, String> = redis::from_redis_value(answer).expect("a hash of texts");
    let number_of = |name: &str| fields[name].parse::<u64>().expect("a number");
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["before", "by", "fence", "number", "value"]);
    assert_eq!((&*fields["value"], number_of("number"), number_of("before")), (text(), number.own, first.own));
    assert_eq!(number_of("fence"), number.own + 1);
    let holder = ask(&["GET", &vector("redis").replace("login", "lock")]).expect("it is there");
    let holder: String = redis::from_redis_value(holder).expect("a text");
    assert_eq!(fields["by"], format!("{holder}3"));
    assert!(holder.len() == 32 && holder.bytes().all(|digit| digit.is_ascii_hexdigit()), "{holder}");
}

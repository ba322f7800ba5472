//! `examples-c/pkcs11.c`: the key of a client in a token (PKCS#11), here SoftHSM's, which signs and never gives it out.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::support::c::{Program, run_bounded};
use super::support::skipped::say_skipped;
use super::*;

const PIN: &str = "871523";
const TOKEN: &str = "oauthclient test";
/// Where distributions have it.
const MODULES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// A token of its own, in a directory that goes with it.
struct Hardware {
    directory: tempfile::TempDir,
    module: &'static str,
}

impl Hardware {
    fn new() -> Option<Self> {
        let module = MODULES.into_iter().find(|module| Path::new(module).exists());
        let missing =
            |program: &str| Command::new(program).stdout(Stdio::null()).stderr(Stdio::null()).status().is_err();
        let Some(module) = module.filter(|_| !missing("softhsm2-util") && !missing("pkcs11-tool")) else {
            say_skipped("SoftHSM or pkcs11-tool is missing: install them (Debian: apt install softhsm2 opensc)");
            return None;
        };
        let hardware = Self { directory: tempfile::tempdir().expect("a temporary directory"), module };
        let tokens = hardware.directory.path().join("tokens");
        std::fs::create_dir(&tokens).expect("a directory");
        std::fs::write(
            hardware.settings(),
            format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display()),
        )
        .expect("written");
        hardware.tool("softhsm2-util", &["--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", PIN]);
        Some(hardware)
    }

    fn settings(&self) -> PathBuf {
        self.directory.path().join("softhsm2.conf")
    }

    fn tool(&self, program: &str, arguments: &[&str]) {
        let output = run_bounded(
            Command::new(program).args(arguments).env("SOFTHSM2_CONF", self.settings()),
            std::time::Duration::from_secs(60),
        );
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Makes a key inside the token.
    fn make(&self, kind: &str) {
        let key = ["--keypairgen", "--key-type", kind, "--label", kind, "--usage-sign"];
        let token = ["--module", self.module, "--token-label", TOKEN, "--login", "--pin", PIN];
        self.tool("pkcs11-tool", &[&token[..], &key].concat());
    }

    fn run(&self, program: &Program, key: &str, settings: &[(&str, &str)], only_jwk: bool) -> Output {
        let mut command = Command::new(program.path());
        command.args(only_jwk.then_some("--jwk")).args([self.module, TOKEN, key]);
        command.env("SOFTHSM2_CONF", self.settings()).env("PKCS11_PIN", PIN).envs(settings.iter().copied());
        run_bounded(&mut command, std::time::Duration::from_secs(60))
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn a_key_that_never_leaves_its_token_proves_who_the_client_is() {
    let (Some(interop), Some(hardware)) = (interop(), Hardware::new()) else { return };
    let program = Program::example("pkcs11");
    for (kind, algorithm) in [("EC:prime256v1", "ES256"), ("EC:secp384r1", "ES384"), ("rsa:2048", "PS256")] {
        hardware.make(kind);
        let jwk = hardware.run(&program, kind, &[], true);
        assert!(jwk.status.success(), "{kind}: {}", text(jwk.stderr));
        let jwk: serde_json::Value = serde_json::from_slice(&jwk.stdout).expect("a JWK is JSON");
        let client = jose::register(interop, algorithm, jwk);
        let settings = [("OAUTH_ISSUER", interop.issuer()), ("OAUTH_CLIENT_ID", client.as_str())];
        let output = hardware.run(&program, kind, &settings, false);
        assert!(output.status.success(), "{kind}: {}", text(output.stderr));
        let token = text(output.stdout);
        let seen = super::client(interop, "RESOURCE_SERVER").introspect(token.trim(), None, None).expect("an answer");
        assert_eq!(seen.json.string("client_id"), Some(client.as_str()), "{kind}");
    }
}

#[test]
fn a_token_that_does_not_sign_is_an_error_and_nothing_is_sent() {
    let (Some(interop), Some(hardware)) = (interop(), Hardware::new()) else { return };
    let program = Program::example("pkcs11");
    hardware.make("EC:prime256v1");
    let settings = [("OAUTH_ISSUER", interop.issuer()), ("OAUTH_CLIENT_ID", "key_es256")];
    for (key, more, says) in [
        ("EC:prime256v1", ("PKCS11_PIN", "000000"), "C_Login: PKCS#11 error 0xa0"),
        ("no such key", ("PKCS11_PIN", PIN), "no private key no such key"),
        ("EC:prime256v1", ("OAUTH_ISSUER", interop.issuer()), "invalid_client"), // its key is not registered
    ] {
        let output = hardware.run(&program, key, &[&settings[..], &[more]].concat(), false);
        assert!(!output.status.success() && output.stdout.is_empty());
        let said = text(output.stderr);
        assert!(said.contains(says), "{said}");
    }
}

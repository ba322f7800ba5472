//! Writes `oauth.h` from `src/ffi` into the build directory; into `include/` too when `OAUTHCLIENT_WRITE_HEADER` is set.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=src/ffi");
    println!("cargo:rerun-if-changed=cbindgen.toml");
    println!("cargo:rerun-if-env-changed=OAUTHCLIENT_WRITE_HEADER");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Thread-local destructors and a resolver's last instructions outlive dlclose.
        println!("cargo:rustc-link-arg-cdylib=-Wl,-z,nodelete");
    }
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let header = header(&root);
    let out = PathBuf::from(env::var("OUT_DIR").expect("set by cargo")).join("oauth.h");
    fs::write(&out, &header).expect("OUT_DIR is writable");
    if env::var_os("OAUTHCLIENT_WRITE_HEADER").is_some() {
        fs::write(root.join("include/oauth.h"), &header).expect("include/ is writable");
    }
}

fn header(root: &Path) -> Vec<u8> {
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is valid");
    let version = env::var("CARGO_PKG_VERSION").expect("set by cargo");
    let part = |name: &str| env::var(name).expect("set by cargo");
    config.after_includes = Some(format!(
        "{}\n/** The version of this header; oauth_version() says which library is loaded. */\n\
         #define OAUTH_VERSION_MAJOR {}\n#define OAUTH_VERSION_MINOR {}\n#define OAUTH_VERSION_PATCH {}\n\
         #define OAUTH_VERSION_STRING \"{version}\"\n",
        config.after_includes.unwrap_or_default(),
        part("CARGO_PKG_VERSION_MAJOR"),
        part("CARGO_PKG_VERSION_MINOR"),
        part("CARGO_PKG_VERSION_PATCH"),
    ));
    let mut builder = cbindgen::Builder::new().with_config(config);
    // In the order in which a reader needs them.
    for file in [
        "status",
        "error",
        "response",
        "members",
        "token",
        "params",
        "cancel",
        "options",
        "callbacks",
        "config",
        "server",
        "client",
        "store",
        "store_callbacks",
        "store_redis",
        "store_keyring",
        "session_options",
        "session",
        "metadata",
        "token_endpoint",
        "grants",
        "authorization",
        "listener",
        "browser",
        "log_in",
        "device_authorization",
        "revocation",
        "introspection",
        "userinfo",
        "challenges",
        "version",
    ] {
        builder = builder.with_src(root.join(format!("src/ffi/{file}.rs")));
    }
    let mut bytes = Vec::new();
    builder.generate().expect("src/ffi can be described in C").write(&mut bytes);
    bytes
}

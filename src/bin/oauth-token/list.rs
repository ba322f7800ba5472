//! The profiles of the user.

use std::fs;
use std::io::ErrorKind;

use oauthclient::profile::Profile;
use oauthclient::profile::environment::Environment;
use oauthclient::secret::SecretBytes;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::format::{append_member, timestamp};
use crate::option::Name;
use crate::output;
use crate::status::{Standing, State};

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let mut out = SecretBytes::default();
    let is_json = arguments.has(Name::Json);
    let mut between: &[u8] = b"[";
    for name in names(&environment)? {
        let (state, issuer, expires_at_s) = match standing(&name, &environment) {
            Ok((profile, standing)) => (
                standing.state.word().to_owned(),
                profile.issuer().unwrap_or_default().to_owned(),
                standing.expires_at_s,
            ),
            Err(failure) => (format!("cannot be used: {}", failure.message), String::new(), None),
        };
        if is_json {
            out.extend(between);
            between = b",";
            out.push(b'{');
            append_member(&mut out, "profile", &name);
            out.push(b',');
            append_member(&mut out, "state", &state.replace("login required", "login_required"));
            out.push(b',');
            append_member(&mut out, "issuer", &issuer);
            if let Some(at_s) = expires_at_s {
                out.extend_all([b",\"expires_at\":", at_s.to_string().as_bytes()]);
            }
            out.push(b'}');
        } else {
            let until = expires_at_s.filter(|_| state == State::Valid.word());
            let until = until.map(|at_s| format!("until {}", timestamp(at_s))).unwrap_or_default();
            let line = format!("{name:<16} {state:<15} {until:<27} {issuer}");
            out.extend_all([line.trim_end().as_bytes(), b"\n"]);
        }
    }
    if is_json {
        out.extend(if between == b"[" { b"[]\n" } else { b"]\n" });
    }
    output::print(&out)
}

fn standing(name: &str, environment: &Environment<'_>) -> Result<(Profile, Standing), Failure> {
    let profile = Profile::read(name, environment)?;
    let standing = Standing::of(&profile.open()?, &profile);
    Ok((profile, standing))
}

fn names(environment: &Environment<'_>) -> Result<Vec<String>, Failure> {
    let Some(directory) = environment.directory() else { return Ok(Vec::new()) };
    let entries = match fs::read_dir(&directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => {
            entries.map_err(|error| Failure::new(crate::failure::OTHER, format!("{}: {error}", directory.display())))?
        }
    };
    let name = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        // Shells complete these names, and would run what others have in them.
        name.strip_suffix(".toml").filter(|name| Profile::may_be_called(name)).map(str::to_owned)
    };
    let mut names: Vec<String> = entries.flatten().filter_map(name).collect();
    names.sort();
    Ok(names)
}

//! Completion for shells.

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output;

const SCRIPTS: [(&str, &str); 3] = [
    ("bash", include_str!("../../../share/bash-completion/completions/oauth-token")),
    ("zsh", include_str!("../../../share/zsh/site-functions/_oauth-token")),
    ("fish", include_str!("../../../share/fish/vendor_completions.d/oauth-token.fish")),
];

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let shell = arguments.name();
    match SCRIPTS.iter().find(|(known, _)| *known == shell) {
        Some((_, script)) => output::print(script.as_bytes()),
        None => Err(Failure::usage(format!("there is no completion for {shell}: bash, zsh or fish"))),
    }
}

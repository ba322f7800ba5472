//! The text of `oauth-token help`.

use std::fmt::Write;

use oauthclient::profile::member::Member;

use crate::option::{self, Name};
use crate::verb::Verb;

const EXIT_CODES: [(u8, &str); 9] = [
    (0, "done"),
    (1, "something failed on this machine"),
    (2, "the command line is wrong"),
    (3, "a login is required"),
    (4, "the server was not reached, or asks to come again later: try again"),
    (5, "the profile, a variable or an option is wrong"),
    (6, "the server or the user refused, or the answer cannot be used"),
    (7, "the store of the logins failed"),
    (8, "the login was deleted here, and not revoked at the server"),
];

pub fn text() -> String {
    let mut text = String::from(
        "oauth-token: a valid OAuth 2 access token, for programs that take one.\n\n\
         \x20   oauth-token login work --issuer https://as.example --client-id ID    # once\n\
         \x20   oauth-token work                                                     # prints a token\n\n",
    );
    for (_, word, after, what) in Verb::ALL {
        _ = writeln!(text, "  {:<28} {what}", format!("{word} {after}").trim_end());
    }
    text.push_str("\nOptions:\n");
    for (_, word, value, what) in option::ALL {
        _ = writeln!(text, "  {:<28} {what}", format!("--{word} {value}").trim_end());
    }
    text.push_str("\nMembers of a profile, for login and client-credentials; they are remembered:\n");
    for (member, name) in Member::ALL.into_iter().filter(|(member, _)| Name::Member(*member).is_for(Verb::Login)) {
        let more = if member == Member::Resource { " (more than once)" } else { "" };
        _ = writeln!(text, "  --{} VALUE{more}", name.replace('_', "-"));
    }
    text.push_str("\nExit codes:\n");
    for (code, what) in EXIT_CODES {
        _ = writeln!(text, "  {code}  {what}");
    }
    text.push_str("\nThe variables OAUTH_ISSUER, OAUTH_CLIENT_ID and so on take the place of members of a profile.\n");
    text
}

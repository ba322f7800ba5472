//! The options, and which verbs take them.

use oauthclient::profile::member::Member;

use crate::verb::Verb;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Format,
    User,
    MinValidity,
    File,
    Watch,
    Device,
    Paste,
    ClientSecretStdin,
    Json,
    RequestedTokenType,
    SubjectTokenType,
    Timeout,
    /// A member of a profile.
    Member(Member),
}

/// Their words; what stands after each, if anything; and what they mean.
pub const ALL: [(Name, &str, &str, &str); 12] = [
    (Name::Format, "format", "FORMAT", "token, authorization, header-file, git, kubernetes, gcp, docker or json"),
    (Name::User, "user", "USER", "the user name that git and Docker get with the token; oauth2 unless set"),
    (Name::MinValidity, "min-validity", "SECONDS", "how long the token has to be valid; 60 unless set, 600 for git"),
    (Name::File, "file", "PATH", "writes to this file, which is replaced as a whole, with no newline at its end"),
    (Name::Watch, "watch", "", "stays, and writes the file anew before the token expires"),
    (Name::Device, "device", "", "shows a code that the user enters on another device"),
    (Name::Paste, "paste", "", "shows a URL for a browser anywhere, and reads the address that it ends at"),
    (
        Name::ClientSecretStdin,
        "client-secret-stdin",
        "",
        "asks for the client secret, and keeps it in a file of its own",
    ),
    (Name::Json, "json", "", "one JSON value"),
    (Name::RequestedTokenType, "requested-token-type", "URI", "the type of the new token"),
    (Name::SubjectTokenType, "subject-token-type", "URI", "the type of the token that is exchanged"),
    (Name::Timeout, "timeout", "SECONDS", "the limit of the whole command; 300 unless set for a login, 60 else"),
];

impl Name {
    pub fn from_word(word: &str) -> Option<Self> {
        let known = ALL.iter().find(|(_, known, ..)| *known == word).map(|(name, ..)| *name);
        let member = || {
            let is_spelled_so =
                !word.contains('_') && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            Member::from_name(&word.replace('-', "_")).filter(|_| is_spelled_so).map(Self::Member)
        };
        known.or_else(member)
    }

    pub fn takes_value(self) -> bool {
        ALL.iter().find(|(name, ..)| *name == self).is_none_or(|(_, _, value, _)| !value.is_empty())
    }

    pub fn is_for(self, verb: Verb) -> bool {
        use Verb::{ClientCredentials, Discover, Exchange, Exec, Introspect, List, Login, Status, Token, Userinfo};
        match self {
            Self::Format => matches!(verb, Token | ClientCredentials | Exchange | Exec),
            Self::User => matches!(verb, Token | ClientCredentials | Exchange),
            Self::MinValidity => matches!(verb, Token | ClientCredentials | Exchange | Exec | Introspect | Userinfo),
            Self::File | Self::Watch => verb == Token,
            Self::Device | Self::Paste => verb == Login,
            Self::ClientSecretStdin => matches!(verb, Login | ClientCredentials),
            Self::Json => matches!(verb, Status | List),
            Self::RequestedTokenType | Self::SubjectTokenType => verb == Exchange,
            Self::Timeout => !matches!(verb, List | Status | Verb::Completion | Verb::Help | Verb::Version),
            Self::Member(Member::Scope | Member::Resource | Member::Audience) => {
                matches!(verb, Login | ClientCredentials | Exchange)
            }
            Self::Member(Member::CaFile) => matches!(verb, Login | ClientCredentials | Discover),
            Self::Member(Member::Grant) => false, // the verb says it
            Self::Member(_) => matches!(verb, Login | ClientCredentials),
        }
    }
}

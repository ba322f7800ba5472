//! What the command can be asked to do.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Token,
    Login,
    List,
    Status,
    Revoke,
    ClientCredentials,
    Exchange,
    Introspect,
    Userinfo,
    Discover,
    Exec,
    Completion,
    Help,
    Version,
}

impl Verb {
    /// Each with what stands after it, and what it does.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 14] = [
        (Self::Token, "token", "NAME", "prints a valid token; the word may be left out"),
        (Self::Login, "login", "NAME", "logs a user in, and remembers all settings by NAME"),
        (Self::List, "list", "", "the profiles, and whether each is logged in"),
        (Self::Status, "status", "NAME", "until when the token is valid, or why the login is over"),
        (Self::Revoke, "revoke", "NAME", "gives the login back to the server, and deletes it here"),
        (Self::ClientCredentials, "client-credentials", "[NAME]", "prints a token of a machine; with NAME it is kept"),
        (Self::Exchange, "exchange", "NAME", "exchanges the token for another one, and prints that"),
        (Self::Introspect, "introspect", "NAME", "what the server says about the token"),
        (Self::Userinfo, "userinfo", "NAME", "who has logged in"),
        (Self::Discover, "discover", "NAME|URL", "the metadata of the server"),
        (Self::Exec, "exec", "NAME -- COMMAND...", "runs a command that finds the token in a file"),
        (Self::Completion, "completion", "SHELL", "the completion for bash, zsh or fish"),
        (Self::Help, "help", "", "this text"),
        (Self::Version, "version", "", "the version"),
    ];

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, ..)| *known == word).map(|(verb, ..)| *verb)
    }

    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(verb, ..)| *verb == self).map_or("", |(_, word, ..)| word)
    }

    /// How many words may follow the verb.
    pub fn takes(self) -> (usize, usize) {
        match self {
            Self::List | Self::Help | Self::Version => (0, 0),
            Self::ClientCredentials => (0, 1),
            Self::Token => (1, 2), // git and Docker add what they want
            Self::Exec => (2, usize::MAX),
            _ => (1, 1),
        }
    }
}

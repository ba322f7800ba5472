//! How a token is written for the program that takes it.

use oauthclient::protocol::json::append_string;
use oauthclient::protocol::token::Token;
use oauthclient::secret::{Secret, SecretBytes};

use crate::failure::{CONFIGURATION, Failure};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Token,
    Authorization,
    HeaderFile,
    Git,
    Kubernetes,
    Gcp,
    Docker,
    Json,
}

/// The user name beside a token, where a program wants one.
pub const USER: &str = "oauth2";

impl Format {
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Token, "token"),
        (Self::Authorization, "authorization"),
        (Self::HeaderFile, "header-file"),
        (Self::Git, "git"),
        (Self::Kubernetes, "kubernetes"),
        (Self::Gcp, "gcp"),
        (Self::Docker, "docker"),
        (Self::Json, "json"),
    ];

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(format, _)| *format)
    }

    /// Whether its program says what it wants, in an argument and on standard input.
    pub fn takes_action(self) -> bool {
        matches!(self, Self::Git | Self::Docker)
    }

    /// The token, without a newline at the end, but for git, whose lines all have one.
    pub fn write(self, token: &Token, user: Option<&str>) -> Result<SecretBytes, Failure> {
        let mut text = SecretBytes::default();
        let access_token = access_token(token)?;
        match self {
            Self::Token => text.extend(access_token.as_bytes()),
            Self::Authorization => text.extend(authorization(token)?.as_bytes()),
            Self::HeaderFile => text.extend_all([b"Authorization: ", authorization(token)?.as_bytes()]),
            Self::Git => {
                let user = user.unwrap_or(USER).as_bytes();
                text.extend_all([b"username=", user, b"\npassword=", access_token.as_bytes(), b"\n"]);
                append_expiry(&mut text, token);
            }
            Self::Kubernetes => {
                text.extend_all([
                    b"{\"apiVersion\":\"",
                    api_version().as_bytes(),
                    b"\",\"kind\":\"ExecCredential\",\"status\":{",
                ]);
                if let Some(at_s) = token.expires_at_s {
                    text.extend_all([b"\"expirationTimestamp\":\"", timestamp(at_s).as_bytes(), b"\","]);
                }
                append_member(&mut text, "token", access_token);
                text.extend(b"}}");
            }
            Self::Gcp => {
                text.extend(
                    b"{\"version\":1,\"success\":true,\"token_type\":\"urn:ietf:params:oauth:token-type:jwt\",",
                );
                append_member(&mut text, "id_token", access_token);
                append_number(&mut text, "expiration_time", token.expires_at_s);
                text.push(b'}');
            }
            Self::Docker => {
                text.push(b'{');
                append_member(&mut text, "Username", user.unwrap_or(USER));
                text.push(b',');
                append_member(&mut text, "Secret", access_token);
                text.push(b'}');
            }
            Self::Json => {
                text.push(b'{');
                append_member(&mut text, "access_token", access_token);
                for (name, value) in [("token_type", &token.token_type), ("scope", &token.scope)] {
                    if let Some(value) = value {
                        text.push(b',');
                        append_member(&mut text, name, value.as_str());
                    }
                }
                append_number(&mut text, "expires_at", token.expires_at_s);
                text.push(b'}');
            }
        }
        Ok(text)
    }

    /// What a program that reads failures from standard output gets.
    pub fn failure(self, failure: &Failure) -> Option<SecretBytes> {
        if self != Self::Gcp {
            return None;
        }
        let mut text = SecretBytes::default();
        text.extend(b"{\"version\":1,\"success\":false,");
        append_member(&mut text, "code", &failure.code.to_string());
        text.push(b',');
        append_member(&mut text, "message", &failure.message);
        text.push(b'}');
        Some(text)
    }
}

pub fn access_token(token: &Token) -> Result<&str, Failure> {
    let none = || Failure::new(CONFIGURATION, "the server gave no access token, only an ID token".to_owned());
    token.access_token.as_ref().map(Secret::as_str).ok_or_else(none)
}

fn authorization(token: &Token) -> Result<&str, Failure> {
    let none = || {
        let why =
            "the token needs more than a header: it is bound to a key, or of a type that this program does not know";
        Failure::new(CONFIGURATION, why.to_owned())
    };
    token.authorization().map(Secret::as_str).ok_or_else(none)
}

pub fn append_member(json: &mut SecretBytes, name: &str, value: &str) {
    append_string(json, name);
    json.push(b':');
    append_string(json, value);
}

fn append_number(json: &mut SecretBytes, name: &str, value: Option<i64>) {
    if let Some(value) = value {
        json.push(b',');
        append_string(json, name);
        json.extend_all([b":", value.to_string().as_bytes()]);
    }
}

/// For git (gitcredentials(7)).
pub fn append_expiry(text: &mut SecretBytes, token: &Token) {
    if let Some(at_s) = token.expires_at_s {
        text.extend_all([b"password_expiry_utc=", at_s.to_string().as_bytes(), b"\n"]);
    }
}

/// The answer has to be of the version that kubectl asks for.
fn api_version() -> &'static str {
    const OLDER: &str = "client.authentication.k8s.io/v1beta1";
    let asked = std::env::var("KUBERNETES_EXEC_INFO").unwrap_or_default();
    if asked.contains(&format!("\"{OLDER}\"")) { OLDER } else { "client.authentication.k8s.io/v1" }
}

/// RFC 3339, in UTC.
pub fn timestamp(at_s: i64) -> String {
    let at_s = at_s.clamp(0, 253_402_300_799); // the year has four digits
    let (days, second) = (at_s / 86_400, at_s % 86_400);
    // The Gregorian calendar from March on, so that a leap day is the last one; 719,468 days before 1970 is 1 March 0.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (era * 400 + year + i64::from(month >= 10), if month < 10 { month + 3 } else { month - 9 });
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_date() {
        for (at_s, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(timestamp(at_s), text);
        }
    }
}

//! The members of a profile, and what kind of value each takes.

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// One text, or an array of them. A variable has them with spaces between.
    Texts,
    Number,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    Issuer,
    TokenEndpoint,
    AuthorizationEndpoint,
    DeviceAuthorizationEndpoint,
    RevocationEndpoint,
    ClientId,
    ClientSecretFile,
    ClientSecretKeyring,
    ClientAuthentication,
    Scope,
    Resource,
    Audience,
    Grant,
    Key,
    Store,
    CaFile,
    RedirectHost,
    RedirectPort,
    RedirectPath,
}

impl Member {
    /// In the order of their numbers.
    pub const ALL: [(Self, &str); 19] = [
        (Self::Issuer, "issuer"),
        (Self::TokenEndpoint, "token_endpoint"),
        (Self::AuthorizationEndpoint, "authorization_endpoint"),
        (Self::DeviceAuthorizationEndpoint, "device_authorization_endpoint"),
        (Self::RevocationEndpoint, "revocation_endpoint"),
        (Self::ClientId, "client_id"),
        (Self::ClientSecretFile, "client_secret_file"),
        (Self::ClientSecretKeyring, "client_secret_keyring"),
        (Self::ClientAuthentication, "client_authentication"),
        (Self::Scope, "scope"),
        (Self::Resource, "resource"),
        (Self::Audience, "audience"),
        (Self::Grant, "grant"),
        (Self::Key, "key"),
        (Self::Store, "store"),
        (Self::CaFile, "ca_file"),
        (Self::RedirectHost, "redirect_host"),
        (Self::RedirectPort, "redirect_port"),
        (Self::RedirectPath, "redirect_path"),
    ];

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(member, _)| *member)
    }

    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The environment variable that takes its place.
    pub fn variable(self) -> String {
        format!("OAUTH_{}", self.name().to_ascii_uppercase())
    }

    /// Whether it says to whom the client proves who it is.
    pub fn is_server(self) -> bool {
        use Member::{DeviceAuthorizationEndpoint, Issuer, RevocationEndpoint, TokenEndpoint};
        matches!(self, Issuer | TokenEndpoint | DeviceAuthorizationEndpoint | RevocationEndpoint)
    }

    pub fn kind(self) -> Kind {
        match self {
            Self::Resource => Kind::Texts,
            Self::RedirectPort => Kind::Number,
            _ => Kind::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_name() {
        for (number, (member, name)) in Member::ALL.into_iter().enumerate() {
            assert_eq!((member as usize, member.name(), Member::from_name(name)), (number, name, Some(member)));
        }
        assert_eq!(Member::ClientSecretFile.variable(), "OAUTH_CLIENT_SECRET_FILE");
        assert_eq!(Member::from_name("Issuer"), None);
    }
}

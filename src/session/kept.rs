//! What a store keeps, for people who keep house: whose logins, and until when; never a secret.

use crate::error::{Error, Result, Status};
use crate::protocol::json_value::Value;
use crate::protocol::owner::Owner;
use crate::protocol::saved_session::SavedSession;
use crate::secret::SecretBytes;
use crate::store::Store;

/// The logins, as a JSON array of objects. One that cannot be read is `{"unreadable":true}`.
pub fn kept(store: &dyn Store) -> Result<Value> {
    let mut logins: Vec<String> = store.list()?.iter().map(|text| login(text.as_ref())).collect();
    logins.sort();
    // No part of a login has U+0000.
    Value::new(&format!("[{}]", logins.join(",")))
        .ok_or_else(|| Error::new(Status::Internal, "a login could not be shown"))
}

fn login(text: Option<&SecretBytes>) -> String {
    match text.and_then(|text| SavedSession::read(text).ok()) {
        Some((owner, session)) => about(&owner, &session),
        None => r#"{"unreadable":true}"#.to_owned(),
    }
}

fn about(owner: &Owner, session: &SavedSession) -> String {
    let mut json = owner.as_json().strip_suffix('}').unwrap_or_default().to_owned();
    let token = session.token.as_ref();
    for (name, moment) in [
        ("expires_at_s", token.and_then(|token| token.expires_at_s)),
        ("login_expires_at_s", token.and_then(|token| token.login_expires_at_s())),
    ] {
        if let Some(moment) = moment {
            json.push_str(&format!(",\"{name}\":{moment}"));
        }
    }
    json.push_str(&format!(",\"login_required\":{}}}", session.login_required()));
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_odd_record_does_not_hide_the_others() {
        let owner = Owner::read(r#"{"key":{"a":{}}}"#).expect("it has a key");
        assert_eq!(about(&owner, &SavedSession::default()), r#"{"key":{"a":{}},"login_required":false}"#);
    }
}

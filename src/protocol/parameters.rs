//! Extra request parameters of the program (RFC 6749 section 8.2), merged into the request's own fields.

use crate::error::{Error, Result};
use crate::protocol::message::Secrets;
use crate::secret::Secret;
use crate::text::has_control;

/// Parameters in the order in which they were given.
#[derive(Clone, Default)]
pub struct Parameters {
    list: Vec<Parameter>,
    rejected: Option<(String, &'static str)>,
}

#[derive(Clone)]
struct Parameter {
    name: Secret,
    value: Secret,
    replaces: bool,
}

/// Parameters that the protocol's safety depends on: only the library sets them.
const PROTECTED: [&str; 6] = ["grant_type", "code_verifier", "response_type", "state", "nonce", "code_challenge"];

impl Parameters {
    /// Replaces all values of that name in the request.
    pub fn set(&mut self, name: Secret, value: Secret) {
        self.push(name, value, true);
    }

    /// Sends this value in addition.
    pub fn add(&mut self, name: Secret, value: Secret) {
        self.push(name, value, false);
    }

    fn push(&mut self, name: Secret, value: Secret, replaces: bool) {
        if name.as_str().is_empty() {
            return self.reject("", "have a parameter with an empty name");
        }
        self.list.push(Parameter { name, value, replaces });
    }

    /// Records the first wrong value; the call that uses the parameters reports it.
    pub fn reject(&mut self, name: &str, why: &'static str) {
        self.rejected.get_or_insert_with(|| (name.to_owned(), why));
    }

    /// The values of that name that are sent, in order.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let mut values = Vec::new();
        for one in self.list.iter().filter(|one| one.name.as_str() == name) {
            if one.replaces {
                values.clear();
            }
            values.push(one.value.as_str());
        }
        values
    }

    /// The resource indicators (RFC 8707), separated by spaces; without what is no URI.
    pub fn resources(&self) -> Option<Secret> {
        let mut resources = self.values("resource");
        resources.retain(|resource| !resource.is_empty() && !resource.contains(' ') && !has_control(resource));
        Secret::new(&resources.join(" ")).filter(|_| !resources.is_empty())
    }

    /// Merges these into a request's own fields. The arguments of the call (`own`) cannot be given again, nor can a
    /// `code_verifier` if `verifier_is_ours`. `whose` names the parameters in errors.
    pub fn merge_into<'a>(
        &'a self,
        fields: &mut Fields<'a>,
        whose: &str,
        own: &[&str],
        verifier_is_ours: bool,
    ) -> Result<()> {
        let refused = |why: &str| Error::argument(whose, why);
        if let Some((name, why)) = &self.rejected {
            let space = if name.is_empty() { "" } else { " " };
            return Err(refused(&format!("{why}{space}{}", shown(name))));
        }
        for Parameter { name, value, replaces } in &self.list {
            let name = name.as_str();
            let protected = PROTECTED.contains(&name) || name.starts_with("code_challenge");
            if protected && (name != "code_verifier" || verifier_is_ours || fields.get(name).is_some()) {
                return Err(refused(&format!("may not hold {}: the library sets it", shown(name))));
            }
            if own.contains(&name) {
                return Err(refused(&format!("may not hold {name}: it is an argument")));
            }
            if *replaces {
                fields.set(name, value.as_str());
            } else {
                fields.0.push((name, value.as_str()));
            }
        }
        Ok(())
    }
}

/// A name that the program gave, bounded and cleaned for a message.
fn shown(name: &str) -> String {
    let beginning = name.char_indices().nth(64).map_or(name, |(end, _)| &name[..end]);
    Secrets::default().clean(beginning)
}

/// The fields of a form to send; a name may be given more than once.
pub struct Fields<'a>(pub Vec<(&'a str, &'a str)>);

/// Fields whose values are secrets.
const CREDENTIALS: [&str; 11] = [
    "code",
    "device_code",
    "token",
    "refresh_token",
    "code_verifier",
    "client_secret",
    "client_assertion",
    "assertion",
    "password",
    "subject_token",
    "actor_token",
];

/// Fields whose values are not secrets.
const PUBLIC: [&str; 12] = [
    "grant_type",
    "redirect_uri",
    "scope",
    "resource",
    "audience",
    "client_id",
    "requested_token_type",
    "subject_token_type",
    "actor_token_type",
    "token_type_hint",
    "client_assertion_type",
    "username",
];

impl<'a> Fields<'a> {
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| *value)
    }

    /// Replaces all values of that name by one, at the place of the first.
    pub fn set(&mut self, name: &'a str, value: &'a str) {
        match self.0.iter().position(|(candidate, _)| *candidate == name) {
            Some(first) => {
                self.0[first].1 = value;
                let mut index = 0;
                self.0.retain(|(candidate, _)| {
                    index += 1;
                    index <= first + 1 || *candidate != name
                });
            }
            None => self.0.push((name, value)),
        }
    }

    /// Adds the values that no message may show: credentials of any length, and longer values that are not known to be
    /// public.
    pub fn add_secrets(&self, secrets: &mut Secrets) {
        for (name, value) in &self.0 {
            if CREDENTIALS.contains(name) {
                secrets.add_jwt(value);
            } else if !PUBLIC.contains(name) {
                secrets.add_unless_short(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(parameters: &Parameters, ours: bool) -> Result<Vec<(&str, &str)>> {
        let mut fields = Fields(vec![("grant_type", "authorization_code"), ("code", "c"), ("scope", "a")]);
        parameters.merge_into(&mut fields, "field_parameters", &["code"], ours)?;
        Ok(fields.0)
    }

    fn parameters(list: &[(&str, &str, bool)]) -> Parameters {
        let mut parameters = Parameters::default();
        for (name, value, replaces) in list {
            let (name, value) = (Secret::new(name).expect("text"), Secret::new(value).expect("text"));
            if *replaces { parameters.set(name, value) } else { parameters.add(name, value) }
        }
        parameters
    }

    #[test]
    fn set_replaces_and_add_repeats() {
        let list =
            parameters(&[("scope", "b", true), ("resource", "1", false), ("resource", "2", false), ("x", "", true)]);
        let fields = merged(&list, true).expect("allowed");
        assert_eq!(&fields[2..], [("scope", "b"), ("resource", "1"), ("resource", "2"), ("x", "")]);
        let list = parameters(&[("x", "1", false), ("x", "2", false), ("y", "3", false), ("x", "4", true)]);
        assert_eq!(&merged(&list, true).expect("allowed")[3..], [("x", "4"), ("y", "3")]);
    }

    #[test]
    fn what_keeps_the_protocol_safe_cannot_be_replaced() {
        for name in
            ["grant_type", "response_type", "state", "nonce", "code_challenge", "code_challenge_method", "code", ""]
        {
            for replaces in [true, false] {
                let error = merged(&parameters(&[(name, "x", replaces)]), false).err();
                assert!(error.is_some_and(|error| error.message.as_str().contains(name)), "{name}");
            }
        }
        let verifier = parameters(&[("code_verifier", "v", true)]);
        assert!(merged(&verifier, true).is_err());
        assert!(merged(&verifier, false).is_ok(), "a verifier of the program's own may be sent where we have none");
        let twice = parameters(&[("code_verifier", "v", true), ("code_verifier", "w", true)]);
        assert!(merged(&twice, false).is_err());
    }

    #[test]
    fn a_name_in_a_message_is_one_bounded_line() {
        let name = format!("code_challenge\n{}", "\u{1}".repeat(10_000));
        let error = merged(&parameters(&[(&name, "x", true)]), false).expect_err("refused");
        let line = error.message.as_str();
        assert!(line.len() <= 512 && line.contains(r"code_challenge\n") && line.ends_with("sets it"), "{line}");
    }

    #[test]
    fn what_is_not_known_to_be_public_is_secret() {
        let fields = Fields(vec![("scope", "aaaaaaaa"), ("code", "#"), ("made_up", "dddddddd"), ("access_type", "x")]);
        let mut secrets = Secrets::default();
        fields.add_secrets(&mut secrets);
        assert_eq!(secrets.clean("aaaaaaaa # dddddddd x"), "aaaaaaaa [redacted] [redacted] x");
    }
}

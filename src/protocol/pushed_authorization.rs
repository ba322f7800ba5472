//! Pushed authorization requests (RFC 9126): the form, and the answer to it.

use crate::error::Result;
use crate::protocol::client_authentication::Credentials;
use crate::protocol::json_value::Value;
use crate::protocol::parameters::Fields;
use crate::secret::Secret;
use crate::text::has_control;

/// The fields of the form: those of the authorization request, with the client id once (section 2.1).
pub fn fields<'a>(parameters: &'a [(Secret, Secret)], credentials: &'a Credentials<'a>) -> Result<Fields<'a>> {
    let mut fields = Fields(Vec::with_capacity(parameters.len() + 4));
    credentials.add_to(&mut fields)?;
    let has_client_id = fields.get("client_id").is_some();
    let own = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    fields.0.extend(own.filter(|(name, _)| *name != "client_id" || !has_client_id));
    Ok(fields)
}

/// The parameters of a signed request: all others are in the object (section 3).
pub fn signed(client_id: &str, request: Secret) -> Vec<(Secret, Secret)> {
    let name = |text| Secret::new(text);
    let pairs = [(name("client_id"), name(client_id)), (name("request"), Some(request))];
    pairs.into_iter().filter_map(|(name, value)| Some((name?, value?))).collect()
}

/// The request URI of a successful answer (section 2.2). Its lifetime is the server's business: the user is sent there
/// at once.
pub fn request_uri(json: &Value) -> std::result::Result<Secret, &'static str> {
    let uri = json.string("request_uri").filter(|uri| !uri.is_empty() && !uri.contains(' ') && !has_control(uri));
    uri.and_then(Secret::new).ok_or("request_uri was missing or no URI")
}

//! What the server says: about the token, about the user, and about itself.

use oauthclient::blocking::Client;
use oauthclient::client::config::Builder;
use oauthclient::profile::member::Member;
use oauthclient::protocol::json_value::Value;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::format::access_token;
use crate::output;
use crate::profile;
use crate::token;

pub fn introspect(arguments: &Arguments) -> Result<(), Failure> {
    let name = arguments.name();
    let (session, options) = (profile::open(name)?, profile::usual_options(arguments));
    let token = token::of_session(&session, name, &options)?;
    let said = profile::client(&session).introspect(access_token(&token)?, Some("access_token"), Some(&options))?;
    print(&said.json)
}

pub fn userinfo(arguments: &Arguments) -> Result<(), Failure> {
    let name = arguments.name();
    let (session, options) = (profile::open(name)?, profile::usual_options(arguments));
    let token = token::of_session(&session, name, &options)?;
    print(&profile::client(&session).userinfo(&token, Some(&options))?)
}

pub fn discover(arguments: &Arguments) -> Result<(), Failure> {
    let options = profile::usual_options(arguments);
    if !arguments.name().contains("://") {
        let session = profile::open(arguments.name())?;
        return print(&profile::client(&session).metadata(Some(&options))?.json);
    }
    let mut builder = Builder::default();
    builder.issuer = Some(arguments.name().to_owned());
    for (member, values) in profile::given(arguments)? {
        if member == Member::CaFile {
            builder.ca_files.extend(values);
        }
    }
    let (config, route) = builder.build()?;
    print(&Client::new(config, route).metadata(Some(&options))?.json)
}

fn print(json: &Value) -> Result<(), Failure> {
    output::print_line(json.raw().as_str().as_bytes())
}

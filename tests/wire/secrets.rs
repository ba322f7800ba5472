//! A server that echoes what it was sent: the echo stays out of messages and log lines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauthclient::client::options::RequestOptions;
use oauthclient::client::token::TokenArguments;
use oauthclient::error::Status;
use oauthclient::protocol::client_authentication::Method;
use oauthclient::protocol::parameters::Parameters;
use oauthclient::protocol::token_request::Grant;
use oauthclient_test_server::scripted::{Answer, Scripted};

use crate::support::calls::{
    CLIENT_SECRET, CODE, Lines, REFRESH_TOKEN, call, client_of, config, failure, grants, secret,
};

const ASSERTION: &str = "a55ertion/x+y z";
const API_KEY: &str = "ap1/key+z";

/// As a program, a form and a URL write it; some libraries write escapes in small letters.
fn spellings(secret: &str) -> [String; 4] {
    let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let (url, small) = (form.replace('+', "%20"), lower_case_escapes(&form));
    [secret.to_owned(), form, url, small]
}

fn lower_case_escapes(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| format!("{whole}%{}{}", part[..2].to_ascii_lowercase(), &part[2..]))
}

/// A server that describes its error with this text, in each of the places where an error can be described.
fn echoes(text: &str) -> Vec<Answer> {
    let json = serde_json::to_string(text).expect("text is JSON");
    let form: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("error", "invalid_request")
        .append_pair("error_description", text)
        .finish();
    vec![
        Answer::json(400, format!(r#"{{"error":"invalid_request","error_description":{json}}}"#)),
        Answer::json(400, format!(r#"{{"error":{json}}}"#)),
        Answer::json(400, format!(r#"{{"error":{{"type":{json},"message":{json}}}}}"#)),
        Answer::new(400, &[("Content-Type", "application/x-www-form-urlencoded")], form),
        Answer::new(500, &[("Content-Type", "text/html"), ("X-Echo", text)], format!("<p>{text}</p>")),
        Answer::json(
            200,
            format!(r#"{{"access_token":{json},"refresh_token":{json},"error":"x","error_description":{json}}}"#),
        ),
        Answer::json(200, format!(r#"{{"access_token":{json},"access_token":{json}}}"#)),
    ]
}

/// What is sent besides the grant: the secrets in it must be kept too.
struct Sent {
    method: Option<Method>,
    authorization_header: Option<String>,
    secrets: Vec<String>,
}

fn check(sent: &Sent) {
    for grant in grants() {
        let of_grant = match grant {
            Grant::RefreshToken { .. } => REFRESH_TOKEN,
            _ => CODE,
        };
        let others = [of_grant, ASSERTION, API_KEY].map(str::to_owned);
        for each in sent.secrets.iter().chain(&others) {
            for spelling in spellings(each) {
                let text = format!("the value \"{spelling}\" was refused, {spelling}");
                for answer in echoes(&text) {
                    let said = said_about(answer, sent, grant);
                    assert!(!said.contains(&spelling), "{each} as {spelling}: {said}");
                }
            }
        }
    }
}

/// The message and every log line of a call that is answered so.
fn said_about(answer: Answer, sent: &Sent, grant: Grant<'_>) -> String {
    let server = Scripted::sequence(vec![answer]);
    let lines = Lines::default();
    let mut settings = config(&server.url("/token"));
    settings.authentication = sent.method;
    settings.log = lines.log();
    let mut parameters = Parameters::default();
    parameters.add(secret("client_assertion"), secret(ASSERTION));
    let mut options = RequestOptions::default();
    options.add_header("X-Api-Key", secret(API_KEY));
    let arguments = TokenArguments {
        authorization_header: sent.authorization_header.as_deref(),
        field_parameters: Some(&parameters),
        ..TokenArguments::default()
    };
    let error = failure(client_of(&settings).token(grant, arguments, Some(&options)));
    assert!(matches!(error.status, Status::Provider | Status::Http | Status::InvalidResponse), "{error}");
    assert!(lines.all().len() > 2, "{:?}", lines.all());
    format!("{}\n{}\n{error:?}", error.message, lines.all().join("\n"))
}

#[test]
fn echoed_secrets_of_a_client_with_basic_stay_out_of_lines() {
    let credential = |pair: String| STANDARD.encode(pair);
    let encoded = CLIENT_SECRET.replace('+', "%2B"); // what a server that decodes would change
    check(&Sent {
        method: Some(Method::ClientSecretBasic),
        authorization_header: None,
        secrets: vec![CLIENT_SECRET.to_owned(), credential(format!("client:{encoded}"))],
    });
}

#[test]
fn echoed_secrets_of_a_client_with_the_secret_in_the_form_stay_out_of_lines() {
    check(&Sent {
        method: Some(Method::ClientSecretPost),
        authorization_header: None,
        secrets: vec![CLIENT_SECRET.to_owned()],
    });
}

#[test]
fn echoed_secrets_of_a_program_with_its_own_header_stay_out_of_lines() {
    let own = STANDARD.encode("somebody:els3/s+own");
    check(&Sent {
        method: None,
        authorization_header: Some(format!("Basic {own}")),
        secrets: vec![own, "els3/s+own".to_owned()],
    });
    check(&Sent {
        method: None,
        authorization_header: Some("Bearer t0ken/of+another".to_owned()),
        secrets: vec!["t0ken/of+another".to_owned()],
    });
}

#[test]
fn a_key_in_the_endpoints_query_is_a_secret() {
    let body = r#"{"error":"invalid_client","error_description":"bad key K3Y K3Y K3Y, not K3Y%20K3Y+K3Y"}"#;
    let server = Scripted::always(401, &[("Content-Type", "application/json")], body);
    let lines = Lines::default();
    let mut settings = config(&server.url("/token?x=1&api_key=K3Y%20K3Y%20K3Y"));
    settings.log = lines.log();
    let error = failure(call(&client_of(&settings), grants()[1], None));
    let said = format!("{error} {:?} {}", error.endpoint, lines.all().join(" "));
    assert!(said.contains("bad key") && !said.contains("K3Y"), "{said}");
}

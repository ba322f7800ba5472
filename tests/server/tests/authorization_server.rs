//! The authorization server refuses what an authorization server must refuse.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use oauthclient_test_server::authorization_server::*;
use serde_json::Value;

struct Answer {
    status: u16,
    head: String,
    json: Value,
}

fn server() -> AuthorizationServer {
    AuthorizationServer::start(Options { access_token_lifetime_s: 60 })
}

fn read(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_ascii_lowercase(),
        json: serde_json::from_str(body).unwrap_or(Value::Null),
    }
}

fn basic(id: &str, secret: &str) -> String {
    format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{id}:{secret}")))
}

fn post(server: &AuthorizationServer, header: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = format!(
        "POST /token HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{header}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    read(&server.send(&request).unwrap())
}

fn get(server: &AuthorizationServer, path: &str, header: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{header}\r\n");
    read(&server.send(&request).unwrap())
}

fn redeem(server: &AuthorizationServer, header: &str, code: &str, verifier: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", verifier),
    ];
    post(server, header, &fields)
}

fn refresh(server: &AuthorizationServer, token: &str) -> Answer {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    post(server, &basic(CLIENT_ID, CLIENT_SECRET), &fields)
}

fn login(server: &AuthorizationServer) -> Answer {
    let code = server.obtain_code(CODE_CHALLENGE);
    let answer = redeem(server, &basic(CLIENT_ID, CLIENT_SECRET), &code, CODE_VERIFIER);
    assert_eq!(answer.status, 200, "{}", answer.json);
    answer
}

fn assert_invalid_grant(answer: &Answer) {
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json["error"], "invalid_grant");
    assert!(answer.json["error_description"].is_string());
    assert!(answer.json.get("description").is_none());
}

#[test]
fn gives_a_token_that_the_resource_accepts() {
    let server = server();
    let answer = login(&server);
    assert_eq!(answer.json["expires_in"], 60);
    assert!(answer.head.contains("cache-control: no-store"));
    let token = answer.json["access_token"].as_str().unwrap();
    let me = get(&server, "/api/me", &format!("Authorization: Bearer {token}\r\n"));
    assert_eq!((me.status, &me.json["user"]), (200, &Value::from(USER)));
    server.revoke(token);
    let me = get(&server, "/api/me", &format!("Authorization: Bearer {token}\r\n"));
    assert_eq!(me.status, 401);
    assert!(me.head.contains("www-authenticate: bearer error=\"invalid_token\", scope=\"read\""), "{}", me.head);
    assert_eq!(get(&server, "/api/me", "").status, 401);
}

#[test]
fn takes_a_code_once() {
    let server = server();
    let code = server.obtain_code(CODE_CHALLENGE);
    let header = basic(CLIENT_ID, CLIENT_SECRET);
    assert_eq!(redeem(&server, &header, &code, CODE_VERIFIER).status, 200);
    assert_invalid_grant(&redeem(&server, &header, &code, CODE_VERIFIER));
    assert_eq!(server.token_requests(), 2);
}

#[test]
fn refuses_a_wrong_verifier_and_a_missing_one() {
    let server = server();
    let header = basic(CLIENT_ID, CLIENT_SECRET);
    let wrong = CODE_VERIFIER.replace('d', "e");
    assert_invalid_grant(&redeem(&server, &header, &server.obtain_code(CODE_CHALLENGE), &wrong));
    let answer = redeem(&server, &header, &server.obtain_code(CODE_CHALLENGE), "");
    assert_eq!((answer.status, &answer.json["error"]), (400, &Value::from("invalid_request")));
}

#[test]
fn binds_the_code_to_its_redirect_uri() {
    let server = server();
    let other = REDIRECT_URI.replace("8765", "8766");
    let code = server.obtain_code_for(CLIENT_ID, &other, CODE_CHALLENGE);
    assert_invalid_grant(&redeem(&server, &basic(CLIENT_ID, CLIENT_SECRET), &code, CODE_VERIFIER));
    let query = "response_type=code&client_id=demo-client&redirect_uri=https://other.example/";
    assert_eq!(get(&server, &format!("/authorize?{query}"), "").status, 400);
}

#[test]
fn refuses_a_client_that_does_not_authenticate() {
    let server = server();
    for header in [basic(CLIENT_ID, "wrong"), basic("unknown", CLIENT_SECRET), String::new()] {
        let answer = redeem(&server, &header, &server.obtain_code(CODE_CHALLENGE), CODE_VERIFIER);
        assert_eq!((answer.status, &answer.json["error"]), (401, &Value::from("invalid_client")));
        assert!(answer.head.contains("www-authenticate: basic realm="));
    }
}

#[test]
fn takes_credentials_in_the_body_and_public_clients() {
    let server = server();
    for (id, secret) in [(CLIENT_ID, Some(CLIENT_SECRET)), (PUBLIC_CLIENT_ID, None)] {
        let code = server.obtain_code_for(id, REDIRECT_URI, CODE_CHALLENGE);
        let mut fields = vec![("client_id", id)];
        fields.extend(secret.map(|secret| ("client_secret", secret)));
        let mut first = fields.clone();
        first.extend([
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", CODE_VERIFIER),
        ]);
        let answer = post(&server, "", &first);
        assert_eq!(answer.status, 200, "{}", answer.json);
        let token = answer.json["refresh_token"].as_str().unwrap();
        fields.extend([("grant_type", "refresh_token"), ("refresh_token", token)]);
        assert_eq!(post(&server, "", &fields).status, 200);
    }
}

#[test]
fn rotates_refresh_tokens_and_refuses_the_old_one() {
    let server = server();
    let first = login(&server);
    let old = first.json["refresh_token"].as_str().unwrap();
    let second = refresh(&server, old);
    assert_eq!(second.status, 200);
    let new = second.json["refresh_token"].as_str().unwrap();
    assert_ne!(new, old);
    assert_invalid_grant(&refresh(&server, old));
    assert_eq!(refresh(&server, new).status, 200);
}

#[test]
fn renews_a_token_that_has_expired() {
    let server = AuthorizationServer::start(Options { access_token_lifetime_s: 0 });
    let answer = login(&server);
    let token = answer.json["access_token"].as_str().unwrap();
    assert_eq!(get(&server, "/api/me", &format!("Authorization: Bearer {token}\r\n")).status, 401);
    assert_eq!(refresh(&server, answer.json["refresh_token"].as_str().unwrap()).status, 200);
}

#[test]
fn refuses_other_methods_bodies_and_grants() {
    let server = server();
    assert_eq!(get(&server, "/token", "").status, 405);
    let json = "POST /token HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
                Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    let answer = read(&server.send(json).unwrap());
    assert_eq!((answer.status, &answer.json["error"]), (400, &Value::from("invalid_request")));
    let header = basic(CLIENT_ID, CLIENT_SECRET);
    let answer = post(&server, &header, &[("grant_type", "password")]);
    assert_eq!((answer.status, &answer.json["error"]), (400, &Value::from("unsupported_grant_type")));
}

#[test]
fn describes_itself() {
    let server = server();
    let answer = get(&server, "/.well-known/oauth-authorization-server", "");
    assert_eq!(answer.json["issuer"], server.issuer());
    assert_eq!(answer.json["token_endpoint"], server.token_endpoint());
}

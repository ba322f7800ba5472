//! The authorization server refuses what an authorization server must refuse.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use oauthclient_test_server::authorization_server::*;
use oauthclient_test_server::browser::Browser;
use serde_json::Value;

struct Answer {
    status: u16,
    head: String,
    json: Value,
}

fn server() -> AuthorizationServer {
    AuthorizationServer::start(Options { access_token_lifetime_s: 60, ..Options::default() })
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
    post_to(server, "/token", header, fields)
}

fn post_to(server: &AuthorizationServer, path: &str, header: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{header}\
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
    let server = AuthorizationServer::start(Options { access_token_lifetime_s: 0, ..Options::default() });
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

fn error(answer: &Answer) -> &str {
    assert!(matches!(answer.status, 400 | 401), "{}", answer.json);
    answer.json["error"].as_str().unwrap()
}

#[test]
fn gives_a_client_a_token_of_its_own() {
    let server = server();
    let header = basic(CLIENT_ID, CLIENT_SECRET);
    let request = |scope| post(&server, &header, &[("grant_type", "client_credentials"), ("scope", scope)]);
    let answer = request("read");
    assert_eq!((&answer.json["scope"], answer.json.get("refresh_token")), (&Value::from("read"), None));
    let token = answer.json["access_token"].as_str().unwrap();
    let me = get(&server, "/api/me", &format!("Authorization: Bearer {token}\r\n"));
    assert_eq!(me.json["sub"], CLIENT_ID);
    assert_eq!(error(&request("other")), "invalid_scope");
    let public = [("grant_type", "client_credentials"), ("client_id", PUBLIC_CLIENT_ID)];
    assert_eq!(error(&post(&server, "", &public)), "unauthorized_client");
}

#[test]
fn revokes_and_introspects() {
    let server = server();
    let answer = login(&server);
    let header = basic(CLIENT_ID, CLIENT_SECRET);
    for kind in ["access_token", "refresh_token"] {
        let token = [("token", answer.json[kind].as_str().unwrap())];
        let introspect = || post_to(&server, "/introspect", &header, &token).json;
        assert_eq!((&introspect()["active"], &introspect()["sub"]), (&Value::Bool(true), &Value::from(USER)));
        let other = [token[0], ("client_id", PUBLIC_CLIENT_ID)];
        assert_eq!(post_to(&server, "/revoke", "", &other).status, 200);
        assert_eq!(introspect()["active"], true);
        assert_eq!(post_to(&server, "/revoke", &header, &token).status, 200);
        assert_eq!(introspect(), serde_json::json!({"active": false}));
    }
    assert_eq!(error(&post_to(&server, "/revoke", &basic(CLIENT_ID, "wrong"), &[])), "invalid_client");
}

struct Device {
    server: AuthorizationServer,
    json: Value,
}

impl Device {
    fn begin(options: Options) -> Self {
        let server = AuthorizationServer::start(options);
        let json = post_to(&server, "/device_authorization", "", &[("client_id", PUBLIC_CLIENT_ID)]).json;
        Self { server, json }
    }

    fn poll(&self) -> Answer {
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", self.json["device_code"].as_str().unwrap()),
            ("client_id", PUBLIC_CLIENT_ID),
        ];
        post(&self.server, "", &fields)
    }

    fn visit(&self, mut browser: Browser) {
        let [uri, code] = ["verification_uri", "user_code"].map(|name| self.json[name].as_str().unwrap());
        browser.enter_code(uri, code).unwrap();
    }
}

/// Devices here need not wait between polls.
fn device_options() -> Options {
    Options { device_interval_s: 0, ..Options::default() }
}

#[test]
fn gives_a_device_a_token_when_the_user_has_decided() {
    let device = Device::begin(device_options());
    assert_eq!(error(&device.poll()), "authorization_pending");
    let answer = device.poll();
    assert_eq!(answer.status, 200, "{}", answer.json);
    // oxide-auth's scopes have no order.
    let mut scope: Vec<_> = answer.json["scope"].as_str().unwrap().split(' ').collect();
    scope.sort_unstable();
    assert_eq!(scope.join(" "), SCOPE);
    let token = answer.json["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", PUBLIC_CLIENT_ID)];
    assert_eq!(post(&device.server, "", &fields).status, 200);
    assert_invalid_grant(&device.poll());
    let device = Device::begin(Options { user_agrees: false, ..device_options() });
    assert_eq!(error(&device.poll()), "authorization_pending");
    assert_eq!(error(&device.poll()), "access_denied");
}

#[test]
fn waits_for_the_user_at_the_verification_uri() {
    for (browser, status) in [(Browser::new(), 200), (Browser::new().deny(), 400)] {
        let device = Device::begin(Options { device_pending_polls: None, ..device_options() });
        for _ in 0..5 {
            assert_eq!(error(&device.poll()), "authorization_pending");
        }
        device.visit(browser);
        assert_eq!(device.poll().status, status);
    }
}

#[test]
fn tells_an_eager_device_to_slow_down_and_a_late_one_that_it_is_too_late() {
    let device = Device::begin(Options { device_interval_s: 60, ..device_options() });
    assert_eq!(error(&device.poll()), "authorization_pending");
    assert_eq!(error(&device.poll()), "slow_down");
    let device = Device::begin(Options { device_slow_down: true, ..device_options() });
    assert_eq!(error(&device.poll()), "slow_down");
    let device = Device::begin(Options { device_lifetime_s: 0, ..device_options() });
    assert_eq!(error(&device.poll()), "expired_token");
}

#[test]
fn sends_the_scripted_browser_back_to_the_program() {
    let server = server();
    let url = format!(
        "{}?response_type=code&client_id={CLIENT_ID}&redirect_uri={REDIRECT_URI}&state=s%261\
         &code_challenge={CODE_CHALLENGE}&code_challenge_method=S256",
        server.authorization_endpoint()
    );
    let issuer: String = form_urlencoded::byte_serialize(server.issuer().as_bytes()).collect();
    let redirect = Browser::new().log_in(&url).unwrap();
    assert!(redirect.uri.starts_with(&format!("{REDIRECT_URI}?")), "{redirect:?}");
    assert!(redirect.uri.contains("state=s%261") && redirect.uri.contains(&format!("iss={issuer}")), "{redirect:?}");
    assert!(redirect.uri.contains("code="), "{redirect:?}");
    assert!(Browser::new().deny().log_in(&url).is_err(), "nobody asks alice here");
    let server = AuthorizationServer::start(Options { user_agrees: false, ..Options::default() });
    let url = format!("{}{}", server.authorization_endpoint(), &url[url.find('?').unwrap()..]);
    assert!(Browser::new().log_in(&url).unwrap().uri.contains("error=access_denied"));
}

#[test]
fn describes_itself() {
    let server = server();
    let answer = get(&server, "/.well-known/oauth-authorization-server", "");
    assert_eq!(answer.json["issuer"], server.issuer());
    assert_eq!(answer.json["token_endpoint"], server.token_endpoint());
    assert_eq!(get(&server, "/.well-known/openid-configuration", "").json, answer.json);
}

//! The endpoints for clients with a certificate (RFC 8705 section 5).

use super::*;

/// Serves metadata, and a token whose text is the path that was asked.
fn authorization_server(members: &'static str, clients: Option<&Authority>) -> Scripted {
    let identity = authority().good();
    let identity = clients.map(|clients| identity.asking(Some(clients), &TLS13)).unwrap_or(identity);
    let serve = move |mut exchange: Exchange| {
        while let Some(request) = exchange.read_request()? {
            let host = request.header("host").unwrap_or_default();
            let body = match request.method.as_str() {
                "GET" => format!(r#"{{"issuer":"https://{host}",{}}}"#, members.replace("HOST", host)),
                _ => format!(r#"{{"access_token":"{}","token_type":"Bearer"}}"#, request.target),
            };
            exchange.answer(&Answer::json(200, body))?;
        }
        Ok(())
    };
    Scripted::start_tls(serve, &identity)
}

fn discovering(server: &Scripted, pem: Option<&Pem>) -> Builder {
    let mut settings = Builder::default();
    settings.issuer = Some(server.url(""));
    settings.client = Some((secret("client"), None));
    settings.use_environment = false;
    settings.ca_pem = vec![authority().pem().into_bytes()];
    settings.client_certificate = pem.map(|pem| (pem.name(), None));
    settings
}

const ALIASES: &str = r#""authorization_endpoint":"https://HOST/authorize","token_endpoint":"https://HOST/token",
    "revocation_endpoint":"https://HOST/revoke","mtls_endpoint_aliases":{
        "authorization_endpoint":"https://HOST/mtls/authorize","token_endpoint":"https://HOST/mtls/token"}"#;

#[test]
fn the_endpoints_for_clients_with_a_certificate_are_used_by_them_alone() {
    let clients = Authority::new();
    let pem = Pem::new(&clients.client_pem());
    let server = authorization_server(ALIASES, None);
    let asked = |settings: &Builder| {
        let token = refreshed(&client_of(settings));
        access_token(&token).to_owned()
    };
    let mut settings = discovering(&server, Some(&pem));
    assert_eq!(asked(&discovering(&server, None)), "/token");
    assert_eq!(asked(&settings), "/mtls/token");
    let client = client_of(&settings);
    client.revoke("rt", None, None).expect("revoked where there is no alias");
    assert!(server.requests().last().is_some_and(|request| request.target == "/revoke"));
    let metadata = client.metadata(None).expect("metadata");
    assert!(metadata.endpoint(Endpoint::Authorization).is_some_and(|url| url.path() == "/authorize"));
    settings.set_endpoint(Endpoint::Token, server.url("/own"));
    assert_eq!(asked(&settings), "/own");
}

#[test]
fn endpoints_for_clients_with_a_certificate_are_checked_like_the_others() {
    let clients = Authority::new();
    let pem = Pem::new(&clients.client_pem());
    for (members, status, words) in [
        (
            r#""mtls_endpoint_aliases":{"token_endpoint":"http://as.example/token"}"#,
            Status::InvalidResponse,
            "mtls_endpoint_aliases: token_endpoint is plain http",
        ),
        (
            r#""mtls_endpoint_aliases":{"token_endpoint":"http://127.0.0.1/token"}"#,
            Status::InvalidResponse,
            "mtls_endpoint_aliases: token_endpoint is plain http, though the issuer is not",
        ),
        (
            r#""mtls_endpoint_aliases":{"token_endpoint":7}"#,
            Status::InvalidResponse,
            "mtls_endpoint_aliases: token_endpoint is no string",
        ),
        (r#""mtls_endpoint_aliases":"x""#, Status::InvalidResponse, "mtls_endpoint_aliases is no object"),
    ] {
        let server = authorization_server(members, Some(&clients));
        let error = failure(refresh(&client_of(&discovering(&server, Some(&pem)))));
        assert_eq!((error.status, error.request_sent), (status, false), "{error}");
        assert!(error.message.as_str().contains(words), "{error}");
    }
    // Where plain http is allowed, the certificate cannot be shown to it.
    let server = authorization_server(r#""token_endpoint":"http://127.0.0.1:1/token""#, Some(&clients));
    let mut settings = discovering(&server, Some(&pem));
    settings.allow_http = true;
    let error = failure(refresh(&client_of(&settings)));
    assert_eq!((error.status, error.request_sent), (Status::InvalidConfig, false), "{error}");
    assert!(error.message.as_str().contains("client_certificate cannot be shown: token_endpoint"), "{error}");
}

//! The answers for the browser: complete, and without any text of the request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use crate::secret::SecretBytes;

/// The answer to any request that is for nobody here. The end of the connection ends the body.
pub const BAD_REQUEST: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Cache-Control: no-store\r\n\
    Referrer-Policy: no-referrer\r\n\
    X-Content-Type-Options: nosniff\r\n\
    Connection: close\r\n\r\n\
    This is not the answer that is waited for here.\n";

const STYLE: &str = "\
    :root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--paper:#fff;--ground:#f3f4f6;--good:#1a7f37;--bad:#cf222e}\
    @media(prefers-color-scheme:dark){\
    :root{--ink:#f0f6fc;--soft:#9198a1;--paper:#161b22;--ground:#0d1117;--good:#3fb950;--bad:#f85149}}\
    body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--ground);color:var(--ink);\
    font:16px/1.5 system-ui,sans-serif}\
    main{box-sizing:border-box;max-width:26rem;margin:1rem;padding:2.5rem 2rem;border-radius:12px;text-align:center;\
    background:var(--paper);box-shadow:0 1px 3px #0003}\
    svg{width:56px;height:56px;fill:none;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}\
    .good{stroke:var(--good)}.bad{stroke:var(--bad)}\
    h1{margin:1rem 0 .5rem;font-size:1.5rem}p{margin:0;color:var(--soft);overflow-wrap:anywhere}";

/// The final page; `html` replaces the library's own. The status is always 200: a browser may hide the page of an
/// error.
pub fn last(succeeded: bool, html: Option<&str>, program: Option<&str>, clear_cookie: &str) -> String {
    let (policy, html) = match html {
        Some(html) => (String::new(), html.to_owned()),
        None if succeeded => {
            own(true, "Signed in", "You are signed in. You can close this window and return to {}.", program)
        }
        None => own(false, "Not signed in", "Signing in did not work. Return to {} to see why.", program),
    };
    answer("200 OK", &format!("{clear_cookie}{policy}"), &html)
}

/// For whoever brings the redirect, and not the cookie.
pub fn other_browser(program: Option<&str>) -> SecretBytes {
    refused(
        "Not signed in here",
        "Signing in must end in the browser window in which it began, with cookies allowed. Go back to that window, or \
         start again in {}.",
        program,
    )
}

/// For whoever opens the one-time address after somebody else.
pub fn used(program: Option<&str>) -> SecretBytes {
    refused("Not signed in", "This address works once, and was opened before. Start again in {}.", program)
}

/// For another user of this machine who opens it.
pub fn other_user(program: Option<&str>) -> SecretBytes {
    refused("Not signed in", "This address is only for the user of this machine who has started {}.", program)
}

/// Sends the browser to a URL, with a header of its own.
pub fn see_other(url: &str, header: &[u8]) -> SecretBytes {
    let mut answer = SecretBytes::default();
    answer.extend_all([
        b"HTTP/1.1 303 See Other\r\nLocation: ",
        url.as_bytes(),
        b"\r\n",
        header,
        b"Content-Length: 0\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
    ]);
    answer
}

fn refused(title: &str, text: &str, program: Option<&str>) -> SecretBytes {
    let (policy, html) = own(false, title, text, program);
    answer("403 Forbidden", &policy, &html).into_bytes().into()
}

fn answer(status: &str, headers: &str, html: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n{headers}Connection: close\r\n\r\n{html}",
        html.len()
    )
}

/// A page of the library and its policy: its style is all that it may use. The program's name goes into the text.
fn own(is_good: bool, title: &str, text: &str, program: Option<&str>) -> (String, String) {
    let program = program.map(escaped);
    let text = text.replace("{}", program.as_deref().unwrap_or("the program"));
    let tail = program.map(|program| format!(" - {program}")).unwrap_or_default();
    let (class, sign) = if is_good { ("good", "M7 12.5l3.5 3.5 6.5-7.5") } else { ("bad", "M8 8l8 8M16 8l-8 8") };
    let policy = format!(
        "Content-Security-Policy: default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'\r\n",
        STANDARD.encode(digest(&SHA256, STYLE.as_bytes()))
    );
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}{tail}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<svg class=\"{class}\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" \
         r=\"11\"/><path d=\"{sign}\"/></svg>\n<h1>{title}</h1>\n<p>{text}</p>\n</main>\n</body>\n</html>\n"
    );
    (policy, html)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

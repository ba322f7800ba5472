//! The answers for the browser: complete, and without any text of the request.

/// The answer to any request but the expected one. The end of the connection ends the body.
pub const BAD_REQUEST: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Cache-Control: no-store\r\n\
    Referrer-Policy: no-referrer\r\n\
    X-Content-Type-Options: nosniff\r\n\
    Connection: close\r\n\r\n\
    This is not the answer that is waited for here.\n";

/// The library's own pages load nothing, so nothing is allowed.
const POLICY: &str =
    "Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n";

/// The final page; `html` replaces the library's own. The status is always 200: a browser may hide the page of an
/// error.
pub fn last(succeeded: bool, html: Option<&str>) -> String {
    let own = match succeeded {
        true => page("Signed in", "You are signed in. You can close this window and return to the program."),
        false => page("Not signed in", "Signing in did not work. Return to the program to see why."),
    };
    let (html, policy) = html.map_or((own.as_str(), POLICY), |html| (html, ""));
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n{policy}Connection: close\r\n\r\n{html}",
        html.len()
    )
}

/// Headings and colours are the browser's, light or dark as the user prefers.
fn page(title: &str, text: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n<p>{text}</p>\n</main>\n</body>\n</html>\n"
    )
}

//! Reads the device authorization response (RFC 8628 section 3.2).

use std::time::Duration;

use url::Url;

use crate::protocol::json_value::Value;
use crate::secret::Secret;
use crate::text::{has_ascii_host, has_control};

/// The lifetime of the codes if the server names none; the server refuses a code that has expired earlier.
const USUAL_EXPIRY_S: u64 = 900;
const LONGEST_EXPIRY_S: u64 = 24 * 60 * 60;
/// The polling interval if the server names none.
const USUAL_INTERVAL_S: u64 = 5;
const LONGEST_INTERVAL_S: u64 = 60 * 60;

/// The values to show to the user, and the code that the device polls with.
#[derive(Debug)]
pub struct DeviceAuthorization {
    pub device_code: Secret,
    pub user_code: Secret,
    pub verification_uri: Secret,
    pub verification_uri_complete: Option<Secret>,
    pub expires_in: Duration,
    pub interval: Duration,
    pub json: Value,
}

/// Reads the members of a successful answer, or says what is wrong with them.
pub fn read(json: Value) -> Result<DeviceAuthorization, &'static str> {
    let code = |name| secret(&json, name).filter(|code| !has_control(code.as_str()));
    // Google spelled it differently before the RFC.
    let verification_uri = secret(&json, "verification_uri").or_else(|| secret(&json, "verification_url"));
    Ok(DeviceAuthorization {
        device_code: code("device_code").ok_or("device_code was missing or held a control character")?,
        user_code: code("user_code").ok_or("user_code was missing or held a control character")?,
        verification_uri: verification_uri
            .filter(is_web_address)
            .ok_or("verification_uri was missing or no http or https URL")?,
        // A convenience: the user can do without it.
        verification_uri_complete: secret(&json, "verification_uri_complete").filter(is_web_address),
        expires_in: Duration::from_secs(
            seconds(&json, "expires_in").filter(|s| *s > 0).unwrap_or(USUAL_EXPIRY_S).min(LONGEST_EXPIRY_S),
        ),
        interval: interval(&json).unwrap_or(Duration::from_secs(USUAL_INTERVAL_S)),
        json,
    })
}

/// The polling interval that an answer names, within bounds.
pub fn interval(json: &Value) -> Option<Duration> {
    seconds(json, "interval").map(|seconds| Duration::from_secs(seconds.clamp(1, LONGEST_INTERVAL_S)))
}

/// A string member that is not empty.
fn secret(json: &Value, name: &str) -> Option<Secret> {
    json.string(name).filter(|text| !text.is_empty()).and_then(Secret::new)
}

/// Whether a URI can be shown as it is (RFC 3986 allows only ASCII: nothing reverses or breaks the line) and opened in
/// a browser: other schemes open other programs.
fn is_web_address(uri: &Secret) -> bool {
    let uri = uri.as_str();
    let is_visible = uri.bytes().all(|byte| byte.is_ascii_graphic());
    is_visible && has_ascii_host(uri) && Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// A number, or a string that holds one; `None` if it is negative or no number.
fn seconds(json: &Value, name: &str) -> Option<u64> {
    let number = json.number(name).or_else(|| json.string(name)?.trim().parse().ok())?;
    u64::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: &str = r#""device_code":"DC","user_code":"WDJB MJHT","verification_uri":"https://as.example/device""#;

    fn read_text(text: &str) -> Result<DeviceAuthorization, &'static str> {
        read(Value::parse_object(text).expect("an object"))
    }

    #[test]
    fn the_example_of_the_rfc() {
        let read = read_text(
            r#"{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT",
            "verification_uri":"https://example.com/device",
            "verification_uri_complete":"https://example.com/device?user_code=WDJB-MJHT",
            "expires_in":1800,"interval":7,"extra":true}"#,
        );
        let device = read.expect("an answer");
        assert_eq!(device.device_code.as_str(), "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS");
        assert_eq!(device.user_code.as_str(), "WDJB-MJHT");
        assert_eq!(device.verification_uri.as_str(), "https://example.com/device");
        let complete = device.verification_uri_complete.as_ref().map(Secret::as_str);
        assert_eq!(complete, Some("https://example.com/device?user_code=WDJB-MJHT"));
        assert_eq!((device.expires_in.as_secs(), device.interval.as_secs()), (1800, 7));
        assert_eq!(device.json.boolean("extra"), Some(true));
        let shown = format!("{device:?}");
        assert!(!shown.contains("GmRh") && !shown.contains("WDJB"), "{shown}");
    }

    #[test]
    fn lifetimes_and_intervals_are_bounded() {
        for (members, expires_in, interval) in [
            ("", 900, 5),
            (r#","expires_in":"600","interval":" 3 ""#, 600, 3),
            (r#","expires_in":599.9,"interval":2.5"#, 599, 2),
            (r#","expires_in":0,"interval":0"#, 900, 1),
            (r#","expires_in":-1,"interval":-1"#, 900, 5),
            (r#","expires_in":null,"interval":null"#, 900, 5),
            (r#","expires_in":"soon","interval":[]"#, 900, 5),
            (r#","expires_in":1e300,"interval":99999999999999999999"#, 86400, 3600),
        ] {
            let device = read_text(&format!("{{{CODES}{members}}}")).expect(members);
            assert_eq!((device.expires_in.as_secs(), device.interval.as_secs()), (expires_in, interval), "{members}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (from, to, named) in [
            (r#""DC""#, "null", "device_code"),
            (r#""DC""#, r#""""#, "device_code"),
            (r#""DC""#, r#""a\u0000b""#, "device_code"),
            (r#""DC""#, "1", "device_code"),
            ("WDJB", r"\u001b[2J", "user_code"),
            ("user_code", "other", "user_code"),
            ("https://as.example/device", "", "verification_uri"),
            ("https://as.example/device", "/device", "verification_uri"),
            ("https://as.example/device", "javascript:alert(1)", "verification_uri"),
            ("https://as.example/device", "file:///etc/passwd", "verification_uri"),
            ("https://as.example/device", r"https://as.example/\n", "verification_uri"),
            ("https://as.example/device", " https://as.example/", "verification_uri"),
            ("https://as.example/device", "https://as.example/\u{202e}eciv", "verification_uri"),
        ] {
            let text = format!("{{{CODES}}}").replacen(from, to, 1);
            let why = read_text(&text).err().unwrap_or_default();
            assert!(why.contains(named), "{text}: {why:?}");
        }
    }

    #[test]
    fn a_complete_uri_that_cannot_be_opened_is_left_out() {
        for uri in
            ["", "x:y", "javascript:alert(1)", "/device", r"https://as.example/\n", "https://b\u{fc}cher.example/"]
        {
            let text = format!(r#"{{{CODES},"verification_uri_complete":"{uri}"}}"#);
            let device = read_text(&text).unwrap_or_else(|why| panic!("{uri}: {why}"));
            assert!(device.verification_uri_complete.is_none(), "{uri}");
        }
    }

    #[test]
    fn verification_url_is_accepted() {
        let device =
            read_text(&format!("{{{}}}", CODES.replace("verification_uri", "verification_url"))).expect("accepted");
        assert_eq!(device.verification_uri.as_str(), "https://as.example/device");
        assert!(device.verification_uri_complete.is_none());
    }
}

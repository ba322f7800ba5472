//! A QR code as text, for a verification URI on a terminal (RFC 8628 section 3.3.1).

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use crate::secret::Secret;

/// Lines of half blocks for light text on a dark background, quiet zone included; `None` if `uri` is too long for a QR
/// code.
pub fn text(uri: &str) -> Option<Secret> {
    let code = QrCode::new(uri).ok()?;
    // The terminal's background is dark, so the light modules are drawn.
    let mut lines = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    lines.push('\n');
    Secret::new(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_is_drawn_in_blocks() {
        let code = text("https://as.example/device?user_code=WDJB-MJHT").expect("short enough");
        let lines: Vec<_> = code.as_str().lines().collect();
        let width = lines[0].chars().count();
        assert!(width == lines.len() * 2 || width + 1 == lines.len() * 2, "{width} by {}", lines.len());
        assert!(lines.iter().all(|line| line.chars().count() == width && line.chars().all(|c| " ▀▄█".contains(c))));
        assert!(lines[0].chars().all(|c| c == '█'), "a light quiet zone");
        assert!(text(&"x".repeat(10_000)).is_none());
    }
}

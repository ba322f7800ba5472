//! An HTTP answer as an input: a line with the status, lines with header fields, an empty line, the body.

pub struct Answer<'a> {
    pub status: i32,
    /// Without NUL bytes, as a transport gives them.
    pub headers: Vec<(&'a [u8], &'a [u8])>,
    pub body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Whatever the bytes are, they are some answer.
    pub fn of(input: &'a [u8]) -> Self {
        let mut rest = input;
        let status = std::str::from_utf8(line(&mut rest)).ok().and_then(|text| text.parse().ok());
        let mut headers = Vec::new();
        loop {
            let field = line(&mut rest);
            if field.is_empty() {
                break;
            }
            let colon = field.iter().position(|byte| *byte == b':').unwrap_or(field.len());
            let value = field.get(colon + 1..).unwrap_or_default();
            if !field.contains(&0) {
                headers.push((&field[..colon], value.strip_prefix(b" ").unwrap_or(value)));
            }
        }
        Self { status: status.unwrap_or(200), headers, body: rest }
    }
}

fn line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let line = &rest[..end];
    *rest = rest.get(end + 1..).unwrap_or_default();
    line
}

//! Just enough HTTP/1.1 to read what two well-behaved clients send.

pub struct Request<'a> {
    pub path: &'a str,
    head: &'a str,
    pub body: &'a str,
}

impl<'a> Request<'a> {
    pub fn header(&self, name: &str) -> Option<&'a str> {
        header(self.head, name)
    }
}

pub fn whole(bytes: &[u8]) -> bool {
    parse(bytes).is_ok()
}

pub fn parse(bytes: &[u8]) -> Result<Request<'_>, &'static str> {
    let text = str::from_utf8(bytes).map_err(|_| "not UTF-8")?;
    let (head, rest) = text.split_once("\r\n\r\n").ok_or("no end of the head")?;
    let length = header(head, "content-length").map_or(Ok(0), str::parse).map_err(|_| "bad content-length")?;
    let body = rest.get(..length).ok_or("no end of the body")?;
    let path = head.split(' ').nth(1).ok_or("no path")?;
    Ok(Request { path, head, body })
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let named = |line: &'a str| line.split_once(':').filter(|(found, _)| found.eq_ignore_ascii_case(name));
    head.split("\r\n").find_map(named).map(|(_, value)| value.trim())
}

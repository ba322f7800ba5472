//! What there is to press on a page: its first form, and its links.

#[derive(Default)]
pub(super) struct Page {
    pub form: Option<Form>,
    pub links: Vec<String>,
}

pub(super) struct Form {
    pub action: String,
    pub controls: Vec<Control>,
}

pub(super) struct Control {
    pub kind: String,
    pub name: String,
    pub value: String,
}

impl Page {
    /// Reads the tags that matter; all controls are taken for the form's, as a button may lie outside of it.
    pub fn read(html: &str) -> Self {
        let mut page = Self::default();
        for tag in html.split('<').skip(1) {
            let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let attribute = |wanted| attribute(&tag[name.len()..], wanted);
            match (name, &mut page.form) {
                ("a", _) => page.links.extend(attribute("href")),
                ("form", form @ None) => {
                    *form = Some(Form { action: attribute("action").unwrap_or_default(), controls: Vec::new() });
                }
                ("input" | "button", Some(form)) => form.controls.push(Control {
                    kind: attribute("type").unwrap_or_else(|| "text".to_string()),
                    name: attribute("name").unwrap_or_default(),
                    value: attribute("value").unwrap_or_default(),
                }),
                _ => {}
            }
        }
        page
    }
}

/// The value of one attribute in the rest of a tag. Values are quoted with `"`.
fn attribute(mut rest: &str, wanted: &str) -> Option<String> {
    while let Some(end) = rest.find(['=', '>']).filter(|end| rest[*end..].starts_with("=\"")) {
        let name = rest[..end].split_ascii_whitespace().last()?;
        let (value, after) = rest[end + 2..].split_once('"')?;
        if name == wanted {
            return Some(unescape(value));
        }
        rest = after;
    }
    None
}

fn unescape(text: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    named.iter().fold(text.to_string(), |text, (entity, character)| text.replace(entity, character))
}

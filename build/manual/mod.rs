//! The manual, section 3, from the header: a page for each function and each type of callback, a page for each section of
//! `oauth.h`, and `oauthclient(3)`. A handle or another type leads to the page of its section.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

mod comment;
mod header;
mod roff;

use comment::{Block, Comment};
use header::{Declaration, Header, Kind, Section};
use roff::{Names, prose, verbatim};

/// The page about everything.
const OVERVIEW: &str = "oauthclient";
const LIBRARY: &str =
    "liboauthclient:\n\\fBcc\\fP \\fIprogram\\fP\\fB.c $(pkg\\-config \\-\\-cflags \\-\\-libs oauthclient)\\fP";

/// A page, and the name of its file.
pub struct Page {
    pub file: String,
    pub text: String,
}

/// Writes them all, in the place of those that were there.
pub fn write(header: &str, version: &str, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "3") {
            fs::remove_file(path)?;
        }
    }
    pages(header, version).iter().try_for_each(|page| fs::write(directory.join(&page.file), &page.text))
}

pub fn pages(header: &str, version: &str) -> Vec<Page> {
    let manual = Manual::new(Header::read(header), version);
    let mut pages = vec![manual.page(OVERVIEW, manual.overview())];
    for (index, section) in manual.header.sections.iter().enumerate() {
        pages.push(manual.page(&section.page, manual.section(index)));
        for (place, declaration) in section.declarations.iter().enumerate() {
            match declaration.kind {
                Kind::Function | Kind::Callback => {
                    pages.push(manual.page(&declaration.name, manual.call(section, place)));
                }
                Kind::Type => pages.push(link(&declaration.name, &section.page)),
                Kind::Constant => {}
            }
        }
        let handles = manual.header.handles.iter().filter(|handle| handle.section == index);
        pages.extend(handles.map(|handle| link(&handle.declaration.name, &section.page)));
    }
    pages
}

fn link(name: &str, page: &str) -> Page {
    Page { file: format!("{name}.3"), text: format!(".so man3/{page}.3\n") }
}

struct Manual {
    header: Header,
    version: String,
    names: Names,
}

impl Manual {
    fn new(header: Header, version: &str) -> Self {
        let calls = header.sections.iter().flat_map(|section| &section.declarations);
        let calls = calls.filter(|declaration| matches!(declaration.kind, Kind::Function | Kind::Callback));
        let names = Names(calls.map(|declaration| declaration.name.clone()).collect());
        Self { header, version: version.to_owned(), names }
    }

    fn page(&self, name: &str, body: String) -> Page {
        let title = format!(
            ".TH {} 3 \"\" \"liboauthclient {}\" \"OAuth 2 client\"\n.nh\n.ad l\n",
            roff::escaped(name),
            self.version
        );
        // The first paragraph of a part begins by itself.
        let mut text = title;
        for line in body.lines() {
            let begins = line == ".PP" && text.lines().next_back().is_some_and(|before| before.starts_with(".S"));
            text += &if begins { String::new() } else { format!("{line}\n") };
        }
        Page { file: format!("{name}.3"), text }
    }

    /// What every page begins with. `synopsis` is code.
    fn begin(&self, name: &str, purpose: &str, synopsis: &[String]) -> String {
        let purpose = roff::title(purpose);
        let mut text = format!(".SH NAME\n{} \\- {purpose}\n.SH LIBRARY\n{LIBRARY}\n", roff::escaped(name));
        text += ".SH SYNOPSIS\n.nf\n\\fB#include <oauth.h>\\fP\n";
        for (index, line) in synopsis.iter().enumerate() {
            text += if index == 0 { ".PP\n" } else { "" };
            text += &(roff::prototype(line) + "\n");
        }
        text + ".fi\n"
    }

    fn overview(&self) -> String {
        let head = &self.header.head;
        let mut text = self.begin(OVERVIEW, "an OAuth 2 client: access tokens, kept valid", &[]);
        text += ".SH DESCRIPTION\n";
        for block in &head.blocks {
            match block {
                Block::Paragraph(title) if *title == title.to_uppercase() => text += &format!(".SH {title}\n"),
                block => text += &self.block(block),
            }
        }
        text += ".SH SECTIONS\n";
        for (part, sections) in self.header.parts() {
            text += &format!(".SS {part}\n");
            for section in sections {
                text += &format!(".TP\n\\fB{}\\fP(3)\n{}\n", roff::escaped(&section.page), roff::line(&section.title));
            }
        }
        text + ".SH SEE ALSO\n\\fBoauth\\-token\\fP(1)\n"
    }

    fn section(&self, index: usize) -> String {
        let section = &self.header.sections[index];
        let functions = || section.declarations.iter().filter(|one| one.kind == Kind::Function);
        let mut text = self.begin(&section.page, &first_sentence(&section.introduction), &[]);
        text += &format!(".SH DESCRIPTION\nSection {} of oauth.h: {}.\n", section.number, roff::line(&section.title));
        section.introduction.iter().for_each(|block| text += &self.block(block));
        let handles = self.header.handles.iter().filter(|handle| handle.section == index);
        let types = section.declarations.iter().filter(|one| matches!(one.kind, Kind::Type | Kind::Callback));
        let types: Vec<&Declaration> = handles.map(|handle| &handle.declaration).chain(types).collect();
        if !types.is_empty() {
            text += ".SH TYPES\n";
            types.iter().for_each(|one| text += &self.item(&one.name, &one.comment));
        }
        let constants = || section.declarations.iter().filter(|one| one.kind == Kind::Constant);
        if constants().next().is_some() {
            text += ".SH CONSTANTS\n";
            for one in constants() {
                let value = one.code[0].split_whitespace().last().unwrap_or_default();
                text += &self.item(&format!("{} = {value}", one.name), &one.comment);
            }
        }
        if functions().next().is_some() {
            text += ".SH FUNCTIONS\n";
            for one in functions() {
                let purpose = first_sentence(&one.comment.description) + ".";
                text += &format!(".TP\n{}\n{}\n", self.names.bold(&one.name), prose(&purpose, &self.names));
            }
        }
        let neighbours = [index.wrapping_sub(1), index + 1];
        let neighbours = neighbours.iter().filter_map(|index| self.header.sections.get(*index));
        text + &see_also(&neighbours.map(|section| section.page.clone()).collect(), &[OVERVIEW.to_owned()])
    }

    /// A type or a number, in a list.
    fn item(&self, title: &str, comment: &Comment) -> String {
        let title = match self.names.0.contains(title) {
            true => self.names.bold(title),
            false => format!("\\fB{}\\fP", roff::escaped(title)),
        };
        let mut text = format!(".TP\n{title}\n");
        for (index, block) in comment.prose().enumerate() {
            match block {
                Block::Paragraph(words) if index == 0 => text += &(prose(words, &self.names) + "\n"),
                Block::Paragraph(words) => text += &format!(".IP\n{}\n", prose(words, &self.names)),
                block => text += &format!(".RS\n{}.RE\n", self.block(block)),
            }
        }
        text
    }

    /// A function, or the type of one.
    fn call(&self, section: &Section, place: usize) -> String {
        let call = &section.declarations[place];
        let purpose = first_sentence(&call.comment.description);
        let mut text = self.begin(&call.name, &purpose, &call.code) + ".SH DESCRIPTION\n";
        call.comment.prose().for_each(|block| text += &self.block(block));
        if !call.comment.parameters.is_empty() {
            text += ".SH PARAMETERS\n";
            for one in &call.comment.parameters {
                let text_of = prose(&one.text, &self.names);
                text += &format!(".TP\n\\fI{}\\fP ({})\n{text_of}\n", roff::escaped(&one.name), one.direction);
            }
        }
        if let Some(result) = &call.comment.result {
            text += &format!(".SH RETURN VALUE\n{}\n", prose(result, &self.names));
        }
        if let Some(since) = &call.comment.since {
            text += &format!(".SH VERSIONS\nSince version {since}.\n");
        }
        let examples = self.examples(section, call);
        if !examples.is_empty() {
            text += ".SH EXAMPLES\n";
            examples.iter().for_each(|lines| text += &verbatim(lines));
        }
        let mut also = call.comment.mentioned(&self.names.0);
        let twin = call.name.strip_suffix("_start").map_or_else(|| format!("{}_start", call.name), str::to_owned);
        also.extend(self.names.0.get(&twin).cloned());
        for neighbour in [place.wrapping_sub(1), place + 1] {
            let neighbour = section.declarations.get(neighbour).map(|one| &one.name);
            also.extend(neighbour.filter(|name| self.names.0.contains(*name)).cloned());
        }
        also.remove(&call.name);
        text + &see_also(&also, &[section.page.clone(), OVERVIEW.to_owned()])
    }

    /// Its own example, or those of its section that call it.
    fn examples<'a>(&'a self, section: &'a Section, call: &'a Declaration) -> Vec<&'a [String]> {
        let own: Vec<_> = call.comment.examples().collect();
        if !own.is_empty() {
            return own;
        }
        let calls = |lines: &&[String]| lines.iter().any(|line| header::words(line).any(|word| word == call.name));
        section.declarations.iter().flat_map(|other| other.comment.examples()).filter(calls).collect()
    }

    fn block(&self, block: &Block) -> String {
        match block {
            Block::Paragraph(words) => format!(".PP\n{}\n", prose(words, &self.names)),
            Block::List(items) => {
                items.iter().map(|item| format!(".IP \\(bu 3\n{}\n", prose(item, &self.names))).collect()
            }
            Block::Table(rows) => {
                let row = |(title, words): &(String, String)| {
                    format!(".TP\n{}\n{}\n", prose(title, &self.names), prose(words, &self.names))
                };
                rows.iter().map(row).collect()
            }
            Block::Verbatim(lines) | Block::Code(lines) => verbatim(lines),
        }
    }
}

/// Without its full stop.
fn first_sentence(blocks: &[Block]) -> String {
    let text = blocks.iter().find_map(|block| match block {
        Block::Paragraph(text) => Some(text.as_str()),
        _ => None,
    });
    let text = text.unwrap_or_default();
    text.split(". ").next().unwrap_or_default().trim_end_matches(['.', ':']).to_owned()
}

fn see_also(names: &BTreeSet<String>, more: &[String]) -> String {
    let names = names.iter().chain(more).map(|name| roff::whole(&format!("\\fB{}\\fP(3)", roff::escaped(name))));
    format!(".SH SEE ALSO\n{}\n", names.collect::<Vec<_>>().join(",\n"))
}

#!/usr/bin/env python3
"""Gives doxygen what it reads: `filter.py FILE` prints a file of the tree as a source of the site.

oauth.h is written for readers of the file itself. Here its sections become groups, its head the first page, and each name of
the library a link. In pages of Markdown, links to files that are not on the site become text.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Pages of the site, and where the first page names them. Doxyfile has the same files.
PAGES = {
    "Guides": sorted((ROOT / "guides").glob("*.md")),
    "Other languages": [ROOT / "examples-c" / language / "README.md" for language in ("cpp", "go", "python", "swift")],
    "Plug-ins": [*sorted((ROOT / "examples-c/plugins").glob("*.md"), key=lambda path: (path.name != "README.md", path.name))],
    "About": [ROOT / name for name in ("README.md", "ABI.md", "SECURITY.md")],
}
RULE = "/* ===="
NAME = re.compile(r"\b(oauth|OAUTH)_\w+")


def page_of(title):
    """What the group of a section is called, and its file."""
    title = re.split("[,:(]", title)[0].strip().lower()
    return re.sub("[^a-z]+", "_", title.removeprefix("a "))


class Names:
    """The names that have a place on the site."""

    def __init__(self, header):
        self.functions = set(re.findall(r"^(?:[\w ]+[ *]|)(oauth_\w+)\(", header, re.M))
        self.others = set(re.findall(r"^typedef .*?(oauth_\w+);", header, re.M))
        self.others |= set(re.findall(r"^typedef .*\(\*(oauth_\w+)\)", header, re.M))
        self.others |= set(re.findall(r"\*/\n#define (OAUTH_\w+)", header))

    def linked(self, text):
        """Text with links; what stands in backticks stays as it is."""
        parts = text.split("`")
        parts[::2] = [NAME.sub(self.link, part).replace(" --", r" \--") for part in parts[::2]]
        return "`".join(parts)

    def link(self, match):
        name = match.group()
        if name in self.functions:
            return name + "()"
        return "#" + name if name in self.others else name


def comment(lines, names):
    """The lines of a comment, without their stars, as doxygen takes them."""
    written, state, blank = [], "text", True
    for line in lines:
        if state == "code":
            state = "text" if line == "@endcode" else "code"
            written.append(line)
            continue
        if state == "columns" and not line.startswith("  "):
            written.append("@endverbatim")
            state = "text"
        if line == "@code":
            state = "code"
            written.append("@code{.c}")
        elif state == "columns":
            written.append(line)
        elif blank and line.startswith("  "):
            state = "columns"
            written += ["@verbatim", line]
        else:
            written.append(names.linked(line))
        blank = not line or line == "@endcode"
    return written + (["@endverbatim"] if state == "columns" else [])


def block(lines):
    return "\n".join(["/**"] + [f" * {line}".rstrip() for line in lines] + [" */"]) + "\n"


def uncommented(text):
    return [re.sub(r"^ \*? ?", "", line) for line in text.strip("\n").split("\n")]


def with_names(text, names):
    """Declarations, with the names in their comments linked."""

    def linked(match):
        lines = uncommented(match.group(1)) if "\n" in match.group(1) else [match.group(1).strip()]
        return block(comment(lines, names)).rstrip("\n")

    return re.sub(r"/\*\*(.*?)\*/", linked, text, flags=re.S)


def rules(lines):
    """A name at the margin and text beside it, as a table."""
    rows = []
    for line in filter(None, lines):
        if line.startswith(" "):
            rows[-1][1] += " " + line.strip()
        else:
            rows.append(line.split(maxsplit=1))
    return ["| | |", "|---|---|"] + [f"| **{name}** | {text} |" for name, text in rows]


def first_page(text, names):
    lines = uncommented(text)[3:]
    at = {title: lines.index(title) for title in ("A COMPLETE PROGRAM", "RULES", "SECTIONS")}
    written = comment(lines[: at["A COMPLETE PROGRAM"]], names)
    written += ["@section a_complete_program A complete program", ""]
    written += comment(lines[at["A COMPLETE PROGRAM"] + 1 : at["RULES"]], names)
    written += ["@section rules Rules", ""] + [names.linked(row).replace("@since", "\\@since") for row in rules(lines[at["RULES"] + 1 : at["SECTIONS"]])]
    written += ["", "@section sections Sections"]
    for line in lines[at["SECTIONS"] + 1 :]:
        if numbered := re.match(r" +\d+ (.*)", line):
            written.append(f"- @ref {page_of(numbered[1])}")
        elif part := re.match(r"[IVX]+ (.*)", line):
            written += ["", f"**{part[1]}**", ""]
    for title, paths in PAGES.items():
        written += ["", f"@section {slug(title)} {title}", "", *(f"- @subpage {label(path)}" for path in paths)]
    return block(["@mainpage liboauthclient", "", *written])


def header(text):
    names = Names(text)
    text = text.split("\n#ifdef __cplusplus\n}")[0].replace("OAUTH_MUST_USE\n", "").replace("OAUTH_MUST_USE ", "")
    head, handles, *sections = text.split("\n" + RULE)
    print("/** @file */")
    print(first_page(head.split("\n#ifndef")[0].removesuffix(" */"), names))
    parts, titles = [], []
    for section in sections:
        introduction, declarations = section.split(" */", 1)
        number, title, part = re.match(r"[= ]*\n \* (\d+) (.*) \([IVX]+ (.*)\)", introduction).groups()
        lines = uncommented(introduction.rsplit("\n * ===", 1)[0])[2:]
        titles.append((page_of(title), declarations))
        if part not in parts:
            parts.append(part)
            print(block([f"@defgroup part_{len(parts)} {part}"]))
        group = [f"@defgroup {page_of(title)} {title}", f"@ingroup part_{len(parts)}", "@{", ""]
        print(block(group + comment(lines, names)))
        print(with_names(declarations, names))
        print("/** @} */")
    for handle in handles.split("\n#ifdef")[0].split("\n/**")[1:]:
        name = re.search(r"(oauth_\w+);", handle)[1]
        home = next((page for page, declared in titles if re.search(rf"^void {name}_free\(", declared, re.M)), None)
        home = home or next(page for page, declared in titles if re.search(rf"\b{name} ", declared))
        said, declared = handle.split("*/")
        lines = uncommented(said) if "\n" in said.strip() else [said.strip()]
        print(block(comment(lines, names) + ["", f"@ingroup {home}"]) + declared.strip())


def page(path, text):
    """Markdown. Its first heading gets a name, by which other pages and the menu find it."""
    def link(match):
        text, target = match.groups()
        if target.startswith("https://"):
            return match.group()
        if target.startswith("#"):
            return f"@ref {label(path)}_{target[1:].replace('-', '_')} \"{text}\""
        name = (path.parent / target.split("#")[0]).resolve()
        if name.is_dir() and (name / "README.md").exists():
            name = name / "README.md"
        if any(name in paths for paths in PAGES.values()):
            return f"@ref {label(name)} \"{text.strip('`')}\""
        if name.name == "oauth.h":
            return f"@ref index \"{text.strip('`')}\""
        return text

    names = Names((ROOT / "include/oauth.h").read_text())

    def written(part):
        part = re.sub(r"\[([^\]]*)\]\(([^)\s]+)\)", link, part)
        part = re.sub(r"`((?:oauth|OAUTH)_\w+)`", lambda name: f"<code>{names.linked(name[1])}</code>", part)
        return re.sub(r"^##+ (.*)$", lambda title: f"{title[0]} {{#{label(path)}_{slug(title[1])}}}", part, flags=re.M)

    parts = re.split(r"(```.*?```)", text, flags=re.S)
    parts[::2] = map(written, parts[::2])
    title = "About this library" if path == ROOT / "README.md" else r"\1"
    print(re.sub(r"^# (.*)$", rf"# {title} {{#{label(path)}}}", "".join(parts), count=1, flags=re.M))


def slug(title):
    """As GitHub calls a heading, in a form that doxygen takes."""
    return re.sub("[^a-z0-9 -]", "", title.lower()).replace(" ", "_").replace("-", "_")


def label(path):
    """The name of a page, and of its file."""
    name = path.stem if path.name != "README.md" or path.parent == ROOT else path.parent.name
    return "page_" + slug(name.replace("_", " "))


if __name__ == "__main__":
    source = Path(sys.argv[1]).resolve()
    header(source.read_text()) if source.suffix == ".h" else page(source, source.read_text())

#!/usr/bin/env python3
"""Checks the site below the directory that is named: no link leads nowhere, each function has its place and is found."""
import functools
import http.server
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import search
from filter import PAGES, ROOT, label

BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
# What a user types, and what is found.
TYPED, FOUND = "request_tok", "oauth_request_token"
# A page that types into the search field of the site beside it, and waits for what that shows.
TYPIST = """<!doctype html><iframe id="site" src="index.html" width="1200" height="800"></iframe><pre id="found"></pre><script>
site.onload = () => {
  const page = site.contentWindow;
  let typed = false;
  const look = setInterval(() => {
    if (!page.document.getElementById("MSearchBox")) return; // the page puts its menu together itself
    if (!typed) {
      const field = page.document.getElementById("MSearchField");
      page.searchBox.OnSearchFieldFocus(true); // a frame in the background gets no focus
      field.value = "%s";
      field.dispatchEvent(new page.KeyboardEvent("keyup", {key: "k", bubbles: true}));
      typed = true;
    }
    const results = page.document.getElementById("MSearchResults").contentDocument;
    const shown = [...(results?.querySelectorAll(".SRResult") ?? [])].filter((one) => one.style.display === "block");
    const links = shown.flatMap((one) => [...one.querySelectorAll("a.SRSymbol")]);
    if (links.length > 0) {
      clearInterval(look);
      found.textContent = links.map((link) => link.textContent + " " + link.href).join("\\n");
    }
  }, 50);
};
</script>"""


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.names, self.links = set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.names.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


def dead_links(site, pages):
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("https", "http", "javascript", "data"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_relative_to(site) or not target.exists():
                yield f"{path.name}: {link}"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].names:
                yield f"{path.name}: {link}: no such place in that page"


def menu_links(site, pages):
    for name in re.findall(r'url:"([^"]*)"', (site / "menudata.js").read_text()):
        target, _, place = name.partition("#")
        if site / target not in pages or place and place not in pages[site / target].names:
            yield f"the menu: {name}"


def search_index(site):
    """What the search has for each function: page and place."""
    found = {}
    for path in (site / "search").glob("functions_*.js"):
        for _, (name, *places) in search.read(path):
            found[name] = places[0][0]
    return found


def is_found(site, pages, functions):
    index = search_index(site)
    for name in functions:
        target, _, place = index.get(name, "").removeprefix("../").partition("#")
        if site / target not in pages or place not in pages[site / target].names:
            yield f"{name} is not in the search"
    for name in index.keys() - functions:
        yield f"{name} is in the search, and is no function"


def typed(site):
    """The names and addresses that a browser shows for what is typed."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("reference: no Chromium: apt install chromium")
    (site / "typist.html").write_text(TYPIST % TYPED)
    handler = functools.partial(Silent, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, tempfile.TemporaryDirectory() as home:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={home}", "--virtual-time-budget=10000"]
        address = f"http://127.0.0.1:{server.server_port}/typist.html"
        shown = subprocess.run([*command, "--dump-dom", address], capture_output=True, text=True, timeout=60)
        server.shutdown()
    (site / "typist.html").unlink()
    return re.search(r'<pre id="found">(.*?)</pre>', shown.stdout, re.S)[1].split("\n")


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def main():
    site = Path(sys.argv[1]).resolve()
    pages = {path: Page(path) for path in site.rglob("*.html")}
    lines = (ROOT / "tests/symbols.txt").read_text().splitlines()
    functions = {line.split()[0] for line in lines if not line.startswith("#")}
    wrong = [*dead_links(site, pages), *menu_links(site, pages), *is_found(site, pages, functions)]
    for path in [path for paths in PAGES.values() for path in paths]:
        if site / f"{label(path)}.html" not in pages:
            wrong.append(f"{path.relative_to(ROOT)} is not on the site")
    shown = typed(site)
    if not any(line.startswith(FOUND + " ") and "#" in line for line in shown):
        wrong.append(f"a browser that is given {TYPED!r} shows {shown}")
    if wrong:
        sys.exit("reference:\n" + "\n".join(wrong))
    print(f"{len(pages)} pages, {sum(len(page.links) for page in pages.values())} links, {len(functions)} functions, all found")


if __name__ == "__main__":
    main()

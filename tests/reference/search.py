#!/usr/bin/env python3
"""Lets doxygen's search find each word of a name: doxygen compares what is typed with the beginning of names, and all of ours
begin with oauth_. `search.py DIRECTORY` writes the search data of a site anew."""
import ast
import json
import re
import sys
from pathlib import Path

# In keys, doxygen writes characters other than letters and digits so.
BETWEEN_WORDS = re.compile("_(?:5f|20|2d)")


def keys(key):
    """A key and its ends that begin with a word; each word once, or a name would be found twice."""
    words = set()
    for start in [0, *(match.end() for match in BETWEEN_WORDS.finditer(key))]:
        word = BETWEEN_WORDS.split(key[start:])[0]
        if word[:1].isalnum() and word not in words:
            words.add(word)
            yield key[start:]


def read(path):
    return ast.literal_eval(path.read_text().split("=", 1)[1].strip().rstrip(";"))


def write(search, category, page):
    """The data of one category, a file for each letter; which letters there are."""
    files = list(search.glob(f"{category}_*.js"))
    entries = [entry for path in files for entry in read(path)]
    letters = {}
    for key, found in entries:
        for one in keys(re.sub(r"_\d+$", "", key)):
            letters.setdefault(one[0], []).append((one, found))
    for path in files:
        path.unlink()
    for index, letter in enumerate(sorted(letters)):
        rows = sorted(letters[letter], key=lambda row: (row[0], row[1][0]))
        rows = [[f"{key}_{number}", found] for number, (key, found) in enumerate(rows)]
        name = f"{category}_{index:x}"
        (search / f"{name}.js").write_text(f"var searchData=\n{json.dumps(rows)};\n")
        (search / f"{name}.html").write_text(page.replace("all_0.js", f"{name}.js"))
    return "".join(sorted(letters))


def main():
    search = Path(sys.argv[1]) / "search"
    data = search / "searchdata.js"
    text, page = data.read_text(), (search / "all_0.html").read_text()
    names = re.findall(r'(\d+): "(\w+)"', re.search("indexSectionNames =(.*?);", text, re.S)[1])
    letters = ",\n".join(f'  {index}: "{write(search, name, page)}"' for index, name in names)
    data.write_text(re.sub(r"(indexSectionsWithContent =\n\{\n).*?(\n\})", rf"\g<1>{letters}\2", text, count=1, flags=re.S))


if __name__ == "__main__":
    main()

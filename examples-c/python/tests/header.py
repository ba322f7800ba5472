"""What oauth.h declares, and what oauthclient/_signatures.py must therefore say."""
import os
import re
import textwrap
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "oauthclient"
HEADER = Path(os.environ.get("OAUTHCLIENT_HEADER") or PACKAGE.parent.parent.parent / "include/oauth.h")
TYPES = {"void": "v", "bool": "b", "int32_t": "i", "uint32_t": "I", "int64_t": "q", "size_t": "n", "uint16_t": "H",
         "ptrdiff_t": "d"}


def functions(header: str) -> dict[str, tuple[str, list[str]]]:
    """The type of its result, and those of its parameters, for each function of a header."""
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.S).partition('extern "C" {')[2]
    found = {}
    for statement in text.split(";"):
        statement = " ".join(re.sub(r"(?m)^\s*#.*$", "", statement).replace("OAUTH_MUST_USE", "").split())
        match = re.fullmatch(r"(.+?)(oauth_\w+) ?\((.*)\)", statement)
        if match and not statement.startswith("typedef"):
            parameters = [] if match[3] == "void" else match[3].split(",")
            found[match[2]] = match[1].strip(), [re.sub(r"\w+$", "", name.strip()).strip() for name in parameters]
    return found


def numbers(header: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"#define OAUTH_(\w+) (\d+)\n", header)}


def word(declared: str, aliases: dict[str, str]) -> str:
    """A type in _signatures.py: that of a handle is its name, with an asterisk where it is a result."""
    if declared in ("const char *", "const uint8_t *"):
        return "s" if "char" in declared else "y"
    if handle := re.fullmatch(r"(?:const )?(?:oauth_(\w+)|(char)) (\*\*?)", declared):
        return handle[3][1:] + (handle[1] or handle[2])
    if "*" in declared or declared.endswith("_fn"):
        return "P"
    return TYPES[aliases.get(declared, declared)]


def signatures(header: str) -> str:
    """The text of oauthclient/_signatures.py."""
    aliases = {name: kind for kind, name in re.findall(r"typedef (\w+) (oauth_\w+);", header)}
    groups: dict[str, list[str]] = {}
    for name, (result, parameters) in functions(header).items():
        first = "P" if result == "const uint8_t *" else word(result, aliases)
        signature = " ".join([first, *[word(parameter, aliases) for parameter in parameters]])
        groups.setdefault(signature, []).append(name.removeprefix("oauth_"))
    lines = ['"""The functions of oauth.h, by type of result and parameters. Written by tests/test_header.py."""', "",
             'SIGNATURES = """']
    for signature, names in sorted(groups.items()):
        lines += textwrap.wrap(f"{signature}: {' '.join(names)}", 118, subsequent_indent="  ")
    return "\n".join([*lines, '"""', ""])

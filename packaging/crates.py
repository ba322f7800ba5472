"""The crates that are linked into what this tree builds, as cargo knows them."""

import argparse
import json
import pathlib
import subprocess
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def compiler():
    """What rustc says of itself: host, release, commit-hash."""
    return dict(line.split(": ") for line in output("rustc", "-vV").splitlines() if ": " in line)


def options(usage):
    parser = argparse.ArgumentParser(usage=usage)
    parser.add_argument("--target", default=compiler()["host"])
    parser.add_argument("--features", default="")
    return parser.parse_args()


def linked(chosen):
    """For each crate, the crates that it needs; the first one is ours."""
    tree = ["cargo", "tree", "--locked", "--package", "oauthclient", "--target", chosen.target, "--edges", "normal,no-proc-macro"]
    lines = output(*tree, "--features", chosen.features, "--no-dedupe", "--prefix", "depth", "--format", " {p}").splitlines()
    crates, above = {}, []
    for line in lines:
        depth, name, version = line.split()[:3]
        crate = (name, version.removeprefix("v"))
        del above[int(depth):]
        if above:
            crates[above[-1]].add(crate)
        crates.setdefault(crate, set())
        above.append(crate)
    return crates


def described(chosen):
    """What the manifest of each crate says."""
    metadata = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", chosen.target]
    text = output(*metadata, "--features", chosen.features)
    return {(package["name"], package["version"]): package for package in json.loads(text)["packages"]}


def checksums():
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    return {(package["name"], package["version"]): package.get("checksum") for package in packages}

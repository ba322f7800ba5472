#!/usr/bin/env python3
"""How long `oauth-token NAME` takes with a token from its store, against /bin/true: medians of alternating runs.

    cargo build --release --features cli --bin oauth-token && cargo build --release -p oauthclient-test-server
    tests/bench/command.py [PROGRAM]
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

RUNS = 400
target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", pathlib.Path(__file__).parents[2] / "target")) / "release"
command = sys.argv[1] if len(sys.argv) > 1 else str(target / "oauth-token")


def run_us(arguments, environment):
    began = time.perf_counter()
    child = os.posix_spawn(arguments[0], arguments, environment, file_actions=quiet)
    assert os.waitpid(child, 0)[1] == 0, arguments
    return (time.perf_counter() - began) * 1e6


def instructions(arguments, environment, home):
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={home}/callgrind"]
    said = subprocess.run(valgrind + arguments, env=environment, capture_output=True, text=True, check=True).stderr
    return int(said.split("Collected :")[1].split()[0])


with tempfile.TemporaryDirectory() as home, open(os.devnull, "wb") as nowhere:
    quiet = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1)]
    server = subprocess.Popen([target / "oauthclient-test-server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    settings = dict(line.rstrip("\n").split("=", 1) for line in iter(server.stdout.readline, "READY\n"))
    secret = os.path.join(home, "secret")
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(settings["OAUTH_CLIENT_SECRET"])
    environment = {"HOME": home, "PATH": os.environ["PATH"]}
    machine = ["client-credentials", "machine", "--issuer", settings["OAUTH_ISSUER"], "--client-secret-file", secret]
    machine += ["--client-id", settings["OAUTH_CLIENT_ID"]]
    subprocess.run([command, *machine], env=environment, stdout=nowhere, check=True)
    server.stdin.close()
    server.wait()

    cases = {"/bin/true": ["/bin/true"], "oauth-token version": [command, "version"], "oauth-token NAME": [command, "machine"]}
    times = {name: [] for name in cases}
    for _ in range(RUNS):
        for name, arguments in cases.items():
            times[name].append(run_us(arguments, environment))
    medians = {name: sorted(all_of_them)[RUNS // 2] for name, all_of_them in times.items()}
    for name, arguments in cases.items():
        ratio = medians[name] / medians["/bin/true"]
        count = instructions(arguments, environment, home)
        print(f"{name:<20} {medians[name]:7.0f} us   {ratio:4.2f} x /bin/true   {count:>9,} instructions")

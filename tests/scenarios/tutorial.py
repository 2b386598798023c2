#!/usr/bin/python3
"""tutorial.py TUTORIAL FOLDER HOST: does what a tutorial says, in FOLDER, and prints a line "ok NAME" or "not ok NAME" for each step.

In the tutorial, a block ```mechanism is what the reader adds to the file repair.mechanism; a block ```sh is what she types, in one shell
from the first to the last, a command a line, each of which succeeds unless the block is called ```sh refused; a block ```text after it holds lines that are shown, in this order,
perhaps among others, with "..." for what differs from one time to the next. Homes are below FOLDER, ports of 127.0.0.1 are free ones of HOST.
"""
import re, socket, subprocess, sys

tutorial, folder, host = sys.argv[1:]
ports = {}


def free_port(address):
    if address not in ports:
        with socket.socket() as s:
            s.bind((host, 0))
            ports[address] = "%s:%d" % s.getsockname()
    return ports[address]


def here(command):
    command = re.sub(r"--home (\w+)", lambda m: "--home %s/%s" % (folder, m[1]), command)
    return re.sub(r"127\.0\.0\.1:\d+", lambda m: free_port(m[0]), command)


def shown(wanted, said):
    """Whether the lines stand in what was said, in this order."""
    pattern = ".*".join("^" + re.escape(line).replace(re.escape("..."), "[^\n]*") + "$" for line in wanted.splitlines())
    return re.search(pattern, said, re.M | re.S)


shell = subprocess.Popen(["bash"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
said, step = "", 0
for kind, number, text in [(m[1], tutorial[: m.start()].count("\n") + 1, m[2]) for tutorial in [open(tutorial).read()]
                           for m in re.finditer(r"^```(\S[^\n]*)\n(.*?)^```$", tutorial, re.M | re.S)]:
    name = "tutorial, line %d: %s" % (number, text.splitlines()[0][:60])
    if kind == "mechanism":
        open(folder + "/repair.mechanism", "a").write(text)
        continue
    if kind == "text":
        good = shown(text, said)
    else:
        open(folder + "/step", "w").write("set -o pipefail\n" + " &&\n".join(here(text).splitlines()) + "\n")
        print(". ./step >said 2>&1 </dev/null; echo $?", file=shell.stdin, flush=True)
        status, said = shell.stdout.readline().strip(), open(folder + "/said").read()
        good = (status == "0") != (kind == "sh refused")
    print("ok" if good else "not ok", name)
    if not good:
        print(said)
shell.stdin.close()
shell.wait()

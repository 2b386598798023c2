"""usage: helped.py PROGRAM TAG

Help of every command, and wrong uses, in a language whose every text stands in brackets: prints each line in which an English
word is left outside them that is no command, option, value, name of a rule or path.
"""
import re
import subprocess
import sys

PROGRAM, TAG = sys.argv[1:3]
WRONG = ["send", "frob", "verify /etc/passwd", "verify /nonexistent", "mechanism check /etc/passwd", "tool age -d -p", "tool frob",
         "status --home /nonexistent", "inbox --limit", "courier out x", "agree draft /etc/passwd /etc/hosts", "status --frob"]


def said(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    return done.stdout + done.stderr


def outside(text):
    before = None
    while text != before:
        before, text = text, re.sub("\u27e6[^\u27e6\u27e7]*\u27e7", " ", text)
    text = re.sub(r"--?[a-z-]+|\b[A-Z][A-Z0-9:=-]+\b|\[[a-z]+\.[a-z-]+[^\]]*\]|/\S+|detente", "", text)
    return [line.strip() for line in text.split("\n") if re.search("[A-Za-z]{3}", line)]


commands = [re.sub(" +", " ", name.strip()) for name in re.findall(r"^  ([a-z-]+(?: [a-z]+)?)  +\S", said("--help"), re.M)]
known = {word for name in commands for word in name.split()} | {"add", "init", "serve", "status", "frob", "drill"} | {
    "note", "age", "tree", "keygen", "policy", "root", "leaf", "inclusion", "consistency"}
for name in [""] + commands:
    for line in outside(said("--lang", TAG, *name.split(), "--help")):
        words = set(re.findall("[A-Za-z]{3,}", line))
        if not words <= known:
            print(f"{name or 'detente'} --help: {line}")
for name in WRONG:
    for line in outside(said("--lang", TAG, *name.split())):
        if not set(re.findall("[A-Za-z]{3,}", line)) <= known:
            print(f"{name}: {line}")

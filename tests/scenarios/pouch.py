#!/usr/bin/python3
"""Makes hostile courier files out of good ones: whole, with a true digest at the end, and wrong in one place.

usage: pouch.py FILE OUT CHANGE
"""
import hashlib
import sys


def read(data):
    """Head lines, then blocks [words of the line, bytes]."""
    head, blocks, at = [], [], 0
    while True:
        end = data.index(b"\n", at)
        words = data[at:end].decode().split(" ")
        if words[0] == "end":
            return head, blocks
        at = end + 1
        if words[0] in ("checkpoint", "entries", "attachment"):
            size = int(words[-1])
            blocks.append([words[:-1], data[at:at + size]])
            at += size
        else:
            head.append(data[at - len(" ".join(words)) - 1:at])


def write(head, blocks):
    out = b"".join(head)
    for words, content in blocks:
        out += " ".join(words + [str(len(content))]).encode() + b"\n" + content
    return out + b"end " + hashlib.sha256(out).hexdigest().encode() + b"\n"


def set_head(head, key, value):
    return [key + b" " + value + b"\n" if line.startswith(key + b" ") else line for line in head]


def entries_in(blocks):
    return [block for block in blocks if block[0][0] == "entries"]


def main():
    head, blocks = read(open(sys.argv[1], "rb").read())
    change = sys.argv[3]
    first = blocks[0]
    if change == "agreement":
        head = set_head(head, b"agreement", b"00" * 32)
    elif change in ("from", "to"):
        head = set_head(head, change.encode(), sys.argv[4].encode())
    elif change == "no-entries":
        blocks = [block for block in blocks if block[0][0] != "entries"]
    elif change == "false-entry":
        bundle = entries_in(blocks)[-1]
        bundle[1] = bundle[1][:-20] + bytes([bundle[1][-20] ^ 1]) + bundle[1][-19:]
    elif change == "short-bundle":
        bundle = entries_in(blocks)[-1]
        bundle[1] = bundle[1][:-1]
    elif change == "long-bundle":
        entries_in(blocks)[-1][1] += b"\0\0"
    elif change == "attachment":
        attached = [block for block in blocks if block[0][0] == "attachment"][0]
        attached[1] = attached[1][:-1] + bytes([attached[1][-1] ^ 1])
    elif change == "stranger-attachment":
        blocks = [block for block in blocks if block[0][0] != "attachment"] + [[["attachment", "ee" * 32], b"unnamed"]]
    elif change == "stranger":
        first[1] = first[1].replace(first[1].split(b"/")[0], b"a.stranger.example")
    elif change == "signature":
        lines = first[1].split(b"\n")
        lines[4] = lines[4][:-10] + (b"A" if lines[4][-10:-9] != b"A" else b"B") + lines[4][-9:]
        first[1] = b"\n".join(lines)
    elif change == "size":
        lines = first[1].split(b"\n")
        lines[1] = str(int(lines[1]) + 1).encode()
        first[1] = b"\n".join(lines)
    else:
        sys.exit("no such change")
    open(sys.argv[2], "wb").write(write(head, blocks))


main()

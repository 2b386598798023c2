"""hostile HOME-A HOME-B RECORD FOLDER: b turns on a. b's node is stopped; this has b's keys and its record (an export), and asks
of a's running node what no honest node would, then answers a's own requests as none would. Its lines are "ok NAME" or "not ok
NAME", and notes. FOLDER is for its own files."""

import base64
import gzip
import hashlib
import http.client
import http.server
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading

import nodes

MIB = 1 << 20
FILLED = 300  # void entries, so that a push takes two packages


# ---- what b can make: notes, trees, requests (docs/spec) ----

class Keys:
    """b's own, by its key file and its card."""

    def __init__(self, home, record, folder):
        self.folder, self.seeds, self.publics = folder, {}, {}
        with open(home + "/keeper/keys") as file:
            for words in map(str.split, file):
                if words[1] == "live":
                    self.seeds[words[2]] = bytes.fromhex(words[3])
        with open(record + "/cards/b.example") as file:
            for words in map(str.split, file):
                if words[1:2] == ["live"]:
                    self.publics[words[2] if words[0] == "desk" else words[0]] = base64.b64decode(words[-2] if words[0] == "desk" else words[-1])

    def number(self, role, name):
        return hashlib.sha256(name.encode() + b"\n\1" + self.publics[role]).digest()[:4]

    def sign(self, role, name, text, claimed=None):
        """The note of a text, signed by the key of a role under a name; or as if by that of another role."""
        path = os.path.join(self.folder, "key")
        with open(path, "w") as file:
            file.write("PRIVATE+KEY+%s+%s+%s\n" % (name, self.number(role, name).hex(), word(b"\1" + self.seeds[role])))
        note = subprocess.run([nodes.DETENTE, "tool", "note", "sign", "-k", path], input=text.encode(), capture_output=True,
                              check=True).stdout
        return note if claimed is None else resigned(note, lambda raw: self.number(claimed, name) + raw[4:])


def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()


def subtree_proof(start, end, leaves, whole=True):
    """That leaves[start:end], a subtree, stands in the tree; from 0 it is RFC 6962's consistency proof."""
    if start == 0 and end == len(leaves):
        return [] if whole else [root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if end <= split:
        return subtree_proof(start, end, leaves[:split], whole) + [root(leaves[split:])]
    if start >= split:
        return subtree_proof(start - split, end - split, leaves[split:], whole) + [root(leaves[:split])]
    return subtree_proof(0, end - split, leaves[split:], False) + [root(leaves[:split])]


def word(raw):
    return base64.b64encode(raw).decode()


def add_checkpoint(old, proof, note):
    return ("old %d\n" % old + "".join(word(one) + "\n" for one in proof) + "\n").encode() + note


def add_entries(origin, start, end, packages):
    return struct.pack(">H", len(origin)) + origin.encode() + struct.pack(">QQH", start, end, 0) + b"".join(packages)


def package(entries, proof):
    return b"".join(struct.pack(">H", len(one)) + one for one in entries) + bytes([len(proof)]) + b"".join(proof)


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def resigned(note, change):
    """The note with its last signature's bytes changed."""
    before, _, signature = note.rstrip(b"\n").rpartition(b" ")
    return before + b" " + word(change(base64.b64decode(signature))).encode() + b"\n"


# ---- asking ----

class Asker:
    def __init__(self, home, address):
        self.host, self.port = address
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.load_cert_chain(home + "/link/tls.crt", home + "/link/tls.key")

    def connect(self):
        return self.context.wrap_socket(socket.create_connection((self.host, self.port), nodes.PATIENCE))

    def ask(self, verb, path, body=None, headers=None):
        """(status, body)"""
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=nodes.PATIENCE, context=self.context)
        try:
            connection.request(verb, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def expect(self, what, verb, path, status, words, body=None, headers=None):
        try:
            got, said = self.ask(verb, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            got, said = 0, repr(error).encode()
        line = said.decode("utf-8", "replace")
        nodes.report(got == status and re.search(words, line) is not None and (status == 200 or line.count("\n") <= 3),
                     "%s: %d %s" % (what, got, line.split(":")[0].strip()[:60].replace("\n", " ") if status != 200 else ""), line[:300])
        return said


# ---- what b says that is void ----

class Log:
    """b's log: what a holds of it, then what b adds."""

    def __init__(self, record, keys):
        self.keys = keys
        folder = record + "/logs/b.example/"
        with open(folder + "checkpoint", "rb") as file:
            self.checkpoint = file.read()
        self.origin, size, _ = self.checkpoint.decode().split("\n")[:3]
        self.held = int(size)
        with open(folder + "tile/entries/000.p/" + size, "rb") as file:
            bundle = file.read()
        self.entries = []
        while bundle:
            length = struct.unpack(">H", bundle[:2])[0]
            self.entries.append(bundle[2:2 + length])
            bundle = bundle[2 + length:]
        texts = [entry.decode() for entry in self.entries]
        self.newest = texts[-1]
        self.sealed = next(text for text in texts if "\nform hotline/goodwill\n" in text)
        self.agreement = self.newest.split("\n")[1]
        self.seen = max((line for text in texts for line in text.split("\n") if line.startswith("seen ")), key=lambda line: int(line.split()[2]))
        self.at = max(line for text in texts for line in text.split("\n") if line.startswith("at "))
        self.rules = {}  # index: the rule by which it is void, "" for valid

    def leaves(self):
        return [leaf(entry) for entry in self.entries]

    def add(self, entry, rule):
        self.rules[len(self.entries)] = rule
        self.entries.append(entry)

    def text(self, form="hotline/test", frm="b.example/duty", seen=None, at=None, to="a.example/duty", agreement=None, end=""):
        return "\n".join(["detente entry v1", agreement or self.agreement, "from " + frm, "form " + form, "matter new", "to " + to,
                          seen or self.seen, at or self.at, "tlp AMBER", "lang en"]) + "\n" + end

    def sign(self, text, name="b.example/duty"):
        return self.keys.sign("duty", name, text)

    def fill(self):
        good = self.sign(self.text())
        self.add(resigned(good, lambda raw: flipped(raw, 40)), "crypto.signature")
        self.add(good.replace(b"tlp AMBER", b"tlp CLEAR"), "crypto.signature")
        self.add(self.keys.sign("node", "b.example/duty", self.text(), "duty"), "crypto.signature")
        self.add(self.sign(self.text(form="hotline/nonsense")), "judge.form")
        self.add(self.sign(self.text(form="hotline/test", end="colour red\n")), "form.field")
        self.add(self.sign(self.text(form="hotline/call", end="")), "form.missing")
        self.add(self.sign(self.text(form="hotline/call", end="priority loud\n")), "form.|field.")
        self.add(self.entries[-1], "judge.repeated|judge.form|crypto|form|field")
        self.add(self.entries[0], "judge.")
        self.add(self.sign(self.text(at="at 2001-01-01T00:00:00Z")), "judge.clock")
        self.add(self.sign(self.text(seen=re.sub(r" \d+ ", " 1 ", self.seen))), "judge.seen-")
        self.add(self.sign(self.text(agreement="agreement " + 64 * "0")), "judge.agreement")
        self.add(self.sign(self.text(frm="a.example/duty", to="b.example/duty"), "a.example/duty"), "judge.desk|entry.")
        self.add(self.sign(self.text(to="c.example/duty")), "terms.desk|judge.to")
        self.add(self.sign(self.text()[:-8]), "note.|base.|entry.")
        self.add(self.sign("detente entry v2\n"), "entry.version")
        self.add(b"", "note.form|entry.")
        self.add(b"\xff" * 65535, "note.|base.|entry.")
        body = self.sealed[self.sealed.index("\n\n"):self.sealed.index("-----END")] + "-----END AGE ENCRYPTED FILE-----\n"
        fields = re.search(r"\nfields (.*)\n", self.sealed).group(1)
        self.copied = len(self.entries)
        self.add(self.sign(self.text(form="hotline/goodwill", end="fields %s\n" % fields) + body[1:]), "")
        self.good = len(self.entries)
        self.add(good, "")
        self.filled = len(self.entries)
        while len(self.entries) < self.filled + FILLED:
            self.add(b"void %d\n" % len(self.entries), "note.|entry.")

    def note(self, size=None, leaves=None, role="log", name=None, extra="", origin=None):
        text = "%s\n%d\n%s\n%s" % (origin or self.origin, len(self.entries) if size is None else size,
                                   word(root(self.leaves() if leaves is None else leaves)), extra)
        return self.keys.sign(role, name or self.origin, text)


# ---- the requests ----

def ask_http(asker, prefix):
    small = b"x"
    asker.expect("a path that is not below", "GET", "/../etc/passwd", 400, "path")
    asker.expect("a path with escapes", "GET", "/%2e%2e/x", 400, "path")
    asker.expect("a path that nobody has", "GET", "/nothing", 404, "mirror\\.")
    asker.expect("a path of 600 bytes", "GET", "/" + 600 * "x", 414, "path")
    asker.expect("a verb that is none", "BREW", "/add-entries", 405, "verb", small)
    asker.expect("20 KiB of headers", "GET", prefix + "checkpoint", 431, "", headers={"X-Y": 20000 * "x"})
    asker.expect("a body of 21 MiB", "POST", "/add-entries", 413, "20 MiB", bytes(21 * MIB))
    asker.expect("a gzip that grows to 64 MiB", "POST", "/add-entries", 413, "unpacked", gzip.compress(bytes(64 * MIB)),
                 {"Content-Encoding": "gzip"})
    asker.expect("gzip that is none", "POST", "/add-entries", 400, "gzip", small, {"Content-Encoding": "gzip"})
    asker.expect("gzip cut off", "POST", "/add-entries", 400, "gzip", gzip.compress(os.urandom(1000))[:-9], {"Content-Encoding": "gzip"})
    asker.expect("another encoding", "POST", "/add-entries", 415, "gzip", small, {"Content-Encoding": "br"})
    asker.expect("a GET with a body", "GET", prefix + "checkpoint", 400, "body", small)
    for name, data in (("noise", b"\0\xff\1\2\r\n\r\n"), ("a request line cut off", b"POST /add-ent"), ("HTTP of long ago", b"GET /\r\n\r\n"),
                       ("two lengths", b"POST /add-entries HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")):
        with asker.connect() as connection:
            connection.settimeout(1) # it may wait for more, as long as a request may take
            try:
                connection.sendall(data)
                connection.unwrap() if name.endswith("off") else None
                got = b"" if name.endswith("off") else connection.recv(4096)
            except OSError:
                got = b""
        nodes.report(not got.startswith(b"HTTP/1.1 2"), "%s: no answer, or a refusal" % name, repr(got))


def ask_tiles(asker, prefix):
    for path, status in (("tile/0/000.p/999", 400), ("tile/0/000.p/0", 400), ("tile/0/0", 400), ("tile/0/000.p/256", 400), ("tile/00/000", 400),
                         ("tile/9/000", 400), ("tile/entries/-01", 400), ("tile/0/x000/001", 400), ("tile/x", 400), ("policy", 400),
                         ("tile/0/x001/000", 404), ("tile/0/999", 404), ("tile/entries/999.p/1", 404), ("tile/7/000", 404)):
        asker.expect("tile path %s" % path, "GET", prefix + path, status, "^(tree\\.tile-path|system\\.not-found)")
    asker.expect("a log that nobody has", "GET", "/" + 64 * "0" + "/checkpoint", 404, "^mirror.origin")
    asker.expect("a log that is no hash", "GET", "/" + 64 * "x" + "/checkpoint", 404, "^mirror.origin")


def ask_checkpoints(asker, log, theirs):
    held, size, leaves = log.held, len(log.entries), log.leaves()
    proof, note = subtree_proof(0, held, leaves), log.note()
    good = add_checkpoint(held, proof, note)
    path = "/add-checkpoint"
    forged = resigned(note, lambda raw: flipped(raw, 30))
    cases = [
        ("nothing", b"", 400, "^mirror.form"), ("half of it", good[:len(good) // 2], 400, "^(mirror|note)\\."),
        ("its last byte missing", good[:-1], 400, "^note."), ("a byte too many", good + b"x", 400, "^note."),
        ("an old size that is no number", good.replace(b"old ", b"old x"), 400, "^mirror.form"),
        ("64 hashes", add_checkpoint(held, [proof[0]] * 64, note), 400, "^mirror.form"),
        ("a hash too short", good.replace(word(proof[0]).encode(), word(proof[0][:31]).encode()), 400, "^mirror.form"),
        ("a forged signature", add_checkpoint(held, proof, forged), 403, "^crypto.signature"),
        ("another key's signature", add_checkpoint(held, proof, log.note(role="duty", name="b.example/duty")), 403, "^note.unsigned"),
        ("a note that b's desk signed under the log's name", add_checkpoint(held, proof, log.keys.sign("duty", log.origin,
            note.decode().split("\n\n")[0] + "\n", "log")), 403, "^crypto.signature"),
        ("extension lines", add_checkpoint(held, proof, log.note(extra="more\n")), 400, "^note.checkpoint-extension"),
        ("a's own log", add_checkpoint(held, proof, theirs), 403, "^mirror.own"),
        ("a log of nobody's", add_checkpoint(0, [], log.note(origin="c.example/0123456789abcdef")), 404, "^mirror.origin"),
        ("an old size past the new", add_checkpoint(size + 1, proof, note), 400, "^mirror.old"),
        ("an old size that is not the pending one", add_checkpoint(held - 1, proof, note), 409, "^%d\n$" % held),
        ("the newest checkpoint, replayed from 0", add_checkpoint(0, [], log.checkpoint), 409, "^%d\n$" % held),
        ("a size of 2^63", add_checkpoint(held, proof, log.note(size=1 << 63)), 400, "^note.checkpoint-size"),
        ("a size that it has not", add_checkpoint(held, proof, log.note(size=1 << 40)), 422, "^tree.proof"),
        ("no proof", add_checkpoint(held, [], note), 422, "^tree.proof"),
        ("a proof in another order", add_checkpoint(held, proof[::-1], note), 422, "^tree.proof"),
        ("a hash too many", add_checkpoint(held, proof + proof[:1], note), 422, "^tree.proof"),
        ("another root of the size that a has", add_checkpoint(held, [], log.note(size=held, leaves=leaves[1:])), 422, "^mirror.fork"),
        ("an empty tree with another root", add_checkpoint(0, [], log.note(size=0, leaves=leaves)), 409, "^%d\n$" % held),
    ]
    for what, body, status, words in cases:
        asker.expect("checkpoint: " + what, "POST", path, status, words, body)
    return good


def withheld(home, folder, held, size):
    """A checkpoint without its entries counts for nothing, and the record says that there is more."""
    where = folder + "/withheld"
    done = subprocess.run([nodes.DETENTE, "--home", home, "export", where], capture_output=True, text=True)
    with open(where + "/logs/b.example/checkpoint") as file:
        shown = int(file.read().split("\n")[1])
    nodes.report(done.returncode == 0 and shown == held, "a checkpoint whose entries are withheld does not count", done.stderr)
    with open(where + "/logs/b.example/beyond") as file:
        beyond = file.read()
    nodes.report("b.example %d\n" % size in beyond, "and the record says that b has more", beyond)
    done = subprocess.run([nodes.DETENTE, "verify", where], capture_output=True, text=True)
    nodes.report("b.example is known to hold %d more entries of b.example's log" % (size - held) in done.stdout,
                 "so does whoever verifies it", done.stdout[:300])


def ask_entries(asker, log, checkpoint):
    held, size, leaves, path = log.held, len(log.entries), log.leaves(), "/add-entries"
    first = log.entries[held:256]
    packages = [package(first, subtree_proof(0, 256, leaves)), package(log.entries[256:], subtree_proof(256, size, leaves))]
    good = add_entries(log.origin, held, size, packages)
    asker.expect("entries of no checkpoint", "POST", path, 409, "^%d\n%d\n" % (held, held), good)
    asker.expect("the checkpoint over them", "POST", "/add-checkpoint", 200, "^$", checkpoint)
    asker.expect("the same again", "POST", "/add-checkpoint", 409, "^%d\n$" % size, checkpoint)
    withheld(sys.argv[1], sys.argv[4], held, size)
    swapped = [first[1], first[0]] + first[2:]
    proof = subtree_proof(0, 256, leaves)
    cases = [
        ("nothing", b"", 400, "^mirror.form"), ("half a head", good[:20], 400, "^mirror.form"),
        ("half a package", good[:200], 400, "^mirror.package"), ("a byte too many", good + b"x", 400, "^mirror.trailing"),
        ("a start past the end", add_entries(log.origin, size + 1, size, packages), 400, "^mirror.interval"),
        ("a start past what is held", add_entries(log.origin, held + 1, size, packages), 409, "^%d\n%d\n" % (size, held)),
        ("an end that is no checkpoint's", add_entries(log.origin, held, size - 1, packages), 409, "^%d\n%d\n" % (size, held)),
        ("a's own log", add_entries(log.origin.replace("b.", "a."), held, size, packages), 403, "^mirror.own"),
        ("a log of nobody's", add_entries("c.example/0123456789abcdef", held, size, packages), 404, "^mirror.origin"),
        ("64 hashes", add_entries(log.origin, held, size, [package(first, [proof[0]] * 64), packages[1]]), 400, "^mirror.package"),
        ("a forged entry", add_entries(log.origin, held, size, [package([b"forged"] + first[1:], proof), packages[1]]), 422, "^tree.proof"),
        ("two in another order", add_entries(log.origin, held, size, [package(swapped, proof), packages[1]]), 422, "^tree.proof"),
        ("a forged proof", add_entries(log.origin, held, size, [package(first, [flipped(proof[0], 5)] + proof[1:]), packages[1]]), 422, "^tree.proof"),
        ("packages in another order", add_entries(log.origin, held, size, packages[::-1]), 400, "^mirror."),
    ]
    for what, body, status, words in cases:
        asker.expect("entries: " + what, "POST", path, status, words, body)
    return good, packages


def finish_entries(asker, node, log, good, packages):
    """What was proved before a refusal stays; the rest is taken; all of it again changes nothing."""
    held, size = log.held, len(log.entries)
    spoiled = add_entries(log.origin, held, size, [packages[0], flipped(packages[1], 3)])
    asker.expect("entries: the second package forged", "POST", "/add-entries", 422, "^tree.proof", spoiled)
    asker.expect("the first one stayed", "POST", "/add-entries", 409, "^%d\n256\n" % size, add_entries(log.origin, 257, size, []))
    nodes.report(node.sizes()["b.example"] == held, "but nothing was cosigned")
    rest = add_entries(log.origin, 256, size, packages[1:])
    line = asker.expect("the second package by itself", "POST", "/add-entries", 200, "^\u2014 a.example/[0-9a-f]{16}/mirror ", rest)
    again = asker.expect("all of it once more", "POST", "/add-entries", 200, "mirror", gzip.compress(good), {"Content-Encoding": "gzip"})
    nodes.report(line == again, "has the same cosignature")
    nodes.report(node.sizes()["b.example"] == size, "a holds all that was proved")


def check_void(node, log):
    client, wrong = nodes.Client(node.home), []
    for index, rule in sorted(log.rules.items())[:log.filled - log.held + 3]:
        status, out, err = client.run("show", ("entry", "b.example/%d" % index), ("json", ""))
        shown = json.loads(out) if status == 0 else {}
        good = shown.get("verdict") == ("void" if rule else "valid") and (not rule or re.match(rule, shown.get("rule", "")) is not None)
        nodes.report(good, "b.example/%d is %s %s" % (index, shown.get("verdict"), shown.get("rule", "")), "wanted %s: %s%s" % (rule, out[:300], err))
        if rule and "fields" in shown and shown["fields"]:
            wrong.append(index)
    nodes.report(not wrong, "what is void is not shown as the desk's words", str(wrong))
    _, out, _ = client.run("show", ("entry", "b.example/%d" % log.copied), ("json", ""))
    nodes.report(json.loads(out).get("closed") == "sealed.header" and "Warm words" not in out, "a body copied from another entry is not shown as the desk's words", out)
    _, out, _ = client.run("inbox", ("all", ""))
    listed = [index for index, rule in log.rules.items() if rule and "b.example/%d " % index in out]
    nodes.report(not listed, "and none of it is in the inbox", str(listed))
    client.close()


# ---- the answers ----

class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    how = None
    asked = threading.Event()

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, content, headers = Answers.how(self.path, body)
        if status is None:
            self.wfile.write(content)
            self.close_connection = True
            Answers.asked.set()
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            self.close_connection = True
        if content or status != 200: # not on the way to the answer that is meant
            Answers.asked.set()

    do_GET = do_POST = handle_any

    def log_message(self, *_):
        pass


def answer_badly(asker, node, home, address, keys):
    """a pushes to b, and b's node is this."""
    server = http.server.ThreadingHTTPServer(address, Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(home + "/link/tls.crt", home + "/link/tls.key")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(node.home + "/link/tls.crt")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    forged = "\u2014 b.example/%s/mirror %s\n" % (Log.agreement_hex, word(os.urandom(76)))
    text = {"Content-Type": "text/plain"}

    def entries(reply):
        """200 to every checkpoint, then that to the entries."""
        return lambda path, body: (200, b"", text) if path.endswith("/add-checkpoint") else reply

    cases = [
        ("bytes that are no HTTP", lambda path, body: (None, b"\0\1\2\3", text)),
        ("an end before the answer", lambda path, body: (None, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", text)),
        ("a redirection", lambda path, body: (302, b"", {"Location": "https://127.0.0.1:1/"})),
        ("21 MiB", lambda path, body: (200, bytes(21 * MIB), text)),
        ("a pending size past its log's", lambda path, body: (409, b"999999999\n", {"Content-Type": "text/x.tlog.size"})),
        ("a pending size that is no number", lambda path, body: (409, b"many\n", {"Content-Type": "text/x.tlog.size"})),
        ("a forged cosignature", entries((200, forged.encode(), text))),
        ("an empty line for a cosignature", entries((200, b"\n", text))),
        ("a cosignature of another form", entries((200, b"\xff\xfe\n", text))),
        ("mirror information that is none", entries((202, b"x\ny\n\n", {"Content-Type": "text/x.tlog.mirror-info"}))),
        ("mirror information past its log's end", entries((409, b"999999999\n999999999\n\n", {"Content-Type": "text/x.tlog.mirror-info"}))),
        ("422 with words that end a line\x1b[2J", lambda path, body: (422, b"no\x1b[2J\n", text)),
        ("500", lambda path, body: (500, b"", text)),
    ]
    for what, how in cases:
        Answers.how = how
        Answers.asked.clear()
        done = node.command("send", "hotline/goodwill", "--to", "b.example/duty", "text=Is anybody there?", "--wait", "0")
        for _ in range(3 * nodes.PATIENCE):
            asker.ask("GET", "/nothing")  # a hears of b, and tries again soon
            if Answers.asked.wait(0.3):
                break
        receipt = node.command("receipt", done.stdout.strip(), "--wait", "0.1")
        nodes.report(Answers.asked.is_set() and done.returncode == 0 and "proofs.no-receipt" in receipt.stderr,
                     "answer: %s: stored, and no receipt" % what.split("\x1b")[0], done.stderr + receipt.stdout + receipt.stderr)
    server.shutdown()
    server.server_close()
    log = node.log()
    nodes.report("\x1b" not in log, "nothing of that reaches a's terminal", repr(log[-500:]))
    status = node.command("status")
    nodes.report(status.returncode == 0 and "\x1b" not in status.stdout, "a's node runs", status.stderr)


def address_of(card):
    with open(card) as file:
        host, port = re.search(r"address https://([^:]*):(\d+)", file.read()).groups()
    return host, int(port)


def main():
    home_a, home_b, record, folder = sys.argv[1:5]
    node = nodes.Node(home_a)
    keys = Keys(home_b, record, folder)
    asker = Asker(home_b, address_of(record + "/cards/a.example"))
    log = Log(record, keys)
    Log.agreement_hex = log.origin.split("/")[1]
    prefix = "/" + hashlib.sha256(log.origin.encode()).hexdigest() + "/"
    before = node.sizes()
    with open(record + "/logs/a.example/checkpoint", "rb") as file:
        theirs = file.read()
    log.fill()
    ask_http(asker, prefix)
    ask_tiles(asker, prefix)
    checkpoint = ask_checkpoints(asker, log, theirs)
    nodes.report(node.sizes() == before, "a's record is what it was")
    nodes.report('"state":"forked"' in node.command("status", "--json").stdout, "and its status says that b signed two roots for one size")
    good, packages = ask_entries(asker, log, checkpoint)
    nodes.report(node.sizes() == before, "a's record is what it was")
    finish_entries(asker, node, log, good, packages)
    check_void(node, log)
    answer_badly(asker, node, home_b, address_of(record + "/cards/b.example"), keys)


if __name__ == "__main__":
    main()

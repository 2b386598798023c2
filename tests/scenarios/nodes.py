"""nodes: what the scenarios that a shell is too weak for share: a node's processes, and a client of its keeper that keeps one
connection and remembers what it was told. Standard library only."""

import glob
import json
import os
import signal
import socket
import struct
import subprocess
import threading
import time

DETENTE = os.path.join(os.environ["DETENTE_BUILD"], "detente")
COMMAND, OUTPUT, FILE, DONE = 1, 2, 3, 4  # src/ipc/message.h
PATIENCE = 30  # seconds; whatever is awaited comes long before


def report(good, name, detail=""):
    print("ok" if good else "not ok", name, flush=True)
    if not good and detail:
        print(detail, flush=True)


class Gone(Exception):
    """The keeper closed the connection."""


class Client:
    """One connection to HOME/socket, commands pipelined over it (src/ipc/channel.h)."""

    def __init__(self, home):
        folder = os.open(home, os.O_PATH)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.next = 0
        self.buffer = b""
        try:
            self.socket.connect("/proc/self/fd/%d/socket" % folder)
        except OSError as error:
            self.socket.close()
            raise Gone(str(error))
        finally:
            os.close(folder)

    def close(self):
        self.socket.close()

    def ask(self, name, *arguments):
        """Sends a command; gives its id."""
        self.next += 1
        payload = b"".join(struct.pack(">I", len(part)) + part for part in [name.encode()])
        payload += struct.pack(">I", len(arguments))
        for part in (word.encode() for pair in arguments for word in pair):
            payload += struct.pack(">I", len(part)) + part
        try:
            self.socket.sendall(struct.pack(">IHHI", len(payload), COMMAND, 0, self.next) + payload)
        except OSError as error:
            raise Gone(str(error))
        return self.next

    def _read(self, size):
        while len(self.buffer) < size:
            try:
                piece = self.socket.recv(1 << 20)
            except socket.timeout:
                raise
            except OSError as error:
                raise Gone(str(error))
            if piece == b"":
                raise Gone("end")
            self.buffer += piece
        piece, self.buffer = self.buffer[:size], self.buffer[size:]
        return piece

    def frame(self):
        """(id, type, stream or status, text)"""
        size, kind, _, number = struct.unpack(">IHHI", self._read(12))
        payload = self._read(size)
        return number, kind, payload[0], payload[5:].decode("utf-8", "replace") if kind == OUTPUT else ""

    def run(self, name, *arguments):
        """One command to its end: (status, stdout, stderr)."""
        number, texts = self.ask(name, *arguments), {1: "", 2: ""}
        while True:
            got, kind, value, text = self.frame()
            if got == number and kind == DONE:
                return value, texts[1], texts[2]
            if got == number and kind == OUTPUT:
                texts[value] += text


def await_that(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("not within %d s: %s" % (PATIENCE, what))
        time.sleep(0.005)


def ended(number):
    """Whether a process is gone, with all its threads: one that was killed may still be writing when its first thread is not."""
    try:
        with open("/proc/%d/stat" % number) as file:
            zombie = file.read().rpartition(")")[2].split()[0] == "Z"
        return zombie and os.listdir("/proc/%d/task" % number) == [str(number)]
    except OSError:
        return True


class Node:
    def __init__(self, home, environment=None):
        self.home = home
        self.letter = os.path.basename(home)
        self.party = self.letter + ".example"
        self.environment = dict(os.environ, **(environment or {}))

    def command(self, *arguments):
        return subprocess.run([DETENTE, "--home", self.home, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=4 * PATIENCE)

    def serve(self):
        done = subprocess.run([DETENTE, "--home", self.home, "serve", "--detach"], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=4 * PATIENCE, env=self.environment)
        if done.returncode != 0:
            raise RuntimeError("serve %s: status %d: %s" % (self.home, done.returncode, done.stderr))

    def processes(self):
        """{role: id} of those that run."""
        found = {}
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(path, "rb") as file:
                    words = file.read()
                with open(os.path.dirname(path) + "/stat") as file:
                    after = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if self.home.encode() + b"\0serve" in words or self.home.encode() + b"/link\0" in words:
                if after[0] != "Z":
                    found[int(path.split("/")[2])] = (int(after[1]), b"--identity" in words)
        roles = {}
        for number, (parent, link) in found.items():
            roles["link" if link else "keeper" if parent in found else "supervisor"] = number
        return roles

    def kill(self, *roles):
        """SIGKILL, and waits until they are no more; gives those that were there to be killed."""
        killed, numbers = [], []
        for role, number in self.processes().items():
            if role in roles:
                try:
                    os.kill(number, signal.SIGKILL)
                    killed.append(role)
                    numbers.append(number)
                except ProcessLookupError:
                    pass
        await_that(lambda: all(ended(number) for number in numbers), "%s: what was killed ends" % self.home)
        return killed

    def await_end(self):
        numbers = list(self.processes().values())
        await_that(lambda: all(ended(number) for number in numbers), "%s: its processes end" % self.home)

    def sizes(self):
        """{party: size} of the logs as the running node holds them; waits until it is up."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                client = Client(self.home)
                try:
                    _, text, _ = client.run("status", ("json", ""))
                finally:
                    client.close()
                return log_sizes(text)
            except Gone:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def log(self):
        try:
            with open(self.home + "/node.log", errors="replace") as file:
                return file.read()
        except OSError:
            return ""


def log_sizes(status):
    return {log["log"].split("/")[0]: log["size"] for log in json.loads(status)["cut"]}


class Writer(threading.Thread):
    """Writes to the other party's desk, a few entries under way at a time, through whatever happens to the node."""

    UNDER_WAY = 3

    def __init__(self, node, other, name):
        super().__init__(daemon=True)
        self.node, self.other, self.name = node, other, name
        self.lock = threading.Lock()
        self.acknowledged = {}  # index: text
        self.received = set()
        self.refusals = {}
        self.count = 0
        self.stopping = threading.Event()

    def _say(self, client):
        self.count += 1
        text = "%s, word %d" % (self.name, self.count)
        number = client.ask("send", ("form", "hotline/goodwill"), ("to", self.other.party + "/duty"), ("field", "text=" + text),
                            ("wait", "2000"))
        return number, [text, None]

    def _take(self, told, kind, value, text):
        for line in text.splitlines():
            with self.lock:
                if kind == OUTPUT and value == 1 and told[1] is None:
                    told[1] = int(line.split("/")[1])
                    self.acknowledged[told[1]] = told[0]
                elif kind == OUTPUT and value == 1 and line.startswith("received "):
                    self.received.add(told[1])
                elif kind == OUTPUT and line.startswith("detente: "):
                    self.refusals[line] = self.refusals.get(line, 0) + 1

    def run(self):
        while not self.stopping.is_set():
            client = None
            try:
                client = Client(self.node.home)
                under_way = dict(self._say(client) for _ in range(self.UNDER_WAY))
                while under_way:
                    number, kind, value, text = client.frame()
                    self._take(under_way[number], kind, value, text)
                    if kind == DONE:
                        del under_way[number]
                        if not self.stopping.is_set():
                            under_way.update([self._say(client)])
            except (Gone, FileNotFoundError):
                self.stopping.wait(0.01)
            finally:
                if client is not None:
                    client.close()

    def told(self):
        """How large the own log and the other's mirror of it must be, by what was said so far."""
        with self.lock:
            return max(self.acknowledged, default=-1) + 1, max(self.received, default=-1) + 1


def start_writers(nodes, each):
    writers = [Writer(node, other, "%s%d" % (node.letter, i)) for node, other in (nodes, nodes[::-1]) for i in range(each)]
    for writer in writers:
        writer.start()
    return writers


def stop_writers(writers):
    for writer in writers:
        writer.stopping.set()
    for writer in writers:
        writer.join(2 * PATIENCE)


def promised(writers, node):
    """{party: least size}: what this node has said that it holds."""
    least = {}
    for writer in writers:
        own, mirrored = writer.told()
        party, size = writer.node.party, own if writer.node is node else mirrored
        least[party] = max(least.get(party, 0), size)
    return least


def check_words(node, writers):
    """Whether every word that its writers were told is stored stands at its place."""
    client, wrong, count = Client(node.home), [], 0
    for writer in writers:
        places = sorted(writer.acknowledged.items()) if writer.node is node else []
        for index, text in places:
            status, out, err = client.run("show", ("entry", "%s/%d" % (node.party, index)), ("json", ""))
            count += 1
            if status != 0 or json.dumps(text)[1:-1] not in out:
                wrong.append("%s/%d: %r: %s%s" % (node.party, index, text, out, err))
    client.close()
    report(not wrong, "%s: what was acknowledged (%d words, more than none) stands at its place" % (node.party, count),
           "\n".join(wrong[:5]))
    return count

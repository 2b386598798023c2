"""relay NAME=LISTEN=TARGET...: TCP lines that misbehave on command. LISTEN and TARGET are HOST:PORT; "up" is towards the target.

It reads commands, a line each, and answers each with one line when it is done; at the end of its input it ends.

  NAME delay MS [up|down]    what is sent takes so long, one way
  NAME hold [up|down]        nothing comes through; what is sent waits
  NAME cut up|down BYTES     once so many more have come through there, their connection is reset
  NAME chop up|down BYTES    every connection is reset when so many have come through there
  NAME go                    none of the above any more
  NAME drop                  its connections are reset
  NAME close                 and no new ones are accepted
  NAME open [HOST:PORT]      they are again (there)
  NAME target HOST:PORT      where new ones lead
  NAME count                 answers "connections N up BYTES down BYTES resets N"

Connecting itself is not delayed. Standard library only."""

import collections
import os
import selectors
import socket
import struct
import sys
import time

QUEUE_MAX = 8 << 20  # bytes on their way in one direction; beyond, the sender waits
PIECE = 1 << 16
DIRECTIONS = ("up", "down")


def place(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


class Direction:
    """One direction of a connection: what comes from one socket and is due at the other."""

    def __init__(self, name, source, sink):
        self.name, self.source, self.sink = name, source, sink
        self.queue, self.queued, self.passed = collections.deque(), 0, 0
        self.ended = self.told = False


class Connection:
    def __init__(self, line, client, server):
        self.line, self.sockets, self.connecting = line, (client, server), True
        self.ways = [Direction("up", client, server), Direction("down", server, client)]

    def reset(self):
        for end in self.sockets:
            self.line.relay.forget(end)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()
        self.line.connections.discard(self)

    def events(self, end):
        mask = 0
        for way in self.ways:
            if way.source is end and not way.ended and way.queued < QUEUE_MAX:
                mask |= selectors.EVENT_READ
            if way.sink is end and (self.connecting if end is self.sockets[1] else False):
                mask |= selectors.EVENT_WRITE
            if way.sink is end and not self.connecting and self.line.sendable(way):
                mask |= selectors.EVENT_WRITE
        return mask

    def ready(self, end, mask):
        if mask & selectors.EVENT_WRITE and end is self.sockets[1] and self.connecting:
            if end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0:
                return self.reset()
            self.connecting = False
        try:
            for way in self.ways:
                if way.source is end and mask & selectors.EVENT_READ:
                    self.take(way)
                if way.sink is end and mask & selectors.EVENT_WRITE and not self.connecting:
                    self.give(way)
        except BlockingIOError:
            pass
        except OSError:
            self.reset()

    def take(self, way):
        piece = way.source.recv(PIECE)
        due = time.monotonic() + self.line.delay[way.name]
        way.ended = piece == b""
        way.queue.append((due, piece))
        way.queued += len(piece)

    def give(self, way):
        while self.line.sendable(way):
            due, piece = way.queue[0]
            if piece == b"":
                way.queue.popleft()
                way.sink.shutdown(socket.SHUT_WR)
                way.told = True
                if all(one.told for one in self.ways):
                    self.reset()
                return
            most = self.line.most(way, len(piece))
            done = way.sink.send(piece[:most])
            way.queue.popleft()
            if done < len(piece):
                way.queue.appendleft((due, piece[done:]))
            way.queued -= done
            way.passed += done
            if self.line.passed(way, done):
                self.line.resets += 1
                return self.reset()


class Line:
    def __init__(self, relay, name, listen, target):
        self.relay, self.name, self.address, self.to = relay, name, listen, target
        self.connections, self.listener = set(), None
        self.accepted = self.resets = 0
        self.bytes = dict.fromkeys(DIRECTIONS, 0)
        self.go()
        self.open()

    # what stands in the way

    def sendable(self, way):
        return bool(way.queue) and not self.held[way.name] and way.queue[0][0] <= time.monotonic()

    def next_due(self):
        return min((way.queue[0][0] for one in self.connections for way in one.ways if way.queue and not self.held[way.name]),
                   default=None)

    def most(self, way, size):
        if self.left[way.name] is not None:
            size = min(size, self.left[way.name])
        if self.chops[way.name] is not None:
            size = min(size, max(self.chops[way.name] - way.passed, 0))
        return size

    def passed(self, way, size):
        """Counts bytes that came through; true where their connection is to be reset."""
        self.bytes[way.name] += size
        if self.left[way.name] is not None:
            self.left[way.name] -= size
            if self.left[way.name] <= 0:
                self.left[way.name] = None
                return True
        return self.chops[way.name] is not None and way.passed >= self.chops[way.name]

    # commands

    def go(self):
        self.delay, self.held = dict.fromkeys(DIRECTIONS, 0.0), dict.fromkeys(DIRECTIONS, False)
        self.left, self.chops = dict.fromkeys(DIRECTIONS), dict.fromkeys(DIRECTIONS)

    def set(self, which, value, ways):
        for way in ways or DIRECTIONS:
            which[way] = value

    def drop(self):
        for connection in list(self.connections):
            connection.reset()

    def close(self):
        self.drop()
        if self.listener is not None:
            self.relay.forget(self.listener)
            self.listener.close()
            self.listener = None

    def open(self, where=None):
        self.address = place(where) if where else self.address
        if self.listener is not None:
            self.relay.forget(self.listener)
            self.listener.close()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(self.address)
        self.listener.listen(128)
        self.listener.setblocking(False)

    def target(self, where):
        self.to = place(where)

    def count(self):
        return "connections %d up %d down %d resets %d" % (self.accepted, self.bytes["up"], self.bytes["down"], self.resets)

    def accept(self):
        client, _ = self.listener.accept()
        server = socket.socket()
        for end in (client, server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.connect_ex(self.to)
        self.accepted += 1
        self.connections.add(Connection(self, client, server))

    def do(self, words):
        command, rest = words[0], words[1:]
        if command == "delay":
            self.set(self.delay, int(rest[0]) / 1000, rest[1:])
        elif command == "hold":
            self.set(self.held, True, rest)
        elif command == "cut":
            self.left[rest[0]] = int(rest[1])
        elif command == "chop":
            self.chops[rest[0]] = int(rest[1])
        elif command == "count":
            return self.count()
        elif command in ("go", "drop", "close", "open", "target"):
            getattr(self, command)(*rest)
        else:
            return "no such command: " + command
        return "done"


class Relay:
    def __init__(self, lines):
        self.selector, self.masks = selectors.DefaultSelector(), {}
        self.lines = {}
        for line in lines:
            name, listen, target = line.split("=")
            self.lines[name] = Line(self, name, place(listen), place(target))

    def forget(self, end):
        if self.masks.pop(end, 0):
            self.selector.unregister(end)

    def want(self, end, mask, data):
        if self.masks.get(end, 0) == mask:
            return
        self.forget(end)
        if mask:
            self.selector.register(end, mask, data)
            self.masks[end] = mask

    def watch(self):
        """Waits for what can be done; gives what came."""
        due = [line.next_due() for line in self.lines.values()]
        for line in self.lines.values():
            if line.listener is not None:
                self.want(line.listener, selectors.EVENT_READ, line)
            for connection in line.connections:
                for end in connection.sockets:
                    self.want(end, connection.events(end), connection)
        now = time.monotonic()
        later = [at - now for at in due if at is not None and at > now]
        return self.selector.select(min(later) if later else None)

    def run(self):
        self.selector.register(sys.stdin.fileno(), selectors.EVENT_READ, None)
        said = b""
        while True:
            for key, mask in self.watch():
                if key.data is None:
                    piece = os.read(key.fd, 4096)
                    if piece == b"":
                        return
                    said += piece
                elif isinstance(key.data, Line):
                    key.data.accept()
                elif key.data in key.data.line.connections:
                    key.data.ready(key.fileobj, mask)
            while b"\n" in said:
                command, _, said = said.partition(b"\n")
                words = command.decode().split()
                print(self.lines[words[0]].do(words[1:]), flush=True)


Relay(sys.argv[1:]).run()

"""disk HOME-A HOME-B POINTS SEED: makes the disk of one of two running nodes fail at its first write, its second, its third ... until
a conversation runs through; then the same while it starts and stops. With POINTS 0 all of them are tried, else about so many, drawn
by the seed. Its lines are "ok NAME" or "not ok NAME", and notes."""

import concurrent.futures
import errno
import mmap
import os
import random
import struct
import sys
import time

import nodes

LIBRARY = os.path.join(os.environ["DETENTE_BUILD"], "tests", "fault", "libfailing.so")
WORDS = {errno.ENOSPC: "no space left on the disk", errno.EIO: "reading or writing failed", errno.EROFS: "read-only"}
FOREVER = 2 ** 63


class Failing(nodes.Node):
    """A node on a disk that fails as its plan says (tests/fault/failing.c)."""

    def __init__(self, home):
        path = home + ".plan"
        with open(path, "wb") as file:
            file.write(bytes(mmap.PAGESIZE))
        with open(path, "r+b") as file:
            self.plan = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        super().__init__(home, {"LD_PRELOAD": LIBRARY, "DETENTE_FAULT_DIR": home + "/keeper", "DETENTE_FAULT_PLAN": path})

    def put(self, place, number):
        self.plan[8 * place:8 * place + 8] = struct.pack("=Q", number)

    def arm(self, error, skip, count):
        for place, number in ((4, 0), (5, 0), (1, skip), (2, count), (0, error)):
            self.put(place, number)

    def mend(self):
        self.put(0, 0)

    def failed(self):
        return struct.unpack("=Q", self.plan[40:48])[0]


def one_line(text, *errors):
    return text.count("\n") == 1 and text.startswith("detente: ") and any(WORDS[error] in text for error in errors)


class Run:
    def __init__(self, pair, points, choose):
        self.pair, self.points, self.choose = pair, points, choose
        self.told = {node: {} for node in pair}  # index: text
        self.wrong, self.tried, self.refused, self.number = [], 0, 0, 0

    def say(self, node, text):
        other = self.pair[1 - self.pair.index(node)]
        client = nodes.Client(node.home)
        try:
            return client.run("send", ("form", "hotline/goodwill"), ("to", other.party + "/duty"), ("field", "text=" + text),
                              ("wait", "20000"))
        except nodes.Gone as gone:
            return -1, "", str(gone)
        finally:
            client.close()

    def take(self, node, text, answer, error, name):
        """Notes what was acknowledged; a refusal is one clear line, of the node whose disk fails. True: it has its receipt."""
        status, out, err = answer
        lines = out.splitlines()
        if lines:
            self.told[node][int(lines[0].split("/")[1])] = text
        if status == 0 and len(lines) == 2 and lines[1].startswith("received "):
            return True
        if lines or status != 4 or error is None or not one_line(err, error):
            self.wrong.append("%s: %s was told %s" % (name, node.party, answer))
        self.refused += 1
        return False

    def converse(self, faulty, error, skip, count):
        """Both say a word while the disk of one fails. False: the conversation ran through before the point was reached."""
        name = "%s, %s after %d" % (faulty.party, errno.errorcode[error], skip)
        self.number += 1
        text = "word %d" % self.number
        faulty.arm(error, skip, count)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = {node: pool.submit(self.say, node, text) for node in self.pair}
            while not faulty.failed() and not all(answer.done() for answer in answers.values()):
                time.sleep(0.001)
            reached = faulty.failed() > 0
            if count == FOREVER and reached:
                concurrent.futures.wait(answers.values(), timeout=0.03)
            faulty.mend()
        good = {node: self.take(node, text, answers[node].result(), error if node is faulty else None, name) for node in self.pair}
        for node in self.pair:
            if not good[node]:
                self.take(node, text, self.say(node, text), None, name + ", mended")
        self.tried += 1
        return reached

    def start(self, faulty, error, skip, count):
        """It starts, and stops, while its disk fails."""
        name = "%s starts, %s after %d" % (faulty.party, errno.errorcode[error], skip)
        faulty.arm(error, skip, count)
        try:
            faulty.serve()
            done = faulty.command("stop")
            if done.returncode not in (0, 1):
                self.wrong.append("%s: stop: %s" % (name, done.stderr))
        except RuntimeError as refusal:
            text = str(refusal).split(": status 4: ")[-1]
            if not one_line(text, error, errno.EIO): # the database does not always keep the cause
                self.wrong.append("%s: %s" % (name, refusal))
        faulty.await_end()
        reached = faulty.failed() > 0
        faulty.mend()
        self.tried += 1
        return reached

    def all_points(self, what, faulty, error):
        skip, count = 0, self.choose.choice([1, FOREVER])
        while what(faulty, error, skip, count):
            skip += 1 if self.points == 0 else 1 + int(self.choose.expovariate(1) * self.step)
            count = FOREVER if count == 1 else 1
        return skip


def main():
    pair = [Failing(home) for home in sys.argv[1:3]]
    points, choose = int(sys.argv[3]), random.Random(int(sys.argv[4]))
    run = Run(pair, points, choose)
    for node in pair:
        node.serve()
    for error in WORDS:
        for faulty in pair:
            run.step = 1200 / points if points else 1
            ends = run.all_points(run.converse, faulty, error)
            print("%s: %s: a conversation takes %d operations or less" % (faulty.party, errno.errorcode[error], ends))
    nodes.report(not run.wrong, "writers were told in one clear line, and then all went on (%d points, %d refusals)" %
                 (run.tried, run.refused), "\n".join(run.wrong[:5]))
    run.wrong, run.tried = [], 0
    for error in WORDS:
        for faulty in pair:
            before = faulty.sizes()
            faulty.command("stop")
            faulty.await_end()
            run.step = 400 / points if points else 1
            run.all_points(run.start, faulty, error)
            faulty.serve()
            after = faulty.sizes()
            if any(after[party] < before[party] for party in before):
                run.wrong.append("%s held %s and holds %s" % (faulty.party, before, after))
    nodes.report(not run.wrong, "starting and stopping, too (%d points)" % run.tried, "\n".join(run.wrong[:5]))
    for node in pair:
        wrong, client = [], nodes.Client(node.home)
        for index, text in run.told[node].items():
            status, out, err = client.run("show", ("entry", "%s/%d" % (node.party, index)), ("json", ""))
            if status != 0 or '"%s"' % text not in out:
                wrong.append("%s/%d: %r: %s%s" % (node.party, index, text, out, err))
        client.close()
        nodes.report(not wrong, "%s: what was acknowledged (%d words) stands at its place" % (node.party, len(run.told[node])),
                     "\n".join(wrong[:5]))
        print("%s said %d lines" % (node.party, node.log().count("\n")))


main()

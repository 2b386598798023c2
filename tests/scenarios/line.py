"""line HOME-A HOME-B SECONDS SEED: spoils the lines between two running nodes at random while both write. Commands to relay.py,
with lines a and b, go to descriptor 3, its answers come from the standard input. Its lines are "ok NAME" or "not ok NAME", and notes."""

import os
import random
import sys
import time

import nodes


def tell(*words):
    os.write(3, (" ".join(str(word) for word in words) + "\n").encode())
    answer = sys.stdin.readline().split()
    return dict(zip(answer[::2], map(int, answer[1::2]))) if words[1] == "count" else None


def spoil(choose, line):
    way, size = choose.choice(["up", "down"]), choose.randrange(1, 20000)
    delays = [("delay", choose.randrange(1, 150)), ("delay", choose.randrange(1, 100), way)]
    mended = [("open",)] + 4 * [("go",)]
    tell(line, *choose.choice(delays + [("hold",), ("hold", way), ("cut", way, size), ("chop", way, size), ("drop",), ("close",)] + mended))


def mend(line):
    tell(line, "go")
    tell(line, "open")
    tell(line, "drop")


def main():
    pair = [nodes.Node(home) for home in sys.argv[1:3]]
    seconds, choose = float(sys.argv[3]), random.Random(int(sys.argv[4]))
    before = {line: tell(line, "count") for line in "ab"}
    begin, writers, changes = time.monotonic(), nodes.start_writers(pair, 2), 0
    while time.monotonic() < begin + seconds:
        spoil(choose, choose.choice("ab"))
        changes += 1
        time.sleep(choose.uniform(0, 0.2))  # the random moment
    for line in "ab":
        mend(line)
    after = {writer: len(writer.received) for writer in writers}
    nodes.await_that(lambda: all(len(writer.received) > after[writer] for writer in writers), "receipts on mended lines")
    nodes.stop_writers(writers)
    counts = {line: tell(line, "count") for line in "ab"}
    print("changes %d, connections and resets %s" % (changes, {line: (counts[line]["connections"] - before[line]["connections"],
                                                    counts[line]["resets"] - before[line]["resets"]) for line in "ab"}))
    nodes.report(True, "after %d changes of the lines receipts come again" % changes)
    for line in "ab":
        made = counts[line]["connections"] - before[line]["connections"]
        nodes.report(made < 20 * (time.monotonic() - begin), "connections on line %s are few: %d" % (line, made))
    for node in pair:
        own = [writer for writer in writers if writer.node is node]
        least = nodes.promised(writers, node)
        nodes.report(all(node.sizes()[party] >= least[party] for party in least), "%s holds all that was promised" % node.party)
        nodes.check_words(node, writers)
        nodes.report(all(not writer.refusals or "no receipt yet" in str(writer.refusals) for writer in own),
                     "%s refused nothing" % node.party, str([writer.refusals for writer in own]))


main()

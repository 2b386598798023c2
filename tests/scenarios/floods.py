"""floods HOME-A HOME-B RECORD FOLDER MATTER: b's node is stopped; this has b's keys and its record, and pours into a's running node
what its log can prove and no rule lets count. Lines are "ok NAME" or "not ok NAME", and notes. FOLDER/void is then the index of a
void entry, FOLDER/waits of one that waits, FOLDER/range the first of all and the end."""

import os
import re
import sys
import time

import hostile
import nodes

EACH = OPENINGS = 25  # of a kind; that many matters a day, says the agreement
GROWTH_KIB = 6144  # of the keeper's memory, by all of it


class Flood(hostile.Log):
    def entry(self, form, matter, re_=None, end="", seen=None):
        """An entry of b's desk, signed."""
        lines = ["detente entry v1", self.agreement, "from b.example/duty", "form " + form, "matter " + matter]
        lines += ["re " + re_] if re_ else []
        lines += ["to a.example/duty", seen or self.seen, self.at, "tlp AMBER", "lang en"]
        self.entries.append(self.sign("\n".join(lines) + "\n" + end))
        return len(self.entries) - 1

    def words(self, matter):
        """Valid ones, each another answer."""
        for _ in range(EACH):
            self.entry("stand/word", matter, "b.example/%d" % (len(self.entries) - 1) if len(self.entries) > self.start else matter)

    def second(self):
        """A later second, so that nothing is a copy."""
        hours, minutes, seconds = map(int, self.at[-9:-1].split(":"))
        total = min(hours * 3600 + minutes * 60 + seconds + 1, 86399)
        self.at = self.at[:-9] + "%02d:%02d:%02dZ" % (total // 3600, total // 60 % 60, total % 60)


def memory(node):
    with open("/proc/%d/status" % node.processes()["keeper"]) as file:
        return int(re.search(r"VmRSS:\s*(\d+)", file.read()).group(1))


def processor(node):
    with open("/proc/%d/stat" % node.processes()["keeper"]) as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def stored(home):
    return sum(os.path.getsize(home + "/keeper/" + name) for name in os.listdir(home + "/keeper") if name.startswith("store.db"))


def push(asker, log, what):
    """All that is new, in packages that end where bundles do; seconds."""
    held, size, leaves = log.held, len(log.entries), log.leaves()
    asker.expect("%s: the checkpoint" % what, "POST", "/add-checkpoint", 200, "^$",
                 hostile.add_checkpoint(held, hostile.subtree_proof(0, held, leaves), log.note()))
    packages, at = [], held
    while at < size:
        end, first = min(size, at // 256 * 256 + 256), at // 256 * 256
        packages.append(hostile.package(log.entries[at:end], hostile.subtree_proof(first, end, leaves)))
        at = end
    began = time.monotonic()
    asker.expect("%s: the entries" % what, "POST", "/add-entries", 200, "mirror", hostile.add_entries(log.origin, held, size, packages))
    log.held = size
    return time.monotonic() - began


def main():
    home_a, home_b, record, folder, matter = sys.argv[1:6]
    node = nodes.Node(home_a)
    asker = hostile.Asker(home_b, hostile.address_of(record + "/cards/a.example"))
    log = Flood(record, hostile.Keys(home_b, record, folder))
    log.start = len(log.entries)
    open_now = sum("\nmatter new\n" in text.decode() for text in log.entries)
    log.second()
    log.words(matter)
    valid = push(asker, log, "%d valid words" % EACH) / EACH
    client = nodes.Client(home_a)
    memory_before, bytes_before, first = memory(node), stored(home_a), len(log.entries)

    rules = {}
    def void(rule, count, *arguments, **named):
        for _ in range(count):
            log.second()
            rules[log.entry(*arguments, **named)] = rule
    void("", OPENINGS - open_now, "stand/open", "new")
    void("judge.openings", EACH, "stand/open", "new")
    void("judge.version", EACH, "stand/take", matter, end="version %064d\nposition yes\n" % 8)
    void("judge.past", EACH // 2, "stand/word", matter, "a.example/9999")
    for _ in range(EACH // 2):  # two that answer each other, then one that answers itself
        index = len(log.entries)
        log.second()
        rules[log.entry("stand/word", matter, "b.example/%d" % (index + 1))] = "judge.past"
        rules[log.entry("stand/word", matter, "b.example/%d" % index)] = "judge.refers-void"
        rules[log.entry("stand/word", matter, "b.example/%d" % (index + 2))] = "judge.past"
    spent, count, sent = push(asker, log, "a flood"), len(rules), sum(map(len, log.entries[first:]))
    wrong = {}
    for index, rule in rules.items():
        text = client.run("show", ("entry", "b.example/%d" % index), ("json", ""))[1]
        if ('"rule":"%s"' % rule if rule else '"verdict":"valid"') not in text:
            wrong[index] = (rule, text[:200])
    nodes.report(not wrong, "each of %d is void by its rule, what is below the limit counts" % count, str(dict(list(wrong.items())[:3])))

    # the same again and again: what it costs by the entry
    for _ in range(2):
        void("judge.openings", EACH, "stand/open", "new")
        void("judge.version", EACH, "stand/take", matter, end="version %064d\nposition yes\n" % 8)
    more, before = len(rules) - count, processor(node)
    spent, sent = push(asker, log, "more of it"), sum(map(len, log.entries[first:]))
    grown, kept = memory(node) - memory_before, stored(home_a) - bytes_before
    print("# a valid word takes %.3f ms, a void one %.3f ms: %.1f times that; %d void ones, processor time %.2f s" %
          (valid * 1000, spent * 1000 / more, spent / more / valid, more, processor(node) - before))
    print("# %d bytes were sent, %d more are stored; the keeper's memory grew by %d KiB" % (sent, kept, grown))
    if "DETENTE_SANITIZED" not in os.environ:  # a sanitizer keeps what was freed
        nodes.report(grown <= GROWTH_KIB, "the keeper's memory does not grow with what is void", "%d KiB" % grown)

    # and what waits: it names more of a's log than there is
    size = int(log.seen.split()[2])
    waits = log.entry("stand/word", matter, matter, seen=log.seen.replace(" %d " % size, " %d " % (size + 1000)))
    after = log.entry("stand/word", matter, "b.example/%d" % waits, seen=log.seen.replace(" %d " % size, " %d " % (size + 1000)))
    push(asker, log, "what waits")
    text = client.run("show", ("entry", "b.example/%d" % after), ("json", ""))[1]
    nodes.report('"verdict":"pending"' in text, "what names more than there is waits, and all behind it", text[:300])
    client.close()
    void_one = next(index for index, rule in rules.items() if rule == "judge.openings")
    for name, value in (("void", void_one), ("waits", waits), ("range", "%d %d" % (first, len(log.entries)))):
        with open(folder + "/" + name, "w") as file:
            file.write(str(value))


main()

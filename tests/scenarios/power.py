"""power HOME-A HOME-B ROUNDS SEED: cuts the power of one of two running nodes at random points while both write: all its
processes are killed and what they had not synced is lost (tests/fault). What the home then holds is held against what was said
before, without a node, so that nobody can give it anything back first."""

import json
import os
import random
import subprocess
import sys
import time

import nodes

FAULT = os.path.join(os.environ["DETENTE_BUILD"], "tests", "fault")


class Losing(nodes.Node):
    """A node on a disk that loses what was not synced."""

    def __init__(self, home):
        self.folder, self.shadow = home + "/keeper", home + "/keeper/shadow"
        super().__init__(home, {"LD_PRELOAD": FAULT + "/libunsynced.so", "DETENTE_FAULT_DIR": self.folder,
                                "DETENTE_FAULT_SHADOW": self.shadow})

    def lose(self, *start):
        subprocess.run([FAULT + "/lose", *start, self.folder, self.shadow], check=True)

    def serve_anew(self, seed):
        """What is there now is durable. In every other round some writes reach the disk early, unsynced."""
        self.lose("--start")
        self.environment.pop("DETENTE_FAULT_EARLY", None)
        if seed % 2 == 1:
            self.environment["DETENTE_FAULT_EARLY"] = str(seed)
        self.serve()


def cosigned_by_other(node):
    """How far the other's cosignature over this node's log is held here: so much the other has promised to hold."""
    client = nodes.Client(node.home)
    _, text, _ = client.run("status", ("json", ""))
    client.close()
    return nodes.log_sizes(text)[node.party] - json.loads(text)["peers"][0]["behind"]


def main():
    pair = [Losing(home) for home in sys.argv[1:3]]
    rounds, choose = int(sys.argv[3]), random.Random(int(sys.argv[4]))
    for node in pair:
        node.serve_anew(0)
    writers, lost, broken, words = nodes.start_writers(pair, 2), [], [], 0
    for number in range(rounds):
        node = pair[number % 2]
        other = pair[1 - number % 2]
        time.sleep(choose.uniform(0.1, 0.6))  # the random point
        node.kill("supervisor", "keeper", "link")
        node.await_end()
        least = nodes.promised(writers, node)
        least[other.party] = max(least[other.party], cosigned_by_other(other))
        node.lose()
        status = node.command("status", "--json")
        if status.returncode != 0:
            broken.append("round %d: %s: %s" % (number, node.party, status.stderr))
            break
        sizes = nodes.log_sizes(status.stdout)
        words += least[node.party]
        lost += ["round %d: %s holds %s, but promised %s" % (number, node.party, sizes, least) for party in least
                 if sizes[party] < least[party]]
        node.serve_anew(number)
    nodes.stop_writers(writers)
    nodes.report(not broken, "each time the store can be read as it was left", "\n".join(broken))
    nodes.report(not lost and words > rounds, "after each of %d power cuts everything acknowledged and cosigned is there" % rounds,
                 "\n".join(lost[:5]))
    for node in pair:
        nodes.report("holds another history" not in node.log(), "%s never forked" % node.party, node.log()[-2000:])
        nodes.check_words(node, writers)


main()

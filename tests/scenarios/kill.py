"""kill HOME-A HOME-B POINTS SEED: kills processes of two running nodes at random points while both write, and holds what is
there after each restart against what was said before. Its lines are "ok NAME" or "not ok NAME", and notes."""

import random
import sys
import time

import nodes

VICTIMS = [("supervisor",), ("keeper",), ("link",), ("supervisor", "keeper", "link")]
RESTARTS = 2  # by one supervisor: it waits twice as long from time to time


def main():
    pair = [nodes.Node(home) for home in sys.argv[1:3]]
    points, choose = int(sys.argv[3]), random.Random(int(sys.argv[4]))
    writers = nodes.start_writers(pair, 2)
    restarts, kills, lost = {node: 0 for node in pair}, {}, []
    for point in range(points):
        node, victim = choose.choice(pair), choose.choice(VICTIMS)
        if restarts[node] == RESTARTS and "supervisor" not in victim:
            victim = ("supervisor",)
        time.sleep(choose.uniform(0, 0.2))  # the random point
        killed = node.kill(*victim)
        kills[victim] = kills.get(victim, 0) + (len(killed) > 0)
        if "supervisor" in victim:
            node.await_end()
            node.serve()
            restarts[node] = 0
        else:
            restarts[node] += 1
        least = nodes.promised(writers, node)
        sizes = node.sizes()
        lost += ["point %d, %s killed: %s holds %s, but said %s" % (point, victim, node.party, sizes, least)
                 for party in least if sizes[party] < least[party]]
    nodes.stop_writers(writers)
    print("killed: %s" % {" and ".join(victim): count for victim, count in kills.items()})
    nodes.report(not lost, "after each of %d restarts everything acknowledged and received is there" % points, "\n".join(lost[:5]))
    for node in pair:
        nodes.report("of our own log" not in node.log(), "%s never had to get its own log back" % node.party, node.log()[-2000:])
        nodes.check_words(node, writers)
    for writer in writers:
        nodes.report(len(writer.received) > points / 10, "writer %s had receipts all along: %d of %d words" % (writer.name, len(writer.received),
                     len(writer.acknowledged)), str(writer.refusals))


main()

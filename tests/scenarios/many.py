#!/usr/bin/python3
"""Writes many entries through one connection to a running node, without waiting for receipts.

usage: many.py HOME DESK COUNT [FROM]
"""
import sys

import nodes

who = [("from", name) for name in sys.argv[4:]]
client, wanted, done = nodes.Client(sys.argv[1]), int(sys.argv[3]), 0
for number in range(wanted):
    client.ask("send", ("form", "hotline/goodwill"), ("to", sys.argv[2]), ("wait", "0"), ("field", "text=%d" % number), *who)
while done < wanted:
    _, kind, value, _ = client.frame()
    if kind == nodes.DONE:
        done += 1
        if value != 0:
            sys.exit("status %d" % value)

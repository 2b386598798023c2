"""damage FILE FROM SIZE SEED: overwrites bytes of a file at an offset with others, drawn by the seed."""

import random
import sys

path, start, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
draw = random.Random(int(sys.argv[4]))
with open(path, "r+b") as file:
    file.seek(start)
    there = file.read(size)
    file.seek(start)
    file.write(bytes(byte ^ draw.randrange(1, 256) for byte in there))

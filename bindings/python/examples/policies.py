"""Which page has to go? Belady's anomaly: with FIFO, more frames can miss more often. No policy misses less than OPT.

Prints:

    FIFO: 9 misses with 3 frames, 10 with 4
    LRU: 10 misses with 3 frames, 8 with 4
    OPT: 7 misses with 3 frames, 6 with 4
    a loop of 5 pages through 4 frames: LRU misses 100 %, OPT 28 %
"""
import paging

TRACE = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5]

for policy in ("FIFO", "LRU", "OPT"):
    three, four = (paging.replay(TRACE, policy, frames).misses for frames in (3, 4))
    print(f"{policy}: {three} misses with 3 frames, {four} with 4")
loop = [page for _ in range(20) for page in range(5)]
lru, opt = (paging.replay(loop, policy, 4).miss_ratio for policy in ("LRU", "OPT"))
print(f"a loop of 5 pages through 4 frames: LRU misses {lru:.0%}, OPT {opt:.0%}".replace("%", " %"))

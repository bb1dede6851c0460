"""Processes as /proc shows them."""

import os

TICKS = os.sysconf("SC_CLK_TCK")


def tree():
    """This process and everything that it started."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat:
                children.setdefault(int(stat.read().rpartition(")")[2].split()[1]), []).append(int(name))
        except OSError:
            pass
    found = [os.getpid()]
    for pid in found:
        found += children.get(pid, [])
    return found


def tree_cpu():
    """CPU milliseconds of each process of the tree, by its id."""
    taken = {}
    for pid in tree():
        try:
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
                taken[pid] = (int(fields[11]) + int(fields[12])) * 1000 / TICKS
        except OSError:
            pass
    return taken


def cpu_ms_since(before):
    """What those that are there now have taken since `before`, which `tree_cpu` said. Those that ended meanwhile are not counted."""
    return sum(taken - before.get(pid, 0) for pid, taken in tree_cpu().items())


def tree_pss_mib():
    """Proportional set size of the tree: shared pages count by share."""
    total = 0
    for pid in tree():
        try:
            with open(f"/proc/{pid}/smaps_rollup") as rollup:
                total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        except OSError:
            pass
    return total / 1024

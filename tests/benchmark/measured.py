"""One command in a process of its own, and what it took.

Here: start, wait, read the kernel's account.
Belongs here: nothing else. Linux counts the memory of the process that starts another as the other's, until the other
has its own program: so this one stays small and is not the one that makes the data or compares the results.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """Run the command given; the last line printed is a JSON object of wall and processor seconds and peak bytes."""
    started = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:])
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    took = {"wall": wall, "processor": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024}
    print(json.dumps(took))
    sys.exit(os.waitstatus_to_exitcode(status) != 0)


if __name__ == "__main__":
    main()

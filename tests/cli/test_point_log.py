"""What a point says goes to its log; warnings of the package are seen once."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import logging, os, subprocess, sys
from pathlib import Path
from alc.cli.point_log import point_log
handler = logging.StreamHandler(sys.stderr)
logging.root.addHandler(handler)
log, other = logging.getLogger("alc.runs.lock"), logging.getLogger("library")
for number in range(2):
    try:
        with point_log(Path(f"{number}.log")):
            print("said", number)
            os.write(2, b"from C\\n")
            subprocess.run(["echo", "by another process"])
            log.warning("Waiting for run train/0123456%03d: process %d", number, number)
            other.warning("a library's")
            if number:
                raise ValueError("no")
    except ValueError:
        print("out of", number)
    else:
        print("done with", number)
log.warning("after")
"""


def test_a_point_has_a_log_and_the_terminal_a_warning(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "done with 0\nout of 1\n"
    assert done.stderr == "Waiting for run train/0123456000: process 0\nafter\n"
    for number in range(2):
        log = (tmp_path / f"{number}.log").read_text()
        lines = [f"said {number}", "from C", "by another process", f"Waiting for run train/012345600{number}"]
        for line in [*lines, "a library's"]:
            assert log.count(line) == 1, log

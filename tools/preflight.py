"""Says before the set-up what a machine lacks to build Weir, with the Debian packages that bring it.

Written for the syntax of old interpreters too, as it is the file that tells an old one to go.
"""

import importlib.util
import os
import shutil
import sys
import sysconfig


def missing():
    # type: () -> list[str]
    """One line per thing that is missing, each with its remedy; empty where the machine is ready."""
    problems = []
    version = "%d.%d" % sys.version_info[:2]
    if sys.version_info < (3, 11):
        problems.append(
            "Python 3.11 or newer is needed, %s is %s: set PYTHON, as in `make setup PYTHON=/usr/bin/python3.11`"
            % (sys.executable, version)
        )
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        problems.append("%s cannot make a virtual environment: apt-get install python3-venv" % sys.executable)
    include = sysconfig.get_paths()["include"]
    if not os.path.exists(os.path.join(include, "Python.h")):
        problems.append("no Python.h in %s: apt-get install python3-dev" % include)
    if not any(shutil.which(name) for name in (os.environ.get("CC", "cc").split()[0], "gcc", "clang")):
        problems.append("no C compiler: apt-get install gcc libc6-dev")
    return problems


def main():
    # type: () -> int
    """Print what is missing; exit code 0 where nothing is, 1 where the set-up cannot go on."""
    problems = missing()
    for problem in problems:
        sys.stderr.write("error: %s\n" % problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

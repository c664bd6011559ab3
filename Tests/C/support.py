"""Where things are, and how C programs are built and run, for the tests of the C interface.

SWALE_LIBRARY names the library under test (default: .build/release/libswale.so), SWALE_TEST_CC the compiler with its
flags (the sanitizer run sets both).
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "Tests/C"
INCLUDE = ROOT / "include"
LIBRARY = Path(os.environ.get("SWALE_LIBRARY", ROOT / ".build/release/libswale.so")).resolve()
CC = shlex.split(os.environ.get("SWALE_TEST_CC", "gcc"))
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]


class ProgramTestCase(unittest.TestCase):
    """A test that compiles programs into a folder of its own."""

    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        if not LIBRARY.exists():
            raise unittest.SkipTest(f"{LIBRARY} is not there: run 'make build'")
        cls.folder = Path(tempfile.mkdtemp(prefix="swale-c-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        # Programs look for the soname, as they do after an installation.
        for name in ("libswale.so", "libswale.so.0"):
            (cls.folder / name).symlink_to(LIBRARY)

    def run_command(self, command: list[object], status: int = 0, **keywords: Any) -> str:
        """Run a command that must end with `status`; give what it printed."""
        words = [str(word) for word in command]
        keywords |= {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
        done = subprocess.run(words, check=False, timeout=900, **keywords)
        self.assertEqual(done.returncode, status, f"{' '.join(words)}\n{done.stdout}")
        return done.stdout

    def program(self, name: str, *sources: Path, flags: tuple[str, ...] = ()) -> Path:
        """Compile a program against header and library only."""
        target = self.folder / name
        command = [*CC, "-O1", "-g", *STRICT, *(flags or ("-std=c11",)), f"-I{INCLUDE}", f"-I{HERE}", *sources]
        self.run_command([*command, "-o", target, *self.link_flags(), "-lm", "-ldl", "-pthread"])
        return target

    def link_flags(self) -> list[str]:
        """How a program is linked with the library under test."""
        return [f"-L{self.folder}", "-lswale", f"-Wl,-rpath,{self.folder}:{LIBRARY.parent}"]

    def plugin(self, name: str, source: Path, *flags: str) -> Path:
        """Compile a plugin: nothing of ours to link against."""
        target = self.folder / f"{name}.so"
        command = [*CC, "-std=c99", "-O2", *STRICT, "-fPIC", "-shared", *flags, f"-I{INCLUDE}", source]
        self.run_command([*command, "-o", target, "-lm"])
        return target


def last_line(output: str) -> str:
    """The summary of a test program, shown in the log; what it printed before are its measurements."""
    print(output.strip(), flush=True)
    return output.strip().splitlines()[-1]

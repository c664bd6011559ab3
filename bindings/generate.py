#!/usr/bin/env python3
"""Writes everything that repeats the C interface, from the two places that define it.

The functions come from SwaleC-Swift.h, which the Swift compiler writes when it builds the target SwaleC (its own
spelling of the exported functions, with their doc comments); structs, constants and callbacks come from the
hand-written include/swale/types.h and plugin.h. Written from these: include/swale/swale.h, the ctypes prototypes of
the Python package, and in bindings/abi a C stub library for abidiff and a table of all functions as JSON.

    generate.py [--build DIR]           write the files
    generate.py [--build DIR] --check   write nothing; fail with a diff when one of them is stale
"""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from generator import Problem, c_types, functions, write_header, write_python, write_tables

ROOT = Path(__file__).resolve().parents[1]
COMPILER_HEADER = "SwaleC-Swift.h"


def compiler_header(build: Path) -> Path:
    """Find what the compiler wrote; the place inside the build folder depends on the build system."""
    found = [path for path in build.glob(f"**/{COMPILER_HEADER}") if path.is_file()]
    if not found:
        raise Problem(f"no {COMPILER_HEADER} below {build}: run 'swift build -c release --product swale' first")
    return max(found, key=lambda path: path.stat().st_mtime)


def outputs(build: Path) -> dict[Path, str]:
    """All generated files with their content."""
    types = c_types.parse((ROOT / "include/swale/types.h").read_text())
    plugin = c_types.parse((ROOT / "include/swale/plugin.h").read_text(), known=types)
    exported = functions.parse(compiler_header(build).read_text(), types.names | plugin.names)
    sections = functions.in_sections(exported, ROOT / "Sources/SwaleC")
    return {
        ROOT / "include/swale/swale.h": write_header.text(sections),
        ROOT / "bindings/python/swale/_abi.py": write_python.text(types, plugin, sections),
        ROOT / "bindings/abi/stub.c": write_tables.stub(sections),
        ROOT / "bindings/abi/abi.json": write_tables.table(types, sections),
    }


def stale(path: Path, wanted: str) -> list[str]:
    """The differences between the file on disk and what it should be."""
    present = path.read_text() if path.exists() else ""
    name = str(path.relative_to(ROOT))
    lines = difflib.unified_diff(
        present.splitlines(), wanted.splitlines(), f"{name} (committed)", f"{name} (now)", "", "", 1
    )
    return [line.rstrip("\n") for line in lines]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--build", type=Path, default=ROOT / ".build/release", help="folder of the Swift build")
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 when a file is stale")
    arguments = parser.parse_args()
    differences: list[str] = []
    try:
        for path, content in outputs(arguments.build).items():
            difference = stale(path, content)
            if difference and not arguments.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
                print(f"wrote {path.relative_to(ROOT)}")
            differences += difference
    except (Problem, OSError) as problem:
        print(f"generate.py: {problem}", file=sys.stderr)
        return 2
    if arguments.check and differences:
        print("\n".join(differences))
        print("generate.py: generated files are stale: run 'make header' and commit the result", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes include/swale/swale.h: the functions of the C interface, for C99 to C23 and C++98 to C++20."""

from __future__ import annotations

import textwrap

from .functions import Function

_TOP = """\
/* SPDX-License-Identifier: MIT
 * GENERATED from Sources/SwaleC by bindings/generate.py: do not edit, run `make header`.
 *
 * Swale: landscapes of neural networks. Train models, find wide flat minima, measure the landscape around them.
 *
 * Threads: datasets, models and objectives are immutable and may be shared by any number of threads; options belong to
 *   one thread, a run serves one call at a time, and only swale_run_cancel may come from another thread meanwhile;
 *   callbacks run on the thread that made the call.
 * Ownership: what a *_create or other making call writes to `out` is yours until its *_destroy, in any order, also
 *   during a call that uses it; arrays and texts that you pass are copied unless they carry a release callback; arrays
 *   that you get live until the handle they came from is destroyed.
 * Errors: a call that can fail returns a swale_status, and swale_last_error() says on the same thread what was wrong and
 *   what is allowed; bad input never ends the process, and a call that failed has changed nothing of yours.
 * Determinism: the same seed gives the same bits for any number of threads on the same type of machine.
 * Versions: compare swale_version() / 100 with SWALE_VERSION_NUMBER / 100; constants are never renumbered, and structs
 *   that start with struct_size only grow at the end, so set it to sizeof(struct) before a call. */
#ifndef SWALE_H
#define SWALE_H

#include "plugin.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif
"""

_BOTTOM = """
#ifdef __cplusplus
}
#endif

#endif
"""

WIDTH = 118


def text(sections: dict[str, list[Function]]) -> str:
    """The whole header."""
    parts = [_TOP]
    for title, functions in sections.items():
        parts.append(f"\n/* ---- {title} ---- */\n")
        parts += [f"\n{_comment(function)}\n{declaration(function)};\n" for function in functions]
    return "".join(parts) + _BOTTOM


def declaration(function: Function) -> str:
    """The prototype without its semicolon, broken between parameters."""
    head, parameters = function.prototype()
    indent = " " * (len(head) + 1)
    return textwrap.fill(
        f"{head}({_unbreakable(parameters)})",
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ).replace("\0", " ")


def _unbreakable(parameters: str) -> str:
    """Keep type and name of a parameter on one line: only the spaces behind commas may break."""
    return parameters.replace(" ", "\0").replace(",\0", ", ")


def _comment(function: Function) -> str:
    lines: list[str] = []
    for paragraph in function.doc:
        lines += ([""] if lines else []) + textwrap.wrap(paragraph, WIDTH - 6, break_on_hyphens=False)
    return "/* " + "\n * ".join(lines).replace("\n * \n", "\n *\n") + " */"

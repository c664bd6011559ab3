"""Writes hostile.c: calls of every function of abi.json with every combination of hostile arguments.

Each function runs in a child process of its own, first on one thread and then on two at once, so that a crash is
reported with the function and the arguments instead of ending the test.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

# For a C type: how many values there are, the expression of value number `i`, and the number of a good value (-1: any).
VALUES = {
    "const char *": ("TEXTS", "text({i})", -1),
    "int32_t": ("COUNT_OF(small)", "small[{i}]", -1),
    "uint64_t": ("COUNT_OF(seeds)", "seeds[{i}]", 1),
    "double": ("COUNT_OF(reals)", "reals[{i}]", 5),
    "const double *": ("NUMBERS", "numbers(c, {i})", 3),
    "const int64_t *": ("INTEGERS", "integers(c, {i})", 3),
    "int64_t *": ("INTEGERS", "integers(c, {i})", 3),
    "const swale_array *": ("ARRAYS", "array(c, {i})", 13),
    "swale_array *": ("2", "({i} == 0 ? NULL : &c->array)", 1),
    "const swale_callbacks *": ("CALLBACKS", "callbacks(c, {i})", 5),
    "swale_progress_fn": ("2", "({i} == 0 ? NULL : host_progress)", 1),
    "swale_interrupt_fn": ("2", "({i} == 0 ? NULL : host_interrupt)", 1),
    "swale_log_fn": ("2", "({i} == 0 ? NULL : host_log)", 1),
    "swale_plugin_init_fn": ("2", "({i} == 0 ? NULL : host_plugin)", 1),
    "void *": ("2", "({i} == 0 ? NULL : (void *)c->numbers)", 1),
}
COUNTS = {"count", "vectors", "point_count", "samples"}
# Handles, with the number of a good one in hostile.h.
HANDLES = {"options": 1, "dataset": 2, "model": 3, "objective": 4, "run": 6, "result": 7}


def value(function: str, type_: str, name: str, i: int) -> tuple[str, str, int]:
    """Number of values, expression and good value of one parameter."""
    index = f"i[{i}]"
    base = type_.replace("swale_", "").replace("_t", "")
    if base in HANDLES:
        return "HANDLES", f"handle(c, {index})", HANDLES[base]
    if base.removesuffix(" *") in HANDLES:
        return "2", f"made(c, {index})", 1
    if type_ == "double *":
        # A solver's starting point is read and written; other pointers are only written.
        return ("NUMBERS", f"numbers(c, {index})", 3) if function == "swale_solve" else ("2", f"output(c, {index})", 1)
    if type_ == "int64_t":
        return (
            ("COUNT_OF(counts)", f"counts[{index}]", 4) if name in COUNTS else ("COUNT_OF(whole)", f"whole[{index}]", 3)
        )
    if type_.endswith("_info *"):
        return "INFOS", f"info(c, {index}, sizeof({type_[:-2]}))", 3
    if type_ in ("swale_kind", "swale_status", "swale_reason", "swale_dtype"):
        type_ = "int32_t"
    count, expression, good = VALUES[type_]
    return count, expression.format(i=index), good


def calls(functions: dict[str, dict[str, object]]) -> str:
    """One C function per function of the library, and the table of them."""
    parts, rows = [], []
    for name, entry in functions.items():
        parameters: list[list[str]] = entry["parameters"]  # type: ignore[assignment]
        values = [value(name, *parameter, i) for i, parameter in enumerate(parameters)]
        call = f"{name}({', '.join(expression for _, expression, _ in values)})"
        made = [kind for kind in HANDLES for type_, _ in parameters if type_ == f"swale_{kind}_t *"]
        body = [f'judge(c, "{name}", {call});' if entry["result"] == "swale_status" else f"(void){call};"]
        if entry["result"] == "const char *" and name != "swale_result_name":
            body = [f"CHECK({call} != NULL);"]
        body += [f"if (c->made != 0) WORKS(swale_{kind}_destroy(c->made));" for kind in made]
        if name.endswith("_destroy"):
            body += ["empty_context(c);", "fill_context(c);"]
        parts.append(
            f"static void call_{name}(struct context *c, const int *i) {{\n  (void)c, (void)i;\n"
            + "".join(f"  {line}\n" for line in body)
            + "}\n"
        )
        sizes = ", ".join(count for count, _, _ in values) or "0"
        good = ", ".join(str(number) for _, _, number in values) or "0"
        rows.append(f'    {{"{name}", call_{name}, {len(values)}, {{{sizes}}}, {{{good}}}}},\n')
    table = "static const struct function {\n  const char *name;\n  void (*call)(struct context *, const int *);\n"
    table += (
        "  int parameters, sizes[MOST_PARAMETERS], good[MOST_PARAMETERS];\n} functions[] = {\n" + "".join(rows) + "};\n"
    )
    return "\n".join(parts) + "\n" + table


def main() -> None:
    abi = json.loads(Path(sys.argv[1]).read_text())
    print('#include "hostile.h"\n\n' + calls(abi["functions"]) + '\n#include "hostile_main.h"')


if __name__ == "__main__":
    main()

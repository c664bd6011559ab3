"""Reads the exported functions out of the header that the Swift compiler writes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from . import Problem

# The Swift files of the boundary in the order of the header, with the title of each section.
SECTIONS = {
    "Library": "Library: version, errors, threads, memory, log",
    "Registry": "Registry: what there is, with all options",
    "OptionBags": "Options: typed name = value bags",
    "Datasets": "Datasets",
    "Models": "Models",
    "Objectives": "Objectives: the landscapes",
    "Evaluation": "Evaluation: values, derivatives and outputs at a point",
    "Runs": "Runs: limits, progress, cancelling; solving and measuring",
    "Interrupts": "Interrupts: ending long calls that have no run",
    "Results": "Results: named arrays",
    "Plugins": "Plugins",
}

SCALARS = {"char", "void", "double", "int32_t", "int64_t", "uint32_t", "uint64_t"}

_PROTOTYPE = re.compile(r"SWIFT_EXTERN (?P<result>.+?)(?P<name>\b\w+)\((?P<parameters>.*)\)(?P<marks>(?: \w+)*);")
_MARKS = {"SWIFT_NOEXCEPT", "SWIFT_WARN_UNUSED_RESULT"}
_TYPE = re.compile(r"(?P<base>\w+)(?P<const> const)?(?P<stars>(?: \*)*)")


@dataclass(frozen=True)
class Parameter:
    """One parameter: its C type as written before the name ("const double *"), and its name."""

    type: str
    name: str

    def __str__(self) -> str:
        return self.type + self.name if self.type.endswith("*") else f"{self.type} {self.name}"


@dataclass(frozen=True)
class Function:
    """One exported function with the paragraphs of its doc comment."""

    name: str
    result: str
    parameters: tuple[Parameter, ...]
    doc: tuple[str, ...]

    def prototype(self) -> tuple[str, str]:
        """What stands before the parameter list, and the list."""
        head = self.result + self.name if self.result.endswith("*") else f"{self.result} {self.name}"
        return head, ", ".join(map(str, self.parameters)) or "void"


def parse(header: str, known: set[str]) -> dict[str, Function]:
    """All functions of the C part of a compiler-written header, by name.

    `known` are the type names of types.h and plugin.h. A line that is not understood is a Problem: silence would
    leave a function out of the interface.
    """
    start, end = header.find('extern "C" {\n'), header.rfind('} // extern "C"')
    if start < 0 or end < start:
        raise Problem('the compiler\'s header has no extern "C" part: are the functions exported with @c?')
    found: dict[str, Function] = {}
    doc: list[str] = []
    for line in header[start:end].splitlines()[1:]:
        if line.startswith("///"):
            doc.append(line[3:].strip())
        elif line.startswith("SWIFT_EXTERN "):
            function = _function(line, _paragraphs(doc), known)
            found[function.name] = function
            doc = []
        elif line.strip() and not re.match(r"#(endif|if defined\(__cplusplus\))", line):
            raise Problem(f"unknown line in the compiler's header: {line}")
    return found


def _function(line: str, doc: tuple[str, ...], known: set[str]) -> Function:
    match = _PROTOTYPE.fullmatch(line.strip())
    if not match or not set(match["marks"].split()) <= _MARKS:
        raise Problem(f"cannot read this declaration: {line}")
    name = match["name"]
    if not doc:
        raise Problem(f"{name} has no doc comment")
    parameters = []
    if match["parameters"] != "void":
        for text in match["parameters"].split(","):
            type_text, _, parameter = text.strip().rpartition(" ")
            parameters.append(Parameter(_type(type_text, known, line), _parameter_name(parameter)))
    return Function(name, _type(match["result"], known, line), tuple(parameters), doc)


def _type(text: str, known: set[str], line: str) -> str:
    plain = re.sub(r" ?\b_(Nullable|Nonnull|Null_unspecified)\b", "", text).strip()
    match = _TYPE.fullmatch(plain)
    if not match or match["base"] not in SCALARS | known:
        raise Problem(f"type '{plain}' is not part of the C interface; use fixed-width types and types.h: {line}")
    stars = match["stars"].replace(" ", "")
    return ("const " if match["const"] else "") + match["base"] + (f" {stars}" if stars else "")


def _parameter_name(swift: str) -> str:
    """Swift's pointCount and out_ as point_count and out."""
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda upper: "_" + upper[0].lower(), swift).rstrip("_")


def _paragraphs(lines: list[str]) -> tuple[str, ...]:
    """The doc comment as paragraphs of plain ASCII; the compiler sets it in typographic quotes and HTML."""
    text = "\n".join(lines)
    for typographic, plain in (("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("…", "..."), ("–", "--"), ("—", "--")):
        text = text.replace(typographic, plain)
    text = re.sub(r"</?code>", "`", text)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, character)
    if not text.isascii():
        raise Problem(f"a doc comment of the C interface is not plain ASCII: {text}")
    if "*/" in text:
        raise Problem(f"a doc comment ends the C comment around it: {text}")
    return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip())


def in_sections(functions: dict[str, Function], sources: Path) -> dict[str, list[Function]]:
    """The functions by section title, in the order in which the Swift files define them."""
    left = dict(functions)
    sections: dict[str, list[Function]] = {}
    for stem, title in SECTIONS.items():
        names = re.findall(r"^@c\((\w+)\)", (sources / f"{stem}.swift").read_text(), re.MULTILINE)
        absent = [name for name in names if name not in left]
        if absent:
            raise Problem(f"{stem}.swift exports {', '.join(absent)}, the compiler's header does not: build first")
        sections[title] = [left.pop(name) for name in names]
    if left:
        raise Problem(
            f"{', '.join(sorted(left))}: in no section; add the Swift file to SECTIONS in {Path(__file__).name}"
        )
    return sections

"""Reads types.h and plugin.h: constants, typedefs, structs and callback types.

The headers are our own and regular, so the reader knows only what they use, and refuses everything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from . import Problem


@dataclass(frozen=True)
class FunctionType:
    """A pointer to a function: result and parameter types."""

    result: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Member:
    """One member of a struct; `length` names or counts the elements of an array member."""

    name: str
    type: str | FunctionType
    length: str = ""


@dataclass
class Types:
    """What a header declares, in its order."""

    constants: dict[str, int] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    # Structs and function types in one dict: their order matters, because each may use earlier ones.
    compound: dict[str, list[Member] | FunctionType] = field(default_factory=dict)
    opaque: set[str] = field(default_factory=set)

    @property
    def names(self) -> set[str]:
        """All names of types."""
        return set(self.aliases) | set(self.compound) | self.opaque

    @property
    def structs(self) -> dict[str, list[Member]]:
        """The structs alone."""
        return {name: kind for name, kind in self.compound.items() if isinstance(kind, list)}


def parse(header: str, known: Types | None = None) -> Types:
    """Read one header; `known` are the types of headers that it includes."""
    found = Types()
    text = re.sub(r"/\*.*?\*/", " ", header, flags=re.DOTALL)
    for line in re.findall(r"^#.*$", text, re.MULTILINE):
        if match := re.fullmatch(r"#define (\w+) (-?\d+)\s*", line):
            found.constants[match[1]] = int(match[2])
    text = " ".join(re.sub(r"^#.*$", "", text, flags=re.MULTILINE).split())
    for declaration in _declarations(text):
        _read(declaration, found)
    unknown = (
        {_base(type_) for kind in found.compound.values() for type_ in _used_types(kind)}
        - found.names
        - (known.names if known else set())
        - {"char", "void", "double", "float", "int32_t", "int64_t", "uint32_t", "uint64_t"}
    )
    if unknown:
        raise Problem(f"types that no header declares: {', '.join(sorted(unknown))}")
    return found


def _declarations(text: str) -> list[str]:
    """Split at semicolons outside braces."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == ";" and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    if text[start:].strip():
        raise Problem(f"unfinished declaration: {text[start:]}")
    return parts


def _read(declaration: str, found: Types) -> None:
    if match := re.fullmatch(r"enum \{(.*)\}", declaration):
        for item in filter(None, (part.strip() for part in match[1].split(","))):
            name, _, value = item.partition("=")
            found.constants[name.strip()] = int(value)
    elif match := re.fullmatch(r"typedef struct (\w+) \{(.*)\} (\w+)", declaration):
        if match[1] != match[3]:
            raise Problem(f"struct {match[1]} and its typedef {match[3]} must have one name")
        found.compound[match[1]] = [m for part in match[2].split(";") if part.strip() for m in _members(part.strip())]
    elif match := re.fullmatch(r"(?:typedef )?struct (\w+)(?: \w+)?", declaration):
        found.opaque.add(match[1])
    elif match := re.fullmatch(r"typedef (.+?)\(\*(\w+)\)\((.*)\)", declaration):
        found.compound[match[2]] = _function_type(match[1], match[3])
    elif match := re.fullmatch(r"typedef (\w+) (\w+)", declaration):
        found.aliases[match[2]] = match[1]
    else:
        raise Problem(f"cannot read this declaration: {declaration}")


def _members(text: str) -> list[Member]:
    if match := re.fullmatch(r"(.+?)\(\*(\w+)\)\((.*)\)", text):
        return [Member(match[2], _function_type(match[1], match[3]))]
    if match := re.fullmatch(r"(.+?[ *])(\w+)(?:\[(\w+)\])?", text):
        return [Member(match[2], _plain(match[1]), match[3] or "")]
    raise Problem(f"cannot read this member: {text}")


def _function_type(result: str, parameters: str) -> FunctionType:
    types = [_plain(re.sub(r"\w+$", "", part.strip())) for part in parameters.split(",") if part.strip() != "void"]
    return FunctionType(_plain(result), tuple(types))


def _plain(text: str) -> str:
    """A type in the one spelling used here: "const double *"."""
    words = re.sub(r"\bstruct\b", "", text).replace("*", " * ").split()
    return " ".join(words).replace("* *", "**")


def _base(type_: str) -> str:
    return type_.replace("const", "").replace("*", "").strip()


def _used_types(kind: list[Member] | FunctionType) -> list[str]:
    if isinstance(kind, FunctionType):
        return [kind.result, *kind.parameters]
    used: list[str] = []
    for member in kind:
        used += [member.type] if isinstance(member.type, str) else _used_types(member.type)
    return used

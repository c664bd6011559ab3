"""The header compiles everywhere, the library exports what it says and needs nothing else, ctypes sees the same structs."""

from __future__ import annotations

import ctypes
import importlib.util
import json
import re
import shutil
import sys
import unittest
from types import ModuleType

from support import INCLUDE, LIBRARY, ROOT, STRICT, ProgramTestCase

COMPILERS = [
    (compiler, standard)
    for compiler, standards in (
        ("gcc", ("c99", "c11", "c17", "c2x")),
        ("g++", ("c++98", "c++11", "c++17", "c++20")),
        ("/opt/swift/usr/bin/clang", ("c99", "c11", "c17", "c2x")),
        ("/opt/swift/usr/bin/clang++", ("c++98", "c++11", "c++17", "c++20")),
    )
    for standard in standards
]
ABI = json.loads((ROOT / "bindings/abi/abi.json").read_text())
RELEASE = LIBRARY.parent.name == "release"


def abi_module() -> ModuleType:
    """_abi.py by its path, without importing the package (which needs NumPy)."""
    spec = importlib.util.spec_from_file_location("swale_abi", ROOT / "bindings/python/swale/_abi.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class HeaderTests(ProgramTestCase):
    def test_generated_files_are_fresh(self) -> None:
        if not RELEASE:
            self.skipTest("checked against the release build")
        self.run_command([sys.executable, ROOT / "bindings/generate.py", "--build", LIBRARY.parent, "--check"])

    def test_every_standard(self) -> None:
        tried = 0
        for header in ("swale", "types", "plugin"):
            for compiler, standard in COMPILERS:
                if shutil.which(compiler) is None:
                    continue
                with self.subTest(header=header, compiler=compiler, standard=standard):
                    source = self.folder / f"strict.{'cpp' if '++' in standard else 'c'}"
                    # Included twice: guards hold. The function keeps the file from being empty.
                    include = f"#include <swale/{header}.h>\n"
                    source.write_text(include * 2 + "int f(void);\nint f(void) { return SWALE_OK; }\n")
                    # C++98 has no long long, which the system's stdint.h uses.
                    extra = ["-Wno-long-long"] if standard == "c++98" else []
                    self.run_command(
                        [compiler, f"-std={standard}", *STRICT, *extra, f"-I{INCLUDE}", "-fsyntax-only", source]
                    )
                    tried += 1
        self.assertGreaterEqual(tried, 12)

    def test_cpp_program_links(self) -> None:
        source = self.folder / "links.cpp"
        source.write_text("#include <swale/swale.h>\nint main() { return swale_version() != SWALE_VERSION_NUMBER; }\n")
        target = self.folder / "links"
        self.run_command(["g++", "-std=c++98", f"-I{INCLUDE}", source, "-o", target, *self.link_flags()])
        if RELEASE:
            self.run_command([target])

    def test_stub_compiles(self) -> None:
        flags = ["-std=c99", "-shared", "-fPIC", *STRICT, "-Wno-unused-parameter", f"-I{INCLUDE}"]
        self.run_command(["gcc", *flags, ROOT / "bindings/abi/stub.c", "-o", self.folder / "stub.so"])


@unittest.skipUnless(RELEASE, "the finished object comes out of the release build")
class ObjectTests(ProgramTestCase):
    def test_exports_are_the_header(self) -> None:
        lines = self.run_command(["nm", "-D", "--defined-only", LIBRARY]).splitlines()
        exported = {line.split()[-1].split("@")[0] for line in lines if " A " not in line}
        self.assertEqual(exported, set(ABI["functions"]))

    def test_needs_only_the_system(self) -> None:
        dynamic = self.run_command(["readelf", "-d", LIBRARY])
        needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))
        loader = {name for name in needed if name.startswith("ld-linux-")}
        self.assertLessEqual(needed - loader, {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1"})
        self.assertIn("[libswale.so.0]", dynamic)
        self.assertIn("NODELETE", dynamic)
        self.assertLessEqual(set(re.findall(r"RUNPATH.*\[(.*)\]", dynamic)), {"$ORIGIN"})
        self.assertNotIn("TEXTREL", dynamic)

    def test_size(self) -> None:
        self.assertLess(LIBRARY.stat().st_size, 12e6)


class StructTests(ProgramTestCase):
    def test_ctypes_agrees_with_c(self) -> None:
        module = abi_module()
        expected: list[str] = []
        lines: list[str] = []
        for name in ABI["structs"]:
            struct = getattr(module, name)
            self.assertEqual([field[0] for field in struct._fields_], ABI["structs"][name])
            expected.append(f"{name} {ctypes.sizeof(struct)}")
            lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
            for field in ABI["structs"][name]:
                place = getattr(struct, field)
                expected.append(f"{name}.{field} {place.offset} {place.size}")
                c_place = f"offsetof({name}, {field}), sizeof((({name} *)0)->{field})"
                lines.append(f'printf("{name}.{field} %zu %zu\\n", {c_place});')
        names = [name for name in vars(module) if name.startswith("SWALE_")]
        expected += [f"{name} {getattr(module, name)}" for name in names]
        lines += [f'printf("{name} %ld\\n", (long){name});' for name in names]
        self.assertGreater(len(names), 50)
        source = self.folder / "structs.c"
        head = "#include <stddef.h>\n#include <stdio.h>\n#include <swale/swale.h>\nint main(void) {\n"
        source.write_text(head + "\n".join(lines) + "\nreturn 0;\n}\n")
        self.run_command(["gcc", "-std=c99", f"-I{INCLUDE}", source, "-o", self.folder / "structs"])
        self.assertEqual(self.run_command([self.folder / "structs"]).split("\n")[:-1], expected)
        self.assertEqual(module.VERSION, ABI["version"])
        self.assertEqual(list(module.FUNCTIONS), list(ABI["functions"]))


if __name__ == "__main__":
    unittest.main()

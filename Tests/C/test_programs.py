"""Runs the C programs: the boundary, the hostile calls, the examples, the kernels."""

from __future__ import annotations

import re
import sys
import unittest

from support import CC, HERE, ROOT, ProgramTestCase, last_line

FIXTURE = HERE / "plugins/fixture.c"
# GOOD, WRONG_ABI, ...: the ways in which the fixture can be compiled.
MODES = re.findall(r"^#define (\w+) \d+", FIXTURE.read_text(), re.MULTILINE)
HEAVY_BALL = ROOT / "examples/plugins/heavy_ball.c"
CLIPPED_PERCEPTRON = ROOT / "examples/plugins/clipped_perceptron.c"


class BoundaryTests(ProgramTestCase):
    def check_program(self, name: str, *arguments: object) -> None:
        program = self.program(name, HERE / f"{name}_test.c")
        self.assertRegex(last_line(self.run_command([program, *arguments])), r"\d+ checks passed$")

    def test_handles(self) -> None:
        self.check_program("handles")

    def test_running(self) -> None:
        self.check_program("running")

    def test_samples(self) -> None:
        self.check_program("samples")

    def test_callback(self) -> None:
        self.check_program("callback")

    def test_registration(self) -> None:
        self.check_program("registration")

    def test_memory(self) -> None:
        self.check_program("memory")

    def test_small_stack(self) -> None:
        self.check_program("small_stack")

    def test_threads(self) -> None:
        self.check_program("threads")

    def test_damaged_files(self) -> None:
        self.check_program("damaged_files")

    def test_floating_point(self) -> None:
        self.check_program("floating_point")

    def test_option_ends(self) -> None:
        self.check_program("option_ends")

    def test_extreme_points(self) -> None:
        self.check_program("extreme_points")

    def test_traps(self) -> None:
        self.check_program("traps")

    def test_plugin(self) -> None:
        for mode in MODES:
            # The name of a built-in solver is taken.
            solver = "sgd" if mode == "DUPLICATE" else mode.lower()
            self.plugin(mode.lower(), FIXTURE, f"-DMODE={mode}", f'-DNAME="{solver}"')
        self.plugin("heavy_ball", HEAVY_BALL)
        (self.folder / "text.so").write_text("This is not a library.\n")
        self.check_program("plugin", self.folder)

    def test_hostile_arguments(self) -> None:
        source = self.folder / "hostile.c"
        source.write_text(self.run_command([sys.executable, HERE / "make_hostile.py", ROOT / "bindings/abi/abi.json"]))
        program = self.program("hostile", source)
        self.assertRegex(last_line(self.run_command([program])), r" 0 failed$")


class ExampleTests(ProgramTestCase):
    def test_train(self) -> None:
        program = self.program("train", ROOT / "examples/c/train.c", flags=("-std=c99",))
        output = self.run_command([program])
        self.assertLess(float(output.split("error ")[1].split()[0]), 0.1)
        self.assertIn("eigenvalue 3", output)
        rows = ["1,2,0", "2,1,0", "1,1,0", "-1,-2,1", "-2,-1,1", "-1,-1,1"] * 20
        table = self.folder / "points.csv"
        table.write_text("\n".join(rows) + "\n")
        self.assertIn("error 0.0000", self.run_command([program, table]))
        table.write_text("1,2,0\n1,two,1\n")
        self.assertIn("points.csv", self.run_command([program, table], status=1))

    def test_message_passing(self) -> None:
        program = self.program(
            "bp_from_c", ROOT / "examples/c/bp_from_c.c", CLIPPED_PERCEPTRON, flags=("-std=c99", "-O2")
        )
        output = self.run_command([program, 501, 100])
        self.assertRegex(output, r"belief_propagation +errors +0,")
        self.assertRegex(output, r"clipped_perceptron +errors +0,")

    def test_list_components(self) -> None:
        program = self.program("list_components", ROOT / "examples/c/list_components.c", flags=("-std=c99",))
        plugin = self.plugin("heavy_ball", HEAVY_BALL)
        listed = self.run_command([program, plugin])
        for name in ("dense", "cross_entropy", "hessian_spectrum", "heavy_ball"):
            self.assertIn(f"\n  {name}: ", listed)
        self.assertIn("momentum: real = 0.9, 0 ... 1", listed)

    def test_plugin_links_against_nothing(self) -> None:
        undefined = self.run_command(["nm", "-D", "--undefined-only", self.plugin("heavy_ball", HEAVY_BALL)])
        self.assertNotIn("swale_", undefined)


class KernelTests(ProgramTestCase):
    """Tests/CKernels: programs over the kernels alone, without Swift."""

    def test_kernels(self) -> None:
        kernels = sorted((ROOT / "Sources/CSwaleKernels").glob("*.c"))
        include = ROOT / "Sources/CSwaleKernels"
        archive = self.folder / "kernels"
        archive.mkdir()
        self.run_command([*CC, "-O2", f"-I{include / 'include'}", "-c", *kernels], cwd=archive)
        objects = sorted(archive.glob("*.o"))
        for source in sorted((ROOT / "Tests/CKernels").glob("*_test.c")):
            with self.subTest(source.name):
                program = self.folder / source.stem
                command = [*CC, "-O2", f"-I{include / 'include'}", f"-I{include}", source, *objects]
                self.run_command([*command, "-o", program, "-lm", "-pthread"])
                last_line(self.run_command([program]))


if __name__ == "__main__":
    unittest.main()

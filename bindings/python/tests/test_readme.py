"""The programs of the README run as they stand there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import swale

ROOT = Path(__file__).resolve().parents[3]


def snippet(language, number=0):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[number]


def test_python(tmp_path):
    pytest.importorskip("matplotlib")
    program = tmp_path / "readme.py"
    program.write_text("import matplotlib\nmatplotlib.use('Agg')\n" + snippet("python"))
    printed = subprocess.check_output([sys.executable, str(program)], text=True)
    assert float(printed.split()[0]) < 0.01


def test_wide_flat_minima():
    names = {"swale": swale}
    exec(snippet("python", 1), names)
    assert names["found"]["errors"] == 0
    # Flat: fewer errors and more solutions around it than around a typical one.
    assert names["flips"]["error_at_distance"][1] < names["theory"]["local_error"].ravel()[0]
    assert names["around"]["entropies"][1] > names["theory"]["entropy"].ravel()[0]


EXAMPLES = {
    "wide_flat_minima": ["--weights", "201", "--load", "0.3"],
    "capacity": ["--weights", "101", "--trials", "1"],
    "committee_fashion_mnist": ["--patterns", "60", "--starts", "1"],
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "picture.png"
    program = ROOT / f"examples/python/{name}.py"
    if not program.exists():
        pytest.skip("needs a checkout")
    command = [sys.executable, str(program), *EXAMPLES[name], "--output", str(picture)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if "fashion" in name and "FileError" in run.stderr:
        pytest.skip("needs Fashion-MNIST (Debian: dataset-fashion-mnist)")
    assert run.returncode == 0, run.stderr
    assert picture.stat().st_size > 10_000


def test_c(tmp_path):
    compiler = shutil.which("gcc")
    if compiler is None or not (ROOT / "include").exists():
        pytest.skip("needs gcc and a checkout")
    (tmp_path / "readme.c").write_text(snippet("c"))
    (tmp_path / "libswale.so.0").symlink_to(swale.library_path)
    warnings = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
    paths = [f"-I{ROOT / 'include'}", str(swale.library_path), f"-Wl,-rpath,{tmp_path}"]
    subprocess.check_call([compiler, *warnings, str(tmp_path / "readme.c"), *paths, "-o", str(tmp_path / "readme")])
    assert "minimum" in subprocess.check_output([str(tmp_path / "readme")], text=True)

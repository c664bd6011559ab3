"""The programs of the README run as they stand there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import swale

ROOT = Path(__file__).resolve().parents[3]


def snippet(language):
    found = re.search(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found
    return found.group(1)


def test_python(tmp_path):
    pytest.importorskip("matplotlib")
    program = tmp_path / "readme.py"
    program.write_text("import matplotlib\nmatplotlib.use('Agg')\n" + snippet("python"))
    printed = subprocess.check_output([sys.executable, str(program)], text=True)
    assert float(printed.split()[0]) < 0.01


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

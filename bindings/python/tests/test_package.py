"""The package itself: finding the library, import time, optional packages, installation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import swale

SOURCE = Path(__file__).resolve().parents[1]


def _python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SOURCE), **environment},
        cwd="/",  # not the folder of the package, which Python would look into first
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_library_that_is_not_there(tmp_path):
    wrong = tmp_path / "libswale.so"
    failed = _python("import swale", SWALE_LIBRARY=str(wrong)).stderr
    assert "LibraryError" in failed
    assert f"{wrong}: no such file" in failed
    assert "swift build -c release --product swale" in failed
    wrong.write_text("no library")
    failed = _python("import swale", SWALE_LIBRARY=str(wrong)).stderr
    assert f"{wrong}" in failed
    assert "LibraryError" in failed


def test_every_place_that_was_tried_is_listed(tmp_path):
    shutil.copytree(SOURCE / "swale", tmp_path / "bindings/python/swale", ignore=shutil.ignore_patterns("*.so"))
    (tmp_path / "Package.swift").touch()
    environment = {"PYTHONPATH": str(tmp_path / "bindings/python")}
    code = "import os; os.environ.pop('SWALE_LIBRARY', None); import swale"
    failed = _python(code, **environment).stderr
    assert str(tmp_path / "bindings/python/swale/libswale.so") in failed
    assert str(tmp_path / ".build/release/libswale.so") in failed


def test_a_library_of_another_version_is_refused(tmp_path):
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc")
    library = tmp_path / "libother.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", library],
        input=b"int swale_version(void) { return 70300; }",
        check=True,
    )
    failed = _python("import swale", SWALE_LIBRARY=str(library)).stderr
    assert "has version 7.3.0, this package was made for 0." in failed


def test_import_is_light():
    """`import swale` adds less than 80 ms to NumPy: on an idle machine. Here the bound is a multiple of NumPy's own."""
    code = (
        "import time; a = time.perf_counter(); import numpy; b = time.perf_counter(); import swale\n"
        "c = time.perf_counter(); print(b - a, c - b)\n"
        "import sys; assert not {'scipy', 'matplotlib', 'tqdm'} & set(sys.modules)"
    )
    times = [tuple(map(float, _python(code).stdout.split())) for _ in range(5)]
    assert min(own for _, own in times) < max(0.08, 2 * min(numpy for numpy, _ in times))


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("scipy", "swale.objectives.rosenbrock().hessian([1, 1])"),
        ("matplotlib", "swale.solve('lbfgs', swale.objectives.rosenbrock(), [1, 2]).plot()"),
        ("tqdm", "swale.solve('lbfgs', swale.objectives.rosenbrock(), [1, 2], progress=True)"),
    ],
)
def test_optional_packages_are_named_when_they_are_missing(module, code):
    failed = _python(f"import sys; sys.modules[{module!r}] = None; import swale; {code}")
    assert f"pip install {module}" in failed.stderr


@pytest.mark.slow
def test_installation_into_an_empty_environment(tmp_path):
    """`pip install bindings/python` gives a package with the library inside, without Swift or the checkout."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "SWALE_LIBRARY")}
    checkout = tmp_path / "checkout"
    shutil.copytree(SOURCE, checkout / "bindings/python", ignore=shutil.ignore_patterns(".*_cache", "*.so", "dist"))
    (checkout / ".build/release").mkdir(parents=True)
    shutil.copy(swale.library_path, checkout / ".build/release/libswale.so")
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    command = [venv / "bin/python", "-m", "pip", "install", "--disable-pip-version-check", checkout / "bindings/python"]
    installed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if "Could not find a version" in installed.stderr or "Failed to establish a new connection" in installed.stderr:
        pytest.skip("no package index")
    assert installed.returncode == 0, installed.stderr
    shutil.rmtree(checkout)
    code = (
        "import swale; assert len(swale.datasets.digits()) == 1797; print(swale.library_path)\n"
        "print(swale.solve('lbfgs', swale.objectives.rosenbrock(), [-1, 1]).fun < 1e-9)"
    )
    python = [venv / "bin/python", "-c", code]
    lines = subprocess.run(python, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    path, solved = lines.splitlines()
    assert path.startswith(str(venv))
    assert solved == "True"

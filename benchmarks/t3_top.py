"""T3: the five largest Hessian eigenvalues with residuals |Hv - lambda v| <= 1e-3 lambda, at a trained network."""

import numpy as np

import problems
from harness import Case, Work, run_task

TASK = "t3"
TOLERANCE = 1e-3
K = 5
CASES = [
    Case("small", {"problem": "digits"}, {"jax": 1.3, "pyhessian": 4.0}),
    Case("big", {"problem": "trained"}, {"jax": 1.3, "pyhessian": 4.0}, ["swale", "jax", "pyhessian"]),
]


def _values(values) -> list:
    return [float(f"{value:.5g}") for value in sorted(np.asarray(values, dtype=float), reverse=True)]


def swale(case):
    import engine

    problem = problems.load(case.settings["problem"])
    landscape = engine.Landscape(problem)
    bag = engine.options(k=K, tolerance=TOLERANCE)
    run = engine.run(seed=1)
    last = [None]

    def work():
        last[0] = landscape.measure("hessian_top", problem.w, bag, run)

    def check():
        return _values(last[0].array("eigenvalues"))

    return Work(work, check=check)


def jax(case):
    """The cached product of JAX in SciPy's ARPACK."""
    import jax
    from scipy.sparse.linalg import LinearOperator, eigsh

    import peer_jax

    problem = problems.load(case.settings["problem"])
    land = peer_jax.Landscape(problem)
    linear = jax.jit(lambda w: jax.linearize(land.gradient, w)[1])(land.w)
    product = jax.jit(lambda f, u: f(u))
    count, last = [0], [None]

    def matvec(v):
        count[0] += 1
        return np.asarray(product(linear, v.reshape(-1).astype(np.float32)))

    d = problem.dimension
    operator = LinearOperator((d, d), matvec=matvec, dtype=np.float32)
    start = np.random.default_rng(1).standard_normal(d).astype(np.float32)

    def work():
        count[0] = 0
        last[0] = eigsh(operator, k=K, which="LA", tol=TOLERANCE, v0=start, return_eigenvectors=True)[0]

    return Work(work, check=lambda: _values(last[0]), note="linearised beforehand")


def pyhessian(case):
    """PyHessian 0.1 on one batch (its kept graph), its own stopping rule at the same number."""
    import contextlib
    import os

    import torch
    from pyhessian import hessian

    import peer_torch

    problem = problems.load(case.settings["problem"])
    land = peer_torch.Landscape(problem)
    torch.manual_seed(1)
    last = [None]
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        tool = hessian(land.module, land.criterion, data=(land.x, land.y), cuda=False)

    def work():
        last[0] = tool.eigenvalues(maxIter=100, tol=TOLERANCE, top_n=K)[0]

    return Work(work, check=lambda: _values(last[0]), note="graph built beforehand")


def curvlinops(case):
    """curvlinops' operator in SciPy's ARPACK, as its documentation shows."""
    from scipy.sparse.linalg import eigsh

    import peer_torch

    problem = problems.load(case.settings["problem"])
    land = peer_torch.Landscape(problem)
    scipy_operator = peer_torch.curvlinops_operator(land).to_scipy()
    last = [None]

    def work():
        last[0] = eigsh(scipy_operator, k=K, which="LA", tol=TOLERANCE)[0]

    return Work(work, check=lambda: _values(last[0]))


CONTESTANTS = {"swale": swale, "jax": jax, "pyhessian": pyhessian, "curvlinops": curvlinops}

if __name__ == "__main__":
    run_task("t3_top")

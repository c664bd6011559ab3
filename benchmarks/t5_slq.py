"""T5: stochastic Lanczos quadrature of the digits network's Hessian, 10 probes of 100 steps."""

import numpy as np

import problems
from harness import Case, Work, run_task

TASK = "t5"
PROBES = 10
STEPS = 100
CASES = [Case("small", {"problem": "digits"}, {"jax": 2.0, "pyhessian": 10.0}, gflop=21.6)]


def _moments(nodes, weights, dimension: int) -> list:
    """Trace and largest node of the quadrature: every contestant should find the same."""
    nodes, weights = np.asarray(nodes), np.asarray(weights)
    return [float(f"{dimension * (nodes * weights).sum(-1).mean():.4g}"), float(f"{nodes.max():.4g}")]


def swale(case):
    import engine

    problem = problems.load(case.settings["problem"])
    landscape = engine.Landscape(problem)
    bag = engine.options(probes=PROBES, steps=STEPS)
    run = engine.run(seed=1)
    last = [None]

    def work():
        last[0] = landscape.measure("hessian_spectrum", problem.w, bag, run)

    def check():
        return _moments(last[0].array("nodes"), last[0].array("weights"), problem.dimension)

    return Work(work, check=check)


def _quadrature(alphas, betas):
    """Nodes and weights of the tridiagonal matrices."""
    from scipy.linalg import eigh_tridiagonal

    pairs = [eigh_tridiagonal(a, b[:-1]) for a, b in zip(alphas.astype(float), betas.astype(float))]
    return [p[0] for p in pairs], [p[1][0] ** 2 for p in pairs]


def _jax(case, together: bool):
    """Lanczos with full re-orthogonalisation in matrix form, twice; one probe after the other, or all together."""
    import jax
    import jax.numpy as jnp

    import peer_jax

    problem = problems.load(case.settings["problem"])
    land = peer_jax.Landscape(problem)
    d = problem.dimension
    linear = jax.jit(lambda w: jax.linearize(land.gradient, w)[1])(land.w)

    def lanczos(linear, v):
        def step(basis, j):
            w = linear(basis[j])
            alpha = w @ basis[j]
            for _ in range(2):
                w = w - basis.T @ (basis @ w)
            beta = jnp.linalg.norm(w)
            return basis.at[j + 1].set(w / beta), (alpha, beta)

        basis = jnp.zeros((STEPS + 1, d), jnp.float32).at[0].set(v / jnp.linalg.norm(v))
        return jax.lax.scan(step, basis, jnp.arange(STEPS))[1]

    @jax.jit
    def run(linear, key):
        v = jax.random.rademacher(key, (PROBES, d), dtype=jnp.float32)
        if together:
            return jax.vmap(lambda u: lanczos(linear, u))(v)
        return jax.lax.map(lambda u: lanczos(linear, u), v)

    last = [None]

    def work():
        alphas, betas = run(linear, jax.random.key(1))
        last[0] = _quadrature(np.asarray(alphas), np.asarray(betas))

    return Work(work, check=lambda: _moments(*last[0], d), note="linearised beforehand")


def jax(case):
    return _jax(case, together=False)


def jax_blocks(case):
    return _jax(case, together=True)


def pyhessian(case):
    """PyHessian 0.1; its density calls torch.eig, which is gone: patched to torch.linalg.eigh here."""
    import torch
    from pyhessian import hessian

    import peer_torch

    def eig(matrix, eigenvectors=True):
        values, vectors = torch.linalg.eigh(matrix)
        return values[:, None], vectors

    torch.eig = eig
    problem = problems.load(case.settings["problem"])
    land = peer_torch.Landscape(problem)
    torch.manual_seed(1)
    tool = hessian(land.module, land.criterion, data=(land.x, land.y), cuda=False)
    last = [None]

    def work():
        last[0] = tool.density(iter=STEPS, n_v=PROBES)

    return Work(work, check=lambda: _moments(*last[0], problem.dimension), note="torch.eig patched")


CONTESTANTS = {"swale": swale, "jax": jax, "jax-blocks": jax_blocks, "pyhessian": pyhessian}

if __name__ == "__main__":
    run_task("t5_slq")

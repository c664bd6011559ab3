"""T4: Hutchinson's estimate of the Hessian's trace with 100 Rademacher probes."""

import numpy as np

import problems
from harness import Case, Work, run_task

TASK = "t4"
PROBES = 100
CASES = [
    Case("small", {"problem": "digits"}, {"jax": 1.2}, gflop=2.16),
    Case("big", {"problem": "trained"}, {"jax": 1.2}, ["swale", "jax"], gflop=963),
]


def _round(value) -> float:
    return float(f"{float(value):.4g}")


def swale(case):
    import engine

    problem = problems.load(case.settings["problem"])
    landscape = engine.Landscape(problem)
    bag = engine.options(method="hutchinson", probes=PROBES, distribution="rademacher")
    run = engine.run(seed=1)
    last = [None]

    def work():
        last[0] = landscape.measure("hessian_trace", problem.w, bag, run)

    def check():
        return [_round(last[0].scalar("trace")), _round(last[0].scalar("standard_error"))]

    return Work(work, check=check)


def _jax(case, block: int):
    import jax
    import jax.numpy as jnp

    import peer_jax

    problem = problems.load(case.settings["problem"])
    land = peer_jax.Landscape(problem)
    linear = jax.jit(lambda w: jax.linearize(land.gradient, w)[1])(land.w)

    @jax.jit
    def estimate(linear, key):
        def probe(_, key):
            v = jax.random.rademacher(key, (block, problem.dimension), dtype=jnp.float32)
            products = linear(v[0])[None] if block == 1 else jax.vmap(linear)(v)
            return None, jnp.sum(v * products, axis=1)

        samples = jax.lax.scan(probe, None, jax.random.split(key, PROBES // block))[1].reshape(-1)
        return samples.mean(), samples.std() / np.sqrt(PROBES)

    last = [None]

    def work():
        last[0] = jax.block_until_ready(estimate(linear, jax.random.key(1)))

    return Work(work, check=lambda: [_round(value) for value in last[0]], note="linearised beforehand")


def jax(case):
    """One probe after the other in a scan: JAX's fastest form."""
    return _jax(case, 1)


def jax_blocks(case):
    """Blocks of probes under vmap."""
    return _jax(case, 25 if case.name == "small" else 5)


def pyhessian(case):
    import torch
    from pyhessian import hessian

    import peer_torch

    problem = problems.load(case.settings["problem"])
    land = peer_torch.Landscape(problem)
    torch.manual_seed(1)
    tool = hessian(land.module, land.criterion, data=(land.x, land.y), cuda=False)
    last = [None]

    def work():
        last[0] = tool.trace(maxIter=PROBES, tol=0.0)

    def check():
        return [_round(np.mean(last[0])), _round(np.std(last[0]) / np.sqrt(PROBES))]

    return Work(work, check=check, note="graph built beforehand")


CONTESTANTS = {"swale": swale, "jax": jax, "jax-blocks": jax_blocks, "pyhessian": pyhessian}

if __name__ == "__main__":
    run_task("t4_trace")

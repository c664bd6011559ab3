"""T2: exact Hessian-vector products over 2,000 samples, at a new point each time (fresh) or at the same (cached)."""

import numpy as np

import problems
from harness import Case, Work, run_task

TASK = "t2"
POINTS = 4  # fresh: products go round these points, so that every product meets a point that is not the last one


def _case(net, kind, precision, targets, gflop, contestants):
    name = f"{net}-{kind}" + ("-f64" if precision == "f64" else "")
    return Case(name, {"problem": net, "kind": kind, "precision": precision}, targets, contestants, gflop=gflop)


CASES = []
for _net, _fresh, _cached, _target in (("big", 13.4, 9.63, 1.1), ("small", 0.0348, 0.0241, 1.5)):
    for _precision in ("f32", "f64"):
        _t = 1.1 if _precision == "f64" else _target
        CASES += [
            _case(_net, "fresh", _precision, {"jax": _t}, _fresh, ["swale", "jax", "torch", "curvlinops"]),
            _case(_net, "cached", _precision, {"jax": _t}, _cached, ["swale", "jax", "torch"]),
        ]
    CASES.append(_case(_net, "block", "f32", {"jax": 1.5}, 8 * _cached, ["swale", "jax", "curvlinops"]))


def _setting(case):
    """Problem, points (POINTS x d) and vectors (8 x d), in double precision."""
    problem = problems.load(case.settings["problem"])
    random = np.random.default_rng(5)
    points = problem.w + 1e-3 * random.standard_normal((POINTS, problem.dimension))
    points[0] = problem.w
    return problem, points, random.standard_normal((8, problem.dimension))


def _dtype(case):
    return np.float64 if case.settings["precision"] == "f64" else np.float32


def _sign(out) -> float:
    """A number that depends on all of a product: its length."""
    return float(f"{np.linalg.norm(np.asarray(out, dtype=np.float64)):.5g}")


def swale(case):
    import engine

    problem, points, vectors = _setting(case)
    landscape = engine.Landscape(problem, case.settings["precision"])
    kind = case.settings["kind"]
    v = vectors.copy() if kind == "block" else vectors[:1].copy()
    out = np.empty_like(v)
    at = [0]

    def work():
        landscape.hvp(points[at[0]], v, out)
        if kind == "fresh":
            at[0] = (at[0] + 1) % POINTS

    return Work(work, check=lambda: _sign(out))


def jax(case):
    """fresh: jvp of grad; cached and block: linearize once, then its compiled linear part (block: under vmap)."""
    import jax

    import peer_jax

    problem, points, vectors = _setting(case)
    land = peer_jax.Landscape(problem, _dtype(case))
    kind = case.settings["kind"]
    xs = [peer_jax.array(p, land.dtype) for p in points]
    v = peer_jax.array(vectors if kind == "block" else vectors[0], land.dtype)
    at, out = [0], [None]
    if kind == "fresh":
        product = jax.jit(land.hvp)

        def work():
            out[0] = product(xs[at[0]], v).block_until_ready()
            at[0] = (at[0] + 1) % POINTS
    else:
        # linearize returns a pytree whose leaves are the kept primal pass: arguments of the compiled function.
        linear = jax.jit(lambda w: jax.linearize(land.gradient, w)[1])(xs[0])
        product = jax.jit((lambda f, u: jax.vmap(f)(u)) if kind == "block" else (lambda f, u: f(u)))

        def work():
            out[0] = product(linear, v).block_until_ready()

    return Work(work, check=lambda: _sign(out[0]))


def torch(case):
    """Double backward; cached keeps the graph of the gradient, as PyHessian does."""
    import torch

    import peer_torch

    problem, points, vectors = _setting(case)
    land = peer_torch.Landscape(problem, torch.float64 if _dtype(case) == np.float64 else torch.float32)
    xs = [land.split(p) for p in points]
    v = land.split(vectors[0])
    at, out = [0], [None]
    if case.settings["kind"] == "fresh":
        def work():
            land.move(xs[at[0]])
            out[0] = land.product(land.gradient(), v, keep=False)
            at[0] = (at[0] + 1) % POINTS
    else:
        gradient = land.gradient()

        def work():
            out[0] = land.product(gradient, v, keep=True)

    return Work(work, check=lambda: _sign(peer_torch.flat(out[0])))


def curvlinops(case):
    """HessianLinearOperator; it computes the gradient again for every product."""
    import torch

    import peer_torch

    problem, points, vectors = _setting(case)
    dtype = torch.float64 if _dtype(case) == np.float64 else torch.float32
    land = peer_torch.Landscape(problem, dtype)
    operator = peer_torch.curvlinops_operator(land)
    if case.settings["kind"] == "block":
        v = torch.from_numpy(vectors.T.copy()).to(dtype)
    else:
        v = torch.from_numpy(vectors[0]).to(dtype)
    xs = [land.split(p) for p in points]
    at, out = [0], [None]

    def work():
        if case.settings["kind"] == "fresh":
            land.move(xs[at[0]])
            at[0] = (at[0] + 1) % POINTS
        out[0] = operator @ v

    return Work(work, check=lambda: _sign(out[0].numpy()))


CONTESTANTS = {"swale": swale, "jax": jax, "torch": torch, "curvlinops": curvlinops}

if __name__ == "__main__":
    run_task("t2_hvp")

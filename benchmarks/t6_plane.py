"""T6: the loss of the digits network on a plane of 51 x 51 points, over all samples."""

import numpy as np

import problems
from harness import Case, Work, run_task

TASK = "t6"
RESOLUTION = 51
CASES = [Case("digits", {"problem": "digits"}, {"jax": 2.0}, gflop=22.1)]


def _setting(case):
    """Problem, two directions with the length of the point's filters, and the coordinates."""
    problem = problems.load(case.settings["problem"])
    random = np.random.default_rng(6)
    directions = []
    for _ in range(2):
        direction = np.zeros(problem.dimension)
        pairs = zip(problems.unpack(problem.sizes, direction), problems.unpack(problem.sizes, problem.w))
        for (weight, _), (own, _) in pairs:
            weight[:] = random.standard_normal(weight.shape)
            weight *= np.linalg.norm(own, axis=1, keepdims=True) / np.linalg.norm(weight, axis=1, keepdims=True)
        directions.append(direction)
    return problem, directions, np.linspace(-1, 1, RESOLUTION)


def _sign(surface) -> list:
    """Mean and centre of the surface."""
    surface = np.asarray(surface, dtype=float).reshape(RESOLUTION, RESOLUTION)
    return [float(f"{surface.mean():.5g}"), float(f"{surface[RESOLUTION // 2, RESOLUTION // 2]:.4g}")]


def swale(case):
    """Counts errors at every point as well; the peers compute the loss only."""
    import engine

    problem, (u, v), _ = _setting(case)
    landscape = engine.Landscape(problem)
    points = np.stack([problem.w, problem.w + u, problem.w + v])
    bag = engine.options(directions="points", resolution=RESOLUTION, range=1.0)
    run = engine.run(seed=1)
    last = [None]

    def work():
        last[0] = landscape.measure("plane", points, bag, run)

    return Work(work, check=lambda: _sign(last[0].array("loss")), note="with error counts")


def jax(case):
    """A scan over the points: JAX's fastest form on one core."""
    import jax

    import peer_jax

    problem, (u, v), axis = _setting(case)
    land = peer_jax.Landscape(problem)
    u, v = peer_jax.array(u), peer_jax.array(v)
    points = peer_jax.array(np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2))

    @jax.jit
    def surface(w, u, v, points):
        return jax.lax.map(lambda p: land.value(w + p[0] * u + p[1] * v), points)

    last = [None]

    def work():
        last[0] = jax.block_until_ready(surface(land.w, u, v, points))

    return Work(work, check=lambda: _sign(last[0]))


def numpy(case):
    """The first layer is affine in the coordinates: three products instead of 2,601."""
    problem, (u, v), axis = _setting(case)
    x = problem.x
    parts = [[(a.astype(np.float32), b.astype(np.float32)) for a, b in problems.unpack(problem.sizes, w)]
             for w in (problem.w, u, v)]
    rows = np.arange(len(x))
    surface = np.empty((RESOLUTION, RESOLUTION))

    def work():
        first = [x @ layers[0][0].T + layers[0][1] for layers in parts]
        for j, b in enumerate(axis.astype(np.float32)):
            row = first[0] + b * first[2]
            for i, a in enumerate(axis.astype(np.float32)):
                h = np.maximum(row + a * first[1], 0)
                weight = parts[0][1][0] + a * parts[1][1][0] + b * parts[2][1][0]
                z = h @ weight.T + (parts[0][1][1] + a * parts[1][1][1] + b * parts[2][1][1])
                own = z[rows, problem.y]
                top = z.max(1, keepdims=True)
                z -= top
                surface[j, i] = np.mean(np.log(np.exp(z, out=z).sum(1)) + top[:, 0] - own)

    return Work(work, check=lambda: _sign(surface))


def torch(case):
    """Point by point, what loss-landscapes and its like do."""
    import torch

    import peer_torch

    problem, (u, v), axis = _setting(case)
    land = peer_torch.Landscape(problem)
    w, u, v = land.split(problem.w), land.split(u), land.split(v)
    surface = np.empty((RESOLUTION, RESOLUTION))

    def work():
        with torch.no_grad():
            for j, b in enumerate(axis):
                for i, a in enumerate(axis):
                    for p, o, du, dv in zip(land.parameters, w, u, v):
                        torch.add(o, du, alpha=a, out=p.data).add_(dv, alpha=b)
                    surface[j, i] = land.criterion(land.module(land.x), land.y).item()

    return Work(work, check=lambda: _sign(surface))


CONTESTANTS = {"swale": swale, "jax": jax, "numpy": numpy, "torch": torch}

if __name__ == "__main__":
    run_task("t6_plane")

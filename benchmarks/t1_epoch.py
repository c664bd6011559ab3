"""T1: one epoch of plain SGD over shuffled full batches (10,000 x 784-512-512-10 by 128; digits 64-32-10 by 32)."""

import numpy as np

import problems
from harness import Case, Work, run_task

TASK = "t1"
RATE = 0.05
BIG = {"problem": "epoch", "batch": 128, "epochs": 2}
SMALL = {"problem": "digits", "batch": 32, "epochs": 50}
# Full batches only: 9984 and 1792 samples. One sample costs 2 (2 W + W without the first layer) operations.
CASES = [
    Case("big", BIG, {"jax": 1.1, "torch": 2.0}, gflop=32.0),
    Case("small", SMALL, {"jax": 2.0, "torch": 15.0}, gflop=0.0181),
    Case("big-2-threads", BIG, {"swale-1-thread": 1.7}, ["swale", "swale-1-thread", "jax"], threads=2, gflop=32.0),
]


def _setting(case):
    problem = problems.load(case.settings["problem"])
    return problem, case.settings["batch"], case.settings["epochs"]


def _swale(case, threads):
    import engine

    problem, batch, epochs = _setting(case)
    landscape = engine.Landscape(problem, threads=threads)
    bag = engine.options(learning_rate=RATE, batch_size=batch, drop_last=True, epochs=epochs)
    run = engine.run(seed=1, final_evaluation=False)
    x = problem.w.copy()

    def work():
        x[:] = problem.w
        landscape.solve("sgd", x, bag, run)

    return Work(work, units=epochs, check=lambda: _loss(problem, x))


def swale(case):
    return _swale(case, case.threads)


def swale_one_thread(case):
    return _swale(case, 1)


def _loss(problem, w):
    """Loss after the epochs, as a sign that the same work was done."""
    h = problem.x.astype(np.float64)
    layers = problems.unpack(problem.sizes, np.asarray(w, dtype=np.float64))
    for weight, bias in layers[:-1]:
        h = np.maximum(h @ weight.T + bias, 0)
    z = h @ layers[-1][0].T + layers[-1][1]
    z -= z.max(1, keepdims=True)
    return round(float(np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), problem.y])), 4)


def jax(case):
    """Batches in a scan, which is JAX's fastest form: one compiled call per epoch."""
    import jax
    import jax.numpy as jnp

    import peer_jax

    problem, batch, epochs = _setting(case)
    land = peer_jax.Landscape(problem)
    layers = [(jnp.asarray(a), jnp.asarray(b)) for a, b in problems.unpack(problem.sizes, problem.w.astype(np.float32))]
    count = len(problem.x) // batch * batch

    def loss(layers, x, y):
        for weight, bias in layers[:-1]:
            x = jax.nn.relu(x @ weight.T + bias)
        z = x @ layers[-1][0].T + layers[-1][1]
        return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, y[:, None], axis=1)[:, 0])

    @jax.jit
    def epoch(layers, x, y, order):
        def step(layers, rows):
            gradient = jax.grad(loss)(layers, x[rows], y[rows])
            return jax.tree.map(lambda p, g: p - RATE * g, layers, gradient), None

        return jax.lax.scan(step, layers, order[:count].reshape(-1, batch))[0]

    random = np.random.default_rng(1)
    final = [layers]

    def work():
        now = layers
        for _ in range(epochs):
            now = epoch(now, land.x, land.y, jnp.asarray(random.permutation(len(problem.x)).astype(np.int32)))
        final[0] = jax.block_until_ready(now)

    def check():
        return _loss(problem, np.concatenate([np.asarray(p).reshape(-1) for layer in final[0] for p in layer]))

    return Work(work, units=epochs, check=check)


def numpy(case):
    problem, batch, epochs = _setting(case)
    random = np.random.default_rng(1)
    w = problem.w.astype(np.float32)
    start = w.copy()

    def work():
        w[:] = start
        for _ in range(epochs):
            problems.sgd_epoch(
                problem.sizes, w, problem.x, problem.y, random.permutation(len(problem.x)), batch, RATE)

    return Work(work, units=epochs, check=lambda: _loss(problem, w))


def torch(case):
    """Eager modules with the fused SGD, the training loop of PyTorch's tutorials without the DataLoader."""
    import torch

    import peer_torch

    problem, batch, epochs = _setting(case)
    epochs = min(epochs, 10)
    torch.manual_seed(1)
    land = peer_torch.Landscape(problem)
    optimizer = torch.optim.SGD(land.parameters, lr=RATE, fused=True)
    start = land.split(problem.w)
    count = len(problem.x) // batch * batch

    def work():
        land.move(start)
        for _ in range(epochs):
            order = torch.randperm(len(problem.x))[:count]
            for rows in order.split(batch):
                optimizer.zero_grad()
                land.criterion(land.module(land.x[rows]), land.y[rows]).backward()
                optimizer.step()

    return Work(work, units=epochs, check=lambda: _loss(problem, peer_torch.flat(land.parameters)))


CONTESTANTS = {"swale": swale, "jax": jax, "numpy": numpy, "torch": torch, "swale-1-thread": swale_one_thread}
for _case in CASES[:2]:
    _case.contestants = ["swale", "jax", "numpy", "torch"]

if __name__ == "__main__":
    run_task("t1_epoch")

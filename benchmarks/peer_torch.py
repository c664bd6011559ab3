"""The tasks' networks in PyTorch."""

import numpy as np
import torch

import problems

torch.set_num_threads(1)


def module(sizes: tuple, w: np.ndarray, dtype=torch.float32) -> torch.nn.Sequential:
    """The network as modules, with the given parameters."""
    layers = []
    for k, (weight, bias) in enumerate(problems.unpack(sizes, w)):
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=dtype)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight)))
            layer.bias.copy_(torch.from_numpy(np.ascontiguousarray(bias)))
        layers += [layer] if k == len(sizes) - 2 else [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers)


class Landscape:
    """Loss of a problem on all of its samples; parameters and vectors as lists of tensors."""

    def __init__(self, problem: problems.Problem, dtype=torch.float32):
        self.module = module(problem.sizes, problem.w, dtype)
        self.parameters = list(self.module.parameters())
        self.x = torch.from_numpy(problem.x).to(dtype)
        self.y = torch.from_numpy(problem.y).long()
        self.criterion = torch.nn.CrossEntropyLoss()
        self.dtype = dtype

    def split(self, v: np.ndarray) -> list:
        """A vector as tensors like the parameters."""
        pieces, at = [], 0
        for p in self.parameters:
            pieces.append(torch.from_numpy(v[at:at + p.numel()]).to(self.dtype).reshape(p.shape).contiguous())
            at += p.numel()
        return pieces

    def move(self, pieces: list) -> None:
        with torch.no_grad():
            for p, piece in zip(self.parameters, pieces):
                p.copy_(piece)

    def gradient(self) -> tuple:
        """Gradient with its graph, from which products can be taken repeatedly."""
        value = self.criterion(self.module(self.x), self.y)
        return torch.autograd.grad(value, self.parameters, create_graph=True)

    def product(self, gradient: tuple, v: list, keep: bool) -> tuple:
        return torch.autograd.grad(gradient, self.parameters, v, retain_graph=keep)


def curvlinops_operator(land: Landscape):
    """curvlinops' Hessian of the loss. Newer versions take the parameters by name, older ones as a list."""
    from curvlinops import HessianLinearOperator

    data = [(land.x, land.y)]
    try:
        return HessianLinearOperator(
            land.module, land.criterion, dict(land.module.named_parameters()), data, check_deterministic=False)
    except (TypeError, ValueError, AttributeError):
        return HessianLinearOperator(land.module, land.criterion, land.parameters, data, check_deterministic=False)


def flat(pieces) -> np.ndarray:
    return np.concatenate([p.detach().reshape(-1).double().numpy() for p in pieces])

"""The parts of bindings/generate.py: two readers and three writers."""


class Problem(Exception):
    """Something in the input that the generator does not understand, and will not guess about."""

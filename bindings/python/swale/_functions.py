"""Python functions of registered components, with signature and documentation from their records."""

from __future__ import annotations

from typing import Any, Callable

from ._errors import UnknownNameError
from .registry import Component, describe

__all__ = ["RegisteredFunction", "registered_function"]

Make = Callable[..., Any]


class RegisteredFunction:
    """A component as a function: its options are its parameters, by position or by name."""

    def __init__(self, component: Component, owner: str, make: Make) -> None:
        self._component = component
        self._make = make
        # An option of the component has the name that a parameter of `make` has: then the option is meant.
        self._extra = [name for name in (make.__kwdefaults__ or {}) if component.option(name) is None]
        self.__name__ = self.__qualname__ = component.name
        self.__module__ = owner
        self.__doc__ = component.documentation

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Make what the component makes."""
        extra = {name: options.pop(name) for name in self._extra if name in options}
        return self._make(self._component, self._component.bind(arguments, options), **extra)

    @property
    def __signature__(self) -> Any:
        """The options, then what `make` takes besides; built when somebody asks."""
        from inspect import signature

        own = self._component.signature
        extra = signature(self._make).parameters
        return own.replace(parameters=[*own.parameters.values(), *(extra[name] for name in self._extra)])

    def __repr__(self) -> str:
        return f"<{self._component.kind} {self.__module__}.{self.__name__}>"


def registered_function(kind: str, name: str, owner: str, make: Make) -> RegisteredFunction:
    """Make the function of a component.

    Parameters
    ----------
    kind, name : str
        The component.
    owner : str
        Where the function is looked up: the name of a module, or of a class.
    make : callable
        Called as make(component, options, **extra); its keyword-only parameters, which have defaults, become
        parameters of the function.

    Raises
    ------
    AttributeError
        When there is no such component, as Python expects it of a missing attribute.
    """
    if name.startswith("_"):
        raise AttributeError(f"'{owner}' has no attribute '{name}'")
    try:
        component = describe(kind, name)
    except UnknownNameError as error:
        raise AttributeError(f"'{owner}' has no attribute or {kind} '{name}': {error}") from None
    return RegisteredFunction(component, owner, make)

"""What a higher context fills in: the permissions there are, since most of them are defined above this context."""

from collections.abc import Callable, Mapping


class Catalogue:
    """Gives every permission of the house with its plain name. Web fills it at start-up (`fill`)."""

    def __init__(self) -> None:
        self._source: Callable[[], Mapping[str, str]] = dict

    def fill(self, source: Callable[[], Mapping[str, str]]) -> None:
        """Say where the permissions come from."""
        self._source = source

    def all(self) -> Mapping[str, str]:
        """Return {code: plain name}, in the order of the contexts."""
        return self._source()


permissions = Catalogue()

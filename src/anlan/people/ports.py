"""What a higher context fills in: the permissions there are, since most of them are defined above this context."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from anlan.people.terms import AddressKind


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


class AddressKinds:
    """Gives the kinds of address that carriers want. Call-out fills it at start-up, since it stands above."""

    def __init__(self) -> None:
        self._source: Callable[[], Iterable[AddressKind]] = tuple

    def fill(self, source: Callable[[], Iterable[AddressKind]]) -> None:
        """Say where the kinds come from; it is asked every time, since a carrier may be added to a running test."""
        self._source = source

    def all(self) -> dict[str, AddressKind]:
        """Return {kind: AddressKind}."""
        return {one.kind: one for one in self._source()}


address_kinds = AddressKinds()


class CallPage:
    """Gives the page on which a call or instruction to temporary teams is written; callout may fill it (`fill`).

    The page must start with exactly these places and roles: a grouping of a community must not become a call to all
    of it. Until somebody fills it, no button is shown.
    """

    def __init__(self) -> None:
        self._source: Callable[[Sequence[str], Sequence[str]], str] | None = None

    def fill(self, source: Callable[[Sequence[str], Sequence[str]], str] | None) -> None:
        """Say how an address is made of place paths and role codes; None takes it back."""
        self._source = source

    def address(self, paths: Sequence[str], roles: Sequence[str]) -> str:
        """Return the address, "" where there is no such page."""
        return self._source(paths, roles) if self._source else ""


call_page = CallPage()

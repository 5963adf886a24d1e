"""The name that a trusted proxy puts into a header."""

from steelyard.identity.asking import Asking
from steelyard.identity.links.openwebui import NAMESPACE
from steelyard.identity.links.protocol import Known
from steelyard.identity.names import InvalidName, clean_name
from steelyard.identity.principal import PrincipalKind


class ProxyLink:
    """Believes one header, and only from the proxies of the settings: anybody can write it."""

    def __init__(self, header: str) -> None:
        self._header = header

    async def identify(self, asking: Asking) -> Known | None:
        """Whom the proxy let in. What is no name is nobody's, and neither are two: one of them is a client's own."""
        said = asking.headers.getlist(self._header) if asking.is_from_proxy else []
        if len(said) != 1:
            return None
        try:
            name = clean_name(_text(said[0]))
        except InvalidName:
            return None
        is_taken = name.startswith(NAMESPACE)  # whoever is called so there would be somebody else here
        return None if is_taken else Known(PrincipalKind.PROXY, name, name)


def _text(value: str) -> str:
    """The header's letters as UTF-8 where they are. Nothing is unquoted: the proxy let in ``%61lice``, not alice."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value

"""The templates: everything escaped, an unknown name is an error, every address knows the path prefix."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from steelyard.core.version import __version__
from steelyard.web.assets import Assets

_HERE = Path(__file__).parent


class Templates:
    """Renders the pages; ``base`` is the path prefix, ``""`` or ``/depot``."""

    def __init__(self, assets: Assets, *, is_demo: bool = False) -> None:
        self.assets = assets
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(asset=assets.address, version=__version__, is_demo=is_demo)

    def render(self, name: str, base: str, **values: object) -> Markup:
        """A template as HTML that is safe to place in another one."""
        return Markup(self._environment.get_template(name).render(base=base, **values))  # noqa: S704 - escaped above


def create_templates(*, is_demo: bool = False) -> Templates:
    """The product's own templates and static files. ``is_demo``: every page says that all of it is made up."""
    return Templates(Assets(_HERE / "static"), is_demo=is_demo)

"""The live parts of the page: read once from the depot, rendered alike into the page and into the stream."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from steelyard.web import view
from steelyard.web.jobs import ComingIn, coming_in
from steelyard.web.query import ListQuery
from steelyard.web.shelf import PageSource
from steelyard.web.templates import Templates


@dataclass(frozen=True, slots=True)
class State:
    """Everything the page shows, at one moment."""

    tiles: tuple[view.Tile, ...]
    coming: ComingIn
    library: view.Library
    activity: tuple[view.ActivityLine, ...]


async def read_state(source: PageSource, query: ListQuery, now: datetime) -> State:
    """Ask the depot for what the page shows. Raises what the source raises."""
    overview = await source.overview()
    jobs = await source.coming_in()
    total, models = await source.models(query.q, query.limit, query.offset)
    return State(
        tiles=view.tiles(overview),
        coming=coming_in(jobs, now),
        library=view.library(query, total, models, now),
        activity=view.activity(overview.recent_activity, now),
    )


def render_parts(templates: Templates, base: str, state: State) -> dict[str, Markup]:
    """The inner HTML of each live region, by the id of its element."""
    return {
        "tiles": templates.render("parts/tiles.html", base, tiles=state.tiles),
        "coming-in": templates.render("parts/coming_in.html", base, coming=state.coming),
        "library": templates.render("parts/library.html", base, library=state.library),
        "activity": templates.render("parts/activity.html", base, lines=state.activity),
    }


def render_partials(templates: Templates, base: str, parts: Mapping[str, Markup]) -> Markup:
    """Parts as htmx partials: each morphs into the element of its id, so focus and selection stay."""
    return templates.render("partials.html", base, parts=parts)

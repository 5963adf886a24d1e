"""The composition root: the only place that knows every room."""

from steelyard.app.depot import Depot, build
from steelyard.app.running import running
from steelyard.app.surface import create_app

__all__ = ["Depot", "build", "create_app", "running"]

"""Asks a hub what a revision means, while somebody waits: briefly, and once for all who ask at the same time."""

import asyncio

from steelyard.sources.protocol import Repository, Resolved, Source

_Question = tuple[str, Repository, str | None]


class Resolver:
    """Shares the questions that are on their way."""

    def __init__(self, longest_wait: float) -> None:
        self.longest_wait = longest_wait
        self._asked: dict[_Question, asyncio.Task[Resolved]] = {}

    async def resolve(self, source: Source, repository: Repository, revision: str | None) -> Resolved | None:
        """The commit; None when the hub takes too long. Raises the source's errors.

        The question goes on after a time-out, so that whoever asks next finds the answer sooner.
        """
        question = (source.hub, repository, revision)
        task = self._asked.get(question)
        if task is None:
            task = asyncio.create_task(source.resolve(repository, revision))
            self._asked[question] = task
            task.add_done_callback(lambda done: self._forget(question, done))
        done, _ = await asyncio.wait({task}, timeout=self.longest_wait)
        return task.result() if done else None

    def _forget(self, question: _Question, done: asyncio.Task[Resolved]) -> None:
        del self._asked[question]
        if not done.cancelled():
            done.exception()  # somebody may have stopped waiting: an error nobody fetches is no news

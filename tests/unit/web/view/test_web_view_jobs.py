"""Jobs as lines of what is coming in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from steelyard.testing.pages import fake_job
from steelyard.web.badges import TRYING, Tone, job_badge
from steelyard.web.shelf import Action
from steelyard.web.view.jobs import coming_in, job_view

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def test_a_running_job_tells_how_far_how_fast_and_how_long() -> None:
    line = job_view(fake_job(attempt=2), NOW)
    assert line.facts == ("27.5 GB of 65.5 GB", "212 MB/s", "1 min 52 s left", "attempt 2")
    assert (line.percent, line.file, line.asked_for) == (42.0, "model-00003.safetensors", "ines and leo")
    assert line.badge.tone is Tone.BUSY


def test_a_job_that_stands_still_tells_no_speed() -> None:
    line = job_view(fake_job(status="paused", error="The disk is full.", hint="Make room."), NOW)
    assert line.facts == ("27.5 GB of 65.5 GB",)
    assert (line.file, line.error, line.hint) == (None, "The disk is full.", "Make room.")


def test_a_job_whose_hub_does_not_answer_claims_nothing() -> None:
    line = job_view(fake_job(error="The hub does not answer.", hint="It tries on.", bytes_per_second=0.0), NOW)
    assert (line.badge, line.moving, line.live) == (TRYING, False, True)
    assert (line.facts, line.file) == (("27.5 GB of 65.5 GB",), None)
    assert (line.error, line.hint) == ("The hub does not answer.", "It tries on.")
    assert line.actions == (Action.PAUSE, Action.CANCEL)


@pytest.mark.parametrize("pace", [0, 0.0, None])
def test_without_speed_nobody_knows_how_long(pace: float | None) -> None:
    assert job_view(fake_job(bytes_per_second=pace), NOW).facts == ("27.5 GB of 65.5 GB",)


def test_a_job_without_a_plan_has_no_share() -> None:
    fresh: dict[str, Any] = {
        "total_bytes": None,
        "downloaded_bytes": 0,
        "progress": 0.0,
        "bytes_per_second": None,
        "eta_seconds": None,
    }
    running = job_view(fake_job(**fresh), NOW)
    assert (running.percent, running.facts) == (None, ("counting its files",))
    assert job_view(fake_job(status="queued", **fresh), NOW).facts == ()


@pytest.mark.parametrize(("progress", "percent"), [(-0.1, 0.0), (0.0, 0.0), (0.12345, 12.3), (1.7, 100.0), (None, 0.0)])
def test_a_share_stays_on_the_bar(progress: float | None, percent: float) -> None:
    assert job_view(fake_job(progress=progress), NOW).percent == percent


@pytest.mark.parametrize(
    ("status", "actions"),
    [
        ("queued", (Action.PAUSE, Action.CANCEL)),
        ("running", (Action.PAUSE, Action.CANCEL)),
        ("paused", (Action.RESUME, Action.CANCEL)),
        ("failed", (Action.RETRY,)),
        ("cancelled", (Action.RETRY,)),
        ("succeeded", ()),
        ("of a newer depot", ()),
    ],
)
def test_only_what_can_be_done_is_offered(status: str, actions: tuple[Action, ...]) -> None:
    assert job_view(fake_job(status=status), NOW).actions == actions


def test_live_jobs_stand_before_failures_and_are_counted() -> None:
    jobs = [fake_job(name, status) for name, status in (("a", "failed"), ("b", "queued"), ("c", "running"))]
    section = coming_in(jobs, NOW)
    stuck = coming_in([*jobs, fake_job("d", error="The hub does not answer.")], NOW)
    assert stuck.summary == "1 coming in · 1 still trying · 1 waiting · 1 failed"
    assert [job.title for job in section.jobs] == ["b", "c", "a"]
    assert section.summary == "1 coming in · 1 waiting · 1 failed"
    assert coming_in([], NOW).summary is None


def test_an_unknown_status_is_shown_as_it_is() -> None:
    assert job_badge("dreaming").word == "dreaming"


@pytest.mark.parametrize(
    ("kind", "model", "title", "word"),
    [
        ("download", "org/name", "org/name", "coming in"),
        ("verify", "org/name", "org/name", "verifying"),
        ("purge", "org/name", "org/name", "going"),
        ("scan", None, "The whole store", "looking through"),
        ("import", None, "A folder", "moving in"),
        ("of a newer depot", None, "of a newer depot", "coming in"),
    ],
)
def test_work_of_every_kind_has_a_title_and_a_word(kind: str, model: str | None, title: str, word: str) -> None:
    line = job_view(fake_job(kind=kind, model=model), NOW)
    assert (line.title, line.model, line.badge.word) == (title, model, word)

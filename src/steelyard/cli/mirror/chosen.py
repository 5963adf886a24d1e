"""The model that everything about files is tried with."""

from collections.abc import Iterator

from steelyard.cli.mirror.answer import Answer, Outcome, Silence, problem
from steelyard.cli.mirror.finding import Finding, doubt, fault, fine
from steelyard.cli.mirror.observed import Choice, ModelLook, Observed
from steelyard.core.units import format_size

NAME = "model"
_GIVE = "Give one: --model ORG/NAME."


def check(seen: Observed) -> Iterator[Finding]:
    """Whether there is one, and the mirror shows it."""
    if seen.choice is None:
        return
    if seen.choice.name is None:
        yield _none(seen.choice)
    elif seen.model is None:
        yield _not_shown(seen.choice.name, seen.info)
    else:
        yield fine(NAME, _described(seen.choice, seen.model))


def _described(choice: Choice, model: ModelLook) -> str:
    missing = [file for file in model.files if file.path not in choice.stored]
    total = format_size(sum(file.size for file in model.files))
    text = f"{choice.name} at {model.commit[:12]}: {len(model.files)} files, {total}"
    if len(missing) == len(model.files):
        return f"{text}; the depot has none yet, so only the smallest is asked for"
    return f"{text}; {len(missing)} of them not on the depot, so not asked for" if missing else text


def _none(choice: Choice) -> Finding:
    if isinstance(choice.listing, Answer) and choice.listing.is_fine:
        return doubt(NAME, "no model of the hub is ready on the depot, so no file could be tried", _GIVE)
    detail = "the depot does not show its models to this client, so no file could be tried"
    return doubt(NAME, detail, f"Set HF_TOKEN to a token of the depot. {_GIVE}")


def _not_shown(name: str, info: Outcome | None) -> Finding:
    if info is None or isinstance(info, Silence):
        return fault(NAME, f"{name}: no answer", "Look at the depot's log; its upstream hub may be slow.")
    said = problem(info)
    told = str(said.get("error") or said.get("detail") or "")[:200]
    what = f"{name}: {info.status} {info.error_code or ''}".rstrip()
    return fault(NAME, f"{what}. {told}".rstrip(". "), _remedy(info.error_code))


def _remedy(code: str | None) -> str:
    return {
        "RepoNotFound": "Check the name; private models need the token of somebody who may read them.",
        "GatedRepo": "An administrator says who may read gated models; the depot needs an HF_TOKEN of its own.",
    }.get(code or "", "Look at the depot's log for this request.")

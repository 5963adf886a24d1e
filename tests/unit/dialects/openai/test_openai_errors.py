"""Our errors in OpenAI's shape."""

import pytest

from steelyard.catalog.errors import missing
from steelyard.core.errors import Forbidden, Invalid, SteelyardError, TooManyRequests, Unauthorized, Unavailable
from steelyard.dialects.openai.errors import BadField, answer, of_problem
from steelyard.engines.errors import PromptTooLong, TooLarge
from steelyard.serving.errors import BadTimeout, LoadCoolingDown, ModelNotReady, QueueFull, TimedOut


@pytest.mark.parametrize(
    ("error", "status", "kind", "param", "code"),
    [
        (missing("a/b"), 404, "invalid_request_error", "model", "model_not_found"),
        (Unauthorized("no"), 401, "authentication_error", None, "invalid_api_key"),
        (Forbidden("no"), 403, "permission_error", None, "forbidden"),
        (Invalid("no"), 400, "invalid_request_error", None, "invalid"),
        (BadTimeout("no"), 422, "invalid_request_error", "timeout", "bad-timeout"),
        (BadField("no", param="stop"), 400, "invalid_request_error", "stop", "invalid-value"),
        (PromptTooLong("no"), 400, "invalid_request_error", "messages", "context_length_exceeded"),
        (TimedOut("no"), 408, "timeout_error", None, "generation-timeout"),
        (TooManyRequests("no"), 429, "rate_limit_error", None, "rate_limit_exceeded"),
        (LoadCoolingDown("no"), 429, "rate_limit_error", "model", "load-cooling-down"),
        (QueueFull("no"), 503, "server_error", None, "queue-full"),
        (TooLarge("no"), 507, "server_error", "model", "too-large"),
        (SteelyardError("no"), 500, "server_error", None, "internal-error"),
    ],
)
def test_each_class_has_its_answer(error: SteelyardError, status: int, kind: str, param: str | None, code: str) -> None:
    told = answer(error)
    body = told.body["error"]
    assert set(told.body) == {"error"}
    assert (told.status, body["type"], body["param"], body["code"]) == (status, kind, param, code)


def test_the_hint_stands_in_the_message() -> None:
    assert answer(Unavailable("Not now.", hint="Ask later.")).body["error"]["message"] == "Not now. Ask later."
    assert answer(Unavailable("Not now", hint="Ask later.")).body["error"]["message"] == "Not now. Ask later."
    assert answer(Unavailable("Not now")).body["error"]["message"] == "Not now"


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (TimedOut("no"), {"x-should-retry": "false"}),
        (TooLarge("no"), {"x-should-retry": "false"}),
        (ModelNotReady("in quarantine"), {"x-should-retry": "false"}),
        (ModelNotReady("on its way", retry_after=10.0), {"Retry-After": "10"}),
        (QueueFull("no", retry_after=0.2), {"Retry-After": "1"}),
        (Unavailable("no"), {"Retry-After": "2"}),
        (LoadCoolingDown("no", retry_after=14.2), {"Retry-After": "15"}),
        (missing("a/b"), {}),
    ],
)
def test_clients_hear_when_to_ask_again(error: SteelyardError, headers: dict[str, str]) -> None:
    assert answer(error).headers == headers


def test_problems_of_others_are_told_in_the_same_shape() -> None:
    problem = {"type": "urn:steelyard:problem:body-too-large", "detail": "Too much.", "hint": "Send less."}
    told = of_problem(413, problem)
    assert (told.status, told.body["error"]) == (
        413,
        {"message": "Too much. Send less.", "type": "invalid_request_error", "param": None, "code": "body-too-large"},
    )
    assert of_problem(404, {"type": "about:blank", "detail": "Not Found"}).body["error"]["code"] is None
    assert of_problem(422, {}).status == 400
    assert of_problem(503, {}).headers == {"Retry-After": "2"}

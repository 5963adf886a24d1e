"""An OpenAPI document as groups of routes."""

from typing import Any

from steelyard.web.apidocs import Address, AnswerView, RouteView, groups

BASE = "http://depot.example/tools"
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 100}, "description": "how many"}
TASK = {"name": "task_id", "in": "path", "required": True, "schema": {"type": "string"}}


def document(path: str, method: str = "get", **operation: Any) -> dict[str, Any]:
    """A document with one route."""
    return {"paths": {path: {method: {"tags": ["jobs"], "summary": "Do it", "responses": {}} | operation}}}


def only(wanted: dict[str, Any]) -> RouteView:
    """The one route of a document."""
    ((route,),) = [group.routes for group in groups(wanted, BASE)]
    return route


def test_a_route_tells_what_it_takes() -> None:
    route = only(document("/tasks/{task_id}", parameters=[TASK, LIMIT]))
    assert (route.method, route.address) == ("GET", Address("get-tasks-task_id", "/tasks/{task_id}"))
    assert [field.name for field in route.in_path] == ["task_id"]
    assert [(field.name, field.default, field.description) for field in route.in_query] == [
        ("limit", "100", "how many")
    ]
    assert route.in_body == ()


def test_the_fields_of_a_body_are_found_by_reference() -> None:
    wanted = document(
        "/pull", "post", requestBody={"content": {"application/json": {"schema": {"$ref": "#/components/schemas/B"}}}}
    )
    wanted["components"] = {"schemas": {"B": {"required": ["model"], "properties": {"model": {"type": "string"}}}}}
    route = only(wanted)
    assert [(field.name, field.takes, field.required) for field in route.in_body] == [("model", "text", True)]
    assert route.curl == (f"""curl -s {BASE}/pull -H 'Content-Type: application/json' -d '{{"model": "MODEL"}}'""")


def test_curl_names_the_method_where_it_would_take_another() -> None:
    assert only(document("/tasks")).curl == f"curl -s {BASE}/tasks"
    assert only(document("/tasks/{task_id}", "delete")).curl == f"curl -s -X DELETE {BASE}/tasks/TASK_ID"
    assert only(document("/tasks/{task_id}/stop", "post")).curl == f"curl -s -X POST {BASE}/tasks/TASK_ID/stop"


def test_curl_gives_what_must_be_given_and_reads_streams_as_they_come() -> None:
    query = {"name": "model", "in": "query", "required": True, "schema": {}}
    assert only(document("/exists", parameters=[query, LIMIT])).curl == f"curl -s '{BASE}/exists?model=MODEL'"
    stream: dict[str, Any] = {"200": {"content": {"text/event-stream": {}}}}
    assert only(document("/events", responses=stream)).curl == f"curl -s -N {BASE}/events"


def test_a_hostile_host_stays_one_word_of_the_shell() -> None:
    ((route,),) = [group.routes for group in groups(document("/x"), "http://a$(reboot)'b")]
    assert route.curl == """curl -s 'http://a$(reboot)'"'"'b/x'"""


def test_answers_say_what_they_mean() -> None:
    responses = {
        "200": {"description": "Successful Response", "content": {"application/json": {}}},
        "404": {"description": "It is not here", "content": {"application/json": {}}},
        "422": {"description": "Validation Error"},
        "default": {"description": "anything"},
    }
    assert only(document("/x", responses=responses)).answers == (
        AnswerView("200", "OK", "application/json"),
        AnswerView("404", "It is not here", None),
        AnswerView("422", "Unprocessable Entity", None),
        AnswerView("default", "anything", None),
    )


def test_the_same_route_at_two_paths_is_told_once() -> None:
    twins = {"paths": document("/api/v1/jobs")["paths"] | document("/jobs")["paths"]}
    route = only(twins)
    assert (route.address.path, [alias.path for alias in route.aliases]) == ("/jobs", ["/api/v1/jobs"])


def test_routes_that_take_something_else_are_not_the_same() -> None:
    pair = {"paths": document("/jobs")["paths"] | document("/api/v1/jobs", parameters=[LIMIT])["paths"]}
    assert [route.address.path for group in groups(pair, BASE) for route in group.routes] == ["/jobs", "/api/v1/jobs"]


def test_groups_are_tags_in_the_order_of_the_document() -> None:
    paths = document("/a", tags=["models"])["paths"] | document("/b", tags=[])["paths"]
    assert [(group.id, group.title) for group in groups({"paths": paths}, BASE)] == [
        ("group-models", "Models"),
        ("group-other", "Other"),
    ]
    assert groups({}, BASE) == ()

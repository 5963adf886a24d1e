"""The page to chat on: what it offers, and that it stays within the policy."""

import httpx2

from steelyard.testing.pages import FakeSource, fake_loaded, fake_model
from steelyard.testing.people_pages import MEMBER, FakePeople


async def test_models_are_offered_those_in_memory_first(prefixed: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model("org/name"), fake_model("org/pet"), fake_model("org/coming", status="downloading")]
    source.loaded = [fake_loaded("org/pet")]
    text = (await prefixed.get("/chat?model=org/name")).text
    here, _, shelf = text.partition('label="On the shelf')
    assert "<option>org/pet</option>" in here.partition('label="In memory')[2]
    assert "<option selected>org/name</option>" in shelf
    assert "org/coming" not in text
    assert 'action="/depot/chat"' in text
    assert 'src="/depot/static/chat.js?v=' in text
    assert "This page needs JavaScript." in text


async def test_without_any_model_the_page_says_what_to_do(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    text = (await browser.get("/chat")).text
    assert "No model here can answer yet." in text
    assert 'href="/#pull-model"' in text
    assert 'id="chat"' not in text


async def test_those_that_cannot_answer_are_shown_with_the_reason(
    browser: httpx2.AsyncClient, source: FakeSource
) -> None:
    source.shelf = [fake_model("org/cut", unable="it needs <another> engine")]
    text = (await browser.get("/chat")).text
    assert "No model here can answer yet." in text
    assert '<a href="/models/org/cut">org/cut</a>: it needs &lt;another&gt; engine' in text
    assert 'href="/running"' in text
    source.shelf.append(fake_model("org/name"))
    text = (await browser.get("/chat")).text
    assert '<option disabled value="org/cut">org/cut: it needs' in text
    assert "<option selected>org/name</option>" in text


async def test_the_remembered_name_travels_in_an_open_depot_only(
    browser: httpx2.AsyncClient, source: FakeSource, people: FakePeople
) -> None:
    source.shelf = [fake_model()]
    assert 'data-name="steelyard-name"' in (await browser.get("/chat")).text
    people.looking = MEMBER
    assert 'data-name=""' in (await browser.get("/chat")).text


async def test_a_model_that_answers_leads_to_it(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model("org/name"), fake_model("org/vectors", architecture="bert")]
    assert 'href="/chat?model=org/name"' in (await browser.get("/models/org/name")).text
    assert "/chat?model=" not in (await browser.get("/models/org/vectors")).text


async def test_the_script_writes_text_and_no_markup(browser: httpx2.AsyncClient) -> None:
    script = (await browser.get("/static/chat.js")).text
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", ".style"):
        assert word not in script
    assert len(script) < 10_000

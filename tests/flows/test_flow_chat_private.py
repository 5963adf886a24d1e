"""A model in memory that is made private, or public again: others do not see it, and it can be unloaded."""

from pathlib import Path
from typing import Any

from steelyard.identity.principal import Access, Caller, Principal, PrincipalKind
from steelyard.identity.roles import Role
from steelyard.testing.hub import StandInHub
from tests.flows.chatting import MODEL, chat, chatting_house
from tests.flows.house import House, eventually

BOB = Caller(Principal(99, PrincipalKind.PROXY, "bob", "bob"), "", "", Access(Role.MEMBER, "bob", 99))


async def change(house: House, **values: Any) -> None:
    answer = await house.http.patch(f"/api/models/{MODEL}", json=values, headers={"X-Steelyard-User": "alice"})
    assert answer.status_code == 200, answer.text


async def test_made_private_it_leaves_memory_and_is_loaded_once_more(hub: StandInHub, home: Path) -> None:
    async with chatting_house(hub, home) as house:
        serving = house.depot.serving
        for is_private in (True, False):
            await chat(house, keep_alive=-1)
            await change(house, private=is_private)

            async def gone() -> bool:
                return not serving.keeper.known

            await eventually(gone, "no request asks for it as it was loaded")
        await change(house, private=True)
        await chat(house, keep_alive=-1)
        assert len(serving.keeper.live) == 1
        assert (serving.service.loaded(BOB), serving.service.state().public) == ([], [])


async def test_unload_takes_every_load_of_a_model_and_a_variant_only_its_own(hub: StandInHub, home: Path) -> None:
    async with chatting_house(hub, home) as house:
        for model in (MODEL, f"{MODEL}:Q4_0", f"{MODEL}:Q8_0"):
            await chat(house, model=model, keep_alive=-1)
        unload = "/api/v1/engines/unload"
        assert (await house.http.post(unload, json={"model": f"{MODEL}:Q4_0"})).json()["unloaded"]
        assert len(house.depot.serving.keeper.known) >= 1
        await chat(house, model=f"{MODEL}:Q4_0", keep_alive=-1)
        assert (await house.http.post(unload, json={"model": MODEL})).json()["unloaded"]

        async def gone() -> bool:
            return not house.depot.serving.keeper.known

        await eventually(gone, "all of it left memory")

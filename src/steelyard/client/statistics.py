# Written by `make sdk` from client/aio/statistics.py: edit that.
"""Statistics: what models, people and addresses come to in a range of time."""

from typing import Unpack

from steelyard.client.call import Call, Value, shape
from steelyard.client.connection import Sender
from steelyard.client.figures import (
    AddressStatistics,
    Costs,
    Growth,
    Matrix,
    ModelStatistics,
    RequestStatistics,
    SystemStatistics,
    TopModels,
    TopUsers,
    UserStatistics,
)
from steelyard.client.paths import model_path, segment
from steelyard.client.ranges import RangeOptions, TopOrder, range_query

_STATS = "/api/v1/stats"


class Statistics:
    """``client.statistics``. Every method takes ``period``, ``since``, ``until`` and ``tz``, as in RangeOptions."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    def model(self, model: str, **options: Unpack[RangeOptions]) -> ModelStatistics:
        """One model, or one that only other services told of. Raises NotFound, InvalidArgument."""
        path = f"/api/v1/models/{model_path(model)}/stats"
        return self._wire.send(Call("GET", path, shape(ModelStatistics), range_query(options)))

    def user(self, username: str, **options: Unpack[RangeOptions]) -> UserStatistics:
        """One person. Raises NotFound, and ApiError for other people where one is no administrator."""
        path = f"/api/v1/users/{segment(username, 'user name')}/stats"
        return self._wire.send(Call("GET", path, shape(UserStatistics), range_query(options)))

    def address(self, ip: str, **options: Unpack[RangeOptions]) -> AddressStatistics:
        """One address. Raises ApiError where one is no administrator."""
        path = f"{_STATS}/ip/{segment(ip, 'address')}"
        return self._wire.send(Call("GET", path, shape(AddressStatistics), range_query(options)))

    def system(self, **options: Unpack[RangeOptions]) -> SystemStatistics:
        """The whole depot."""
        return self._wire.send(Call("GET", _STATS, shape(SystemStatistics), range_query(options)))

    def models(
        self,
        *,
        sort: TopOrder | None = None,
        limit: int | None = None,
        offset: int | None = None,
        **options: Unpack[RangeOptions],
    ) -> TopModels:
        """The models that are used most, by ``uses`` unless ``sort`` says otherwise."""
        params = {**range_query(options), "sort": sort, "limit": limit, "offset": offset}
        return self._wire.send(Call("GET", f"{_STATS}/models", shape(TopModels), params))

    def users(
        self,
        *,
        sort: TopOrder | None = None,
        limit: int | None = None,
        offset: int | None = None,
        **options: Unpack[RangeOptions],
    ) -> TopUsers:
        """The people who use most. Others than oneself are for administrators."""
        params = {**range_query(options), "sort": sort, "limit": limit, "offset": offset}
        return self._wire.send(Call("GET", f"{_STATS}/users", shape(TopUsers), params))

    def matrix(self, *, limit: int | None = None, **options: Unpack[RangeOptions]) -> Matrix:
        """Who used what."""
        params: dict[str, Value] = {**range_query(options), "limit": limit}
        return self._wire.send(Call("GET", f"{_STATS}/matrix", shape(Matrix), params))

    def growth(self, **options: Unpack[RangeOptions]) -> Growth:
        """How the store grew."""
        return self._wire.send(Call("GET", f"{_STATS}/growth", shape(Growth), range_query(options)))

    def costs(self, **options: Unpack[RangeOptions]) -> Costs:
        """What it cost, by the prices in the depot's settings."""
        return self._wire.send(Call("GET", f"{_STATS}/costs", shape(Costs), range_query(options)))

    def requests(self, **options: Unpack[RangeOptions]) -> RequestStatistics:
        """Requests for models, files and albums: how many, by whom, how they ended, how long they took."""
        path = "/api/v1/downloads/stats"
        return self._wire.send(Call("GET", path, shape(RequestStatistics), range_query(options)))

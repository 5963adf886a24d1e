"""The SDK names what the depot's statistics answer."""

from inspect import get_annotations

import pytest
from pydantic import BaseModel

from steelyard.catalog.shapes import ModelStatsAnswer
from steelyard.client import figures
from steelyard.client.shapes import ReportAnswer
from steelyard.downloads.statistics import shapes as requests
from steelyard.usage.intake.shapes import ReceiptShape
from steelyard.usage.statistics import shapes

PAIRS: list[tuple[type, type[BaseModel]]] = [
    (figures.UserStatistics, shapes.UserStatsAnswer),
    (figures.AddressStatistics, shapes.AddressStatsAnswer),
    (figures.SystemStatistics, shapes.SystemStats),
    (figures.ModelStatistics, ModelStatsAnswer),
    (figures.Point, shapes.PointShape),
    (figures.UsualValue, shapes.ValueShape),
    (figures.ModelShare, shapes.ModelShare),
    (figures.UserShare, shapes.UserShare),
    (figures.AddressShare, shapes.AddressShare),
    (figures.TopModels, shapes.TopModels),
    (figures.TopUsers, shapes.TopUsers),
    (figures.Matrix, shapes.MatrixShape),
    (figures.GrowthPoint, shapes.GrowthPoint),
    (figures.Growth, shapes.GrowthShape),
    (figures.ModelCost, shapes.ModelCost),
    (figures.UserCost, shapes.UserCost),
    (figures.Costs, shapes.CostShape),
    (figures.UserRequests, requests.UserRequests),
    (figures.AddressRequests, requests.AddressRequests),
    (figures.ModelRequests, requests.ModelRequests),
    (figures.RequestPoint, requests.RequestPoint),
    (figures.Completion, requests.CompletionShape),
    (figures.RequestStatistics, requests.DownloadStats),
    (ReportAnswer, ReceiptShape),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda kind: kind.__name__)
def test_the_same_names_on_both_sides(ours: type, theirs: type[BaseModel]) -> None:
    assert set(get_annotations(ours)) == set(theirs.model_fields)

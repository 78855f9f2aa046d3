"""What came back of what was asked for, whom it represents, and how every group answered."""

from svclib.collection.answers import ASPECTS, distribution
from svclib.collection.population import mix, population_weights
from svclib.collection.returns import questionnaires, records

__all__ = ["ASPECTS", "distribution", "mix", "population_weights", "questionnaires", "records"]

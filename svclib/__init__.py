"""Service-quality evaluation: data quality, reliability, weights, scores, grades, tested improvement."""

__version__ = "0.1.0"

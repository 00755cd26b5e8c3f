"""What is counted day by day, so that no page counts it anew."""

from operations.models.day_count import DayCount, DayRefusals
from operations.models.measure import Measure
from operations.models.transfer_day import TransferDay

__all__ = ["DayCount", "DayRefusals", "Measure", "TransferDay"]

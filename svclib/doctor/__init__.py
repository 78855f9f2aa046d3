"""Whether the installation, or a finished run, is in order.  Checks only, nothing is repaired."""

from svclib.doctor.finding import ERROR, NOTE, OK, Finding
from svclib.doctor.finished import finished, practice
from svclib.doctor.installed import installation

__all__ = ["ERROR", "NOTE", "OK", "Finding", "finished", "installation", "practice"]

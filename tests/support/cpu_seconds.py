"""What tests cost: `--cpu` prints the CPU seconds of each file, with those of the processes that it started.

Beside other work, a test's CPU seconds stay about what they are, while its wall time may be anything.
"""

import resource
from collections import defaultdict
from typing import Any

import pytest

SHOWN = 40  # of the dearest files
BEGIN = "(to start and to collect)"

_spent = 0.0  # by this process, until its last report
_files: defaultdict[str, float] = defaultdict(float)
_phases: defaultdict[str, float] = defaultdict(float)


def _since_then() -> float:
    """Returns the seconds since it was last asked, of this process and of those children whose end it has seen."""
    global _spent
    before, both = _spent, (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    _spent = sum(usage.ru_utime + usage.ru_stime for usage in both)
    return _spent - before


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cpu", action="store_true", help="print the CPU seconds of the dearest files")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--cpu"):
        config.pluginmanager.register(_Meter(), "cpu-seconds")


class _Meter:
    """Where tests run side by side, the processes that run them measure, and the one that hears of it adds up."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        seconds = _since_then()
        output = getattr(session.config, "workeroutput", None)
        if output is None:
            _files[BEGIN] += seconds
        else:
            output[BEGIN] = seconds

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        _files[BEGIN] += getattr(node, "workeroutput", {}).get(BEGIN, 0.0)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Any:
        report = yield
        report.cpu_seconds = _since_then()
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        seconds = getattr(report, "cpu_seconds", 0.0)
        _files[report.location[0]] += seconds
        _phases[report.when or ""] += seconds

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        dearest = sorted(_files.items(), key=lambda file: file[1], reverse=True)[:SHOWN]
        terminalreporter.section(f"{sum(_files.values()):.0f} CPU seconds, of which the dearest files")
        terminalreporter.write_line(", ".join(f"{phase} {seconds:.0f}s" for phase, seconds in _phases.items()))
        for file, seconds in dearest:
            terminalreporter.write_line(f"{seconds:8.1f}s {file}")

"""Results of PolicyTests as JUnit XML, which continuous integration shows: a suite per resource, a case per request."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from gateway.policy_tests.judgement import Mismatch
from gateway.policy_tests.run import Report

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, even escaped."""


def junit(report: Report) -> str:
    """The document, with a line end behind it."""
    suites = Element("testsuites", tests=str(len(report.results)), failures=str(report.failed))
    for name in dict.fromkeys(result.resource for result in report.results):
        results = [result for result in report.results if result.resource == name]
        failed = sum(not result.passed for result in results)
        suite = SubElement(suites, "testsuite", name=name, tests=str(len(results)), failures=str(failed))
        for result in results:
            file, line, _ = result.place.rsplit(":", 2)
            attributes = {"name": _fit(result.name), "classname": name, "file": _fit(file), "line": line}
            case = SubElement(suite, "testcase", attributes)
            if not result.passed:
                words = "\n".join(mismatch_words(mismatch) for mismatch in result.mismatches)
                failure = SubElement(case, "failure", message=_fit(mismatch_words(result.mismatches[0])))
                failure.text = _fit(f"{result.place}: {result.request}\n{words}")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}\n'


def mismatch_words(mismatch: Mismatch) -> str:
    """One line: `rule: expected search, came reads (why)`."""
    hint = f" ({mismatch.hint})" if mismatch.hint else ""
    return f"{mismatch.field}: expected {mismatch.expected}, came {mismatch.came}{hint}"


def _fit(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)

"""JUnit XML is read back as it was meant, whatever stands in names."""

from __future__ import annotations

from xml.etree import ElementTree

from gateway.policy_tests.judgement import Mismatch
from gateway.policy_tests.junit import junit
from gateway.policy_tests.run import CaseResult, Report

GOOD = CaseResult("a:b.yaml:3:5", "PolicyTest shop/t", 'a <"b"> \x01', "GET http://a/", (), None)
BAD = CaseResult("c.yaml:9:5", "PolicyTest shop/t", "b", "GET http://b/", (Mismatch("status", "1", "2", "so"),), None)


def test_a_suite_per_resource_and_a_case_per_request() -> None:
    suites = ElementTree.fromstring(junit(Report((GOOD, BAD), 1, ())))
    assert (suites.get("tests"), suites.get("failures")) == ("2", "1")
    (suite,) = suites
    assert (suite.get("name"), suite.get("failures")) == ("PolicyTest shop/t", "1")
    good, bad = suite
    assert (good.get("name"), good.get("file"), good.get("line")) == ('a <"b"> \ufffd', "a:b.yaml", "3")
    (failure,) = bad
    assert failure.get("message") == "status: expected 1, came 2 (so)"
    assert "c.yaml:9:5: GET http://b/" in (failure.text or "")

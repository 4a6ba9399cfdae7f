from typing import Any

import pytest

from issues.grouping import group
from issues.grouping.hashing import digest
from tests.issues.grouping.build import Event, event, log, py, raised


def failing(value: str = "no plan", **attributes: Any) -> Event:
    rows = py("plan", "crm", 'raise PlanError("no plan")', abs_path="/srv/1.2.3/app/crm/plans.py")
    return event(raised("PlanError", value, rows), **attributes)


@pytest.mark.parametrize(
    "none", [None, [], ["{{ default }}"], ["{{default}}"], "text", [7]], ids=repr
)
def test_no_fingerprint(none: object) -> None:
    assert group(failing(fingerprint=none)).hashes == group(failing()).hashes


def test_a_fingerprint_replaces_everything() -> None:
    grouping = group(failing(fingerprint=["a", "b"], release="a@1"))
    assert grouping.kind == "fingerprint"
    assert grouping.fingerprint == ("a", "b")
    assert grouping.hashes == group(log("other", fingerprint=["a", "b"])).hashes
    assert grouping.title == "PlanError: no plan"
    assert grouping.why["lines"] == [["fingerprint", "a, b", "sent by the client"]]


def test_members_are_not_run_together() -> None:
    assert (
        group(log("x", fingerprint=["ab", "c"])).hashes
        != group(log("x", fingerprint=["a", "bc"])).hashes
    )


def test_the_default_can_be_refined() -> None:
    refined = group(failing(fingerprint=["{{ default }}", "eu"]))
    assert refined.kind == "exception"
    assert refined.hashes != group(failing()).hashes
    assert refined.hashes != group(log("x", fingerprint=["{{ default }}", "eu"])).hashes
    assert refined.hashes == group(failing(fingerprint=["{{default}}", "eu"])).hashes


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("{{ error.type }}", "PlanError"),
        ("{{type}}", "PlanError"),
        ("{{ error.value }}", "no plan for <n>"),
        ("{{ value }}", "no plan for <n>"),
        ("{{ message }}", "no plan for <n>"),
        ("{{ function }}", "plan"),
        ("{{ stack.function }}", "plan"),
        ("{{ module }}", "crm"),
        ("{{ stack.module }}", "crm"),
        ("{{ package }}", "<no-package>"),
        ("{{ path }}", "crm/plans"),
        ("{{ stack.abs_path }}", "crm/plans"),
        ("{{ transaction }}", "<no-transaction>"),
        ("{{ level }}", "error"),
        ("{{ logger }}", "crm"),
        ("{{ release }}", "a@1"),
        ("{{ environment }}", "<no-environment>"),
        ("{{ tags.tenant }}", "acme"),
        ("{{ tags.other }}", "<no-tags.other>"),
        ("{{ nonsense }}", "{{ nonsense }}"),
        ("{{ type }} in {{ function }}", "PlanError in plan"),
    ],
)
def test_variables(member: str, expected: str) -> None:
    grouping = group(
        failing(
            "no plan for 7",
            fingerprint=[member],
            logger="crm",
            release="a@1",
            tags={"tenant": "acme"},
        )
    )
    assert grouping.fingerprint == (expected,)


def test_the_message_of_a_log_line_is_its_template() -> None:
    grouping = group(
        log("Sent %s of 7", "Sent 3 of 7", fingerprint=["{{ message }}", "{{ type }}"])
    )
    assert grouping.fingerprint == ("Sent %s of <n>", "<no-type>")


def test_hashes_depend_on_structure_and_config() -> None:
    assert digest(("a", "b"), "g1") != digest(("ab",), "g1")
    assert digest(("a", ("b",)), "g1") != digest((("a",), "b"), "g1")
    assert digest((None,), "g1") != digest(("",), "g1")
    assert digest("a", "g1") != digest("a", "g2")
    assert len(digest("\ud800", "g1")) == 32

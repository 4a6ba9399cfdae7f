import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.regroup.plan import Merge, Part, Split, Tally, plan


def test_nothing_changes_where_hashes_stay() -> None:
    found = plan({Tally(1, "a", "a"): 5}, {"a": 1}, is_splitting=True)
    assert (found.splits, found.merges, found.moved, found.rehashed) == ((), (), 0, 0)


def test_a_hash_that_falls_apart_splits_its_issue_and_the_largest_part_keeps_it() -> None:
    tallies = {Tally(1, "a", "x"): 2, Tally(1, "a", "y"): 7}
    found = plan(tallies, {}, is_splitting=True)
    assert found.targets == {"y": 1, "x": None}
    assert found.splits == (Split(1, (Part(1, "", 7), Part(None, "x", 2))),)
    assert (found.moved, found.new_issues) == (2, 1)


def test_what_still_has_its_hash_keeps_the_issue() -> None:
    tallies = {Tally(1, "a", "a"): 1, Tally(1, "a", "x"): 9}
    assert plan(tallies, {"a": 1}, is_splitting=True).targets == {"a": 1, "x": None}


def test_without_splitting_every_part_stays() -> None:
    tallies = {Tally(1, "a", "x"): 2, Tally(1, "a", "y"): 7}
    found = plan(tallies, {}, is_splitting=False)
    assert found.targets == {"x": 1, "y": 1}
    assert (found.splits, found.moved, found.rehashed) == ((), 0, 9)


def test_issues_that_become_one_go_to_the_one_with_the_most_events() -> None:
    tallies = {Tally(1, "a", "x"): 2, Tally(2, "b", "x"): 7}
    found = plan(tallies, {}, is_splitting=True)
    assert found.merges == (Merge(2, "", ((2, 7), (1, 2))),)
    assert found.moved == 2


def test_a_known_hash_leads_where_it_always_led() -> None:
    found = plan({Tally(1, "a", "x"): 2}, {"x": 9}, is_splitting=True)
    assert found.targets == {"x": 9}
    assert found.merges == (Merge(9, "", ((1, 2),)),)


@given(
    st.dictionaries(
        st.builds(Tally, st.integers(1, 4), st.sampled_from("abcd"), st.sampled_from("abcdxyz")),
        st.integers(1, 9),
    ),
    st.dictionaries(st.sampled_from("abcdxyz"), st.integers(1, 4)),
    st.booleans(),
)
def test_every_event_has_a_place_and_no_issue_is_two(
    tallies: dict[Tally, int], known: dict[str, int], is_splitting: bool
) -> None:
    found = plan(tallies, known, is_splitting=is_splitting)
    assert found.targets.keys() == {tally.new_hash for tally in tallies}
    assert all(found.targets[h] == pk for h, pk in known.items() if h in found.targets)
    assert found.events == sum(tallies.values())
    unknown = [pk for h, pk in found.targets.items() if h not in known and pk is not None]
    if is_splitting:
        assert len(set(unknown)) == len(unknown), "an issue lives on in one part"
    else:
        assert None not in found.targets.values()
        for split in found.splits:
            assert all(part.target is not None for part in split.parts)


@pytest.mark.parametrize("is_splitting", [True, False])
def test_nothing_comes_of_nothing(is_splitting: bool) -> None:
    assert plan({}, {}, is_splitting=is_splitting).targets == {}

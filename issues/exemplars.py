"""Which event the next one of its grouphash is packed beside. One object per process; not thread-safe.

Events of an issue differ in little. Those of issues that happen often are packed with one whole event of the same
grouphash for a dictionary. It is kept apart, once per grouphash, and renewed when events have changed so much that it
helps less than it did.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import replace

from issues.compress import NO_DICTIONARY, Dictionary, pack, unpack
from issues.match import Placed
from issues.models import PayloadExemplar
from issues.models.event import read_exemplar
from issues.prepare import Prepared

# A grouphash has an exemplar while it gets at least a 64th of this process's events: more exemplars than are remembered
# would be read again and again.
WINDOW = 1024  # events; then all counts are halved
FREQUENT = 16
REMEMBERED = 64
REMEMBERED_BYTES = 8 << 20  # of contents; with their tables five times as much
SIZES = range(
    4 << 10, 512 << 10
)  # bytes: smaller ones gain nothing, larger ones take too much memory
# An exemplar is renewed when its events have become so much larger than the first ones beside it.
FIRST = 16
OUTGROWN = 1.25
MIN_USES = 64

Key = tuple[int, str]  # project, most preferred hash


class _Known:
    """An exemplar in use."""

    __slots__ = ("dictionary", "first", "late", "uses")

    def __init__(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self.uses = 0
        self.first = 0.0  # mean ratio of packed bytes
        self.late = 0.0

    def learn(self, ratio: float) -> bool:
        """Whether it is outgrown."""
        self.uses += 1
        if self.uses <= FIRST:
            self.first += (ratio - self.first) / self.uses
            self.late = self.first
        else:
            self.late += (ratio - self.late) / FIRST
        return self.uses >= MIN_USES and self.late > OUTGROWN * self.first


class Exemplars:
    def __init__(self) -> None:
        self._counts: Counter[Key] = Counter()
        self._counted = 0
        self._known: OrderedDict[Key, _Known] = OrderedDict()
        self._wanted: set[Key] = set()

    def pick(self, key: Key, size: int, otherwise: Dictionary) -> Dictionary:
        """What to pack an event of so many bytes with. A query for a grouphash that has become frequent."""
        self._count(key)
        if size not in SIZES or key in self._wanted:
            return otherwise
        known = self._known.get(key)
        if known is None:
            if self._counts[key] < FREQUENT:
                return otherwise
            rows = PayloadExemplar.objects.filter(project_id=key[0], hash=key[1])
            row = rows.order_by("-pk").first()
            if row is None:
                self._wanted.add(key)
                return otherwise
            known = self._remember(key, _Known(read_exemplar(row)))
        self._known.move_to_end(key)
        return known.dictionary

    def learn(self, event: Prepared) -> None:
        """How an event was packed."""
        key = event.project_id, event.grouping.hashes[0]
        known = self._known.get(key)
        if known is None or event.dictionary is not known.dictionary:
            return
        if known.learn(len(event.packed) / event.size):
            self._wanted.add(key)

    def fit(self, placed: Iterable[Placed]) -> list[Placed]:
        """The same events; packed anew where the exemplar that was picked is not one of the grouphash that decided, or
        is gone. The grouphash may have been deleted since, and retention drops exemplars that nothing needs.

        Called while the issues are locked. A query if any event has an exemplar.
        """
        found = list(placed)
        picked = {-number for each in found if (number := each.event.dictionary.number) < 0}
        rows = PayloadExemplar.objects.filter(pk__in=picked)
        there = dict(rows.values_list("pk", "grouphash_id")) if picked else {}
        return [
            each
            if each.event.dictionary.number >= 0
            or there.get(-each.event.dictionary.number) == each.grouphash_id
            else self._packed_alone(each)
            for each in found
        ]

    def _packed_alone(self, placed: Placed) -> Placed:
        event = placed.event
        self._known.pop((event.project_id, event.grouping.hashes[0]), None)
        packed = pack(unpack(event.packed, event.dictionary))
        return replace(placed, event=replace(event, dictionary=NO_DICTIONARY, packed=packed))

    def make(self, placed: Iterable[Placed]) -> None:
        """New ones, of the events just stored and in their transaction. Should that fail, they are wanted again."""
        made = {}
        for each in placed:
            event = each.event
            key = event.project_id, event.grouping.hashes[0]
            # One that is packed beside another would need that for ever.
            if key in self._wanted and event.size in SIZES and event.dictionary.number >= 0:
                made[key] = each
        if made:
            PayloadExemplar.objects.bulk_create(_row(key, each) for key, each in made.items())
        for key in made:
            self._wanted.discard(key)
            self._known.pop(key, None)

    def _remember(self, key: Key, known: _Known) -> _Known:
        self._known[key] = known
        while len(self._known) > 1 and (
            len(self._known) > REMEMBERED
            or sum(len(each.dictionary.data) for each in self._known.values()) > REMEMBERED_BYTES
        ):
            self._known.popitem(last=False)
        return known

    def _count(self, key: Key) -> None:
        self._counts[key] += 1
        self._counted += 1
        if self._counted >= WINDOW:
            self._counted = 0
            self._counts = Counter({key: n // 2 for key, n in self._counts.items() if n > 1})
            self._wanted &= self._counts.keys()


def _row(key: Key, placed: Placed) -> PayloadExemplar:
    project_id, grouphash = key
    return PayloadExemplar(
        project_id=project_id,
        grouphash_id=placed.grouphash_id,
        hash=grouphash,
        dictionary=placed.event.dictionary.number,
        data=placed.event.packed,
    )

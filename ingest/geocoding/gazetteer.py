"""The step that needs no network: settlements and districts by name, inflected or not."""

from collections.abc import Sequence

from geo_service.core.model import LocationQuality
from ingest.geocoding import Passed, Query, Verdict
from ingest.geocoding.toponyms.disambiguation import decide
from ingest.geocoding.toponyms.gazetteer_index import Lexicon
from ingest.geocoding.toponyms.place_mentions import read


class Gazetteer:
    """Finds the one settlement, or district, that the words of an incident name."""

    name = "gazetteer"

    def __init__(self, lexicon: Lexicon | None, coarsest: LocationQuality = LocationQuality.DISTRICT) -> None:
        """lexicon: None where no region is known; then nothing is found, for every name has namesakes somewhere."""
        self._lexicon = lexicon
        self._coarsest = coarsest

    async def locate(self, queries: Sequence[Query]) -> list[Verdict]:
        """A verdict for each query."""
        return [self.find(one) for one in queries]

    def find(self, query: Query) -> Verdict:
        """By the address; by the message where the address names no place."""
        if self._lexicon is None:
            return Passed("no region is known: load districts, or give bounds in the configuration of geocoding")
        verdict: Verdict = Passed("there are no words")
        for text in (query.address, query.message):
            if text:
                verdict = decide(read(text, self._lexicon), self._lexicon, self._coarsest)
                if not isinstance(verdict, Passed) or verdict.reason != NOTHING:
                    return verdict
        return verdict


NOTHING = "no place is named"

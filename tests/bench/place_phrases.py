"""`python -m tests.bench.place_phrases`: of each family of generated phrases how many are right, missed and wrong, by region.

Needs the real boundaries. `--faults` also prints the phrases that are missed or wrong.
"""

import argparse
import sys

from rich.console import Console
from rich.table import Table

from tests.support.place_phrases import FAMILIES, judge_family
from tests.support.real_data import MISSING
from tests.support.real_regions import REAL_DISTRICTS, real_indexes


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", action="store_true", help="print the phrases that are missed or wrong")
    arguments = parser.parse_args()
    if not REAL_DISTRICTS.exists():
        sys.exit(MISSING)
    table = Table("phrase", *(name.removeprefix("Республика ") for name in real_indexes()), title="right/missed/wrong")
    for family in FAMILIES:
        judged = [judge_family(family, index) for index in real_indexes().values()]
        table.add_row(family.title, *(f"{counts['right']}/{counts['missed']}/{counts['wrong']}" for counts, _ in judged))
        if arguments.faults:
            for _, faults in judged:
                print(*(f"{judgement}\t{text}" for judgement, text in faults), sep="\n")
    Console(width=140).print(table)


if __name__ == "__main__":
    main()

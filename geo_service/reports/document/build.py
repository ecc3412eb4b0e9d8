"""Puts a report into words: headline, map, sections, method and footer."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from hashlib import blake2b
from typing import Any

from geo_service.aggregation.catalogue.catalogue import attributions
from geo_service.aggregation.selection.time_buckets import local
from geo_service.reports.content.headline import Comparison
from geo_service.reports.content.map_values import MapShape
from geo_service.reports.document.context import ReportContext
from geo_service.reports.document.drawing import UNKNOWN_FILL, LegendEntry, MapPlace, MapWords, draw_map
from geo_service.reports.document.model import Figure, Kind, Note, ReportDocument
from geo_service.reports.document.numbers import format_days, format_moment, format_value, plural
from geo_service.reports.document.sections import MAX_RED, build_sections
from geo_service.reports.document.words import INCIDENTS_GENITIVE
from geo_service.tiles.documents.palette import SCHEMES

GEONAMES = "GeoNames, CC BY 4.0"
"""Of the names on the map."""
_DIGEST_BYTES = 6
"""Enough to tell reports apart, short enough to be compared by eye."""


def build_document(context: ReportContext) -> ReportDocument:
    """Return the report in its language."""
    say, request = context.say, context.numbers.request
    area = context.name(request.district) if request.district else say("everywhere")
    title = f"{say('title')} — {area}" if request.district else say("title")
    values = context.numbers.map
    drawing = draw_map(values, _map_words(context), _names(context), context.ground)
    has_red = drawing is not None and any(label.is_red for label in drawing.labels)
    map_text = _map_text(context) if drawing else say("map_nothing")
    document = ReportDocument(
        language=context.language,
        title=title,
        subtitle=f"{say('week', code=request.week.code, days=format_days(request.week.monday, context.language))}. {area}",
        marks=list(_marks(context)),
        figures=_figures(context),
        drawing=drawing,
        map_title=say("map"),
        map_text=f"{map_text} {say('map_red')}" if has_red else map_text,
        sections=build_sections(context),
        method_title=say("method"),
        method=[say("method_1"), say("method_2")],
        footer=[],
        link=(context.live_url or "", say("live")),
    )
    return replace(document, footer=[*_footer(context), say("version", digest=_digest(document))])


def _digest(document: ReportDocument) -> str:
    """Return the version of a report: of its numbers and words, not of the address of the live page."""
    content = [asdict(figure) for figure in document.figures], [asdict(section) for section in document.sections]
    parts: tuple[Any, ...] = (document.title, document.subtitle, document.marks, content)
    return blake2b(repr(parts).encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _marks(context: ReportContext) -> Iterable[str]:
    say, headline, week = context.say, context.numbers.headline, context.numbers.request.week
    summary = headline.summary
    if not week.has_ended:
        yield say("unfinished", moment=format_moment(week.now, context.zone, context.language))
    if not headline.count:
        yield say("no_incidents")
    if summary.synthetic:
        noun = plural(headline.count, INCIDENTS_GENITIVE[context.language], context.language)
        yield say("synthetic", n=context.count(summary.synthetic), count=context.count(headline.count), incidents=noun)
    if any(row["approximate"] for row in context.numbers.districts) or _is_approximate(context):
        yield say("approximate")
    if summary.without_place:
        yield say("without_place", n=context.count(summary.without_place), incidents=context.incidents(summary.without_place))


def _is_approximate(context: ReportContext) -> bool:
    district = context.numbers.request.district
    return district is not None and district.approximate


def _figures(context: ReportContext) -> list[Figure]:
    say, headline = context.say, context.numbers.headline
    measures, count = headline.summary.measures, headline.count
    on_time = Note(say("of_judged", n=context.count(measures["n_judged"])), {"n_judged": measures["n_judged"]}, True)
    return [
        Figure("count", say("received"), count, Kind.COUNT,
               [_comparison(context, "previous", headline.previous), _comparison(context, "year", headline.year)]),
        Figure("open", say("open"), measures["open"], Kind.COUNT, _share_note(context, "open", measures["open"])),
        Figure("overdue", say("overdue"), measures["overdue"], Kind.COUNT, _share_note(context, "overdue", measures["overdue"])),
        Figure("share_on_time", say("on_time"), measures["share_on_time"], Kind.SHARE,
               [on_time if measures["n_judged"] else Note(say("no_judged"), {}, True)]),
    ]  # fmt: skip


def _share_note(context: ReportContext, key: str, part: int) -> list[Note]:
    count = context.numbers.headline.count
    if not count:
        return []
    share = round(part / count, 4)
    return [Note(context.say("of_count", share=format_value(share, Kind.SHARE, context.language)), {f"{key}_share": share}, True)]


def _comparison(context: ReportContext, key: str, comparison: Comparison | None) -> Note:
    say = context.say
    if comparison is None:
        return Note(say(f"no_{key}"), {}, True)
    count = context.count(comparison.count)
    if comparison.change is None:
        change = say("from_zero" if context.numbers.headline.count else "unchanged")
    else:
        change = format_value(comparison.change, Kind.CHANGE, context.language)
    text = say(f"against_{key}", change=change, count=count)
    judgement = say("by_chance" if comparison.by_chance else "beyond_chance")
    return Note(f"{text}; {judgement}", {key: comparison.count, f"{key}_change": comparison.change}, comparison.by_chance)


def _map_words(context: ReportContext) -> MapWords:
    say, values = context.say, context.numbers.map
    titles = [_shape_title(context, shape) for shape in values.shapes]
    colors, lowers = SCHEMES["light"].sequential.colors, values.breaks.lowers
    uppers = [*lowers[1:], max((shape.value for shape in values.shapes if shape.value > 0), default=0)][: len(lowers)]
    decimals = min(values.measure.decimals, 2)
    legend = [
        LegendEntry(colors[number], _range(context, low, high, decimals, is_last=index == len(lowers) - 1))
        for index, (number, low, high) in enumerate(zip(values.breaks.classes, lowers, uppers, strict=True))
    ]
    if values.kind == "districts":
        legend.insert(0, LegendEntry(SCHEMES["light"].without_class, say("legend_zero")))
    if any(shape.value != shape.value for shape in values.shapes):
        legend.append(LegendEntry(UNKNOWN_FILL, say("legend_unknown")))
    return MapWords(titles, legend, _map_text(context))


def _map_text(context: ReportContext) -> str:
    values = context.numbers.map
    return context.say("map_no_incidents" if values.kind == "nothing" else f"map_{values.kind}_{values.measure.code}")


def _range(context: ReportContext, low: float, high: float, decimals: int, *, is_last: bool) -> str:
    """Return the values of a class: whole numbers end one below where the next class begins."""
    top = high - 1 if not decimals and not is_last else high
    texts = [format_value(value, Kind.DECIMAL if decimals else Kind.COUNT, context.language, decimals) for value in (low, top)]
    return texts[0] if texts[0] == texts[1] else "–".join(texts)


def _shape_title(context: ReportContext, shape: MapShape) -> str:
    n = {"n": context.count(shape.number), "incidents": context.incidents(shape.number)}
    if not shape.name:
        return f"{n['n']} {n['incidents']}"
    name = context.pick(shape.name)
    if context.numbers.map.measure.code != "per_1000" or shape.value != shape.value:
        return context.say("area_count", name=name, **n)
    return context.say("area_value", name=name, value=format_value(shape.value, Kind.DECIMAL, context.language, 2), **n)


def _names(context: ReportContext) -> list[MapPlace]:
    """Return the names that may stand on the map; a settlement that is red is there once."""
    red = _red_names(context)
    shown = {place.name for place in red}
    return [*red, *(place for place in context.settlements if place.name not in shown)]


def _red_names(context: ReportContext) -> list[MapPlace]:
    """Return the places of the list of concern, the first one first; none for alerts of a whole region or district."""
    episodes = context.red.present[:MAX_RED] if context.red else []
    return [
        MapPlace(context.pick({"ru": place.name_ru, "en": place.name_en}), place.lng, place.lat, float(MAX_RED - rank), is_red=True)
        for rank, place in enumerate(episode.place for episode in episodes)
        if place.key[:2] in ("s:", "h:")
    ]


def _footer(context: ReportContext) -> Sequence[str]:
    say, numbers = context.say, context.numbers
    window = numbers.request.week.window
    sources = [context.name(numbers.catalogue.sources.by_code[row["code"]]) for row in numbers.headline.summary.sources if row["n"]]
    lines = [say("window", start=local(window.start, context.zone), stop=local(window.stop, context.zone), zone=context.zone.key)]
    if sources:
        lines.append(say("sources", names=", ".join(sources)))
    own = (source for source in numbers.catalogue.sources.all if _has_incidents(context, source.code))
    owners = attributions(own, numbers.catalogue.districts.all)
    owners += [owner for owner in context.ground.attribution if owner not in owners]
    owners += [GEONAMES] * (bool(context.settlements) and not any(GEONAMES in owner for owner in owners))
    return [*lines, say("attribution", names=" · ".join(owners))] if owners else lines


def _has_incidents(context: ReportContext, code: str) -> bool:
    return any(row["code"] == code and row["n"] for row in context.numbers.headline.summary.sources)

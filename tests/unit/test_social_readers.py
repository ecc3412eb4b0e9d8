"""Exports of VK and Telegram: which messages become rows, with what, and which are passed over."""

import json
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from geo_service.core.errors import InputError
from ingest.mapping.mapping import FileFormat, load_mapping
from ingest.readers import Column, RawBatch
from ingest.readers.detect import describe_export, open_file, open_reader
from ingest.readers.social.messages import MESSAGE_COLUMNS
from ingest.suggest.toml_writer import suggest_mapping
from ingest.validate.entities import EntityResolver
from ingest.validate.validate import ValidatedBatch, Validator
from tests.support import reader_conformance as conformance
from tests.support.social_exports import AUTHORS, EXPORTS

POST = {"id": 1, "owner_id": -5, "from_id": 7, "date": 1700000000, "text": "яма на дороге"}
COMMENT = {"id": 2, "owner_id": -5, "post_id": 1, "from_id": 7, "date": 1700000000, "text": "и у нас", "parents_stack": []}
MESSAGE = {"id": 1, "type": "message", "date": "2023-11-15T01:16:40", "date_unixtime": "1700000000", "from": "А", "text": "нет света"}


def read(path: Path, name: str, size: int = 100, wanted: list[Column] | None = None) -> list[RawBatch]:
    return list(open_file(path, FileFormat.model_validate({"format": name}), wanted).batches(size))


def rows(batches: list[RawBatch]) -> list[dict[str, str]]:
    return [dict(zip(batch.columns, row, strict=True)) for batch in batches for row in zip(*batch.columns.values(), strict=True)]


def skipped(batches: list[RawBatch]) -> dict[str, int]:
    return dict(sum((Counter(batch.skipped) for batch in batches), Counter[str]()))


def written(path: Path, text: object) -> Path:
    path.write_text(text if isinstance(text, str) else json.dumps(text, ensure_ascii=False), encoding="utf-8")
    return path


def vk(folder: Path, *items: dict[str, object]) -> list[dict[str, str]]:
    return rows(read(written(folder / "wall.json", {"response": {"count": len(items), "items": items}}), "vk"))


def chat(folder: Path, *messages: dict[str, object], kind: str = "public_supergroup") -> list[RawBatch]:
    return read(written(folder / "result.json", {"name": "Ч", "type": kind, "id": 9, "messages": messages}), "telegram")


def became(name: str) -> ValidatedBatch:
    mapping = load_mapping(name)
    (raw,) = open_reader(EXPORTS[name], mapping).batches(100)
    return Validator(mapping, EntityResolver(mapping, EXPORTS[name])).validate(raw)


def test_posts_and_comments_of_vk_become_rows_with_their_words_alone() -> None:
    batches = read(EXPORTS["vk"], "vk")
    found = {row["id"]: row for row in rows(batches)}
    assert {number: (row["kind"], row["text"], row["context"]) for number, row in found.items()} == {
        "-55_10": ("post", "В станице Каневской авария на водопроводе", ""),
        "-55_11": ("post", "в Абинске яма на дороге, Сельская жизнь не отвечает", ""),
        "-55_12": ("post", "Нет воды в Анапе", ""),
        "-55_13": ("post", "И у нас нет воды!", "Темрюк без воды"),
        "-55_10_20": ("comment", "третий день нет воды", "В станице Каневской авария на водопроводе"),
        "-55_10_22": ("comment", "в Анапе тоже нет воды", "В станице Каневской авария на водопроводе"),
        "-55_10_25": ("comment", "не горит фонарь", "В станице Каневской авария на водопроводе"),
        "-55_10_26": ("comment", "а когда починят дорогу", "В станице Каневской авария на водопроводе"),
    }
    post = found["-55_11"]
    assert (post["date"], post["edited"], post["lat"], post["lng"]) == ("1700000100", "1700000500", "44.8676", "38.1514")
    assert (post["address"], post["link"]) == ("Абинск, ул. Мира, Рынок", "https://vk.com/wall-55_11")
    assert found["-55_10_22"]["link"] == "https://vk.com/wall-55_10?reply=22"
    assert skipped(batches) == {"advertisement": 1, "without words": 2, "deleted": 1, "answer of the community": 1}
    (broken,) = batches[0].broken
    assert (broken.text, broken.detail) == ("{}", "no answer but error 15 of VK: Access denied")


def test_messages_of_all_chats_of_telegram_become_rows_with_their_words_alone() -> None:
    batches = read(EXPORTS["telegram"], "telegram")
    found = {row["id"]: row for row in rows(batches)}
    assert {number: (row["date"], row["edited"], row["text"], row["context"]) for number, row in found.items()} == {
        "1123_2": ("1700000010", "1700000020", "Третий день нет воды, звоните", "Станица Каневская"),
        "1123_4": ("1700000040", "", "не горит \x0b фонарь", ""),
        "1123_6": ("1700000060", "", "В Анапе тоже нет воды", "Третий день нет воды, звоните"),
        "1123_7": ("soon", "", "яма на дороге", ""),
        "1124_3": ("1700000090", "", "мусор не вывозят в Абинске", ""),
        "1125_1": ("2021-11-18T10:00:00", "", "В Темрюке нет света", ""),
    }
    place = found["1123_4"]
    assert (place["lat"], place["lng"], place["address"]) == ("44.8676", "38.1514", "Абинск, ул. Мира, Рынок")
    assert (place["link"], found["1124_3"]["link"]) == ("https://t.me/c/1123/4", "")
    assert skipped(batches) == {"service message": 1, "media without words": 2, "command to a bot": 1, "menu or answer of a bot": 1}


@pytest.mark.parametrize("name", EXPORTS)
def test_nothing_of_an_author_leaves_the_reader(name: str) -> None:
    source = EXPORTS[name].read_text(encoding="utf-8")
    assert any(part in source for part in AUTHORS)
    for batch in read(EXPORTS[name], name, 2):
        given = f"{[*batch.texts]} {batch.columns} {batch.broken} {batch.skipped}"
        assert not [part for part in AUTHORS if part in given]


@pytest.mark.parametrize("name", EXPORTS)
def test_the_shipped_mapping_makes_incidents_with_themes_of_their_text(name: str) -> None:
    checked = became(name)
    themes = dict(zip(checked.batch.external_id, (theme.sector for theme in checked.themes), strict=True))
    if name == "vk":
        assert (themes["-55_11"], themes["-55_12"]) == ("roads", "housing")
        assert [(one.reason.value, one.detail) for one in checked.rejects if "blank" in one.detail] == [
            ("unreadable_date", "date is blank")
        ]
        edited = datetime.fromtimestamp(1700000500, UTC).replace(tzinfo=None).isoformat()
        assert str(checked.batch.updated_at[1].astype("datetime64[s]")) == edited
    else:
        assert (themes["1124_3"], themes["1125_1"]) == ("waste", "energy")
        assert [one.reason.value for one in checked.rejects] == ["unreadable_date"]
        assert str(checked.batch.received_at[-1]) == "2021-11-18T07:00:00.000000", "local time of old exports is that of the mapping"
    assert not [part for part in AUTHORS for reject in checked.rejects if part in reject.text + reject.detail]


@pytest.mark.parametrize(
    ("shape", "ids"),
    [
        ({"response": {"count": 1, "items": [POST]}}, ["-5_1"]),
        ({"count": 1, "items": [POST]}, ["-5_1"]),
        ([{"response": {"items": [POST]}}, {"response": {"items": [COMMENT]}}], ["-5_1", "-5_1_2"]),
        ({"response": [{"items": [POST]}, {"items": [COMMENT]}]}, ["-5_1", "-5_1_2"]),
        ({"response": [POST]}, ["-5_1"]),
        ([POST, COMMENT], ["-5_1", "-5_1_2"]),
        ([[POST], [COMMENT]], ["-5_1", "-5_1_2"]),
        (f"{json.dumps({'response': {'items': [POST]}})}\n{json.dumps({'response': {'items': [COMMENT]}})}\n", ["-5_1", "-5_1_2"]),
        (f"\ufeff{json.dumps(POST)}\n{json.dumps(COMMENT)}", ["-5_1", "-5_1_2"]),
        ({"response": {"profiles": [{"id": 7, "items": [{"id": 1}]}], "groups": [], "items": [POST], "count": 1}}, ["-5_1"]),
        ({"response": {"count": 0, "items": []}}, []),
    ],
)
def test_responses_of_vk_are_found_in_every_envelope(tmp_path: Path, shape: object, ids: list[str]) -> None:
    batches = read(written(tmp_path / "wall.json", shape), "vk")
    assert [row["id"] for row in rows(batches)] == ids
    assert not [one for batch in batches for one in batch.broken]


@pytest.mark.parametrize("length", [1, 30_000])
def test_a_damaged_line_costs_only_itself_and_none_of_its_text_is_kept(tmp_path: Path, length: int) -> None:
    lines = [json.dumps({"response": {"items": [POST | {"id": number}], "profiles": ["x" * length]}}) for number in (1, 2, 3)]
    lines[1] = lines[1].replace('"items"', 'Иван "items"')
    path = written(tmp_path / "wall.ndjson", "\n".join([*lines, "", lines[0][:-3]]))
    batches = read(path, "vk")
    # Of the line that is cut short the post was whole.
    assert [row["id"] for row in rows(batches)] == ["-5_1", "-5_3", "-5_1"]
    assert [(one.text, one.detail.partition(":")[0]) for batch in batches for one in batch.broken] == [
        ("{}", "line 2 of the file is cut short or no JSON"),
        ("{}", "line 5 of the file is cut short or no JSON"),
    ]


@pytest.mark.parametrize(
    ("geo", "point"),
    [
        ({"type": "point", "coordinates": "45.03 38.97"}, ("45.03", "38.97")),
        ({"type": "point", "coordinates": {"type": "Point", "latitude": 45.03, "longitude": 38.97}}, ("45.03", "38.97")),
        ({"type": "place", "place": {"latitude": 45.03, "longitude": 38.97, "title": "Рынок"}}, ("45.03", "38.97")),
        ({"type": "place", "place": {"title": "Рынок"}}, ("", "")),
        ({"type": "point", "coordinates": "nowhere"}, ("nowhere", "")),
        (None, ("", "")),
    ],
)
def test_the_place_of_a_post_is_read_in_all_its_forms(tmp_path: Path, geo: object, point: tuple[str, str]) -> None:
    (row,) = vk(tmp_path, POST | {"geo": geo})
    assert (row["lat"], row["lng"]) == point


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[id7|Иван], у нас тоже яма", "у нас тоже яма"),
        ("Спасибо, [id7|Иван Петров], яма цела", "Спасибо, яма цела"),
        ("[id7:bp-5_1|Иван], яма", "яма"),
        ("[club5|Администрация] спит", "Администрация спит"),
        ("[id7|Иван]", None),
        ("Яма [не заделана] у дома", "Яма [не заделана] у дома"),
        ("нет &quot;света&quot;<br>и воды", 'нет "света"\nи воды'),
    ],
)
def test_who_is_mentioned_in_a_text_of_vk_is_left_out(tmp_path: Path, text: str, kept: str | None) -> None:
    assert [row["text"] for row in vk(tmp_path, POST | {"text": text})] == ([kept] if kept else [])


def test_a_comment_that_cannot_be_identified_is_rejected_without_its_author(tmp_path: Path) -> None:
    path = written(
        tmp_path / "old.json", {"response": {"items": [{"id": 3, "from_id": 7, "date": 1, "text": "яма", "thread": {}}, "text"]}}
    )
    ((broken,),) = [batch.broken for batch in read(path, "vk")]
    assert (broken.line, "post_id" in broken.detail, json.loads(broken.text)["text"]) == (1, True, "яма")
    assert "7" not in broken.text


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"type": "service"}, "service message"),
        ({"type": "unsupported"}, "message of another type: unsupported"),
        ({"text": ""}, "without words"),
        ({"text": "👍 123"}, "without words"),
        ({"text": "https://example.org/a"}, "without words"),
        ({"text": "", "media_type": "sticker", "file": "a.tgs"}, "media without words"),
        ({"text": "", "poll": {"question": "Кто за?"}}, "media without words"),
        ({"text": [{"type": "bot_command", "text": "/help"}]}, "command to a bot"),
        ({"text": [{"type": "mention", "text": "@somebody"}]}, "without words"),
        ({"inline_bot_buttons": [[{"type": "callback", "text": "Дороги"}]]}, "menu or answer of a bot"),
        ({"inline_bot_buttons": [[{"type": "url", "text": "Читать"}]]}, None),
        ({"via_bot": "@gif"}, None),
    ],
)
def test_what_is_no_message_of_a_citizen_is_passed_over_and_counted(tmp_path: Path, values: dict[str, object], reason: str | None) -> None:
    batches = chat(tmp_path, MESSAGE | values)
    assert (skipped(batches), len(rows(batches))) == (({reason: 1}, 0) if reason else ({}, 1))


def test_a_chat_alone_and_chats_without_messages_are_exports_too(tmp_path: Path) -> None:
    assert [row["id"] for row in rows(chat(tmp_path, MESSAGE, MESSAGE | {"id": -999}))] == ["9_1", "9_-999"]
    assert chat(tmp_path) == []
    nameless = written(tmp_path / "two.json", {"chats": {"list": [{"id": 3, "messages": []}, {"messages": [MESSAGE]}]}})
    ((broken,),) = [batch.broken for batch in read(nameless, "telegram")]
    assert "of a chat without one" in broken.detail


def test_an_answer_in_another_chat_has_the_words_of_what_it_answers(tmp_path: Path) -> None:
    chats = [
        {"type": "public_channel", "id": 3, "messages": [MESSAGE | {"text": "Каневская без света"}]},
        {"type": "public_supergroup", "id": 4, "messages": [MESSAGE | {"reply_to_peer_id": "channel3", "reply_to_message_id": 1}]},
    ]
    found = rows(read(written(tmp_path / "result.json", {"chats": {"list": chats}}), "telegram"))
    assert [(row["id"], row["context"]) for row in found] == [("3_1", ""), ("4_1", "Каневская без света")]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_control_characters_that_telegram_escapes_otherwise_than_json_are_read(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.readers.social.object_stream.CHUNK_BYTES", size)
    text = r'{"id": 9, "messages": [{"id": 1, "type": "message", "date_unixtime": "1", "text": "ям\x0bа C:\\x41 \\\x1F \\"}]}'
    (row,) = rows(read(written(tmp_path / "result.json", text), "telegram"))
    assert row["text"] == "ям\x0bа C:\\x41 \\\x1f \\"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vk", '{"chats": {"list": []}}', "no posts or comments of VK"),
        ("telegram", '{"response": {"items": []}}', "no chats of Telegram"),
        ("vk", "id;text\n1;яма\n", "no JSON"),
        (
            "vk",
            '{"response": {"items": [{"id": 1, "owner_id": 2, "date": 3, "text": "яма"}, {"id"',
            "to its end: it is cut short or no JSON",
        ),
        ("telegram", "<html><body></body></html>", "an HTML page"),
        ("telegram", "<!DOCTYPE html><html><head><title>Exported Data</title></head></html>", "as HTML: .* machine-readable JSON"),
        ("vk", '{"response": {"items": [' + "[" * 600 + "]" * 600 + "]}}", "nested too deeply"),
    ],
)
def test_a_file_of_another_kind_or_a_damaged_one_is_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(written(tmp_path / "input.json", content), name)


@pytest.mark.parametrize(("name", "ids"), [("vk", "-55_10"), ("telegram", "1123_2")])
def test_suggest_recognises_an_export_and_names_its_mapping(tmp_path: Path, name: str, ids: str) -> None:
    text = suggest_mapping(EXPORTS[name], 1_000, "Europe/Moscow")
    assert f"geo ingest {EXPORTS[name].name} --mapping {name}" in text
    assert "passed over" in text
    own = load_mapping(f"{written(tmp_path / 'own.toml', text)}")
    assert own == load_mapping(name)
    assert next(open_reader(EXPORTS[name], own).batches(1)).columns["id"] == [ids]


@pytest.mark.parametrize(("name", "mapping"), [("vk", "plain"), ("telegram", "russian")])
def test_the_message_about_an_export_with_another_mapping_names_the_right_one(tmp_path: Path, name: str, mapping: str) -> None:
    assert f"--mapping {name}" in describe_export(EXPORTS[name], load_mapping(mapping).file)
    assert describe_export(EXPORTS[name], load_mapping(name).file) == ""
    assert describe_export(EXPORTS[name], FileFormat(rows="response.items")) == ""
    assert describe_export(written(tmp_path / "other.json", [{"id": 1, "date": 2}]), FileFormat()) == ""


@pytest.mark.parametrize("name", EXPORTS)
def test_the_readers_keep_to_what_every_reader_does(tmp_path: Path, name: str) -> None:
    texts = [f"на улице {number} яма" for number in range(7)]
    if name == "vk":
        path = written(tmp_path / "a.json", {"response": {"items": [POST | {"id": n, "text": text} for n, text in enumerate(texts, 1)]}})
    else:
        messages = [MESSAGE | {"id": n, "text": text} for n, text in enumerate(texts, 1)]
        path = written(tmp_path / "a.json", {"id": -5, "type": "x", "messages": messages})
    expected = [{"id": f"-5_{n}", "date": "1700000000", "text": text} for n, text in enumerate(texts, 1)]

    def opened(wanted: list[Column] | None) -> object:
        return open_file(path, FileFormat.model_validate({"format": name}), wanted)

    conformance.rows_come_in_order_and_batches_of_the_size_asked_for(opened, expected, 3)  # type: ignore[arg-type]
    conformance.without_a_choice_all_columns_are_given(opened, expected)  # type: ignore[arg-type]
    conformance.a_column_may_have_another_name_or_be_absent(opened, expected)  # type: ignore[arg-type]
    conformance.an_input_of_another_kind_is_told_with_the_columns_it_has(opened, expected)  # type: ignore[arg-type]
    assert tuple(read(path, name)[0].columns) == MESSAGE_COLUMNS


@pytest.mark.parametrize("name", EXPORTS)
def test_memory_does_not_grow_with_the_file_nor_with_what_stands_beside_the_messages(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.readers.social.messages._REMEMBERED", 100)
    beside = [{"id": number, "first_name": "И" * 50} for number in range(2_000)]
    peaks = []
    for count in (500, 2_000):
        if name == "vk":
            items = [POST | {"id": number, "attachments": [{"photo": "x" * 400}]} for number in range(count)]
            content: object = {"response": {"profiles": beside, "items": items}}
        else:
            messages = [MESSAGE | {"id": number, "file": "x" * 400} for number in range(count)]
            content = {"contacts": {"list": beside}, "chats": {"list": [{"id": 5, "type": "x", "messages": messages}]}}
        path = written(tmp_path / f"{count}.json", content)
        tracemalloc.start()
        assert sum(len(batch.lines) for batch in open_file(path, FileFormat.model_validate({"format": name}), None).batches(100)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The second file is 700 kB longer.
    assert peaks[1] - peaks[0] < 100_000
    assert peaks[0] < 500_000

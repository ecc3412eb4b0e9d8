"""Shipped mappings: a few rows with the headers of the real exports, and what each becomes."""

import json
from pathlib import Path

import numpy as np
import pytest

from geo_service.core.model import Status
from ingest.mapping.mapping import load_mapping
from ingest.push.row_mapping import posted_mapping
from ingest.readers import RawBatch
from ingest.readers.columns import required_columns
from ingest.readers.detect import open_reader
from ingest.validate.entities import EntityResolver
from ingest.validate.validate import ValidatedBatch, Validator
from tests.support.exports import SAMPLES, Row
from tests.support.social_exports import EXPORTS


def became(path: Path, mapping: str) -> ValidatedBatch:
    meant = load_mapping(mapping)
    (raw,) = open_reader(path, meant).batches(10)
    return Validator(meant, EntityResolver(meant, path)).validate(raw)


def values(checked: ValidatedBatch) -> Row:
    theme, agency = checked.themes[0], checked.agencies[0]
    fields = ("received_at", "due_at", "answered_at", "closed_at", "updated_at")
    instants = {name: str(np.datetime_as_string(getattr(checked.batch, name)[0], "s")) for name in fields}
    return instants | {
        "id": checked.batch.external_id[0],
        "status": Status(int(checked.batch.status[0])).code,
        "theme": theme.code,
        "sector": theme.sector,
        "agency": agency.name if agency else "",
        "address": checked.batch.address[0],
        "place": f"{checked.batch.lng[0]} {checked.batch.lat[0]}",
    }


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_row_of_the_real_export_becomes_what_it_says(tmp_path: Path, sample: str) -> None:
    mapping, text, expected = SAMPLES[sample]
    (tmp_path / "sample.csv").write_text(text, encoding="utf-8")
    checked = became(tmp_path / "sample.csv", mapping)
    assert list(checked.rejects) == []
    assert values(checked) | expected == values(checked)


@pytest.mark.parametrize(
    ("mapping", "at", "names"),
    [
        ("nyc311", "2026-07-01T10:00:00.000", ("unique_key", "created_date", "status", "latitude", "longitude")),
        ("chicago311", "2026-07-01T09:00:00.000", ("sr_number", "created_date", "status", "latitude", "longitude")),
        ("sf311", "2026-07-01T07:00:00.000", ("service_request_id", "requested_datetime", "status_description", "lat", "long")),
    ],
)
def test_the_json_exports_have_the_same_mapping(tmp_path: Path, mapping: str, at: str, names: tuple[str, ...]) -> None:
    west, south, east, north = load_mapping(mapping).bounds or (0, 0, 0, 0)
    record = dict(zip(names, ("1", at, "Open", f"{(south + north) / 2}", f"{(west + east) / 2}"), strict=True))
    (tmp_path / "sample.json").write_text(json.dumps([record]), encoding="utf-8")
    checked = became(tmp_path / "sample.json", mapping)
    assert list(checked.rejects) == []
    assert values(checked)["received_at"] == "2026-07-01T14:00:00"
    assert values(checked)["status"] == "new"


def test_a_russian_export_without_coordinates_keeps_its_rows_for_their_words(tmp_path: Path) -> None:
    (tmp_path / "words.csv").write_text("Номер;Дата;Адрес\n1;24.11.2026;г. Абинск\n2;24.11.2026;\n", encoding="utf-8")
    checked = became(tmp_path / "words.csv", "russian")
    assert (checked.batch.external_id, checked.batch.address, checked.batch.cell.tolist()) == (["1"], ["г. Абинск"], [0])
    assert [one.reason for one in checked.rejects] == ["missing_coordinates"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        # ССТУ.РФ, all values of its protocol
        ("Не зарегистрировано", "new"), ("Не поступило", "new"), ("Находится на рассмотрении", "in_work"),
        ("Рассмотрение продлено", "interim"), ("Рассмотрено. Разъяснено", "closed"), (" Рассмотрено. Поддержано", "answered"),
        ("Рассмотрено. Поддержано. Меры приняты", "closed"),
        ("Рассмотрено. Не поддержано", "rejected"), ("Направлено по компетенции", "assigned"), ("Дан ответ автору", "answered"),
        ("Оставлено без ответа автору", "rejected"), ("Разъяснено", "closed"), ("Поддержано", "answered"), ("Меры приняты", "closed"),
        ("Не поддержано", "rejected"), ("Оставлено без ответа", "rejected"),
        # the federal feedback platform (ПОС)
        ("Назначен исполнитель", "assigned"), ("Отправлен ответ заявителю", "answered"), ("Отклонено модератором", "rejected"),
        ("Направлено в подведомственную организацию", "assigned"), ("Передано в вышестоящую организацию", "assigned"),
        ("Перенос срока обработки утвержден. Отправлен ответ Заявителю", "interim"), ("На подтверждении", "in_work"),
        # portals of regions, and desks that answer in social networks
        ("На модерации", "new"), ("Решение запланировано", "interim"), ("Отложено", "interim"), ("Не решено", "returned"),
        ("Проблема решена", "closed"), ("Ответ направлен", "answered"), ("Рассмотрено", "closed"), ("Переадресовано", "assigned"),
        ("Отработано", "answered"), ("Спам", "rejected"), ("Дублирующее", "duplicate"),
        # as people write them
        ("РЕШЕНО.", "closed"), ("  в   работе ", "in_work"), ("Отклонён", "rejected"), ("Срок продлён", "interim"),
    ],
)  # fmt: skip
def test_statuses_of_state_systems_are_known_in_files_and_when_they_are_sent(tmp_path: Path, status: str, code: str) -> None:
    (tmp_path / "export.csv").write_text(f"Номер;Дата;Статус;Адрес\n1;24.11.2026;{status};г. Абинск\n", encoding="utf-8")
    checked = became(tmp_path / "export.csv", "russian")
    assert ([Status(int(one)).code for one in checked.batch.status], list(checked.rejects)) == ([code], [])
    plain = posted_mapping()
    columns = {column.name: [""] for column in required_columns(plain)} | {"id": ["1"], "received_at": ["2026-11-24"], "text": ["Нет воды"]}
    sent = RawBatch(columns | {"status": [status]}, [1], [""], [], 0)
    assert Status(int(Validator(plain, EntityResolver(plain, tmp_path)).validate(sent).batch.status[0])).code == code


def test_an_export_of_the_feedback_platform_loads_by_its_own_headers(tmp_path: Path) -> None:
    header = (
        "Номер;Номер ЕПГУ;Источник;Верхнеуровневый ЛКО;Категория;Подкатегория;Факт;Организация, в которую поступило сообщение;"
        "Организация, в которой находится сообщение;Дата поступления;Дата планируемого завершения работ;"
        "Дата фактического завершения работ;Стадия;Статус;Тип решения;Адрес"
    )
    row = "327;666;EPGU;Край;Дороги;Ямы;Яма;Край;МКУ Дороги;06.01.2026;16.01.2026;07.01.2026"
    row += ";Завершено;Отправлен ответ заявителю;Решено;г. Абинск"
    (tmp_path / "pos.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    checked = became(tmp_path / "pos.csv", "russian")
    expected = {
        "id": "327", "received_at": "2026-01-05T21:00:00", "due_at": "2026-01-16T20:59:59", "closed_at": "2026-01-06T21:00:00",
        "status": "answered", "agency": "МКУ Дороги",
    }  # fmt: skip
    assert values(checked) | expected == values(checked)


def test_every_shipped_mapping_has_a_sample_or_a_file_of_its_own() -> None:
    from ingest.mapping.mapping import shipped_names

    assert {mapping for mapping, _, _ in SAMPLES.values()} | {"plain", "minsk115", "open311", *EXPORTS} == set(shipped_names())


def test_rows_that_only_a_text_tells_are_counted_and_unclear_ones_are_other(tmp_path: Path) -> None:
    texts = ["Нет света", "Примите меры!", "", "Яма на дороге"]
    rows = (
        "".join(f"{number};24.11.2026;45;39;{text};\n" for number, text in enumerate(texts)) + "9;24.11.2026;45;39;Яма на дороге;Дороги\n"
    )
    (tmp_path / "texts.csv").write_text("№;Дата;Широта;Долгота;Текст;Отрасль\n" + rows, encoding="utf-8")
    checked = became(tmp_path / "texts.csv", "russian")
    assert [theme.code for theme in checked.themes] == ["energy.outage", "other", "other", "roads.pothole", "roads"]
    assert (checked.by_text, checked.unsure) == (2, 1)

"""The classifier: messages as people write them come to the sector that a dispatcher would give, unclear ones to none."""

from pathlib import Path

import pytest

from geo_service.core.errors import InputError
from geo_service.core.model import SECTORS
from ingest.demo.messages.themes import DEMO_THEMES
from ingest.validate.classifier import ClassifierRules, load_classifier

NONE = "none"

MESSAGES = """
health|Невозможно записаться к терапевту, в электронной регистратуре нет талонов на ближайшие две недели
health|Третий день не могу дозвониться в поликлинику №3, трубку никто не берёт
health|В детской больнице очередь к педиатру по три часа, дети плачут
health|Маме второй месяц не выдают инсулин по льготному рецепту
health|Ждали скорую помощь два часа, бабушке 84 года
health|В нашем селе нет врача уже год, ФАП закрыт
health|Почему в аптеке нет бесплатных лекарств для ребёнка с астмой?
health|Не хватает врачей в районной больнице, принимает один хирург на весь район
health|Когда можно будет попасть к кардиологу? Запись к врачу только через месяц
health|Скорая не приехала на вызов, сказали нет машин
education|В школе №5 холодно, дети сидят в куртках на уроках
education|Сколько ещё ждать место в детском саду? Ребёнку уже три года
education|Не берут ребёнка в первый класс по месту жительства
education|Школьное питание ужасное, дети отказываются есть в столовой
education|У нас нет учителя математики с сентября
education|Школьный автобус опять сломался, дети не доехали на занятия
education|Крыша школы протекает, в классах стоят вёдра
education|Почему классный руководитель требует сдавать деньги на шторы
education|Поборы в садике: собирают на ремонт группы каждый месяц
education|Ребёнку не хватило учебников, начало второй четверти
social|Не пришло детское пособие за октябрь
social|Когда будет выплата малоимущим семьям на ребёнка до 3 лет
social|Многодетной семье не дают земельный участок пятый год
social|На входе в МФЦ нет пандуса, инвалид на коляске не может попасть внутрь
social|Отец участник СВО, не можем получить положенную помощь семье
social|К одинокой бабушке не приходит соцработник
social|Хочу узнать как оформить материнский капитал
social|Пенсия пришла меньше чем в прошлом месяце, почему?
social|Ветерану труда отказали в льготе на проезд
social|Отказали в субсидии на оплату ЖКХ, хотя документы все сдали
housing|Нет воды третий день на улице Садовой, когда дадут?
housing|В посёлке опять отключили воду без предупреждения
housing|Из крана течёт ржавая вода, пить невозможно
housing|Нет горячей воды уже неделю, дом 15
housing|Батареи еле тёплые, в квартире холодно, ребёнок болеет
housing|Когда включат отопление? На улице минус
housing|Прорвало канализацию, нечистоты текут по двору
housing|Подвал затоплен, запах на весь подъезд
housing|Течёт крыша на пятом этаже, управляющая компания не реагирует
housing|Лифт не работает вторую неделю, пенсионеры сидят дома
housing|В подъезде не убирают, грязь и запах
housing|Пришла квитанция с огромным начислением за отопление
housing|Сломаны качели на детской площадке во дворе
housing|Сухое дерево наклонилось над домом, вот-вот упадёт
housing|Слабый напор воды на втором этаже
housing|Трава во дворе выше пояса, никто не косит
housing|Стая бродячих собак бегает у дома, дети боятся
housing|Когда сделают капремонт нашего дома?
housing|Прорыв трубы на Мира 12, вода хлещет на дорогу
housing|Воды нет в кране с утра и до вечера каждый день
waste|Не вывозят мусор уже две недели, баки переполнены
waste|Мусорные контейнеры переполнены, запах страшный
waste|За огородами устроили свалку, возят строительный мусор
waste|Горит полигон ТБО, дышать нечем
waste|Почему плата за вывоз мусора начислена на пустой дом?
waste|Поставьте контейнеры, некуда выбрасывать мусор
waste|Контейнерная площадка сломана, ветром разносит пакеты
waste|Соседи жгут мусор и покрышки на пустыре
waste|Регоператор не забирает крупногабаритные отходы
waste|Несанкционированная свалка возле кладбища
energy|Нет света с шести утра, когда включат?
energy|Постоянно отключают электричество в хуторе
energy|Напряжение в сети 160 вольт, техника горит
energy|Оборванный провод висит над дорогой, искрит
energy|Отключили газ и не говорят когда дадут
energy|Когда проведут догазификацию нашей улицы?
energy|Свет моргает каждый вечер, холодильник сгорел
energy|Сгорел трансформатор, вся станица без света
energy|Полгода ждём технологическое присоединение к электросетям
energy|Пахнет газом, запах газа у дома 7
roads|Яма на дороге у поворота, уже два колеса пробили
roads|Дорога разбита, проехать невозможно
roads|Не чистят снег на улице Ленина, машины буксуют
roads|Гололёд на тротуарах, люди падают, посыпьте песком
roads|Не горят фонари на улице Школьной
roads|Нет уличного освещения от остановки до школы, дети идут в темноте
roads|Светофор на перекрёстке не работает третий день
roads|Нанесите разметку и сделайте пешеходный переход у магазина
roads|Нет тротуара вдоль трассы, ходим по обочине
roads|Отсыпьте дорогу щебнем, после дождя не пройти
roads|Сделайте лежачих полицейских у детского сада, машины летают
roads|Открытый люк посреди проезжей части
roads|Когда отремонтируют дорогу к хутору? Одни ямы
roads|Улица не освещается, темно ходить вечером, фонарей нет
transport|Автобус №5 не ходит по расписанию, ждём по часу
transport|Маршрутки набиты битком, утром не уехать на работу
transport|На остановке нет навеса, люди мокнут под дождём
transport|Верните автобус до станицы, отменили последний рейс
transport|Водитель автобуса грубит и курит за рулём
transport|Электричка опять опоздала на сорок минут
transport|Нужен маршрут до новой больницы
transport|Водитель маршрутки проехал мимо остановки, хотя я махала
transport|Троллейбус не дождаться, интервал сорок минут
transport|Разбита автобусная остановка, нет лавочки
none|Здравствуйте, подскажите когда вы это сделаете?
none|Ничего не меняется, пишу пятый раз
none|Спасибо за работу!
none|Соседи шумят ночью, спать невозможно
none|Позор! Примите меры!
none|Когда будет праздник в парке?
none|Губернатору: прошу личного приёма
none|Магазин продаёт алкоголь после одиннадцати
none|Фото прилагаю, адрес тот же
none|Закройте уже эту контору
"""
CASES = [tuple(line.split("|")) for line in MESSAGES.strip().splitlines()]
RULES = load_classifier("ru")


def test_there_are_messages_of_every_sector() -> None:
    assert len(CASES) >= 100
    assert {sector for sector, _ in CASES} == {sector.code for sector in SECTORS if sector.code != "other"} | {NONE}


@pytest.mark.parametrize(("sector", "text"), CASES)
def test_a_message_comes_to_its_sector(sector: str, text: str) -> None:
    found = RULES.theme(text)
    assert (found.sector if found else NONE) == sector


# Written after the rules, and the rules were not changed for them.
UNSEEN = """
health|Добрый день! В поликлинике нет невролога, ближайший в другом городе
health|Дочке нужны лекарства от эпилепсии, третий месяц не дают
health|Не работает рентген в ЦРБ, отправляют в краевой центр
education|В детском саду Ромашка закрыли группу, ремонт идёт с лета
education|Учительница кричит на детей на уроке
education|Почему нет продлёнки в начальной школе
social|Мне не назначили единое пособие из-за старой машины
social|Инвалиду первой группы отказали в путёвке в санаторий
housing|Пятый этаж, вода не доходит совсем, давления нет
housing|Управляющая компания не чинит домофон и дверь подъезда
housing|После дождя топит подвал дома, сырость и плесень
housing|Холодные батареи в угловой квартире
waste|Куча мусора у посадки, её уже месяц никто не убирает
waste|Вывоз ТКО по графику не выполняется
waste|Около нашего дома помойка, крысы бегают
energy|Свет отключили и не включают пятый час, дом с печкой на электричестве
energy|Провисли провода между столбами, задевают ветки
roads|Асфальт провалился, огромная яма перед домом
roads|На перекрёстке Мира и Гагарина нужен светофор
roads|Почистите дорогу от снега, скорая не проедет
transport|Автобус 112 опять не приехал, опоздала на работу
transport|В маршрутке водитель разговаривает по телефону
none|Где можно посмотреть ответ на моё обращение?
none|Цены в магазине растут каждый день
"""


def test_of_messages_that_the_rules_were_not_made_for_few_are_wrong() -> None:
    cases = [line.split("|") for line in UNSEEN.strip().splitlines()]
    found = [(sector, theme.sector if (theme := RULES.theme(text)) else NONE) for sector, text in cases]
    wrong = [pair for pair in found if pair[0] != pair[1] and pair[1] != NONE]
    right = sum(expected == got for expected, got in found)
    assert len(wrong) <= 2, wrong
    assert right >= 0.7 * len(cases)


def test_themes_of_the_rules_are_those_of_the_demo() -> None:
    known = {kind.code: (kind.sector, kind.name_ru, kind.name_en) for kind in DEMO_THEMES}
    found = {rule.code: (rule.sector, rule.ru, rule.en) for rule in RULES._rules.theme}
    assert found == known


def small(needed: float = 2.0, **more: object) -> dict[str, object]:
    theme = {"code": "a", "sector": "roads", "ru": "А", "en": "A", "words": {"ям* дорог*": 2.0}}
    other = {"code": "b", "sector": "roads", "ru": "Б", "en": "B", "words": {"мост*/брод": 2.0}, "not": ["нов* мост*"]}
    return {"needed": needed, "lead": 1.0, "theme": [theme, other | more]}


def verdict(rules: dict[str, object], text: str) -> str | None:
    from ingest.validate.classifier import Classifier

    found = Classifier(ClassifierRules.model_validate(rules)).theme(text)
    return found.code if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ЯМЫ на нашей дороге", "a"),
        ("яма там где была раньше дорога", None),
        ("дорога и яма", None),
        ("брод", "b"),
        ("броды", None),
        ("мостик", "b"),
        ("новый мостик", None),
        ("яма на дороге за мостом", "roads"),
        ("", None),
    ],
)
def test_phrases_stems_gaps_and_words_against(text: str, expected: str | None) -> None:
    assert verdict(small(), text) == expected


def test_what_is_too_light_or_torn_between_sectors_is_not_placed() -> None:
    assert verdict(small(needed=2.5), "брод") is None
    assert verdict(small(sector="waste"), "яма на дороге за мостом") is None


def test_faulty_rules_are_told_with_the_place_of_the_fault(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('needed = 2\nlead = 1\n[[theme]]\ncode = "a"\nsector = "road"\nru = "А"\nen = "A"\nwords = {}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"own\.toml: theme\.0\.sector: .*unknown sector 'road'.*theme\.0\.words"):
        load_classifier(str(path))
    with pytest.raises(InputError, match="allowed: ru, or the path"):
        load_classifier("de")

/** Words of what is coloured, compared and divided into classes. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {
  title: "On the map",
  layer: "Areas",
  layers: { hexes: "Hexagons", districts: "Districts" },
  measure: "Coloured by",
  names: {
    count: "messages", open: "open", overdue: "overdue", closed: "closed", share_closed: "share closed", answer_hours: "hours to the first answer (median)",
    answer_hours_p90: "hours to the first answer (nine in ten)", close_hours: "hours to closing (median)", close_hours_p90: "hours to closing (nine in ten)",
    share_on_time: "share answered on time", per_1000: "messages per 1,000 residents", per_km2: "messages per km²", change: "change",
  },
  compare: "Compared with",
  compared: { none: "nothing", previous: "the period before", year: "a year earlier" },
  breaks: "Classes",
  divisions: { quantile: "equal numbers (quantiles)", natural: "natural groups", equal: "equal widths", log: "logarithmic", own: "own limits…" },
  limits: "Limits",
  limitsHint: "1 to 4 ascending numbers, such as 5, 20, 50",
  limitsWrong: "These are not 1 to 4 ascending numbers.",
  changeLimits: "for change two limits, one on each side of zero: -0.5, 0.5",
  districtsOnly: "only for districts",
  needsComparison: "is compared with the period before",
  byChance: "by chance",
  grownFromNothing: "and where nothing was before",
  withoutValue: { one: "area without a value", other: "areas without a value" },
  inClass: "{n} in this class",
  asOf: "as of",
  pointsTitle: "Messages by age of the newest",
  ages: { today: "today", days3: "1–3 days", week: "4–7 days", month: "8–30 days", older: "older" },
  overdueRing: "one is overdue",
};

/** @type {Translated<typeof english>} */
export const russian = {
  title: "На карте",
  layer: "Участки",
  layers: { hexes: "Шестиугольники", districts: "Районы" },
  measure: "Окраска",
  names: {
    count: "сообщения", open: "открытые", overdue: "просроченные", closed: "закрытые", share_closed: "доля закрытых", answer_hours: "часы до первого ответа (медиана)",
    answer_hours_p90: "часы до первого ответа (девять из десяти)", close_hours: "часы до закрытия (медиана)", close_hours_p90: "часы до закрытия (девять из десяти)",
    share_on_time: "доля ответов в срок", per_1000: "сообщений на 1000 жителей", per_km2: "сообщений на км²", change: "изменение",
  },
  compare: "Сравнить с",
  compared: { none: "не сравнивать", previous: "предыдущим периодом", year: "тем же периодом год назад" },
  breaks: "Классы",
  divisions: { quantile: "поровну (квантили)", natural: "естественные группы", equal: "равной ширины", log: "логарифмические", own: "свои границы…" },
  limits: "Границы",
  limitsHint: "от 1 до 4 чисел по возрастанию, например 5; 20; 50",
  limitsWrong: "Нужно от 1 до 4 чисел по возрастанию.",
  changeLimits: "для изменения две границы по разные стороны от нуля: -0,5; 0,5",
  districtsOnly: "только для районов",
  needsComparison: "сравнивается с предыдущим периодом",
  byChance: "случайность",
  grownFromNothing: "и там, где раньше ничего не было",
  withoutValue: { one: "участок без значения", few: "участка без значения", many: "участков без значения", other: "участка без значения" },
  inClass: "{n} в этом классе",
  asOf: "по состоянию на",
  pointsTitle: "Сообщения, по давности последнего",
  ages: { today: "сегодня", days3: "1–3 дня", week: "4–7 дней", month: "8–30 дней", older: "раньше" },
  overdueRing: "есть просроченное",
};

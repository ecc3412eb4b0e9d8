/** Words of the search, and of what an operator's key opens. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {
  label: "Search",
  placeholder: "Place, agency, theme or number",
  hint: "Settlement, district, agency, theme, incident number. The key / comes here.",
  results: "Results",
  types: {
    settlement: "Settlements",
    district: "Districts",
    agency: "Agencies",
    theme: "Themes",
    sector: "Sectors",
    incident: "Incidents",
    address: "Addresses",
  },
  found: { one: "result", other: "results" },
  none: "Nothing is called “{text}”.",
  noAddress: "No such address in the region.",
  noAnswer: "The service does not answer. Trying again.",
  unavailable: "Not everything could be searched now.",
  findAddress: "Find the address “{text}”",
  filtered: "Filter: {name}",
  number: "No. {id}",
};

/** @type {Translated<typeof english>} */
export const russian = {
  label: "Поиск",
  placeholder: "Место, ведомство, тема или номер",
  hint: "Населённый пункт, район, ведомство, тема, номер обращения. Клавиша / ведёт сюда.",
  results: "Результаты",
  types: {
    settlement: "Населённые пункты",
    district: "Районы",
    agency: "Ведомства",
    theme: "Темы",
    sector: "Отрасли",
    incident: "Сообщения",
    address: "Адреса",
  },
  found: { one: "результат", few: "результата", many: "результатов", other: "результата" },
  none: "По запросу «{text}» ничего не найдено.",
  noAddress: "Такого адреса в регионе не найдено.",
  noAnswer: "Сервис не отвечает; повторяем автоматически.",
  unavailable: "Сейчас удалось найти не всё.",
  findAddress: "Найти адрес «{text}»",
  filtered: "Фильтр: {name}",
  number: "№ {id}",
};

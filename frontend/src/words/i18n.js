/** The page's words in two languages. English is the measure: a key missing in Russian is a type error. */

/** @import { Language } from "../page/state.js" */

const english = {
  title: "Citizens' messages",
  controls: "Choice",
  map: "Map of messages in hexagons",
  otherLanguage: "Русский",
  measure: { count: "messages", open: "open", overdue: "overdue" },
  measureTitle: "What to colour by",
  period: "Period",
  sectors: "Sectors",
  allSectors: "All sectors",
  windows: { "24h": "24 hours", "7d": "7 days", "30d": "30 days", "12w": "12 weeks", "1y": "1 year", all: "All data" },
  from: "from",
  until: "to",
  filters: "Also filtered by",
  clearFilters: "Clear",
  legend: "Legend",
  legendNothing: "No hexagons to colour",
  legendCells: { one: "hexagon", other: "hexagons" },
  legendDistricts: { one: "district", other: "districts" },
  hexagonSize: "Hexagons about {width} wide (H3 resolution {resolution})",
  kilometres: "km",
  metres: "m",
  nothing: "Nothing matches this choice.",
  nothingInPeriod: "No messages in this period. The data hold {first} to {last}.",
  noData: "There are no messages in the service yet.",
  showLast: "Show the last 30 days of the data, until {last}",
  showAll: "Show all data",
  synthetic: "Demonstration: all messages are made up.",
  partlySynthetic: "{synthetic} of {all} are made up for demonstration.",
  hexagon: "Hexagon",
  notInView: "no messages here now",
  fullMap: "Open the full map",
  frameAllows: "of the frame itself: {names}",
  wrongParameter: "{name}: {value} is not known; allowed: {allowed}",
  repeatedParameter: "{name}: is given more than once; allowed: one value, several codes joined by commas",
  close: "Close",
  shareOpen: "share open",
  h3: "H3 index",
  copyLink: "Copy link",
  copied: "Copied",
  live: "live",
  connecting: "connecting…",
  away: "The service does not answer; trying again",
  dataChanged: "changed {ago}",
  loading: "The service is loading its data. This page waits.",
  unreachable: "The service does not answer. This page tries again by itself.",
  refused: "The service refused this choice: {detail}",
  noWebgl: "This browser cannot draw the map: it needs WebGL 2. The numbers beside it work all the same.",
  reset: "Back to the beginning",
  messages: { one: "message", other: "messages" },
  openCount: { one: "open", other: "open" },
  overdueCount: { one: "overdue", other: "overdue" },
  maplibre: {
    "NavigationControl.ZoomIn": "Zoom in",
    "NavigationControl.ZoomOut": "Zoom out",
    "AttributionControl.ToggleAttribution": "Sources of the map",
    "ScaleControl.Kilometers": "km",
    "ScaleControl.Meters": "m",
    "CooperativeGesturesHandler.WindowsHelpText": "Use Ctrl and the wheel to zoom the map",
    "CooperativeGesturesHandler.MacHelpText": "Use ⌘ and the wheel to zoom the map",
    "CooperativeGesturesHandler.MobileHelpText": "Use two fingers to move the map",
  },
};

/** @typedef {Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }} Plural */
/** @typedef {{ [Key in keyof typeof english]: (typeof english)[Key] extends { one: string } ? Plural : (typeof english)[Key] }} Dictionary */

/** @type {Dictionary} */
const russian = {
  title: "Сообщения граждан",
  controls: "Выбор",
  map: "Карта сообщений в шестиугольниках",
  otherLanguage: "English",
  measure: { count: "сообщения", open: "открытые", overdue: "просроченные" },
  measureTitle: "По чему окрасить",
  period: "Период",
  sectors: "Отрасли",
  allSectors: "Все отрасли",
  windows: { "24h": "24 часа", "7d": "7 дней", "30d": "30 дней", "12w": "12 недель", "1y": "1 год", all: "Все данные" },
  from: "с",
  until: "по",
  filters: "Также отобрано по",
  clearFilters: "Сбросить",
  legend: "Легенда",
  legendNothing: "Нечего окрашивать",
  legendCells: { one: "шестиугольник", few: "шестиугольника", many: "шестиугольников", other: "шестиугольника" },
  legendDistricts: { one: "район", few: "района", many: "районов", other: "района" },
  hexagonSize: "Шестиугольники шириной около {width} (H3, разрешение {resolution})",
  kilometres: "км",
  metres: "м",
  nothing: "Ничего не найдено.",
  nothingInPeriod: "За этот период сообщений нет. Есть данные с {first} по {last}.",
  noData: "В сервисе ещё нет сообщений.",
  showLast: "Показать последние 30 дней данных, по {last}",
  showAll: "Показать все данные",
  synthetic: "Демонстрация: все сообщения вымышлены.",
  partlySynthetic: "Вымышлено для демонстрации: {synthetic} из {all}.",
  hexagon: "Шестиугольник",
  notInView: "сейчас здесь сообщений нет",
  fullMap: "Открыть полную карту",
  frameAllows: "у самой рамки: {names}",
  wrongParameter: "{name}: значение {value} неизвестно; допустимо: {allowed}",
  repeatedParameter: "{name}: задан несколько раз; допустимо: одно значение, несколько кодов через запятую",
  close: "Закрыть",
  shareOpen: "доля открытых",
  h3: "Индекс H3",
  copyLink: "Скопировать ссылку",
  copied: "Скопировано",
  live: "онлайн",
  connecting: "подключение…",
  away: "Сервис не отвечает, пробуем снова",
  dataChanged: "изменено {ago}",
  loading: "Сервис загружает данные. Страница подождёт.",
  unreachable: "Сервис не отвечает. Страница пробует снова сама.",
  refused: "Сервис не принял этот выбор: {detail}",
  noWebgl: "Этот браузер не может нарисовать карту: нужен WebGL 2. Числа рядом с ней работают.",
  reset: "Вернуться к началу",
  messages: { one: "сообщение", few: "сообщения", many: "сообщений", other: "сообщения" },
  openCount: { one: "открытое", few: "открытых", many: "открытых", other: "открытых" },
  overdueCount: { one: "просроченное", few: "просроченных", many: "просроченных", other: "просроченных" },
  maplibre: {
    "NavigationControl.ZoomIn": "Приблизить",
    "NavigationControl.ZoomOut": "Отдалить",
    "AttributionControl.ToggleAttribution": "Источники карты",
    "ScaleControl.Kilometers": "км",
    "ScaleControl.Meters": "м",
    "CooperativeGesturesHandler.WindowsHelpText": "Чтобы изменить масштаб, крутите колесо с клавишей Ctrl",
    "CooperativeGesturesHandler.MacHelpText": "Чтобы изменить масштаб, крутите колесо с клавишей ⌘",
    "CooperativeGesturesHandler.MobileHelpText": "Двигайте карту двумя пальцами",
  },
};

/** @type {Record<Language, Dictionary>} */
export const DICTIONARIES = { en: english, ru: russian };

/** @param {Language} language */
export function words(language) {
  return DICTIONARIES[language];
}

/**
 * The template with each {name} replaced.
 * @param {string} template @param {Record<string, string | number>} values
 */
export function fill(template, values) {
  return template.replaceAll(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** @param {Language} language @param {number} value */
export function formatNumber(language, value) {
  return new Intl.NumberFormat(language).format(value);
}

/** @param {Language} language @param {number} share 0 to 1 */
export function formatShare(language, share) {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/**
 * A value of a measure: shares as per cent, a change with its sign, others as numbers.
 * @param {Language} language @param {string} measure @param {number} value
 */
export function formatMeasured(language, measure, value) {
  if (measure.startsWith("share")) return formatShare(language, value);
  if (measure !== "change") return new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value);
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" }).format(value);
}

/**
 * A number with its word in the right form: 421 случай, 302 случая.
 * @param {Language} language @param {number} count @param {Plural} forms
 */
export function counted(language, count, forms) {
  const form = new Intl.PluralRules(language).select(count);
  return `${formatNumber(language, count)} ${forms[form] ?? forms.other}`;
}

/**
 * The distance to a moment that has passed, in the largest fitting unit.
 * @param {Language} language @param {number} seconds
 */
export function formatAgo(language, seconds) {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "short" });
  if (seconds < 60) return format.format(-Math.floor(seconds), "second");
  if (seconds < 3600) return format.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86_400) return format.format(-Math.floor(seconds / 3600), "hour");
  return format.format(-Math.floor(seconds / 86_400), "day");
}

/** The measure's numbers as one sentence. @param {Language} language @param {import("../page/state.js").Counts} counts */
export function sentence(language, counts) {
  const dictionary = words(language);
  return [
    counted(language, counts.n, dictionary.messages),
    counted(language, counts.open, dictionary.openCount),
    counted(language, counts.overdue, dictionary.overdueCount),
  ].join(", ");
}

/** The property of the counts that a measure shows. @param {string} measure @returns {"n" | "open" | "overdue"} */
export function countOf(measure) {
  return measure === "open" || measure === "overdue" ? measure : "n";
}

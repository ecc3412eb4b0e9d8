/** Words of taking the map elsewhere. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {
  rule: "Each of these shows exactly what is on the screen now: selection, colours, place, language.",
  copy: "Copy",
  copied: "Copied",
  notCopied: "The browser does not let this page copy; mark the text and press Ctrl+C.",
  copyWhat: "Copy: {what}",
  copiedWhat: "Copied: {what}",
  link: "Link to this view",
  frame: "Frame for another page (iframe)",
  element: "Element for another page (<heat-map>)",
  tilejson: "Tiles for any map (TileJSON)",
  style: "Whole style for MapLibre",
  files: "Districts as a file",
  csv: "CSV table",
  geojson: "GeoJSON with outlines",
  more: "How to use these",
  paper: "Picture and paper",
  picture: "Picture (PNG)",
  picturing: "Drawing…",
  noPicture: "The picture could not be made.",
  print: "Print",
  frameTitle: "Map of citizens' messages",
};

/** @type {Translated<typeof english>} */
export const russian = {
  rule: "Всё это показывает в точности то, что сейчас на экране: отбор, окраску, место, язык.",
  copy: "Скопировать",
  copied: "Скопировано",
  notCopied: "Браузер не даёт странице копировать; выделите текст и нажмите Ctrl+C.",
  copyWhat: "Скопировать: {what}",
  copiedWhat: "Скопировано: {what}",
  link: "Ссылка на этот вид",
  frame: "Рамка для другой страницы (iframe)",
  element: "Элемент для другой страницы (<heat-map>)",
  tilejson: "Тайлы для любой карты (TileJSON)",
  style: "Готовый стиль для MapLibre",
  files: "Районы файлом",
  csv: "Таблица CSV",
  geojson: "GeoJSON с границами",
  more: "Как этим пользоваться",
  paper: "Картинка и бумага",
  picture: "Картинка (PNG)",
  picturing: "Рисуем…",
  noPicture: "Картинку сделать не удалось.",
  print: "Печать",
  frameTitle: "Карта сообщений граждан",
};

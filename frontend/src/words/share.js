/** Words of taking the map elsewhere. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {
  rule: "Everything here corresponds to the current view: filters, measure, place, language.",
  copy: "Copy",
  copied: "Copied",
  notCopied: "The browser does not allow copying; select the text and press Ctrl+C.",
  copyWhat: "Copy: {what}",
  copiedWhat: "Copied: {what}",
  link: "Link to this view",
  frame: "Embed code (iframe)",
  element: "Web component (<heat-map>)",
  tilejson: "Tiles for other maps (TileJSON)",
  style: "MapLibre style",
  files: "District data",
  csv: "CSV table",
  geojson: "GeoJSON with boundaries",
  paper: "Image and print",
  picture: "Save PNG",
  picturing: "Preparing…",
  noPicture: "The image could not be saved.",
  print: "Print",
  pictureTitle: "Number of citizen-reported incidents",
  frameTitle: "Map of citizen-reported incidents",
};

/** @type {Translated<typeof english>} */
export const russian = {
  rule: "Всё соответствует текущему виду: фильтры, показатель, место, язык.",
  copy: "Скопировать",
  copied: "Скопировано",
  notCopied: "Браузер не разрешает копирование; выделите текст и нажмите Ctrl+C.",
  copyWhat: "Скопировать: {what}",
  copiedWhat: "Скопировано: {what}",
  link: "Ссылка на этот вид",
  frame: "Код для вставки (iframe)",
  element: "Веб-компонент (<heat-map>)",
  tilejson: "Тайлы для других карт (TileJSON)",
  style: "Стиль MapLibre",
  files: "Данные по районам",
  csv: "Таблица CSV",
  geojson: "GeoJSON с границами",
  paper: "Изображение и печать",
  picture: "Сохранить PNG",
  picturing: "Подготовка…",
  noPicture: "Не удалось сохранить изображение.",
  print: "Печать",
  pictureTitle: "Число сообщений граждан",
  frameTitle: "Карта сообщений граждан",
};

/** Words of several regions, and of the trend of answer times. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {
  title: "Region",
  allRegions: "All regions",
  ranked: "Regions",
  several: { one: "region", other: "regions" },
  trend: "Time to first response by month of receipt",
  trendRule: "Median, hours, over all data. Incidents that still wait are counted as such, so recent months do not look fast.",
  trendMonth: "Month",
  trendMedian: "median, h",
  trendP90: "90 % within, h",
  trendN: "received",
  trendWaiting: "waiting",
  trendTitle: "Entry",
  trendNow: "last 3 months, h",
  trendAgo: "{years} ago",
  trendGroup: "By",
  trendGroups: { sector: "sector", region: "region", district: "district" },
  faster: "{times} times faster than in the same months {years} earlier ({before} h → {now} h)",
  slower: "{times} times slower than in the same months {years} earlier ({before} h → {now} h)",
  unsure: "; within random variation",
  years: { one: "year", other: "years" },
  partial: "month not over",
  notReached: "not reached yet",
};

/** @type {Translated<typeof english>} */
export const russian = {
  title: "Регион",
  allRegions: "Все регионы",
  ranked: "Регионы",
  several: { one: "регион", few: "региона", many: "регионов", other: "региона" },
  trend: "Срок первого ответа по месяцам поступления",
  trendRule: "Медиана в часах по всем данным. Сообщения, которые ещё ждут ответа, учтены, поэтому последние месяцы не выглядят быстрее.",
  trendMonth: "Месяц",
  trendMedian: "медиана, ч",
  trendP90: "90 % не дольше, ч",
  trendN: "поступило",
  trendWaiting: "ждут ответа",
  trendTitle: "Наименование",
  trendNow: "за 3 месяца, ч",
  trendAgo: "{years} назад",
  trendGroup: "По",
  trendGroups: { sector: "отраслям", region: "регионам", district: "районам" },
  faster: "В {times} раза быстрее, чем в те же месяцы {years} назад ({before} ч → {now} ч)",
  slower: "В {times} раза медленнее, чем в те же месяцы {years} назад ({before} ч → {now} ч)",
  unsure: "; в пределах случайных колебаний",
  years: { one: "год", few: "года", many: "лет", other: "года" },
  partial: "месяц не завершён",
  notReached: "ещё не достигнута",
};

/** Regions, languages, currencies, time zones and measures, as this Node's `Intl` names them. */

const LANGUAGES_OF_NAMES = [
  'en',
  'de',
  'fr',
  'es',
  'pt',
  'it',
  'pl',
  'ru',
  'el',
  'ar',
  'he',
  'hi',
  'th',
  'zh',
  'ja',
  'ko',
];
const MONTHS = ['2024-01', '2024-03', '2024-04', '2024-07', '2024-10', '2024-11'];

type Named = readonly [code: string, name: string];

export function* languages(): Generator<Named> {
  yield* named(
    new Intl.DisplayNames('en', { type: 'language', fallback: 'none' }),
    pairs('abcdefghijklmnopqrstuvwxyz'),
  );
}

export function* regions(): Generator<Named> {
  yield* named(new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }), pairs('ABCDEFGHIJKLMNOPQRSTUVWXYZ'));
}

export function* regionNames(): Generator<readonly [region: string, language: string, name: string]> {
  const codes = [...regions()].map(([code]) => code);
  for (const language of LANGUAGES_OF_NAMES) {
    for (const [region, name] of named(new Intl.DisplayNames(language, { type: 'region', fallback: 'none' }), codes)) {
      yield [region, language, name];
    }
  }
}

export function* currencies(): Generator<readonly [code: string, name: string, fractionDigits: number]> {
  for (const [code, name] of currenciesIn('en')) {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency: code });
    yield [code, name, format.resolvedOptions().maximumFractionDigits ?? 0];
  }
}

export function* currencyNames(): Generator<readonly [currency: string, language: string, name: string]> {
  for (const language of LANGUAGES_OF_NAMES) {
    for (const [currency, name] of currenciesIn(language)) {
      yield [currency, language, name];
    }
  }
}

export function* timeZones(): Generator<readonly [id: number, name: string]> {
  for (const [index, name] of Intl.supportedValuesOf('timeZone').entries()) {
    yield [index + 1, name];
  }
}

export function* timeZoneOffsets(): Generator<readonly [timeZone: number, month: string, offsetHours: number]> {
  for (const [id, timeZone] of timeZones()) {
    const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
    for (const month of MONTHS) {
      yield [id, month, offsetHours(format, new Date(`${month}-15T12:00:00Z`))];
    }
  }
}

export function* numberingSystems(): Generator<readonly [code: string, digits: string | null]> {
  for (const code of Intl.supportedValuesOf('numberingSystem')) {
    const format = new Intl.NumberFormat('en', { numberingSystem: code, useGrouping: false });
    yield [code, format.format(9_876_543_210)];
  }
}

export function* calendars(): Generator<readonly [code: string, name: string | null]> {
  const names = new Intl.DisplayNames('en', { type: 'calendar', fallback: 'none' });
  for (const code of Intl.supportedValuesOf('calendar')) {
    yield [code, names.of(code) ?? null];
  }
}

export function* units(): Generator<readonly [code: string, shortForm: string, longForm: string]> {
  for (const unit of Intl.supportedValuesOf('unit')) {
    const form = (unitDisplay: 'short' | 'long'): string =>
      new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay }).format(2);
    yield [unit, form('short'), form('long')];
  }
}

function currenciesIn(language: string): Iterable<Named> {
  const names = new Intl.DisplayNames(language, { type: 'currency', fallback: 'none' });
  return named(names, Intl.supportedValuesOf('currency'));
}

function* named(names: Intl.DisplayNames, codes: Iterable<string>): Generator<Named> {
  for (const code of codes) {
    const name = names.of(code);
    if (name !== undefined) {
      yield [code, name];
    }
  }
}

function* pairs(letters: string): Generator<string> {
  for (const first of letters) {
    for (const second of letters) {
      yield first + second;
    }
  }
}

/** From "GMT+05:45" or "GMT". */
function offsetHours(format: Intl.DateTimeFormat, moment: Date): number {
  const name = format.formatToParts(moment).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const match = /^GMT(?:(?<sign>[+-])(?<hours>\d\d):(?<minutes>\d\d)(?::\d\d)?)?$/.exec(name);
  const { sign = '+', hours = '0', minutes = '0' } = match?.groups ?? {};
  return (sign === '-' ? -1 : 1) * (Number(hours) + Number(minutes) / 60);
}

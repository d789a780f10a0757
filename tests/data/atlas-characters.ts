/** Unicode characters, as the regular expressions and string functions of this Node know them. */

export const GENERAL_CATEGORIES: Readonly<Record<string, string>> = {
  Lu: 'Uppercase Letter',
  Ll: 'Lowercase Letter',
  Lt: 'Titlecase Letter',
  Lm: 'Modifier Letter',
  Lo: 'Other Letter',
  Mn: 'Nonspacing Mark',
  Mc: 'Spacing Mark',
  Me: 'Enclosing Mark',
  Nd: 'Decimal Number',
  Nl: 'Letter Number',
  No: 'Other Number',
  Pc: 'Connector Punctuation',
  Pd: 'Dash Punctuation',
  Ps: 'Open Punctuation',
  Pe: 'Close Punctuation',
  Pi: 'Initial Punctuation',
  Pf: 'Final Punctuation',
  Po: 'Other Punctuation',
  Sm: 'Math Symbol',
  Sc: 'Currency Symbol',
  Sk: 'Modifier Symbol',
  So: 'Other Symbol',
  Zs: 'Space Separator',
  Zl: 'Line Separator',
  Zp: 'Paragraph Separator',
  Cc: 'Control',
  Cf: 'Format',
};

/** Latin to the general punctuation and symbols, and the emoji block. */
const RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x1, 0x2fff],
  [0x1f300, 0x1faff],
];

type CharacterRow = readonly [
  codePoint: number,
  text: string,
  utf8: Uint8Array,
  category: string,
  uppercase: string | null,
  lowercase: string | null,
  isEmoji: number,
];

export function* characters(): Generator<CharacterRow> {
  const utf8 = new TextEncoder();
  const patterns = Object.keys(GENERAL_CATEGORIES).map((code) => ({
    code,
    pattern: new RegExp(`^\\p{${code}}$`, 'u'),
  }));
  for (const text of assigned()) {
    const category = patterns.find(({ pattern }) => pattern.test(text))?.code;
    if (category !== undefined) {
      const isEmoji = /^\p{Emoji_Presentation}$/u.test(text) ? 1 : 0;
      yield [
        codePointOf(text),
        text,
        utf8.encode(text),
        category,
        differing(text, text.toUpperCase()),
        differing(text, text.toLowerCase()),
        isEmoji,
      ];
    }
  }
}

/** Canonical decompositions whose parts are characters of the atlas. */
export function* decompositions(): Generator<readonly [codePoint: number, position: number, part: number]> {
  for (const text of assigned()) {
    const parts = Array.from(text.normalize('NFD'));
    if (parts.length > 1) {
      for (const [position, part] of parts.entries()) {
        yield [codePointOf(text), position, codePointOf(part)];
      }
    }
  }
}

/** ISO 15924 codes that have an English name. */
export function* scripts(): Generator<readonly [code: string, name: string]> {
  const names = new Intl.DisplayNames('en', { type: 'script', fallback: 'none' });
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  for (let index = 0; index < letters.length ** 4; index += 1) {
    const code = [3, 2, 1, 0]
      .map((power) => letters.charAt(Math.floor(index / letters.length ** power) % letters.length))
      .join('');
    const titled = code.charAt(0).toUpperCase() + code.slice(1);
    const name = names.of(titled);
    if (name !== undefined) {
      yield [titled, name];
    }
  }
}

function* assigned(): Generator<string> {
  for (const [first, last] of RANGES) {
    for (let codePoint = first; codePoint <= last; codePoint += 1) {
      const text = String.fromCodePoint(codePoint);
      if (/^\P{Cn}$/u.test(text)) {
        yield text;
      }
    }
  }
}

function codePointOf(text: string): number {
  return text.codePointAt(0) ?? 0;
}

function differing(text: string, other: string): string | null {
  return other === text ? null : other;
}

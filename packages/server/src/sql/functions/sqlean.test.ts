/**
 * Functions of SQLean that are ours: the values are those that SQLean itself (its build for Python) gives for the same
 * expressions.
 */
import { expect, test } from 'vitest';

import { newDatabase, READ, scopeOf, stmt } from '../testing.ts';

const read = scopeOf(READ);

async function value(expression: string): Promise<unknown> {
  return (
    await newDatabase()
      .connect()
      .execute(stmt(`SELECT ${expression}`), read)
  ).rows[0]?.[0];
}

test.each([
  ["hex(md5('abc'))", '900150983CD24FB0D6963F7D28E17F72'],
  ["hex(sha1(x'00'))", '5BA93C9DB0CFF93F52B521D7420E43F6EDA2784F'],
  ['hex(sha256(12))', '6B51D431DF5D7F141CBECECCF79EDF3DD861C3B4069F0B11661A3EEFACBBA918'],
  ["hex(crypto_sha1('a'))", '86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8'],
  [
    'hex(sha384(1.5))',
    '5EB757A65C37632B0B8D0FDD125FACEBAC673C9FEBA4FB736C340ACD37F260CBA7249D3FA87F8CFEA8A541AFE93D81D0',
  ],
  ['md5(NULL)', null],
  ["typeof(sha512('a'))", 'blob'],
  ["encode('ab>?', 'base64')", 'YWI+Pw=='],
  ["encode('ab c/é', 'url')", 'ab%20c%2F%C3%A9'],
  ["encode('a~b*(c)''!-_.', 'url')", 'a~b%2A%28c%29%27%21-_.'],
  ["encode(x'00ff', 'hex')", '00ff'],
  ["hex(decode('YWI+Pw==', 'base64'))", '61623E3F'],
  ["hex(decode('00Ff', 'hex'))", '00FF'],
  ["CAST(decode('a%20b+c', 'url') AS TEXT)", 'a b c'],
  ["hex(uuid_blob('{A0EEBC999C0B4EF8BB6D6BB9BD380A11}'))", 'A0EEBC999C0B4EF8BB6D6BB9BD380A11'],
  ["uuid_str(x'a0eebc999c0b4ef8bb6d6bb9bd380a11')", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ["uuid_str('x')", null],
  ["text_split('a,b,c', ',', 2)", 'b'],
  ["text_split('a,b,c', ',', -1)", 'c'],
  ["text_split('a,b,c', ',', 9)", ''],
  ["text_split('abc', 'a,b,,c', 1)", ''],
  ["text_reverse('aé😀')", '😀éa'],
  ["text_length('aé😀')", 3n],
  ["text_size('aé😀')", 7n],
  ["text_concat('a', NULL, 1, 2.5)", 'a12.5'],
  ["text_join(',', 'a', NULL, 'b')", 'a,b'],
  ["text_join(NULL, 'a')", null],
  ["text_index('héllo', 'l')", 3n],
  ["text_index('abc', 'z')", 0n],
  ["text_contains('abc', '')", 1n],
  ['text_contains(NULL, 1)', null],
  ["text_has_suffix('abc', 'bc')", 1n],
  ["text_count('aaaa', 'aa')", 2n],
])('%s is what SQLean gives', async (expression, expected) => {
  expect(await value(expression)).toEqual(expected);
});

test.each(["decode('YWI+Pw', 'base64')", "decode('0', 'hex')", "decode('%zz', 'url')", "encode('a', 'zz')"])(
  '%s is an error',
  async (expression) => {
    await expect(value(expression)).rejects.toThrow(/invalid input string|unknown encoding/);
  },
);

test('identifiers are of their version, ordered in time where they promise it, and never the same', async () => {
  expect(await value('uuid4()')).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(await value('uuid7()')).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(await value('uuid7() <> uuid7() AND uuid4() <> gen_random_uuid()')).toBe(1n);
  const seconds = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
  const dated = "replace(substr(uuid7(), 1, 13), '-', '')";
  expect(await value(`abs(('0x' || ${dated}) - ${seconds}) >= 0`)).toBe(1n);
});

test.each(["fuzzy_damlev('a', 'b')", 'stats_median(1)', "text_lpad('a', 2)", "blake3('a')", "regexp_like('a', 'b')"])(
  '%s is refused with an error that names it and the way out',
  async (expression) => {
    const name = expression.slice(0, expression.indexOf('('));
    await expect(value(expression)).rejects.toMatchObject({
      code: 'FUNCTION_NOT_OFFERED',
      message: expect.stringMatching(new RegExp(`${name}; .* compute it in the client`)),
    });
  },
);

test('a misspelt function is still one, and what SQLite has of mathematics is there', async () => {
  await expect(value('txt_reverse(1)')).rejects.toMatchObject({ code: 'SQL_INPUT_ERROR' });
  expect(await value('sqrt(16) + pow(2, 3) + ceil(0.5) + round(ln(exp(1))) + trunc(1.9) + mod(5, 3)')).toBe(17);
});

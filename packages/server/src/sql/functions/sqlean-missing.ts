/**
 * Functions of SQLean's modules that Turso loads (`crypto`, `fuzzy`, `math`, `stats`, `text`, `uuid`, and `regexp`) and
 * this server has not: refused with an error that says so, rather than as a misspelt name. What SQLite has built in is
 * not refused, even if it stands here.
 *
 * @module
 */
import { SqlError } from '../statement.ts';

const MODULES: Readonly<Record<string, string>> = {
  crypto: 'blake3 crypto_blake3',
  fuzzy:
    'fuzzy_caver fuzzy_damlev fuzzy_editdist fuzzy_hamming fuzzy_jarowin fuzzy_leven fuzzy_osadist fuzzy_phonetic ' +
    'fuzzy_rsoundex fuzzy_script fuzzy_soundex fuzzy_translit caverphone dlevenshtein edit_distance hamming ' +
    'jaro_winkler levenshtein osa_distance phonetic_hash rsoundex script_code soundex translit',
  stats:
    'median percentile percentile_25 percentile_75 percentile_90 percentile_95 percentile_99 stats_median stats_p25 ' +
    'stats_p75 stats_p90 stats_p95 stats_p99 stats_perc stats_stddev stats_stddev_pop stats_stddev_samp stats_var ' +
    'stats_var_pop stats_var_samp stddev stddev_pop stddev_samp var_pop var_samp variance',
  text:
    'text_bitsize text_casefold text_last_index text_left text_like text_lower text_lpad text_ltrim text_repeat ' +
    'text_replace text_right text_rpad text_rtrim text_slice text_substring text_title text_translate text_trim ' +
    'text_upper btrim casefold left lpad repeat right rpad translate unaccent',
  uuid: 'uuid7_timestamp_ms',
  regexp: 'regexp regexp_like regexp_substr regexp_capture regexp_replace',
};

const MISSING = new Map(
  Object.entries(MODULES).flatMap(([module, names]) => names.split(' ').map((name) => [name, module] as const)),
);

/** For a statement that SQLite has refused: an error that says more, when it names one of these. */
export function explainFunction(error: unknown): SqlError | undefined {
  const name = /^no such function: (\w+)$/.exec(error instanceof Error ? error.message : '')?.[1];
  const module = name === undefined ? undefined : MISSING.get(name.toLowerCase());
  return module === undefined
    ? undefined
    : new SqlError(
        'FUNCTION_NOT_OFFERED',
        `no such function: ${name}; this server does not have this one of SQLean's ${module}: compute it in the client`,
      );
}

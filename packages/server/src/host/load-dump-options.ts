/** What the process that loads a dump is started with, as one JSON argument. */
export interface LoadDumpOptions {
  /** `<dataDir>`; the process may write below its databases only. */
  readonly dataDir: string;
  readonly textFile: string;
  readonly databaseId: string;
  readonly maxRowBytes: number;
}

/** What it answers, as JSON on its standard output. */
export type LoadDumpResult = { readonly ok: true } | { readonly ok: false; readonly problem: string };

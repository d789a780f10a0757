/** What the process that checks an upload is started with, as one JSON argument. */
export interface CheckUploadOptions {
  /** `<dataDir>`; the process may read and write below its databases only. */
  readonly dataDir: string;
  readonly databaseId: string;
  /** Name of the received file in that folder. */
  readonly draft: string;
  readonly maxRowBytes: number;
}

/** What it answers, as JSON on its standard output. */
export type CheckUploadResult = { readonly ok: true } | { readonly ok: false; readonly problem: string };

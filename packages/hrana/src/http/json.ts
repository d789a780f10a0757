/**
 * Hrana over HTTP in JSON, as a server needs it: requests are decoded, responses encoded.
 *
 * @module
 */
import type { Batch, BatchResult, CursorEntry, Stmt, StmtResult } from '../shared/proto.ts';
import type { HranaVersion } from '../shared/version.ts';
import type { CursorRequest, CursorResponse, PipelineRequest, PipelineResponse } from './proto.ts';

/** Body of `POST /v2/pipeline` and `/v3/pipeline`. Throws HranaDecodeError. */
export function decodePipelineRequest(_body: Uint8Array | string, _version: HranaVersion): PipelineRequest {
  throw new Error('not written yet');
}

export function encodePipelineResponse(_response: PipelineResponse): string {
  throw new Error('not written yet');
}

/** Body of `POST /v3/cursor`. Throws HranaDecodeError. */
export function decodeCursorRequest(_body: Uint8Array | string, _version: HranaVersion): CursorRequest {
  throw new Error('not written yet');
}

/** First line of a cursor's body, with its newline. */
export function encodeCursorResponse(_response: CursorResponse): string {
  throw new Error('not written yet');
}

/** One line of a cursor's body, with its newline. */
export function encodeCursorEntry(_entry: CursorEntry): string {
  throw new Error('not written yet');
}

/** Body of `POST /v1/execute`. Throws HranaDecodeError. */
export function decodeExecuteRequest(_body: Uint8Array | string): Stmt {
  throw new Error('not written yet');
}

export function encodeExecuteResponse(_result: StmtResult): string {
  throw new Error('not written yet');
}

/** Body of `POST /v1/batch`. Throws HranaDecodeError. */
export function decodeBatchRequest(_body: Uint8Array | string): Batch {
  throw new Error('not written yet');
}

export function encodeBatchResponse(_result: BatchResult): string {
  throw new Error('not written yet');
}

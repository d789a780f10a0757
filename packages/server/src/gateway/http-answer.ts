/**
 * A host's answer on its way to an HTTP client.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Logger } from 'pino';

import type { LogFacts } from '../operating/log.ts';
import type { RequestFacts } from '../operating/request-facts.ts';
import type { ExchangeSink, RelayFailure } from '../placement/exchange.ts';
import type { HttpHead, HttpReply, InstanceRef } from '../relay/messages.ts';
import { endInOneWrite, refusal, refuse } from './answers.ts';
import type { Refusal } from './answers.ts';
import { endCursor, framingOf } from './cursor-end.ts';
import type { CursorFraming } from './cursor-end.ts';

const FAILURES = { stream_lost: 'STREAM_LOST', host_lost: 'HOST_LOST', unavailable: 'HOST_UNAVAILABLE' } as const;

export interface HttpAnswerOptions {
  readonly statementMs: number;
  /**
   * Makes the file that a host has received the database that waited for it. Rejects when it cannot be one, or when that
   * could not be recorded.
   */
  readonly placeUpload: (instance: InstanceRef, draft: string) => Promise<void>;
  readonly log: Logger;
  readonly requestFacts: RequestFacts;
}

export class HttpAnswer implements ExchangeSink {
  readonly #response: ServerResponse;
  readonly #head: HttpHead;
  readonly #options: HttpAnswerOptions;
  readonly #framing: CursorFraming | undefined;

  constructor(response: ServerResponse, head: HttpHead, options: HttpAnswerOptions) {
    this.#response = response;
    this.#head = head;
    this.#options = options;
    this.#framing = framingOf(head.path);
  }

  get logFacts(): LogFacts {
    const { databaseId, location } = this.#head.instance;
    return { ...this.#options.requestFacts.of(this.#response), databaseId, location };
  }

  reply(reply: HttpReply, body: Buffer, ended: boolean): void {
    this.#framing?.sent(body);
    if (reply.uploaded !== undefined) {
      // The database may be queried from the moment in which the client knows that its file has arrived.
      this.#options.placeUpload(this.#head.instance, reply.uploaded).then(
        () => this.#write(reply, body, ended),
        (error: unknown) => this.#uploadFailed(error),
      );
    } else {
      this.#write(reply, body, ended);
    }
  }

  /** Resolves when the client has taken what came before; the host waits for that. */
  data(bytes: Buffer): void | Promise<void> {
    this.#framing?.sent(bytes);
    const response = this.#response;
    if (response.destroyed || response.write(bytes)) {
      return undefined;
    }
    return new Promise((resolve) => {
      const done = (): void => {
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });
  }

  end(): void {
    this.#response.end();
  }

  failed(failure: RelayFailure): void {
    const isCut = typeof failure === 'object';
    const why = isCut ? { status: 500, ...failure } : this.#refusal(failure);
    // Of a statement's own error the text is the tenant's.
    const text = isCut ? 'an answer could not be finished' : why.message;
    this.#options.log.warn({ ...this.logFacts, code: why.code }, text);
    if (this.#framing === undefined || !endCursor(this.#response, this.#framing, why)) {
      refuse(this.#response, why);
    }
  }

  #uploadFailed(error: unknown): void {
    if (error instanceof SkerryError && error.code === 'UPLOAD_INVALID') {
      refuse(this.#response, refusal(error));
      return;
    }
    this.#options.log.error({ ...this.logFacts, err: error }, 'an upload could not be put in place');
    refuse(this.#response, refusal(new SkerryError('internal')));
  }

  #write(reply: HttpReply, body: Buffer, ended: boolean): void {
    const response = this.#response;
    if (response.destroyed) {
      return;
    }
    if (!ended) {
      response.writeHead(reply.status, reply.headers);
      response.flushHeaders();
      if (body.length > 0) {
        response.write(body);
      }
      return;
    }
    response.writeHead(reply.status, { ...reply.headers, 'content-length': body.length });
    endInOneWrite(response, body);
  }

  #refusal(failure: Exclude<RelayFailure, object>): Refusal {
    return refusal(
      failure === 'statement_timeout'
        ? new SkerryError('STATEMENT_TIMEOUT', { limitMs: this.#options.statementMs })
        : new SkerryError(FAILURES[failure]),
    );
  }
}

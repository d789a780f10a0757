/**
 * Large answers travel compressed when the client says that it reads gzip. Small ones do not: on the fast networks that
 * servers share, they would arrive later.
 *
 * @module
 */
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

import type { Answer } from './request.ts';

const compress = promisify(gzip);
const WORTH_IT_BYTES = 64 * 1024;

/** It is never compressed. */
export function isSmall({ body }: Answer): boolean {
  return body.length < WORTH_IT_BYTES;
}

/** The answer itself, or one with a compressed body. Compressing happens off the event loop. */
export async function compressed(answer: Answer, acceptEncoding: string | undefined): Promise<Answer> {
  if (isSmall(answer) || !acceptsGzip(acceptEncoding ?? '')) {
    return answer;
  }
  const body = await compress(answer.body, { level: constants.Z_BEST_SPEED });
  return { ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip', vary: 'accept-encoding' }, body };
}

/** RFC 9110 section 12.5.3: a weight of 0 means no. */
export function acceptsGzip(acceptEncoding: string): boolean {
  return acceptEncoding.split(',').some((offer) => {
    const [coding = '', ...parameters] = offer.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return coding === 'gzip' && (weight === undefined || Number(weight.slice(2)) > 0);
  });
}

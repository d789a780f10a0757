/**
 * An answer that goes on: server-sent events (HTML standard, "Server-sent events").
 *
 * @module
 */

/** Proxies close what is silent for long; a comment is no event. */
const SILENCE_MAX_MS = 15_000;

/**
 * @param batches each what is to be told now; may be nothing. Their end, or failure, ends the answer.
 * @param onGone called when the client went away
 */
export function eventStream(name: string, batches: AsyncIterator<readonly object[]>, onGone: () => void): Response {
  const encoder = new TextEncoder();
  let toldMs = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (true) {
        const next = await batches.next().catch(() => ({ done: true as const, value: undefined }));
        if (next.done === true) {
          controller.close();
          return;
        }
        const isSilent = next.value.length === 0;
        if (!isSilent || Date.now() - toldMs >= SILENCE_MAX_MS) {
          toldMs = Date.now();
          const text = next.value.map((data) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join('');
          controller.enqueue(encoder.encode(isSilent ? ': still here\n\n' : text));
          return;
        }
      }
    },
    cancel: onGone,
  });
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  });
}

import { mkdtempSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

import { afterEach, expect, test, vi } from 'vitest';

import { CHANNEL_WINDOW_BYTES } from './channel.ts';
import type { Channel } from './channel.ts';
import { encodeFrame, FRAME_PONG, FrameReader } from './frames.ts';
import type { ChannelHead, HttpReply } from './messages.ts';
import { Mux } from './mux.ts';

const COMMAND: ChannelHead = { kind: 'command', command: { type: 'drop_database', databaseId: 'd' } };
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) {
    close();
  }
});

async function socketPair(): Promise<[Socket, Socket]> {
  const socketPath = path.join(mkdtempSync(path.join(tmpdir(), 'skerry-mux-')), 's');
  const server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const near = connect(socketPath);
  const far = await accepted;
  closers.push(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return [near, far];
}

async function muxPair(
  open: (channel: Channel, head: ChannelHead, body: Buffer, ended: boolean) => void,
): Promise<Mux> {
  const [near, far] = await socketPair();
  const farMux = new Mux(far, { open, closed: () => undefined });
  void farMux;
  return new Mux(near, { closed: () => undefined });
}

test('a request and its reply cross whole, with head and body', async () => {
  const mux = await muxPair((channel, head, body, ended) => {
    channel.reply({ status: 200, headers: { kind: head.kind, ended: String(ended) } }, Buffer.concat([body, body]));
  });
  const channel = mux.open(COMMAND, 'grüße');
  const answer = await new Promise<[HttpReply, string, boolean]>((resolve) => {
    channel.handlers.onReply = (head, body, ended) => resolve([head as HttpReply, body.toString(), ended]);
  });
  expect(answer).toEqual([{ status: 200, headers: { kind: 'command', ended: 'true' } }, 'grüßegrüße', true]);
  expect(mux.channelCount).toBe(0);
});

test('channels open in the order of their ids at the other side', async () => {
  const ids: number[] = [];
  const done = Promise.withResolvers<void>();
  const mux = await muxPair((channel) => {
    ids.push(channel.id);
    if (ids.length === 500) {
      done.resolve();
    }
  });
  for (let i = 0; i < 500; i += 1) {
    mux.open(COMMAND, 'x'.repeat(i));
  }
  await done.promise;
  expect(ids).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
});

test('a sender waits while the receiver has not taken what came, and loses nothing', async () => {
  const gate = Promise.withResolvers<void>();
  const received: Buffer[] = [];
  const ended = Promise.withResolvers<void>();
  const mux = await muxPair((channel) => {
    channel.handlers.onData = async (bytes) => {
      received.push(bytes);
      await gate.promise;
    };
    channel.handlers.onEnd = () => ended.resolve();
  });
  const channel = mux.open(COMMAND, '', false);
  const chunk = Buffer.alloc(64 * 1024, 7);
  let sent = 0;
  const sending = (async () => {
    for (; sent < 64; sent += 1) {
      await channel.write(chunk);
    }
    channel.end();
  })();
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent * chunk.length).toBeLessThanOrEqual(CHANNEL_WINDOW_BYTES);
  gate.resolve();
  await sending;
  await ended.promise;
  expect(Buffer.concat(received).equals(Buffer.alloc(64 * 64 * 1024, 7))).toBe(true);
});

test('what is sent while the peer is at work waits for a sign of it, and for a moment at most', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  closers.push(() => vi.useRealTimers());
  const written: number[] = [];
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      let frames = 0;
      new FrameReader().push(chunk, () => (frames += 1));
      written.push(frames);
      done();
    },
  });
  const mux = new Mux(socket, { mayHold: true, closed: () => undefined });
  const openInTurns = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      mux.open(COMMAND);
      await turn();
    }
  };
  await openInTurns(5);
  expect(written).toEqual([1, 1]);
  socket.push(encodeFrame(FRAME_PONG, 0, 0, ''));
  await turn();
  await turn();
  expect(written).toEqual([1, 1, 3]);
  await openInTurns(4);
  expect(written).toEqual([1, 1, 3, 1]);
  vi.advanceTimersByTime(1);
  expect(written).toEqual([1, 1, 3, 1, 3]);
  await openInTurns(1);
  // A ping does not wait, and takes with it what does.
  mux.ping();
  expect(written).toEqual([1, 1, 3, 1, 3, 2]);
});

test('when the peer dies, each open channel is told once and later opens fail too', async () => {
  const [near, far] = await socketPair();
  const mux = new Mux(near, { closed: () => undefined });
  const reasons: string[] = [];
  const both = [mux.open(COMMAND), mux.open(COMMAND)].map(
    (channel) =>
      new Promise<void>((resolve) => {
        channel.handlers.onAbort = (reason) => {
          reasons.push(reason);
          resolve();
        };
      }),
  );
  far.destroy();
  await Promise.all(both);
  const late = mux.open(COMMAND);
  await new Promise<void>((resolve) => {
    late.handlers.onAbort = () => resolve();
  });
  expect(reasons).toEqual(['the peer is gone', 'the peer is gone']);
});

test('a frame split at any byte boundary is read back whole', async () => {
  const [near, far] = await socketPair();
  const frames: Buffer[] = [];
  far.on('data', (chunk: Buffer) => frames.push(chunk));
  const sender = new Mux(near, { closed: () => undefined });
  sender.open(COMMAND, 'first');
  sender.open(COMMAND, 'second');
  await new Promise<void>((resolve) => far.once('data', () => resolve()));
  const bytes = Buffer.concat(frames);
  const { FrameReader, splitHead } = await import('./frames.ts');
  for (let cut = 1; cut < bytes.length; cut += 1) {
    const reader = new FrameReader();
    const got: string[] = [];
    for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      reader.push(part, ({ payload }) => got.push(splitHead(payload).body.toString()));
    }
    expect(got).toEqual(['first', 'second']);
  }
});

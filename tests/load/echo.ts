/**
 * The yardstick: a bare node:http and ws server that reads each request and answers with as many bytes as it is told.
 * Run as a process of its own; prints its port.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { WebSocketServer } from 'ws';

/** In the path or, on a socket, in its path: how many bytes an answer has. */
function answerOf(url: string | undefined): Buffer {
  return Buffer.alloc(Number(url?.slice(1)), 'x');
}

const answers = new Map<string | undefined, Buffer>();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer = answers.get(request.url) ?? answerOf(request.url);
    answers.set(request.url, answer);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
  });
});

new WebSocketServer({ server, handleProtocols: (protocols) => [...protocols][0] ?? false }).on(
  'connection',
  (socket, request) => {
    const answer = answerOf(request.url).toString();
    socket.on('message', () => socket.send(answer));
  },
);

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});

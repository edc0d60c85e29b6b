import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that reads requests whole and answers each with the number of its bytes. */
const server = createServer((request, response) => {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  request.on('end', () => {
    const choice = { message: { content: String(bytes) }, finish_reason: 'stop' };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ choices: [choice], usage: { completion_tokens: 1 } }));
  });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.on('disconnect', () => process.exit(0));

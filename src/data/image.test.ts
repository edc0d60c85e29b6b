import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { decodePicture } from './image-decode.ts';
import { isPublicAddress } from './image-fetch.ts';
import { imageHash, openImage, readImage } from './image.ts';

const files = fileURLToPath(new URL('../../test/fixtures/processor/images/files', import.meta.url));
const file = (name: string): Promise<Buffer> => readFile(join(files, name));

/** A PNG file; `lines` are its filtered rows, before compression. */
function png(
  width: number,
  height: number,
  [bits, colour]: [number, number],
  lines: Buffer,
): Buffer {
  const chunk = (kind: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, bits, colour, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

test('of sixteen bits the upper eight count, for grey as for colour', async () => {
  const levels = [0, 255, 256, 0x1280, 0xff00, 0xffff];
  const line = Buffer.alloc(1 + levels.length * 2);
  levels.forEach((level, i) => line.writeUInt16BE(level, 1 + 2 * i));
  const { rgb } = await decodePicture(png(levels.length, 1, [16, 0], line));
  expect([...rgb]).toEqual(levels.flatMap((level) => Array(3).fill(level >> 8)));
});

test('hidden colours do not show: what is transparent is white', async () => {
  const line = Buffer.from([0, 255, 0, 0, 0, 255, 0, 0, 255, 255, 0, 0, 128]);
  const { rgb } = await decodePicture(png(3, 1, [8, 6], line));
  expect([...rgb]).toEqual([255, 255, 255, 255, 0, 0, 255, 127, 127]);
});

test('an opened picture has its hash and its size upright', async () => {
  const path = join(files, 'exif-6.jpg');
  const image = await openImage(path);
  const hash = imageHash(await file('exif-6.jpg'));
  expect(image).toEqual({ hash, source: path, width: 17, height: 23 });
  expect(await readImage(image)).toMatchObject({ width: 17, height: 23 });
  expect(await openImage(`file://${path}`)).toEqual(image);
});

test('bytes and data URLs are kept as bytes and give the same picture', async () => {
  const bytes = await file('rgb.png');
  const { rgb } = await decodePicture(bytes);
  const url = `data:image/png;base64,${bytes.toString('base64')}`;
  for (const source of [bytes, url, url.replace('image/png;', ';')]) {
    const image = await openImage(source, { files: false, network: 'none' });
    expect(image).toMatchObject({ hash: imageHash(bytes), width: 23, height: 17 });
    expect((await readImage(image)).rgb).toEqual(rgb);
  }
});

test('bytes cut out of something larger do not keep it in memory', async () => {
  const bytes = await file('rgb.png');
  const table = new Uint8Array(10_000);
  table.set(bytes, 100);
  const { source } = await openImage(table.subarray(100, 100 + bytes.length));
  expect(source).toEqual(new Uint8Array(bytes));
  expect((source as Uint8Array).buffer.byteLength).toBe(bytes.length);
});

test('a file that changed after it was opened is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'image-'));
  const path = join(folder, 'a.png');
  await writeFile(path, await file('rgb.png'));
  const image = await openImage(path);
  await writeFile(path, await file('rgba.png'));
  await expect(readImage(image)).rejects.toMatchObject({ fault: 'changed' });
  await rm(folder, { recursive: true });
  await expect(readImage(image)).rejects.toMatchObject({ fault: 'missing' });
});

test.each(['rgb.png', '420.jpg', 'progressive.jpg', 'lossless.webp', 'lossy.webp', 'palette.gif'])(
  'however %s is cut short, reading it is a named error',
  async (name) => {
    const whole = await file(name);
    for (let kept = 0; kept < whole.length * 0.9; kept += Math.ceil(whole.length / 40)) {
      const outcome = decodePicture(whole.subarray(0, kept));
      await expect(outcome).rejects.toMatchObject({
        name: 'ImageError',
        fault: expect.stringMatching(/^(corrupt|format)$/),
      });
    }
  },
);

test('damaged bytes end in a picture or a named error', async () => {
  for (const name of ['rgb.png', '420.jpg', 'lossless.webp', 'palette.gif', 'cmyk.jpg']) {
    const whole = await file(name);
    for (let place = 8; place < whole.length; place += Math.ceil(whole.length / 40)) {
      const damaged = Buffer.from(whole);
      damaged[place] = (damaged[place] ?? 0) ^ 0x5a;
      const outcome = await decodePicture(damaged, { maxPixels: 10_000 }).catch(
        (error: unknown) => error,
      );
      expect(outcome instanceof Error ? outcome.name : 'picture').toMatch(/^(ImageError|picture)$/);
    }
  }
});

test('what is no picture is refused by its first bytes, whatever it could do', async () => {
  for (const text of [
    '',
    'hello',
    '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'BM      ',
    'II*\0',
  ]) {
    const outcome = openImage(Buffer.from(text));
    await expect(outcome).rejects.toMatchObject({ name: 'ImageError', fault: 'format' });
  }
});

test('a decompression bomb is refused from its header', async () => {
  const bomb = png(50_000, 50_000, [8, 0], Buffer.alloc(1000));
  await expect(openImage(bomb)).rejects.toMatchObject({ fault: 'too-large' });
  await expect(decodePicture(bomb)).rejects.toMatchObject({ fault: 'too-large' });
  const small = await file('rgb.png');
  await expect(openImage(small, { maxPixels: 23 * 17 - 1 })).rejects.toMatchObject({
    fault: 'too-large',
    message: expect.stringContaining('23 × 17'),
  });
  await expect(openImage(small, { maxBytes: 10 })).rejects.toMatchObject({ fault: 'too-large' });
});

test('files and networks stay closed where the caller closes them', async () => {
  const path = join(files, 'rgb.png');
  for (const source of [path, `file://${path}`, '/etc/hostname']) {
    await expect(openImage(source, { files: false })).rejects.toMatchObject({ fault: 'refused' });
  }
  const url = 'http://example.com/a.png';
  await expect(openImage(url, { network: 'none' })).rejects.toMatchObject({ fault: 'refused' });
  await expect(openImage('/absent.png')).rejects.toMatchObject({ fault: 'missing' });
  await expect(openImage('data:image/png;base64')).rejects.toMatchObject({ fault: 'format' });
});

test('public addresses are told from all others', () => {
  for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111']) {
    expect([address, isPublicAddress(address)]).toEqual([address, true]);
  }
  const closed =
    '127.0.0.1 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 ' +
    '224.0.0.1 255.255.255.255 ::1 :: fe80::1 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ' +
    '64:ff9b::7f00:1 2002:7f00:1:: nonsense';
  for (const address of closed.split(' ')) {
    expect([address, isPublicAddress(address)]).toEqual([address, false]);
  }
});

describe('over http', () => {
  let server: Server;
  let base: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const any = { network: 'any', timeoutMs: 2000 } as const;

  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('a picture is downloaded, redirects included', async () => {
    const bytes = await file('rgb.png');
    answer = ({ url }, response) => {
      if (url === '/a') response.writeHead(302, { location: '/b' }).end();
      else response.writeHead(200, { 'content-type': 'text/plain' }).end(bytes);
    };
    const image = await openImage(`${base}/a`, any);
    expect(image).toMatchObject({ hash: imageHash(bytes), width: 23, height: 17 });
    expect(Buffer.compare(image.source as Uint8Array, bytes)).toBe(0);
  });

  test('this computer is closed by default, by name, by number and behind a redirect', async () => {
    let asked = 0;
    answer = (_, response) => {
      asked++;
      response.end();
    };
    const port = new URL(base).port;
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '2130706433', '0x7f.1']) {
      const outcome = openImage(`http://${host}:${port}/a.png`, { timeoutMs: 2000 });
      await expect(outcome).rejects.toMatchObject({ fault: 'refused' });
    }
    expect(asked).toBe(0);
  });

  test('too many redirects, and redirects to other schemes, end in errors', async () => {
    answer = ({ url }, response) => response.writeHead(302, { location: `${url}x` }).end();
    await expect(openImage(`${base}/a`, any)).rejects.toMatchObject({ fault: 'unreachable' });
    answer = (_, response) => response.writeHead(302, { location: 'file:///etc/hostname' }).end();
    await expect(openImage(`${base}/a`, any)).rejects.toMatchObject({ fault: 'refused' });
  });

  test('too many bytes are refused, announced or not', async () => {
    const limits = { ...any, maxBytes: 1000 };
    answer = (_, response) => response.writeHead(200, { 'content-length': 5000 }).write('x');
    await expect(openImage(`${base}/a`, limits)).rejects.toMatchObject({ fault: 'too-large' });
    answer = (_, response) => {
      const more = () => response.write(Buffer.alloc(300), (error) => error ?? more());
      more();
    };
    await expect(openImage(`${base}/a`, limits)).rejects.toMatchObject({ fault: 'too-large' });
  });

  test('silence, an early end, an error status and a web page are errors', async () => {
    const bytes = await file('rgb.png');
    answer = () => {};
    const silent = openImage(`${base}/a`, { ...any, timeoutMs: 100 });
    await expect(silent).rejects.toMatchObject({ fault: 'unreachable' });
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 100), () => response.destroy());
    };
    await expect(openImage(`${base}/a`, any)).rejects.toMatchObject({ fault: 'unreachable' });
    answer = (_, response) => response.writeHead(404).end();
    await expect(openImage(`${base}/a`, any)).rejects.toThrow('found 404');
    answer = (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>');
    await expect(openImage(`${base}/a`, any)).rejects.toThrow('text/html');
  });
});

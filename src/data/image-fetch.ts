import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { request as requestPlain } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as requestSecure } from 'node:https';
import { BlockList, isIP } from 'node:net';
import type { LookupFunction } from 'node:net';

import { ImageError } from './image-error.ts';
import { imageFormat } from './image-format.ts';

export interface FetchLimits {
  readonly maxBytes: number;
  /** Whether addresses of this computer and of private networks may be asked. */
  readonly privateAddresses: boolean;
  readonly signal: AbortSignal;
}

const MAX_REDIRECTS = 3;

function blockList(version: 'ipv4' | 'ipv6', ranges: string): BlockList {
  const list = new BlockList();
  for (const range of ranges.split(' ')) {
    const [net = '', bits] = range.split('/');
    list.addSubnet(net, Number(bits), version);
  }
  return list;
}

/**
 * Addresses outside the public internet (IANA special-purpose registries). Ranges of version 6 that
 * embed an address of version 4 (mapped, NAT64, 6to4, Teredo) are closed as a whole.
 */
const notPublic = {
  4: blockList(
    'ipv4',
    '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 ' +
      '192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 ' +
      '224.0.0.0/4 240.0.0.0/4',
  ),
  6: blockList(
    'ipv6',
    '::/96 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 ' +
      'fc00::/7 fe80::/10 fec0::/10 ff00::/8',
  ),
};

/** Whether an IP address lies on the public internet. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !notPublic[4].check(address, 'ipv4');
  return version === 6 && !notPublic[6].check(address, 'ipv6');
}

/**
 * Downloads a picture over http(s). Follows three redirects at most; every host, that of a redirect
 * too, is resolved once, checked, and asked at the address that was checked.
 *
 * @throws ImageError `refused`, `unreachable`, `too-large`, or `format` if the bytes are no picture.
 */
export async function fetchImage(start: URL, limits: FetchLimits): Promise<Uint8Array> {
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await ask(url, limits);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status >= 300 && status < 400 && location !== undefined) {
      response.destroy();
      url = redirectTarget(url, location);
      continue;
    }
    if (status !== 200) {
      response.destroy();
      throw new ImageError('unreachable', `expected status 200, found ${status} at ${url.href}`);
    }
    const bytes = await receive(response, limits.maxBytes);
    if (imageFormat(bytes) === undefined) {
      const type = response.headers['content-type'] ?? 'no media type';
      throw new ImageError(
        'format',
        `expected PNG, JPEG, WebP or GIF, found other bytes (${type})`,
      );
    }
    return bytes;
  }
  throw new ImageError(
    'unreachable',
    `expected at most ${MAX_REDIRECTS} redirects, found more; give the final address`,
  );
}

function redirectTarget(from: URL, location: string): URL {
  const url = URL.parse(location, from.href);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new ImageError('refused', `expected a redirect to http(s), found ${location.slice(0, 80)}`);
}

/** One request; resolves with the head of the response. */
async function ask(url: URL, limits: FetchLimits): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!limits.privateAddresses && isIP(host) !== 0 && !isPublicAddress(host)) throw closed(host);
  const options: RequestOptions = {
    agent: false,
    headers: { accept: 'image/*', 'user-agent': 'vl-rethinker' },
    signal: limits.signal,
    ...(limits.privateAddresses ? {} : { lookup: publicLookup }),
  };
  const request = url.protocol === 'https:' ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const sent = request(url, options, resolve);
    sent.on('error', (error) => reject(unreachable(error)));
    sent.end();
  });
}

/** Resolves a host for the connection and refuses it if any of its addresses is not public. */
const publicLookup: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error !== null) return callback(error, '');
    const bad = addresses.find(({ address }) => !isPublicAddress(address));
    const [first] = addresses;
    if (bad !== undefined || first === undefined) return callback(closed(host), '');
    if (options.all === true) return callback(null, addresses);
    callback(null, first.address, first.family);
  });
};

async function receive(response: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const announced = Number(response.headers['content-length'] ?? 0);
  const parts: Buffer[] = [];
  let length = announced;
  try {
    if (announced <= maxBytes) {
      length = 0;
      for await (const part of response as AsyncIterable<Buffer>) {
        length += part.length;
        if (length > maxBytes) break;
        parts.push(part);
      }
    }
  } catch (error) {
    throw unreachable(error);
  } finally {
    response.destroy();
  }
  if (length > maxBytes) {
    throw new ImageError(
      'too-large',
      `expected at most ${maxBytes} bytes, found ${length} or more`,
    );
  }
  return Buffer.concat(parts);
}

function closed(host: string): ImageError {
  return new ImageError(
    'refused',
    `expected an address on the public internet, found ${host}, which belongs to this computer or ` +
      'a private network; allow private addresses if that is meant',
  );
}

function unreachable(error: unknown): ImageError {
  if (error instanceof ImageError) return error;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new ImageError('unreachable', `expected a picture, found no answer (${reason})`, {
    cause: error,
  });
}

import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Lookup, nameLookup } from './name-lookup.js';

const A = 1;
const NAME_ERROR = 3;

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Answers queries for A records with these addresses, others with none; 'silent' not at all, 'unknown' as for no name. */
async function dnsServer(names: Readonly<Record<string, readonly string[] | 'silent' | 'unknown'>>) {
  const socket = createSocket('udp4');
  ends.push(() => socket.close());
  const asked: string[] = [];
  socket.on('message', (query, { port, address }) => {
    const labels: string[] = [];
    let at = 12;
    for (; query[at] !== 0; at += query[at]! + 1) labels.push(query.toString('ascii', at + 1, at + 1 + query[at]!));
    const question = query.subarray(12, at + 5);
    const [name, type] = [labels.join('.'), query.readUInt16BE(at + 1)];
    asked.push(name);
    const known = names[name] ?? 'unknown';
    if (known === 'silent') return;
    const addresses = known === 'unknown' || type !== A ? [] : known;
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180 + (known === 'unknown' ? NAME_ERROR : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    header.writeUInt32BE(0, 8);
    const records = addresses.map((text) =>
      // The question's name, type A, class IN, no time to live, four bytes.
      Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 0, 0, 4, ...text.split('.').map(Number)]),
    );
    socket.send(Buffer.concat([header, question, ...records]), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { servers: [`127.0.0.1:${socket.address().port}`], asked };
}

/** A system's lookup that notes who asks, and answers when it is told to. */
function slowSystem() {
  const asked: string[] = [];
  const open: (() => void)[] = [];
  const system: Lookup = (host) =>
    new Promise((resolve) => {
      asked.push(host);
      open.push(() => resolve([{ address: '10.0.0.1', family: 4 }]));
    });
  return { system, asked, answer: () => open.shift()?.() };
}

describe('looking names up', () => {
  it('asks DNS, and the system for what is not in it: a name of this machine or of a hosts file', async () => {
    const { servers, asked } = await dnsServer({ 'two.test': ['192.0.2.1', '192.0.2.2'], 'none.test': [] });
    const hosts: string[] = [];
    const system: Lookup = async (host) => {
      hosts.push(host);
      return [{ address: '10.0.0.1', family: 4 }];
    };
    const lookup = nameLookup({ servers, system });
    expect(new Set(await lookup('two.test'))).toEqual(
      new Set([
        { address: '192.0.2.1', family: 4 },
        { address: '192.0.2.2', family: 4 },
      ]),
    );
    expect(hosts).toEqual([]);
    for (const host of ['none.test', 'in-hosts.test', 'localhost', 'receiver', 'printer.local'])
      expect(await lookup(host)).toEqual([{ address: '10.0.0.1', family: 4 }]);
    expect(hosts).toEqual(['none.test', 'in-hosts.test', 'localhost', 'receiver', 'printer.local']);
    expect(new Set(asked)).toEqual(new Set(['two.test', 'none.test', 'in-hosts.test']));
  });

  it('takes no thread for names that are silent, and gives up on them in time', async () => {
    const { servers } = await dnsServer({ 'silent.test': 'silent', 'quick.test': ['192.0.2.1'] });
    const { system, asked } = slowSystem();
    const lookup = nameLookup({ servers, system, timeoutMs: 400 });
    const silent = Array.from({ length: 8 }, () => expect(lookup('silent.test')).rejects.toThrow(/silent.test/));
    expect(await lookup('quick.test')).toEqual([{ address: '192.0.2.1', family: 4 }]);
    await Promise.all(silent);
    expect(asked).toEqual([]);
  });

  it('asks the system for one name at a time, and not for those that have waited too long', async () => {
    const { system, asked, answer } = slowSystem();
    const lookup = nameLookup({ system, timeoutMs: 300 });
    const names = ['one', 'two', 'three'];
    const all = names.map((name) => expect(lookup(name)).rejects.toThrow(`looking up ${name} took longer than 300 ms`));
    await Promise.all(all);
    expect(asked).toEqual(['one']);
    answer();
    const next = lookup('four');
    while (asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
    answer();
    expect(await next).toEqual([{ address: '10.0.0.1', family: 4 }]);
    expect(asked).toEqual(['one', 'four']);
    await expect(nameLookup({ system: () => Promise.reject(new Error('ENOTFOUND')) })('five')).rejects.toThrow(
      'ENOTFOUND',
    );
  });

  it('finds this machine', async () => {
    expect(await nameLookup()('localhost')).toContainEqual({ address: '127.0.0.1', family: 4 });
  });
});

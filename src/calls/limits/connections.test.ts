import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, it } from '@jest/globals';
import { Connections } from './connections.js';

class FakeSocket extends EventEmitter {
  destroyed = false;
  readonly remoteAddress: string | undefined;

  constructor(remoteAddress: string | undefined) {
    super();
    this.remoteAddress = remoteAddress;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

const from = (address: string | undefined) => new FakeSocket(address) as FakeSocket & Socket;

it('closes what is one too many for an address, until another of it has closed', () => {
  let refused = 0;
  const open = new Connections({ maxOfAddress: 2, onRefused: () => refused++ });
  const [first, second, third] = ['2001:db8::1', '2001:db8::2', '2001:db8::3'].map(from);
  expect([first!, second!, third!].map((socket) => open.take(socket))).toEqual([true, true, false]);
  expect({ size: open.size, refused, destroyed: third!.destroyed }).toEqual({ size: 2, refused: 1, destroyed: true });
  expect(open.take(from('192.0.2.1'))).toBe(true);
  first!.destroy();
  expect(open.take(from('2001:db8::3'))).toBe(true);
  expect(open.size).toBe(3);
});

it('takes any number by a proxy, of sockets that are gone already, and where there is no bound', () => {
  const bounded = new Connections({ maxOfAddress: 1, isExempt: (address) => address === '10.0.0.1' });
  const unbounded = new Connections();
  for (const socket of ['10.0.0.1', '10.0.0.1', undefined, undefined].map(from))
    expect(bounded.take(socket)).toBe(true);
  for (const socket of ['192.0.2.1', '192.0.2.1'].map(from)) expect(unbounded.take(socket)).toBe(true);
  expect([bounded.size, unbounded.size]).toEqual([4, 2]);
});

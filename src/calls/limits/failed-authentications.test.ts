import { expect, it } from '@jest/globals';
import { networkOf } from './failed-authentications.js';

it.each([
  ['10.1.2.3', '10.1.2.3'],
  ['10.1.2.3:50051', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3:50051', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2:3:4:5:6:50051', '2001:db8:1:2'],
  ['2001:DB8::9', '2001:db8:0:0'],
  ['2001:db8::9:50051', '2001:db8:0:0'],
  ['2001:db8:0:7::', '2001:db8:0:7'],
  ['::1', '0:0:0:0'],
  ['::1:50051', '0:0:0:0'],
  ['unknown', 'unknown'],
])('%s is in the network %s', (peer, network) => {
  expect(networkOf(peer)).toBe(network);
});

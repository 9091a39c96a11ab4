import { describe, expect, it } from '@jest/globals';
import { refusalOf } from './address-guard.js';

const NEVER = [
  ...['0.0.0.0', '0.1.2.3', '169.254.0.1', '169.254.169.254', '192.0.0.8', '192.0.2.1', '192.88.99.1', '198.18.0.1'],
  ...['198.19.255.255', '198.51.100.7', '203.0.113.9', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['::', '::2', '::127.0.0.1', '::8.8.8.8', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '100::1', '5f00::1'],
  ...['64:ff9b:1::1', '2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001:2::1', '2001:10::1', '2001:20::1'],
  ...['2001:db8::1', '2002:808:808::1', '2002:7f00:1::1', '3fff::1', '3fff:fff::1'],
  ...['fd00:ec2::254', '100.100.100.200', '168.63.129.16', '::ffff:100.100.100.200', '64:ff9b::a83f:8110'],
  ...['::ffff:169.254.169.254', '::ffff:0.0.0.0', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe', '64:ff9b::224.0.0.1'],
];
const PRIVATE = [
  ...['10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.254', '172.16.0.1'],
  ...['172.31.255.255', '192.168.0.1', '192.168.255.255', '::1', '0:0:0:0:0:0:0:1', 'fc00::1', 'fd00:ec2::255'],
  ...['::ffff:127.0.0.1', '::FFFF:7F00:1', '0:0:0:0:0:ffff:10.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b::c0a8:1'],
];
const PUBLIC = [
  ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
  ...['128.0.0.1', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.1', '192.0.3.0'],
  ...['192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255', '2606:4700::1111'],
  ...[
    '2a00:1450:4001:81b::200e',
    '2001:200::1',
    '2001:4860:4860::8888',
    '2003::1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ],
];

describe('the address guard', () => {
  it.each(NEVER)('refuses %s, whatever is allowed', (address) => {
    expect(refusalOf(address, false)).toEqual(expect.any(String));
    expect(refusalOf(address, true)).toEqual(expect.any(String));
  });

  it.each(PRIVATE)('refuses %s, unless private addresses are allowed', (address) => {
    expect(refusalOf(address, false)).toEqual(expect.any(String));
    expect(refusalOf(address, true)).toBeUndefined();
  });

  it.each(PUBLIC)('lets %s pass', (address) => {
    expect(refusalOf(address, false)).toBeUndefined();
  });

  it('says what an address is', () => {
    expect(refusalOf('169.254.169.254', true)).toBe('a link-local address');
    expect(refusalOf('::ffff:10.1.2.3', false)).toBe('a private address');
    expect(refusalOf('example.com', true)).toBe('no IP address');
  });
});

import { describe, expect, it } from '@jest/globals';
import { namesCluster, parseClusterUrl, parseSentinelUrl } from './redis-address.js';

describe('an address by Sentinels', () => {
  it('names the Sentinels, the master, and what each of them wants to know', () => {
    expect(parseSentinelUrl('redis+sentinel://a:26380,b,[::1]:1/mymaster')).toEqual({
      sentinels: [
        { host: 'a', port: 26_380 },
        { host: 'b', port: 26_379 },
        { host: '::1', port: 1 },
      ],
      name: 'mymaster',
    });
    expect(parseSentinelUrl('rediss+sentinel://us%40er:p%3Aw@a/m/2?sentinel_password=s')).toEqual({
      ...{ sentinels: [{ host: 'a', port: 26_379 }], name: 'm', username: 'us@er', password: 'p:w', db: 2 },
      ...{ sentinelPassword: 's', tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true },
    });
  });

  it.each([
    ['redis+sentinel://a:1,b:2', 'cannot be read'],
    ['redis+sentinel://:secret@a:99999/m', 'cannot be read'],
    ['redis+sentinel://:secret%@a/m', 'cannot be read'],
    ['redis+sentinel://:secret@a/m?quorum=2', 'unknown option "quorum"'],
  ])('is refused when it is %s, without its password', (url, message) => {
    expect(() => parseSentinelUrl(url)).toThrow(message);
    expect(() => parseSentinelUrl(url)).not.toThrow('secret');
  });
});

describe('an address of a Cluster', () => {
  it('names some of its nodes, and what each of them wants to know', () => {
    expect(parseClusterUrl('redis+cluster://a:7000,b,[::1]:1')).toEqual({
      nodes: [
        { host: 'a', port: 7_000 },
        { host: 'b', port: 6_379 },
        { host: '::1', port: 1 },
      ],
    });
    expect(parseClusterUrl('rediss+cluster://us%40er:p%3Aw@a/')).toEqual({
      ...{ nodes: [{ host: 'a', port: 6_379 }], username: 'us@er', password: 'p:w', tls: {} },
    });
    expect(['redis+cluster://a', 'rediss+cluster://a', 'redis://a', 'redis+sentinel://a/m'].map(namesCluster)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.each([
    ['redis+cluster://', 'cannot be read'],
    ['redis+cluster://:secret@a:99999', 'cannot be read'],
    ['redis+cluster://:secret@a/1', 'without a database number'],
    ['redis+cluster://:secret@a?db=1', 'cannot be read'],
  ])('is refused when it is %s, without its password', (url, message) => {
    expect(() => parseClusterUrl(url)).toThrow(message);
    expect(() => parseClusterUrl(url)).not.toThrow('secret');
  });
});

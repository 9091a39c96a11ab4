import { describe, expect, it } from '@jest/globals';
import { type Asked, snippetOf } from './snippets.js';

const asked = { flag: 'beta', user: 'ada', boolean: true, url: 'https://flags.example.com:8443/api/feature-flags/' };
const grpc = (place: Asked['grpc']): string => snippetOf('grpc', { ...asked, grpc: place });

describe('the snippet for gRPC', () => {
  it.each([
    ['everywhere', { host: '0.0.0.0', port: 6000, tls: false }, 'http://flags.example.com:6000/'],
    ['everywhere, by version 6 too', { host: '::', port: 6000, tls: true }, 'https://flags.example.com:6000/'],
    ['for its own machine', { host: '127.0.0.1', port: 50051, tls: false }, 'http://flags.example.com:50051/'],
    ['at one address', { host: '10.0.0.7', port: 443, tls: true }, 'https://10.0.0.7:443/'],
    ['at one address of version 6', { host: 'fd00::7', port: 6000, tls: false }, 'http://[fd00::7]:6000/'],
  ])('names the address of a server that listens %s', (_where, place, url) => {
    expect(grpc(place)).toContain(`  ${url}latchkey.v1.FeatureService/Evaluate `);
    // By TLS both sides agree on HTTP/2; without it the client has to know.
    expect(grpc(place).includes('--http2-prior-knowledge')).toBe(!place.tls);
  });

  it('says that another address is to be put where the server takes none', () => {
    expect(grpc(null)).toContain('http://YOUR-GRPC-HOST:50051/latchkey');
  });
});

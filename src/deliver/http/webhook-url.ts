import { isIP } from 'node:net';
import { refusalOf } from './address-guard.js';

export interface UrlRules {
  readonly allowHttp: boolean;
  readonly allowPrivate: boolean;
}

const MAX_LENGTH = 2_048;

/**
 * What is wrong with an endpoint's address as far as its text tells, with what to do; undefined when nothing is. An IP
 * address in any of its spellings (decimal, hexadecimal, octal, mapped) is judged as what it stands for.
 */
export function faultOfUrl(text: string, { allowHttp, allowPrivate }: UrlRules): string | undefined {
  if (text.length > MAX_LENGTH) return `url has at most ${MAX_LENGTH} characters, and this one has ${text.length}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return `${urlShown(text)} is no address like https://example.com/hooks`;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return `${urlShown(text)} begins with ${JSON.stringify(url.protocol)}; webhooks go to https: addresses`;
  }
  if (url.username !== '' || url.password !== '') {
    return 'url holds a user or a password; leave them out: the signature tells the receiver who is calling';
  }
  if (url.protocol === 'http:' && !allowHttp) {
    return `url ${shown(text)} is not https; WEBHOOKS_ALLOW_HTTP=true would allow it`;
  }
  if (url.hash !== '') return `url ${shown(text)} has a fragment, which is never sent; leave it out`;
  const host = hostOf(url);
  if (host === '' || host.endsWith('.')) return `url ${shown(text)} names no host`;
  if (host === 'localhost' || host.endsWith('.localhost')) {
    return allowPrivate ? undefined : `url ${shown(text)} names this machine; ${ALLOW_PRIVATE}`;
  }
  const refusal = isIP(host) === 0 ? undefined : refusalOf(host, allowPrivate);
  return refusal && `url ${shown(text)} names ${refusal}, ${host}; ${ALLOW_PRIVATE}`;
}

const ALLOW_PRIVATE = 'only public addresses are sent to, unless WEBHOOKS_ALLOW_PRIVATE=true allows private ones';

/** The host's name or IP address: without brackets, without the dot that ends a name. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

/** Of what is no webhook's address nobody can tell where a password begins and ends: with an `@` in it, none of it is quoted. */
function urlShown(text: string): string {
  return text.includes('@') ? 'url' : `url ${shown(text)}`;
}

/** As far as the path: what follows it may be a secret. */
function shown(text: string): string {
  const [address = ''] = text.split(/[?#]/, 1);
  const cut = address.length > 120 ? `${address.slice(0, 117)}…` : address;
  // A user and a password before the host are quoted nowhere.
  return JSON.stringify(cut.replace(/\/\/[^/]*@/, '//'));
}

import { isIP } from 'node:net';
import { refusalOf } from './address-guard.js';

export interface UrlRules {
  readonly allowHttp: boolean;
  readonly allowPrivate: boolean;
}

const MAX_LENGTH = 2_048;

/**
 * What is wrong with the text of an endpoint's URL, and what to do about it; undefined when nothing is. An IP address may be
 * written in any way (decimal, hexadecimal, octal, mapped): it is judged as the address that it means.
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

/** The URL's host, a name or an IP address, without brackets and without a dot at its end. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

/** A text that is no URL, as a message quotes it: not at all if it has an `@`, since it may then hold a password anywhere. */
function urlShown(text: string): string {
  return text.includes('@') ? 'url' : `url ${shown(text)}`;
}

/** The URL without what follows its path, which may be a secret. */
function shown(text: string): string {
  const [address = ''] = text.split(/[?#]/, 1);
  const cut = address.length > 120 ? `${address.slice(0, 117)}…` : address;
  // A user and a password before the host are left out, too.
  return JSON.stringify(cut.replace(/\/\/[^/]*@/, '//'));
}

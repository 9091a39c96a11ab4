import type { Page } from 'playwright-core';
import type { Details, Question, Reported } from './client-driver.js';
import type { ClientCase } from './client-flags.js';

/** A published provider for browsers, and what it makes of a flag that is switched off. */
export interface BrowserTraits {
  readonly provider: 'ofrep-web' | 'flagd-web';
  readonly disabled: Details;
  /** Names the flags that a change is about; else it only says that there is one. */
  readonly names: boolean;
  /** Passes on the metadata of a flag. */
  readonly metadata: boolean;
}

export const BROWSER_CLIENTS: readonly BrowserTraits[] = [
  { provider: 'ofrep-web', disabled: { value: true, reason: 'DISABLED' }, names: true, metadata: true },
  // It asks by version 1 of the protocol, which has a zero in the place of no value.
  { provider: 'flagd-web', disabled: { value: false, reason: 'DISABLED' }, names: false, metadata: false },
];

/** The people of the table, by whose own tokens the page asks: a browser's token is a person's. */
export const PEOPLE = ['ada', 'grace'] as const;
export type PersonOfTable = (typeof PEOPLE)[number];

export const personOf = ({ context }: Question): PersonOfTable =>
  context?.['targetingKey'] === 'grace' ? 'grace' : 'ada';

/**
 * What the table says, as it is told to people: nothing that may be kept for all users, and nothing by roles that only the context
 * names. What begins with `plan` a page may send.
 */
export function asPeopleAreTold({ expect, ask }: ClientCase, traits: BrowserTraits): ClientCase['expect'] {
  if (typeof expect === 'function') return expect;
  const { metadata, ...rest } = expect;
  const told = traits.metadata && metadata !== undefined ? expect : rest;
  if (told.reason === 'DISABLED') return traits.disabled;
  if (ask.context?.['roles'] !== undefined) return { value: false, reason: 'DEFAULT', variant: 'off' };
  return told.reason === 'STATIC' ? { ...told, reason: 'DEFAULT' } : told;
}

/** What the page runs: clients of both providers, by names, for the test to ask. */
export const MATRIX_PAGE = `
import { FlagdWebProvider } from '@openfeature/flagd-web-provider';
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';
import { OpenFeature, ProviderEvents } from '@openfeature/web-sdk';

const PROVIDERS = {
  'ofrep-web': ({ url, token }) =>
    // Kept answers are not what the table is about: with them another context of the same person is answered from before.
    new OFREPWebProvider({
      baseUrl: url, cacheMode: 'disabled', headersFactory: () => [['Authorization', 'Bearer ' + token]],
    }),
  'flagd-web': ({ url, token }) => {
    const { hostname: host, port } = new URL(url);
    const signedIn = (next) => (request) => {
      request.header.set('Authorization', 'Bearer ' + token);
      return next(request);
    };
    return new FlagdWebProvider({ host, port: Number(port), tls: false, interceptors: [signedIn] });
  },
};
const GETTERS = { boolean: 'Boolean', string: 'String', integer: 'Number', float: 'Number', object: 'Object' };
const news = [];
let fetched = 0;

globalThis.clients = {
  async open({ name, provider, ...given }) {
    await OpenFeature.setContext(name, { targetingKey: name });
    await OpenFeature.setProviderAndWait(name, PROVIDERS[provider](given));
    for (const event of Object.values(ProviderEvents))
      OpenFeature.getClient(name).addHandler(event, (told) => news.push({ name, event, flags: told?.flagsChanged ?? [] }));
  },
  /** Another context has the provider fetch all answers anew: the number makes it another one. */
  async fetch({ name, context }) {
    await OpenFeature.setContext(name, { ...context, number: ++fetched });
  },
  read({ name, type, flag, otherwise }) {
    const details = OpenFeature.getClient(name)['get' + GETTERS[type] + 'Details'](flag, otherwise);
    const { value, reason, variant, errorCode, flagMetadata: metadata } = details;
    return { value, reason, variant, errorCode, metadata };
  },
  news: () => news.splice(0),
};
document.title = 'ready';
`;

declare const clients: {
  open(given: object): Promise<void>;
  fetch(given: object): Promise<void>;
  read(given: object): Details;
  news(): readonly Reported[];
};

/** The clients of a page that runs {@link MATRIX_PAGE}: one for each person, by their own token. */
export class BrowserMatrix {
  readonly #page: Page;
  readonly #provider: BrowserTraits['provider'];

  constructor(page: Page, { provider }: BrowserTraits) {
    this.#page = page;
    this.#provider = provider;
  }

  async open(person: PersonOfTable, url: string, token: string): Promise<void> {
    const given = { name: this.#nameOf(person), provider: this.#provider, url, token };
    await this.#page.evaluate((asked) => clients.open(asked), given);
  }

  /** What is answered for this context: the provider fetches it. */
  async ask(question: Question): Promise<Details> {
    const name = this.#nameOf(personOf(question));
    await this.#page.evaluate((asked) => clients.fetch(asked), { name, context: question.context ?? {} });
    return this.read(question);
  }

  /** What the provider holds, and has heard of changes. */
  read(question: Question): Promise<Details> {
    const name = this.#nameOf(personOf(question));
    return this.#page.evaluate((asked) => clients.read(asked), { name, ...question });
  }

  /** What the providers reported since this was called before. */
  news(): Promise<readonly Reported[]> {
    return this.#page.evaluate(() => clients.news());
  }

  #nameOf(person: PersonOfTable): string {
    return `${this.#provider}-${person}`;
  }
}

/**
 * An application that asks published OpenFeature clients what its standard input tells it to: one JSON object a line comes in with an
 * `id`, and one goes out with the same `id`; what the clients report by themselves goes out as it happens. The drivers of the other
 * languages speak the same.
 */
import { createInterface } from 'node:readline';
import { FlagdProvider } from '@openfeature/flagd-provider';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature, ProviderEvents } from '@openfeature/server-sdk';
import { FlagdProvider as FlagdProvider13 } from 'flagd-provider-0.13';

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** What flagd's clients are told beside where the server is: to come back quickly, so that nobody waits. */
const flagd = ({ host, flagdPort, selector, cache }) => ({
  ...{ host, port: flagdPort, tls: false, deadlineMs: 20_000, resolverType: 'rpc' },
  ...{ retryBackoffMs: 50, retryBackoffMaxMs: 200, cache: cache ? 'lru' : 'disabled', selector },
});

const PROVIDERS = {
  'flagd-0.16': (options) => new FlagdProvider(flagd(options)),
  'flagd-0.13': (options) => new FlagdProvider13(flagd(options)),
  ofrep: ({ httpUrl, token }) =>
    new OFREPProvider({ baseUrl: httpUrl, headers: [['Authorization', `Bearer ${token}`]] }),
};

const GETTERS = {
  boolean: 'getBooleanDetails',
  string: 'getStringDetails',
  integer: 'getNumberDetails',
  float: 'getNumberDetails',
  object: 'getObjectDetails',
};

const OPERATIONS = {
  async open({ name, provider, options }) {
    await OpenFeature.setProviderAndWait(name, PROVIDERS[provider](options));
    const client = OpenFeature.getClient(name);
    for (const event of Object.values(ProviderEvents)) {
      client.addHandler(event, (details) => say({ name, event, flags: details?.flagsChanged ?? [] }));
    }
    return {};
  },
  async ask({ name, type, flag, otherwise, context }) {
    const details = await OpenFeature.getClient(name)[GETTERS[type]](flag, otherwise, context);
    const { value, reason, variant, errorCode, errorMessage, flagMetadata } = details;
    return { value, reason, variant, errorCode, errorMessage, metadata: flagMetadata };
  },
  async close() {
    await OpenFeature.close();
    return {};
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, operation, ...given } = JSON.parse(line);
  OPERATIONS[operation](given).then(
    (result) => {
      say({ id, result });
      if (operation === 'close') process.exit(0);
    },
    (error) => say({ id, error: String(error) }),
  );
}

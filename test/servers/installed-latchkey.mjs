/** Gives `latchkey/testing` to a program that runs beside the sources, as an installed Latchkey would: from what is built of them. */
import { registerHooks } from 'node:module';

const SOURCE = new URL('../../src/test-server/start-test-server.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    nextResolve(specifier === 'latchkey/testing' ? SOURCE : specifier, context),
});

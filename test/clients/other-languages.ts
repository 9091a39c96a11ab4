/**
 * Runs the checks of the clients on the published clients of other languages, and the programs of their pages, against a server of its
 * own, and says how each went: `scripts/test-clients [LANGUAGE…]`. Installs them by their locks. A language whose tools are not on this
 * machine is named, and counts as failed.
 */
import assert from 'node:assert/strict';
import { findProgram } from '../servers/server-process.js';
import { type ClientCheck, checksOf, comesBack, openClient } from './stand/client-checks.js';
import { titleOf } from './stand/client-traits.js';
import { type ClientsServer, startClientsServer, variablesOf } from './stand/clients-server.js';
import { LANGUAGES, type Language } from './stand/languages.js';
import { programsOf } from './stand/page-code.js';

let passed = 0;
let failed = 0;

async function carryOut({ name, run }: ClientCheck): Promise<void> {
  try {
    await run();
    passed += 1;
    console.log(`  ok      ${name}`);
  } catch (error) {
    failed += 1;
    const reason = String(error instanceof Error ? error.message : error).replaceAll(/^/gm, '          ');
    console.log(`  FAILED  ${name}\n${reason}`);
  }
}

async function tryClients({ clients, start }: Language, server: ClientsServer): Promise<void> {
  if (start === undefined) return;
  const driver = start();
  try {
    for (const traits of clients) {
      console.log(`\n ${titleOf(traits)}`);
      for (const check of checksOf(() => ({ server, driver }), traits)) await carryOut(check);
    }
    console.log('\n all of them');
    await carryOut({
      name: 'come back when the server was away, and hold nothing of before for true',
      run: async () => {
        const opened = clients.map(async (each) => [each, await openClient({ server, driver }, each)] as const);
        await comesBack(server, await Promise.all(opened));
      },
    });
  } finally {
    await driver.close();
  }
}

async function tryPage({ page, mark, run }: Language, server: ClientsServer): Promise<void> {
  console.log(`\n docs/clients/${page}`);
  for (const [i, { code, prints }] of programsOf(page, mark).entries()) {
    const check = async (): Promise<void> => assert.equal(run(code, variablesOf(server)), prints);
    await carryOut({ name: `program ${i + 1} prints what the page says`, run: check });
  }
}

const wanted = process.argv.slice(2);
const server = await startClientsServer();
try {
  for (const language of LANGUAGES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    console.log(`\n${language.name}: ${language.versions()}`);
    const absent = language.needs.filter((program) => findProgram(program) === undefined);
    if (absent.length > 0) {
      failed += 1;
      console.log(` left out: ${absent.join(' and ')} must be on the PATH; install it and run this again`);
      continue;
    }
    await tryClients(language, server);
    await tryPage(language, server);
  }
} finally {
  await server.close();
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

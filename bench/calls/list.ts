/**
 * The list of a person's flags over REST, of 20 and of 200, half of which are on: 10,000 people with a JWT each, warm, on
 * MariaDB and Redis. Beside it Unleash's front-end API with the same flags for the same people, and a fastify that answers the
 * same body whatever it is asked. A server tells a list again for as long as it holds the user's state; what lists cost that are
 * decided anew is told by itself, and what a token does that has not been seen before.
 *
 *     bench/peers/install && npm run build && npm run bench:list
 *
 * `CALLS`, `ROUNDS`, `USERS`, `FLAGS=20,200` and `IN_FLIGHT` change its size; `ENGINES=sqlite` its store; Unleash is left out
 * where it is not installed, or by `UNLEASH=0`. `PROFILE=folder` writes a processor profile of the product there.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { getRequest, loadGets } from '../load/http1-load.js';
import { seeded } from '../load/zipf.js';
import { loadAsked, userFlag } from '../stand/asked.js';
import { organizationOf, userName } from '../stand/many-users.js';
import { ENGINES, type Place, withPlace } from '../stand/places.js';
import { pinThisProcess, type Started, serve, start, TYPESCRIPT } from '../stand/processes.js';
import { Report } from '../stand/report.js';
import { roundsOr, type Side, sideBySide } from '../stand/rounds.js';
import { reportSides } from './grpc-stand.js';
import { loadFigures, warmUp } from './load-figures.js';
import { hasUnleash, PROPERTIES, startUnleash, type Unleash } from './unleash.js';

const SETTINGS = {
  users: Number(process.env.USERS ?? 10_000),
  inFlight: Number(process.env.IN_FLIGHT ?? 64),
  calls: Number(process.env.CALLS ?? 30_000),
  rounds: roundsOr(7),
};
const FLAGS = (process.env.FLAGS ?? '20,200').split(',').map(Number);
const BESIDE_UNLEASH = hasUnleash() && process.env.UNLEASH !== '0';
const PATH = '/api/feature-flags/';
const SECRET = 'a secret of this run alone, of more than 32 bytes';
const LIFE_S = 3_600;
/** Where tokens say what is stored as well: then they override it. */
const WITH_ROLES = 'latchkey, roles in tokens';
/** Of each user by turns the token with and the one without roles: what was kept of the last list is never that of the next. */
const ANEW = 'latchkey, each list decided anew';
const FIRST_SEEN = 'latchkey, each token for the first time';
/** To be reached against Unleash and against the canned body, by the number of flags. */
const MARKS: Readonly<Record<number, { readonly unleash: number; readonly canned: number }>> = {
  20: { unleash: 6, canned: 0.6 },
  200: { unleash: 4, canned: 0.35 },
};

/** A request of each person with a token of their own, which differs from all others by `issue`. */
async function requestsWithTokens(issue: string, claimsOf: (n: number) => object = () => ({})) {
  const key = Buffer.from(SECRET);
  const expiresAt = Math.floor(Date.now() / 1000) + LIFE_S;
  const requests: Buffer[] = [];
  for (let n = 0; n < SETTINGS.users; n++) {
    const claims = { sub: userName(n), exp: expiresAt, jti: `${issue}-${n}`, ...claimsOf(n) };
    const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key);
    requests.push(getRequest(PATH, { authorization: `Bearer ${token}` }));
  }
  return shuffled(requests);
}

function shuffled<T>(values: readonly T[]): readonly T[] {
  const random = seeded(4);
  return values
    .map((value) => ({ value, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

const addressOf = ({ line }: Started): string => /http=(\S+)/.exec(line)![1]!;

/** A list of the usual length, in which about half of the flags are on; who has joined lately has fewer. */
async function usualBody(address: string, requests: readonly Buffer[], flags: number): Promise<string> {
  const bodies: string[] = [];
  for (const request of requests.slice(0, 51)) bodies.push(await bodyOf(address, request));
  const usual = bodies.toSorted((a, b) => a.length - b.length)[25]!;
  const on = usual.split('"key"').length - 1;
  if (on < 0.3 * flags || on > 0.7 * flags) throw new Error(usual);
  return usual;
}

async function bodyOf(address: string, request: Buffer): Promise<string> {
  const authorization = /authorization: (.+)\r\n/.exec(request.toString())![1]!;
  const response = await fetch(`http://${address}${PATH}`, { headers: { authorization } });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${body}`);
  return body;
}

async function measure(place: Place, flags: number): Promise<void> {
  const environment = { DATA_DIR: place.directory, ...place.environment };
  const latchkey = await serve(0, place.shared ? 'rest' : 'rest,worker', { ...environment, JWT_SECRET: SECRET });
  const requests = await requestsWithTokens('warm');
  const withRoles = await requestsWithTokens('roles', (n) => ({ org: organizationOf(n), roles: ['employee'] }));
  const file = join(place.directory, 'body.json');
  writeFileSync(file, await usualBody(latchkey.httpAddress, requests, flags));
  const canned = await start(0, [...TYPESCRIPT, 'bench/calls/canned-list-server.ts', file], /^canned/);
  const unleash = BESIDE_UNLEASH ? await startUnleash(place.directory, flags) : undefined;
  const settings = { ...SETTINGS, flags, store: place.name, unleash: BESIDE_UNLEASH ? 'beside' : 'not installed' };
  const report = new Report(`list-${flags}`, settings);
  pinThisProcess(1);

  const { inFlight, calls, users } = SETTINGS;
  const load = (address: string, asked: readonly Buffer[], count: number) =>
    loadGets({ address, requests: asked, inFlight, calls: count });
  /** Tokens of another side, measured before, may have driven out these. */
  const warm = async (asked: readonly Buffer[]) => {
    await load(latchkey.httpAddress, asked, asked.length);
    return loadFigures(latchkey, () => load(latchkey.httpAddress, asked, calls));
  };
  let issue = 0;
  const firstSeenTokens = async () => {
    const fresh = await requestsWithTokens(`issue ${issue++}`);
    return loadFigures(latchkey, () => load(latchkey.httpAddress, fresh, users));
  };
  const sides: Side[] = [
    { name: 'latchkey', run: () => warm(requests) },
    { name: WITH_ROLES, run: () => warm(withRoles) },
    { name: ANEW, run: () => warm([...requests, ...withRoles]) },
    { name: FIRST_SEEN, run: firstSeenTokens },
    { name: 'canned fastify', run: () => loadFigures(canned, () => load(addressOf(canned), requests, calls)) },
  ];
  // It takes several times as long.
  if (unleash !== undefined) sides.push(unleashSide(unleash, (asked) => load(unleash.address, asked, calls / 5)));
  await warmUp(() => load(latchkey.httpAddress, requests, users));
  const measured = await sideBySide(sides, SETTINGS.rounds, 1);
  reportSides(report, measured, sides, 'request');
  for (const { name } of sides) report.row({ what: name, unit: 'B', values: measured.of(name, 'answerBytes') });
  const ratio = (other: string, atLeast: number | undefined): void => {
    for (const name of ['latchkey', WITH_ROLES, ANEW]) {
      const mark = atLeast === undefined || name === ANEW ? {} : { mark: { atLeast } };
      const values = measured.ratio('perSecond', name, other);
      report.row({ what: `${name} : ${other}, requests`, unit: '', values, digits: 2, ...mark });
      const working = measured.ratio('serverUs', other, name);
      report.row({ what: `${other} : ${name}, processor a request`, unit: '', values: working, digits: 2, ...mark });
    }
  };
  if (unleash !== undefined) ratio('Unleash', MARKS[flags]?.unleash);
  ratio('canned fastify', MARKS[flags]?.canned);

  const firstSeen = measured.of(FIRST_SEEN, 'serverUs').map((us, n) => us - measured.of('latchkey', 'serverUs')[n]!);
  report.row({ what: 'a token seen for the first time', unit: 'µs more', values: firstSeen, digits: 1 });
  report.end();
  await Promise.all([latchkey.stop(), canned.stop(), unleash?.stop()]);
}

function unleashSide(unleash: Unleash, load: (requests: readonly Buffer[]) => ReturnType<typeof loadGets>): Side {
  const requests = Array.from({ length: SETTINGS.users }, (_, n) =>
    getRequest(`/api/frontend?userId=${userName(n)}&${PROPERTIES}`, { authorization: unleash.token }),
  );
  return { name: 'Unleash', run: () => loadFigures(unleash, () => load(shuffled(requests))) };
}

for (const flags of FLAGS) {
  await withPlace(
    ENGINES[0]!,
    (store) => loadAsked(store, { flags, users: SETTINGS.users, flag: userFlag }),
    (place) => measure(place, flags),
  );
}
process.exit(0);

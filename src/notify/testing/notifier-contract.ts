import { afterEach, describe, expect, it } from '@jest/globals';
import { pause, until } from '../../../test/timing.js';
import type { Notice, Notifier, NotifierState } from '../notifier.js';

export interface NotifierHarness {
  /** Opens a server; each hears what any of them publishes. */
  openServer(onError: (error: unknown) => void): Promise<Notifier>;
  /** Whether there can be more than one server. */
  readonly manyServers: boolean;
}

const NOTICES: readonly Notice[] = [
  { kind: 'configuration', revision: 17 },
  {
    kind: 'users',
    users: [
      { id: 'alice', revision: 3 },
      { id: 'Ålice "x"\u2028', revision: 0 },
    ],
  },
  { kind: 'organizations', organizations: [{ id: 'org', revision: 2 }] },
  { kind: 'tokens' },
];

/** What every Notifier owes the caches. Call it at the top of an adapter's test file. */
export function describeNotifier(name: string, harness: NotifierHarness): void {
  describe(`the notifier contract, ${name}`, () => {
    const opened: Notifier[] = [];
    let errors: unknown[] = [];

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((notifier) => notifier.close()));
      errors = [];
    });

    async function openServer(): Promise<Notifier> {
      const notifier = await harness.openServer((error) => errors.push(error));
      opened.push(notifier);
      return notifier;
    }

    it("brings a server its own notices, once, as they were, to each of the server's listeners", async () => {
      const server = await openServer();
      const first = await listen(server);
      const second = await listen(server);
      for (const notice of NOTICES) {
        await server.publish(notice);
      }
      await until(() => first.notices.length >= NOTICES.length && second.notices.length >= NOTICES.length);
      await pause(100);
      expect(first.notices).toEqual(NOTICES);
      expect(second.notices).toEqual(NOTICES);
    });

    it('says at once that it is connected', async () => {
      const server = await openServer();
      const { states } = await listen(server);
      expect(states).toEqual(['connected']);
    });

    it('tells a listener nothing after it has unsubscribed, and the others still', async () => {
      const server = await openServer();
      const leaving = await listen(server);
      const staying = await listen(server);
      await leaving.unsubscribe();
      await server.publish({ kind: 'tokens' });
      await until(() => staying.notices.length === 1);
      expect(leaving.notices).toEqual([]);
    });

    it('reports a listener that throws, tells the others, and does not fail the publisher', async () => {
      const server = await openServer();
      await server.subscribe(
        () => {
          throw new Error('a bad listener');
        },
        () => undefined,
      );
      const other = await listen(server);
      await server.publish({ kind: 'tokens' });
      await until(() => other.notices.length === 1);
      // On a slow machine a connection that was still being made may have been reported before.
      expect(errors.map(String).filter((error) => error.includes('a bad listener'))).toHaveLength(1);
    });

    it('publishes to nobody, and without a fault, once closed', async () => {
      const server = await openServer();
      const { notices } = await listen(server);
      const before = errors.length;
      await server.close();
      await server.publish({ kind: 'tokens' });
      await pause(50);
      expect(notices).toEqual([]);
      expect(errors).toHaveLength(before);
    });

    if (harness.manyServers) {
      it('brings the notices of one server to the others, once', async () => {
        const [one, two] = [await openServer(), await openServer()];
        const there = await listen(two);
        const here = await listen(one);
        for (const notice of NOTICES) {
          await one.publish(notice);
        }
        await until(() => there.notices.length >= NOTICES.length && here.notices.length >= NOTICES.length);
        await pause(100);
        expect(there.notices).toEqual(NOTICES);
        expect(here.notices).toEqual(NOTICES);
      });

      it('brings a notice of many users whole, though in pieces', async () => {
        const [one, two] = [await openServer(), await openServer()];
        const { notices } = await listen(two);
        const users = Array.from({ length: 20_000 }, (_, i) => ({ id: `user-ü-${i}`, revision: i }));
        await one.publish({ kind: 'users', users });
        const arrived = (): unknown[] => notices.flatMap((notice) => (notice.kind === 'users' ? notice.users : []));
        await until(() => arrived().length >= users.length);
        expect(arrived()).toEqual(users);
      });
    }
  });
}

export interface Listening {
  readonly notices: Notice[];
  readonly states: NotifierState[];
  unsubscribe(): Promise<void>;
}

/** Subscribes and keeps what it is told. */
export async function listen(notifier: Notifier): Promise<Listening> {
  const notices: Notice[] = [];
  const states: NotifierState[] = [];
  const unsubscribe = await notifier.subscribe(
    (notice) => notices.push(notice),
    (state) => states.push(state),
  );
  return { notices, states, unsubscribe };
}

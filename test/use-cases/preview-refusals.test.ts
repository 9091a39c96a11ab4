import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { LatchkeyError } from '../../src/calls/errors.js';
import type { FlagInput } from '../../src/core/flags/parse-flag.js';
import type { PreviewInput } from '../../src/services/previewing/preview.js';
import { type Store, StoreUnavailable } from '../../src/store/store.js';
import type { UserPages } from '../../src/store/user-pages.js';
import { describeOnEachEngine } from './stands/engines.js';
import { DRAFT, previewed } from './stands/previewed.js';
import { latching, machine, OPERATOR, person, type UseCaseStand, verified } from './stands/use-case-stand.js';

const refusal = (work: Promise<unknown>): Promise<LatchkeyError> =>
  work.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: LatchkeyError) => error,
  );
const unlocked = (flag: string) => ({ fact: 'unlocked', params: { flag }, operator: 'equal', value: true });

describeOnEachEngine('a preview that cannot be', (engine) => {
  let stand: UseCaseStand;
  /** What reading a page of users does first. */
  let beforePage: () => Promise<void>;
  let pages = 0;
  beforeAll(async () => {
    const around = (store: Store): Store => {
      const read: UserPages['read'] = async (request) => {
        pages++;
        await beforePage();
        return store.userPages.read({ ...request, limit: 1 });
      };
      return { ...store, userPages: { ...store.userPages, read } };
    };
    stand = await engine.compose({ around });
    for (let i = 0; i < 5; i++) await stand.identify(`user-${i}`, { emailVerified: true });
  });
  beforeEach(async () => {
    beforePage = () => Promise.resolve();
    await stand.clear();
  });

  it('is refused as SetFlag refuses the same, in the same words', async () => {
    await stand.setFlag('first', latching(verified));
    await stand.setFlag('second', latching(unlocked('first')));
    await stand.setFlag('third', { prerequisites: [{ flagKey: 'first' }] });
    const leaf = { fact: 'actoinCount', operator: 'equal', value: 1 };
    const bad: readonly FlagInput[] = [
      { rules: [{ conditions: { all: [leaf] } }] },
      { rules: [{ conditions: { all: [{ condition: 'nowhere' }] } }] },
      { rules: [{ conditions: { all: [unlocked('second')] } }] },
      { rules: [{ id: 'rul_of_another_flag' }] },
      { rules: [{ rolloutPer100k: 100_001 }, { policy: 'STICKY' }] },
      { prerequisites: [{ flagKey: 'third' }] },
      { archived: true },
    ];
    for (const input of bad) {
      const told = await refusal(previewed(stand, 'first', { input }));
      const stored = await refusal(stand.setFlag('first', input));
      expect([told.code, told.message, told.faults]).toEqual([stored.code, stored.message, stored.faults]);
      expect(told.code).toBe('INVALID');
    }
    const named: readonly Partial<PreviewInput>[] = [
      { keyOrId: 'no key' },
      { keyOrId: 'flg_nowhere', mustExist: true },
      { keyOrId: stand.services.keeper.snapshot.flags.get('first')!.flag.id, key: 'second' },
    ];
    for (const { keyOrId = '', ...input } of named) {
      const told = await refusal(previewed(stand, keyOrId, input));
      const stored = await refusal(stand.setFlag(keyOrId, {}, input));
      expect([told.code, told.message]).toEqual([stored.code, stored.message]);
    }
    await stand.setFlag('third', { archived: true });
  });

  it('is refused with what only a preview has: a rule twice, a place beyond, a sample too large', async () => {
    const rule = { input: {}, position: undefined };
    const bad: readonly (readonly [Partial<PreviewInput>, string])[] = [
      [{ rule, input: { rules: [{}] } }, 'one of the two'],
      [{ rule: { input: { id: 'rul_1' }, position: undefined } }, 'has no rule "rul_1"'],
      [{ rule: { input: { conditions: { fact: 'x' } }, position: undefined } }, '/rules/0/conditions'],
      [{ rule: { input: {}, position: 1 } }, 'position is 0 to 0, not 1'],
      [{ sampleSize: 1000 }, 'sample_size is 0 to 100, not 1000'],
      [{ organizationId: ' spaced' }, 'organization'],
    ];
    for (const [input, words] of bad) {
      const told = await refusal(previewed(stand, 'new', input));
      expect([told.code, told.message]).toEqual(['INVALID', expect.stringContaining(words)]);
    }
  });

  it('is for the platform’s operators alone', async () => {
    const roleAdmin = person('ada', { organizationId: 'acme', roles: ['admin'] });
    for (const call of [
      machine(['evaluate', 'identify', 'track']),
      machine(['admin'], 'acme'),
      person('ada'),
      roleAdmin,
    ]) {
      expect((await refusal(previewed(stand, 'new', {}, call))).code).toBe('FORBIDDEN');
    }
    for (const call of [machine(['manage']), person('root', { platformAdmin: true })]) {
      expect((await previewed(stand, 'new', { input: { rules: [{}] } }, call)).result.counts.wouldUnlock).toBe(5);
    }
  });

  it('waits for one of two to end, and stops when its reader has gone', async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    beforePage = () => opened;
    const begin = () => {
      let end: (failure: LatchkeyError | undefined) => void;
      const ended = new Promise<LatchkeyError | undefined>((resolve) => {
        end = resolve;
      });
      const sink = { write: () => true, end: (failure: LatchkeyError | undefined) => end(failure) };
      const feed = stand.services.preview.preview(OPERATOR, { ...DRAFT, keyOrId: 'new' }, sink);
      return feed.then(({ close }) => ({ close, ended }));
    };
    const [gone, stays] = [await begin(), await begin()];
    const third = await refusal(begin());
    expect([third.code, third.message]).toEqual(['LIMITED', expect.stringContaining('2 previews are under way')]);
    gone.close();
    const before = pages;
    open();
    expect(await gone.ended).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await stays.ended).toBeUndefined();
    // The other one reads all of its pages; the one whose reader had gone, no other than the one that was under way.
    expect(pages - before).toBeLessThanOrEqual(6);
    expect((await previewed(stand, 'new')).result.counts.stayOff).toBe(5);
  });

  it('of organizations is one at most, so that the platform finds a place', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    beforePage = () => opened;
    const ended: Promise<unknown>[] = [];
    const sinkOf = () => {
      const { promise, resolve } = Promise.withResolvers<LatchkeyError | undefined>();
      ended.push(promise);
      return { write: () => true, end: resolve };
    };
    const ofRoles = (organizationId: string) =>
      stand.services.rolePreview.preview(
        machine(['manage'], organizationId),
        { organizationId, draft: { kind: 'set', roles: [{ name: 'lead', inherits: [] }] }, sampleSize: 1 },
        sinkOf(),
      );
    for (const id of ['acme', 'other'])
      await stand.services.organizations.set(OPERATOR, { id, attributes: {}, comment: '' });
    await ofRoles('acme');
    const second = await refusal(ofRoles('other'));
    expect([second.code, second.message]).toEqual(['LIMITED', expect.stringContaining('preview of an organization')]);
    await stand.services.preview.preview(OPERATOR, { ...DRAFT, keyOrId: 'new' }, sinkOf());
    open();
    // The one that was refused told nothing to its sink.
    expect(await Promise.all([ended[0], ended[2]])).toEqual([undefined, undefined]);
    await ofRoles('other');
    expect(await ended[3]).toBeUndefined();
  });

  it('stops when its call is cancelled', async () => {
    const controller = new AbortController();
    beforePage = async () => controller.abort();
    const call = { ...OPERATOR, signal: controller.signal };
    expect((await refusal(previewed(stand, 'new', {}, call))).code).toBe('UNAVAILABLE');
    beforePage = () => Promise.resolve();
    expect((await previewed(stand, 'new')).result.counts.stayOff).toBe(5);
  });

  it('tells that the store went away, and frees its place', async () => {
    let read = 0;
    beforePage = () => (++read === 3 ? Promise.reject(new StoreUnavailable('away')) : Promise.resolve());
    for (let i = 0; i < 3; i++) {
      read = 0;
      expect((await refusal(previewed(stand, 'new'))).code).toBe('UNAVAILABLE');
    }
    read = 10;
    expect((await previewed(stand, 'new')).result.counts.stayOff).toBe(5);
  });

  it('tells how far it has come, and the rest when it is slow', async () => {
    beforePage = () => new Promise((resolve) => setTimeout(resolve, 300));
    const { events } = await previewed(stand, 'new', { input: { rules: [{}] } });
    const told = events.flatMap((event) => (event.type === 'progress' ? [event.progress] : []));
    expect(told.length).toBeGreaterThan(1);
    expect(told.map(({ total }) => total)).toEqual(told.map(() => 5));
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b));
    for (const { done, counts, leftMs, usersPerSecond } of told.slice(1)) {
      expect(counts.wouldUnlock).toBe(done);
      expect(leftMs).toBe(Math.round(((5 - done) / usersPerSecond) * 1_000));
    }
  });
});

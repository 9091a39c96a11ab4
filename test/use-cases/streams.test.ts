import { afterEach, beforeAll, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import type { RunningServer } from '../../src/compose/server/start-server.js';
import { DAY_MS, HOUR_MS } from '../../src/core/values/time/time.js';
import type { IdentifyInput } from '../../src/services/users/users.js';
import type { Scope } from '../../src/store/token-store.js';
import { busy, pause, until } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { type EventSourceStand, openEventSource, type SourceOptions } from './stands/event-source.js';
import { atLeast, daysIn, latching, OPERATOR, verified } from './stands/use-case-stand.js';

const JWT_SECRET = 'a shared secret of more than thirty-two bytes';
const ENVIRONMENT = { ROLES: 'rest,worker', JWT_SECRET, STREAM_HEARTBEAT_SECONDS: '1' };
const manager = { fact: 'roles', operator: 'contains', value: 'manager' };
const live = (...all: readonly object[]) => ({ rules: [{ conditions: { all } as never }] });

interface Flip {
  readonly flag_key: string;
  readonly cause: Readonly<Record<string, string>>;
  readonly decision: Readonly<Record<string, unknown>>;
}
interface UserData {
  readonly unlocked: readonly Flip[];
  readonly locked: readonly Flip[];
}
const flips = (data: unknown) => {
  const { unlocked, locked } = data as UserData;
  return { on: unlocked.map(({ flag_key }) => flag_key), off: locked.map(({ flag_key }) => flag_key) };
};
const keysOf = (data: unknown) => (data as { flag_keys: readonly string[] }).flag_keys;

describeOnEachEngine('streams', (engine) => {
  /** Where is written, and where is watched: two servers wherever two can be. */
  let here: RunningServer;
  let there: RunningServer;
  const open: EventSourceStand[] = [];
  let events = 0;

  beforeAll(async () => {
    there = await engine.start(ENVIRONMENT);
    here = engine.name.startsWith('SQLite') ? there : await engine.start({ ROLES: 'worker' });
  });
  afterEach(() => {
    for (const source of open.splice(0)) source.kill();
  });

  const admin = (): string => there.adminSecret;
  const watch = async (query = '', options: SourceOptions = { token: admin() }, server = there) => {
    const source = await openEventSource(server.httpAddress!, `/api/stream${query}`, options);
    open.push(source);
    // The first is the heartbeat that says: from here on.
    if (source.status === 200) await until(() => source.frames.length > 0 || source.ended);
    return source;
  };
  const setFlag = async (keyOrId: string, input: object, more: object = {}) => {
    await here.composed.services.flags.set(OPERATOR, {
      ...{ keyOrId, mustExist: false, input, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' },
      ...{ access: [], removeAccess: [], ...more },
    });
    await until(
      () => there.composed.services.keeper.snapshot.revision >= here.composed.services.keeper.snapshot.revision,
    );
  };
  const identify = (userId: string, input: Omit<IdentifyInput, 'userId'>) =>
    here.composed.services.users.identify(OPERATOR, { userId, ...input });
  const track = (userId: string, action: string, wait = false) => {
    const event = { id: `e${events++}`, source: 's', userId, action, occurredAt: undefined, value: 0, properties: {} };
    return here.composed.services.events.track(OPERATOR, { events: [{ kind: 'event', event }], wait });
  };
  const person = (sub: string, seconds = 300, claims: object = {}) =>
    new SignJWT({ sub, ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(Buffer.from(JWT_SECRET));
  const askTicket = async (query: string, token: string) => {
    const response = await fetch(`http://${there.httpAddress}/api/stream/ticket${query}`, {
      ...{ method: 'POST', headers: { authorization: `Bearer ${token}` } },
    });
    return (await response.json()) as { url: string; expires_at: string };
  };
  const machineToken = (scopes: readonly Scope[], organizationId = '') =>
    there.composed.services.tokens.create(OPERATOR, {
      ...{ name: 't', scopes, organizationId, expiresAt: undefined, comment: '' },
    });

  it('tell which flags a derived action changes when it is declared, and what turns on when an event counts as it', async () => {
    const counts = { fact: 'actionCount', params: { action: 'derived_note' }, operator: 'greaterThanInclusive' };
    await setFlag('noted', live({ ...counts, value: 1 }));
    await setFlag('noted_twice', live({ ...counts, value: 2 }));
    await track('derived', 'note', true);
    const source = await watch('?user_id=derived');
    const derivation = { from: ['note'] };
    await here.composed.services.actions.declare(OPERATOR, [
      { name: 'derived_note', clientTrackable: false, derivation },
    ]);
    expect([...keysOf((await source.frame('configuration')).data)].toSorted()).toEqual(['noted', 'noted_twice']);
    await track('derived', 'note', true);
    expect(flips((await source.frame('user')).data)).toEqual({ on: ['noted_twice'], off: [] });
  });

  it('tell of an unlock by an event, with its cause and the decision, soon after it was acknowledged', async () => {
    await setFlag('by-event', latching(atLeast(2, 'ran')));
    const source = await watch('?user_id=runner');
    await track('runner', 'ran');
    await track('runner', 'ran');
    const acknowledged = performance.now();
    const frame = await source.frame('user');
    expect(frame.at - acknowledged).toBeLessThan(busy(2_000));
    const id = `e${events - 1}`;
    expect(frame.data).toEqual({
      user_id: 'runner',
      changed_at: expect.any(String),
      unlocked: [
        {
          flag_key: 'by-event',
          cause: { type: 'event', action: 'ran', event_id: id, source: 's' },
          decision: { enabled: true, variant: 'on', value: true, reason: 'UNLOCKED' },
        },
      ],
      locked: [],
    });
    await pause(300);
    expect(source.of('user')).toHaveLength(1);
  });

  it('tell of what any write flips, on and off, and of nobody else', async () => {
    await setFlag('by-write', live(manager));
    await setFlag('by-row', {});
    const [source, other] = [await watch('?user_id=writer'), await watch('?user_id=bystander')];
    await identify('writer', { roles: ['manager'] });
    expect(flips((await source.frame('user', 0)).data)).toEqual({ on: ['by-write'], off: [] });
    await identify('writer', { roles: [] });
    expect(flips((await source.frame('user', 1)).data)).toEqual({ on: [], off: ['by-write'] });
    await setFlag('by-row', {}, { access: [{ userId: 'writer' }] });
    const { data } = await source.frame('user', 2);
    expect((data as UserData).unlocked[0]).toMatchObject({
      flag_key: 'by-row',
      cause: { type: 'access' },
      decision: { reason: 'USER' },
    });
    expect(other.of('user')).toEqual([]);
  });

  it('tell of what time alone flips, once, when it does', async () => {
    await setFlag('day-live', live(daysIn(1)));
    await setFlag('day-latching', latching(daysIn(1)));
    const joinedAt = Date.now() - DAY_MS + busy(1_000);
    await identify('waiter', { joinedAt });
    const source = await watch('?user_id=waiter');
    const frame = await source.frame('user');
    expect(Date.now() - DAY_MS - joinedAt).toBeLessThan(busy(1_000));
    expect(flips(frame.data).on.toSorted()).toEqual(['day-latching', 'day-live']);
    expect((frame.data as UserData).unlocked[0]!.cause).toEqual({ type: 'time' });
    // The worker writes the latching one down about now; that is no news.
    await pause(1_500);
    expect(source.of('user')).toHaveLength(1);
  });

  it('look anew when a write has changed when time will flip something', async () => {
    await setFlag('day-moved', live(daysIn(1)));
    const source = await watch('?user_id=mover');
    await identify('mover', { joinedAt: Date.now() - DAY_MS + 1_200 });
    const frame = await source.frame('user', 0, 4_000);
    expect(flips(frame.data).on).toContain('day-moved');
  });

  it('tell of changes of the configuration, what hangs on them included, and of windows when they open', async () => {
    await setFlag('base', { isEnabledGlobally: true });
    await setFlag('upon', { prerequisites: [{ flagKey: 'base', variant: '' }], isEnabledGlobally: true });
    const [source, everything] = [await watch('?user_id=reader'), await watch()];
    await setFlag('base', { active: false });
    for (const one of [source, everything]) {
      expect([...keysOf((await one.frame('configuration')).data)].toSorted()).toEqual(['base', 'upon']);
    }
    const startsAt = Date.now() + 1_200;
    await setFlag('base', { active: true, startsAt });
    await source.frame('configuration', 1);
    const opened = await source.frame('configuration', 2, 4_000);
    expect(Date.now()).toBeGreaterThanOrEqual(startsAt);
    expect([...keysOf(opened.data)].toSorted()).toEqual(['base', 'upon']);
    // Told as what it is, and not as the user's.
    await pause(400);
    expect(source.of('user')).toEqual([]);
  });

  it('tell of what a change of the user’s organization flips', async () => {
    await setFlag('chiefs', live(manager));
    await here.composed.services.organizations.set(OPERATOR, { id: 'acme', roles: [], comment: '' });
    await identify('chief', { organizationId: 'acme', roles: ['chief'] });
    const source = await watch('?user_id=chief');
    const roles = [{ name: 'chief', inherits: ['manager'] }];
    await here.composed.services.organizations.set(OPERATOR, { id: 'acme', roles, comment: '' });
    const { data } = await source.frame('user');
    expect((data as UserData).unlocked).toContainEqual(
      expect.objectContaining({ flag_key: 'chiefs', cause: { type: 'organization' } }),
    );
  });

  it('tell a member of what the organization has earned through others, and not through whom', async () => {
    const conditions = { all: [atLeast(2, 'shared')] };
    await setFlag('team', { rules: [{ policy: 'LATCHING', earnedBy: 'ORGANIZATION', conditions }] });
    for (const member of ['onlooker', 'doer']) await identify(member, { organizationId: 'doers' });
    const source = await watch('?user_id=onlooker');
    await track('doer', 'shared');
    await track('doer', 'shared');
    const { data } = await source.frame('user');
    expect((data as UserData).unlocked).toEqual([
      expect.objectContaining({ flag_key: 'team', cause: { type: 'organization' } }),
    ]);
    expect(JSON.stringify(data)).not.toContain('doer');
  });

  it('go on where a broken connection ended: by event, by write and by time, each once and in order', async () => {
    await setFlag('r-manager', live(manager));
    await setFlag('r-verified', latching(verified));
    // Hours: no latching rule of another test is due at that instant, so no row tells of it.
    const hours = { fact: 'hoursSinceJoin', operator: 'greaterThanInclusive', value: 5 };
    await setFlag('r-hour', live(hours));
    const flipsAt = Date.now() + busy(1_000);
    await identify('returner', { joinedAt: flipsAt - 5 * HOUR_MS });
    const source = await watch('?user_id=returner');
    await identify('returner', { roles: ['manager'] });
    await source.frame('user');
    source.kill();
    await identify('returner', { roles: [] });
    await identify('returner', { emailVerified: true });
    await setFlag('r-new', { isEnabledGlobally: true });
    await pause(flipsAt - Date.now() + 300);
    for (const options of [{ lastEventId: source.lastId(), token: admin() }, { token: admin() }]) {
      const query = options.lastEventId === undefined ? `&last_event_id=${source.lastId()}` : '';
      const again = await watch(`?user_id=returner${query}`, options);
      await until(() => again.frames.some(({ event }) => event === ''));
      expect(again.of('reset')).toEqual([]);
      expect(again.of('configuration').flatMap(({ data }) => keysOf(data))).toEqual(['r-new']);
      const told = again.of('user').map(({ data }) => flips(data));
      expect(told[0]!.off).toContain('r-manager');
      expect(told[1]!.on).toContain('r-verified');
      expect(told.slice(2).flatMap(({ on }) => on)).toContain('r-hour');
      expect(told.flatMap(({ on, off }) => [...on, ...off]).filter((key) => key.startsWith('r-'))).toHaveLength(3);
      // Half of it and the rest add up, too.
      const half = await watch(`?user_id=returner&last_event_id=${again.of('user')[0]!.id}`);
      await until(() => half.frames.some(({ event }) => event === ''));
      expect(half.of('user').flatMap(({ data }) => flips(data).off)).not.toContain('r-manager');
      expect(half.of('user').flatMap(({ data }) => flips(data).on)).toEqual(
        expect.arrayContaining(['r-verified', 'r-hour']),
      );
    }
  });

  it('say reset where what happened since is not known', async () => {
    const source = await watch('?user_id=resetter');
    const [, epoch, , outbox, , organization, mark] = source.lastId().split('.');
    const old = ['r1', epoch, 0, outbox, Date.now() - DAY_MS, organization, mark].join('.');
    const foreign = (await watch('?user_id=somebody-else')).lastId();
    const formerLife = source.lastId().replace(epoch!, 'another-life');
    for (const id of [old, foreign, formerLife, 'nonsense']) {
      const again = await watch(`?user_id=resetter&last_event_id=${id}`);
      expect(again.frames[0]).toMatchObject({ event: 'reset', data: {} });
      const after = await watch(`?user_id=resetter&last_event_id=${again.frames[0]!.id}`);
      expect(after.of('reset')).toEqual([]);
    }
  });

  it('say reset to people when the organization that their JWT alone names is written', async () => {
    const source = await watch('', { token: await person('not-stored', 300, { org: 'named-by-jwt' }) });
    await here.composed.services.organizations.set(OPERATOR, { id: 'named-by-jwt', attributes: { a: 1 }, comment: '' });
    await source.frame('reset');
  });

  it('say reset when the store begins another epoch, and go on in it', async () => {
    await setFlag('l-manager', live(manager));
    const [source, alone] = [await watch('?user_id=reborn'), await watch()];
    const store = await engine.openStore();
    await store.renewEpoch();
    for (const one of [source, alone]) expect((await one.frame('reset')).data).toEqual({});
    await identify('reborn', { roles: ['manager'] });
    expect(flips((await source.frame('user')).data).on).toContain('l-manager');
    const again = await watch(`?user_id=reborn&last_event_id=${source.of('user')[0]!.id}`);
    expect(again.of('reset')).toEqual([]);
  });

  it('beat while nothing happens, each beat a place to go on from', async () => {
    const source = await watch('?user_id=idler');
    const first = source.lastId();
    await until(() => source.frames.length > 2);
    expect(source.frames.every(({ event }) => event === '')).toBe(true);
    expect(source.lastId()).not.toBe(first);
  });

  it('show people their own alone, as they may see it', async () => {
    await setFlag('p-shown', live(manager));
    await setFlag('p-hidden', { ...live(manager), clientVisible: false });
    const week = { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 7 };
    await setFlag('p-denied', { isEnabledGlobally: true, ...live(week) });
    const joinedAt = Date.now() - 3 * DAY_MS;
    const source = await watch('', { token: await person('pat') });
    await identify('pat', { roles: ['manager'], joinedAt });
    expect(flips((await source.frame('user')).data).on).toContain('p-shown');
    expect(flips((await source.frame('user')).data).on).not.toContain('p-hidden');
    await setFlag('p-denied', {}, { access: [{ userId: 'pat', effect: 'DENY' }] });
    const denied = (await source.frame('user', 1)).data as UserData;
    const validUntil = new Date(joinedAt + 7 * DAY_MS).toISOString();
    expect(denied.locked[0]).toMatchObject({
      ...{ flag_key: 'p-denied', decision: { reason: 'DEFAULT', enabled: false, valid_until: validUntil } },
    });
    // As though something else that is stored of them had changed.
    expect(denied.locked[0]!.cause).toEqual({ type: 'identify' });
    await setFlag('p-hidden', { description: 'changed' });
    await setFlag('p-shown', { description: 'changed' });
    expect(keysOf((await source.frame('configuration')).data)).toEqual(['p-shown']);
    await setFlag('p-event', latching(atLeast(1, 'clicked')));
    await track('pat', 'clicked');
    const own = (await source.frame('user', 2)).data as UserData;
    expect(own.unlocked[0]!.cause).toEqual({ type: 'event', action: 'clicked', event_id: `e${events - 1}` });
    expect((await watch('?user_id=runner', { token: await person('pat') })).status).toBe(404);
  });

  it('are opened by a ticket for a minute, for one user as people see them', async () => {
    await setFlag('t-hidden', { ...live(manager), clientVisible: false });
    const { url, expires_at } = await askTicket('?user_id=tess', admin());
    expect(Date.parse(expires_at) - Date.now()).toBeGreaterThan(30_000);
    expect(Date.parse(expires_at) - Date.now()).toBeLessThan(61_000);
    const query = url.replace('/api/stream', '');
    const source = await watch(query, {});
    expect(source.status).toBe(200);
    await identify('tess', { roles: ['manager'] });
    expect(flips((await source.frame('user')).data).on).not.toContain('t-hidden');
    const forged = query.replace(/.(?=.{20}$)/, (character) => (character === '_' ? '-' : '_'));
    expect((await watch(forged, {})).status).toBe(204);
    expect((await watch('?ticket=', {})).status).toBe(204);
    const tickets = there.composed.services.streams;
    const now = there.composed.clock.now;
    there.composed.clock.now = () => Date.now() + 61_000;
    expect(tickets.readTicket(query.replace('?ticket=', ''))).toBeUndefined();
    there.composed.clock.now = now;
    expect((await watch('', {})).status).toBe(401);
    const own = await askTicket('', await person('tess', 20));
    expect(Date.parse(own.expires_at) - Date.now()).toBeLessThan(21_000);
  });

  it('end with what they were opened with: a revoked token, a JWT that is over, a user who has left', async () => {
    const { secret, token } = await machineToken(['evaluate']);
    await identify('leaver', { organizationId: 'acme' });
    const bound = (await machineToken(['evaluate'], 'acme')).secret;
    const [revoked, over, left] = [
      await watch('?user_id=anyone', { token: secret }),
      await watch('', { token: await person('short', 2) }),
      await watch('?user_id=leaver', { token: bound }),
    ];
    expect((await watch('?user_id=anyone', { token: bound })).status).toBe(404);
    const ticket = (await askTicket('?user_id=anyone', secret)).url.replace('/api/stream', '');
    expect((await watch(ticket, {})).status).toBe(200);
    await here.composed.services.tokens.revoke(OPERATOR, token.id);
    await identify('leaver', { organizationId: 'elsewhere' });
    expect((await revoked.frame('end', 0, 6_000)).data).toEqual({ reason: 'unauthenticated' });
    // Nor is another one opened by the ticket of that token, though its minute is not over.
    await until(async () => (await watch(ticket, {})).status === 204);
    expect((await over.frame('end', 0, 6_000)).data).toEqual({ reason: 'unauthenticated' });
    expect((await left.frame('end', 0, 6_000)).data).toEqual({ reason: 'gone' });
    await until(() => [revoked, over, left].every(({ ended }) => ended));
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import type { Machine, Operator } from '../../calls/caller.js';
import { MINUTE_MS, SECOND_MS } from '../../core/values/time/time.js';
import type { MachineToken, TokenReader } from '../../store/token-store.js';

export interface HeldToken<Who = Machine> {
  readonly token: MachineToken;
  /** Who calls with it. */
  readonly caller: Who;
  /** Of a session that was exchanged for a token: that one, with which it ends. */
  readonly parent?: MachineToken;
}

export type HeldSession = HeldToken<Machine | Operator>;

export type HeldTokensReader = Pick<TokenReader, 'version' | 'all'>;

/** For how long what is held is trusted: a revocation holds everywhere within this time, even where its notice was lost. */
export const TRUST_MS = 5 * SECOND_MS;
/** How often the store is asked at most for the sake of tokens that are not held. */
export const LOOK_SPACING_MS = SECOND_MS / 10;
/** How old a look may be that others join: one that hangs must not hold them up for long. */
const JOINED_MS = SECOND_MS;
/** How often all tokens are read without a sign of change, for what somebody changes in the database by hand. */
const READ_ALL_MS = MINUTE_MS;

interface Look {
  readonly generation: number;
  readonly beganAtMs: number;
  readonly done: Promise<void>;
}

/**
 * All machine tokens by their hashes, as the store had them when it was last asked. Asking reads the version of the tokens, and
 * the tokens where it has changed, whoever is being looked for: made-up tokens cost the store nothing of their own.
 */
export class HeldTokens {
  readonly #tokens: HeldTokensReader;
  readonly #uptimeMs: () => number;
  #byHash: ReadonlyMap<string, HeldToken> = new Map();
  /** Apart from tokens: a session's secret is no bearer token, and a token no session's cookie. */
  #sessions: ReadonlyMap<string, HeldSession> = new Map();
  #byId: ReadonlyMap<string, MachineToken> = new Map();
  #version: string | undefined;
  #readAllAtMs = Number.NEGATIVE_INFINITY;
  /** How many notices of changed tokens have come. */
  #generation = 0;
  #confirmedAtMs = Number.NEGATIVE_INFINITY;
  #confirmedGeneration = -1;
  /** Of two looks the one that began later is right, even if it ended first. */
  #begun = 0;
  #believed = 0;
  #beganAtMs = Number.NEGATIVE_INFINITY;
  #underWay: Look | undefined;
  #next: Promise<void> | undefined;

  /** @param uptimeMs milliseconds of a clock that nobody sets, by which what is held grows old */
  constructor(tokens: HeldTokensReader, uptimeMs: () => number) {
    this.#tokens = tokens;
    this.#uptimeMs = uptimeMs;
  }

  get(hash: string): HeldToken | undefined {
    return this.#byHash.get(hash);
  }

  session(hash: string): HeldSession | undefined {
    return this.#sessions.get(hash);
  }

  /** The token or the session of this id. */
  named(id: string): MachineToken | undefined {
    return this.#byId.get(id);
  }

  get generation(): number {
    return this.#generation;
  }

  /** How long ago the store was asked what is held. */
  ageMs(): number {
    return this.#uptimeMs() - this.#confirmedAtMs;
  }

  isFresh(): boolean {
    return this.#confirmedGeneration === this.#generation && this.ageMs() < TRUST_MS;
  }

  /** A notice: tokens were made or revoked. Looks that are under way do not count. */
  forget(): void {
    this.#generation++;
  }

  /** Tokens as of the last snapshot on disk, which have to be confirmed when the store can be reached. */
  preload(tokens: readonly MachineToken[]): void {
    this.#hold(tokens);
    this.#confirmedAtMs = this.#uptimeMs() - TRUST_MS;
  }

  /** Asks the store, or joins a look that began after the last notice. */
  look(): Promise<void> {
    const look = this.#underWay;
    const joins = look?.generation === this.#generation && this.#uptimeMs() - look.beganAtMs < JOINED_MS;
    return joins ? look.done : this.refresh();
  }

  /** Asks the store, now or a little later: all that want a look that begins after they have come share it. */
  lookAnew(): Promise<void> {
    this.#next ??= this.#lookLater();
    return this.#next;
  }

  /** Asks the store now. */
  refresh(): Promise<void> {
    const look: Look = { generation: this.#generation, beganAtMs: this.#uptimeMs(), done: this.#read() };
    this.#underWay = look;
    this.#beganAtMs = look.beganAtMs;
    const over = (): void => {
      if (this.#underWay === look) this.#underWay = undefined;
    };
    look.done.then(over, over);
    return look.done;
  }

  async #lookLater(): Promise<void> {
    const waitMs = this.#beganAtMs + LOOK_SPACING_MS - this.#uptimeMs();
    // Those that come in this turn of the event loop join, too.
    await (waitMs > 0 ? sleep(waitMs) : Promise.resolve());
    this.#next = undefined;
    await this.refresh();
  }

  async #read(): Promise<void> {
    const turn = ++this.#begun;
    const generation = this.#generation;
    const startedAtMs = this.#uptimeMs();
    const version = await this.#tokens.version();
    const changed = version !== this.#version || startedAtMs - this.#readAllAtMs >= READ_ALL_MS;
    const all = changed ? await this.#tokens.all() : undefined;
    if (turn < this.#believed) return;
    this.#believed = turn;
    if (all !== undefined) {
      this.#hold(all);
      this.#version = version;
      this.#readAllAtMs = startedAtMs;
    }
    this.#confirmedAtMs = startedAtMs;
    this.#confirmedGeneration = generation;
  }

  #hold(all: readonly MachineToken[]): void {
    const byId = new Map(all.map((token) => [token.id, token]));
    const tokens = all.filter(({ session }) => session === undefined);
    this.#byHash = new Map(tokens.map((token) => [token.hash, { token, caller: machineOf(token) }]));
    this.#sessions = new Map(all.flatMap((token) => heldSession(token, byId)));
    this.#byId = byId;
  }
}

function machineOf({ id, scopes, organizationId }: MachineToken): Machine {
  return { kind: 'machine', tokenId: id, scopes: new Set(scopes), organizationId };
}

/** A session by its hash; none for a token, and for a session whose token is gone. */
function heldSession(
  token: MachineToken,
  byId: ReadonlyMap<string, MachineToken>,
): readonly (readonly [string, HeldSession])[] {
  const { id, hash, organizationId, session } = token;
  if (session === undefined) return [];
  const { parentId, userId } = session;
  if (parentId === '') {
    return [[hash, { token, caller: { kind: 'operator', userId, organizationId, sessionId: id } }]];
  }
  const parent = byId.get(parentId);
  if (parent === undefined) return [];
  return [[hash, { token, caller: { ...machineOf(token), tokenId: parentId, sessionId: id }, parent }]];
}

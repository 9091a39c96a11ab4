import type { Call } from '../../calls/caller.js';
import { requireName } from '../../calls/check-input.js';
import { forbidden, invalidAt, notFound } from '../../calls/errors.js';
import type { Operation } from '../../calls/permissions.js';
import { quote } from '../../core/values/json.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import type { StoredVersion, VersionedThing } from '../../store/version-store.js';
import { historyOf, requireOwnHistory, toldTo } from './history-reach.js';

/** Of what versions are asked for: one of them is named, or none for the stages. '' names nothing. */
export interface NamedThing {
  /** A key or an id. */
  readonly flag: string;
  /** A key, or an id, which may be of a segment that was deleted. */
  readonly segment: string;
  readonly organizationId: string;
}

/** A version beside the one before it, undefined for the first that is kept. */
export interface VersionStep {
  readonly version: StoredVersion;
  readonly before: StoredVersion | undefined;
}

/** Versions of flags, segments, the stages and organizations' roles. */
export class VersionService {
  readonly #store: Pick<Store, 'configuration' | 'versions'>;

  constructor(store: Pick<Store, 'configuration' | 'versions'>) {
    this.#store = store;
  }

  /** Newest first. */
  async list(call: Call, named: NamedThing, page: PageRequest): Promise<Page<VersionStep>> {
    const { thing, confined } = await this.find(call, named, 'ListVersions');
    const { items, next } = await this.#store.versions.list(thing, page);
    const last = items.at(-1);
    const older = last && (await this.#store.versions.before(thing, last.version));
    const steps = items.map((version, i) => ({ version: toldTo(confined, version), before: items[i + 1] ?? older }));
    return next === undefined ? { items: steps } : { items: steps, next };
  }

  async get(call: Call, named: NamedThing, version: number): Promise<VersionStep> {
    const { thing, confined } = await this.find(call, named, 'GetVersion');
    const found = await this.kept(thing, version);
    return { version: toldTo(confined, found), before: await this.#store.versions.before(thing, version) };
  }

  /** Two versions: this one and what became of it in `to`, or else the one before it and this one. */
  async pair(call: Call, named: NamedThing, version: number, to: number | undefined): Promise<VersionStep> {
    const { thing } = await this.find(call, named, 'DiffVersions');
    const found = await this.kept(thing, version);
    if (to !== undefined) return { before: found, version: await this.kept(thing, to) };
    return { version: found, before: await this.#store.versions.before(thing, version) };
  }

  /** Rejects with NOT_FOUND where it is not kept. */
  async kept(thing: VersionedThing, version: number): Promise<StoredVersion> {
    const found = await this.#store.versions.get(thing, version);
    if (found !== undefined) return found;
    const { items } = await this.#store.versions.list(thing, { limit: 1 });
    const newest = items[0] === undefined ? 'none is kept' : `the newest is ${items[0].version}`;
    throw notFound(`no version ${version} of it is kept; ${newest}`);
  }

  /**
   * The thing that a call names, and the organization that the caller is confined to: that one reaches its own roles, and is FORBIDDEN
   * all else.
   */
  async find(call: Call, named: NamedThing, operation: Operation) {
    const confined = historyOf(call, operation);
    const { flag, segment, organizationId } = named;
    const [, second] = Object.entries({ flag, segment, organization_id: organizationId }).filter(([, id]) => id !== '');
    if (second !== undefined) throw invalidAt(`/${second[0]}`, `${quote(second[1])} is one thing too many; name one`);
    if (confined !== '' && organizationId === '') {
      throw forbidden(
        'versions of flags, segments and stages are for the platform; an organization has those of its own roles',
      );
    }
    return { thing: await this.#thing(named, confined), confined };
  }

  async #thing({ flag, segment, organizationId }: NamedThing, confined: string): Promise<VersionedThing> {
    const { configuration, versions } = this.#store;
    if (flag !== '') {
      const found = await configuration.flag(flag);
      if (found === undefined) throw notFound(`no flag ${quote(flag)}`);
      return { kind: 'flag', id: found.id };
    }
    if (segment !== '') {
      const id = (await configuration.segment(segment))?.id ?? segment;
      const { items } = await versions.list({ kind: 'segment', id }, { limit: 1 });
      if (items.length === 0) throw notFound(`no segment ${quote(segment)}; one that was deleted is named by its id`);
      return { kind: 'segment', id };
    }
    if (organizationId === '') return { kind: 'stages', id: 'stages' };
    requireName('organizationId', organizationId, '/organization_id');
    requireOwnHistory(confined, organizationId);
    return { kind: 'roles', id: organizationId };
  }
}

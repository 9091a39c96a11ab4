import type { OrganizationState } from '../../core/states/organization-state.js';
import type { RevisionOf } from '../../notify/notifier.js';
import type { StateSource } from '../../store/state-source.js';
import type { EventStream } from './event-stream.js';

/** How often the organizations are looked at, which makes up for lost notices. */
const CHECK_MS = 4_000;

interface Named {
  readonly streams: Set<EventStream>;
  /** The newest revision of the organization that the streams were told of; undefined before the first is known. */
  revision: number | undefined;
}

export interface NamedOrganizationsOptions {
  readonly organizations: Pick<StateSource<OrganizationState>, 'load'>;
  /** Called for a stream whose organization was written. */
  readonly onWrite: (stream: EventStream) => void;
}

/**
 * The streams whose callers name an organization by themselves, as a JWT or a context does: the user may be stored in another one, or
 * not at all, so that what follows the stored user does not hear of it.
 */
export class NamedOrganizations {
  readonly #options: NamedOrganizationsOptions;
  readonly #named = new Map<string, Named>();
  #checkedAt = 0;
  #restarts = 0;

  constructor(options: NamedOrganizationsOptions) {
    this.#options = options;
  }

  add(stream: EventStream): void {
    const id = stream.organizationId;
    if (id === '') return;
    const named = this.#named.get(id) ?? { streams: new Set(), revision: undefined };
    this.#named.set(id, named);
    named.streams.add(stream);
  }

  delete(stream: EventStream): void {
    const named = this.#named.get(stream.organizationId);
    named?.streams.delete(stream);
    if (named?.streams.size === 0) this.#named.delete(stream.organizationId);
  }

  /** A notice: these organizations were written. */
  changed(organizations: readonly RevisionOf[]): void {
    for (const { id, revision } of organizations) {
      const named = this.#named.get(id);
      if (named === undefined || (named.revision ?? -1) >= revision) continue;
      named.revision = revision;
      for (const stream of named.streams) this.#options.onWrite(stream);
    }
  }

  /** Another epoch began, in which revisions of the former one mean nothing: those of before may be higher. */
  restart(): void {
    for (const named of this.#named.values()) named.revision = undefined;
    this.#checkedAt = 0;
    this.#restarts++;
  }

  /** Called once a second: looks for organizations whose notices were lost. */
  async sweep(now: number): Promise<void> {
    if (this.#named.size === 0 || now - this.#checkedAt < CHECK_MS) return;
    this.#checkedAt = now;
    const restarts = this.#restarts;
    const held = await this.#options.organizations.load([...this.#named.keys()], {});
    // What was asked for in a former epoch says nothing of this one.
    if (restarts !== this.#restarts) return;
    for (const [id, named] of this.#named) {
      const revision = held.get(id)?.state.revision;
      if (revision === undefined) continue;
      if (named.revision === undefined) named.revision = revision;
      else this.changed([{ id, revision }]);
    }
  }
}

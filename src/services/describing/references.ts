import type { Call } from '../../calls/caller.js';
import { invalid, notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { type Usable, type Use, usesOf, useWithin } from '../../core/sentences/uses.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { quote } from '../../core/values/json.js';
import type { Finder } from '../../store/finder.js';
import type { PageRequest } from '../../store/page.js';

/** What is asked about: exactly one is not ''. */
export type AskedReferences = Readonly<Record<Usable, string>>;

export interface ReferencesPage {
  readonly uses: readonly Use[];
  /** How many there are but for organizations. */
  readonly total: number;
  readonly next: string | undefined;
}

const KINDS = ['flag', 'segment', 'stage', 'action', 'role'] as const;

/** With what the positions of organizations begin, which come after all that the configuration has. */
const WITHIN = 'within:';

/** What refers to flags, segments, stages, actions and roles: as the configuration says that is in use here, and organizations to roles. */
export class ReferencesService {
  readonly #keeper: ConfigurationKeeper;
  readonly #finder: Pick<Finder, 'organizationsWithRole'>;

  constructor(keeper: ConfigurationKeeper, finder: Pick<Finder, 'organizationsWithRole'>) {
    this.#keeper = keeper;
    this.#finder = finder;
  }

  /** Rejects with INVALID unless exactly one thing is named, and with NOT_FOUND for a flag or a segment that does not exist. */
  async list(call: Call, asked: AskedReferences, { limit, after = '0' }: PageRequest): Promise<ReferencesPage> {
    authorize(call, 'GetReferences');
    const [kind, ...others] = KINDS.filter((one) => asked[one] !== '');
    if (kind === undefined || others.length > 0) {
      const given = kind === undefined ? 'none' : [kind, ...others].join(' and ');
      throw invalid(`give exactly one of ${KINDS.join(', ')}, not ${given}`);
    }
    const { snapshot } = this.#keeper;
    const used = { kind, name: nameOf(kind, asked[kind], snapshot) };
    const from = /^\d{1,9}$/.test(after) ? Number(after) : 0;
    if (kind === 'role' && after.startsWith(WITHIN)) {
      const { total } = usesOf(used, snapshot, { limit: 0 });
      return { total, ...(await this.#within(used.name, { limit, after: after.slice(WITHIN.length) })) };
    }
    const { uses, total } = usesOf(used, snapshot, { from, limit });
    if (from + limit < total) return { uses, total, next: String(from + limit) };
    if (kind !== 'role') return { uses, total, next: undefined };
    const room = limit - uses.length;
    const within = await this.#within(used.name, { limit: Math.max(room, 1) });
    if (room === 0) return { uses, total, next: within.uses.length > 0 ? WITHIN : undefined };
    return { uses: [...uses, ...within.uses], total, next: within.next };
  }

  /** The organizations in which there is a role of that name. */
  async #within(role: string, page: PageRequest): Promise<Pick<ReferencesPage, 'uses' | 'next'>> {
    const { items, next } = await this.#finder.organizationsWithRole(role, page);
    return { uses: items.map(useWithin), next: next === undefined ? undefined : `${WITHIN}${next}` };
  }
}

/** The name by which it is referred to. */
function nameOf(kind: Usable, name: string, { flags, flagsById, segments }: Snapshot): string {
  if (kind === 'flag') {
    const flag = flags.get(name) ?? flagsById.get(name);
    if (flag === undefined) throw notFound(`no flag ${quote(name)}`);
    return flag.stored.key;
  }
  if (kind === 'segment' && !segments.has(name)) throw notFound(`no segment ${quote(name)}`);
  return name;
}

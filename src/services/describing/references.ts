import type { Call } from '../../calls/caller.js';
import { invalid, notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { type Usable, type Use, usesOf } from '../../core/sentences/uses.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { quote } from '../../core/values/json.js';
import type { PageRequest } from '../../store/page.js';

/** What is asked about: exactly one is not ''. */
export type AskedReferences = Readonly<Record<Usable, string>>;

export interface ReferencesPage {
  readonly uses: readonly Use[];
  readonly total: number;
  readonly next: string | undefined;
}

const KINDS = ['flag', 'segment', 'stage', 'action', 'role'] as const;

/** What refers to flags, segments, stages, actions and roles, as the configuration says that is in use here. */
export class ReferencesService {
  readonly #keeper: ConfigurationKeeper;

  constructor(keeper: ConfigurationKeeper) {
    this.#keeper = keeper;
  }

  /** Rejects with INVALID unless exactly one thing is named, and with NOT_FOUND for a flag or a segment that does not exist. */
  list(call: Call, asked: AskedReferences, { limit, after = '0' }: PageRequest): ReferencesPage {
    authorize(call, 'GetReferences');
    const [kind, ...others] = KINDS.filter((one) => asked[one] !== '');
    if (kind === undefined || others.length > 0) {
      const given = kind === undefined ? 'none' : [kind, ...others].join(' and ');
      throw invalid(`give exactly one of ${KINDS.join(', ')}, not ${given}`);
    }
    const { snapshot } = this.#keeper;
    const used = { kind, name: nameOf(kind, asked[kind], snapshot) };
    const from = /^\d{1,9}$/.test(after) ? Number(after) : 0;
    const { uses, total } = usesOf(used, snapshot, { from, limit });
    return { uses, total, next: from + limit < total ? String(from + limit) : undefined };
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

import type { Flag } from '../../core/flags/flag.js';
import { findingsOfRules, flagsNotArchived, flagsOfOrganizations } from '../../core/snapshot/checking/rule-findings.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Fault } from '../../core/values/fault.js';

/** For how long flags are looked through at once, and how long other work has before it goes on, in milliseconds. */
const LOOK_MS = 5;
const PAUSE_MS = 20;

/** What is found of a flag: what would be refused if it were written as it is, or else what it would be warned of. */
export interface FlagFindings {
  readonly flag: Flag;
  /** The first of them. */
  readonly first: Fault;
  readonly count: number;
}

export interface Reviewed {
  /** The flags of which something is found, by key; archived ones are left out. */
  readonly found: readonly FlagFindings[];
  /** How many flags were looked at. */
  readonly done: number;
  /** Of how many that are not archived. */
  readonly of: number;
}

/**
 * Looks through all flags as though they were written once more, a few milliseconds at a time. A flag is looked at again when it has
 * changed, and all are when something has that any of them may name: the stages, the actions, a segment, or which flags are archived and
 * which organizations unlock.
 */
export class FlagReview {
  readonly #present: () => Snapshot;
  #named: Named | undefined;
  #findings = new WeakMap<Flag, FlagFindings | 'nothing'>();
  #goingOn: boolean = false;

  /** @param present the snapshot at any time */
  constructor(present: () => Snapshot) {
    this.#present = present;
  }

  /** What is known by now. Where that is not all, the rest is looked at in the background. */
  look(snapshot: Snapshot): Reviewed {
    const named = namedBy(snapshot, this.#named);
    if (this.#named === undefined || !sameNames(this.#named, named)) this.#findings = new WeakMap();
    this.#named = named;
    const until = performance.now() + LOOK_MS;
    const found: FlagFindings[] = [];
    let [done, of, isOver] = [0, 0, false];
    for (const { stored } of snapshot.flags.values()) {
      if (stored.archived) continue;
      of += 1;
      let findings = this.#findings.get(stored);
      if (findings === undefined) {
        // Once there is no time, those that were looked at before are gathered alone.
        if (isOver || performance.now() > until) {
          isOver = true;
          continue;
        }
        findings = findingsOf(stored, snapshot);
        this.#findings.set(stored, findings);
      }
      done += 1;
      if (findings !== 'nothing') found.push(findings);
    }
    if (done < of) this.#goOn();
    return { found, done, of };
  }

  #goOn(): void {
    if (this.#goingOn) return;
    this.#goingOn = true;
    const later = setTimeout(() => {
      this.#goingOn = false;
      this.look(this.#present());
    }, PAUSE_MS);
    // It keeps no process alive.
    later.unref();
  }
}

function findingsOf(flag: Flag, snapshot: Snapshot): FlagFindings | 'nothing' {
  const all = faultsOf(flag, snapshot);
  return all.length === 0 ? 'nothing' : { flag, first: all[0]!, count: all.length };
}

/** A flag that another release has written may be what this one cannot look at; nobody waits in whose call that could be told. */
function faultsOf(flag: Flag, snapshot: Snapshot): readonly Fault[] {
  try {
    const { faults, warnings } = findingsOfRules(flag, snapshot);
    return [...faults, ...warnings];
  } catch (error) {
    return [
      { pointer: '', message: `it cannot be looked at: ${error instanceof Error ? error.message : String(error)}` },
    ];
  }
}

/** What any flag may name: the same objects as before while it is the same. */
type Named = Pick<Snapshot, 'stageNames' | 'actions' | 'segments' | 'flags'> & {
  /** The flags whose unlocks may be read, of users and of organizations. */
  readonly read: readonly [string, string];
};

function namedBy(snapshot: Snapshot, before: Named | undefined): Named {
  const { stageNames, actions, segments, flags } = snapshot;
  const read = (): Named['read'] => [
    [...flagsNotArchived(snapshot).keys()].join(),
    [...flagsOfOrganizations(snapshot).keys()].join(),
  ];
  return { stageNames, actions, segments, flags, read: flags === before?.flags ? before.read : read() };
}

function sameNames(one: Named, other: Named): boolean {
  const [ofUsers, ofOrganizations] = other.read;
  return (
    one.stageNames === other.stageNames &&
    one.actions === other.actions &&
    one.segments === other.segments &&
    one.read[0] === ofUsers &&
    one.read[1] === ofOrganizations
  );
}

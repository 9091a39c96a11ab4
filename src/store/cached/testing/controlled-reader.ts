import { type OrganizationState, unknownOrganization } from '../../../core/states/organization-state.js';
import { type ActionNames, type UserState, unknownUser } from '../../../core/states/user-state.js';
import type { StateReader } from '../../user-store.js';

/** One call that the reader was asked to make. */
export class ReaderCall {
  readonly ids: readonly string[];
  /** The actions whose days are to be read, as they are asked for. */
  readonly daysOf: ActionNames | undefined;
  readonly promise: Promise<ReadonlyMap<string, UserState>>;
  readonly #resolve: (states: ReadonlyMap<string, UserState>) => void;
  readonly #reject: (error: Error) => void;

  constructor(ids: readonly string[], daysOf: ActionNames | undefined) {
    this.ids = ids;
    this.daysOf = daysOf;
    const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, UserState>>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Answers with each user at this revision, or at the revision given for it. */
  answer(revision: number | ((id: string) => number)): void {
    const of = typeof revision === 'number' ? () => revision : revision;
    const known = this.daysOf === undefined ? {} : { daysOf: this.daysOf };
    this.#resolve(new Map(this.ids.map((id) => [id, { ...userAt(id, of(id)), ...known }])));
  }

  answerNothing(): void {
    this.#resolve(new Map());
  }

  fail(error: Error): void {
    this.#reject(error);
  }
}

/** A reader whose calls are answered by the test, one by one; organizations are answered at once. */
export class ControlledReader implements StateReader {
  readonly calls: ReaderCall[] = [];
  readonly organizationCalls: (readonly string[])[] = [];

  users(ids: readonly string[], daysOf?: ActionNames): Promise<ReadonlyMap<string, UserState>> {
    const call = new ReaderCall(ids, daysOf);
    this.calls.push(call);
    return call.promise;
  }

  organizations(ids: readonly string[]): Promise<ReadonlyMap<string, OrganizationState>> {
    this.organizationCalls.push(ids);
    return Promise.resolve(new Map(ids.map((id) => [id, unknownOrganization(id)])));
  }

  /** The call of that number, from 0; negative from the end. */
  call(index: number): ReaderCall {
    const call = this.calls.at(index);
    if (call === undefined) throw new Error(`There is no call ${index}; there are ${this.calls.length}.`);
    return call;
  }
}

const userAt = (id: string, revision: number): UserState => ({ ...unknownUser(id), revision });

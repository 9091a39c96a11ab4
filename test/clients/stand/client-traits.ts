import type { AskedType, ClientOptions, Details, Question } from './client-driver.js';

/** A published client, and what it can do: the server answers all of them alike, and not all of them pass on all that it says. */
export interface ClientTraits {
  /** What the driver of its language calls it. */
  readonly provider: string;
  readonly options?: Partial<ClientOptions>;
  /** Reports changes by itself. */
  readonly reports: boolean;
  /** Passes on the metadata of a flag. */
  readonly metadata: boolean;
  /** What a disabled flag comes to: the caller's default, the type's zero value, or the default with an error of this code. */
  readonly disabled: 'default' | 'zero' | 'GENERAL' | 'FLAG_NOT_FOUND';
  /** Asks for any type as an object. */
  readonly anyObject?: true;
  readonly asks: readonly AskedType[];
}

const EVERY_TYPE: readonly AskedType[] = ['boolean', 'string', 'integer', 'float', 'object'];

export const cached = (traits: ClientTraits): boolean => traits.options?.cache === true;

export const titleOf = (traits: ClientTraits): string =>
  `${traits.provider}${traits.reports ? (cached(traits) ? ', cache on' : ', cache off') : ''}`;

const uncached = (traits: Omit<ClientTraits, 'asks'>): ClientTraits => ({ ...traits, asks: EVERY_TYPE });
const withCache = (traits: Omit<ClientTraits, 'asks'>): ClientTraits =>
  uncached({ ...traits, options: { ...traits.options, cache: true } });

export const NODE_CLIENTS: readonly ClientTraits[] = [
  withCache({ provider: 'flagd-0.16', reports: true, metadata: true, disabled: 'default' }),
  uncached({ provider: 'flagd-0.16', reports: true, metadata: true, disabled: 'default' }),
  withCache({ provider: 'flagd-0.13', reports: true, metadata: true, disabled: 'zero' }),
  // It takes an answer without a value for none at all, as that of Java does.
  uncached({ provider: 'ofrep', reports: false, metadata: true, disabled: 'GENERAL' }),
];

export const GO_CLIENTS: readonly ClientTraits[] = [
  withCache({ provider: 'flagd', reports: true, metadata: true, disabled: 'zero' }),
  uncached({ provider: 'ofrep', reports: false, metadata: true, disabled: 'default', anyObject: true }),
];

export const PYTHON_CLIENTS: readonly ClientTraits[] = [
  withCache({ provider: 'flagd', reports: true, metadata: false, disabled: 'default' }),
  uncached({ provider: 'flagd', reports: true, metadata: false, disabled: 'default' }),
  uncached({ provider: 'ofrep', reports: false, metadata: true, disabled: 'default' }),
];

export const JAVA_CLIENTS: readonly ClientTraits[] = [
  withCache({ provider: 'flagd', reports: true, metadata: true, disabled: 'zero' }),
  uncached({ provider: 'ofrep', reports: false, metadata: true, disabled: 'FLAG_NOT_FOUND', anyObject: true }),
];

const ZERO: Readonly<Record<AskedType, unknown>> = { boolean: false, string: '', integer: 0, float: 0, object: {} };

/** What this client says where the server answers so. */
export function asTold(expected: Details, traits: ClientTraits, asked: Question): Details {
  const { metadata, ...rest } = expected;
  const told = { ...rest, ...(traits.metadata && metadata !== undefined && { metadata }) };
  if (expected.reason !== 'DISABLED' || traits.disabled === 'default') return told;
  return traits.disabled === 'zero'
    ? { ...told, value: ZERO[asked.type] }
    : { ...told, reason: 'ERROR', errorCode: traits.disabled };
}

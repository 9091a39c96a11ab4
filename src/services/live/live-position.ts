/** Up to where a reader has been told of the audit: of all entries up to `floor`, and of these after it. */
export interface AuditMark {
  readonly floor: number;
  /** Ids, ascending. Entries that were written at about the same time are committed in any order. */
  readonly told: readonly number[];
}

/** Up to where a stream's reader has been told what happened: what a resume token stands for. */
export interface LivePosition {
  /** The epoch that the other members belong to. */
  readonly epoch: string;
  /** The configuration's revision. */
  readonly configuration: number;
  /** Up to which instant it was told of windows and backfills. */
  readonly at: number;
  readonly audit: AuditMark;
}

const FORM = /^a1\.([\w-]{1,64})\.(-?\d{1,15})\.(\d{1,15})\.(\d{1,15})\.((?:[\da-z]{1,10}(?:-[\da-z]{1,10})*)?)$/;
const RADIX = 36;
/** The most ids that a token names. Of others that were told, the stream that goes on tells again. */
const IDS_NAMED = 32;

/**
 * The token of a position. It is opaque to clients, and not signed: it only says what its bearer need not be told any more. The ids that
 * were told after the floor are in it as distances.
 */
export function encodeLivePosition({ epoch, configuration, at, audit }: LivePosition): string {
  const told = audit.told.slice(-IDS_NAMED).map((id) => (id - audit.floor).toString(RADIX));
  return `a1.${epoch}.${configuration}.${at}.${audit.floor}.${told.join('-')}`;
}

/** The position that a token stands for; undefined for anything that is no such token. */
export function decodeLivePosition(token: string): LivePosition | undefined {
  const [, epoch, configuration, at, floor, told = ''] = FORM.exec(token) ?? [];
  if (epoch === undefined) return undefined;
  const ids = told === '' ? [] : told.split('-').map((distance) => Number(floor) + Number.parseInt(distance, RADIX));
  return {
    ...{ epoch, configuration: Number(configuration), at: Number(at) },
    audit: { floor: Number(floor), told: ids },
  };
}

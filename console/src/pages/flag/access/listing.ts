/** Whom access rows are for. */
export const ROWS_OF = ['people', 'roles', 'organizations'] as const;
export type RowsOf = (typeof ROWS_OF)[number];

/** Which of a flag's access rows are listed, as the address of the page says it. */
export interface RowsSearch {
  /** What they begin with. */
  readonly q?: string;
  /** Whom they are for. */
  readonly of?: RowsOf;
  /** The id of somebody for whom a row is begun, and what it is to say. */
  readonly row?: string;
  readonly says?: 'ALLOW' | 'DENY';
}

/** Reads it from an address; what can be none is left out. */
export function readRowsSearch(search: Readonly<Record<string, unknown>>): RowsSearch {
  const q = search.q === undefined ? '' : String(search.q).slice(0, 191);
  const of = ROWS_OF.find((each) => each === search.of);
  const row = search.row === undefined ? '' : String(search.row).slice(0, 191);
  return {
    ...(q === '' ? {} : { q }),
    ...(of === undefined ? {} : { of }),
    ...(row === '' ? {} : { row, says: search.says === 'DENY' ? 'DENY' : 'ALLOW' }),
  };
}

const SUBJECTS = {
  people: 'ACCESS_SUBJECT_USERS',
  roles: 'ACCESS_SUBJECT_ROLES',
  organizations: 'ACCESS_SUBJECT_ORGANIZATIONS',
} as const;

/** What the server is asked for to list them. */
export function listingOf({ q, of }: RowsSearch) {
  return { ...(q === undefined ? {} : { q }), ...(of === undefined ? {} : { subject: SUBJECTS[of] }) };
}

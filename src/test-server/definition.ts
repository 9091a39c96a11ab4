/** A JSON object as `/api/admin` takes it, in snake_case; see `openapi.json`. Dates may be given for instants. */
export type AdminJson = Readonly<Record<string, unknown>>;

/**
 * A flag: `true` is on for everybody, `false` for nobody; else as `PATCH /api/admin/flags/KEY` takes it, with the rows of its access
 * rows, if it has any, in `access`.
 */
export type FlagDefinition = boolean | (AdminJson & { readonly access?: readonly AdminJson[] });

/** A user: what `PATCH /api/admin/users/ID` takes, and what they have done. */
export interface UserDefinition {
  readonly organization_id?: string;
  readonly roles?: readonly string[];
  readonly joined_at?: string | Date;
  readonly email_verified?: boolean;
  readonly attributes?: AdminJson;
  readonly time_zone?: string;
  /** The stages that they have reached, in this order; the last one is the present one. */
  readonly stages?: readonly string[];
  /** How often they have done each action, at the instant at which the server starts. */
  readonly actions?: Readonly<Record<string, number>>;
  /** The keys of flags that are granted to them. */
  readonly unlocks?: readonly string[];
}

/** Something that a user did, as `POST /api/events` takes it. */
export interface EventDefinition {
  readonly user_id: string;
  readonly action?: string;
  /** Left out: one of its own. */
  readonly id?: string;
  readonly source?: string;
  readonly occurred_at?: string | Date;
  readonly value?: number;
  readonly properties?: AdminJson;
  readonly organization_id?: string;
  readonly reverses?: { readonly source?: string; readonly id: string };
}

/** What a test server has from the start. */
export interface Definition {
  /** By key. They may name each other, and segments, in any order. */
  readonly flags?: Readonly<Record<string, FlagDefinition>>;
  /** Conditions by key of the segment. */
  readonly segments?: Readonly<Record<string, AdminJson>>;
  /** Onboarding stages in their order: names, or objects as `PUT /api/admin/stages` takes them. */
  readonly stages?: readonly (string | AdminJson)[];
  /** Declared actions: names of those that people may report themselves, or objects as `PATCH /api/admin/actions` takes them. */
  readonly actions?: readonly (string | AdminJson)[];
  /** By id, as `PATCH /api/admin/organizations/ID` takes them. */
  readonly organizations?: Readonly<Record<string, AdminJson>>;
  /** By id. */
  readonly users?: Readonly<Record<string, UserDefinition>>;
}

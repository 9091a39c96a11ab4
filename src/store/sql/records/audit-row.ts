/** A row of the audit, as engines give it. */
export interface AuditRow {
  readonly id: number;
  readonly at: number;
  readonly actor: string;
  readonly actor_organization: string;
  readonly action: string;
  readonly target: string;
  readonly state_before: string;
  readonly state_after: string;
  readonly request_id: string;
  readonly comment: string;
}

/** All that is written of one; the engine numbers it. */
export const COLUMNS = [
  ...['at', 'actor', 'actor_organization', 'action', 'target', 'state_before', 'state_after', 'request_id', 'comment'],
] as const;

export const AUDIT_COLUMNS = `id, ${COLUMNS.join(', ')}`;

import type { Caller } from '../../calls/caller.js';
import { forbidden, invalid } from '../../calls/errors.js';
import { quote } from '../../core/values/json.js';

/** Says whose administrator a session looks at the administration as: an organization's id, percent-encoded. */
const VIEW_AS_HEADER = 'x-latchkey-view-as';

/** The longest id of an organization, each character as it is encoded. */
const MAX_LENGTH = 191 * 12;
const READS = ['GET', 'HEAD'];

interface ViewRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * The caller of a request by a session, or, where the request asks for that, the same with what the administrator of an organization may,
 * and no more: who administers the platform sees what a customer's administrator sees, by the same checks. That is for reading alone.
 * Rejects with FORBIDDEN who may not do everything on the platform, and what may change something; with INVALID what is no id.
 */
export function viewedAs(caller: Caller, { method, headers }: ViewRequest): Caller {
  const header = headers[VIEW_AS_HEADER];
  if (header === undefined) return caller;
  const organizationId = organizationOf(header);
  if (!administersPlatform(caller))
    throw forbidden(
      `to see the administration as that of the organization ${quote(organizationId)} is for who may do everything on the platform; leave out ${VIEW_AS_HEADER}`,
    );
  if (!READS.includes(method))
    throw forbidden(
      `you see what the administrator of the organization ${quote(organizationId)} sees, and nothing is changed in their name; leave this view to change something`,
    );
  if (caller.kind === 'machine') return { ...caller, scopes: new Set(['manage'] as const), organizationId };
  return { ...caller, organizationId };
}

function administersPlatform(caller: Caller): boolean {
  if (caller.organizationId !== '') return false;
  return caller.kind === 'machine' ? caller.scopes.has('admin') : caller.kind === 'operator';
}

function organizationOf(header: string | readonly string[]): string {
  try {
    const id = typeof header === 'string' && header.length <= MAX_LENGTH ? decodeURIComponent(header) : '';
    if (id !== '') return id;
  } catch {
    // Told below, as what is empty is.
  }
  throw invalid(`${VIEW_AS_HEADER} names an organization by its id, percent-encoded: ${quote(String(header))} is none`);
}

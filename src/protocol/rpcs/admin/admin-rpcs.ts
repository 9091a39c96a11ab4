import type { Caller } from '../../../calls/caller.js';
import type { AdminServiceDefinition } from '../../gen/latchkey/v1/admin_service.js';
import type { Handlers } from '../method.js';

/** Handlers for some of the RPCs of `AdminService`. */
export type AdminRpcs<Name extends keyof AdminServiceDefinition['methods']> = Pick<
  Handlers<AdminServiceDefinition, Caller>,
  Name
>;

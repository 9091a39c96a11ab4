import type { Machine } from '../services/caller.js';
import type { AdminServiceDefinition } from './gen/latchkey/v1/admin_service.js';
import type { Handlers } from './service.js';

/** Handlers for some of the RPCs of `AdminService`. */
export type AdminRpcs<Name extends keyof AdminServiceDefinition['methods']> = Pick<
  Handlers<AdminServiceDefinition, Machine>,
  Name
>;

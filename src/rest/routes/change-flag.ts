import type { FastifyInstance } from 'fastify';
import { StaleVersion } from '../../calls/writes/stale-version.js';
import type { FlagService, FlagWritten } from '../../services/flags/flags.js';
import { accessInputsOf, accessRowJson, flagInputOf, flagJson, flippedFlagJson } from '../json/flag-json.js';
import { type FlagPatch, FlagPatchSchema, type FlagWrittenJson, FlagWrittenSchema } from '../json/flag-schema.js';
import { problems } from '../json/problem-schema.js';
import { callOf } from '../server/call.js';
import { demandedVersion, versionTag } from '../server/etag.js';
import { HttpError } from '../server/problem.js';

/** `PATCH /api/feature-flags/:id`: changes the fields that the body names, and access rows, in one transaction. */
export function changeFlag(app: FastifyInstance, flags: Pick<FlagService, 'set'>): void {
  app.patch<{ Params: { id: string }; Body: FlagPatch }>(
    '/api/feature-flags/:id',
    {
      schema: {
        summary: 'Changes a flag and its access rows',
        tags: ['flags'],
        params: { type: 'object', properties: { id: { type: 'string', description: 'The id or the key.' } } },
        headers: {
          type: 'object',
          properties: { 'if-match': { type: 'string', description: 'The ETag that the change was made on.' } },
        },
        body: FlagPatchSchema,
        response: { 200: FlagWrittenSchema, ...problems(400, 401, 403, 404, 412, 413, 415, 429, 503) },
      },
    },
    async (request, reply) => {
      const { body, params } = request;
      const written = await flags
        .set(callOf(request, reply), {
          keyOrId: params.id,
          mustExist: true,
          input: flagInputOf(body),
          expectedVersion: demandedVersion(request.headers['if-match']),
          onRuleChange: body.on_rule_change ?? 'KEEP',
          comment: body.comment ?? '',
          access: accessInputsOf(body.access),
          removeAccess: accessInputsOf(body.remove_access),
        })
        .catch((error: unknown) => {
          throw error instanceof StaleVersion ? preconditionFailed(error) : error;
        });
      reply.header('etag', versionTag(written.flag.version)).header('cache-control', 'no-store');
      return flagWrittenJson(written);
    },
  );
}

function flagWrittenJson(written: FlagWritten): FlagWrittenJson {
  const { flag, access, warnings, newlyUnlocked, newlyLocked, consistencyToken } = written;
  return {
    flag: flagJson(flag),
    access: access.map(accessRowJson),
    warnings: [...warnings],
    newly_unlocked: newlyUnlocked.map(flippedFlagJson),
    newly_locked: newlyLocked.map(flippedFlagJson),
    consistency_token: consistencyToken,
  };
}

/** The answer to a stale version in a header: 412, and not 409 (RFC 9110, section 13.1.1), with what is stored now. */
function preconditionFailed({ expected, present }: StaleVersion): HttpError {
  if (present.kind !== 'flag' || present.value === undefined)
    return new HttpError(412, 'CONFLICT', 'there is no such flag any more');
  const { version } = present.value;
  return new HttpError(
    412,
    'CONFLICT',
    `If-Match says version ${expected}, and the flag is at version ${version}: look at "current" and try again with its ETag`,
    { headers: { etag: versionTag(version) }, members: { current: flagJson(present.value) } },
  );
}

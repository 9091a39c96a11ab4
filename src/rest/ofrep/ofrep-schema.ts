import { Type } from 'typebox';

/** Members that are not named here are taken, too: of the context they are attributes, of the body nothing. */
export const EvaluationRequestSchema = Type.Object(
  {
    context: Type.Optional(
      Type.Union([
        Type.Object(
          {
            targetingKey: Type.Optional(
              Type.Union([Type.String(), Type.Null()], {
                description: 'The user. Left out or empty: nobody in particular. People are asked about themselves.',
              }),
            ),
          },
          {
            additionalProperties: true,
            description:
              'For machine tokens `organizationId`, `roles` and `joinedAt` override what is stored, and all other members are attributes.',
          },
        ),
        Type.Null(),
      ]),
    ),
  },
  { additionalProperties: true },
);

const MetadataSchema = Type.Record(Type.String(), Type.Union([Type.Boolean(), Type.String(), Type.Number()]), {
  description:
    '`rule_id`, `unlocked_at`, `missing`, `valid_until`, `flag_version`, `stale`, `overridden`: what is known of the answer.',
});

const EvaluationSchema = Type.Object({
  key: Type.String(),
  reason: Type.Enum(['STATIC', 'DEFAULT', 'TARGETING_MATCH', 'SPLIT', 'DISABLED', 'STALE']),
  variant: Type.Optional(Type.String()),
  value: Type.Optional(
    Type.Unknown({ description: "The variant's value: any JSON. Absent: the application's own default stands." }),
  ),
  metadata: Type.Optional(MetadataSchema),
});

const BulkSchema = Type.Object({
  flags: Type.Array(EvaluationSchema, { description: 'By key.' }),
  eventStreams: Type.Optional(
    Type.Array(
      Type.Object({
        type: Type.Enum(['sse']),
        endpoint: Type.Object({
          requestUri: Type.String({
            description: 'To be asked of the same origin. It opens this stream and nothing else.',
          }),
        }),
        inactivityDelaySec: Type.Integer(),
      }),
      { description: 'Where to hear that the answer has changed.' },
    ),
  ),
});

const details = { errorDetails: Type.String({ description: 'Quotes the offending value and says what to do.' }) };

const FailureSchema = Type.Object({
  key: Type.Optional(Type.String({ description: 'The flag that was asked for.' })),
  errorCode: Type.Enum(['PARSE_ERROR', 'INVALID_CONTEXT', 'GENERAL', 'FLAG_NOT_FOUND']),
  ...details,
});

const json = (schema: object) => ({ 'application/json': { schema } });

const failure = (description: string) => ({ description, content: json(FailureSchema) });

const FAILURES = {
  400: failure('The body is no JSON, or the context cannot be evaluated.'),
  401: failure('No token, or one that is unknown, expired or revoked.'),
  403: failure('This caller may not evaluate.'),
  413: failure('The body is too large.'),
  415: failure('The body is not JSON.'),
  429: failure('Too many requests; Retry-After says when to try again.'),
  500: failure('An unexpected failure.'),
  503: failure('The store is away; Retry-After says when to try again.'),
};

export const EVALUATION_ANSWERS = {
  200: { description: 'The answer.', content: json(EvaluationSchema) },
  404: failure('There is no such flag, or none for this caller.'),
  ...FAILURES,
};

export const BULK_ANSWERS = {
  200: { description: 'All flags for the caller.', content: json(BulkSchema) },
  304: { description: 'The answer is the one of that ETag.', type: 'null' },
  ...FAILURES,
};

/** What clients send along that were told by a stream to fetch again. */
export const RefetchQuerySchema = Type.Object({
  flagConfigEtag: Type.Optional(
    Type.String({
      description: 'The `etag` of the event: where this server would answer otherwise, it reads what is stored.',
    }),
  ),
  flagConfigLastModified: Type.Optional(Type.String({ description: 'Its `lastModified`; the `etag` says more.' })),
});

export const BulkHeadersSchema = Type.Object({
  'if-none-match': Type.Optional(Type.String({ description: 'The ETag of an earlier answer.' })),
});

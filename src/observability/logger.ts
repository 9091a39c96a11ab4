import { type DestinationStream, type Logger, pino } from 'pino';
import { withoutCredentials } from '../core/values/secrets.js';

export type { Logger } from 'pino';

/** Log lines as JSON on standard error: standard output carries the ready line alone. Secrets are cut by name. */
export function createLogger(level: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      level,
      base: { service: 'latchkey' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      redact: {
        paths: ['authorization', '*.authorization', 'token', '*.token', 'secret', '*.secret', 'password', '*.password'],
        censor: '[redacted]',
      },
    },
    destination,
  );
}

/** What is logged of an error. Drivers attach statements with their values, or commands with a password: those are left out. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack, code } = pino.stdSerializers.err(error);
  return {
    type,
    message: withoutCredentials(message),
    stack: withoutCredentials(stack),
    ...(code === undefined ? {} : { code }),
  };
}

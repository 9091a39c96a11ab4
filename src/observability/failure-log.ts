import { DampedReports } from '../outages/damped-reports.js';
import type { Logger } from './logger.js';

/**
 * Logs what fails without a caller: loops, subscriptions, what is written by the way. While the database or Redis is away all
 * of it fails every moment, so each kind of failure of each name has one line a minute.
 */
export function failureLog(logger: Logger): (name: string, error: unknown) => void {
  const reports = new DampedReports((name, error, leftOut) =>
    logger.warn({ err: error, ...(leftOut === 0 ? {} : { leftOut }) }, `${name} failed and will be tried again`),
  );
  return (name, error) => reports.failed(name, error);
}

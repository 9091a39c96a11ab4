import { DampedReports } from '../outages/damped-reports.js';
import type { Logger } from './logger.js';

/**
 * Logs failures of work that no caller waits for: loops, subscriptions, writes in the background. While the database or Redis is
 * away such work fails all the time, so there is one line a minute for each name and each kind of failure.
 */
export function failureLog(logger: Logger): (name: string, error: unknown) => void {
  const reports = new DampedReports((name, error, leftOut) =>
    logger.warn({ err: error, ...(leftOut === 0 ? {} : { leftOut }) }, `${name} failed and will be tried again`),
  );
  return (name, error) => reports.failed(name, error);
}

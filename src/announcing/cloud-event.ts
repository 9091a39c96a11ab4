import type { JsonObject } from '../core/values/json.js';

export interface CloudEventInput {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly at: number;
  readonly data: JsonObject;
}

/** A CloudEvents 1.0 event in its structured JSON form (`application/cloudevents+json`), as text. */
export function cloudEvent({ id, type, source, subject, at, data }: CloudEventInput): string {
  const time = new Date(at).toISOString();
  return JSON.stringify({
    ...{ specversion: '1.0', id, source, type, subject, time },
    ...{ datacontenttype: 'application/json', data },
  });
}

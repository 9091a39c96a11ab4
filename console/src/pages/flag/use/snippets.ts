import type { EvaluateResponse, FeatureFlag } from '../../../../../src/protocol/gen/admin-json.js';

/** How a flag is asked for. */
export const WAYS = ['fetch', 'curl', 'grpc'] as const;
export type Way = (typeof WAYS)[number];

export interface Asked {
  readonly flag: string;
  readonly user: string;
  /** Whether its values are true and false. */
  readonly boolean: boolean;
  /** `http://127.0.0.1:8080/api/feature-flags/`. */
  readonly url: string;
  /** Where the server takes gRPC; null where it does not. */
  readonly grpc: null | { readonly host: string; readonly port: number; readonly tls: boolean };
}

/** The code that asks for a flag. The token stands in the environment, as LATCHKEY_TOKEN. */
export function snippetOf(way: Way, { flag, user, boolean, url, grpc }: Asked): string {
  const address = `${url}?user_id=${encodeURIComponent(user).replaceAll("'", '%27')}`;
  switch (way) {
    case 'fetch': {
      const is = `({ key }) => key === '${flag}'`;
      return [
        `const response = await fetch('${address}', {`,
        `  headers: { authorization: 'Bearer ' + process.env.LATCHKEY_TOKEN },`,
        '});',
        'const { flags } = await response.json();',
        boolean ? `const isOn = flags.some(${is});` : `const value = flags.find(${is})?.value;`,
      ].join('\n');
    }
    case 'curl':
      return [`curl -s '${address}' \\`, '  -H "authorization: Bearer $LATCHKEY_TOKEN"'].join('\n');
    case 'grpc': {
      const place = grpcUrl(grpc, new URL(url).hostname);
      const context = JSON.stringify({ flag_key: flag, context: { user_id: user } }).replaceAll("'", '\\u0027');
      return [
        `buf curl --protocol grpc${place.startsWith('http:') ? ' --http2-prior-knowledge' : ''} \\`,
        '  -H "authorization: Bearer $LATCHKEY_TOKEN" \\',
        `  ${place}/latchkey.v1.FeatureService/Evaluate \\`,
        `  -d '${context}'`,
      ].join('\n');
    }
  }
}

/** Where gRPC is taken; by a server that listens everywhere, or for its own machine alone, at the host by which this page was had. */
function grpcUrl(grpc: Asked['grpc'], pageHost: string): string {
  if (grpc === null) return 'http://YOUR-GRPC-HOST:50051';
  const { host, port, tls } = grpc;
  const named = HERE.test(host) ? pageHost : host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'https' : 'http'}://${named}:${port}`;
}

/** Addresses of every interface, and of the machine itself. */
const HERE = /^(0\.0\.0\.0|::|127\..*|::1|localhost)$/;

/** What it answers of the flag, as JSON: its entry of the list, undefined where that has none, or the one decision. */
export function answerOf(
  way: Way,
  decision: EvaluateResponse,
  { name, client_visible }: Pick<FeatureFlag, 'name' | 'client_visible'>,
): string | undefined {
  const { flag_key, enabled, value, variant, reason, rule_id, valid_until, flag_version, usage } = decision;
  const until = valid_until === undefined ? {} : { valid_until };
  const left = usage === undefined ? {} : { usage };
  if (way === 'grpc') {
    const said = {
      flagKey: flag_key,
      ...(enabled ? { enabled } : {}),
      value,
      variant,
      reason,
      ...(rule_id === '' ? {} : { ruleId: rule_id }),
      ...(valid_until === undefined ? {} : { validUntil: valid_until }),
      flagVersion: flag_version,
      ...left,
    };
    return JSON.stringify(said, undefined, 2);
  }
  // The list is of what screens show, whoever asks for it.
  if (!enabled || client_visible === false) return undefined;
  const entry = {
    key: flag_key,
    name,
    enabled,
    variant,
    value,
    reason: reason.replace('REASON_', ''),
    ...until,
    ...left,
  };
  return JSON.stringify(entry, undefined, 2);
}

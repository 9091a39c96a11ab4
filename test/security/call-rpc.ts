import { type Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { AdminServiceDefinition } from '../gen/latchkey/v1/admin_service.js';
import { FeatureServiceDefinition } from '../gen/latchkey/v1/feature_service.js';

interface Codec {
  fromPartial(partial: object): unknown;
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

interface Rpc {
  readonly path: string;
  readonly requestType: Codec;
  readonly responseType: Codec;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** Every RPC of the protocol, by name. */
export const RPCS: ReadonlyMap<string, Rpc> = new Map(
  [FeatureServiceDefinition, AdminServiceDefinition].flatMap(({ fullName, methods }) =>
    Object.values(methods).map((method) => {
      const { name, ...rpc } = method as unknown as Rpc & { readonly name: string };
      return [name, { ...rpc, path: `/${fullName}/${name}` }] as const;
    }),
  ),
);

const WORDS: Readonly<Record<number, string>> = {
  [status.UNAUTHENTICATED]: '401',
  [status.PERMISSION_DENIED]: '403',
  [status.NOT_FOUND]: '404',
};

/** What a call comes to, in the words of the table. */
export function callRpc(client: Client, name: string, token: string | undefined, partial: object): Promise<string> {
  const { path, requestType, responseType, requestStream, responseStream } = RPCS.get(name)!;
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  const serialize = (message: unknown) => Buffer.from(requestType.encode(message).finish());
  const deserialize = (bytes: Buffer) => responseType.decode(bytes);
  const request = requestType.fromPartial(partial);
  if (requestStream) {
    return new Promise((resolve) => {
      const call = client.makeBidiStreamRequest(path, serialize, deserialize, metadata);
      call.once('data', ({ error }: { readonly error?: { readonly code: number; readonly message: string } }) => {
        resolve(error === undefined ? 'yes' : (WORDS[error.code] ?? error.message));
        call.cancel();
      });
      call.on('error', (error: ServiceError) => resolve(WORDS[error.code] ?? error.message));
      call.end(request);
    });
  }
  if (responseStream) {
    return new Promise((resolve) => {
      const call = client.makeServerStreamRequest(path, serialize, deserialize, request, metadata);
      call.on('data', () => {
        // A preview ends by itself, and the next caller needs its place.
        if (name.startsWith('Preview')) return;
        resolve('yes');
        call.cancel();
      });
      call.once('end', () => resolve('yes'));
      call.on('error', (error: ServiceError) => resolve(WORDS[error.code] ?? error.message));
    });
  }
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      serialize,
      deserialize,
      request,
      metadata,
      { deadline: Date.now() + 10_000 },
      (error: ServiceError | null, response: unknown) => {
        if (error === null) resolve(isRefusal(response) ? 'refused' : 'yes');
        else resolve(WORDS[error.code] ?? error.message);
      },
    );
  });
}

/** Whether an answer says of the one event, or the one context, that was sent that it was not taken. */
export function isRefusal(answer: unknown): boolean {
  const { accepted, rejected, results } = (answer ?? {}) as {
    readonly accepted?: number;
    readonly rejected?: readonly unknown[];
    readonly results?: readonly { readonly error?: unknown }[];
  };
  return (accepted === 0 && rejected?.length === 1) || results?.[0]?.error !== undefined;
}

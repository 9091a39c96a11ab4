import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { RPCS } from '../security/call-rpc.js';

/** Calls a unary RPC of a running server by its name; field names as the generated code has them. */
export async function callServer<Answer>(
  address: string,
  token: string,
  name: string,
  request: object,
): Promise<Answer> {
  const { path, requestType, responseType } = RPCS.get(name)!;
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        (message: unknown) => Buffer.from(requestType.encode(message).finish()),
        (bytes: Buffer) => responseType.decode(bytes),
        requestType.fromPartial(request),
        metadata,
        { deadline: Date.now() + 10_000 },
        (error, answer) => (error === null ? resolve(answer as Answer) : reject(error)),
      );
    });
  } finally {
    client.close();
  }
}

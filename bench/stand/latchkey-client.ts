import { type ChannelCredentials, type ClientUnaryCall, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { FeatureServiceClient } from '../../test/gen/latchkey/v1/feature_service.js';

type Done<Response> = (error: ServiceError | null, response: Response) => void;
type Method<Request, Response> = (request: Request, metadata: Metadata, done: Done<Response>) => ClientUnaryCall;

/** A client of a server under test: `call(client.track, TrackRequest.fromPartial({…}))`. */
export function connect(address: string, token: string) {
  return connectTo(FeatureServiceClient, address, token);
}

/** The same for any service. */
export function connectTo<Client>(
  Service: new (address: string, credentials: ChannelCredentials) => Client,
  address: string,
  token: string,
) {
  const client = new Service(address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const call = <Request, Response>(method: Method<Request, Response>, request: Request): Promise<Response> =>
    new Promise((resolve, reject) => {
      method.call(client, request, metadata, (error, response) => {
        if (error) reject(error);
        else resolve(response);
      });
    });
  return { client, call, metadata };
}

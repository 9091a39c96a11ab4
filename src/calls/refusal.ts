/**
 * Why a connection was closed, or a request refused, before anybody was asked who sends it: what is no request of the protocol or is
 * longer than its head may be, what took too long to arrive, an answer that was not taken, an address with too many connections.
 */
export type Refusal = 'malformed' | 'slow' | 'stalled' | 'connections';

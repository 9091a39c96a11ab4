/**
 * What two published clients cannot take, though the protocol has it. Neither says what it is: each is known by the name that the client
 * for HTTP below it has where the application gives it no other.
 */
export interface ClientHabits {
  /** Takes an answer with `eventStreams` for malformed. It asks again by itself at times. */
  readonly knowsNoStreams: boolean;
  /** Fails, in the application's own code, at an answer that has no `value`. It takes one that is `null`, for a flag that is switched off. */
  readonly needsValue: boolean;
}

/** Kotlin's provider stands on Ktor, and reads JSON without leave for members that it does not know. */
const KOTLIN = /^ktor-client$/;
/** Ruby's provider stands on Faraday. */
const RUBY = /^Faraday v/;

export function habitsOf(userAgent = ''): ClientHabits {
  return { knowsNoStreams: KOTLIN.test(userAgent), needsValue: RUBY.test(userAgent) };
}

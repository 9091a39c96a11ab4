/** How people's JWTs are checked and read. */
export interface JwtOptions {
  readonly key:
    | { readonly kind: 'secret'; readonly secret: string }
    /** The contents of a PEM file. */
    | { readonly kind: 'publicKey'; readonly pem: string }
    /** Where the issuer publishes its public keys, and for how long they are used before they are fetched again. */
    | { readonly kind: 'jwks'; readonly url: string; readonly maxAgeMs: number };
  /** The issuer that a token must have, as it must be for one of the audiences; both are required with public keys. */
  readonly issuer: string | undefined;
  /** None: tokens for anybody are taken. */
  readonly audiences: readonly string[];
  /** The claim that says whom a token without `aud` is for; undefined where such tokens are refused. */
  readonly audienceClaim: string | undefined;
  /** The name of the claim with the user's id, as those below: a member of the payload, or a dotted path into it. */
  readonly userClaim: string;
  readonly organizationClaim: string;
  readonly rolesClaim: string;
  /** The claim and its value that make a person administer the platform; undefined where no claim does. */
  readonly platform: { readonly claim: string; readonly value: string } | undefined;
  /** Whether the organization and roles that tokens name are written to their users when they have changed. */
  readonly sync: boolean;
  /** How many verified tokens are remembered at most, so that they need not be verified again within some minutes. */
  readonly cachedTokens: number;
}

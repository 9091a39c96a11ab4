/** How people's JWTs are checked and read. */
export interface JwtOptions {
  readonly key:
    | { readonly kind: 'secret'; readonly secret: string }
    /** The contents of a PEM file. */
    | { readonly kind: 'publicKey'; readonly pem: string }
    /** Where the issuer publishes its public keys. */
    | { readonly kind: 'jwks'; readonly url: string };
  /** Who must have issued it, and whom it must be for; required with public keys. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** Names of claims: a member of the payload, or a dotted path into it. */
  readonly userClaim: string;
  readonly organizationClaim: string;
  readonly rolesClaim: string;
  /** The claim and the value that make a person an administrator of the platform; undefined: nobody is. */
  readonly platform: { readonly claim: string; readonly value: string } | undefined;
  /** Write what tokens say of organization and roles to the user, whenever it changed. */
  readonly sync: boolean;
}

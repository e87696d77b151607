// Who is calling. A principal is made from verified claims only (gateway/identity) and never from what a client says of itself.

export type PrincipalKind = 'human' | 'ci' | 'agent'

export interface Principal {
  /** `<identity entry>:<sub>`: stable, unique, the only key a person is ever stored or compared under. */
  readonly id: string
  /** Name of the identity entry in gateway.yaml that verified the token. */
  readonly provider: string
  readonly subject: string
  readonly kind: PrincipalKind
  /** Null unless the provider says `email_verified`. Shown and matched by `who`, never a key. */
  readonly email: string | null
  readonly groups: readonly string[]
  /** The verified claims, as the provider sent them. */
  readonly claims: Readonly<Record<string, unknown>>
}

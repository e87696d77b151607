// The people of the demo. The sign-in page shows them, the provider's tokens name them, the policy of gateway-config.ts knows their groups.

export interface SampleUser {
  /** The `sub` of their tokens, and the name to sign in with. */
  readonly name: string
  readonly password: string
  readonly fullName: string
  readonly role: string
  readonly may: string
  readonly email: string
  readonly groups: readonly string[]
}

export const sampleUsers: readonly SampleUser[] = [
  { name: 'ana', password: 'ana-demo', fullName: 'Ana Almeida', role: 'Analyst', may: 'Reads every table and the cluster, but no Secrets. Personal data is masked.', email: 'ana@shop.example', groups: ['analysts'] },
  { name: 'eli', password: 'eli-demo', fullName: 'Eli Bakker', role: 'Engineer', may: 'Reads and changes rows; changes of orders and payments wait for on-call. Cannot drop, truncate, or write without a WHERE. Applies in the namespace shop; a shell in a pod and deleting pods wait too.', email: 'eli@shop.example', groups: ['engineers'] },
  { name: 'otto', password: 'otto-demo', fullName: 'Otto Lindgren', role: 'On-call', may: 'Reads every table, the cluster and the sessions of everyone. Decides what waits for approval.', email: 'otto@shop.example', groups: ['on-call'] },
  { name: 'pia', password: 'pia-demo', fullName: 'Pia Moretti', role: 'Privacy officer', may: 'Reads every table and every Secret, personal data in clear.', email: 'pia@shop.example', groups: ['privacy'] },
]

// What the `env` label of a connection means to the eye: production must never look like the rest.

export type Tone = 'production' | 'staging' | 'development' | 'plain'

const tones: Readonly<Record<string, Tone>> = {
  production: 'production', prod: 'production', live: 'production',
  staging: 'staging', stage: 'staging', preprod: 'staging', qa: 'staging', test: 'staging',
  development: 'development', dev: 'development', local: 'development', sandbox: 'development', demo: 'development',
}

export function environmentOf(labels: Readonly<Record<string, string>>): { readonly name: string | null; readonly tone: Tone } {
  const name = labels['env'] ?? labels['environment'] ?? null
  return { name, tone: name === null ? 'plain' : (tones[name.toLowerCase()] ?? 'plain') }
}

import type { Answer, Call } from '../call.ts'
export function openApiOf(_path: string, _call: Call): Answer | null { return null }

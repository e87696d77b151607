// What a held Kubernetes request would do: at a glance, as the difference it makes, and to the letter.
import type { ApprovalWhole } from '../../shared/approval.ts'
import { count, plural } from '../lib/format.ts'
import { readRequest, type ReadRequest } from '../lib/kubernetes-request.ts'
import own from '../pages/Approval.module.css'
import { Untrusted } from '../ui/Untrusted.tsx'
import { ExactText } from './ExactText.tsx'
import styles from './KubernetesAsked.module.css'

export function KubernetesAsked({ exact }: { readonly exact: NonNullable<ApprovalWhole['exact']> }) {
  const { text, diff, risk } = exact
  const request = readRequest(text)
  return (
    <>
      {request !== null && <Glance request={request} verb={risk.kinds.join(', ')} />}
      {request?.argv != null && <section aria-label="Command"><h2 className={own['label']}>Runs in the container</h2><ExactText text={request.argv} label="argv" /></section>}
      {diff !== undefined && <section aria-label="Changes"><h2 className={own['label']}>What it changes <span>by a dry run on the live object; masked values stay masked</span></h2>{diff.trim() === '' ? <p className={own['quiet']}>Nothing, as far as the dry run tells.</p> : <ExactText text={diff} label="Diff" isDiff />}</section>}
      <section aria-label="Request">
        <h2 className={own['label']}>Exact request <span>{plural(text.split(/\r\n|\r|\n/).length, 'line')}, {count(text.length)} characters, all shown</span></h2>
        <ExactText text={text} label="Request" />
      </section>
    </>
  )
}

function Glance({ request: { method, path, resource, query }, verb }: { readonly request: ReadRequest; readonly verb: string }) {
  const facts: readonly (readonly [string, string])[] = [
    ['Verb', verb === '' ? method : `${verb} (${method})`],
    ...(resource === null ? [['Path', path] as const] : [
      ['Resource', `${resource.resource}${resource.group === '' ? '' : `.${resource.group}`}${resource.subresource === null ? '' : `/${resource.subresource}`}`] as const,
      ['Name', resource.name ?? 'all that match'] as const,
      ['Namespace', resource.namespace ?? 'none, or all of them'] as const,
    ]),
    ...query,
  ]
  return (
    <section aria-label="At a glance">
      <dl className={styles['glance']}>{facts.map(([name, value], at) => <div key={at}><dt><Untrusted text={name} /></dt><dd><code><Untrusted text={value} /></code></dd></div>)}</dl>
    </section>
  )
}

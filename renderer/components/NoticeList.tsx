// What the server said beside the result.
import { MessageSquareText } from 'lucide-react'
import { plural } from '../lib/format.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './NoticeList.module.css'

export const NoticeList = ({ notices }: { readonly notices: readonly string[] }) => (
  <details className={styles['notices']} open={notices.length <= 5}>
    <summary><MessageSquareText size={14} aria-hidden="true" />{plural(notices.length, 'notice')}</summary>
    {/* Notices only ever grow at the end. */}
    <ul aria-label="Notices">{notices.map((notice, at) => <li key={at}><Untrusted text={notice} as="block" /></li>)}</ul>
  </details>
)

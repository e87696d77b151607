// News in the corner: one leads to its approval. Read out politely, never stealing the focus.
import { X } from 'lucide-react'
import { Link } from 'wouter'
import { paths } from '../lib/routes.ts'
import { dismissNews, useNews } from '../stores/news.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './NewsStack.module.css'

export function NewsStack() {
  const items = useNews((store) => store.items)
  return (
    <section className={styles['stack']} aria-label="News" role="status">
      {items.map(({ id, approval, title, text, tone }) => (
        <div key={id} className={styles['item']} data-tone={tone}>
          <Link href={paths.approval(approval)} onClick={() => dismissNews(id)}><b><Untrusted text={title} /></b><span><Untrusted text={text} /></span></Link>
          <button type="button" aria-label="Dismiss" onClick={() => dismissNews(id)}><X size={14} /></button>
        </div>
      ))}
    </section>
  )
}

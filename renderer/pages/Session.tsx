// One session's recording: its frames in order, and whether the chain of hashes holds.
import { ArrowLeft, RefreshCw, ShieldCheck, ShieldX } from 'lucide-react'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { Link } from 'wouter'
import type { VerifyReport } from '../../shared/recording.ts'
import { SessionFrame } from '../components/SessionFrame.tsx'
import { TerminalReplay } from '../components/TerminalReplay.tsx'
import { call } from '../lib/current-desktop.ts'
import { failureOf, failureTitle } from '../lib/failure.ts'
import { fullTime, plural } from '../lib/format.ts'
import { readFrames } from '../lib/frames.ts'
import { useFrames } from '../lib/queries.ts'
import { paths } from '../lib/routes.ts'
import { readReplay } from '../lib/terminal-replay.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button, IconButton } from '../ui/Button.tsx'
import { Empty } from '../ui/Empty.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './Page.module.css'
import own from './Session.module.css'

/** Frames of a terminal that are fetched by themselves: hours of typing. More come by the button. */
const replayFramesMax = 50_000

export function Session({ id }: { readonly id: string }) {
  const frames = useFrames(id)
  const verify = useMutation({ mutationFn: () => call('sessions.verify', { session: id }) })
  const all = useMemo(() => frames.data?.pages.flatMap((page) => page.frames) ?? [], [frames.data])
  const replay = useMemo(() => readReplay(all), [all])
  // What the terminal shows, it shows better than a list of its pieces.
  const entries = useMemo(() => readFrames(replay === null ? all : all.filter(({ kind }) => kind !== 'output' && kind !== 'resize')), [all, replay])
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = frames
  // A terminal is played from its frames, so they are fetched; a list is read from its beginning.
  const isWanted = replay !== null && hasNextPage && !isFetchingNextPage && all.length < replayFramesMax
  useEffect(() => { if (isWanted) void fetchNextPage() }, [isWanted, fetchNextPage])
  const start = all[0]?.at
  const opened = entries.find((entry) => entry.kind === 'other' && entry.name === 'open')
  const fact = (name: string) => (opened?.kind === 'other' ? opened.facts.find(([key]) => key === name)?.[1] : undefined)
  const [who, connection] = [fact('principal'), fact('connection')]
  return (
    <div className={styles['page']}>
      <header className={styles['head']}>
        <div className={own['title']}>
          <Link href={paths.sessions} className={own['back']}><ArrowLeft size={14} aria-hidden="true" />Sessions</Link>
          <h1>{who === undefined || connection === undefined ? 'Session' : <><Untrusted text={who} /> on <Untrusted text={connection} /></>}</h1>
          <p className={styles['lead']}><code><Untrusted text={id} /></code>{start !== undefined && <> · {fullTime(start)}</>}</p>
        </div>
        <div className={own['tools']}>
          <IconButton label="Reload frames" icon={<RefreshCw size={16} />} onClick={() => void frames.refetch()} />
          <Button icon={<ShieldCheck size={16} />} onClick={() => verify.mutate()} disabledReason={verify.isPending && 'Verifying now'}>{verify.isPending ? 'Verifying…' : 'Verify'}</Button>
        </div>
      </header>
      {verify.data !== undefined && <Report report={verify.data} />}
      {verify.error !== null && <Banner tone="danger"><Untrusted text={failureOf(verify.error).message} /></Banner>}
      {frames.isPending && <p role="status" className={styles['quiet']}>Reading the recording…</p>}
      {frames.error !== null && <div role="alert"><Empty title={failureTitle(failureOf(frames.error))} action={<Button look="primary" onClick={() => void frames.refetch()}>Try again</Button>}><p><Untrusted text={failureOf(frames.error).message} /></p></Empty></div>}
      {frames.data !== undefined && all.length === 0 && <Empty title="The recording is empty"><p>Nothing was written before the session ended.</p></Empty>}
      {replay !== null && <TerminalReplay replay={replay} />}
      <ol className={own['timeline']} aria-label="Frames">
        {entries.map((entry) => <SessionFrame key={entry.seq} entry={entry} start={start ?? entry.at} />)}
      </ol>
      {frames.hasNextPage && <div className={styles['more']}><Button onClick={() => void frames.fetchNextPage()}>{frames.isFetchingNextPage ? 'Loading…' : 'Show more frames'}</Button></div>}
    </div>
  )
}

function Report({ report }: { readonly report: VerifyReport }) {
  if (report.ok) {
    return (
      <div className={own['report']} data-ok role="status">
        <ShieldCheck size={20} aria-hidden="true" />
        <div>
          <h3>The chain is whole</h3>
          <p>{plural(report.frames, 'frame')}, each linked to the one before{report.closed ? '; the session was closed in the record.' : '. The session is still open, or the gateway stopped before it closed.'}</p>
          <p>Head <code>{report.head}</code></p>
        </div>
      </div>
    )
  }
  return (
    <div className={own['report']} role="alert">
      <ShieldX size={20} aria-hidden="true" />
      <div>
        <h3>The recording does not verify</h3>
        <ul>{report.problems.map((problem) => <li key={problem}><Untrusted text={problem} /></li>)}</ul>
        <p>{plural(report.frames, 'frame')} hold up to there. Tell the operator of the gateway; the file may have been changed.</p>
      </div>
    </div>
  )
}

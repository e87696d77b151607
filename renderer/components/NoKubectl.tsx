// The shell does not find kubectl: what it is, how to get it here, and that the shell works all the same.
import { useAppInfo } from '../lib/queries.ts'
import { terminals, type TerminalTab } from '../stores/terminals.ts'
import { Button } from '../ui/Button.tsx'
import { CopyButton } from '../ui/CopyButton.tsx'
import styles from './NoKubectl.module.css'

const ways: Readonly<Record<string, readonly { readonly where: string; readonly command: string }[]>> = {
  darwin: [{ where: 'Homebrew', command: 'brew install kubernetes-cli' }],
  win32: [{ where: 'winget', command: 'winget install -e --id Kubernetes.kubectl' }],
  linux: [{ where: 'Debian, Ubuntu', command: 'sudo apt-get install kubernetes-client' }, { where: 'Fedora', command: 'sudo dnf install kubernetes-client' }, { where: 'snap', command: 'sudo snap install kubectl --classic' }],
}

export function NoKubectl({ tab }: { readonly tab: TerminalTab }) {
  const platform = useAppInfo().data?.platform ?? 'linux'
  return (
    <section className={styles['panel']} aria-label="kubectl is missing">
      <h2>Your shell does not find kubectl</h2>
      <p>The terminal runs your own shell with your own tools; its kubeconfig is ready for kubectl, helm and k9s. Install kubectl where the PATH of {tab.info?.shell ?? 'your shell'} leads, then start a new session.</p>
      <dl>{(ways[platform] ?? ways['linux']!).map(({ where, command }) => <div key={where}><dt>{where}</dt><dd><code>{command}</code><CopyButton text={command} what={`command for ${where}`} /></dd></div>)}</dl>
      <p>Other ways: <code>kubernetes.io/docs/tasks/tools</code></p>
      <Button size="small" onClick={() => terminals.restart(tab.id)}>Look again in a new session</Button>
    </section>
  )
}

// Every kubectl of this machine, for tests: run with a home, a kubeconfig and a cache of their own, an environment made from
// nothing (a developer's contexts, a pod's service account and proxies stay out of reach), and a deadline.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

export interface Kubectl {
  /** `1.27.16`. */
  readonly version: string
  /** 27 */
  readonly minor: number
  readonly path: string
}

export interface KubectlOutcome {
  /** -1: ended by a signal, or past its deadline. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface KubectlOptions {
  readonly input?: string | Buffer
  /** Over the private environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly timeoutMs?: number
  /** Under a terminal of its own (`script` of util-linux): stdout and stderr come as one, lines end in \r\n. */
  readonly tty?: boolean
}

/** A kubectl that goes on (watch, logs -f, exec, port-forward): what it has said so far, and its end. */
export interface RunningKubectl {
  readonly child: ChildProcess
  readonly stdout: string
  readonly stderr: string
  readonly ended: Promise<KubectlOutcome>
}

export interface KubectlHome {
  readonly kubectl: Kubectl
  /** HOME, working directory and cache. */
  readonly folder: string
  /** Path of the kubeconfig. */
  readonly kubeconfig: string
  run(args: readonly string[], options?: KubectlOptions): Promise<KubectlOutcome>
  start(args: readonly string[], options?: KubectlOptions): RunningKubectl
  /** Ends what still runs. */
  dispose(): Promise<void>
}

const runMs = 30_000
const installMs = 300_000
const outputBytesMax = 256 * 1024 * 1024

let found: Promise<readonly Kubectl[]> | undefined

/**
 * One of each minor version, oldest first; empty where there is none and none can be installed. More can be named:
 * GATEHOUSE_TEST_KUBECTLS, paths as in PATH.
 */
export function kubectls(): Promise<readonly Kubectl[]> {
  return found ??= find()
}

/** The oldest and the newest: where every version would take too long. */
export async function someKubectls(): Promise<readonly Kubectl[]> {
  const all = await kubectls()
  return all.length < 2 ? all : [all[0]!, all.at(-1)!]
}

/** The newest; throws with what to install where there is none. */
export async function newestKubectl(): Promise<Kubectl> {
  const newest = (await kubectls()).at(-1)
  if (newest === undefined) throw new Error('kubectl is not installed (Debian: apt-get install kubernetes-client)')
  return newest
}

/** A kubectl with this kubeconfig (its text; JSON is YAML) and nothing else. */
export function kubectlHome(kubectl: Kubectl, kubeconfigText: string): KubectlHome {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-kubectl-'))
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, kubeconfigText, { mode: 0o600 })
  const running = new Set<RunningKubectl>()
  const start = (args: readonly string[], options: KubectlOptions = {}): RunningKubectl => {
    const run = launch(kubectl, args, { ...options, cwd: options.cwd ?? folder, env: { ...privateEnvironment(folder, kubeconfig), ...options.env } })
    running.add(run)
    void run.ended.finally(() => running.delete(run))
    return run
  }
  return {
    kubectl, folder, kubeconfig, start,
    run: (args, options) => start(args, options).ended,
    async dispose() {
      for (const { child } of running) signal(child, 'SIGKILL')
      await Promise.all([...running].map(({ ended }) => ended))
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** One command in a home of its own. */
export async function runKubectl(kubectl: Kubectl, kubeconfigText: string, args: readonly string[], options: KubectlOptions = {}): Promise<KubectlOutcome> {
  const home = kubectlHome(kubectl, kubeconfigText)
  try {
    return await home.run(args, options)
  } finally {
    await home.dispose()
  }
}

export interface KubeconfigOptions {
  readonly server: string
  /** PEM. */
  readonly ca: string
  readonly token: string
  readonly namespace?: string
}

/** The least kubeconfig with a bearer token. */
export function tokenKubeconfig({ server, ca, token, namespace = 'default' }: KubeconfigOptions): string {
  return JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
  })
}

/** HTTPS_PROXY, KUBERNETES_SERVICE_HOST, a real HOME and the like are not among them. */
function privateEnvironment(folder: string, kubeconfig: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: tmpdir(), KUBECONFIG: kubeconfig, KUBECACHEDIR: join(folder, 'cache'),
    LANG: 'C.UTF-8', TERM: 'xterm-256color', NO_PROXY: '*',
  }
}

function launch(kubectl: Kubectl, args: readonly string[], { input, env, cwd, timeoutMs = runMs, tty = false }: KubectlOptions): RunningKubectl {
  // `stty` first: a terminal that nobody sized has none.
  const [command, words] = tty ? ['script', ['-qefc', `stty rows 24 cols 80; exec ${[kubectl.path, ...args].map(quoted).join(' ')}`, '/dev/null']] as const : [kubectl.path, args] as const
  const child = spawn(command, words, { ...(env !== undefined && { env }), ...(cwd !== undefined && { cwd }), detached: true })
  const state = { child, stdout: '', stderr: '', ended: Promise.resolve<KubectlOutcome>({ code: -1, stdout: '', stderr: '' }) }
  const timer = setTimeout(() => {
    state.stderr += `\nended by the test: it ran for ${timeoutMs} ms`
    signal(child, 'SIGKILL')
  }, timeoutMs)
  const take = (name: 'stdout' | 'stderr') => child[name]?.setEncoding('utf8').on('data', (text: string) => { if (state[name].length < outputBytesMax) state[name] += text })
  take('stdout')
  take('stderr')
  state.ended = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? -1, stdout: state.stdout, stderr: state.stderr })
    })
  })
  // A child that ended does not read; a terminal's input stays open, as a person's does.
  child.stdin?.on('error', () => undefined)
  if (input !== undefined || !tty) child.stdin?.end(input)
  return state
}

/** To the whole group: under `script` kubectl is a grandchild, and an exec plugin a child. */
function signal({ pid, exitCode, signalCode }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`

async function find(): Promise<readonly Kubectl[]> {
  const already = await versionsOf(candidates())
  return already.length > 0 || !await install() ? already : versionsOf(candidates())
}

/** Real paths of every `kubectl` and `kubectl.1.NN` of PATH, and of their siblings. */
function candidates(): readonly string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const named = (process.env['GATEHOUSE_TEST_KUBECTLS'] ?? '').split(delimiter).filter((path) => path !== '')
  const inPath = folders.map((folder) => join(folder, 'kubectl')).filter(existsSync).map((path) => realpathSync(path))
  const siblings = [...new Set([...folders, ...inPath.map(dirname)])].filter(existsSync)
    .flatMap((folder) => readdirSync(folder).filter((name) => /^kubectl\.1\.\d+$/.test(name)).map((name) => realpathSync(join(folder, name))))
  return [...new Set([...named, ...siblings, ...inPath])]
}

/** A dispatcher picks another version by what the cluster says of itself: it counts only where it is all there is. */
async function versionsOf(paths: readonly string[]): Promise<readonly Kubectl[]> {
  const all = (await Promise.all(paths.map(versionOf))).filter((each) => each !== null)
  const real = all.filter(({ isDispatcher }) => !isDispatcher)
  const byMinor = new Map<number, Kubectl>()
  for (const { version, minor, path } of real.length > 0 ? real : all) if (!byMinor.has(minor)) byMinor.set(minor, { version, minor, path })
  return [...byMinor.values()].toSorted((a, b) => a.minor - b.minor)
}

async function versionOf(path: string): Promise<(Kubectl & { readonly isDispatcher: boolean }) | null> {
  const { failure, stdout } = await executed(path, ['version', '--client', '-o', 'json'], runMs)
  const git = failure ? null : /"gitVersion":\s*"v(1\.(\d+)\.\d+)([^"]*)"/.exec(stdout)
  return git === null ? null : { version: git[1]!, minor: Number(git[2]), path, isDispatcher: git[3]!.includes('dispatcher') }
}

/** As `npm test` does for psql and chromium; here for a suite that is run by itself. */
async function install(): Promise<boolean> {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return false
  const apt = (...words: readonly string[]) => executed('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...words], installMs)
  const wanted = ['install', '-y', '--no-install-recommends', 'kubernetes-client']
  if (!(await apt(...wanted)).failure) return true
  await apt('update')
  return !(await apt(...wanted)).failure
}

function executed(command: string, args: readonly string[], timeout: number): Promise<{ readonly failure: boolean; readonly stdout: string }> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', KUBECONFIG: '/nonexistent', DEBIAN_FRONTEND: 'noninteractive' }
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout }, (failure, stdout) => resolve({ failure: failure !== null, stdout }))
  })
}

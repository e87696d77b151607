// Real kubectl against the cluster, straight: the whole list with the newest, a short one with every other version on the machine.
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubectlHome, kubectls, newestKubectl, tokenKubeconfig, type Kubectl, type KubectlHome, type KubectlOptions } from '../../gateway/testing/kubectl.ts'
import { startTestCluster, type TestCluster } from './testing/api.ts'

const all = await kubectls()
const newest = await newestKubectl()

let api: TestCluster
const homes: KubectlHome[] = []
beforeAll(async () => { api = await startTestCluster() })
afterAll(async () => {
  await Promise.all(homes.map((home) => home.dispose()))
  await api.stop()
})

function homeOf(kubectl: Kubectl): KubectlHome {
  const home = kubectlHome(kubectl, tokenKubeconfig({ server: api.cluster.url, ca: api.cluster.ca, token: api.cluster.token, namespace: 'shop' }))
  homes.push(home)
  return home
}

/** Runs it, and gives its output where it went well. */
async function ok(home: KubectlHome, line: string, options?: KubectlOptions): Promise<string> {
  const { code, stdout, stderr } = await home.run(words(line), options)
  if (code !== 0) throw new Error(`kubectl ${line}: ${code}\n${stdout}${stderr}`)
  return stdout + stderr
}

async function fails(home: KubectlHome, line: string): Promise<string> {
  const { code, stdout, stderr } = await home.run(words(line))
  if (code === 0) throw new Error(`kubectl ${line} went well:\n${stdout}`)
  return stderr
}

/** So that a test that is tried again finds nothing of before. */
const unique = (name: string) => `${name}-${randomUUID().slice(0, 6)}`

/** At spaces; what is in single quotes is one word. */
const words = (line: string) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)

function write(home: KubectlHome, name: string, text: string): string {
  writeFileSync(join(home.folder, name), text)
  return name
}

const manifest = (name: string, { image, value }: { readonly image: string; readonly value: string }) => `
apiVersion: v1
kind: ConfigMap
metadata: { name: ${name}, namespace: shop }
data: { kept: always, ${value}: here }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec:
  replicas: 1
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: main, image: "${image}", ports: [{ containerPort: 8080 }] }] }
`

// What every version must do, side by side (they mostly wait): discovery, tables, describe, three ways to write, waiting, logs, exec and cp.
describe.concurrent.each(all)('kubectl $version', (kubectl) => {
  test('reads, applies, waits, execs, copies and deletes', async () => {
    const home = homeOf(kubectl)
    const name = unique(`short-${kubectl.minor}`)
    expect(await ok(home, 'api-resources')).toMatch(/deployments +deploy +apps\/v1 +true +Deployment/)
    expect(await ok(home, 'get pods -o wide')).toMatch(/NAME +READY +STATUS +RESTARTS +AGE +IP +NODE/)
    expect(await ok(home, 'describe deployment web')).toMatch(/StrategyType: +RollingUpdate/)
    const file = write(home, 'one.yaml', manifest(name, { image: 'nginx:1.26', value: 'first' }))
    expect(await ok(home, `apply -f ${file}`)).toContain(`configmap/${name} created`)
    write(home, 'one.yaml', manifest(name, { image: 'nginx:1.27', value: 'second' }))
    expect((await home.run(words(`diff -f ${file}`))).stdout).toMatch(/^\+.*nginx:1.27/m)
    await ok(home, `apply -f ${file}`)
    expect(JSON.parse(await ok(home, `get cm ${name} -o jsonpath={.data}`))).toEqual({ kept: 'always', second: 'here' })
    await ok(home, `wait --for=condition=Available deployment/${name} --timeout=20s`)
    await ok(home, `rollout status deployment/${name} --timeout=20s`)
    await ok(home, `patch cm ${name} -p '{"data":{"kept":null}}'`)
    expect(await ok(home, 'logs deployment/worker --tail=1')).toMatch(/INFO|DEBUG/)
    expect(await ok(home, `exec deployment/${name} -- sh -c 'echo from $HOSTNAME'`)).toContain(`from ${name}-`)
    // The youngest: one of before the second apply may be about to go.
    const pod = (await ok(home, `get pod -l app=${name} --sort-by=.metadata.creationTimestamp -o jsonpath={.items[-1:].metadata.name}`)).trim()
    await ok(home, `cp ${write(home, 'up.txt', `by ${kubectl.version}`)} ${pod}:/tmp/up.txt`)
    await ok(home, `cp ${pod}:/tmp/up.txt down.txt`)
    expect(readFileSync(join(home.folder, 'down.txt'), 'utf8')).toBe(`by ${kubectl.version}`)
    expect(await ok(home, 'auth can-i delete pods')).toContain('yes')
    expect(await ok(home, 'explain pods.spec.containers')).toContain('image')
    expect(await ok(home, `delete -f ${file}`)).toContain('deleted')
  }, 60_000)
})

describe(`the whole list, with kubectl ${newest.version}`, () => {
  let home: KubectlHome
  beforeAll(() => { home = homeOf(newest) })

  test('prints what people look at', async () => {
    for (const [line, pattern] of [
      ['get nodes', /demo-worker-1 +Ready +<none> +12d +v1/], ['get ns', /payments +Active/], ['get all', /replicaset.apps\/web-/], ['get secrets', /shop-tls +kubernetes.io\/tls +2/],
      ['get cm,svc,ing,pvc,promo', /winter-sale +15%/], ['get events', /ScalingReplicaSet/], ['events --for deployment/web', /ScalingReplicaSet/], ['get jobs,cronjobs', /import-prices/],
      ['get pods -A -l app=coredns --no-headers', /^kube-system +coredns/], ['get crd', /promotions.shop.example.com/], ['get csr', /intern-laptop .* Pending/],
      ['describe node demo-worker-1', /Non-terminated Pods/], ['describe pod -l app=api', /set to the key 'url' in secret 'shop-database'/], ['describe secret shop-database', /password: +28 bytes/],
      ['describe svc web', /Endpoints: +10\.244/], ['describe ns shop', /Status: +Active/], ['version', /v1\.31\.4/], ['auth whoami', /system:serviceaccount:kube-system:gatehouse/], ['auth can-i --list', /\*\.\*/],
      ['get --raw /readyz', /^ok$/], ['cluster-info', /control plane/], ['api-versions', /shop.example.com\/v1/], ['get pods --chunk-size=3', /postgres-0/], ['get pods -o yaml', /^kind: List/m],
      ['explain deployment.spec.strategy.rollingUpdate.maxSurge', /IntOrString/], ['explain promotions.spec', /discount/],
    ] as const) expect(await ok(home, line), line).toMatch(pattern)
    expect(await fails(home, 'get pods nosuch')).toContain('pods "nosuch" not found')
    expect(await fails(home, 'get nosuch')).toContain('the server doesn\'t have a resource type "nosuch"')
  }, 60_000)

  test('creates, edits, patches in three ways, labels, and refuses what is wrong', async () => {
    const ns = unique('trial')
    await ok(home, `create namespace ${ns}`)
    await ok(home, `create configmap settings -n ${ns} --from-literal=a=1`)
    expect(await fails(home, `create configmap settings -n ${ns} --from-literal=a=1`)).toContain('already exists')
    await ok(home, `create secret generic pass -n ${ns} --from-literal=word=hush`)
    expect(Buffer.from(await ok(home, `get secret pass -n ${ns} -o jsonpath={.data.word}`), 'base64').toString()).toBe('hush')
    await ok(home, `edit cm settings -n ${ns}`, { env: { KUBE_EDITOR: 'sed -i /a:/s/1/2/' } })
    await ok(home, `patch cm settings -n ${ns} --type=json -p '[{"op":"test","path":"/data/a","value":"2"},{"op":"add","path":"/data/b","value":"3"}]'`)
    await ok(home, `patch cm settings -n ${ns} --type=merge -p '{"data":{"c":"4"}}'`)
    await ok(home, `label cm settings -n ${ns} tier=one`)
    await ok(home, `annotate cm settings -n ${ns} note=yes`)
    expect(await ok(home, `get cm -n ${ns} -l tier=one -o jsonpath={.items[0].data}`)).toBe('{"a":"2","b":"3","c":"4"}')
    expect(await ok(home, `delete cm settings -n ${ns} --dry-run=server`)).toContain('server dry run')
    expect(await fails(home, `patch deployment web -p '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'`)).toContain('field is immutable')
    write(home, 'wrong.yaml', manifest('wrong', { image: 'x', value: 'y' }).replace('replicas:', 'replica:'))
    expect(await fails(home, 'apply -f wrong.yaml')).toContain('unknown field "spec.replica"')
    expect(await ok(home, `delete namespace ${ns}`)).toContain(`namespace "${ns}" deleted`)
    expect(await fails(home, `get ns ${ns}`)).toContain('not found')
  }, 60_000)

  test('applies on the server, with owners and conflicts', async () => {
    const name = unique('server')
    const file = write(home, 'server.yaml', manifest(name, { image: 'nginx:1.26', value: 'x' }))
    expect(await ok(home, `apply --server-side -f ${file}`)).toContain('serverside-applied')
    write(home, 'server.yaml', manifest(name, { image: 'nginx:1.27', value: 'x' }))
    expect(await fails(home, `apply --server-side --field-manager=rival -f ${file}`)).toMatch(/conflict with "kubectl": .spec.template.spec.containers\[name="main"\].image/)
    expect(await ok(home, `apply --server-side --field-manager=rival --force-conflicts -f ${file}`)).toContain('serverside-applied')
    expect(await ok(home, `get deployment ${name} -o yaml --show-managed-fields`)).toContain('manager: rival')
    await ok(home, `delete -f ${file} --cascade=foreground`)
  }, 60_000)

  test('rolls out, back and up, and makes anew what is deleted', async () => {
    const name = unique('roll')
    await ok(home, `create deployment ${name} --image=nginx:1.26 --replicas=2`)
    await ok(home, `rollout status deployment/${name} --timeout=20s`)
    await ok(home, `set image deployment/${name} nginx=nginx:1.27`)
    expect(await ok(home, `rollout status deployment/${name} --timeout=20s`)).toContain('successfully rolled out')
    expect(await ok(home, `rollout history deployment/${name}`)).toMatch(/^1 .*\n2 /m)
    await ok(home, `rollout undo deployment/${name}`)
    await ok(home, `rollout status deployment/${name} --timeout=20s`)
    expect(await ok(home, `get deployment ${name} -o jsonpath={.spec.template.spec.containers[0].image}`)).toBe('nginx:1.26')
    await ok(home, `scale deployment ${name} --replicas=3`)
    await ok(home, `rollout restart deployment/${name}`)
    await ok(home, `rollout status deployment/${name} --timeout=20s`)
    expect(await ok(home, `delete pods -l app=${name}`)).toContain('deleted')
    await ok(home, `wait --for=condition=Available deployment/${name} --timeout=20s`)
    await ok(home, `delete deployment ${name}`)
    await ok(home, `wait --for=delete pod -l app=${name} --timeout=20s`)
  }, 90_000)

  test('deletes all of a kind, and what waits for it hears it', async () => {
    const ns = unique('many')
    await ok(home, `create namespace ${ns}`)
    for (const name of ['a', 'b', 'c']) await ok(home, `create configmap ${name} -n ${ns} --from-literal=x=y`)
    const watching = home.start(words(`get cm -n ${ns} -w --output-watch-events`))
    await expect.poll(() => watching.stdout, { timeout: 10_000 }).toMatch(/ADDED +c/)
    expect(await ok(home, `delete cm --all -n ${ns}`)).toMatch(/"a" deleted[\s\S]*"b" deleted[\s\S]*"c" deleted/)
    await expect.poll(() => watching.stdout, { timeout: 10_000 }).toMatch(/DELETED +c/)
    watching.child.kill()
    await ok(home, `delete ns ${ns} --wait=false`)
  }, 60_000)

  test('follows logs, runs a shell on a terminal and over a pipe, and ends with its code', async () => {
    const following = home.start(words('logs -f deployment/web --tail=1'))
    await expect.poll(() => following.stdout.split('\n').length, { timeout: 10_000 }).toBeGreaterThan(3)
    following.child.kill()
    expect((await home.run(words('exec deployment/web -- sh -c \'exit 7\''))).code).toBe(7)
    expect((await home.run(words('exec -i deployment/web -- sh'), { input: 'echo piped\ncat /etc/hostname\n' })).stdout).toMatch(/^piped\nweb-/)
    expect((await home.run(words('exec deployment/web -- seq 200000'))).stdout.length).toBe(1_288_895)
    expect((await home.run(words('exec deployment/cache -- kill 1'))).code).toBe(137)
    expect(await ok(home, 'get pods -l app=cache --no-headers')).toMatch(/Running +1 /)
    expect(await ok(home, 'logs deployment/cache --previous --tail=1')).toContain('app=cache')
    const attached = home.start(words('attach deployment/web'))
    await expect.poll(() => attached.stdout, { timeout: 10_000 }).toContain('HTTP/1.1')
    attached.child.kill()
    const terminal = home.start(words('exec -it deployment/web -- sh'), { tty: true })
    await expect.poll(() => terminal.stdout, { timeout: 10_000 }).toContain('# ')
    terminal.child.stdin?.write('echo on $HOSTNAME\r')
    await expect.poll(() => terminal.stdout, { timeout: 10_000 }).toMatch(/\non web-\S+\r/)
    terminal.child.stdin?.write('sleep 60\r')
    await expect.poll(() => terminal.stdout, { timeout: 10_000 }).toContain('sleep 60\r\n')
    terminal.child.stdin?.write('\x03')
    await expect.poll(() => terminal.stdout, { timeout: 10_000 }).toContain('^C')
    terminal.child.stdin?.write('exit 5\r')
    expect((await terminal.ended).code).toBe(5)
    expect(await fails(home, 'exec deployment/web -- nosuch')).toContain('executable file not found')
  }, 60_000)

  test('copies folders there and back, and forwards a port', async () => {
    mkdirSync(join(home.folder, 'dir/sub'), { recursive: true })
    write(home, 'dir/a', 'A')
    write(home, 'dir/sub/b', 'B'.repeat(100_000))
    await ok(home, 'cp dir shop/postgres-0:/tmp/')
    await ok(home, 'cp postgres-0:/tmp/dir back')
    expect(readFileSync(join(home.folder, 'back/sub/b'), 'utf8')).toBe('B'.repeat(100_000))
    expect(existsSync(join(home.folder, 'back/a'))).toBe(true)
    const forwarding = home.start(words('port-forward service/web :80'))
    await expect.poll(() => forwarding.stdout, { timeout: 10_000 }).toMatch(/127\.0\.0\.1:(\d+)/)
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(forwarding.stdout)![1])
    expect(await fetched(`http://127.0.0.1:${port}/hello`)).toMatch(/this is port 8080 of web-.*\nGET \/hello/)
    forwarding.child.kill()
  }, 60_000)

  test('does what needs a privilege, so that being denied it is the gateway\'s doing', async () => {
    expect(await ok(home, 'create token shop-api')).toMatch(/^ey/)
    expect(await ok(home, 'certificate deny intern-laptop')).toContain('denied')
    expect(await ok(home, `create role ${unique('r')} --verb=get --resource=pods`)).toContain('created')
    expect(await ok(home, 'cordon demo-worker-2')).toContain('cordoned')
    expect(await ok(home, 'drain demo-worker-2 --ignore-daemonsets --delete-emptydir-data --force')).toContain('drained')
    expect(await ok(home, 'uncordon demo-worker-2')).toContain('uncordoned')
    expect(await ok(home, 'run once --image=nginx:1.27 --restart=Never --labels=app=once')).toContain('created')
    await ok(home, 'wait --for=condition=Ready pod/once --timeout=15s')
    await ok(home, 'delete pod once --grace-period=0 --force')
  }, 90_000)
})

function fetched(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => resolve(text))
    }).on('error', reject)
  })
}

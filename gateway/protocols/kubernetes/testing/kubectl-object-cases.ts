// Cases of objects: read, described, applied, edited, patched, deleted, compared; masked, and masks written back.
import { expect } from 'vitest'
import type { Case } from './kubectl-case.ts'
import type { Ground } from './kubectl-ground.ts'

const mask = 'W21hc2tlZF0='
const configMap = (name: string, data: object) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: '{ns}' }, data })
const secret = (password: string) => JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'made', namespace: '{ns}' }, stringData: { password } })
const dataOf = (name: string, data: string) => async ({ admin }: Ground) => expect(await admin(`get ${name} -o jsonpath={.data}`)).toBe(data)
const path = (name: string) => ({ namespace }: Ground) => [`/api/v1/namespaces/${namespace}/${name}`]

export const objectCases: readonly Case[] = [
  {
    name: 'get', isShort: true, recorded: path('configmaps/flags'), reached: [/^GET \S+\/configmaps\/flags$/],
    steps: [
      { line: 'get configmap flags -o jsonpath={.data.colour}', out: /^blue$/ },
      { line: 'get pods', out: /^box +1\/1 +Running/m },
      { line: 'get cm,secrets,pods -o wide', out: /secret\/db/ },
      { line: 'get configmap nosuch', code: 1, err: /^Error from server \(NotFound\): configmaps "nosuch" not found/ },
    ],
  },
  {
    name: 'describe', recorded: path('pods/box'),
    steps: [{ line: 'describe pod box', out: /Status: +Running/ }, { line: 'describe configmap flags', out: /password:\n----\n\[masked\]/ }, { line: 'describe secret db', out: /password: +8 bytes/ }],
  },
  {
    name: 'masked in every form', isShort: true, recorded: path('secrets/db'),
    steps: [
      { line: 'get secret db -o jsonpath={.data.password}', out: /^W21hc2tlZF0=$/ },
      { line: 'get secret db -o yaml', out: /last-applied-configuration/ }, { since: 21, line: 'get secret db -o yaml --show-managed-fields', out: /last-applied-configuration/ }, { line: 'get secrets -o json', out: /"kind": "Secret"/ },
      { line: 'get cm -o custom-columns=NAME:.metadata.name,PASSWORD:.data.password', out: /flags +\[masked\]/ },
      { line: `get secret db -o 'go-template={{.data.password|base64decode}}'`, out: /^\[masked\]$/ },
    ],
  },
  {
    name: 'not masked for who is excepted',
    steps: [async (ground) => {
      const { stdout } = await ground.run('get secret db -o jsonpath={.data.password}', { who: 'pia' })
      expect(Buffer.from(stdout, 'base64').toString()).toBe(ground.sentinels.secret)
    }],
  },
  { name: 'explain', steps: [{ line: 'explain pods.spec.containers', out: /imagePullPolicy/ }, { line: 'api-resources --api-group=apps', out: /deployments/ }] },
  { name: 'auth can-i', steps: [{ line: 'auth can-i get pods', out: /^yes/ }], recorded: () => ['/selfsubjectaccessreviews'] },
  {
    name: 'apply', isShort: true, recorded: path('configmaps/applied'), reached: [/^POST \S+\/configmaps/, /^PATCH \S+\/configmaps\/applied/],
    steps: [
      { line: 'apply -f one.json', files: { 'one.json': configMap('applied', { kept: 'always', first: 'here' }) }, out: /created/ },
      { line: 'apply -f one.json', out: /unchanged/ },
      { line: 'apply -f one.json', files: { 'one.json': configMap('applied', { kept: 'always', second: 'here' }) }, out: /configured/ },
      dataOf('cm/applied', '{"kept":"always","second":"here"}'),
      { line: 'apply --server-side -f two.json', files: { 'two.json': configMap('served', { kept: 'always' }) }, out: /serverside-applied/ },
      { line: 'apply --server-side --field-manager=rival -f two.json', files: { 'two.json': configMap('served', { kept: 'never' }) }, code: 1, err: /conflict with/ },
    ],
  },
  {
    name: 'apply of a Secret again and again, over a masked last-applied', notReached: [/hunter/],
    steps: [
      { line: 'apply -f secret.json', files: { 'secret.json': secret('hunter-one') }, out: /created/ },
      { line: 'apply -f secret.json', files: { 'secret.json': secret('hunter-two') }, out: /configured/ },
      dataOf('secret/made', `{"password":"${Buffer.from('hunter-two').toString('base64')}"}`),
      { line: 'get secret made -o yaml', notOut: /hunter|aHVudGVy/ },
    ],
  },
  {
    name: 'edit', reached: [/^PATCH \S+\/configmaps\/flags/],
    steps: [
      { line: 'edit cm flags', editor: 's/^  colour: blue$/  colour: green/', out: /edited/ },
      async ({ admin, sentinels }) => expect(JSON.parse(await admin('get cm/flags -o jsonpath={.data}'))).toEqual({ colour: 'green', password: sentinels.config }),
    ],
  },
  {
    name: 'edit of a Secret: another field passes, and the masked value stays',
    steps: [
      { line: 'edit secret db', editor: String.raw`s/^  name: db$/  name: db\n  labels: {tier: one}/`, out: /edited/ },
      async ({ admin, sentinels }) => {
        expect(await admin('get secret db -o jsonpath={.metadata.labels.tier}')).toBe('one')
        expect(Buffer.from(await admin('get secret db -o jsonpath={.data.password}'), 'base64').toString()).toBe(sentinels.secret)
      },
      { line: 'edit secret db', editor: 's/^  user:.*/  user: bmV3/', out: /edited/ },
      async ({ admin }) => expect(await admin('get secret db -o jsonpath={.data.user}')).toBe('bmV3'),
    ],
  },
  {
    name: 'a masked value written back is refused: edit, replace, apply, patch', isShort: true, notReached: [/^PUT/, /^PATCH/], recorded: () => ['written back'],
    steps: [
      { line: 'edit secret db', editor: String.raw`s/^  password:.*/&\n  copy: ${mask}/`, code: 1, err: /denied by masking: a mask would be written back at \/data\/copy/ },
      async (ground) => {
        const { stdout } = await ground.run('get secret db -o yaml')
        await ground.write('saved.yaml', stdout)
      },
      { line: 'replace -f saved.yaml', code: 1, err: /\(Forbidden\).*masking/ },
      { line: `patch secret db -p '{"data":{"password":"${mask}"}}'`, code: 1, err: /\(Forbidden\).*\/data\/password/ },
      { line: `patch cm flags -p '{"data":{"password":"[masked]"}}'`, code: 1, err: /\(Forbidden\).*\/data\/password/ },
      { line: 'apply --server-side --force-conflicts -f back.json', files: { 'back.json': JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: '{ns}' }, data: { password: mask } }) }, code: 1, err: /\(Forbidden\).*masking/ },
    ],
  },
  {
    name: 'patch: strategic, merge, json', recorded: ({ namespace }) => [`PATCH /api/v1/namespaces/${namespace}/configmaps/temporary`], reached: [/^PATCH \S+\/configmaps\/temporary/],
    steps: [
      { line: `patch cm temporary -p '{"data":{"s":"1"}}'`, out: /patched/ }, { line: `patch cm temporary --type=merge -p '{"data":{"m":"2"}}'`, out: /patched/ },
      { line: `patch cm temporary --type=json -p '[{"op":"test","path":"/data/s","value":"1"},{"op":"add","path":"/data/j","value":"3"}]'`, out: /patched/ },
      async ({ admin }) => expect(JSON.parse(await admin('get cm/temporary -o jsonpath={.data}'))).toEqual({ colour: 'blue', j: '3', m: '2', s: '1' }),
    ],
  },
  {
    name: 'diff', recorded: path('configmaps/temporary'), reached: [/^PATCH \S+\/configmaps\/temporary\?\S*dryRun=All/],
    steps: [
      { line: 'diff -f diff.json', files: { 'diff.json': configMap('temporary', { colour: 'red' }) }, code: 1, out: /^-  colour: blue\n[^]*^\+  colour: red/m },
      { line: 'diff -f diff.json', files: { 'diff.json': configMap('flags', { colour: 'red' }) }, code: 1, out: /^\+  colour: red/m },
      // Whoever may try values of what is masked for him would soon know it.
      { line: 'diff -f diff.json', files: { 'diff.json': configMap('flags', { colour: 'red', password: 'another' }) }, code: 'some', err: /\(Forbidden\).*denied by masking: a dry run that writes \/data\/password/ },
      async ({ admin }) => expect(await admin('get cm/temporary -o jsonpath={.data.colour}')).toBe('blue'),
    ],
  },
  {
    name: 'diff where policy holds the change but not its trial', notReached: [/^PATCH (?!.*dryRun=All)/],
    steps: [{ line: 'diff -f diff.json', files: { 'diff.json': configMap('tried-one', { colour: 'red' }) }, code: 1, out: /^\+  colour: red/m }],
  },
  {
    name: 'delete', isShort: true, reached: [/^DELETE \S+\/configmaps\/temporary/], recorded: ({ namespace }) => [`DELETE /api/v1/namespaces/${namespace}/configmaps/temporary`],
    steps: [{ line: 'delete configmap temporary', out: /^configmap "temporary" deleted/ }, { line: 'get configmap temporary', code: 1, err: /NotFound/ }],
  },
  {
    name: 'denied: by a rule, and by none', isShort: true, notReached: [/^(?:DELETE|POST|PUT) /, /precious/],
    recorded: () => ['denied by rule never (policy suite)'],
    steps: [
      { line: 'delete configmap precious', code: 1, err: /^Error from server \(Forbidden\): .*denied by rule never \(policy suite\)/ },
      { line: 'run mine --image=mine', code: 1, err: /^Error from server \(Forbidden\): .*no rule allows create/ },
      { since: 24, line: 'create token default', code: 1, err: /no rule allows mint-token .*a rule has to name mint-token/ },
      { line: 'get pods --as=admin', code: 1, err: /impersonation/ },
      { line: 'attach box', code: 1, err: /no rule allows attach/ },
    ],
  },
]

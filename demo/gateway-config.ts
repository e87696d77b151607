// The demo's gateway.yaml and its policies: written once, then the user's to edit. Later starts change nothing but the ports that may
// have moved (of the embedded PostgreSQL, the provider, the sample cluster), and leave comments and everything else as they are.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMap, isScalar, isSeq, parseDocument, type Document, type YAMLMap } from 'yaml'
import { GatehouseError } from '../shared/errors.ts'
import { clusterPolicy } from './cluster-policy.ts'

export interface GatewayFacts {
  readonly data: string
  readonly issuer: string
  readonly postgresPort: number
  /** `https://…` of the sample cluster. */
  readonly clusterUrl: string
  /** For a first start; later the file says. */
  readonly apiPort: number
  readonly nativePort: number
}

/** Gives the path of gateway.yaml. */
export function writeGatewayConfig(facts: GatewayFacts): string {
  const file = join(facts.data, 'gateway.yaml')
  const policies = join(facts.data, 'policies')
  if (!existsSync(policies)) {
    mkdirSync(policies, { recursive: true })
    writeFileSync(join(policies, 'shop.yaml'), shopPolicy)
    writeFileSync(join(policies, 'cluster.yaml'), clusterPolicy)
  }
  if (!existsSync(file)) writeFileSync(file, gatewayYaml(facts))
  else updatePorts(file, facts)
  return file
}

function updatePorts(file: string, { issuer, postgresPort, clusterUrl }: GatewayFacts): void {
  const text = readFileSync(file, 'utf8')
  const document = parseDocument(text)
  // A file that does not parse is for the gateway to refuse, with line and reason.
  if (document.errors.length > 0) return
  const identity = entryNamed(document, 'identity', 'demo')
  const shop = entryNamed(document, 'connections', 'shop')
  const cluster = entryNamed(document, 'connections', 'cluster')
  const edits = [
    ...(String(identity?.get('issuer')).startsWith('http://127.0.0.1:') ? replaced(identity, 'issuer', issuer) : []),
    ...(shop?.get('host') === '127.0.0.1' ? replaced(shop, 'port', String(postgresPort)) : []),
    ...(String(cluster?.get('server')).startsWith('https://127.0.0.1:') ? replaced(cluster, 'server', clusterUrl) : []),
  ]
  const updated = edits.sort((one, other) => other.start - one.start).reduce((whole, { start, end, value }) => whole.slice(0, start) + value + whole.slice(end), text)
  if (updated !== text) writeFileSync(file, updated)
}

/** In the text itself, not by writing the document anew: that would move comments and blanks. */
function replaced(entry: YAMLMap | undefined, key: string, value: string): readonly { readonly start: number; readonly end: number; readonly value: string }[] {
  const node = entry?.get(key, true)
  return isScalar(node) && node.range ? [{ start: node.range[0], end: node.range[1], value }] : []
}

function entryNamed(document: Document, list: string, name: string): YAMLMap | undefined {
  const entries = document.get(list)
  if (!isSeq(entries)) return undefined
  return entries.items.find((entry): entry is YAMLMap => isMap(entry) && entry.get('name') === name)
}

/** Whether gateway.yaml has the sample cluster: one of before there was a cluster has not. */
export function hasCluster(file: string): boolean {
  return entryNamed(parseDocument(readFileSync(file, 'utf8')), 'connections', 'cluster') !== undefined
}

/** The ports gateway.yaml says; for one clear line before anything is started. */
export function configuredPorts(file: string): { readonly api: number | null; readonly postgres: number | null } {
  const document = parseDocument(readFileSync(file, 'utf8'))
  if (document.errors[0]) throw new GatehouseError('config_invalid', `${file} is not YAML: ${document.errors[0].message.split('\n')[0]}`)
  const port = (name: string) => Number(/:(\d+)$/.exec(String(document.getIn(['listen', name])))?.[1] ?? 0) || null
  return { api: port('api'), postgres: port('postgres') }
}

const gatewayYaml = ({ issuer, postgresPort, clusterUrl, apiPort, nativePort }: GatewayFacts) => `# The demo's gateway. Yours to change: the demo keeps what you write.
listen:
  api: 127.0.0.1:${apiPort}
  postgres: 127.0.0.1:${nativePort}   # for psql and other native clients
data: ./gateway

identity:
  # The demo's own sign-in provider. Add yours below it: issuer, audience, and which claims to read.
  - name: demo
    issuer: ${issuer}
    audience: gatehouse
    client_id: gatehouse
    scopes: [openid, email, groups, offline_access]
    kind: human
    claims: { id: sub, email: email, groups: groups }

connections:
  - name: shop
    kind: postgres
    labels: { env: demo }
    host: 127.0.0.1
    port: ${postgresPort}
    database: shop
    user: gatehouse
    password: { file: secrets/shop-password }
    tls: disable   # the embedded PostgreSQL is on this machine; yours is verify-full
  - name: cluster
    kind: kubernetes
    labels: { env: demo }
    server: ${clusterUrl}
    ca: { file: cluster/tls/ca.pem }
    token: { file: secrets/cluster-token }
  # - name: mine
  #   kind: postgres
  #   labels: { env: production }
  #   host: db.example.com
  #   database: app
  #   user: gatehouse
  #   password: { env: MINE_PASSWORD }
  #   tls: verify-full

policies: ./policies
reviewers: { groups: [on-call] }   # see everyone's sessions, not only their own
`

const shopPolicy = `# Who may do what on shop. Save the file and the gateway takes it on at once; a mistake keeps the last good one.
policy: shop
connections: [shop]

rules:
  - id: analysts-read
    who: { groups: [analysts] }
    allow: { sql: [select], on: ["public.*"] }
    limit: { rows: 5000000, seconds: 300 }
  - id: engineers-write
    who: { groups: [engineers] }
    allow: { sql: [select, insert, update, delete, lock, explain-analyze], on: ["public.*"] }
  # These wait in their session until somebody on call has agreed to exactly this statement; try it in the app or in psql.
  - id: engineers-money
    who: { groups: [engineers] }
    approve: { sql: [update, delete], on: [public.orders] }
    by: { groups: [on-call] }
    within: 15m
  # The same, and nobody is asked before it is said what it is for.
  - id: engineers-payments
    who: { groups: [engineers] }
    approve: { sql: [update, delete], on: [public.payments] }
    by: { groups: [on-call] }
    within: 15m
    reason: required
  - id: engineers-notify
    who: { groups: [engineers] }
    allow: { sql: [listen, notify] }
  - id: on-call-read
    who: { groups: [on-call] }
    allow: { sql: [select], on: ["public.*"] }
  - id: privacy-read
    who: { groups: [privacy] }
    allow: { sql: [select], on: ["public.*"] }
  - id: never
    who: everyone
    deny: { sql: [drop, truncate, update-without-where, delete-without-where] }

masks:
  - id: pii
    columns:
      - public.customers.email
      - public.customers.ssn
      - public.addresses.line1
    as: redact
    except: { groups: [privacy] }
  # Enough of the value to work with: the end of a number, a year, a step on the pay scale, the domain of an address.
  - id: ends
    columns: [public.customers.phone, public.payments.card_number]
    as: { partial: { first: 0, last: 4 } }
    except: { groups: [privacy] }
  - id: birthdays
    columns: [public.customers.birth_date]
    as: date-year
    except: { groups: [privacy] }
  - id: pay
    columns: [public.employees.salary]
    as: { range: 10000 }
    except: { groups: [privacy] }
  - id: staff-mail
    columns: [public.employees.email]
    as: email
    except: { groups: [privacy] }
  - id: card-holders   # the same holder has the same hash, here and wherever this mask holds
    columns: [public.payments.card_holder]
    as: hash
    except: { groups: [privacy] }
  - id: pii-in-text   # what people write into free text
    detect: [email, us-ssn, credit-card]
    as: redact
    except: { groups: [privacy] }
  - id: secrets   # keys are nobody's to read
    detect: [aws-access-key, private-key, jwt]
    as: redact

tests:
  - { as: { groups: [analysts] }, run: select email from customers, expect: allow, masked: [email] }
  - { as: { groups: [analysts] }, run: "select id, full_name, phone, birth_date from customers", expect: allow, masked: [phone, birth_date] }
  - { as: { groups: [analysts] }, run: update customers set is_active = false where id = 1, expect: deny }
  - { as: { groups: [engineers] }, run: update customers set is_active = false where id = 1, expect: allow }
  - { as: { groups: [engineers] }, run: "update orders set note = 'x' where id = 1", expect: approve, rule: engineers-money }
  - { as: { groups: [engineers] }, run: delete from orders, expect: deny }
  - { as: { groups: [engineers] }, run: drop table customers, expect: deny }
  - { as: { groups: [on-call] }, run: select * from events, expect: allow }
`

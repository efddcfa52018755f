import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { resolveTool } from '@flotilla/shared/runtime/tools'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCluster, type Cluster } from './cluster.ts'
import { resources } from './machinery/resources.ts'

let cluster: Cluster
let folder: string
const run = promisify(execFile)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kube-access-'))
  cluster = await createCluster({
    clock: realClock,
    random: realRandom,
    controllers: false,
    tokens: new Map([['alice-token', { user: 'alice', groups: ['devs'], uid: '3' }]]),
  })
  await writeFile(join(folder, 'config'), cluster.kubeconfig)
  await writeFile(join(folder, 'ca.crt'), cluster.certificateAuthority)
  await cluster.objects.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } })
  await cluster.objects.create(
    { ...resources.serviceAccounts, namespace: 'a' },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } },
  )
})

afterAll(async () => {
  await cluster.close()
  await rm(folder, { recursive: true })
})

interface Outcome {
  readonly out: string
  readonly error: string
}

/** Runs kubectl; `who` are its options of identity, the administrator's by default. */
async function kubectl(
  args: readonly string[],
  who: readonly string[] = ['--kubeconfig', join(folder, 'config')],
): Promise<Outcome> {
  const tool = await resolveTool('kubectl')
  const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: join(folder, 'none') }
  try {
    const { stdout, stderr } = await run(tool.command, [...tool.args, ...who, ...args], { env })
    return { out: stdout.trim(), error: stderr.trim() }
  } catch (failure) {
    const { stdout, stderr } = failure as { stdout: string; stderr: string }
    return { out: stdout.trim(), error: stderr.trim() }
  }
}

const server = (): readonly string[] => ['--server', cluster.url, '--certificate-authority', join(folder, 'ca.crt')]
const bearer = (token: string): readonly string[] => [...server(), '--token', token]
const columns = (text: string): string => text.replaceAll(/ {2,}/g, '  ')

describe('kubectl', () => {
  test('makes tokens of service accounts, and is let in by them', async () => {
    const { out: token } = await kubectl(['-n', 'a', 'create', 'token', 'bot', '--duration', '1h'])
    const { out } = await kubectl(['auth', 'whoami'], bearer(token))
    expect(columns(out)).toContain('Username  system:serviceaccount:a:bot')
    expect(columns(out)).toContain('Groups  [system:serviceaccounts system:serviceaccounts:a system:authenticated]')
    expect((await kubectl(['-n', 'a', 'get', 'cm'], bearer(token))).error).toBe(
      'Error from server (Forbidden): configmaps is forbidden: User "system:serviceaccount:a:bot" cannot list resource "configmaps" in API group "" in the namespace "a"',
    )
  })

  test('may do what a binding says', async () => {
    await kubectl(['-n', 'a', 'create', 'role', 'reader', '--verb=get,list', '--resource=configmaps'])
    await kubectl(['-n', 'a', 'create', 'rolebinding', 'reads', '--role=reader', '--serviceaccount=a:bot'])
    const { out: token } = await kubectl(['-n', 'a', 'create', 'token', 'bot'])
    expect((await kubectl(['-n', 'a', 'auth', 'can-i', 'list', 'cm'], bearer(token))).out).toBe('yes')
    expect((await kubectl(['-n', 'a', 'auth', 'can-i', 'delete', 'cm'], bearer(token))).out).toBe('no')
    const { out } = await kubectl(['-n', 'a', 'auth', 'can-i', '--list'], bearer(token))
    expect(columns(out)).toContain('configmaps  []  []  [get list]')
  })

  test('is told who may not act as somebody else', async () => {
    const alice = bearer('alice-token')
    expect((await kubectl(['get', 'ns', '--as', 'bob'], alice)).error).toBe(
      'Error from server (Forbidden): users "bob" is forbidden: User "alice" cannot impersonate resource "users" in API group "" at the cluster scope',
    )
    const { out } = await kubectl([
      'auth',
      'whoami',
      '--as',
      'jane',
      '--as-group',
      'x',
      '--as-group',
      'y',
      '--as-uid',
      '7',
    ])
    expect(columns(out)).toBe('ATTRIBUTE  VALUE\nUsername  jane\nUID  7\nGroups  [x y system:authenticated]')
  })

  test('is let in by a certificate', async () => {
    const { certificate, key } = await cluster.issueCertificate('carol', ['ops', 'devs'])
    const files = [join(folder, 'carol.crt'), join(folder, 'carol.key')] as const
    await Promise.all([writeFile(files[0], certificate), writeFile(files[1], key)])
    const who = [...server(), '--client-certificate', files[0], '--client-key', files[1]]
    const { out } = await kubectl(['auth', 'whoami'], who)
    expect(columns(out)).toContain('Username  carol\nGroups  [ops devs system:authenticated]')
  })

  test('is not let in by a token that nobody knows, or whose account is gone', async () => {
    const unauthorized = 'error: You must be logged in to the server (Unauthorized)'
    expect((await kubectl(['get', 'ns'], bearer('nonsense'))).error).toBe(unauthorized)
    await kubectl(['-n', 'a', 'create', 'sa', 'brief'])
    const { out: token } = await kubectl(['-n', 'a', 'create', 'token', 'brief'])
    await kubectl(['-n', 'a', 'delete', 'sa', 'brief'])
    expect((await kubectl(['get', 'ns'], bearer(token))).error).toBe(unauthorized)
  })

  test('is refused what is more than one has', async () => {
    await kubectl([
      '-n',
      'a',
      'create',
      'role',
      'grantor',
      '--verb=create',
      '--resource=roles.rbac.authorization.k8s.io',
    ])
    await kubectl(['-n', 'a', 'create', 'rolebinding', 'grants', '--role=grantor', '--user=alice'])
    const { error } = await kubectl(
      ['-n', 'a', 'create', 'role', 'big', '--verb=get,list', '--resource=secrets'],
      bearer('alice-token'),
    )
    expect(error).toBe(
      'Error from server (Forbidden): roles.rbac.authorization.k8s.io "big" is forbidden: user "alice" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    )
  })
})

test('a policy can refuse a shell', async () => {
  const group = 'admissionregistration.k8s.io'
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/exec'] }
  const validations = [{ expression: "object.container != 'main'", message: 'no shells in main' }]
  const spec = { matchConstraints: { resourceRules: [rule] }, validations }
  const named = { apiVersion: `${group}/v1`, metadata: { name: 'shells' } }
  const create = (resource: string, object: object): Promise<unknown> =>
    cluster.objects.create({ group, version: 'v1', resource }, { kind: '', ...named, ...object })
  await create('validatingadmissionpolicies', { spec })
  await create('validatingadmissionpolicybindings', { spec: { policyName: 'shells', validationActions: ['Deny'] } })
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'main', image: 'i' }] },
  }
  await cluster.objects.create({ ...resources.pods, namespace: 'a' }, pod)
  expect((await kubectl(['-n', 'a', 'exec', 'p', '-c', 'main', '--', 'ls'])).error).toContain(
    `ValidatingAdmissionPolicy 'shells' with binding 'shells' denied request: no shells in main`,
  )
})

describe('the issuer', () => {
  test('shows the keys by which its tokens can be verified', async () => {
    const { out: token } = await kubectl(['-n', 'a', 'create', 'token', 'bot', '--audience', 'vault'])
    const [head = '', body = ''] = token.split('.')
    const read = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    expect(read(body)).toMatchObject({ aud: ['vault'], sub: 'system:serviceaccount:a:bot' })
    const keys = JSON.parse((await kubectl(['get', '--raw', '/openid/v1/jwks'])).out) as { keys: { kid: string }[] }
    expect(keys.keys[0]?.kid).toBe((read(head) as { kid: string }).kid)
    const about = JSON.parse((await kubectl(['get', '--raw', '/.well-known/openid-configuration'])).out) as object
    expect(about).toMatchObject({ issuer: 'https://kubernetes.default.svc.cluster.local' })
  })
})

import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCluster, type Cluster } from '../cluster.ts'
import { CommandLine } from '../testing/command-line.ts'
import { podTemplate, workload } from '../testing/test-cluster.ts'

let cluster: Cluster
let line: CommandLine

beforeAll(async () => {
  const pace = { startMs: 10, runMs: 50, stopMs: 10 }
  cluster = await createCluster({ clock: realClock, random: realRandom, nodes: 2, pace })
  line = await CommandLine.open(cluster)
})
afterAll(async () => {
  await cluster.close()
  await line.close()
})

const ok = async (...args: readonly string[]): Promise<string> => {
  const { code, out, error } = await line.kubectl(...args)
  expect(error).toBe('')
  expect(code).toBe(0)
  return out
}

const command = (...argv: readonly string[]): object => ({ command: argv })

describe('a rollout', () => {
  test('is applied, watched, undone, scaled and deleted', async () => {
    await line.write('web.json', workload('Deployment', { replicas: 2 }))
    expect(await ok('apply', '-f', 'web.json')).toBe('deployment.apps/web created')
    expect(await ok('rollout', 'status', 'deploy/web', '--timeout=20s')).toContain('successfully rolled out')
    expect(await ok('apply', '-f', 'web.json')).toBe('deployment.apps/web unchanged')
    expect((await line.kubectl('diff', '-f', 'web.json')).code).toBe(0)
    await line.write('web.json', workload('Deployment', { replicas: 2 }, 'app:2'))
    const diff = await line.kubectl('diff', '-f', 'web.json')
    expect(diff.code).toBe(1)
    expect(diff.out).toContain('+      - image: app:2')
    expect(await ok('apply', '-f', 'web.json')).toBe('deployment.apps/web configured')
    await ok('rollout', 'status', 'deploy/web', '--timeout=20s')
    expect(await ok('rollout', 'history', 'deploy/web')).toMatch(/REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>/)
    expect(await ok('rollout', 'undo', 'deploy/web')).toBe('deployment.apps/web rolled back')
    await ok('rollout', 'status', 'deploy/web', '--timeout=20s')
    expect(await ok('get', 'deploy', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe('app:1')
    expect(await ok('rollout', 'pause', 'deploy/web')).toBe('deployment.apps/web paused')
    expect((await line.kubectl('rollout', 'undo', 'deploy/web')).error).toContain('paused')
    await ok('rollout', 'resume', 'deploy/web')
    expect(await ok('scale', 'deploy/web', '--replicas=3')).toBe('deployment.apps/web scaled')
    expect(await ok('wait', 'deploy/web', '--for=jsonpath={.status.readyReplicas}=3', '--timeout=20s')).toBe(
      'deployment.apps/web condition met',
    )
    const described = await ok('describe', 'deploy', 'web')
    expect(described).toMatch(/Replicas: +3 desired \| 3 updated \| 3 total \| 3 available \| 0 unavailable/)
    expect(described).toMatch(
      /Normal +ScalingReplicaSet .* deployment-controller +Scaled up replica set web-\w+ from 0 to 2/,
    )
    await ok('delete', 'deploy', 'web', '--cascade=foreground', '--timeout=20s')
    expect((await line.kubectl('get', 'rs,pods', '-l', 'app=web')).error).toBe(
      'No resources found in default namespace.',
    )
  })
})

describe('a pod', () => {
  beforeAll(async () => {
    const script = 'echo to stdout; echo to stderr >&2; cat /config/greeting; echo $FROM_MAP; exit 3'
    const pods = {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'settings' },
          data: { greeting: 'hello\n', FROM_MAP: 'mapped' },
        },
        {
          ...podTemplate(
            'busybox:1',
            { restartPolicy: 'Never', volumes: [{ name: 'config', configMap: { name: 'settings' } }] },
            {
              ...command('sh', '-c', script),
              envFrom: [{ configMapRef: { name: 'settings' } }],
              volumeMounts: [{ name: 'config', mountPath: '/config' }],
            },
          ),
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'ends' },
        },
        { ...podTemplate('app:1'), apiVersion: 'v1', kind: 'Pod', metadata: { name: 'runs', labels: { app: 'runs' } } },
        { ...podTemplate('app:crash'), apiVersion: 'v1', kind: 'Pod', metadata: { name: 'crashes' } },
        {
          ...podTemplate('app:1', {
            containers: [
              { name: 'a', image: 'app:1' },
              { name: 'b', image: 'app:missing' },
            ],
          }),
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'two' },
        },
      ],
    }
    await line.write('pods.json', pods)
    await ok('apply', '-f', 'pods.json')
    await ok('wait', 'pod/ends', '--for=jsonpath={.status.phase}=Failed', '--timeout=20s')
    await ok('wait', 'pod/runs', '--for=condition=Ready', '--timeout=20s')
    await ok('wait', 'pod/crashes', '--for=jsonpath={.status.containerStatuses[0].restartCount}=1', '--timeout=20s')
    await ok(
      'wait',
      'pod/two',
      '--for=jsonpath={.status.containerStatuses[1].state.waiting.reason}=ImagePullBackOff',
      '--timeout=20s',
    )
  })

  test('shows what its containers print', async () => {
    expect(await ok('logs', 'ends')).toBe('to stdout\nto stderr\nhello\nmapped')
    expect(await ok('logs', 'ends', '--tail=1')).toBe('mapped')
    expect(await ok('logs', 'ends', '--limit-bytes=9')).toBe('to stdout')
    expect(await ok('logs', 'ends', '--timestamps', '--tail=1')).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+\.\d{9}Z mapped$/)
    expect(await ok('logs', '-f', 'ends')).toBe('to stdout\nto stderr\nhello\nmapped')
    expect(await ok('logs', 'runs', '--since=1h')).toBe('app:1 started')
    expect(await ok('logs', 'crashes', '--previous')).toBe('app:crash started\napp:crash failed with exit code 1')
    expect(await ok('logs', '-l', 'app=runs', '--prefix')).toBe('[pod/runs/main] app:1 started')
  })

  test('says why there is nothing to show', async () => {
    const error = async (...args: readonly string[]): Promise<string> => (await line.kubectl('logs', ...args)).error
    expect(await error('ends', '-c', 'none')).toBe('error: container none is not valid for pod ends')
    expect(await error('ends', '--previous')).toBe(
      'Error from server (BadRequest): previous terminated container "main" in pod "ends" not found',
    )
    expect(await error('two', '-c', 'b')).toBe(
      'Error from server (BadRequest): container "b" in pod "two" is waiting to start: trying and failing to pull image',
    )
    expect(await error('none')).toBe(
      'error: error from server (NotFound): pods "none" not found in namespace "default"',
    )
  })

  test('runs commands', async () => {
    expect(await ok('exec', 'runs', '--', 'echo', 'a  b')).toBe('a  b')
    expect(await ok('exec', 'runs', '--', 'cat', '/etc/hostname')).toBe('runs')
    expect(await ok('exec', 'runs', '--', 'env')).toMatch(/^HOSTNAME=runs$/m)
    expect(await ok('exec', 'runs', '--', 'ls', '/')).toContain('etc')
    const failed = await line.kubectl('exec', 'runs', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7')
    expect(failed).toEqual({ code: 7, out: 'out', error: 'err\ncommand terminated with exit code 7' })
    expect((await line.kubectl('exec', 'runs', '--', 'nothing')).error).toContain('executable file not found in $PATH')
    expect((await line.kubectl('exec', 'ends', '--', 'ls')).error).toContain(
      'cannot exec into a container in a completed pod; current phase is Failed',
    )
  })
})

test('a node is drained, and its pods come back elsewhere', async () => {
  await line.write('drained.json', workload('Deployment', { replicas: 2 }))
  await ok('apply', '-f', 'drained.json')
  await ok('rollout', 'status', 'deploy/web', '--timeout=20s')
  await line.kubectl('delete', 'pod', '--all', '--field-selector=spec.nodeName=node-1', '--force', '--grace-period=0')
  const drained = await line.kubectl('drain', 'node-1', '--force', '--timeout=30s')
  expect(drained.out).toMatch(/node\/node-1 (cordoned|already cordoned)[^]*node\/node-1 drained/)
  await ok('rollout', 'status', 'deploy/web', '--timeout=20s')
  const nodes = await ok('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].spec.nodeName}')
  expect(nodes).toBe('node-2 node-2')
  expect(await ok('uncordon', 'node-1')).toBe('node/node-1 uncordoned')
  await ok('delete', 'deploy', 'web')
})

test('everyday verbs do what they say', async () => {
  expect(await ok('create', 'ns', 'team')).toBe('namespace/team created')
  const inTeam = (...args: readonly string[]): Promise<string> => ok('-n', 'team', ...args)
  expect(await inTeam('create', 'configmap', 'c', '--from-literal=a=1')).toBe('configmap/c created')
  expect(await inTeam('create', 'deploy', 'd', '--image=app:1', '--replicas=1')).toBe('deployment.apps/d created')
  expect(await inTeam('expose', 'deploy', 'd', '--port=80', '--type=LoadBalancer')).toBe('service/d exposed')
  expect(await inTeam('wait', 'svc/d', '--for=jsonpath={.status.loadBalancer.ingress}', '--timeout=20s')).toContain(
    'met',
  )
  expect(await inTeam('run', 'r', '--image=app:1', '--labels=x=y')).toBe('pod/r created')
  expect(await inTeam('label', 'pod', 'r', 'x=z', '--overwrite')).toBe('pod/r labeled')
  expect(await inTeam('annotate', 'pod', 'r', 'note=this')).toBe('pod/r annotated')
  expect(await inTeam('patch', 'cm', 'c', '-p', '{"data":{"b":"2"}}')).toBe('configmap/c patched')
  expect(await inTeam('get', 'cm', 'c', '-o', 'jsonpath={.data}')).toBe('{"a":"1","b":"2"}')
  expect(await inTeam('create', 'cronjob', 'j', '--image=app:1', '--schedule=@daily')).toBe('cronjob.batch/j created')
  expect(await inTeam('create', 'job', 'once', '--from=cronjob/j')).toBe('job.batch/once created')
  expect(await inTeam('wait', 'job/once', '--for=condition=Complete', '--timeout=20s')).toBe(
    'job.batch/once condition met',
  )
  expect(await inTeam('auth', 'can-i', 'create', 'pods')).toBe('yes')
  expect((await line.kubectl('top', 'pods')).error).toBe('error: Metrics API not available')
  expect(await ok('explain', 'deploy.spec.strategy')).toContain('rollingUpdate')
  expect(await ok('api-resources', '--api-group=apps', '-o', 'name')).toBe(
    'controllerrevisions.apps\ndaemonsets.apps\ndeployments.apps\nreplicasets.apps\nstatefulsets.apps',
  )
  expect(await ok('delete', 'ns', 'team', '--timeout=20s')).toContain('namespace "team" deleted')
})

test('a kustomization is applied', async () => {
  await line.write(
    'base/kustomization.yaml',
    'resources: [cm.yaml]\nnamePrefix: my-\ncommonAnnotations: {by: kustomize}\n',
  )
  await line.write('base/cm.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: "1"}\n')
  expect(await ok('apply', '-k', 'base')).toBe('configmap/my-c created')
  expect(await ok('get', 'cm', 'my-c', '-o', 'jsonpath={.metadata.annotations.by}')).toBe('kustomize')
})

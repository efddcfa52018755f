import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCluster, type Cluster } from '../cluster.ts'
import { CommandLine } from '../testing/command-line.ts'

let cluster: Cluster
let line: CommandLine

beforeAll(async () => {
  const pace = { startMs: 10, runMs: 50, stopMs: 10 }
  cluster = await createCluster({ clock: realClock, random: realRandom, nodes: 1, pace })
  line = await CommandLine.open(cluster)
  await line.write('chart/Chart.yaml', 'apiVersion: v2\nname: demo\nversion: 1.0.0\n')
  await line.write('chart/values.yaml', 'image: app:1\nhook: "true"\n')
  await line.write('chart/crds/gadgets.yaml', crd)
  await line.write('chart/templates/all.yaml', templates)
})
afterAll(async () => {
  await cluster.close()
  await line.close()
})

const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
`

const templates = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  selector: {matchLabels: {app: demo}}
  template:
    metadata: {labels: {app: demo}}
    spec: {containers: [{name: main, image: "{{ .Values.image }}"}]}
---
apiVersion: example.com/v1
kind: Gadget
metadata: {name: g}
spec: {size: {{ .Release.Revision }}}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: "{{ .Release.Name }}-before"
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: "busybox:1", command: [sh, -c, "echo prepared; {{ .Values.hook }}"]}]
`

const ok = async (...args: readonly string[]): Promise<string> => {
  const { code, out, error } = await line.helm(...args)
  expect(error).toBe('')
  expect(code).toBe(0)
  return out
}

const field = async (kind: string, name: string, path: string): Promise<string> =>
  (await line.kubectl('get', kind, name, '-o', `jsonpath={${path}}`)).out

test('a chart with definitions and hooks is installed, upgraded, rolled back and taken away', async () => {
  const upgrade = ['upgrade', '--install', 'demo', 'chart', '--wait', '--timeout=30s']
  expect(await ok(...upgrade)).toMatch(/STATUS: deployed\nREVISION: 1/)
  expect(await field('deploy', 'demo', '.status.readyReplicas')).toBe('1')
  expect(await field('gadget', 'g', '.spec.size')).toBe('1')
  expect((await line.kubectl('logs', 'job/demo-before')).out).toBe('prepared')
  expect(await ok(...upgrade, '--set', 'image=app:2')).toMatch(/STATUS: deployed\nREVISION: 2/)
  expect(await field('deploy', 'demo', '.spec.template.spec.containers[0].image')).toBe('app:2')
  const failed = await line.helm(...upgrade, '--set', 'hook=exit 4')
  expect(failed.code).toBe(1)
  expect(failed.error).toMatch(/pre-upgrade hooks failed/)
  expect(await ok('rollback', 'demo', '1', '--wait', '--timeout=30s')).toBe('Rollback was a success! Happy Helming!')
  expect(await field('deploy', 'demo', '.spec.template.spec.containers[0].image')).toBe('app:1')
  expect(await ok('history', 'demo', '-o', 'json')).toMatch(/"revision":4.*"description":"Rollback to 1"/)
  expect(await ok('uninstall', 'demo', '--wait', '--timeout=30s')).toBe('release "demo" uninstalled')
  expect((await line.kubectl('get', 'deploy,gadgets,pods', '-l', 'app=demo')).out).toBe('')
  // Definitions outlive the release that brought them.
  expect((await line.kubectl('get', 'crd', 'gadgets.example.com', '-o', 'name')).out).toContain('gadgets.example.com')
})

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { resolveTool } from '@flotilla/shared/runtime/tools'
import { sampleFiles, sampleSet } from './seed/sample.ts'
import { createWorld } from './world.ts'

const usage = `npm run demo [-- --port PORT] [--dir DIR]

Starts a hub, two embedded clusters with their agents, and a Git server with a sample repository, all on this machine.
  --port PORT   where the hub listens (default 8443)
  --dir DIR     where everything is kept (default: a new folder, removed at the end)
`

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8443' },
    dir: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
if (values.help) {
  process.stdout.write(usage)
  process.exit(0)
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const dir = values.dir ?? mkdtempSync(join(tmpdir(), 'flotilla-demo-'))
const password = Buffer.from(crypto.getRandomValues(new Uint8Array(9))).toString('base64url')
const started = Date.now()
const world = await createWorld({
  dir,
  adminPassword: process.env['FLOTILLA_ADMIN_PASSWORD'] || password,
  hubPort: Number(values.port),
  pollMs: 10_000,
  webhook: true,
  inCluster: true,
  clusters: { east: { fleet: 'demo', region: 'east' }, west: { fleet: 'demo', region: 'west' } },
})
const url = await world.git.create('sample', sampleFiles)
const set = sampleSet(url) as unknown as KubeObject
await world.hub.objects
  .create({ ...resources.applicationSets, namespace: 'argocd' }, set)
  .catch((error: { code?: number }) => {
    if (error.code !== 409) throw error
  })
const third = await world.addCluster('third')

const hubKubeconfig = join(dir, 'hub.kubeconfig')
writeFileSync(hubKubeconfig, await world.hub.kubeconfig(), { mode: 0o600 })
const clone = join(dir, 'sample')
// Never synchronously: the Git server that answers is this process.
const git = promisify(execFile)
await git('git', ['clone', '-q', url, clone])
await git('git', ['config', 'user.name', 'Demo'], { cwd: clone })
await git('git', ['config', 'user.email', 'demo@example.com'], { cwd: clone })
const host = new URL(world.hub.url).host
const shown = process.env['FLOTILLA_ADMIN_PASSWORD'] || password
const { command, args } = await resolveTool('kubectl')
const found = (process.env['PATH'] ?? '').split(delimiter).includes(dirname(command))
const kubectl = [found ? 'kubectl' : command, ...args].join(' ')
const at = (cluster: string): string => `${kubectl} --kubeconfig ${world.members.get(cluster)?.kubeconfig} -n shop`

say(`
Flotilla is up, after ${((Date.now() - started) / 1000).toFixed(1)} s.

  hub         ${world.hub.url}   user admin, password ${shown}
  its objects ${kubectl} --kubeconfig ${hubKubeconfig} get applications -A -w
  east        ${at('east')} get all
  west        ${at('west')} get all
  repository  ${clone}   (a clone of ${url})

Three things to try, in another terminal, in this folder (${process.cwd()}):

1. Change a file and watch both clusters follow:
   sed -i s/hello/good-morning/ ${clone}/apps/shop/config.yaml && git -C ${clone} commit -qam greet && git -C ${clone} push -q
   ${at('east')} get configmap shop -o jsonpath='{.data.greeting}{"\\n"}'

2. Break something and watch it heal:
   ${at('west')} scale deployment web --replicas 0
   ${at('west')} get pods,deployments
   ${at('east')} delete deployment/web service/web
   ${at('east')} get all
   What is broken again and again heals later each time, as in Argo CD: at once, after 2 s, 6 s, 18 s...

3. Add a third cluster and watch it fill by itself:
   npx flotilla login ${host} --insecure --username admin --password ${shown}
   export KUBECONFIG=${third.kubeconfig}
   npx flotilla cluster add third --label fleet=demo
   ...run the last command that it prints (it keeps running), and in a third terminal:
   ${at('third')} get all

Ctrl-C ends it${values.dir ? '' : ' and removes everything'}.`)

let ending = false
const end = async (): Promise<void> => {
  // Ctrl-C reaches this process from the terminal and again from whoever started it.
  if (ending) return
  ending = true
  await world.close()
  if (!values.dir) rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  process.exit(0)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end())
// Timers of the world never keep the process alive; this does.
setInterval(() => undefined, 60_000)

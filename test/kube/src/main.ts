import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import v8 from 'node:v8'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { createCluster } from './cluster.ts'
import { readTokens } from './tokens.ts'

const help = `Starts an embedded Kubernetes cluster on loopback.

  npm run kube -- [--port P] [--kubeconfig FILE] [--nodes N] [--no-controllers] [--service-accounts] [--token-auth-file FILE]
               [--reaction MS]

  --port P                port to listen on (default: any free one)
  --kubeconfig FILE       write a kubeconfig for an administrator (mode 0600)
  --nodes N               register N nodes whose pods a stand-in schedules and runs (default 0). Without nodes pods stay
                          Pending, as in a real cluster without nodes, until somebody writes their status
  --no-kubelet            the same as --nodes 0
  --reaction MS           how long each control loop takes to notice a change (default 20); 0: at once
  --no-controllers        an API server alone
  --service-accounts      pods get a service account and its token mounted, as in most clusters
  --token-auth-file FILE  bearer tokens as CSV: token,user,uid,"group1,group2"

On its nodes no container runs: a stand-in plays them. An image's tag tells how: \`:missing\` cannot be pulled, \`:crash\` ends
with an error, \`:never-ready\` runs but is not ready, any other runs. A command of sh, echo, cat, env, ls, sleep, exit and
the like is played: it prints, takes its time and ends with its exit code. \`kubectl logs\` and \`exec\` work on what is played.
Claims get volumes from the class \`standard\`, LoadBalancers and Ingresses an address.
`

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    kubeconfig: { type: 'string' },
    nodes: { type: 'string', default: '0' },
    reaction: { type: 'string', default: '20' },
    'no-kubelet': { type: 'boolean', default: false },
    'no-controllers': { type: 'boolean', default: false },
    'service-accounts': { type: 'boolean', default: false },
    'token-auth-file': { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

/** A big heap is objects that stay: it need not grow far beyond them. A small one had better not be tidied all the time. */
function boundHeap(): void {
  const watch = setInterval(() => {
    if (v8.getHeapStatistics().used_heap_size < 48 * 1024 * 1024) return
    v8.setFlagsFromString('--heap-growing-percent=25')
    clearInterval(watch)
  }, 1000)
  watch.unref()
}

if (values.help) {
  process.stdout.write(help)
} else {
  // Threads that tidy together leave gaps behind; what is short-lived here is quickly tidied by one.
  v8.setFlagsFromString('--no-parallel-scavenge')
  boundHeap()
  const file = values['token-auth-file']
  const cluster = await createCluster({
    clock: realClock,
    random: realRandom,
    port: Number(values.port),
    nodes: values['no-kubelet'] ? 0 : Number(values.nodes),
    reactionMs: Number(values.reaction),
    controllers: !values['no-controllers'],
    serviceAccounts: values['service-accounts'],
    // Nobody asks this process what came in.
    rememberedRequests: 0,
    ...(file === undefined ? {} : { tokens: readTokens(readFileSync(file, 'utf8')) }),
  })
  if (values.kubeconfig !== undefined) writeFileSync(values.kubeconfig, cluster.kubeconfig, { mode: 0o600 })
  process.stdout.write(`kube ready on ${cluster.url}\n`)
  if (!values['no-controllers'] && Number(values.nodes) === 0 && !values['no-kubelet'])
    process.stdout.write('There are no nodes: pods stay Pending. --nodes 2 would run them.\n')
  const stop = (): void => void cluster.close().then(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Actor } from '@flotilla/shared/apiserver/objects'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { startKube } from './server.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    kubeconfig: { type: 'string' },
    'no-controllers': { type: 'boolean' },
    'token-auth-file': { type: 'string' },
  },
})

/** The CSV of the real server: `token,user,uid,"group1,group2"`. */
function readTokens(text: string): Map<string, Actor> {
  const tokens = new Map<string, Actor>()
  for (const line of text.split('\n')) {
    const match = /^([^,]+),([^,]+),([^,]*)(?:,"?([^"]*)"?)?$/.exec(line.trim())
    if (match) tokens.set(match[1] ?? '', { user: match[2] ?? '', uid: match[3] ?? '', groups: [...(match[4] ? match[4].split(',') : []), 'system:authenticated'] })
  }
  return tokens
}

const file = values['token-auth-file']
const tokens = file === undefined ? readTokens(`${realRandom.uuid()},admin,1,"system:masters"`) : readTokens(readFileSync(file, 'utf8'))
const kube = await startKube({ port: Number(values.port), clock: realClock, random: realRandom, tokens })
const url = `https://127.0.0.1:${kube.port}`
if (values.kubeconfig !== undefined) {
  const [token] = tokens.keys()
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(kube.certificate).toString('base64') }
  writeFileSync(
    values.kubeconfig,
    JSON.stringify({
      apiVersion: 'v1', kind: 'Config', 'current-context': 'kube',
      clusters: [{ name: 'kube', cluster }], users: [{ name: 'admin', user: { token } }], contexts: [{ name: 'kube', context: { cluster: 'kube', user: 'admin' } }],
    }),
    { mode: 0o600 },
  )
}
process.stdout.write(`kube ready on ${url}\n`)

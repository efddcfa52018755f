import { createHub } from '@flotilla/hub/hub'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

// A hub as a process of its own, to be killed: as the program runs it, but without the agent of its own cluster beside it.
const [data = '', port = '0'] = process.argv.slice(2)
const hub = await createHub({
  data,
  host: '127.0.0.1',
  port: Number(port),
  insecure: false,
  adminPassword: 'pw',
  pollMs: 0,
})
await writeFile(join(data, 'kubeconfig'), await hub.kubeconfig(), { mode: 0o600 })
process.stdout.write(`${hub.url}\n`)
setInterval(() => undefined, 60_000)

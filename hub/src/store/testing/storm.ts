import { writeSync } from 'node:fs'
import { openStore } from '../open.ts'

/** Writes until it is killed, and says on stdout what was acknowledged and what was refused. */
const [dir = '', round = ''] = process.argv.slice(2)
const { objects } = await openStore(dir)
const say = (line: string): void => void writeSync(1, `${line}\n`)
const configMap = (name: string, value: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { value },
})

async function writer(id: number): Promise<never> {
  for (let i = 0; ; i++) {
    const key = { resource: 'configmaps', namespace: 'storm', name: `r${round}-w${id}-${i}` }
    let stored = await objects.create(key, configMap(key.name, 'first'))
    say(`acked ${key.name} first`)
    if (i % 3 === 0) {
      const before = stored
      stored = await objects.update(key, configMap(key.name, 'second'), stored.revision)
      say(`acked ${key.name} second`)
      await objects.update(key, configMap(key.name, 'refused'), before.revision).catch(() => undefined)
    }
    if (i % 5 === 1) {
      await objects.remove(key, stored.revision)
      say(`acked ${key.name} gone`)
    }
  }
}
say('ready')
await Promise.all(Array.from({ length: 8 }, (_, id) => writer(id)))

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { manifests } from './manifests.ts'

const root = fileURLToPath(new URL('../../../manifests', import.meta.url))

for (const [path, text] of manifests()) {
  const file = join(root, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  process.stdout.write(`manifests/${path}\n`)
}

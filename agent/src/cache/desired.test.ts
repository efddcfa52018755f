import { digestOf } from '@flotilla/shared/protocol/digest'
import { realClock } from '@flotilla/shared/runtime/clock'
import { silentLog } from '@flotilla/shared/runtime/log'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { DesiredFiles } from './desired.ts'

const blobOf = (value: unknown) => ({ digest: digestOf(value, sha256), text: JSON.stringify(value) })
const settings = blobOf({ settings: true })
const shared = blobOf({ kind: 'Shared' })
const own = blobOf({ kind: 'Own' })
const bundles = {
  a: blobOf({ manifests: [shared.digest], revisions: ['1'], settings: settings.digest }),
  b: blobOf({ manifests: [shared.digest, own.digest], revisions: ['1'], settings: settings.digest }),
}

test('content advances those who wait for it, and asks for what they lack', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'flotilla-desired-'))
  const files = await DesiredFiles.open(folder, realClock, silentLog())
  onTestFinished(async () => {
    await files.close()
    await rm(folder, { recursive: true })
  })
  const shown: string[] = []
  files.onChange((application) => shown.push(application))
  const assigned = (['a', 'b'] as const).map((application) => ({
    application,
    incarnation: '1',
    generation: 1,
    bundle: bundles[application].digest,
  }))
  expect(files.assign(assigned).wants).toEqual([{ bundle: bundles.a.digest }, { bundle: bundles.b.digest }])
  expect(files.addBlobs([bundles.a])).toEqual([{ bundle: bundles.a.digest, digests: [settings.digest, shared.digest] }])
  expect(files.addBlobs([bundles.b])).toEqual([
    { bundle: bundles.b.digest, digests: [settings.digest, shared.digest, own.digest] },
  ])
  expect(files.addBlobs([settings, shared])).toEqual([{ bundle: bundles.b.digest, digests: [own.digest] }])
  expect([shown, files.waits()]).toEqual([['a'], true])
  expect(files.addBlobs([own])).toEqual([])
  expect([shown, files.waits()]).toEqual([['a', 'b'], false])
})

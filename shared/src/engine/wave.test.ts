import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { syncWave } from './wave.ts'

const waveOf = (wave: string, weight?: string): number =>
  syncWave({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      annotations: { 'argocd.argoproj.io/sync-wave': wave, ...(weight && { 'helm.sh/hook-weight': weight }) },
    },
  } as KubeObject)

test.each([
  ['+3', 3],
  ['-0', 0],
  ['1.5', 0],
  [' 2', 0],
  ['9223372036854775807', Number(2n ** 63n - 1n)],
  ['99999999999999999999', 0],
  ['-9223372036854775809', 0],
])('an object of wave %j is of wave %d', (wave, expected) => {
  expect(waveOf(wave)).toBe(expected)
})

test('a wave that is no number leaves it to the weight', () => {
  expect(waveOf('99999999999999999999', '4')).toBe(4)
})

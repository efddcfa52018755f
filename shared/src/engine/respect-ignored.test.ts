import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { respectingIgnored } from './respect-ignored.ts'

const live = deployment({ replicas: 3, paused: true, template: containers('live', '2') })
const target = deployment({ replicas: 1, template: containers('git', '1') })

test('keeps what is ignored as it lives', () => {
  const rule = { group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }
  expect(respectingIgnored(target, live, { ignoreDifferences: [rule], argocdCm: {} })['spec']).toEqual({
    replicas: 3,
    template: containers('git', '1'),
  })
})

test('reaches into lists', () => {
  const rule = { group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/template/spec/containers/0/image'] }
  expect(respectingIgnored(target, live, { ignoreDifferences: [rule], argocdCm: {} })['spec']).toEqual({
    replicas: 1,
    template: containers('live', '1'),
  })
})

test('changes nothing where no rule matches', () => {
  const rule = { group: '', kind: 'Service', jsonPointers: ['/spec'] }
  expect(respectingIgnored(target, live, { ignoreDifferences: [rule], argocdCm: {} })).toEqual(target)
})

function containers(image: string, version: string): unknown {
  return { spec: { containers: [{ name: 'app', image, env: [{ name: 'V', value: version }] }] } }
}

function deployment(spec: object): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'n' }, spec }
}

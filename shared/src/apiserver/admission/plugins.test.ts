import { describe, expect, test } from 'vitest'
import { fieldsList, fieldsOf } from '../validation/values.ts'
import { defaultPlugins } from './default-plugins.ts'
import { pod, testApi } from './testing/api.ts'

const classNamed = (name: string, value: number, more: object = {}): object => ({ metadata: { name }, value, ...more })

describe('Priority', () => {
  test('gives the value and the policy of the class', async () => {
    const api = await testApi(defaultPlugins())
    await api.create('priorityclasses', classNamed('high', 777, { preemptionPolicy: 'Never' }))
    const { spec } = await api.create('pods', pod('p', {}, { priorityClassName: 'high' }))
    expect(spec).toMatchObject({ priority: 777, preemptionPolicy: 'Never' })
  })

  test('gives the default class, of which there is but one', async () => {
    const api = await testApi(defaultPlugins())
    await api.create('priorityclasses', classNamed('usual', 5, { globalDefault: true }))
    expect((await api.create('pods', pod('p')))['spec']).toMatchObject({ priority: 5, priorityClassName: 'usual' })
    const other = await api.refused('priorityclasses', classNamed('other', 6, { globalDefault: true }))
    expect(other.message).toBe(
      'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    )
  })

  test.each([
    [{ priorityClassName: 'none' }, 'no PriorityClass with name none was found'],
    [
      { priority: 5 },
      'the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    ],
    [
      { preemptionPolicy: 'Never' },
      'the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
    ],
  ])('refuses %o', async (spec, why) => {
    const api = await testApi(defaultPlugins())
    expect((await api.refused('pods', pod('p', {}, spec))).message).toBe(`pods "p" is forbidden: ${why}`)
  })

  test('speaks of a pod without name by the beginning of its name', async () => {
    const api = await testApi(defaultPlugins())
    const given = { metadata: { generateName: 'x-' }, spec: { containers: [{ name: 'c', image: 'i' }], priority: 5 } }
    expect((await api.refused('pods', given)).message).toMatch(/^pods "x-" is forbidden/)
  })
})

test('tolerations for failing nodes are added, unless the pod has its own', async () => {
  const api = await testApi(defaultPlugins())
  const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 }
  const { spec } = await api.create('pods', pod('p', {}, { tolerations: [own] }))
  expect(fieldsOf(spec)['tolerations']).toEqual([
    own,
    { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
  ])
})

const claim = (spec: object = {}): object => ({
  metadata: { name: 'c' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
})

describe('storage', () => {
  const marked = { 'storageclass.kubernetes.io/is-default-class': 'true' }
  const storageClass = (name: string, annotations: object = {}): object => ({
    metadata: { name, annotations },
    provisioner: 'x/y',
  })

  test('claims get the default class and a finalizer', async () => {
    const api = await testApi(defaultPlugins())
    await api.create('storageclasses', storageClass('plain'))
    await api.create('storageclasses', storageClass('usual', marked))
    const made = await api.create('persistentvolumeclaims', claim())
    expect(fieldsOf(made['spec'])['storageClassName']).toBe('usual')
    expect(made.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection'])
  })

  test('claims that want no class get none', async () => {
    const api = await testApi(defaultPlugins())
    await api.create('storageclasses', storageClass('usual', marked))
    const made = await api.create('persistentvolumeclaims', claim({ storageClassName: '' }))
    expect(fieldsOf(made['spec'])['storageClassName']).toBe('')
  })
})

describe('RuntimeClass', () => {
  test('adds its overhead and node selector', async () => {
    const api = await testApi(defaultPlugins())
    await api.create('runtimeclasses', {
      metadata: { name: 'kata' },
      handler: 'kata',
      overhead: { podFixed: { cpu: '250m' } },
      scheduling: { nodeSelector: { kata: 'yes' } },
    })
    const { spec } = await api.create('pods', pod('p', {}, { runtimeClassName: 'kata' }))
    expect(spec).toMatchObject({ overhead: { cpu: '250m' }, nodeSelector: { kata: 'yes' } })
  })

  test('must be there', async () => {
    const api = await testApi(defaultPlugins())
    expect((await api.refused('pods', pod('p', {}, { runtimeClassName: 'none' }))).message).toBe(
      'pods "p" is forbidden: pod rejected: RuntimeClass "none" not found',
    )
  })
})

describe('ServiceAccount', () => {
  test('mounts a token into every container', async () => {
    const api = await testApi(defaultPlugins({ serviceAccounts: true }))
    await api.create('serviceaccounts', { metadata: { name: 'default' }, imagePullSecrets: [{ name: 'pull' }] })
    const spec = fieldsOf((await api.create('pods', pod('p')))['spec'])
    const [volume] = fieldsList(spec['volumes'])
    expect(volume?.['name']).toMatch(/^kube-api-access-[a-z0-9]{5}$/)
    expect(fieldsList(spec['containers'])[0]?.['volumeMounts']).toEqual([
      { name: volume?.['name'], readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ])
    expect(spec).toMatchObject({ serviceAccountName: 'default', imagePullSecrets: [{ name: 'pull' }] })
  })

  test('mounts nothing where it is not wanted', async () => {
    const api = await testApi(defaultPlugins({ serviceAccounts: true }))
    await api.create('serviceaccounts', { metadata: { name: 'default' }, automountServiceAccountToken: false })
    expect(fieldsOf((await api.create('pods', pod('p')))['spec'])['volumes']).toBeUndefined()
  })

  test('must be there', async () => {
    const api = await testApi(defaultPlugins({ serviceAccounts: true }))
    expect((await api.refused('pods', pod('p'))).message).toBe(
      'pods "p" is forbidden: error looking up service account a/default: serviceaccount "default" not found',
    )
  })
})

test('namespaces that everybody needs stay', async () => {
  const api = await testApi(defaultPlugins())
  await api.create('namespaces', { metadata: { name: 'default' } })
  const gone = api.objects.delete({ group: '', version: 'v1', resource: 'namespaces', name: 'default' })
  await expect(gone).rejects.toThrow('namespaces "default" is forbidden: this namespace may not be deleted')
})

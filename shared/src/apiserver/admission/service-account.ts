import type { KubeObject } from '../../k8s/object.ts'
import type { Admission } from '../hooks.ts'
import { resourceName } from '../resource.ts'
import { childOf, fieldsList, fieldsOf, listOf, textOf, type Fields } from '../validation/values.ts'
import type { AdmissionPlugin, AdmissionWorld } from './plugin.ts'
import { find } from './reads.ts'
import { refuse } from './refusal.ts'

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const volumePrefix = 'kube-api-access-'

/** Gives pods a service account, and the token by which they reach the API. */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  resources: ['pods'],
  async admit(request, world) {
    if (!isNewPod(request) || !request.object) return
    const spec = childOf(request.object, 'spec')
    if (textOf(spec['serviceAccountName']) === '') spec['serviceAccountName'] = 'default'
    // The old name of the field, which clients still read.
    spec['serviceAccount'] = spec['serviceAccountName']
    const account = await accountOf(request, spec, world)
    const mounts = spec['automountServiceAccountToken'] ?? account['automountServiceAccountToken'] ?? true
    if (mounts === true) mountToken(spec, world)
    if (listOf(spec['imagePullSecrets']).length === 0 && listOf(account['imagePullSecrets']).length > 0)
      spec['imagePullSecrets'] = structuredClone(account['imagePullSecrets'])
  },
  async validate(request, world) {
    if (!isNewPod(request) || !request.object) return
    const spec = fieldsOf(request.object['spec'])
    const account = await accountOf(request, spec, world)
    if (account.metadata.annotations?.['kubernetes.io/enforce-mountable-secrets'] !== 'true') return
    const allowed = new Set(fieldsList(account['secrets']).map((secret) => textOf(secret['name'])))
    const refused = secretsOf(spec).find(({ name }) => !allowed.has(name))
    if (refused)
      throw refuse(
        request,
        `${refused.where} with name "${refused.name}" is not allowed because service account ${account.metadata.name ?? ''} does not reference that secret`.replace(
          / {2}/g,
          ' ',
        ),
      )
  },
}

function isNewPod({ object, operation, subresource, resource }: Admission): boolean {
  if (!object || operation !== 'CREATE' || subresource !== undefined || resourceName(resource) !== 'pods') return false
  // The mirror of a pod that a node runs on its own has no account.
  return object.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined
}

async function accountOf(request: Admission, spec: Fields, world: AdmissionWorld): Promise<KubeObject> {
  const name = textOf(spec['serviceAccountName']) || 'default'
  const account = await find(world, 'serviceaccounts', request.namespace, name)
  if (!account)
    throw refuse(
      request,
      `error looking up service account ${request.namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
    )
  return account
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'

function mountToken(spec: Fields, world: AdmissionWorld): void {
  const containers = [...fieldsList(spec['initContainers']), ...fieldsList(spec['containers'])]
  const without = containers.filter(
    (container) => !fieldsList(container['volumeMounts']).some((mount) => mount['mountPath'] === mountPath),
  )
  if (without.length === 0) return
  const volumes = fieldsList(spec['volumes'])
  const existing = volumes.find((volume) => textOf(volume['name']).startsWith(volumePrefix) && isToken(volume))
  const name = existing === undefined ? `${volumePrefix}${suffix(world)}` : textOf(existing['name'])
  for (const container of without)
    container['volumeMounts'] = [...listOf(container['volumeMounts']), { name, readOnly: true, mountPath }]
  if (existing === undefined) spec['volumes'] = [...volumes, tokenVolume(name)]
}

function suffix(world: AdmissionWorld): string {
  const letter = (): string => suffixLetters[Math.floor(world.random.next() * suffixLetters.length)] ?? 'x'
  return Array.from({ length: 5 }, letter).join('')
}

const isToken = (volume: Fields): boolean =>
  fieldsList(fieldsOf(volume['projected'])['sources']).some((source) => source['serviceAccountToken'] !== undefined)

function tokenVolume(name: string): Fields {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    },
  }
}

/** Secrets that a pod reads, and in what words the refusal of one begins. */
function secretsOf(spec: Fields): { readonly name: string; readonly where: string }[] {
  const volumes = fieldsList(spec['volumes']).flatMap((volume) => {
    const name = textOf(fieldsOf(volume['secret'])['secretName'])
    return name === '' ? [] : [{ name, where: `volume` }]
  })
  const containers = [...fieldsList(spec['initContainers']), ...fieldsList(spec['containers'])]
  const variables = containers.flatMap((container) =>
    fieldsList(container['env']).flatMap((variable) => {
      const name = textOf(fieldsOf(fieldsOf(variable['valueFrom'])['secretKeyRef'])['name'])
      return name === ''
        ? []
        : [
            {
              name,
              where: `container ${textOf(container['name'])} with envVar ${textOf(variable['name'])} referencing secret`,
            },
          ]
    }),
  )
  return [...volumes, ...variables]
}

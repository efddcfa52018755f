import type { Objects, ResourceRef } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock } from '@flotilla/shared/lang/clock'
import type { Container, Pod } from '../controllers/types.ts'
import { resources } from '../machinery/resources.ts'
import type { Surroundings } from './shell.ts'

interface Source {
  name?: string
  prefix?: string
  optional?: boolean
}

interface EnvFrom {
  prefix?: string
  configMapRef?: Source
  secretRef?: Source
}

interface ValueFrom {
  configMapKeyRef?: Source & { key: string }
  secretKeyRef?: Source & { key: string }
  fieldRef?: { fieldPath: string }
}

type Reader = (resource: ResourceRef, name: string) => Promise<Record<string, string>>

/** What the processes of a container find: their variables and files, from the pod, its ConfigMaps and its Secrets. */
export async function surroundingsOf(
  pod: Pod,
  container: Container,
  { objects, clock }: { readonly objects: Objects; readonly clock: Clock },
): Promise<Surroundings> {
  const namespace = pod.metadata.namespace ?? ''
  const read: Reader = async (resource, name) => {
    const found = await objects.get({ ...resource, namespace, name }).catch(() => undefined)
    return found ? dataOf(found) : {}
  }
  const hostname = pod.spec.hostname ?? pod.metadata.name ?? ''
  const files = new Map([
    ['/bin/sh', ''],
    ['/etc/hostname', `${hostname}\n`],
    ['/etc/hosts', `127.0.0.1\tlocalhost\n${pod.status?.podIP ?? ''}\t${hostname}\n`],
    [
      '/etc/resolv.conf',
      `search ${namespace}.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\n`,
    ],
    ['/tmp/.keep', ''],
  ])
  for (const [path, text] of await mountedFiles(pod, container, read)) files.set(path, text)
  const cwd = typeof container['workingDir'] === 'string' ? container['workingDir'] : '/'
  return { env: await environment(pod, container, hostname, read), files, cwd, hostname, now: () => clock.now() }
}

function dataOf(object: KubeObject): Record<string, string> {
  const data = (object['data'] ?? {}) as Record<string, string>
  if (object.kind !== 'Secret') return data
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  )
}

async function environment(
  pod: Pod,
  container: Container,
  hostname: string,
  read: Reader,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOSTNAME: hostname,
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    HOME: '/root',
  }
  for (const { prefix = '', configMapRef, secretRef } of (container['envFrom'] ?? []) as EnvFrom[]) {
    const data = configMapRef
      ? await read(resources.configMaps, configMapRef.name ?? '')
      : await read(resources.secrets, secretRef?.name ?? '')
    for (const [key, value] of Object.entries(data)) env[prefix + key] = value
  }
  for (const { name, value, valueFrom } of (container.env ?? []) as {
    name: string
    value?: string
    valueFrom?: ValueFrom
  }[]) {
    const text = valueFrom ? await resolve(pod, valueFrom, read) : (value ?? '')
    if (text !== undefined) env[name] = text.replace(/\$\(([\w.-]+)\)/g, (all, key: string) => env[key] ?? all)
  }
  return env
}

async function resolve(pod: Pod, from: ValueFrom, read: Reader): Promise<string | undefined> {
  const { configMapKeyRef, secretKeyRef, fieldRef } = from
  if (configMapKeyRef) return (await read(resources.configMaps, configMapKeyRef.name ?? ''))[configMapKeyRef.key]
  if (secretKeyRef) return (await read(resources.secrets, secretKeyRef.name ?? ''))[secretKeyRef.key]
  return fieldRef ? podField(pod, fieldRef.fieldPath) : ''
}

/** A field of a pod by the paths that the downward API knows. */
function podField(pod: Pod, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path)
  if (keyed) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? ''
  let value: unknown = pod
  for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part]
  return typeof value === 'string' ? value : ''
}

interface Volume {
  name: string
  configMap?: { name?: string; items?: { key: string; path: string }[] }
  secret?: { secretName?: string; items?: { key: string; path: string }[] }
}

async function mountedFiles(pod: Pod, container: Container, read: Reader): Promise<[string, string][]> {
  const files: [string, string][] = []
  for (const { name, mountPath, subPath } of (container['volumeMounts'] ?? []) as {
    name: string
    mountPath: string
    subPath?: string
  }[]) {
    const volume = (pod.spec.volumes ?? []).find((candidate) => candidate.name === name) as Volume | undefined
    const source = volume?.configMap ?? volume?.secret
    if (!volume || !source) continue
    const data = volume.configMap
      ? await read(resources.configMaps, volume.configMap.name ?? '')
      : await read(resources.secrets, volume.secret?.secretName ?? '')
    const items = source.items ?? Object.keys(data).map((key) => ({ key, path: key }))
    for (const { key, path } of items) {
      const text = data[key]
      if (text === undefined) continue
      if (subPath === undefined) files.push([`${mountPath.replace(/\/$/, '')}/${path}`, text])
      else if (subPath === path) files.push([mountPath, text])
    }
  }
  return files
}

import type { ApplicationSource } from '@flotilla/shared/argo/application'
import { imageName } from './source-flags.ts'

/** What `app unset` takes back. */
export interface UnsetFlags {
  readonly parameter?: readonly string[]
  readonly values?: readonly string[]
  readonly valuesLiteral?: boolean
  readonly ignoreMissingValueFiles?: boolean
  readonly passCredentials?: boolean
  readonly nameprefix?: boolean
  readonly namesuffix?: boolean
  readonly kustomizeVersion?: boolean
  readonly kustomizeNamespace?: boolean
  readonly kustomizeImage?: readonly string[]
  readonly kustomizeReplica?: readonly string[]
  readonly ignoreMissingComponents?: boolean
  readonly pluginEnv?: readonly string[]
  readonly ref?: boolean
}

/** Takes parameters of a source back; answers whether anything was there to take. */
export function unset(source: ApplicationSource, flags: UnsetFlags): boolean {
  const before = JSON.stringify(source)
  const { helm, kustomize, plugin } = source
  if (flags.ref) delete source.ref
  if (kustomize) {
    if (flags.nameprefix) delete kustomize.namePrefix
    if (flags.namesuffix) delete kustomize.nameSuffix
    if (flags.kustomizeVersion) delete kustomize.version
    if (flags.kustomizeNamespace) delete kustomize.namespace
    if (flags.ignoreMissingComponents) delete kustomize.ignoreMissingComponents
    const gone = new Set((flags.kustomizeImage ?? []).map(imageName))
    if (kustomize.images) kustomize.images = kustomize.images.filter((image) => !gone.has(imageName(image)))
    const counted = flags.kustomizeReplica ?? []
    if (kustomize.replicas)
      kustomize.replicas = kustomize.replicas.filter((one) => !counted.includes(String(one['name'])))
    if (isEmpty(kustomize)) delete source.kustomize
  }
  if (helm) {
    if (helm.parameters) helm.parameters = helm.parameters.filter((one) => !flags.parameter?.includes(one.name ?? ''))
    if (helm.valueFiles) helm.valueFiles = helm.valueFiles.filter((file) => !flags.values?.includes(file))
    if (flags.valuesLiteral) {
      delete helm.values
      delete helm.valuesObject
    }
    if (flags.ignoreMissingValueFiles) delete helm.ignoreMissingValueFiles
    if (flags.passCredentials) delete helm.passCredentials
    if (isEmpty(helm)) delete source.helm
  }
  if (plugin) {
    const env = (plugin['env'] as { name: string }[] | undefined) ?? []
    if (flags.pluginEnv) source.plugin = { ...plugin, env: env.filter(({ name }) => !flags.pluginEnv?.includes(name)) }
  }
  return JSON.stringify(source) !== before
}

/** Whether nothing is said; lists that are empty are left out. */
function isEmpty(block: Record<string, unknown>): boolean {
  for (const [key, value] of Object.entries(block)) if (Array.isArray(value) && value.length === 0) delete block[key]
  return Object.keys(block).length === 0
}

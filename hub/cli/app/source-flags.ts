import type { Command } from 'commander'
import type { Application, ApplicationSource, ApplicationSpec } from '@flotilla/shared/argo/application'
import { readFileSync } from 'node:fs'
import { CliError } from '../errors.ts'

const collect = (value: string, previous: string[] = []): string[] => [...previous, value]

/** Flags of `app create` and `app set` that describe the application, with Argo CD's names. */
export function addSpecFlags(command: Command): Command {
  return command
    .option('--project <name>', 'project the application belongs to')
    .option('--repo <url>', 'repository URL')
    .option('--path <path>', 'path in the repository to the application directory')
    .option('--revision <revision>', 'branch, tag, commit or chart version to follow')
    .option('--helm-chart <name>', 'chart name, where the repository is a Helm repository')
    .option('--dest-name <cluster>', 'name of the destination cluster')
    .option('--dest-server <url>', 'URL of the destination cluster')
    .option('--dest-namespace <namespace>', 'namespace of the destination')
    .option('--sync-policy <policy>', 'none (manual) or automated (auto)')
    .option('--auto-prune', 'automated syncs delete what left Git')
    .option('--self-heal', 'automated syncs undo changes made in the cluster')
    .option('--allow-empty', 'automated syncs may delete everything')
    .option('--sync-option <option>', 'add a sync option, or remove it with a leading !', collect)
    .option('--sync-retry-limit <n>', 'how often a failed sync is retried')
    .option('--revision-history-limit <n>', 'how many deployments are remembered')
    .option('--directory-recurse', 'read sub-folders too')
    .option('--directory-include <glob>', 'files to read')
    .option('--directory-exclude <glob>', 'files to leave out')
    .option('--release-name <name>', 'Helm release name')
    .option('--values <file>', 'Helm value file in the repository', collect)
    .option('--values-literal-file <file>', 'local file with Helm values')
    .option('--helm-set <name=value>', 'Helm parameter', collect)
    .option('--helm-set-string <name=value>', 'Helm parameter, always text', collect)
    .option('-p, --parameter <name=value>', 'parameter override', collect)
    .option('--helm-skip-crds', "leave out the chart's crds folder")
    .option('--nameprefix <prefix>', 'Kustomize name prefix')
    .option('--namesuffix <suffix>', 'Kustomize name suffix')
    .option('--kustomize-image <image>', 'Kustomize image override', collect)
    .option('--kustomize-namespace <namespace>', 'Kustomize namespace')
}

export interface SpecFlags {
  project?: string
  repo?: string
  path?: string
  revision?: string
  helmChart?: string
  destName?: string
  destServer?: string
  destNamespace?: string
  syncPolicy?: string
  autoPrune?: boolean
  selfHeal?: boolean
  allowEmpty?: boolean
  syncOption?: string[]
  syncRetryLimit?: string
  revisionHistoryLimit?: string
  directoryRecurse?: boolean
  directoryInclude?: string
  directoryExclude?: string
  releaseName?: string
  values?: string[]
  valuesLiteralFile?: string
  helmSet?: string[]
  helmSetString?: string[]
  parameter?: string[]
  helmSkipCrds?: boolean
  nameprefix?: string
  namesuffix?: string
  kustomizeImage?: string[]
  kustomizeNamespace?: string
}

const put = <T extends object, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void => {
  if (value !== undefined) target[key] = value
}

/** Writes the flags that were given into the spec; the others stay as they are. */
export function applySpecFlags(spec: ApplicationSpec, flags: SpecFlags): void {
  put(spec, 'project', flags.project)
  if (flags.revisionHistoryLimit !== undefined) {
    spec.revisionHistoryLimit = wholeNumber('--revision-history-limit', flags.revisionHistoryLimit)
  }
  const destination = (spec.destination ??= {})
  put(destination, 'name', flags.destName)
  put(destination, 'server', flags.destServer)
  put(destination, 'namespace', flags.destNamespace)
  if (spec.source || flags.repo !== undefined) applySourceFlags((spec.source ??= { repoURL: '' }), flags)
  applyPolicyFlags(spec, flags)
}

function applySourceFlags(source: ApplicationSource, flags: SpecFlags): void {
  put(source, 'repoURL', flags.repo)
  put(source, 'path', flags.path)
  put(source, 'targetRevision', flags.revision)
  put(source, 'chart', flags.helmChart)
  if (
    flags.directoryRecurse !== undefined ||
    flags.directoryInclude !== undefined ||
    flags.directoryExclude !== undefined
  ) {
    const directory = (source.directory ??= {})
    put(directory, 'recurse', flags.directoryRecurse)
    put(directory, 'include', flags.directoryInclude)
    put(directory, 'exclude', flags.directoryExclude)
  }
  applyHelmFlags(source, flags)
  if (
    flags.nameprefix !== undefined ||
    flags.namesuffix !== undefined ||
    flags.kustomizeImage !== undefined ||
    flags.kustomizeNamespace !== undefined
  ) {
    const kustomize = (source.kustomize ??= {})
    put(kustomize, 'namePrefix', flags.nameprefix)
    put(kustomize, 'nameSuffix', flags.namesuffix)
    put(kustomize, 'namespace', flags.kustomizeNamespace)
    for (const image of flags.kustomizeImage ?? []) {
      const name = imageName(image)
      kustomize.images = [...(kustomize.images ?? []).filter((one) => imageName(one) !== name), image]
    }
  }
}

const imageName = (image: string): string => image.split(/[=:@]/, 1)[0] ?? image

function applyHelmFlags(source: ApplicationSource, flags: SpecFlags): void {
  const parameters = [
    ...(flags.helmSet ?? []).map((text) => parameter(text, false)),
    ...(flags.parameter ?? []).map((text) => parameter(text, false)),
    ...(flags.helmSetString ?? []).map((text) => parameter(text, true)),
  ]
  const touched =
    parameters.length > 0 ||
    flags.releaseName !== undefined ||
    flags.values !== undefined ||
    flags.valuesLiteralFile !== undefined ||
    flags.helmSkipCrds !== undefined
  if (!touched) return
  const helm = (source.helm ??= {})
  put(helm, 'releaseName', flags.releaseName)
  put(helm, 'valueFiles', flags.values)
  put(helm, 'skipCrds', flags.helmSkipCrds)
  if (flags.valuesLiteralFile !== undefined) helm.values = readFileSync(flags.valuesLiteralFile, 'utf8')
  for (const one of parameters) {
    helm.parameters = [...(helm.parameters ?? []).filter((old) => old.name !== one.name), one]
  }
}

function parameter(text: string, forceString: boolean): { name: string; value: string; forceString?: boolean } {
  const at = text.indexOf('=')
  if (at < 1) throw new CliError(`Expected helm parameter of the form: param=value. Received: ${text}`)
  return { name: text.slice(0, at), value: text.slice(at + 1), ...(forceString ? { forceString } : {}) }
}

function applyPolicyFlags(spec: ApplicationSpec, flags: SpecFlags): void {
  const policy = (spec.syncPolicy ??= {})
  if (flags.syncPolicy !== undefined) {
    if (['none', 'manual'].includes(flags.syncPolicy)) delete policy.automated
    else if (['automated', 'automatic', 'auto'].includes(flags.syncPolicy)) policy.automated = {}
    else throw new CliError(`Invalid sync-policy: ${flags.syncPolicy}`, 1)
  }
  const automatedFlags = { 'auto-prune': flags.autoPrune, 'self-heal': flags.selfHeal, 'allow-empty': flags.allowEmpty }
  for (const [name, value] of Object.entries(automatedFlags)) {
    if (value === undefined) continue
    if (!policy.automated) throw new CliError(`Cannot set --${name}: application not configured with automatic sync`, 1)
    policy.automated[name === 'auto-prune' ? 'prune' : name === 'self-heal' ? 'selfHeal' : 'allowEmpty'] = value
  }
  for (const option of flags.syncOption ?? []) {
    const remove = option.startsWith('!')
    const text = remove ? option.slice(1) : option
    const others = (policy.syncOptions ?? []).filter((one) => one !== text)
    policy.syncOptions = remove ? others : [...others, text]
    if (policy.syncOptions.length === 0) delete policy.syncOptions
  }
  if (flags.syncRetryLimit !== undefined) {
    policy.retry = { ...policy.retry, limit: wholeNumber('--sync-retry-limit', flags.syncRetryLimit) }
  }
  if (Object.keys(policy).length === 0) delete spec.syncPolicy
}

function wholeNumber(flag: string, text: string): number {
  if (!/^-?\d+$/.test(text)) throw new CliError(`${flag} takes a whole number, not "${text}"`, 1)
  return Number(text)
}

/** A new application of the flags; metadata beside them. */
export function newApplication(name: string, flags: SpecFlags): Application {
  const app: Application = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name },
    spec: { project: 'default', destination: {} },
  }
  applySpecFlags(app.spec, flags)
  return app
}

import type { Command } from 'commander'
import type { ApplicationSource, DirectorySource, HelmSource, KustomizeSource } from '@flotilla/shared/argo/application'
import { readText } from '../files.ts'
import { CliError } from '../errors.ts'

const collect = (value: string, previous: string[] = []): string[] => [...previous, value]

/** One flag: how it is written, what it means, and what it does to a source. */
interface SourceFlag {
  readonly flag: string
  readonly help: string
  readonly set: (source: ApplicationSource, value: Value) => void
}

/** A switch, a text, or the texts of a flag that may be repeated. */
type Value = boolean | string | readonly string[]

const text = (value: Value): string => (typeof value === 'string' ? value : String(value))
const texts = (value: Value): string[] => (Array.isArray(value) ? [...(value as string[])] : [text(value)])
const helm = (set: (helm: HelmSource, value: Value) => void) => (source: ApplicationSource, value: Value) =>
  set((source.helm ??= {}), value)
const kustomize =
  (set: (kustomize: KustomizeSource, value: Value) => void) => (source: ApplicationSource, value: Value) =>
    set((source.kustomize ??= {}), value)
const directory =
  (set: (directory: DirectorySource, value: Value) => void) => (source: ApplicationSource, value: Value) =>
    set((source.directory ??= {}), value)
const put =
  <T extends object>(key: keyof T) =>
  (target: T, value: Value): void => {
    target[key] = value as T[keyof T]
  }

/** In the order in which they take effect: parameters come after the value files that they override. */
const sourceFlags: readonly SourceFlag[] = [
  { flag: '--repo <url>', help: 'repository URL', set: put('repoURL') },
  { flag: '--path <path>', help: 'path in the repository to the application directory', set: put('path') },
  { flag: '--revision <revision>', help: 'branch, tag, commit or chart version to follow', set: put('targetRevision') },
  { flag: '--tag-prefix <prefix>', help: 'only tags that begin like this are versions', set: put('tagPrefix') },
  { flag: '--helm-chart <name>', help: 'chart name, where the repository is a Helm repository', set: put('chart') },
  { flag: '--ref <name>', help: 'name by which other sources speak of this one', set: put('ref') },
  { flag: '--source-name <name>', help: 'name of the source', set: put('name') },
  { flag: '--directory-recurse', help: 'read sub-folders too', set: directory(put('recurse')) },
  { flag: '--directory-include <glob>', help: 'files to read', set: directory(put('include')) },
  { flag: '--directory-exclude <glob>', help: 'files to leave out', set: directory(put('exclude')) },
  { flag: '--jsonnet-tla-str <name=value>...', help: 'Jsonnet top-level text', set: jsonnet('tlas', false) },
  { flag: '--jsonnet-tla-code <name=value>...', help: 'Jsonnet top-level code', set: jsonnet('tlas', true) },
  { flag: '--jsonnet-ext-var-str <name=value>...', help: 'Jsonnet external text', set: jsonnet('extVars', false) },
  { flag: '--jsonnet-ext-var-code <name=value>...', help: 'Jsonnet external code', set: jsonnet('extVars', true) },
  { flag: '--jsonnet-libs <path>...', help: 'more folders of Jsonnet libraries', set: jsonnetLibs },
  { flag: '--release-name <name>', help: 'Helm release name', set: helm(put('releaseName')) },
  { flag: '--values <file>...', help: 'Helm value file in the repository', set: helm(put('valueFiles')) },
  {
    flag: '--values-literal-file <file>',
    help: 'local file with Helm values',
    set: helm((target, value) => {
      target.values = readText(text(value))
      delete target.valuesObject
    }),
  },
  {
    flag: '--ignore-missing-value-files',
    help: 'value files that are not there are no mistake',
    set: helm(put('ignoreMissingValueFiles')),
  },
  { flag: '--helm-version <version>', help: 'Helm version', set: helm(put('version')) },
  { flag: '--helm-pass-credentials', help: 'send credentials to every host', set: helm(put('passCredentials')) },
  { flag: '--helm-skip-crds', help: "leave out the chart's crds folder", set: helm(put('skipCrds')) },
  { flag: '--helm-skip-schema-validation', help: 'do not check values', set: helm(put('skipSchemaValidation')) },
  { flag: '--helm-skip-tests', help: 'leave out tests of the chart', set: helm(put('skipTests')) },
  { flag: '--helm-namespace <namespace>', help: 'namespace that charts are told', set: helm(put('namespace')) },
  { flag: '--helm-kube-version <version>', help: 'Kubernetes that charts are told', set: helm(put('kubeVersion')) },
  { flag: '--helm-api-versions <version>...', help: 'APIs that charts are told', set: helm(put('apiVersions')) },
  { flag: '--helm-set <name=value>...', help: 'Helm parameter', set: helm(parameters(false)) },
  { flag: '-p, --parameter <name=value>...', help: 'parameter override', set: helm(parameters(false)) },
  { flag: '--helm-set-string <name=value>...', help: 'Helm parameter, always text', set: helm(parameters(true)) },
  { flag: '--helm-set-file <name=path>...', help: 'Helm parameter, of a file in the repository', set: helm(fileParameters) },
  { flag: '--nameprefix <prefix>', help: 'Kustomize name prefix', set: kustomize(put('namePrefix')) },
  { flag: '--namesuffix <suffix>', help: 'Kustomize name suffix', set: kustomize(put('nameSuffix')) },
  { flag: '--kustomize-image <image>...', help: 'Kustomize image override', set: kustomize(images) },
  { flag: '--kustomize-replica <name=count>...', help: 'Kustomize count of replicas', set: kustomize(replicas) },
  { flag: '--kustomize-namespace <namespace>', help: 'Kustomize namespace', set: kustomize(put('namespace')) },
  { flag: '--kustomize-version <version>', help: 'Kustomize version', set: kustomize(put('version')) },
  { flag: '--kustomize-kube-version <version>', help: 'Kubernetes that charts are told', set: kustomize(put('kubeVersion')) },
  { flag: '--kustomize-api-versions <version>...', help: 'APIs that charts are told', set: kustomize(put('apiVersions')) },
  { flag: '--kustomize-common-label <key=value>...', help: 'common label', set: kustomize(pairs('commonLabels')) },
  { flag: '--kustomize-common-annotation <key=value>...', help: 'common annotation', set: kustomize(pairs('commonAnnotations')) },
  { flag: '--kustomize-label-without-selector', help: 'common labels stay out of selectors', set: kustomize(put('labelWithoutSelector')) },
  { flag: '--kustomize-label-include-templates', help: 'common labels go into templates too', set: kustomize(put('labelIncludeTemplates')) },
  { flag: '--kustomize-force-common-label', help: 'common labels win', set: kustomize(put('forceCommonLabels')) },
  { flag: '--kustomize-force-common-annotation', help: 'common annotations win', set: kustomize(put('forceCommonAnnotations')) },
  { flag: '--ignore-missing-components', help: 'components that are not there are no mistake', set: kustomize(put('ignoreMissingComponents')) },
  { flag: '--config-management-plugin <name>', help: 'plugin', set: (source, value) => (source.plugin = { ...source.plugin, name: text(value) }) },
  { flag: '--plugin-env <name=value>...', help: 'environment of the plugin', set: pluginEnvironment },
] // prettier-ignore

/** Adds the flags that describe one source, with Argo CD's names. */
export function addSourceFlags(command: Command): Command {
  for (const { flag, help } of sourceFlags) {
    if (flag.endsWith('...')) command.option(flag.slice(0, -3), help, collect)
    else command.option(flag, help)
  }
  return command
}

/** Writes the flags that were given into a source; what they do not speak of stays. */
export function applySourceFlags(source: ApplicationSource, flags: object): void {
  for (const { flag, set } of sourceFlags) {
    const value = (flags as Record<string, Value | undefined>)[keyOf(flag)]
    if (value !== undefined) set(source, value)
  }
}

/** Whether some flag speaks of a source. */
export function speaksOfSource(flags: object): boolean {
  return sourceFlags.some(({ flag }) => (flags as Record<string, unknown>)[keyOf(flag)] !== undefined)
}

/** As commander names the value of a flag. */
function keyOf(flag: string): string {
  const [, long = ''] = /--([a-z-]+)/.exec(flag) ?? []
  return long.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function split(form: string, given: string): [name: string, value: string] {
  const at = given.indexOf('=')
  if (at < 1) throw new CliError(`Expected ${form} of the form: param=value. Received: ${given}`, 1)
  return [given.slice(0, at), given.slice(at + 1)]
}

function parameters(forceString: boolean) {
  return (target: HelmSource, value: Value): void => {
    for (const each of texts(value)) {
      const [name, given] = split('helm parameter', each)
      const made = { name, value: given, ...(forceString ? { forceString } : {}) }
      target.parameters = [...(target.parameters ?? []).filter((old) => old.name !== name), made]
    }
  }
}

function fileParameters(target: HelmSource, value: Value): void {
  for (const each of texts(value)) {
    const [name, path] = split('helm file parameter', each)
    target.fileParameters = [...(target.fileParameters ?? []).filter((old) => old.name !== name), { name, path }]
  }
}

/** The name of an image override, which is what tells one from another. */
export const imageName = (image: string): string => image.split(/[=:@]/, 1)[0] ?? image

function images(target: KustomizeSource, value: Value): void {
  for (const image of texts(value)) {
    const others = (target.images ?? []).filter((one) => imageName(one) !== imageName(image))
    target.images = [...others, image]
  }
}

function replicas(target: KustomizeSource, value: Value): void {
  for (const each of texts(value)) {
    const [name, given] = split('parameter', each)
    if (!/^\d+$/.test(given)) throw new CliError(`expected integer value for count. Received: ${given}`, 1)
    const others = (target.replicas ?? []).filter((one) => one['name'] !== name)
    target.replicas = [...others, { name, count: Number(given) }]
  }
}

function pairs(key: 'commonLabels' | 'commonAnnotations') {
  return (target: KustomizeSource, value: Value): void => {
    target[key] = Object.fromEntries(texts(value).map((each) => split(key, each)))
  }
}

function jsonnet(key: 'tlas' | 'extVars', code: boolean) {
  return (source: ApplicationSource, value: Value): void => {
    const made = texts(value).map((each) => {
      const [name, given] = each.includes('=') ? split(key, each) : [each, '']
      return { name, value: given, ...(code ? { code } : {}) }
    })
    const target = (source.directory ??= {})
    const before = (target.jsonnet?.[key] as { name: string; code?: boolean }[] | undefined) ?? []
    target.jsonnet = { ...target.jsonnet, [key]: [...before.filter((one) => (one.code ?? false) !== code), ...made] }
  }
}

function jsonnetLibs(source: ApplicationSource, value: Value): void {
  const target = (source.directory ??= {})
  target.jsonnet = { ...target.jsonnet, libs: texts(value) }
}

function pluginEnvironment(source: ApplicationSource, value: Value): void {
  const before = (source.plugin?.['env'] as { name: string; value: string }[] | undefined) ?? []
  const made = texts(value).map((each) => {
    const [name, given] = split('environment', each)
    return { name, value: given }
  })
  const names = new Set(made.map(({ name }) => name))
  source.plugin = { ...source.plugin, env: [...before.filter(({ name }) => !names.has(name)), ...made] }
}

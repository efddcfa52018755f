import type { HelmSource } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Tool } from '@flotilla/shared/runtime/tools'
import { dump } from 'js-yaml'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { minimatch } from 'minimatch'
import { isAbsolute, join, posix, relative } from 'node:path'
import { plainVersion, substitute, type BuildEnvironment } from './environment.ts'
import { execute, type ExecLimits, type Execution } from './exec.ts'
import { manifestsOfTool } from './manifests.ts'
import { RenderError, type RenderContext } from './render.ts'
import { hidePath, isInside, type Workspace } from './workspace.ts'

export interface HelmJob {
  readonly helm: HelmSource
  readonly context: RenderContext
  readonly environment: BuildEnvironment
  readonly tool: Tool
  readonly workspace: Workspace
  /** The chart's folder within the checkout. */
  readonly path: string
  /** Where the sources that others refer to are checked out, by `$ref`. */
  readonly refs: ReadonlyMap<string, string>
  readonly limits: ExecLimits
  readonly schemes: readonly string[]
}

/** Renders a chart with `helm template`: no cluster, no release, hooks included. */
export async function renderHelm(job: HelmJob): Promise<KubeObject[]> {
  const { helm, context } = job
  if (helm.version === 'v2')
    throw new RenderError(
      "error initializing helm app object: failed to create new helm command: helm version 'v2' is not supported",
    )
  const chart = join(job.workspace.root, job.path)
  if (!(await stat(join(chart, 'Chart.yaml')).catch(() => undefined)))
    throw new RenderError(
      `error getting helm repos: error retrieving helm dependency repos: error reading helm chart from ${hidePath(join(chart, 'Chart.yaml'), job.workspace)}: open ${hidePath(join(chart, 'Chart.yaml'), job.workspace)}: no such file or directory`,
    )
  const args = ['template', '.', '--name-template', helm.releaseName || context.appName]
  const namespace = helm.namespace || context.namespace
  if (namespace) args.push('--namespace', namespace)
  const kubeVersion = helm.kubeVersion || context.kubeVersion
  if (kubeVersion) args.push('--kube-version', plainVersion(kubeVersion))
  for (const parameter of helm.parameters ?? []) {
    if (!parameter.name) continue
    const value = escapeCommas(substitute(parameter.value ?? '', job.environment))
    args.push(parameter.forceString ? '--set-string' : '--set', `${parameter.name}=${value}`)
  }
  for (const { name, path } of helm.fileParameters ?? []) {
    if (!name) continue
    args.push(
      '--set-file',
      `${name}=${escapeCommas(await resolve(job, chart, substitute(path ?? '', job.environment)))}`,
    )
  }
  for (const file of await valueFiles(job, chart)) args.push('--values', file)
  const inline = inlineValues(helm)
  if (inline !== undefined) {
    const file = join(job.workspace.scratch, 'values.yaml')
    await writeFile(file, inline)
    args.push('--values', file)
  }
  for (const version of helm.apiVersions ?? context.apiVersions ?? []) args.push('--api-versions', version)
  if (!helm.skipCrds) args.push('--include-crds')
  if (helm.skipSchemaValidation) args.push('--skip-schema-validation')
  if (helm.skipTests) args.push('--skip-tests')
  if (helm.passCredentials) args.push('--pass-credentials')
  return manifestsOfTool(await template(job, chart, args))
}

async function template(job: HelmJob, chart: string, args: readonly string[]): Promise<string> {
  let run = await helm(job, chart, args)
  if (run.code !== 0 && /missing in charts\/ directory|out of sync/.test(run.stderr)) {
    const build = await helm(job, chart, ['dependency', 'build'])
    if (build.code !== 0) throw failure(job, ['dependency', 'build'], build)
    run = await helm(job, chart, args)
  }
  if (run.code !== 0) throw failure(job, args, run)
  return run.stdout
}

function helm(job: HelmJob, cwd: string, args: readonly string[]): Promise<Execution> {
  const { tool, workspace, limits } = job
  return execute(tool.command, [...tool.args, ...args], { cwd, home: workspace.home, limits })
}

function failure(job: HelmJob, args: readonly string[], run: Execution): RenderError {
  const versions = /--api-versions \S+( --api-versions \S+)*/g
  const command = ['helm', ...args].join(' ').replace(versions, '<api versions removed>')
  const ending = run.limit ?? `exit status ${run.code}`
  return new RenderError(
    `failed to execute helm template command: failed running helm: \`${hidePath(command, job.workspace)}\` failed ${ending}: ${hidePath(run.stderr, job.workspace)}`,
  )
}

/** `valuesObject` wins over `values`; an empty one says nothing. */
function inlineValues(helm: HelmSource): string | undefined {
  if (helm.valuesObject !== undefined) return dump(helm.valuesObject)
  return helm.values || undefined
}

/** A comma would begin the next parameter, but in a list. */
function escapeCommas(value: string): string {
  return value.startsWith('{') ? value : value.replace(/(?<!\\),/g, '\\,')
}

async function valueFiles(job: HelmJob, chart: string): Promise<string[]> {
  const wanted = (job.helm.valueFiles ?? []).map((file) => ({ file, glob: /[*?[]/.test(file) }))
  const found: string[] = []
  const explicit = new Set<string>()
  for (const { file, glob } of wanted) if (!glob) explicit.add(await resolveValueFile(job, chart, file))
  for (const { file, glob } of wanted) {
    const path = await resolveValueFile(job, chart, file)
    if (glob) {
      const matches = (await expandGlob(path)).filter((match) => !explicit.has(match) && !found.includes(match))
      if (matches.length === 0 && !job.helm.ignoreMissingValueFiles && !(await expandGlob(path)).length)
        throw new RenderError(`error resolving helm value files: values file glob "${file}" matched no files`)
      for (const match of matches) {
        if (!(await insideAny(job, match))) throw outside(file)
        found.push(match)
      }
    } else if (
      /^[a-z+]+:\/\//i.test(path) ||
      !job.helm.ignoreMissingValueFiles ||
      (await stat(path).catch(() => undefined))
    )
      found.push(path)
  }
  return found
}

async function resolveValueFile(job: HelmJob, chart: string, file: string): Promise<string> {
  const name = substituteButRefs(file, job)
  const scheme = /^([a-z+]+):\/\//i.exec(name)?.[1]
  if (scheme !== undefined) {
    if (!job.schemes.includes(scheme.toLowerCase()))
      throw new RenderError(
        `error resolving helm value files: error resolving value file path: the URL scheme '${scheme}' is not allowed`,
      )
    return name
  }
  return resolve(job, chart, name)
}

/** `$name/` at the start means another source, not a variable. */
function substituteButRefs(file: string, job: HelmJob): string {
  const ref = /^(\$[^/]+)(\/.*)?$/.exec(file)
  return ref?.[1] !== undefined && job.refs.has(ref[1])
    ? ref[1] + substitute(ref[2] ?? '', job.environment)
    : substitute(file, job.environment)
}

/** A file's place on disk: below the chart, below the repository's root with a leading slash, or in a `$ref`. */
async function resolve(job: HelmJob, chart: string, file: string): Promise<string> {
  const ref = /^(\$[^/]+)(\/.*)$/.exec(file)
  const refRoot = ref?.[1] === undefined ? undefined : job.refs.get(ref[1])
  const root = refRoot ?? job.workspace.root
  const rest = refRoot === undefined ? file : (ref?.[2] ?? '')
  const path = refRoot !== undefined || isAbsolute(rest) ? posix.join(root, '.', rest) : posix.join(chart, rest)
  const up = relative(root, path)
  if (up.startsWith('..') || !(await isInside(root, path))) throw outside(rest, refRoot !== undefined)
  return path
}

async function insideAny(job: HelmJob, path: string): Promise<boolean> {
  for (const root of [job.workspace.root, ...job.refs.values()]) if (await isInside(root, path)) return true
  return false
}

function outside(file: string, inRef = false): RenderError {
  const again = inRef ? 'error resolving value file path: ' : ''
  return new RenderError(
    `error resolving helm value files: error resolving value file path: ${again}file '${file}' resolved to outside repository root`,
  )
}

/** Files that match, in order of their paths. Braces are plain text, as Argo CD has it. */
async function expandGlob(pattern: string): Promise<string[]> {
  const fixed = pattern.slice(0, pattern.search(/[*?[]/))
  const base = fixed.slice(0, fixed.lastIndexOf('/') + 1) || '/'
  const names = await readdir(base, { recursive: true, withFileTypes: true }).catch(() => [])
  return names
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => minimatch(path, pattern, { nobrace: true, dot: true, nocomment: true, noext: true }))
    .toSorted()
}

import type { KustomizeSource } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { parseYaml } from '@flotilla/shared/k8s/yaml'
import { isObject } from '@flotilla/shared/lang/json'
import type { Tool } from '@flotilla/shared/runtime/tools'
import { dump } from 'js-yaml'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildEnvironment } from './environment.ts'
import { execute, type ExecLimits } from './exec.ts'
import { editKustomization } from './kustomization.ts'
import { manifestsOfTool } from './manifests.ts'
import { refuseRemotes } from './kustomize-remote.ts'
import { RenderError } from './render.ts'
import { hidePath, type Workspace } from './workspace.ts'

export interface KustomizeJob {
  readonly kustomize: KustomizeSource
  readonly environment: BuildEnvironment
  readonly buildOptions: string
  /** What the project lets a kustomization build upon, outside its repository. */
  readonly sources: readonly string[]
  readonly tool: Tool
  readonly workspace: Workspace
  readonly path: string
  readonly limits: ExecLimits
}

const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** Builds a kustomization with the real tool, the source's options written into the private copy first. */
export async function renderKustomize(job: KustomizeJob): Promise<KubeObject[]> {
  const folder = join(job.workspace.root, job.path)
  await applyOptions(job, folder)
  await refuseRemotes(job.workspace.root, folder, job.sources)
  const flags = job.buildOptions.split(/\s+/).filter((word) => word !== '')
  // `kubectl kustomize` is the build itself; the program of its own has it as a subcommand.
  const verb = job.tool.args.includes('kustomize') ? [] : ['build']
  const run = await execute(job.tool.command, [...job.tool.args, ...verb, folder, ...flags], {
    cwd: folder,
    home: job.workspace.home,
    limits: job.limits,
  })
  if (run.code === 0) return manifestsOfTool(run.stdout)
  const command = ['kustomize build', folder, ...flags].join(' ')
  const words = toolWords(run.stderr)
  throw new RenderError(
    hidePath(`\`${command}\` failed ${run.limit ?? `exit status ${run.code}`}: ${words}`, job.workspace),
  )
}

async function applyOptions(job: KustomizeJob, folder: string): Promise<void> {
  const options = job.kustomize
  const components: string[] = []
  for (const component of options.components ?? [])
    if (!options.ignoreMissingComponents || (await exists(join(folder, component)))) components.push(component)
  const name = await kustomizationIn(folder)
  if (name === undefined)
    throw new RenderError(
      `\`${firstEdit(options)}\` failed exit status 1: Error: Missing kustomization file 'kustomization.yaml'.`,
    )
  const text = await readFile(join(folder, name), 'utf8')
  const value = readOrLeave(text)
  if (!isObject(value)) return
  const edited = editKustomization(value, { ...options, components }, job.environment)
  if (JSON.stringify(edited) !== JSON.stringify(value)) await writeFile(join(folder, name), dump(edited))
}

/** kubectl logs some failures as a record; its `err` is what kustomize said. */
function toolWords(stderr: string): string {
  const text = stderr.trim().replace(/\nSee 'kubectl kustomize --help' for usage\.$/, '')
  const block = /^E\d{4} .*?err=<\n([\s\S]*?)\n >$/.exec(text)?.[1]
  if (block !== undefined) return `Error: ${block.replace(/^\t/gm, '')}`
  const quoted = /^E\d{4} .*?err=("(?:[^"\\]|\\.)*")$/s.exec(text)?.[1]
  return quoted === undefined ? text.replace(/^error: /i, 'Error: ') : `Error: ${unquote(quoted)}`
}

function unquote(quoted: string): string {
  try {
    return JSON.parse(quoted) as string
  } catch {
    return quoted.slice(1, -1)
  }
}

/** The edit that would have come first, for the error's text. */
function firstEdit(options: KustomizeSource): string {
  if (options.namePrefix) return `kustomize edit set nameprefix -- ${options.namePrefix}`
  if (options.nameSuffix) return `kustomize edit set namesuffix -- ${options.nameSuffix}`
  if (options.images?.length) return `kustomize edit set image ${options.images.join(' ')}`
  return 'kustomize build'
}

async function kustomizationIn(folder: string): Promise<string | undefined> {
  for (const name of names) if (await exists(join(folder, name))) return name
  return undefined
}

/** What does not parse stays as it is: the tool names the error better. */
function readOrLeave(text: string): unknown {
  try {
    return parseYaml(text)
  } catch {
    return undefined
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

import { sourcesOf, type Application, type ApplicationSource } from '@flotilla/shared/argo/application'
import { inClusterName, inClusterServer } from '@flotilla/shared/argo/resources'
import { permitsDestination, permitsSource, type ProjectSpec } from '../projects/permits.ts'

/** A registered cluster, as destinations name it. */
export interface ClusterEntry {
  readonly name: string
  readonly server: string
  readonly project?: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface ClusterDirectory {
  byName(name: string): readonly ClusterEntry[]
  byServer(server: string): ClusterEntry | undefined
}

/** What is wrong with a destination, or the cluster it names. */
export type Resolved = { readonly cluster: ClusterEntry } | { readonly problem: string }

/** The cluster that an application goes to, in Argo CD's words where there is none. */
export function resolveDestination(app: Application, clusters: ClusterDirectory): Resolved {
  const { name, server } = app.spec.destination ?? {}
  if (name && server) {
    return { problem: `application destination can't have both name and server defined: ${name} ${server}` }
  }
  if (name) {
    const found = clusters.byName(name)
    const [first] = found
    if (!first) return { problem: `there are no clusters with this name: ${name}` }
    if (found.length > 1) {
      return {
        problem: `there are ${found.length} clusters with the same name: [${found.map((c) => c.server).join(' ')}]`,
      }
    }
    return { cluster: first }
  }
  if (!server) return { problem: 'Destination server missing from app spec' }
  const found = clusters.byServer(server)
  if (found) return { cluster: found }
  return {
    problem: `error getting cluster by server "${server}": rpc error: code = NotFound desc = cluster "${server}" not found`,
  }
}

/** The first mistake of the sources, or undefined. */
export function sourceProblem(app: Application): string | undefined {
  const multiple = (app.spec.sources?.length ?? 0) > 0
  const sources = sourcesOf(app.spec)
  if (sources.length === 0) return missing(undefined)
  for (const source of sources) {
    if (!source.repoURL || (!source.path && !source.chart && !(multiple && source.ref))) {
      return missing(multiple ? source : undefined)
    }
    if (source.chart && !source.targetRevision)
      return 'spec.source.targetRevision is required if the manifest source is a helm chart'
  }
  return undefined
}

function missing(source: ApplicationSource | undefined): string {
  if (!source) return 'spec.source.repoURL and either spec.source.path or spec.source.chart are required'
  // The source as Go prints it.
  const { repoURL, path = '', targetRevision = '', chart = '', ref = '', name = '' } = source
  const tools = [source.helm, source.kustomize, source.directory, source.plugin].map((tool) => (tool ? '{}' : 'nil'))
  const shown = [repoURL, path, targetRevision, ...tools, chart, ref, name].join(' ')
  return `spec.source.repoURL and either source.path, source.chart, or source.ref are required for source {${shown} }`
}

/** What the project forbids of the spec, in Argo CD's words. */
export function permissionProblems(app: Application, project: ProjectSpec, cluster: ClusterEntry): string[] {
  const problems: string[] = []
  const projectName = app.spec.project || 'default'
  for (const source of sourcesOf(app.spec)) {
    if (!permitsSource(project, source.repoURL)) {
      problems.push(`application repo ${source.repoURL} is not permitted in project '${projectName}'`)
    }
  }
  const namespace = app.spec.destination?.namespace ?? ''
  if (!permitsDestination(project, { name: cluster.name, server: cluster.server, namespace })) {
    const shown = app.spec.destination?.name ? cluster.name : cluster.server
    problems.push(
      `application destination server '${shown}' and namespace '${namespace}' do not match any of the allowed destinations in project '${projectName}'`,
    )
  }
  return problems
}

/** The hub's own cluster, which is there without a Secret. */
export const inCluster: ClusterEntry = { name: inClusterName, server: inClusterServer, labels: {}, annotations: {} }

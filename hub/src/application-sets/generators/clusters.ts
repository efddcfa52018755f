import { inClusterName, inClusterServer } from '@flotilla/shared/argo/resources'
import { StringMap } from '@flotilla/shared/gotemplate/values'
import type { GeneratorRun } from '../generate.ts'
import { sanitizeName } from '../names.ts'
import { checkClusterSelector, matchesSelector } from '../selector.ts'
import type { ClusterGenerator, Params } from '../types.ts'
import { withValues } from '../values.ts'

const failed = 'error appending templated values'

/** A registered cluster as its Secret has it. */
export interface ClusterFacts {
  readonly name: string
  readonly server: string
  readonly project?: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** `clusters`: one set of parameters for each cluster that the selector matches; the hub's own only where nothing is selected by. */
export const clusters: GeneratorRun<ClusterGenerator> = async (generator, tools) => {
  const selector = generator.selector ?? {}
  const selective = Object.keys(selector.matchLabels ?? {}).length > 0 || (selector.matchExpressions ?? []).length > 0
  checkClusterSelector(selector)
  const registered = (await tools.clusters()).filter((cluster) => matchesSelector(selector, cluster.labels))
  const params = registered.map((cluster) =>
    withValues(facts(cluster, tools.goTemplate), generator.values, tools, `${failed} for cluster`),
  )
  if (!selective && !registered.some((cluster) => cluster.server === inClusterServer)) {
    const own: Params = { name: inClusterName, nameNormalized: inClusterName, server: inClusterServer, project: '' }
    params.push(withValues(own, generator.values, tools, `${failed} for local cluster`))
  }
  return generator.flatList ? [{ clusters: params }] : params
}

function facts(cluster: ClusterFacts, goTemplate: boolean): Params {
  const params: Params = {
    name: cluster.name,
    nameNormalized: sanitizeName(cluster.name),
    server: cluster.server,
    project: cluster.project ?? '',
  }
  if (goTemplate) {
    params['metadata'] = {
      ...(Object.keys(cluster.annotations).length > 0 ? { annotations: StringMap.of(cluster.annotations) } : {}),
      ...(Object.keys(cluster.labels).length > 0 ? { labels: StringMap.of(cluster.labels) } : {}),
    }
    return params
  }
  for (const [key, value] of Object.entries(cluster.annotations)) params[`metadata.annotations.${key}`] = value
  for (const [key, value] of Object.entries(cluster.labels)) params[`metadata.labels.${key}`] = value
  return params
}

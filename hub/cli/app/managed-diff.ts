import type { Application } from '@flotilla/shared/argo/application'
import { differ } from '@flotilla/shared/engine/diff'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { parseApiVersion } from '@flotilla/shared/k8s/gvk'
import { normalDiff } from './diff.ts'
import { toYaml } from '../print.ts'

/** A managed resource as the API tells it. */
export interface ManagedResource {
  group?: string
  kind: string
  namespace?: string
  name: string
  hook?: boolean
  modified?: boolean
  targetState?: string
  liveState?: string
  normalizedLiveState?: string
  predictedLiveState?: string
}

/** The differences of all managed resources, each below its heading. */
export function diffText(items: readonly ManagedResource[]): string {
  const parts: string[] = []
  for (const item of items) {
    if (item.hook || (item.targetState === 'null' && item.liveState === 'null')) continue
    const before = parse(item.liveState === 'null' ? undefined : item.normalizedLiveState)
    const after = parse(item.targetState === 'null' ? undefined : item.predictedLiveState)
    const differences = normalDiff(before === undefined ? '' : toYaml(before), after === undefined ? '' : toYaml(after))
    if (differences === '') continue
    parts.push(`\n===== ${item.group ?? ''}/${item.kind} ${item.namespace ?? ''}/${item.name} ======\n${differences}`)
  }
  return parts.join('')
}

/** Managed resources as they would be with other manifests in place of those of Git. */
export function withManifests(
  items: readonly ManagedResource[],
  manifests: readonly string[],
  app: Application,
): ManagedResource[] {
  const left = new Map(items.map((item) => [keyOf(item), item]))
  const rules = (app.spec.ignoreDifferences ?? []).map(({ jqPathExpressions: _jq, ...rule }) => rule)
  const settings = { ...bare, ignoreDifferences: rules } as unknown as Parameters<typeof differ>[0]['settings']
  const compare = differ({ settings })
  const own = manifests.map((text) => {
    const target = JSON.parse(text) as KubeObject
    const { name = '', namespace = app.spec.destination?.namespace ?? '' } = target.metadata
    const base = { group: parseApiVersion(target.apiVersion).group, kind: target.kind, name }
    const found = [namespace, ''].map((each) => left.get(keyOf({ ...base, namespace: each }))).find(Boolean)
    if (found) left.delete(keyOf(found))
    const live = parse(found?.liveState) as KubeObject | undefined
    const placed = live?.metadata.namespace ? { ...target, metadata: { ...target.metadata, namespace } } : target
    const { normalizedLive = live, predictedLive = placed } = compare(placed, live)
    return {
      ...base,
      namespace: found?.namespace ?? target.metadata.namespace ?? '',
      ...('argocd.argoproj.io/hook' in (target.metadata.annotations ?? {}) ? { hook: true } : {}),
      targetState: text,
      liveState: JSON.stringify(live ?? null),
      normalizedLiveState: JSON.stringify(normalizedLive ?? null),
      predictedLiveState: JSON.stringify(predictedLive),
    }
  })
  const gone = [...left.values()].filter(({ liveState }) => parse(liveState) !== undefined)
  return [...own, ...gone.map((item) => ({ ...item, targetState: 'null' }))]
}

const bare = { argocdCm: {}, annotations: {}, instanceLabelKey: '', trackingMethod: 'annotation' }

function keyOf({ group = '', kind, namespace = '', name }: ManagedResource): string {
  return `${group}/${kind}/${namespace}/${name}`
}

function parse(text: string | undefined): unknown {
  return text === undefined || text === 'null' || text === '' ? undefined : JSON.parse(text)
}

import { controlNamespace, resources } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { impersonationKeys } from '@flotilla/shared/engine/impersonation'
import { applyMethodKey } from '@flotilla/shared/engine/sync-options'
import { startInformer } from '@flotilla/shared/runtime/informer'
import type { RenderSettings } from '../render/render.ts'

/** What the ConfigMaps of an Argo CD say, read into the values that the hub works with. */
export interface Settings {
  /** argocd-cm as it is. */
  readonly cm: Readonly<Record<string, string>>
  /** argocd-rbac-cm as it is. */
  readonly rbac: Readonly<Record<string, string>>
  readonly trackingMethod: 'annotation' | 'label' | 'annotation+label'
  readonly instanceLabelKey: string
  readonly installationId: string | undefined
  /** The certificates of servers of repositories, by host, as argocd-tls-certs-cm has them. */
  readonly tlsCertificates: Readonly<Record<string, string>>
  /** Keys that change comparison, health and actions: they travel to the agents. */
  readonly resourceKeys: Record<string, string>
  readonly render: RenderSettings
  /** Users may have a whole sync replace objects. */
  readonly replaceAllowed: boolean
}

export interface SettingsSource {
  current(): Settings
  onChange(callback: (settings: Settings) => void): () => void
  stop(): void
}

/** Reads the two ConfigMaps; an unknown tracking method means annotations, as with Argo CD. */
export function parseSettings(
  cm: Readonly<Record<string, string>>,
  rbac: Readonly<Record<string, string>>,
  params: Readonly<Record<string, string>> = {},
  tlsCertificates: Readonly<Record<string, string>> = {},
): Settings {
  const method = cm['application.resourceTrackingMethod']
  const enabled = (key: string): boolean => cm[key] !== 'false'
  const schemes = cm['helm.valuesFileSchemes']
  return {
    cm,
    rbac,
    tlsCertificates,
    trackingMethod: method === 'label' || method === 'annotation+label' ? method : 'annotation',
    instanceLabelKey: cm['application.instanceLabelKey'] || 'app.kubernetes.io/instance',
    installationId: cm['installationID'] || undefined,
    resourceKeys: Object.fromEntries(Object.entries({ ...params, ...cm }).filter(([key]) => travels(key))),
    replaceAllowed: params['server.sync.replace.allowed'] !== 'false',
    render: {
      helmEnabled: enabled('helm.enable'),
      kustomizeEnabled: enabled('kustomize.enable'),
      jsonnetEnabled: enabled('jsonnet.enable'),
      kustomizeBuildOptions: cm['kustomize.buildOptions'],
      helmValuesFileSchemes: schemes ? schemes.split(',').map((scheme) => scheme.trim()) : undefined,
    },
  }
}

/** What agents act by: everything that is said of resources, and how the application controller syncs. */
function travels(key: string): boolean {
  return ['resource.', 'controller.prune.guard.'].some((prefix) => key.startsWith(prefix)) || controllerKeys.has(key)
}

const controllerKeys: ReadonlySet<string> = new Set([
  applyMethodKey,
  ...impersonationKeys,
  'controller.diff.server.side',
  'controller.self.heal.timeout.seconds',
  'controller.self.heal.backoff.timeout.seconds',
  'controller.self.heal.backoff.factor',
  'controller.self.heal.backoff.cap.seconds',
  'controller.sync.timeout.seconds',
  'controller.sync.wave.delay.seconds',
])

/** Watches argocd-cm and argocd-rbac-cm, so that a change is in force as soon as it is written. */
export async function watchSettings(objects: Objects): Promise<SettingsSource> {
  const informer = await startInformer(objects, { ...resources.configMaps, namespace: controlNamespace })
  const listeners = new Set<(settings: Settings) => void>()
  const data = (name: string): Record<string, string> => {
    const object = informer.get(`${controlNamespace}/${name}`)
    return (object?.['data'] as Record<string, string> | undefined) ?? {}
  }
  const names = ['argocd-cm', 'argocd-rbac-cm', 'argocd-cmd-params-cm', 'argocd-tls-certs-cm'] as const
  const read = (): Settings => {
    const [cm, rbac, params, tls] = names
    return parseSettings(data(cm), data(rbac), data(params), data(tls))
  }
  let settings = read()
  const stopListening = informer.onChange(({ key }) => {
    if (!names.some((name) => key === `${controlNamespace}/${name}`)) return
    settings = read()
    for (const listener of listeners) listener(settings)
  })
  return {
    current: () => settings,
    onChange(callback) {
      listeners.add(callback)
      return () => void listeners.delete(callback)
    },
    stop() {
      stopListening()
      informer.stop()
    },
  }
}

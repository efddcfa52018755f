import { controlNamespace, resources } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
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
  /** Keys that change comparison, health and actions: they travel to the agents. */
  readonly resourceKeys: Record<string, string>
  readonly render: RenderSettings
}

export interface SettingsSource {
  current(): Settings
  onChange(callback: (settings: Settings) => void): () => void
  stop(): void
}

/** Reads the two ConfigMaps; an unknown tracking method means annotations, as with Argo CD. */
export function parseSettings(cm: Readonly<Record<string, string>>, rbac: Readonly<Record<string, string>>): Settings {
  const method = cm['application.resourceTrackingMethod']
  const enabled = (key: string): boolean => cm[key] !== 'false'
  const schemes = cm['helm.valuesFileSchemes']
  return {
    cm,
    rbac,
    trackingMethod: method === 'label' || method === 'annotation+label' ? method : 'annotation',
    instanceLabelKey: cm['application.instanceLabelKey'] || 'app.kubernetes.io/instance',
    installationId: cm['installationID'] || undefined,
    resourceKeys: Object.fromEntries(Object.entries(cm).filter(([key]) => travels(key))),
    render: {
      helmEnabled: enabled('helm.enable'),
      kustomizeEnabled: enabled('kustomize.enable'),
      jsonnetEnabled: enabled('jsonnet.enable'),
      kustomizeBuildOptions: cm['kustomize.buildOptions'],
      helmValuesFileSchemes: schemes ? schemes.split(',').map((scheme) => scheme.trim()) : undefined,
    },
  }
}

function travels(key: string): boolean {
  return key.startsWith('resource.') || key.startsWith('controller.') || key === applyMethodKey
}

/** Watches argocd-cm and argocd-rbac-cm, so that a change is in force as soon as it is written. */
export async function watchSettings(objects: Objects): Promise<SettingsSource> {
  const informer = await startInformer(objects, { ...resources.configMaps, namespace: controlNamespace })
  const listeners = new Set<(settings: Settings) => void>()
  const data = (name: string): Record<string, string> => {
    const object = informer.get(`${controlNamespace}/${name}`)
    return (object?.['data'] as Record<string, string> | undefined) ?? {}
  }
  let settings = parseSettings(data('argocd-cm'), data('argocd-rbac-cm'))
  const stopListening = informer.onChange(({ key }) => {
    if (key !== `${controlNamespace}/argocd-cm` && key !== `${controlNamespace}/argocd-rbac-cm`) return
    settings = parseSettings(data('argocd-cm'), data('argocd-rbac-cm'))
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

import type { ApplicationSource } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'

/** What a render knows of the application besides its sources. */
export interface RenderContext {
  readonly appName: string
  readonly project: string
  /** Namespace of the destination; empty where none is named. */
  readonly namespace: string
  /** Of the destination, as `v1.36.1`, with its `group/version/Kind`s; absent while no agent has reported. */
  readonly kubeVersion?: string | undefined
  readonly apiVersions?: readonly string[] | undefined
  /** The sources that the project names: a kustomization may build upon them. */
  readonly sources?: readonly string[] | undefined
}

/** Switches of `argocd-cm` that change a render. */
export interface RenderSettings {
  readonly helmEnabled?: boolean | undefined
  readonly kustomizeEnabled?: boolean | undefined
  readonly jsonnetEnabled?: boolean | undefined
  readonly kustomizeBuildOptions?: string | undefined
  readonly helmValuesFileSchemes?: readonly string[] | undefined
}

export interface RenderRequest {
  readonly sources: readonly ApplicationSource[]
  /** Revisions to use in place of each source's `targetRevision` (a sync to a revision); by position. */
  readonly revisions?: readonly (string | undefined)[] | undefined
  readonly context: RenderContext
  readonly settings?: RenderSettings | undefined
  /** Passes by what is cached (hard refresh). */
  readonly noCache?: boolean | undefined
  /** A failure that was told a short while ago is answer enough: nothing has happened since that asks for a new try. */
  readonly recall?: boolean | undefined
}

export type SourceType = 'Directory' | 'Helm' | 'Kustomize' | 'Plugin'

export interface Rendered {
  /** In the order of the sources, then of the tool; no tracking mark yet; Secrets in clear. */
  readonly manifests: readonly KubeObject[]
  /** One a source. */
  /** In the order of the sources; empty for one that only lends its files. */
  readonly sourceTypes: readonly (SourceType | '')[]
  readonly revisions: readonly string[]
  /** Over everything that was read and every option: equal digests, equal manifests. */
  readonly treeDigest: string
  /** Things that a user should know, though nothing failed. */
  readonly warnings: readonly string[]
}

/** The one port of rendering. A failure is a `RenderError`, never a short answer. */
export interface Renderer {
  render(request: RenderRequest): Promise<Rendered>
  /** Which tool a folder asks for, and what its parameters are by default (`app create`, details view). */
  detect(url: string, revision: string, path: string): Promise<SourceType>
}

/** Why manifests could not be made; the message is what a condition shows. */
export class RenderError extends Error {
  /** Which of several sources it was, from 0 on. */
  source?: number

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RenderError'
  }
}

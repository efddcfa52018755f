import type { KubeObject } from '@flotilla/shared/k8s/object'
import { routes } from '@flotilla/shared/api/routes'
import { CliError } from './errors.ts'
import type { Client } from './client.ts'

export interface GroupKind {
  group: string
  kind: string
  name?: string
}

export interface Role {
  name: string
  description?: string
  policies?: string[]
  groups?: string[]
  jwtTokens?: { iat: number; exp?: number; id?: string }[]
}

export interface SyncWindow {
  kind: string
  schedule: string
  duration: string
  applications?: string[]
  namespaces?: string[]
  clusters?: string[]
  manualSync?: boolean
  syncOverrun?: boolean
  timeZone?: string
  andOperator?: boolean
  description?: string
}

export interface Project extends KubeObject {
  spec: {
    description?: string
    sourceRepos?: string[]
    sourceNamespaces?: string[]
    destinations?: { server?: string; name?: string; namespace?: string }[]
    clusterResourceWhitelist?: GroupKind[]
    clusterResourceBlacklist?: GroupKind[]
    namespaceResourceWhitelist?: GroupKind[]
    namespaceResourceBlacklist?: GroupKind[]
    orphanedResources?: { warn?: boolean; ignore?: unknown[] }
    signatureKeys?: { keyID: string }[]
    destinationServiceAccounts?: { server?: string; namespace?: string; defaultServiceAccount?: string }[]
    roles?: Role[]
    syncWindows?: SyncWindow[]
  }
}

/** Reads a project, lets `change` edit it, and writes it back unless `change` says that nothing is to be done. */
export async function update(
  client: Client,
  name: string,
  change: (project: Project) => boolean | void,
): Promise<void> {
  const project = await client.call<Project>(routes.project, { params: { name } })
  if (change(project) !== false) await client.call(routes.updateProject, { params: { name }, body: { project } })
}

/** A role of a project by its name; a refusal where there is none. */
export function roleOf(project: Project, name: string): Role {
  const role = (project.spec.roles ?? []).find((one) => one.name === name)
  if (!role) throw new CliError(`role '${name}' does not exist in project '${project.metadata.name}'`)
  return role
}

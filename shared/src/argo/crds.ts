import { Type } from 'typebox'
import type { KubeObject } from '../k8s/object.ts'
import { ApplicationSetSpec } from './application-set.ts'
import { ApplicationSpec, Operation } from './application.ts'
import { closed, toOpenApi } from './open-api.ts'
import { AppProjectSpec, AppProjectStatus } from './project.ts'

interface Column {
  name: string
  type: string
  jsonPath: string
  priority?: number
}

const group = 'argoproj.io'
/** Written whole by one controller: nobody's ownership of a single field in it means anything, and each would cost. */
const status = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, 'x-kubernetes-map-type': 'atomic' }

function crd(
  kind: string,
  plural: string,
  shortNames: string[],
  columns: Column[],
  hasStatus: boolean,
  properties: Record<string, unknown>,
): KubeObject {
  const singular = kind.toLowerCase()
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      labels: { 'app.kubernetes.io/name': `${plural}.${group}`, 'app.kubernetes.io/part-of': 'argocd' },
    },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, shortNames, singular },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          ...(columns.length > 0 ? { additionalPrinterColumns: columns } : {}),
          ...(hasStatus ? { subresources: { status: {} } } : {}),
          schema: {
            openAPIV3Schema: {
              type: 'object',
              required: ['metadata', 'spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                ...properties,
              },
            },
          },
        },
      ],
    },
  }
}

/** What must stand in an Application, beside what the API of Argo CD fills in by itself. */
const storedSpec = closed(
  toOpenApi(
    Type.Object(
      {
        ...ApplicationSpec.properties,
        project: Type.String(),
        destination: Type.Required(ApplicationSpec).properties.destination,
      },
      { additionalProperties: true },
    ),
  ),
)

/** Generators are read by those who run them, who say more of what is wrong than a definition can. */
function setSpec(): Record<string, unknown> {
  const schema = toOpenApi(ApplicationSetSpec)
  const { generators } = schema['properties'] as Record<string, unknown>
  const rest = closed(schema)
  return { ...rest, properties: { ...(rest['properties'] as object), generators } }
}

/** Application, without a status subresource: whoever may patch it may write `operation` and `status`, as with Argo CD. */
export const applicationCrd = crd(
  'Application',
  'applications',
  ['app', 'apps'],
  [
    { name: 'Sync Status', type: 'string', jsonPath: '.status.sync.status' },
    { name: 'Health Status', type: 'string', jsonPath: '.status.health.status' },
    { name: 'Revision', type: 'string', jsonPath: '.status.sync.revision', priority: 10 },
    { name: 'Project', type: 'string', jsonPath: '.spec.project', priority: 10 },
  ],
  false,
  { operation: closed(toOpenApi(Operation)), spec: storedSpec, status },
)

export const applicationSetCrd = crd('ApplicationSet', 'applicationsets', ['appset', 'appsets'], [], true, {
  spec: setSpec(),
  status,
})

export const appProjectCrd = crd('AppProject', 'appprojects', ['appproj', 'appprojs'], [], false, {
  spec: closed(toOpenApi(AppProjectSpec)),
  status: toOpenApi(AppProjectStatus),
})

/** The kinds of Argo CD that the hub serves, as they are installed in a cluster. */
export const argoCrds: readonly KubeObject[] = [applicationCrd, applicationSetCrd, appProjectCrd]

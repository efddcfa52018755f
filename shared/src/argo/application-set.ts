import { Type, type TSchema } from 'typebox'
import { ApplicationSpec } from './application.ts'

/** Argo CD's ApplicationSet as its definition describes it; unknown fields travel along untouched. */
const open = { additionalProperties: true } as const
const str = Type.Optional(Type.String())
const bool = Type.Optional(Type.Boolean())
const strings = Type.Optional(Type.Array(Type.String()))
const stringMap = Type.Optional(Type.Record(Type.String(), Type.String()))
const object = Type.Optional(Type.Record(Type.String(), Type.Unknown()))

const TemplateMetadata = Type.Object(
  { name: str, namespace: str, labels: stringMap, annotations: stringMap, finalizers: strings },
  open,
)

const Template = Type.Object(
  {
    metadata: TemplateMetadata,
    spec: Type.Object(
      { ...ApplicationSpec.properties, project: Type.String(), destination: Type.Object({}, open) },
      open,
    ),
  },
  open,
)

const nested = (required: readonly string[], fields: Record<string, TSchema> = {}): TSchema =>
  Type.Optional(
    Type.Object(
      { ...Object.fromEntries(required.map((name) => [name, fields[name] ?? Type.String()])), values: stringMap },
      open,
    ),
  )
const generators = Type.Array(Type.Record(Type.String(), Type.Unknown()))

const Generator = Type.Object(
  {
    list: nested([]),
    clusters: nested([]),
    git: nested(['repoURL', 'revision']),
    matrix: nested(['generators'], { generators }),
    merge: nested(['generators', 'mergeKeys'], { generators, mergeKeys: Type.Array(Type.String()) }),
    scmProvider: nested([]),
    pullRequest: nested([]),
    clusterDecisionResource: nested(['configMapRef']),
    plugin: nested(['configMapRef'], { configMapRef: Type.Object({ name: Type.String() }, open) }),
    selector: object,
  },
  open,
)

export const applicationsSync = ['create-only', 'create-update', 'create-delete', 'sync'] as const

export const ApplicationSetSpec = Type.Object(
  {
    generators: Type.Array(Generator),
    template: Template,
    templatePatch: str,
    goTemplate: bool,
    goTemplateOptions: strings,
    applyNestedSelectors: bool,
    syncPolicy: Type.Optional(
      Type.Object(
        {
          applicationsSync: Type.Optional(Type.Enum([...applicationsSync])),
          preserveResourcesOnDeletion: bool,
        },
        open,
      ),
    ),
    strategy: Type.Optional(Type.Object({ type: str, deletionOrder: str, rollingSync: object }, open)),
    preservedFields: Type.Optional(Type.Object({ annotations: strings, labels: strings }, open)),
    ignoreApplicationDifferences: Type.Optional(
      Type.Array(Type.Object({ name: str, jsonPointers: strings, jqPathExpressions: strings }, open)),
    ),
  },
  open,
)

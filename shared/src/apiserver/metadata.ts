import type { KubeObject } from '../k8s/object.ts'
import { jsonEqual } from '../lang/json.ts'
import type { FieldError } from './strategy.ts'
import { validateOwners } from './validation/owners.ts'
import { validateAnnotations, validateLabels } from './validation/labels.ts'
import { qualifiedName } from './validation/names.ts'
import {
  forbidden as forbiddenField,
  immutable,
  invalid as invalidField,
  invalidAll,
  required,
} from './validation/field-errors.ts'

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

const lookedAtTwice = new Set(['Event', 'PodDisruptionBudget'])
const lookedAtFourTimes = new Set(
  'ConfigMap ControllerRevision ClusterRoleBinding ClusterRole CSIStorageCapacity Endpoints Ingress IngressClass Job Node Namespace Pod PersistentVolume PersistentVolumeClaim RoleBinding Role RuntimeClass ServiceAccount StorageClass Secret'.split(
    ' ',
  ),
)

/** How often labels, annotations and owners of a changed object are looked at, by the kind and by the store: each look tells its mistakes. */
export function looksOnUpdate(kind: string, custom: boolean): number {
  if (!custom && lookedAtTwice.has(kind)) return 2
  return !custom && lookedAtFourTimes.has(kind) ? 4 : 3
}

const freeGroups = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io'])

/** Whether finalizers of a resource may lack a path: those of custom resources may, and of what makes resources. */
export function freeFinalizers({ custom, group }: { readonly custom: boolean; readonly group: string }): boolean {
  return custom || freeGroups.has(group)
}

/** Mistakes in metadata that every kind shares, names aside. */
export function validateMetadata(
  next: KubeObject,
  previous: KubeObject | undefined,
  free: boolean,
  looks = 1,
): FieldError[] {
  const { metadata } = next
  const errors: FieldError[] = [
    ...validateLabels(metadata.labels, 'metadata.labels'),
    ...validateAnnotations(metadata.annotations, 'metadata.annotations'),
    ...validateOwners(metadata.ownerReferences),
  ]
  const once = [...errors]
  for (let look = 1; look < looks; look += 1) errors.push(...once)
  const finalizers = metadata.finalizers ?? []
  finalizers.forEach((finalizer, index) => {
    const problems = qualifiedName(finalizer)
    for (const why of problems) errors.push(invalidField('metadata.finalizers', finalizer, why))
    if (!free && problems.length === 0 && !finalizer.includes('/') && !standardFinalizers.has(finalizer))
      errors.push(
        invalidField(
          `metadata.finalizers[${index}]`,
          finalizer,
          'name is neither a standard finalizer name nor is it fully qualified',
        ),
      )
  })
  if (previous?.metadata.deletionTimestamp !== undefined) {
    const added = finalizers.filter((finalizer) => !(previous.metadata.finalizers ?? []).includes(finalizer))
    if (added.length > 0) {
      const error = forbiddenField(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`,
      )
      // Metadata is checked by the kind and by the store: the API says it twice.
      errors.push(error, error)
    }
  }
  const { uid } = metadata
  if (previous && uid !== undefined && uid !== previous.metadata.uid)
    errors.push(
      invalidField('metadata.uid', uid, 'field is immutable'),
      invalidField('metadata.uid', uid, 'field is immutable'),
    )
  // Metadata is checked by the kind and by the store.
  if (previous) errors.push(...deletionChanges(next, previous), ...deletionChanges(next, previous))
  return errors
}

/** The time of deletion is the server's to say. */
function deletionChanges(next: KubeObject, previous: KubeObject): FieldError[] {
  return (['deletionTimestamp', 'deletionGracePeriodSeconds'] as const).flatMap((field) =>
    next.metadata[field] === previous.metadata[field] ? [] : [immutable(`metadata.${field}`, next.metadata[field])],
  )
}

/** Mistakes in the name of a new object. */
export function validateName(object: KubeObject, check: (name: string) => readonly string[]): FieldError[] {
  const { name, generateName } = object.metadata
  const errors: FieldError[] = []
  if (typeof generateName === 'string' && generateName !== '')
    // A prefix may end with a dash: a suffix will follow.
    errors.push(...invalidAll('metadata.generateName', generateName, check(generateName.replace(/-$/, 'a'))))
  if (name === undefined || name === '') errors.push(required('metadata.name', 'name or generateName is required'))
  else errors.push(...invalidAll('metadata.name', name, check(name)))
  return errors
}

/** Whether anything but metadata and status differs. */
export function specChanged(a: KubeObject, b: KubeObject): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  for (const name of names) if (name !== 'metadata' && name !== 'status' && !jsonEqual(a[name], b[name])) return true
  return false
}

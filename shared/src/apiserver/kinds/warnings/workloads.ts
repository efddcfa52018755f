import type { KubeObject } from '../../../k8s/object.ts'
import { dnsLabel } from '../../validation/names.ts'
import { at } from '../../validation/numbers.ts'
import { fieldsList, fieldsOf, numberOf, textOf, type Fields } from '../../validation/values.ts'
import { templateWarnings } from './pod.ts'
import { claimSpecWarnings } from './storage.ts'

type Warn = (object: KubeObject, previous: KubeObject | undefined) => string[]

/** A name that pods take theirs from had better be a label. */
function podNameWarnings(object: KubeObject, previous: KubeObject | undefined): string[] {
  const complaints = previous === undefined ? dnsLabel(object.metadata.name ?? '') : []
  return complaints.length === 0
    ? []
    : [
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${complaints.join(' ')}]`,
      ]
}

/** An update that changes nothing of the spec says nothing of it. */
const unchanged = (object: KubeObject, previous: KubeObject | undefined): boolean =>
  previous !== undefined && object.metadata.generation === previous.metadata.generation

const specTemplate = (object: KubeObject): Fields => at(object, 'spec', 'template')

/** Workloads whose pods take their names from them. */
export const workloadWarnings: Warn = (object, previous) => [
  ...podNameWarnings(object, previous),
  ...(unchanged(object, previous) ? [] : templateWarnings(specTemplate(object), 'spec.template')),
]

/** ReplicationController, which looks at what it was. */
export const controllerWarnings: Warn = (object, previous) => [
  ...podNameWarnings(object, previous),
  ...(unchanged(object, previous) ? [] : templateWarnings(specTemplate(previous ?? object), 'spec.template')),
]

const generationNote = 'deprecated.daemonset.template.generation'

/** DaemonSet. */
export const daemonSetWarnings: Warn = (object, previous) => {
  const generation = (of: KubeObject): unknown => of.metadata.annotations?.[generationNote]
  const same = previous !== undefined && generation(object) === generation(previous)
  return same ? [] : templateWarnings(specTemplate(object), 'spec.template')
}

/** StatefulSet: its claims and its history too. */
export const statefulSetWarnings: Warn = (object, previous) => {
  const spec = fieldsOf(object['spec'])
  const claims = fieldsList(spec['volumeClaimTemplates']).flatMap((claim, index) => {
    const field = `spec.volumeClaimTemplates[${index}]${previous === undefined ? '' : '.Spec'}`
    return claimSpecWarnings(fieldsOf(claim['spec']), field)
  })
  const history = (numberOf(spec['revisionHistoryLimit']) ?? 0) < 0
  return [
    ...(unchanged(object, previous) ? [] : templateWarnings(specTemplate(object), 'spec.template')),
    ...claims,
    ...(history
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
      : []),
  ]
}

/** Job. */
export const jobWarnings: Warn = (object, previous) => [
  ...podNameWarnings(object, previous),
  ...(unchanged(object, previous) ? [] : jobSpecWarnings(fieldsOf(object['spec']), 'spec')),
]

/** CronJob. */
export const cronJobWarnings: Warn = (object, previous) => {
  const spec = at(object, 'spec', 'jobTemplate', 'spec')
  const zoned = previous !== undefined && textOf(at(object, 'spec')['schedule']).includes('TZ')
  return [
    ...podNameWarnings(object, previous),
    ...(unchanged(object, previous) ? [] : jobSpecWarnings(spec, 'spec.jobTemplate.spec')),
    ...(zoned
      ? [
          'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
        ]
      : []),
  ]
}

function jobSpecWarnings(spec: Fields, field: string): string[] {
  const many =
    spec['completionMode'] === 'Indexed' &&
    (numberOf(spec['completions']) ?? 0) > 100_000 &&
    (numberOf(spec['parallelism']) ?? 0) > 10_000
  return [
    ...(many
      ? [
          `${field}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
        ]
      : []),
    ...templateWarnings(fieldsOf(spec['template']), `${field}.template`),
  ]
}

/** PodTemplate. */
export const podTemplateWarnings: Warn = (object, previous) =>
  unchanged(object, previous) ? [] : templateWarnings(fieldsOf(object['template']), 'template')

/** A Job deleted without a policy leaves its pods. */
export const jobOrphans =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning'

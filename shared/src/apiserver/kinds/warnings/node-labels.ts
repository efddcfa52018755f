import { dictionary } from '../../../lang/dictionary.ts'
import { labelValue } from '../../validation/names.ts'
import { fieldsList, fieldsOf, listOf, sortedMap, textOf, type Fields } from '../../validation/values.ts'

const oldLabels: Readonly<Record<string, string>> = dictionary({
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
})

/** What is to be said of a label of nodes that is out of use. */
export const oldLabel = (key: unknown): string | undefined => oldLabels[textOf(key)]

/** Labels out of use in a map of labels; `where` tells the place of a label. */
export function labelMapWarnings(labels: unknown, where: (key: string) => string): string[] {
  return Object.keys(sortedMap(fieldsOf(labels))).flatMap((key) => {
    const text = oldLabel(key)
    return text === undefined ? [] : [`${where(key)}: ${text}`]
  })
}

/** A term that picks nodes; of a mere preference the values are looked at too. */
export function selectorTermWarnings(term: Fields, field: string, preference: boolean): string[] {
  return fieldsList(term['matchExpressions']).flatMap((expression, index) => {
    const path = `${field}.matchExpressions[${index}]`
    const text = oldLabel(expression['key'])
    return [
      ...(text === undefined ? [] : [`${path}.key: ${textOf(expression['key'])} is ${text}`]),
      ...(preference ? valueWarnings(expression, path) : []),
    ]
  })
}

function valueWarnings(expression: Fields, path: string): string[] {
  return listOf(expression['values']).flatMap((value, index) =>
    labelValue(textOf(value)).map((message) => `${path}.values[${index}]: ${textOf(value)} is invalid, ${message}`),
  )
}

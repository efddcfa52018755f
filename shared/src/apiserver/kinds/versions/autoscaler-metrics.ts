import { dictionary } from '../../../lang/dictionary.ts'
import { fieldsOf, isSet, type Fields } from '../../validation/values.ts'

/** Where each kind of metric keeps its target, in the second version and in the form of the first. */
const forms: Readonly<Record<string, string>> = dictionary({
  Resource: 'resource',
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
})

const given = (entries: Fields): Fields =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => isSet(value)))

/** A metric of the second version in the form that annotations of the first have. */
export function metricToV1(metric: Fields): Fields {
  const type = String(metric['type'])
  const form = forms[type]
  if (form === undefined) return metric
  const source = fieldsOf(metric[form])
  const target = fieldsOf(source['target'])
  const { name, selector } = fieldsOf(source['metric'])
  switch (type) {
    case 'Resource':
    case 'ContainerResource':
      return {
        type,
        [form]: given({
          name: source['name'],
          container: source['container'],
          targetAverageUtilization: target['averageUtilization'],
          targetAverageValue: target['averageValue'],
        }),
      }
    case 'Pods':
      return { type, pods: given({ metricName: name, targetAverageValue: target['averageValue'], selector }) }
    case 'Object':
      return {
        type,
        object: given({
          target: source['describedObject'],
          metricName: name,
          targetValue: target['value'],
          selector,
          averageValue: target['averageValue'],
        }),
      }
    default:
      return {
        type,
        external: given({
          metricName: name,
          metricSelector: selector,
          targetValue: target['value'],
          targetAverageValue: target['averageValue'],
        }),
      }
  }
}

/** And back. */
export function metricFromV1(metric: Fields): Fields {
  const type = String(metric['type'])
  const form = forms[type]
  if (form === undefined) return metric
  const source = fieldsOf(metric[form])
  const utilization = source['targetAverageUtilization']
  const value = source['targetValue']
  const average = source['targetAverageValue'] ?? source['averageValue']
  const target = given({
    type: utilization !== undefined ? 'Utilization' : average !== undefined ? 'AverageValue' : 'Value',
    averageUtilization: utilization,
    value,
    averageValue: average,
  })
  const selected = given({ name: source['metricName'], selector: source['selector'] ?? source['metricSelector'] })
  if (type === 'Resource' || type === 'ContainerResource')
    return { type, [form]: given({ name: source['name'], container: source['container'], target }) }
  if (type === 'Object') return { type, object: { describedObject: source['target'], metric: selected, target } }
  return { type, [form]: { metric: selected, target } }
}

/** A current metric of the second version in the form that annotations of the first have. */
export function statusToV1(metric: Fields): Fields {
  const type = String(metric['type'])
  const form = forms[type]
  if (form === undefined) return metric
  const source = fieldsOf(metric[form])
  const current = fieldsOf(source['current'])
  const { name, selector } = fieldsOf(source['metric'])
  if (type === 'Resource' || type === 'ContainerResource')
    return {
      type,
      [form]: given({
        name: source['name'],
        container: source['container'],
        currentAverageUtilization: current['averageUtilization'],
        currentAverageValue: current['averageValue'],
      }),
    }
  return {
    type,
    [form]: given({
      target: source['describedObject'],
      metricName: name,
      [type === 'External' ? 'metricSelector' : 'selector']: selector,
      ...(type === 'Pods'
        ? { currentAverageValue: current['averageValue'] }
        : { currentValue: current['value'], averageValue: current['averageValue'] }),
    }),
  }
}

/** And back. */
export function statusFromV1(metric: Fields): Fields {
  const type = String(metric['type'])
  const form = forms[type]
  if (form === undefined) return metric
  const source = fieldsOf(metric[form])
  const current = given({
    averageUtilization: source['currentAverageUtilization'],
    averageValue: source['currentAverageValue'] ?? source['averageValue'],
    value: source['currentValue'],
  })
  if (type === 'Resource' || type === 'ContainerResource')
    return { type, [form]: given({ name: source['name'], container: source['container'], current }) }
  const selected = given({ name: source['metricName'], selector: source['selector'] ?? source['metricSelector'] })
  return { type, [form]: given({ describedObject: source['target'], metric: selected, current }) }
}

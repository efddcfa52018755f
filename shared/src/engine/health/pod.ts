import { annotation } from '../../argo/annotations.ts'
import type { HealthStatus } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { isHook } from '../hook-type.ts'
import { at, conditions, list, text } from './fields.ts'
import { verdict } from './verdict.ts'

/** v1 Pod. Pods that end by themselves are never called healthy while they run: they are mostly hooks. */
export function podHealth(object: KubeObject): HealthStatus {
  const message = text(object, 'status', 'message')
  const policy = restartPolicy(object)
  if (policy === 'Always') {
    const stuck = stuckContainers(object)
    if (stuck.length > 0) return verdict('Degraded', stuck.join(', '))
  }
  switch (text(object, 'status', 'phase')) {
    case 'Pending':
      return verdict('Progressing', message)
    case 'Succeeded':
      return verdict('Healthy', message)
    case 'Failed':
      return verdict('Degraded', message === '' ? failureMessage(object) : message)
    case 'Running':
      return runningHealth(object, policy, message)
    default:
      return verdict('Unknown', message)
  }
}

function runningHealth(object: KubeObject, policy: string, message: string): HealthStatus {
  if (policy === 'Always') {
    if (conditions(object).find(({ type }) => type === 'Ready')?.status === 'True') {
      return verdict('Healthy', message)
    }
    const restarted = containers(object).some((container) => present(at(container, 'lastState', 'terminated')))
    return verdict(restarted ? 'Degraded' : 'Progressing', message)
  }
  return policy === 'OnFailure' || policy === 'Never' ? verdict('Progressing', message) : verdict('Unknown', message)
}

function restartPolicy(object: KubeObject): string {
  const asked = object.metadata.annotations?.[annotation.ignoreRestartPolicy] === 'true'
  return asked && !isHook(object) ? 'Always' : text(object, 'spec', 'restartPolicy')
}

function stuckContainers(object: KubeObject): string[] {
  const messages: string[] = []
  for (const container of containers(object)) {
    const waiting = at(container, 'state', 'waiting')
    const reason = text(waiting, 'reason')
    if (reason.startsWith('Err') || reason.endsWith('Error') || reason.endsWith('BackOff')) {
      messages.push(text(waiting, 'message'))
    }
  }
  return messages
}

function failureMessage(object: KubeObject): string {
  for (const container of [...list(object, 'status', 'initContainerStatuses'), ...containers(object)]) {
    const terminated = at(container, 'state', 'terminated')
    if (!present(terminated)) continue
    if (text(terminated, 'message') !== '') return text(terminated, 'message')
    if (text(terminated, 'reason') === 'OOMKilled') return 'OOMKilled'
    const code = at(terminated, 'exitCode')
    if (typeof code === 'number' && code !== 0) {
      return `container "${text(container, 'name')}" failed with exit code ${code}`
    }
  }
  return ''
}

function containers(object: KubeObject): readonly unknown[] {
  return list(object, 'status', 'containerStatuses')
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null
}

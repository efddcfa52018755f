import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { Container, Pod } from '../controllers/types.ts'

/** What a node tells of one container. */
export interface ContainerStatus {
  name: string
  state: ContainerState
  lastState: ContainerState
  ready: boolean
  restartCount: number
  image: string
  imageID: string
  containerID?: string
  started: boolean
}

export interface ContainerState {
  waiting?: { reason: string; message?: string }
  running?: { startedAt: string }
  terminated?: Terminated
}

export interface Terminated {
  exitCode: number
  reason: string
  startedAt: string
  finishedAt: string
  message?: string
  containerID?: string
}

/** All containers of a pod: those that prepare it first. */
export function containersOf(pod: Pod): Container[] {
  const ephemeral = (pod.spec['ephemeralContainers'] ?? []) as Container[]
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...ephemeral]
}

/** The status of the container of a name, whatever its sort. */
export function containerStatus(pod: Pod, name: string): ContainerStatus | undefined {
  const lists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses']
  const all = lists.flatMap((list) => (pod.status?.[list] ?? []) as ContainerStatus[])
  return all.find((status) => status.name === name)
}

/** The container that a request is about: the one that it names, or the only one. Refuses as the API does. */
export function chooseContainer(pod: Pod, wanted: string): Container {
  const all = containersOf(pod)
  const { name } = pod.metadata
  if (wanted !== '') {
    const found = all.find((container) => container.name === wanted)
    if (!found) throw bad(`container ${wanted} is not valid for pod ${name}`)
    return found
  }
  const [first, ...others] = pod.spec.containers
  if (!first) throw bad(`a container name must be specified for pod ${name}`)
  if (others.length === 0) return first
  const names = all.map((container) => container.name).join(' ')
  throw bad(`a container name must be specified for pod ${name}, choose one of: [${names}]`)
}

export function bad(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message)
}
